"""Messages, written in the transaction of the change they tell of: the one door, and its tables.

A row holds ids only. Everybody concerned finds it in the inbox of the portal at once; what leaves
by mail, when and to which address, is decided afterwards (portal.mailing).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Select,
    String,
    exists,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor
from portal.declarations import MessageKind
from portal.extensions import HasId, Model, db
from portal.registry import registry
from portal.workflow import N_, Side

ATTEMPTS = 20  # with the pauses between them more than three days: a server may rest a weekend
NOTICE = "messages/notice.txt"
BY_MAIL_ALONE = ("account.invitation", "account.reset")  # their links open the account


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
        _notice("referral.expired", N_("Anfrage ohne Antwort beendet"), Side.RECEIVER),
        _notice("referral.reminder", N_("Eine Anfrage wartet auf Ihre Antwort"), Side.RECEIVER),
        _notice("referral.appointment", N_("Ein Termin ist vorbei: was kam heraus?"),
                Side.RECEIVER),
        _notice("referral.due", N_("Wie geht es weiter?"), Side.RECEIVER),
        _notice("task.reminder", N_("Eine Aufgabe wartet auf Sie"), Side.RECEIVER),
        _notice("referral.unanswered", N_("Eine Rückfrage wartet auf Sie"), Side.SENDER),
        _notice("referral.stands", N_("Eine Vermittlung wartet auf Sie"), Side.SENDER),
        _notice("referral.overdue", N_("Noch keine Antwort auf Ihre Vermittlung"), Side.SENDER),
        _notice("referral.stuck", N_("Eine Vermittlung Ihres Teams bleibt liegen"), Side.SENDER),
        _notice("referral.escalated", N_("Eine Vermittlung bleibt liegen"), Side.SYSTEM),
        _notice("referral.postponed", N_("Die Koordination hat eine Frist verschoben"),
                Side.SYSTEM),
        _notice("referral.suggested", N_("Die Koordination schlägt ein anderes Angebot vor"),
                Side.SENDER),
        _notice("consent.revoked", N_("Eine Einwilligung ist widerrufen"), Side.SENDER),
        _notice("link.again", N_("Ihr neuer Link"), Side.RECEIVER),
        MessageKind(topic="link.answered", subject=N_("Eine Antwort per Link ist eingetragen"),
                    template="messages/link_answered.txt", recipients=Side.RECEIVER),
        MessageKind(topic="link.locked", subject=N_("Zu viele falsche Codes"),
                    template="messages/link_locked.txt", recipients=Side.RECEIVER),
        MessageKind(topic="link.client_locked", subject=N_("Zu viele falsche PINs"),
                    template="messages/link_client_locked.txt", recipients=Side.SENDER),
        MessageKind(topic="link.code", subject=N_("Code für Antworten per Link festlegen"),
                    template="messages/link_code.txt", recipients=Side.RECEIVER),
        MessageKind(topic="link.code_set", subject=N_("Ihr Code ist neu festgelegt"),
                    template="messages/link_code_set.txt", recipients=Side.RECEIVER),
        MessageKind(topic="link.month", subject=N_("Was läuft noch?"),
                    template="messages/link_month.txt", recipients=Side.RECEIVER),
        MessageKind(topic="evaluation.requested", subject=N_("Ein Antrag wartet auf Sie"),
                    template="messages/evaluation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="evaluation.decided", subject=N_("Über Ihren Antrag ist entschieden"),
                    template="messages/evaluation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="address.suspect", subject=N_("Eine E-Mail-Adresse nimmt nichts mehr an"),
                    template="messages/address.txt", recipients=Side.SYSTEM),
        MessageKind(topic="account.invitation", subject=N_("Ihr Zugang zum Portal"),
                    template="messages/invitation.txt", recipients=Side.SYSTEM),
        MessageKind(topic="account.reset", subject=N_("Neues Passwort für das Portal"),
                    template="messages/reset.txt", recipients=Side.SYSTEM),
    )
}  # fmt: skip


def _some(name: str, *columns: str, where: str) -> Index:
    """An index over what is still to be done: it stays small, however much was done."""
    only = text(where)
    return Index(name, *columns, sqlite_where=only, postgresql_where=only)


class OutboxMessage(Model):
    """That somebody is to be told of something: a person; the unit if there is none, or none any
    more. With `membership_id` it is for that membership; nobody but the unit takes its place.

    `signed_by_id` is the advisor whom a letter names, so that it does not look like fraud;
    `urgent` overrides hours and wishes of whoever is told. It was `spread_at` when mails were made
    of it, and `delivered_at` when the last of them had left.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_reference", "reference"),
        _some("ix_outbox_message_to_spread", "id", where="spread_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    reference: Mapped[str] = mapped_column(String(20), default="")
    path: Mapped[str] = mapped_column(String(100), default="/")
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    signed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    spread_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class InboxItem(HasId, Model):
    """A message as one person finds it in the portal, for as long as the membership holds."""

    __tablename__ = "inbox_item"
    __table_args__ = (
        Index("ix_inbox_item_person_id_at", "person_id", "at", "id"),
        _some("ix_inbox_item_unread", "person_id", where="read_at IS NULL"),
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    message_id: Mapped[int] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    message: Mapped[OutboxMessage] = relationship(lazy="joined", innerjoin=True)
    membership: Mapped[Membership | None] = relationship(lazy="joined")


class Mail(HasId, Model):
    """A message on its way to one address: of a person, or of a unit's mailbox.

    `gathered`: it waits for a morning, and leaves with whatever else waits for the same reader.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        _some("ix_outgoing_mail_waiting", "due_at", where="delivered_at IS NULL"),
    )  # fmt: skip
    message_id: Mapped[int] = mapped_column(
        ForeignKey("outbox_message.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"))
    gathered: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(100), default="")
    message: Mapped[OutboxMessage] = relationship(lazy="joined", innerjoin=True)
    person: Mapped[Person | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")


def kind_of(topic: str) -> MessageKind:
    """Raises KeyError for a topic of a plugin that was uninstalled."""
    return CORE_MESSAGES.get(topic) or registry().messages[topic]


def enqueue(
    actor: Actor, topic: str, *, unit_id: UUID | None = None, person_id: UUID | None = None,
    membership_id: UUID | None = None, reference: str = "", path: str = "/",
    signed_by_id: UUID | None = None, urgent: bool = False,
) -> None:  # fmt: skip
    """Tell a unit or a person, in the caller's transaction. ValueError for a foreign topic."""
    if topic not in CORE_MESSAGES and topic not in registry().messages:
        raise ValueError(f"undeclared message topic {topic!r}")
    message = OutboxMessage(
        topic=topic, unit_id=unit_id, person_id=person_id, membership_id=membership_id,
        reference=reference, path=path, signed_by_id=signed_by_id, urgent=urgent,
        created_at=actor.now,
    )  # fmt: skip
    db.session.add(message)
    if topic not in BY_MAIL_ALONE:
        put_in_inboxes(message)


def put_in_inboxes(message: OutboxMessage) -> None:
    """For the person; for everybody of the unit where there is none."""
    with db.session.no_autoflush:  # whoever tells is in the midst of a change
        for person_id, membership_id in _readers(message).items():
            db.session.add(
                InboxItem(message=message, person_id=person_id, membership_id=membership_id,
                          at=message.created_at)
            )  # fmt: skip


def _readers(message: OutboxMessage) -> dict[UUID, UUID | None]:
    """The membership by which each of them reads it."""
    if message.person_id is not None and (message.unit_id is None or message.membership_id):
        return {message.person_id: message.membership_id}
    ids = staff(message.unit_id).with_only_columns(Membership.person_id, Membership.id)
    found: dict[UUID, UUID | None] = dict(db.session.execute(ids).all())
    own = message.person_id
    return {own: found[own]} if own in found else found


def staff(unit_id: UUID | None) -> Select[Membership]:
    """Who is told of what concerns a unit. Volunteers are told of own tasks, each for oneself."""
    return (
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == unit_id, Membership.ended_on.is_(None), Person.active)
        .where(Membership.role.not_in(registry().roles_with("task.answer")))
        .order_by(Person.email)
    )


def in_inbox(person_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The criterion on InboxItem: of this person, by a membership that holds."""
    holding = (
        select(Membership.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Membership.person_id == person_id, Membership.ended_on.is_(None))
        .where(Unit.active, Organisation.active)
        .correlate(Person)  # and no more: memberships of its own, whatever is asked around it
    )
    held = or_(InboxItem.membership_id.is_(None), InboxItem.membership_id.in_(holding))
    return (InboxItem.person_id == person_id) & held


def unread(person_id: UUID | InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """How many wait to be read, as a column of some other query."""
    mine = InboxItem.read_at.is_(None) & in_inbox(person_id)
    return select(func.count(InboxItem.id)).where(mine).correlate(Person).scalar_subquery()


def given_up() -> ColumnElement[bool]:
    """The criterion on OutboxMessage: something of it will not leave by itself any more."""
    return exists().where(
        Mail.message_id == OutboxMessage.id, Mail.delivered_at.is_(None),
        or_(Mail.attempts >= ATTEMPTS, suspect()),
    )  # fmt: skip


def suspect() -> ColumnElement[bool]:
    """The criterion on Mail: its address refused a letter for good, and was not corrected."""
    return or_(
        exists().where(Person.id == Mail.person_id, Person.suspect_since.is_not(None)),
        exists().where(Unit.id == Mail.unit_id, Unit.suspect_since.is_not(None)),
    )
