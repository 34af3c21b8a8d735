"""The command `python -m tests.benchmarks`: measures, prints a table, writes RESULTS.md."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from tests.benchmarks import measure, report
from tests.benchmarks.county import COUNTY, TOWN
from tests.databases import INSTALL, find_binaries, fresh_database, run_server

SIZES = {size.name: size for size in (TOWN, COUNTY)}
DATABASES = ("sqlite", "postgresql")
RESULTS = Path(__file__).with_name("RESULTS.md")


@click.command()
@click.option("--size", type=click.Choice([*SIZES, "all"]), default="all", show_default=True)
@click.option("--database", type=click.Choice([*DATABASES, "all"]), default="all",
              show_default=True)  # fmt: skip
@click.option("--rounds", default=measure.ROUNDS, show_default=True, type=click.IntRange(1))
def main(size: str, database: str, rounds: int) -> None:
    """Measure the portal beside its bare twin. A whole run writes RESULTS.md."""
    databases = DATABASES if database == "all" else (database,)
    sizes = list(SIZES.values()) if size == "all" else [SIZES[size]]
    runs: list[measure.Run] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
        for kind in databases:
            new_database = stack.enter_context(_databases(kind))
            begun = time.monotonic()
            runs += measure.run(sizes, new_database, folder / kind, rounds)
            click.echo(report.table(runs, kind))
            click.echo(f"{kind}: {time.monotonic() - begun:.0f} s\n", err=True)
    click.echo(report.short_of(runs))
    if size == database == "all":
        RESULTS.write_text(report.document(runs), "utf-8")
        click.echo(f"\nWritten: {RESULTS.name}")


@contextmanager
def _databases(kind: str) -> Iterator[Callable[[Path], str]]:
    """What makes an empty database for an instance; PostgreSQL's server lives as long as this."""
    if kind == "sqlite":
        yield lambda instance: f"sqlite:///{instance / 'portal.sqlite'}"
        return
    binaries = find_binaries()
    if binaries is None:
        raise click.ClickException(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        with contextmanager(run_server)(binaries, folder) as server:
            yield lambda _instance: fresh_database(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
