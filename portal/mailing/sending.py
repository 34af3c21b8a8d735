"""Sends what is due: leases one letter, sends it, settles it. Several workers may run at once.

At least once: a worker that dies after sending and before settling sends that letter again when
the lease has run out, with the same Message-ID.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from portal.accounts.models import Membership, Person, Unit
from portal.actor import Actor
from portal.database import begin_writing
from portal.extensions import db
from portal.mailing import letters
from portal.mailing.letters import Letter
from portal.mailing.spreading import addressees, again, begin_alone, finish, spread
from portal.outbox import ATTEMPTS, Mail, enqueue, staff, suspect
from portal.registry import registry

LEASE = timedelta(minutes=10)  # far longer than the one letter that a worker has in hand may take
LONGEST_PAUSE = timedelta(hours=6)
ROUND_SECONDS = 30  # then the worker looks after other things, and goes on


class Transport(Protocol):
    """Something that carries letters."""

    def send(self, letter: Letter) -> None: ...


class Refused(Exception):
    """The address takes no letters and never will; `code` is the server's."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):
    """There is no server to talk to now; its cause says why."""


class ConsoleTransport:
    """Prints letters: what a machine without a mail server does."""

    def send(self, letter: Letter) -> None:
        print(f"An: {', '.join(letter.to)}\nBetreff: {letter.subject}\n\n{letter.text}\n")  # noqa: T201 - printing is its job


@dataclass(frozen=True)
class _Outcome:
    """How it went: what went wrong, "" if nothing; to which address."""

    error: str = ""
    refused: str = ""
    moved: frozenset[UUID] = frozenset()  # mails whose readers are not there any more
    pause: bool = False  # no server: trying the next letter would fail too


def deliver_due(transport: Transport, now: datetime, limit: int = 100) -> tuple[int, int]:
    """Deliver what is due; returns how many letters (left, did not)."""
    db.session.rollback()  # whatever somebody looked at before is not how things stand
    while spread(now):
        pass
    delivered = failed = 0
    began = time.monotonic()
    while delivered + failed < limit and time.monotonic() - began < ROUND_SECONDS:
        ids = _lease(now)
        if not ids:
            break
        outcome = _send(transport, ids)
        _settle(ids, now, outcome)
        if outcome.moved:
            spread(now)
            continue
        failed += bool(outcome.error)
        delivered += not outcome.error
        if outcome.pause:
            break
    return delivered, failed


def _free(now: datetime) -> ColumnElement[bool]:
    return and_(
        Mail.delivered_at.is_(None),
        Mail.due_at <= now,
        Mail.attempts < ATTEMPTS,
        Mail.leased_until.is_(None) | (Mail.leased_until < now),
        ~suspect(),  # waits for a better address
    )


def _lease(now: datetime) -> list[UUID]:
    """Take one letter: a mail, with all gathered ones that wait for the same reader."""
    oldest = (
        select(Mail.id, Mail.gathered, Mail.person_id, Mail.unit_id)
        .where(_free(now))
        .order_by(Mail.due_at, Mail.id)
        .limit(1)
    )
    if db.session.execute(oldest).one_or_none() is None:
        db.session.rollback()
        return []
    begin_alone()
    first = db.session.execute(oldest).one_or_none()
    if first is None:
        db.session.rollback()
        return []
    wanted: ColumnElement[bool] = Mail.id == first.id
    if first.gathered:
        same = Mail.person_id == first.person_id if first.person_id else (
            Mail.unit_id == first.unit_id
        )  # fmt: skip
        wanted = or_(wanted, and_(Mail.gathered, same))
    statement = (
        update(Mail)
        .where(wanted, _free(now))
        .values(leased_until=now + LEASE, attempts=Mail.attempts + 1)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    ids = list(db.session.scalars(statement))
    db.session.commit()
    return ids


def _mails(ids: list[UUID]) -> list[Mail]:
    """Those of them that are still there, in the order in which they were written."""
    found = select(Mail).where(Mail.id.in_(ids)).order_by(Mail.message_id)
    return list(db.session.scalars(found.execution_options(populate_existing=True)))


def _send(transport: Transport, ids: list[UUID]) -> _Outcome:
    to: tuple[str, ...] = ("",)
    try:
        mails = _mails(ids)
        if not mails:
            return _Outcome()  # its client was erased meanwhile
        if moved := frozenset(mail.id for mail in mails if not _is_still_right(mail)):
            return _Outcome(moved=moved)
        letter = letters.of_mails(mails)
        to = letter.to
        db.session.rollback()  # no transaction stays open while a mail server takes its time
        transport.send(letter)
    except Refused as refusal:
        return _Outcome(f"Refused {refusal.code}", refused=to[0])
    except Unreachable as error:
        return _Outcome(type(error.__cause__ or error).__name__, pause=True)
    except Exception as error:  # noqa: BLE001 - whatever a template or a server may raise
        # The class and the server's number alone: its words may hold an address.
        code = getattr(error, "smtp_code", "")
        return _Outcome(f"{type(error).__name__} {code}".strip()[:100])
    return _Outcome()


def _is_still_right(mail: Mail) -> bool:
    return (mail.person or mail.unit) in addressees(mail.message)


def _settle(ids: list[UUID], now: datetime, outcome: _Outcome) -> None:
    db.session.rollback()
    begin_writing()
    mails = _mails(ids)
    if outcome.moved:
        again([mail for mail in mails if mail.id in outcome.moved])
        for mail in mails:
            mail.leased_until, mail.attempts = None, mail.attempts - 1
    elif outcome.refused:
        _suspect(mails, now, outcome)
    elif outcome.error:
        _postpone(mails, now, outcome.error)
    else:
        for mail in mails:
            mail.delivered_at, mail.error = now, ""
        finish({mail.message_id for mail in mails}, now)
    db.session.commit()


def _postpone(mails: list[Mail], now: datetime, error: str) -> None:
    for mail in mails:
        mail.error = error
        mail.due_at = now + min(timedelta(minutes=2**mail.attempts), LONGEST_PAUSE)
        mail.leased_until = None


def _suspect(mails: list[Mail], now: datetime, outcome: _Outcome) -> None:
    """Nothing goes there until somebody has put the address right; then this does, too. A unit's
    people are told each for themselves meanwhile."""
    for mail in mails:
        mail.error, mail.due_at, mail.leased_until = outcome.error, now, None
    reader = mails[0].person or mails[0].unit if mails else None
    if reader is None or reader.email != outcome.refused:
        return  # was corrected while the letter was on its way
    if reader.suspect_since is None:
        reader.suspect_since = now
        _tell_administration(now)
    if isinstance(reader, Unit) and db.session.scalar(staff(reader.id).limit(1)) is not None:
        again(mails)


def _tell_administration(now: datetime) -> None:
    admins = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role.in_(registry().roles_with("admin.manage")))
        .where(Membership.ended_on.is_(None), Person.active)
        .distinct()
    )
    for person_id in db.session.scalars(admins).all():
        enqueue(Actor.system(now), "address.suspect", person_id=person_id, path="/admin/mail")
