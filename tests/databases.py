"""Real databases for tests: an SQLite file, and PostgreSQL wherever one can be reached or started.

A pytest plugin: `pytest_plugins = ["tests.databases"]` in the root conftest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

INSTALL = "no PostgreSQL: install it (apt-get install postgresql) or set TEST_POSTGRES_URL"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty SQLite file: not `:memory:`, which has neither WAL nor a second connection."""
    return f"sqlite:///{tmp_path / 'portal.sqlite'}"


@pytest.fixture
def postgresql_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database of its own."""
    url = fresh_database(postgres_server)
    yield url
    drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both in turn: what the data layer's tests ask for."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server in which the tests may create databases; nothing else is touched.

    Under pytest-xdist each worker starts one: they take two seconds and share nothing.
    """
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    # Not tmp_path: a socket's path must stay below 108 bytes, and the server's user must get there.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        yield from run_server(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """Debian keeps the server's programs out of PATH; the newest version wins."""
    found = [Path(place).resolve().parent for name in ["initdb"] if (place := shutil.which(name))]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in found if (path / "pg_ctl").exists()), None)


def run_server(binaries: Path, folder: Path) -> Iterator[str]:
    """Lives as long as the session; reachable by socket only, and writes nothing safely."""
    # The server refuses to run as root; `user` changes to the account that its package created.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(*command: str | Path) -> None:
        # No pipes: the server inherits them and would keep the reading end waiting.
        with (folder / "log").open("a") as log:
            done = subprocess.run(
                command, user=user, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        if done.returncode:
            raise RuntimeError((folder / "log").read_text())

    data = folder / "data"
    run(
        *(binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust"),
        *("-E", "UTF8", "--no-locale", "--no-sync"),
    )
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200 "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
    )
    run(binaries / "pg_ctl", "-D", data, "-w", "-s", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run(binaries / "pg_ctl", "-D", data, "-w", "-s", "-m", "immediate", "stop")


def fresh_database(server: str, template: str = "template0") -> str:
    """Creates a database and returns its URL; a clone if `template` is the URL of a migrated one.

    Nobody may be connected to the template: dispose of its engine first.
    """
    name = f"test_{uuid4().hex}"
    origin = make_url(template).database if "://" in template else template
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(origin or "template0")
    )
    with connect(server) as connection:
        connection.execute(command)
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Removes one that `fresh_database` made, even if a connection was left open."""
    name = sql.Identifier(make_url(url).database or "")
    with connect(make_url(url).set(database="postgres")) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def connect(url: str | URL) -> psycopg.Connection:
    """Outside of any transaction: databases are not created inside one."""
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
