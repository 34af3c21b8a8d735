"""How the portal talks to its database: SQLite's settings, the unit of work, and commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event

from portal.extensions import db

SQLITE_BUSY_SECONDS = 10


def prepare(engine: Engine) -> None:
    """Make SQLite behave: WAL, foreign keys, and transactions that begin when we say so."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read that turns into a write fails at once when somebody else wrote meanwhile,
        # busy timeout or not; so whoever will write says so before the first read.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def gather_statistics(engine: Engine) -> None:
    """Let SQLite look how its tables are filled; PostgreSQL does so by itself.

    Without, it goes through what is due for everybody to find what is due for one. Takes
    milliseconds: a sample of every index is enough.
    """
    with engine.connect().execution_options(writing=True) as connection:
        connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def begin_writing() -> None:
    """Open the session's transaction as one that will write."""
    db.session.connection(execution_options={"writing": True})


@contextmanager
def unit_of_work() -> Iterator[None]:
    """All or nothing: commit once at the end, roll back on any exception."""
    begin_writing()
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    """In a request of its own, so that links are made as in a page; leaves no connection open."""
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()
