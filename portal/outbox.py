"""Messages, written in the transaction of the change they tell of, delivered afterwards.

A row holds ids only; subject and text are rendered at delivery. At least once: a worker that
dies after sending and before marking sends again when the lease has run out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from sqlalchemy import ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.models import Membership, Person, Unit
from portal.actor import Actor
from portal.database import begin_writing
from portal.declarations import MessageKind
from portal.extensions import Model, db
from portal.registry import registry
from portal.workflow import N_, Side

LEASE = timedelta(minutes=5)
ATTEMPTS = 8
NOTICE = "messages/notice.txt"


def _notice(topic: str, subject: str, recipients: Side) -> MessageKind:
    return MessageKind(topic=topic, subject=subject, template=NOTICE, recipients=recipients)


CORE_MESSAGES: dict[str, MessageKind] = {
    kind.topic: kind
    for kind in (
        _notice("referral.sent", N_("Neue Anfrage"), Side.RECEIVER),
        _notice("referral.answer", N_("Ihre Rückfrage ist beantwortet"), Side.RECEIVER),
        _notice("referral.withdrawn", N_("Anfrage zurückgezogen"), Side.RECEIVER),
        _notice("referral.recorded", N_("Ihre Antwort wurde eingetragen"), Side.RECEIVER),
        _notice("referral.ended", N_("Zugriff beendet"), Side.RECEIVER),
        _notice("referral.rectified", N_("Angaben wurden berichtigt"), Side.RECEIVER),
        _notice("referral.restricted", N_("Verarbeitung eingeschränkt"), Side.RECEIVER),
        _notice("referral.unrestricted", N_("Einschränkung aufgehoben"), Side.RECEIVER),
        _notice("referral.deletion", N_("Antwort zur Löschung"), Side.SENDER),
        _notice("emergency.granted", N_("Notzugriff auf eine Vermittlung"), Side.SENDER),
        _notice("consent.ending", N_("Eine Einwilligung läuft bald ab"), Side.SENDER),
        _notice("consent.ended", N_("Eine Einwilligung ist abgelaufen"), Side.SENDER),
        _notice("task.answered", N_("Antwort zu einer Aufgabe"), Side.RECEIVER),
        _notice("task.offered", N_("Eine Aufgabe für Sie"), Side.RECEIVER),
        _notice("task.ended", N_("Eine Aufgabe ist beendet"), Side.RECEIVER),
        _notice("referral.question", N_("Rückfrage zu Ihrer Vermittlung"), Side.SENDER),
        _notice("referral.answered", N_("Antwort auf Ihre Vermittlung"), Side.SENDER),
        _notice("referral.news", N_("Neues zu Ihrer Vermittlung"), Side.SENDER),
        _notice("referral.result", N_("Ergebnis Ihrer Vermittlung"), Side.SENDER),
        MessageKind(topic="evaluation.requested", subject=N_("Ein Antrag wartet auf Sie"),
                    template="messages/evaluation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="evaluation.decided", subject=N_("Über Ihren Antrag ist entschieden"),
                    template="messages/evaluation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="account.invitation", subject=N_("Ihr Zugang zum Portal"),
                    template="messages/invitation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="account.reset", subject=N_("Neues Passwort für das Portal"),
                    template="messages/reset.txt", recipients=Side.SYSTEM),
    )
}  # fmt: skip


class OutboxMessage(Model):
    """A message on its way to a person; to a unit if there is none, or none any more."""

    __tablename__ = "outbox_message"
    __table_args__ = (Index("ix_outbox_message_delivered_at_due_at", "delivered_at", "due_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    reference: Mapped[str] = mapped_column(String(20), default="")
    path: Mapped[str] = mapped_column(String(100), default="/")
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(200), default="")


def enqueue(
    actor: Actor, topic: str, *, unit_id: UUID | None = None, person_id: UUID | None = None,
    reference: str = "", path: str = "/",
) -> None:  # fmt: skip
    """Tell a unit or a person, in the caller's transaction. ValueError for a foreign topic."""
    if topic not in CORE_MESSAGES and topic not in registry().messages:
        raise ValueError(f"undeclared message topic {topic!r}")
    db.session.add(
        OutboxMessage(topic=topic, unit_id=unit_id, person_id=person_id, reference=reference,
                      path=path, created_at=actor.now, due_at=actor.now)
    )  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """A rendered message; `to` may be empty when nobody is left to read it."""

    to: tuple[str, ...]
    subject: str
    text: str


