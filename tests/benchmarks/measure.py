"""One size on one database: load it, serve both applications, ask them in turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal import config, migrate
from portal.app import create_app
from portal.extensions import db
from portal.network.commands import load_municipalities
from tests.benchmarks.county import Builder, Place, Size
from tests.benchmarks.pages import Compared, Page, cookies_of, pages_of, rounds
from tests.benchmarks.served import Server, serving

ROUNDS = 30
WARM_UP = 3
AT_ONCE = 8
# Sent with the others, but no work of the database's: what opens and closes a transaction.
NOT_QUERIES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ")
ACCEPT = "accept"


@dataclass(frozen=True)
class Result:
    """One page, its medians in milliseconds; what does not apply is None."""

    page: str
    portal: float
    bare: float
    queries: int | None = None
    kilobytes: float | None = None  # of a list, compressed

    @property
    def times(self) -> float:
        return self.portal / self.bare


@dataclass(frozen=True)
class Run:
    database: str
    size: str
    results: tuple[Result, ...]
    megabytes: float | None  # of the portal's largest process


def prepare(size: Size, database_url: str, instance: Path) -> tuple[Flask, Place]:
    """A migrated portal with a whole place in it."""
    config.create_instance(instance)
    app = create_app({"INSTANCE": str(instance), "DATABASE_URL": database_url})
    with app.app_context():
        migrate.upgrade_all(db.engine, app.extensions["portal"])
        load_municipalities()
        db.session.commit()
        with db.engine.connect().execution_options(writing=True) as connection:
            place = Builder(connection, size, datetime.now(UTC)).build()
            connection.commit()
        if db.engine.dialect.name == "postgresql":
            # What its autovacuum would do within minutes, done before anything is measured.
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        db.session.remove()
        db.engine.dispose()
    return app, place


def run(size: Size, database_url: str, instance: Path, count: int = ROUNDS) -> Run:
    app, place = prepare(size, database_url, instance)
    with (
        serving("portal", instance, database_url) as portal,
        serving("bare", instance, database_url) as bare,
    ):
        compared = Compared(app, place, portal.port, bare.port)
        pages = pages_of(place)
        for page in pages:
            compared.check(page)
        _come_all_at_once(compared, pages)
        results = [*_pages(app, place, compared, pages, count), _accepting(compared, count)]
        return Run(database_url.partition(":")[0].partition("+")[0], size.name, tuple(results),
                   _megabytes(portal))  # fmt: skip


def _come_all_at_once(compared: Compared, pages: tuple[Page, ...]) -> None:
    """Every thread of every process has then made each page: templates, connections, memory."""
    calls = [call for page in pages for call in page.calls] * 2
    for call in calls:
        compared.visitor(call.member)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(compared.ask, calls))


def _pages(
    app: Flask, place: Place, compared: Compared, pages: tuple[Page, ...], count: int
) -> list[Result]:
    """Page by page in turn and not one after the other: noise of the machine hits all alike."""
    taken: dict[str, list[tuple[float, float]]] = {page.name: [] for page in pages}
    sent: dict[str, int] = {}
    for calls in zip(*(rounds(page, count) for page in pages), strict=True):
        for page, call in zip(pages, calls, strict=True):
            portal, bare = compared.ask(call)
            taken[page.name].append((portal.milliseconds, bare.milliseconds))
            sent[page.name] = max(sent.get(page.name, 0), portal.bytes_sent)
    return [
        Result(
            page.name,
            portal=median(portal for portal, _ in taken[page.name]),
            bare=median(bare for _, bare in taken[page.name]),
            queries=queries_of(app, place, page),
            kilobytes=sent[page.name] / 1000 if page.is_list else None,
        )
        for page in pages
    ]


def _accepting(compared: Compared, count: int) -> Result:
    taken = [compared.accept() for _ in range(WARM_UP + count)][WARM_UP:]
    return Result(
        ACCEPT,
        portal=median(portal.milliseconds for portal, _ in taken),
        bare=median(bare.milliseconds for _, bare in taken),
    )


def queries_of(app: Flask, place: Place, page: Page) -> int:
    """The most queries that one of the page's calls makes, counted in this process."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(NOT_QUERIES):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    most = 0
    try:
        for call in page.calls:
            client = app.test_client()
            for name, value in cookies_of(app, place, call.member).items():
                client.set_cookie(name, value)
            statements.clear()
            assert client.get(call.portal).status_code == 200
            most = max(most, len(statements))
    finally:
        event.remove(engine, "before_cursor_execute", note)
        engine.dispose()
    return most


def _megabytes(portal: Server) -> float | None:
    return portal.peak_megabytes()
