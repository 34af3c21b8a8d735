"""Who gets a mail of a message, and when: once for every message, before anything is sent."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import exists, func, or_, select, update

from portal.accounts.models import Membership, Person, Unit
from portal.database import begin_writing
from portal.extensions import db
from portal.outbox import ATTEMPTS, Mail, OutboxMessage, put_in_inboxes, staff
from portal.workflow import LOCAL
from portal.working_days import add_working_days, is_working_day

BATCH = 500
MORNING, EVENING = time(7), time(19)
_ONE_AT_A_TIME = 6_172_026  # names the lock; any number that nobody else uses


def begin_alone() -> None:
    """Open a transaction while which no other worker has one of this kind: two could otherwise
    take the halves of what belongs into one letter. It lasts milliseconds."""
    db.session.rollback()
    begin_writing()
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
        db.session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def spread(now: datetime) -> bool:
    """Make the mails of the oldest messages that have none yet; False if there was no message."""
    new = select(OutboxMessage).where(OutboxMessage.spread_at.is_(None))
    if db.session.scalar(new.with_only_columns(OutboxMessage.id).limit(1)) is None:
        return False  # mostly: and whoever only looks keeps nobody waiting
    begin_alone()
    found = db.session.scalars(new.order_by(OutboxMessage.id).limit(BATCH)).all()
    for message in found:
        message.spread_at = now
        _make_mails(message, now)
    finish({message.id for message in found}, now)
    db.session.commit()
    return True


def finish(message_ids: set[int], now: datetime) -> None:
    """A message is delivered when no mail of it waits any more."""
    db.session.flush()
    waiting = exists().where(Mail.message_id == OutboxMessage.id, Mail.delivered_at.is_(None))
    done = update(OutboxMessage).where(OutboxMessage.id.in_(message_ids), ~waiting)
    db.session.execute(
        done.values(delivered_at=now), execution_options={"synchronize_session": False}
    )


def addressees(message: OutboxMessage) -> list[Person | Unit]:
    """Who is written to as things stand: one person, a unit's mailbox, or everybody in it."""
    if message.person_id is not None:
        person = db.session.get_one(Person, message.person_id)
        if _is_there(person, message):
            return [person]
    unit = db.session.get(Unit, message.unit_id) if message.unit_id else None
    if unit is None:
        return []
    if unit.email and unit.suspect_since is None:
        return [unit]
    people: list[Person | Unit] = [each.person for each in db.session.scalars(staff(unit.id))]
    return list(dict.fromkeys(people)) or ([unit] if unit.email else [])


def _is_there(person: Person, message: OutboxMessage) -> bool:
    """Whether somebody still serves where the message would reach them."""
    if message.unit_id is None and message.membership_id is None:
        return person.active
    serving = exists().where(
        Membership.person_id == person.id,
        Membership.ended_on.is_(None),
        or_(Membership.id == message.membership_id, Membership.unit_id == message.unit_id),
    )
    return person.active and bool(db.session.scalar(select(serving)))


def _make_mails(message: OutboxMessage, now: datetime) -> None:
    found = addressees(message)
    if message.unit_id and message.person_id not in (None, *(each.id for each in found)):
        message.person_id = None  # whoever it was for has left: now it is the unit's
        put_in_inboxes(message)
    had = select(Mail.person_id, Mail.unit_id).where(Mail.message_id == message.id)
    written = {row.person_id or row.unit_id for row in db.session.execute(had)}
    made = [_mail(message, each, now) for each in found if each.id not in written]
    db.session.add_all([mail for mail in made if mail])


def _mail(message: OutboxMessage, to: Person | Unit, now: datetime) -> Mail | None:
    """One to this reader, now or some morning; None if it is not wanted, or on its way already."""
    person = to if isinstance(to, Person) else None
    mail = Mail(
        message_id=message.id, due_at=now, gathered=False, attempts=0,
        person_id=to.id if person else None, unit_id=None if person else to.id,
    )  # fmt: skip
    if message.urgent:
        return mail
    if person and person.mail_wish == "never":
        return None
    earlier = _same_of_today(message, to, now)
    if any(each.delivered_at is None and not _leaving(each, now) for each in earlier):
        return None
    if earlier:
        mail.due_at, mail.gathered = next_morning(now), True
    elif person and person.mail_wish == "daily":
        mail.due_at, mail.gathered = coming_morning(message.created_at), True
    if person and is_quiet(max(mail.due_at, now)):
        mail.due_at, mail.gathered = coming_morning(now), True
    return mail


def _same_of_today(message: OutboxMessage, to: Person | Unit, now: datetime) -> list[Mail]:
    """What the same reader got today about the same thing, or will get."""
    if not message.reference:
        return []
    midnight = datetime.combine(now.astimezone(LOCAL).date(), time.min, LOCAL)
    found = (
        select(Mail)
        .join(OutboxMessage, OutboxMessage.id == Mail.message_id)
        .where(OutboxMessage.reference == message.reference, OutboxMessage.topic == message.topic)
        .where(or_(Mail.delivered_at >= midnight, Mail.delivered_at.is_(None)))
        .where(Mail.attempts < ATTEMPTS)
        .where((Mail.person_id if isinstance(to, Person) else Mail.unit_id) == to.id)
    )
    return list(db.session.scalars(found))


def _leaving(mail: Mail, now: datetime) -> bool:
    """Whether a worker has it in hand: it may be read before what is told of now happened."""
    return mail.leased_until is not None and mail.leased_until >= now


def is_quiet(now: datetime) -> bool:
    """At night, on weekends and on public holidays nobody is written to."""
    local = now.astimezone(LOCAL)
    return not (is_working_day(local.date()) and MORNING <= local.time() < EVENING)


def coming_morning(now: datetime) -> datetime:
    """The next time that a working day begins: today's, if it is still early."""
    local = now.astimezone(LOCAL)
    early = is_working_day(local.date()) and local.time() < MORNING
    return datetime.combine(local.date(), MORNING, LOCAL) if early else next_morning(now)


def next_morning(now: datetime) -> datetime:
    """The morning of the next working day, never today's."""
    day = add_working_days(now.astimezone(LOCAL).date(), 1)
    return datetime.combine(day, MORNING, LOCAL)


def again(mails: list[Mail]) -> None:
    """Their addressees are not what they were: let it be decided anew."""
    for mail in mails:
        mail.message.spread_at = None
        db.session.delete(mail)
