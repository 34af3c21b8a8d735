"""One database: load each size, serve both applications of each, ask them all in turn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal import config, migrate
from portal.app import create_app
from portal.extensions import db
from portal.network.commands import load_municipalities
from tests.benchmarks.county import Builder, Place, Size
from tests.benchmarks.pages import Call, Compared, Page, cookies_of, pages_of
from tests.benchmarks.served import Answer, Server, serving, token_in

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


@dataclass
class Served:
    """One size with both its applications, and what each page has taken so far."""

    size: Size
    app: Flask
    place: Place
    portal: Server
    compared: Compared
    pages: tuple[Page, ...]
    taken: dict[str, list[tuple[float, float]]]  # milliseconds of the portal and of the twin
    sent: dict[str, int]  # bytes of the portal's largest answer

    def ask(self, page: Page, call: Call) -> None:
        portal, bare = self.compared.ask(call)
        self._note(page.name, portal, bare)

    def accept(self) -> None:
        self._note(ACCEPT, *self.compared.accept())

    def _note(self, name: str, portal: Answer, bare: Answer) -> None:
        self.taken.setdefault(name, []).append((portal.milliseconds, bare.milliseconds))
        self.sent[name] = max(self.sent.get(name, 0), portal.bytes_sent)

    def result(self, page: Page) -> Result:
        taken = self.taken[page.name]
        return Result(
            page.name,
            portal=median(portal for portal, _ in taken),
            bare=median(bare for _, bare in taken),
            queries=queries_of(self.app, self.place, page) if page.calls else None,
            kilobytes=self.sent[page.name] / 1000 if page.is_list else None,
        )


def run(
    sizes: list[Size], new_database: Callable[[Path], str], folder: Path, count: int = ROUNDS
) -> list[Run]:
    """All sizes in one go, page by page in turn: noise of the machine hits all alike."""
    with ExitStack() as stack:
        served = [_serve(stack, size, new_database, folder / size.name) for size in sizes]
        for each in served:
            _come_all_at_once(each)
        for turn in range(count):
            for each in served:
                for page in each.pages:
                    each.ask(page, page.calls[turn % len(page.calls)])
        for _ in range(count):
            for each in served:
                each.accept()
        return [
            Run(
                each.app.config["SQLALCHEMY_DATABASE_URI"].get_backend_name(),
                each.size.name,
                tuple(each.result(page) for page in (*each.pages, Page(ACCEPT, ()))),
                each.portal.peak_megabytes(),
            )
            for each in served
        ]


def _serve(
    stack: ExitStack, size: Size, new_database: Callable[[Path], str], instance: Path
) -> Served:
    url = new_database(instance)
    app, place = prepare(size, url, instance)
    portal = stack.enter_context(serving("portal", instance, url))
    bare = stack.enter_context(serving("bare", instance, url))
    compared = Compared(app, place, portal.port, bare.port)
    pages = pages_of(place)
    for page in pages:
        compared.check(page)
    return Served(size, app, place, portal, compared, pages, {}, {})


def _come_all_at_once(served: Served) -> None:
    """Every thread of every process has then made each page: templates, connections, memory."""
    calls = [call for page in served.pages for call in page.calls] * 2
    for call in calls:
        served.compared.visitor(call.member)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(served.compared.ask, calls))
    for _ in range(WARM_UP):
        served.compared.accept()


def browser(app: Flask, place: Place, member: UUID) -> FlaskClient:
    """A member who has signed in, on an application in this process."""
    client = app.test_client()
    for name, value in cookies_of(app, place, member).items():
        client.set_cookie(name, value)
    return client


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
            client = browser(app, place, call.member)
            data = {"q": call.search, "csrf_token": token_in(client.get(call.portal).text)}
            statements.clear()
            answer = client.post(call.portal, data=data) if call.search else client.get(call.portal)
            assert answer.status_code == 200
            most = max(most, len(statements))
    finally:
        event.remove(engine, "before_cursor_execute", note)
        engine.dispose()
    return most