class Transport(Protocol):
    """Something that carries letters."""

    def send(self, letter: Letter) -> None: ...


class ConsoleTransport:
    """Prints letters: what a machine without a mail server does."""

    def send(self, letter: Letter) -> None:
        print(f"An: {', '.join(letter.to)}\nBetreff: {letter.subject}\n\n{letter.text}\n")  # noqa: T201


def render(message: OutboxMessage) -> Letter:
    """The letter as it would leave now. No name of a client, no kind of partner."""
    kind = CORE_MESSAGES.get(message.topic) or registry().messages[message.topic]
    base = current_app.config["BASE_URL"].rstrip("/")
    addresses = _addresses(message)
    languages = set(addresses.values())
    # One letter to several people: in the language that all of them chose, else in German.
    with force_locale(languages.pop() if len(languages) == 1 else "de"):
        subject = gettext(kind.subject)
        text = render_template(
            kind.template, subject=subject, reference=message.reference,
            link=base + message.path, person_id=message.person_id,
        )  # fmt: skip
    title = f"{message.reference}: {subject}" if message.reference else subject
    return Letter(tuple(addresses), title, text)


def _addresses(message: OutboxMessage) -> dict[str, str]:
    """To whom, and in which language each of them reads."""
    if message.person_id is not None:
        person = db.session.get(Person, message.person_id)
        if person is not None and person.active:
            return {person.email: person.language}
        if message.unit_id is None:
            return {}
    unit = db.session.get(Unit, message.unit_id)
    if unit is not None and unit.email:
        return {unit.email: "de"}
    members = (
        select(Person.email, Person.language)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.unit_id == message.unit_id, Membership.ended_on.is_(None), Person.active)
        # Volunteers are told of own tasks, each for oneself.
        .where(Membership.role.not_in(registry().roles_with("task.answer")))
        .order_by(Person.email)
    )
    return {row.email: row.language for row in db.session.execute(members)}


def deliver_due(transport: Transport, now: datetime, limit: int = 100) -> tuple[int, int]:
    """Deliver what is due; returns (delivered, failed). Several workers may run at once."""
    delivered = failed = 0
    for message_id in _lease(now, limit):
        error = _deliver(transport, message_id)
        _settle(message_id, now, error)
        failed += bool(error)
        delivered += not error
    return delivered, failed


def _deliver(transport: Transport, message_id: int) -> str:
    """Send one message; returns the name of what went wrong, "" if nothing."""
    try:
        letter = render(db.session.get_one(OutboxMessage, message_id))
        db.session.rollback()  # no transaction stays open while a mail server takes its time
        if letter.to:
            transport.send(letter)
    except Exception as error:  # noqa: BLE001 - whatever a template or a server may raise
        return type(error).__name__
    return ""


def _settle(message_id: int, now: datetime, error: str) -> None:
    db.session.rollback()
    begin_writing()
    message = db.session.get_one(OutboxMessage, message_id)
    message.error = error
    if error:
        message.due_at = now + timedelta(minutes=2**message.attempts)
        message.leased_until = None
    else:
        message.delivered_at = now
    db.session.commit()


def _lease(now: datetime, limit: int) -> list[int]:
    free = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.delivered_at.is_(None),
            OutboxMessage.due_at <= now,
            OutboxMessage.attempts < ATTEMPTS,
            OutboxMessage.leased_until.is_(None) | (OutboxMessage.leased_until < now),
        )
        .order_by(OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(free))
        .values(leased_until=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    db.session.rollback()
    begin_writing()
    ids = sorted(db.session.scalars(statement))
    db.session.commit()
    return ids
