"""Seals the access log: gives every entry a place in a chain of batches that nobody can change.

Writing an entry takes no lock and knows nothing of this; the worker seals what is there. An
entry that commits late joins the next batch. A copy of the last seal is kept outside of the
database, so that it is noticed when the end of the chain is cut off.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal import digests
from portal.audit import AuditEntry
from portal.database import begin_writing
from portal.extensions import Model, db

log = structlog.get_logger()

BATCH = 1000  # entries of one seal at most
EVERY = timedelta(minutes=1)  # a seal for every round of the worker would be one for every entry
KEPT_OUTSIDE = "audit_seal.json"
FIRST = b""  # what the first seal goes on from


class Seal(Model):
    """A batch of entries. `hash` binds their digests in order, and the seal before this one.

    Where old entries were dropped, the seal of the last of them stays as the beginning of the
    chain: `dropped_hash` tells that the portal dropped them.
    """

    __tablename__ = "audit_seal"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    sealed_at: Mapped[datetime]
    hash: Mapped[bytes]
    dropped_on: Mapped[date | None]
    dropped_hash: Mapped[bytes | None]


def seal_hash(
    secret: bytes, before: bytes, number: int, sealed_at: datetime, places: list[bytes]
) -> bytes:
    said = f"{number} {len(places)} {sealed_at.astimezone(UTC).isoformat()}"
    return digests.mac(secret, "seal", before, said.encode(), *places)


def dropped_hash(secret: bytes, seal: bytes, dropped_on: date) -> bytes:
    return digests.mac(secret, "dropped", seal, dropped_on.isoformat().encode())


def seal_due(now: datetime) -> int:
    """Seal what waits if the last seal is old enough: what the worker does in every round."""
    last = db.session.scalar(select(Seal.sealed_at).order_by(Seal.number.desc()).limit(1))
    db.session.rollback()
    return 0 if last and timedelta() <= now - last < EVERY else seal_all(now)


def seal_all(now: datetime) -> int:
    """Seal every entry there is, each batch in a transaction of its own; returns how many."""
    sealed = 0
    while count := _seal_batch(now):
        sealed += count
    return sealed


def _seal_batch(now: datetime) -> int:
    """One seal; 0 if there is nothing to seal, or somebody else is just doing it."""
    db.session.rollback()
    begin_writing()
    last = db.session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
    number, before = (last.number + 1, last.hash) if last else (1, FIRST)
    entries = db.session.execute(
        select(AuditEntry.id, AuditEntry.digest)
        .where(AuditEntry.seal_number.is_(None))
        .order_by(AuditEntry.id)
        .limit(BATCH)
    ).all()
    if not entries:
        db.session.rollback()
        return 0
    secret = digests.key()
    places = [
        digests.place_digest(secret, content, entry_id, number, position)
        for position, (entry_id, content) in enumerate(entries, start=1)
    ]
    found = seal_hash(secret, before, number, now, places)
    db.session.add(Seal(number=number, count=len(places), sealed_at=now, hash=found))
    try:
        # The number is what several workers compete for; SQLite's wait for each other before.
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return 0
    table: Table = AuditEntry.__table__  # type: ignore[assignment]  # declared wider
    placing = (
        update(table)
        .where(table.c.id == bindparam("entry"))
        .values(seal_number=number, position=bindparam("nth"), digest=bindparam("place"))
    )
    rows = [
        {"entry": entry.id, "nth": position, "place": place}
        for position, (entry, place) in enumerate(zip(entries, places, strict=True), start=1)
    ]
    db.session.connection().execute(placing, rows)
    db.session.commit()
    _keep_outside(number, found)
    return len(places)


def _keep_outside(number: int, found: bytes) -> None:
    """Where nobody who can write to the database can change it: in a file, and in the log."""
    log.info("sealed", seal=number, hash=found.hex())
    path = _file()
    new = path.with_suffix(".new")
    try:
        new.write_text(json.dumps({"seal": number, "hash": found.hex()}), "utf-8")
        new.replace(path)
    except OSError as error:
        log.warning("seal not kept", file=str(path), error=type(error).__name__)


def kept_outside() -> tuple[int, bytes] | None:
    """Number and hash of the last seal made here; None if no file tells. ValueError if broken."""
    try:
        kept = json.loads(_file().read_text("utf-8"))
        return int(kept["seal"]), bytes.fromhex(kept["hash"])
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError(KEPT_OUTSIDE) from error


def forget_outside() -> None:
    """For a database that begins anew."""
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return Path(current_app.config["INSTANCE"]) / KEPT_OUTSIDE


def drop_before(limit: datetime, today: date) -> int:
    """Delete the entries of all seals made before `limit`, in the caller's transaction.

    The last of these seals stays as the beginning of the chain. Returns how many entries.
    """
    last = db.session.scalar(
        select(Seal).where(Seal.sealed_at < limit).order_by(Seal.number.desc()).limit(1)
    )
    if last is None or last.dropped_on is not None:
        return 0
    gone = db.session.execute(delete(AuditEntry).where(AuditEntry.seal_number <= last.number))
    db.session.execute(delete(Seal).where(Seal.number < last.number))
    last.dropped_on = today
    last.dropped_hash = dropped_hash(digests.key(), last.hash, today)
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a delete has one
