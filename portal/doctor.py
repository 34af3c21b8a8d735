"""Is this installation in order? Every check is a plain sentence, for `portal doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal import config, migrate, registry
from portal.app import create_app
from portal.clients.models import Client
from portal.crypto import CannotDecrypt
from portal.demo.seed import is_seeded
from portal.extensions import db
from portal.mailing import smtp
from portal.mailing.sending import Unreachable
from portal.referrals.models import Package
from portal.referrals.packages import digest_of

LATEST = 2_000  # packages looked at: the newest
VENDOR_FILES = ("kern.min.css", "fonts.css", "fonts/NotoSans.ttf", "htmx.min.js")


@dataclass(frozen=True)
class Finding:
    """One sentence, and whether it is good news."""

    good: bool
    sentence: str


def examine() -> Iterator[Finding]:
    """All findings; later checks are left out where an earlier one makes them impossible."""
    yield from _instance()
    try:
        settings = config.load()
        registry.load()
    except (config.ConfigError, registry.PluginError) as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, "The settings can be read and every plugin loads.")
    yield _address(settings["BASE_URL"], demo=settings["DEMO"])
    app = create_app()
    yield _vendor(app)
    yield _mail(app)
    with app.app_context():
        yield from _database(settings["BASE_URL"])


def _instance() -> Iterator[Finding]:
    folder = Path(os.environ.get("PORTAL_INSTANCE") or "instance").resolve()
    if not folder.is_dir():
        yield Finding(False, f"There is no instance folder {folder}: run `portal init`.")
        return
    yield Finding(True, f"The instance folder is {folder}.")
    for name in (config.KEY_FILE, config.SECRET_FILE, config.SETTINGS_FILE):
        path = folder / name
        if not path.is_file():
            continue  # what is missing and not in the environment stops the settings below
        if path.stat().st_mode & 0o077:
            yield Finding(False, f"Others can read {path}: run `chmod 600 {path}`.")
        else:
            yield Finding(True, f"Only its owner can read {path}.")


def _address(base_url: str, *, demo: bool) -> Finding:
    if demo:
        return Finding(True, f"Demo mode is on, and served on this machine alone ({base_url}).")
    if base_url.startswith("https://") or config.is_loopback(base_url):
        return Finding(True, f"Demo mode is off; people reach the portal at {base_url}.")
    return Finding(False, f"People reach the portal without encryption at {base_url}: "
                          "set PORTAL_BASE_URL to an https address.")  # fmt: skip


def _vendor(app: Flask) -> Finding:
    folder = Path(app.static_folder or "", "vendor")
    missing = [name for name in VENDOR_FILES if not (folder / name).is_file()]
    if missing:
        return Finding(False, f"{folder} lacks {', '.join(missing)}: install the package again.")
    return Finding(True, "Style sheets, fonts and scripts are there.")


def _mail(app: Flask) -> Finding:
    transport = smtp.transport_of(app.config)
    if not isinstance(transport, smtp.SmtpTransport):
        return Finding(True, "No mail server is set: the worker prints messages.")
    server = f"{transport.host}:{transport.port}"
    try:
        transport.check()
    except Unreachable as error:
        reason = type(error.__cause__).__name__
        return Finding(False, f"The mail server {server} does not let us in: {reason}.")
    return Finding(True, f"The mail server {server} lets us in, as {transport.sender}.")


def _database(base_url: str) -> Iterator[Finding]:
    shown = db.engine.url.render_as_string(hide_password=True)
    try:
        behind = migrate.behind(db.engine, registry.registry())
        yield Finding(True, f"The database answers: {shown}.")
        if behind:
            yield Finding(False, f"Migrations are missing ({', '.join(behind)}): "
                                 "run `portal migrate`.")  # fmt: skip
            return
        yield Finding(True, "All migrations are applied.")
        yield from _journal()
        yield (keys := _keys())
        if keys.good:
            yield _packages()
        if is_seeded():
            yield _demo_data(base_url)
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        yield Finding(False, f"The database {shown} does not answer: {reason}")
    finally:
        db.session.remove()
        db.engine.dispose()


def _journal() -> Iterator[Finding]:
    if db.engine.dialect.name != "sqlite":
        return
    with db.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode == "wal":
        yield Finding(True, "SQLite keeps a write-ahead log, so that reading never waits.")
    else:
        yield Finding(False, f"SQLite's journal is {mode!r} and not a write-ahead log: keep the "
                             "database on a local disk.")  # fmt: skip


def _keys() -> Finding:
    if stored_data_opens():
        return Finding(True, "The keys open the stored data.")
    return Finding(False, "The keys do not open the stored data: put back the key file that it "
                          "was written with.")  # fmt: skip


def _packages() -> Finding:
    packages = db.session.scalars(select(Package).order_by(Package.created_at.desc()).limit(LATEST))
    changed = [p.referral_id for p in packages if p.digest != digest_of(p.content)]
    if not changed:
        return Finding(True, "What was shared stands as it was frozen.")
    shown = ", ".join(map(str, changed[:5]))
    return Finding(False, f"{len(changed)} packages were changed after they were frozen: {shown}")


def _demo_data(base_url: str) -> Finding:
    if config.is_loopback(base_url):
        return Finding(True, "The database holds the demo, for this machine alone.")
    return Finding(False, f"The database holds the demo, whose password everybody knows, and "
                          f"people reach it at {base_url}: use another one.")  # fmt: skip


def stored_data_opens() -> bool:
    """Whether the keys fit; also true while nothing is stored."""
    client = db.session.scalar(select(Client).limit(1))
    if client is None:
        return True
    try:
        return isinstance(client.profile, dict)
    except CannotDecrypt:
        return False
