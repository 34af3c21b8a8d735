"""The county's page on Monday morning, and the same as files for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, make_response, render_template
from flask_babel import format_decimal

from portal import audit
from portal.accounts.session import current_actor
from portal.codes import DECLINE
from portal.problems import NotFound
from portal.registry import registry
from portal.reports.figures import COURSES, OTHERS, Figures, Quarter, Shown, figures
from portal.reports.suppression import TOTAL
from portal.web.access import access
from portal.web.language import translate
from portal.workflow import N_

bp = Blueprint("reports", __name__, url_prefix="/figures")

FILES = {
    "kinds": N_("Nach Art der Stelle"),
    "places": N_("Nach Gemeinde"),
    "refusals": N_("Absagen nach Grund und Gemeinde"),
}


@bp.get("")
@access("referral.oversee")
def latest() -> str:
    return _page(Quarter.of(current_actor().today))


@bp.get("/<quarter>")
@access("referral.oversee")
def show(quarter: str) -> str:
    return _page(_quarter(quarter))


@bp.get("/<quarter>/<name>.csv")
@access("referral.oversee")
def export(quarter: str, name: str) -> Response:
    """What the page shows, and no more: what is hidden there is empty here."""
    chosen = _quarter(quarter)
    if name not in FILES:
        raise NotFound
    actor = current_actor()
    found = figures(actor, chosen)
    audit.record_read(actor, "figures.exported", purpose="figures", quarter=str(chosen), name=name)
    response = make_response(_csv(_lines(found, name)))
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = f"attachment; filename={chosen}-{name}.csv"
    return response


def _page(quarter: Quarter) -> str:
    actor = current_actor()
    today = Quarter.of(actor.today)
    found = figures(actor, quarter)
    return render_template(
        "reports/quarter.html", quarter=quarter, figures=found, courses=COURSES, total=TOTAL,
        kind_label=_kind_label, place_label=_place_label, reason_label=_reason_label,
        bars=list(_bars(found.kinds)),
        before=quarter.before, after=quarter.after if quarter.begins < today.begins else None,
        files=FILES, days=_days,
    )  # fmt: skip


def _quarter(text: str) -> Quarter:
    """Raises NotFound, also for one that has not begun."""
    found = Quarter.parse(text)
    if found is None or found.begins > current_actor().today:
        raise NotFound
    return found


def _kind_label(key: str) -> str:
    return translate(registry().referral_type(key).label)


def _reason_label(key: str) -> str:
    return translate(next((code.label for code in DECLINE if code.key == key), key))


def _place_label(key: str) -> str:
    return translate(N_("Übrige Gemeinden")) if key == OTHERS else key


def _days(found: Figures, kind: str) -> str:
    days = found.days.get(kind)
    return "" if days is None else str(format_decimal(days, "0.#"))


def _bars(kinds: Shown) -> Iterator[tuple[str, list[tuple[str, float, float]]]]:
    """Of each kind its parts as (course, begin, width) in percent; what is hidden is a gap."""
    for kind in kinds.table.rows:
        total, begin = kinds[kind, TOTAL], 0.0
        parts = []
        for course in COURSES:
            count = kinds[kind, course]
            if total and count:
                width = 100 * count / total
                parts.append((course, round(begin, 2), round(width, 2)))
                begin += width
        yield kind, parts


def _lines(found: Figures, name: str) -> Iterator[list[str]]:
    shown: Shown = getattr(found, name)
    of_kinds, of_refusals = name == "kinds", name == "refusals"
    column = _reason_label if of_refusals else lambda key: translate(COURSES[key])
    first = translate(N_("Art der Stelle") if of_kinds else N_("Gemeinde"))
    last = translate(N_("Absagen") if of_refusals else N_("gesendet"))
    days = [translate(N_("Arbeitstage bis zur Antwort (Median)"))] if of_kinds else []
    yield [first, *map(column, shown.table.columns), last, *days]
    for key in (*shown.table.rows, TOTAL):
        label = _kind_label if of_kinds else _place_label
        name_of = label(key) if key else translate(N_("Alle"))
        counts = ["" if count is None else str(count) for count in shown.row(key)]
        yield [name_of, *counts, *([_days(found, key)] if of_kinds else [])]


def _csv(lines: Iterable[list[str]]) -> str:
    """With the mark by which a spreadsheet knows how letters are written."""
    file = io.StringIO()
    file.write("\ufeff")
    csv.writer(file, delimiter=";").writerows(lines)
    return file.getvalue()
