"""Getting a demo ready: whose database this is, starting anew, filling it, naming the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from flask_babel import force_locale, gettext
from flask_security import hash_password
from sqlalchemy import inspect, select

from portal import migrate, rounds, sealing
from portal.accounts.models import Organisation, Person
from portal.accounts.roles import ROLES
from portal.database import unit_of_work
from portal.demo import clock
from portal.demo.accounts import ACCOUNTS, PASSWORD
from portal.demo.seed import Happening, is_seeded, seed
from portal.extensions import db
from portal.network.commands import load_municipalities
from portal.registry import registry


class Holds(StrEnum):
    """What a database holds."""

    NOTHING = "nothing"
    DEMO = "demo"
    SOMETHING_ELSE = "something else"


def database_holds() -> Holds:
    """Only a database with nothing or with a demo in it is touched by a demo."""
    try:
        if not inspect(db.engine).has_table(Organisation.__tablename__):
            return Holds.NOTHING
        if is_seeded():
            return Holds.DEMO
        used = [db.session.scalar(select(table.id).limit(1)) for table in (Organisation, Person)]
        return Holds.SOMETHING_ELSE if any(used) else Holds.NOTHING
    finally:
        db.session.remove()


def empty_database() -> None:
    """Away with the demo's database. The caller made sure that it holds a demo or nothing."""
    sealing.forget_outside()
    engine = db.engine
    if engine.dialect.name == "sqlite" and engine.url.database:
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(engine.url.database + suffix).unlink(missing_ok=True)
        return
    for stream in reversed(migrate.streams(registry())):
        migrate.downgrade(engine, stream)


def fill(watch: Callable[[list[Happening]], Iterable[Happening]] = iter) -> bool:
    """Migrate and seed around today; False if the county was there already."""
    migrate.upgrade_all(db.engine, registry())
    with unit_of_work():
        load_municipalities()
        if is_seeded():
            return False
        clock.reset()
        now = datetime.now(UTC)
        # Hashing takes a fifth of a second on purpose: once for all accounts.
        seed(now, hash_password(PASSWORD), watch)
    rounds.attend(now)  # what became due meanwhile, as if a worker had been there
    return True


def account_lines() -> Iterator[str]:
    """The accounts by role, each with its address and what to try."""
    with force_locale("en"):
        for key, role in ROLES.items():
            yield gettext(role.label)
            for account in ACCOUNTS:
                if account.serves[0][1] == key:
                    yield f"  {account.name:<22}{account.email}"
                    if account.try_this:
                        yield f"      {gettext(account.try_this)}"
