"""Who was erased, written down outside of the database, where no restored backup forgets it.

A line for each: the client's random id, the day and the rule. It is written once the erasure
is committed; what was lost between the two is added by the daily run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from portal.clients.models import Client
from portal.extensions import db

log = structlog.get_logger()

FILE = "deletions.jsonl"
_PENDING = "portal_erased"
Line = tuple[UUID, date, str]


def note_erased(client_id: UUID, day: date, rule: str) -> None:
    """Write it down as soon as the caller's transaction is committed, and only then."""
    db.session.info.setdefault(_PENDING, []).append((client_id, day, rule))


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if not session.in_nested_transaction() and (lines := session.info.pop(_PENDING, [])):
        _append(lines)


@event.listens_for(Session, "after_soft_rollback")
def _undone(session: Session, _transaction: Any) -> None:
    session.info.pop(_PENDING, None)


def _append(lines: Iterable[Line]) -> None:
    known = noted()
    said = [
        {"client": client_id.hex, "day": day.isoformat(), "rule": rule}
        for client_id, day, rule in lines
        if client_id not in known
    ]
    # A line that a power cut tore ends here.
    text = "".join(f"\n{json.dumps(line)}\n" for line in said)
    try:
        descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:  # the erasure is committed; the next daily run tries again
        log.error("erasure not written down", file=FILE, error=type(error).__name__)


def noted() -> dict[UUID, str]:
    """Everybody who was erased, with the rule."""
    if not _path().is_file():
        return {}
    found: dict[UUID, str] = {}
    for number, line in enumerate(_path().read_text("utf-8").splitlines(), start=1):
        try:
            if line:
                said = json.loads(line)
                found[UUID(said["client"])] = str(said["rule"])
        except (ValueError, KeyError, TypeError):
            log.warning("line not readable", file=FILE, line=number)
    return found


def note_missing() -> None:
    """Write down who is erased in the database and not in the file."""
    known = noted()
    erased = db.session.execute(
        select(Client.id, Client.erased_on).where(Client.erased_on.is_not(None))
    )
    if missing := [(row.id, row.erased_on, "") for row in erased if row.id not in known]:
        _append(missing)


def _path() -> Path:
    return Path(current_app.config["INSTANCE"]) / FILE
