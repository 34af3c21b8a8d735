"""Copies the whole database into one file, and puts such a file back in its place.

What is encrypted stays so: the key file is never part of a copy.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import inspect

from portal import migrate, sealing
from portal.demo.start import Holds, database_holds
from portal.extensions import db
from portal.registry import registry

DEBIAN = Path("/usr/lib/postgresql")  # keeps its programs out of PATH
CORE = "core_alembic_version"
STOP_FIRST = "Stop the portal and its workers first: somebody is connected to the database."
NONE_OF_OURS = "{} is no backup of a portal."
_REVISION = re.compile(r"^COPY \S*?(\w+_alembic_version) .*\n(\S+)$", re.MULTILINE)


class CannotDo(Exception):
    """The backup or the restore is refused; nothing was changed. The message says why."""


def make(file: Path) -> None:
    """Copy the database while the portal runs. Raises CannotDo; never overwrites a file."""
    if file.exists():
        raise CannotDo(f"{file} exists already.")
    # What is not complete has another name, also when this is killed.
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    _make_private(part)
    try:
        if _is_embedded():
            with closing(sqlite3.connect(_place())) as live, closing(sqlite3.connect(part)) as copy:
                live.backup(copy)
                # One file, without a log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
        else:
            _run("pg_dump", "--format=custom", f"--file={part}", f"--dbname={_address()}")
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _make_private(file: Path) -> None:
    """An empty file that only its owner reads, from its first byte on."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def put_back(file: Path, *, replace: bool) -> None:
    """Make the database what it was when `file` was made, and migrate it to today's tables.

    All or nothing. Raises CannotDo. Whoever calls this erases anew who was erased since
    (`portal.privacy.replay`), before anybody sees the data.
    """
    if not file.is_file():
        raise CannotDo(f"There is no file {file}.")
    _check_revisions(file, _sqlite_revisions(file) if _is_embedded() else _dumped_revisions(file))
    if not replace and database_holds() is not Holds.NOTHING:
        raise CannotDo("The database holds data. With --replace all of it is given up for the "
                       "backup.")  # fmt: skip
    (_copy_back if _is_embedded() else _load)(file)
    # The log now ends where it ended then.
    sealing.forget_outside()
    migrate.upgrade_all(db.engine, registry())


def _check_revisions(file: Path, found: dict[str, str]) -> None:
    if CORE not in found:
        raise CannotDo(NONE_OF_OURS.format(file))
    for stream in migrate.streams(registry()):
        known = {revision.revision for revision in stream.script.walk_revisions()}
        if found.get(stream.version_table, stream.head) not in {*known, None}:
            raise CannotDo(f"{file} was made by a newer version of {stream.key}: install that one.")


def _is_embedded() -> bool:
    return db.engine.dialect.name == "sqlite"


# --- SQLite -----------------------------------------------------------------------------------


def _place() -> str:
    return db.engine.url.database or ""


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _sqlite_revisions(file: Path) -> dict[str, str]:
    try:
        with closing(_read_only(file)) as copy:
            if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise CannotDo(f"{file} is damaged.")
            tables = copy.execute(
                "SELECT name FROM sqlite_schema WHERE name LIKE '%alembic_version'"
            )
            return {
                name: revision
                for (name,) in tables.fetchall()
                for (revision,) in copy.execute(f'SELECT version_num FROM "{name}"')  # noqa: S608
            }
    except sqlite3.DatabaseError as error:
        raise CannotDo(NONE_OF_OURS.format(file)) from error


def _copy_back(file: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    with closing(_read_only(file)) as copy, closing(sqlite3.connect(_place())) as live:
        try:
            # Only who is alone with a database may end its write-ahead log.
            live.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise CannotDo(STOP_FIRST) from error
        copy.backup(live)  # in one transaction


# --- PostgreSQL -------------------------------------------------------------------------------


def _address() -> str:
    """Without the password: others see what a program was started with."""
    url = db.engine.url.set(drivername="postgresql")
    return url._replace(password=None).render_as_string(hide_password=False)


def _dumped_revisions(file: Path) -> dict[str, str]:
    tables = [f"--table={stream.version_table}" for stream in migrate.streams(registry())]
    said = _run("pg_restore", "--data-only", "--file=-", *tables, str(file))
    return dict(_REVISION.findall(said))


def _load(file: Path) -> None:
    """Drop every table and load the dump, in one transaction."""
    with db.engine.connect() as connection:
        others = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).scalar()
        quote = connection.dialect.identifier_preparer.quote
        tables = ", ".join(map(quote, inspect(connection).get_table_names()))
    db.session.remove()
    db.engine.dispose()
    if others:
        raise CannotDo(STOP_FIRST)
    drop = f"DROP TABLE IF EXISTS {tables} CASCADE" if tables else "SELECT 1"
    with _beside(file) as script:
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
        _run("psql", "--no-psqlrc", "--quiet", "--single-transaction",
             "--set=ON_ERROR_STOP=1", f"--dbname={_address()}",
             f"--command={drop}", f"--file={script}")  # fmt: skip


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    script = file.with_name(file.name + ".restoring")
    script.unlink(missing_ok=True)
    _make_private(script)
    try:
        yield script
    finally:
        script.unlink()


def _run(program: str, *arguments: str) -> str:
    """Raises CannotDo if the program is missing or fails."""
    installed = sorted(DEBIAN.glob(f"*/bin/{program}"), key=lambda place: int(place.parts[-3]))
    path = shutil.which(program) or (installed[-1] if installed else None)
    if path is None:
        raise CannotDo(f"{program} is missing: install PostgreSQL's client programs.")
    environment = dict(os.environ)
    if password := db.engine.url.password:
        environment["PGPASSWORD"] = str(password)
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True)  # noqa: S603 - no shell, and the names are ours
    if done.returncode:
        raise CannotDo(f"{program}: {done.stderr.strip()}")
    return done.stdout
