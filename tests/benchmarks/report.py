"""The table of what was measured, beside the bar."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version

from tests.benchmarks.measure import ROUNDS, Result, Run

MOST_TIMES = 4.0  # of the bare twin
MOST_QUERIES = 10
MOST_KILOBYTES = 12.0
MOST_MEGABYTES = 180.0
MOST_GROWTH = 1.3  # county beside town

LIBRARIES = ("Flask", "SQLAlchemy", "waitress", "gunicorn", "psycopg", "Flask-Compress")
HEAD = """# The portal beside the practical limit

Written by `.venv/bin/python -m tests.benchmarks`. Each page is asked of the portal and of a bare
Flask application that shows the same rows from the same database, with SQLAlchemy Core and a plain
template ([bare.py](bare.py)): no log-in, no rights, no plugins, no log of readings, no compression.
Both are served as the portal ships: SQLite by waitress, PostgreSQL by gunicorn with two workers.
Both, at both sizes, are asked in turn; a time is the median of {rounds} requests, in milliseconds,
until the last byte has come. PostgreSQL runs without waiting for the disk, so that no disk hides
what either does.

The bar: at most {times:g} times the bare twin, at most {queries} queries a page (what opens and
closes transactions not counted), lists of at most {kilobytes:g} KB as they are sent, a web process
of at most {megabytes:g} MB, no page more than {growth:g} times slower in the county than in the
town. **Bold** misses it.

A town has 400 clients, 2,000 referrals and 20,000 entries of the access log; a county 8,000, 50,000
and 500,000. An advisor has 80 clients in both.

Measured on {day} with Python {python}, {libraries}; {processors} processors.
"""


def document(runs: list[Run]) -> str:
    """RESULTS.md: nothing in it tells whose machine it was."""
    return "\n".join(
        [
            HEAD.format(
                rounds=ROUNDS, times=MOST_TIMES, queries=MOST_QUERIES, kilobytes=MOST_KILOBYTES,
                megabytes=MOST_MEGABYTES, growth=MOST_GROWTH, day=date.today(),  # noqa: DTZ011
                python=platform.python_version(), processors=os.cpu_count(),
                libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
            ),
            *(table(runs, database) for database in dict.fromkeys(run.database for run in runs)),
            short_of(runs),
            "",
        ]
    )  # fmt: skip


def table(runs: list[Run], database: str) -> str:
    """One database: a line per page, and for each size what both took."""
    mine = [run for run in runs if run.database == database]
    heads = [f"{run.size}: bare | portal | times" for run in mine]
    columns = ["page", *" | ".join(heads).split(" | "), "queries", "KB"]
    growing = len(mine) == 2
    if growing:
        columns.append("county : town")
    lines = [f"## {database}\n", _line(columns), _line(["---"] + ["---:"] * (len(columns) - 1))]
    for results in zip(*(run.results for run in mine), strict=True):
        cells = [results[0].page]
        for result in results:
            cells += [f"{result.bare:.1f}", f"{result.portal:.1f}",
                      _marked(result.times, MOST_TIMES)]  # fmt: skip
        cells.append(_largest((r.queries for r in results), MOST_QUERIES, "d"))
        cells.append(_largest((r.kilobytes for r in results), MOST_KILOBYTES, ".1f"))
        if growing:
            cells.append(_marked(_growth(*results), MOST_GROWTH, ".2f"))
        lines.append(_line(cells))
    memory = _largest((run.megabytes for run in mine), MOST_MEGABYTES, ".0f")
    return "\n".join([*lines, "", f"The largest web process: {memory or '?'} MB.\n"])


def short_of(runs: list[Run]) -> str:
    """What misses the bar, in words."""
    missed = [
        f"{run.database}, {run.size}, {result.page}: {result.times:.1f} times the bare twin"
        for run in runs
        for result in run.results
        if result.times > MOST_TIMES
    ]
    for town, county in _pairs(runs):
        missed += [
            f"{town.database}, {small.page}: {_growth(small, large):.2f} times slower in the county"
            for small, large in zip(town.results, county.results, strict=True)
            if _growth(small, large) > MOST_GROWTH
        ]
    for run in runs:
        if (run.megabytes or 0) > MOST_MEGABYTES:
            missed.append(f"{run.database}, {run.size}: a web process of {run.megabytes:.0f} MB")
        for result in run.results:
            where = f"{run.database}, {run.size}, {result.page}"
            if (result.queries or 0) > MOST_QUERIES:
                missed.append(f"{where}: {result.queries} queries")
            if (result.kilobytes or 0) > MOST_KILOBYTES:
                missed.append(f"{where}: {result.kilobytes:.1f} KB")
    if not missed:
        return "Everything that was measured meets the bar."
    return "\n".join(["Misses the bar:\n", *(f"- {each}" for each in missed)])


def _pairs(runs: list[Run]) -> Iterable[tuple[Run, Run]]:
    towns = {run.database: run for run in runs if run.size == "town"}
    return [(towns[r.database], r) for r in runs if r.size == "county" and r.database in towns]


def _growth(small: Result, large: Result) -> float:
    return large.portal / small.portal


def _largest(values: Iterable[float | None], most: float, form: str) -> str:
    known = [value for value in values if value is not None]
    return _marked(max(known), most, form) if known else ""


def _marked(value: float, most: float, form: str = ".1f") -> str:
    text = format(value, form)
    return f"**{text}**" if value > most else text


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
