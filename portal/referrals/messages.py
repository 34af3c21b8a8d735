"""Who is told of a move: the other side, always."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.orm import aliased

from portal import outbox
from portal.accounts.models import Membership, Person
from portal.actor import Actor
from portal.clients.models import Client, Deputy
from portal.extensions import db
from portal.lifecycle import FINAL, Status
from portal.referrals import policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Action, Side

_TO_RECEIVER = {
    "send": "referral.sent",
    "answer": "referral.answer",
    "withdraw": "referral.withdrawn",
    "void": "referral.withdrawn",
    "expire": "referral.expired",
}
# Made once, since nearly every move asks it: the advisor, and with each row a deputy of this day.
_STAND_IN = aliased(Membership)
_ADVISOR = (
    select(Client.unit_id, Person.id, Membership.id,
           and_(Membership.ended_on.is_(None), Person.active),
           _STAND_IN.person_id, _STAND_IN.id)
    .join(Membership, Membership.id == Client.advisor_id)
    .join(Membership.person)
    .outerjoin(Deputy, and_(Deputy.advisor_id == Membership.id,
                            Deputy.starts_on <= bindparam("today"),
                            Deputy.ends_on >= bindparam("today")))
    .outerjoin(_STAND_IN, and_(_STAND_IN.id == Deputy.deputy_id, _STAND_IN.ended_on.is_(None)))
    .where(Client.id == bindparam("client_id"), Client.erased_on.is_(None))
)  # fmt: skip
_SILENT = {"create", "discard", "acknowledge", "review"}


def tell(actor: Actor, referral: Referral, action: Action) -> None:
    """Enqueue what follows from a move for the side that did not make it."""
    if action.key in _SILENT or referral.sent_at is None:
        return
    if action.side is Side.RECEIVER and actor.recorded_for is None:
        tell_sender(actor, action.message or _sender_topic(referral, action), referral)
        if action.permission == policy.TASK:
            tell_receiver(actor, "task.answered", referral)
        return
    if action.side is Side.RECEIVER:
        tell_receiver(actor, "referral.recorded", referral)
        return
    topic = action.message or _TO_RECEIVER.get(action.key, "referral.answer")
    tell_receiver(actor, topic, referral)
    if action.side is Side.SYSTEM:
        tell_sender(actor, _sender_topic(referral, action), referral)


def task_holder(referral: Referral) -> Membership | None:
    """The volunteer who has this task, or is asked to take it."""
    if referral.handler_id is None or Status(referral.status) in FINAL:
        return None
    holder = db.session.get_one(Membership, referral.handler_id)
    return holder if holder.role in registry().roles_with(policy.TASK) else None


def tell_volunteers(actor: Actor, referral: Referral, before: Membership | None) -> None:
    """Tell who got a task, and who lost one by somebody else's doing: the person, not the unit."""
    now = task_holder(referral)
    if now is before:
        return
    if before is not None and before.id != actor.membership_id:
        _tell_member(actor, "task.ended", before, reference=referral.reference)
    if now is not None:
        _tell_member(actor, "task.offered", now, reference=referral.reference,
                     path=f"/referrals/{referral.id}")  # fmt: skip


def _sender_topic(referral: Referral, action: Action) -> str:
    if action.key == "ask":
        return "referral.question"
    if Status(referral.status) in FINAL:
        return "referral.result"
    first = referral.responded_at is not None and action.key in (
        "accept", "accept_with_appointment", "waitlist",
    )  # fmt: skip
    return "referral.answered" if first else "referral.news"


def remind_receiver(system: Actor, referral: Referral) -> None:
    """Whoever must act: the unit, and a volunteer in whose hands it is."""
    topic = {Status.SENT: "referral.reminder", Status.SCHEDULED: "referral.appointment"}
    tell_receiver(system, topic.get(Status(referral.status), "referral.due"), referral)
    if (holder := task_holder(referral)) is not None:
        _tell_member(system, "task.reminder", holder, reference=referral.reference,
                     path=f"/referrals/{referral.id}")  # fmt: skip


def remind_sender(system: Actor, referral: Referral) -> None:
    asked = Status(referral.status) is Status.INFO_NEEDED
    tell_sender(system, "referral.unanswered" if asked else "referral.stands", referral)


def tell_lead(system: Actor, topic: str, referral: Referral) -> bool:
    """Those who lead the sender's unit. False if nobody does."""
    leads = _people_who("client.assign", Membership.unit_id == referral.sender_unit_id)
    for lead in leads:
        _tell_member(system, topic, lead, reference=referral.reference,
                     path=f"/referrals/{referral.id}")  # fmt: skip
    return bool(leads)


def tell_coordination(system: Actor, topic: str, referral: Referral) -> bool:
    """Those who oversee the county: they see no referral, only what is left lying. False if
    nobody does."""
    coordinators = _people_who("referral.oversee")
    for coordinator in coordinators:
        _tell_member(system, topic, coordinator, reference=referral.reference)
    return bool(coordinators)


def _people_who(right: str, *where: ColumnElement[bool]) -> list[Membership]:
    """One membership of each of them."""
    found = db.session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role.in_(registry().roles_with(right)), *where)
        .where(Membership.ended_on.is_(None), Person.active)
        .order_by(Membership.id)
    )
    return list({membership.person_id: membership for membership in found}.values())


def _tell_member(
    actor: Actor, topic: str, member: Membership, *, reference: str, path: str = "/"
) -> None:
    """This very member: nobody else of the unit stands in."""
    outbox.enqueue(actor, topic, person_id=member.person_id, membership_id=member.id,
                   reference=reference, path=path)  # fmt: skip


def tell_receiver(actor: Actor, topic: str, referral: Referral, *, urgent: bool = False) -> None:
    """The receiving unit; the letter names the advisor in charge, whom it may ring up."""
    advisor = db.session.scalar(select(Client.advisor_id).where(Client.id == referral.client_id))
    outbox.enqueue(
        actor, topic, unit_id=referral.receiver_unit_id, reference=referral.reference,
        path=f"/referrals/{referral.id}", signed_by_id=advisor, urgent=urgent,
    )  # fmt: skip


def tell_sender(actor: Actor, topic: str, referral: Referral) -> None:
    """The advisor in charge of the client, of one referral."""
    tell_advisor(actor, topic, referral.client_id, reference=referral.reference,
                 path=f"/referrals/{referral.id}")  # fmt: skip


def tell_advisor(
    actor: Actor, topic: str, client_id: UUID, *, reference: str = "", path: str = ""
) -> None:
    """The advisor in charge, and whoever deputises today; the unit when that account is gone, or
    will be by the time of delivery, so that nothing goes silent. Nobody, once the client is erased.
    Without a path it leads to the client."""
    found = db.session.execute(_ADVISOR, {"client_id": client_id, "today": actor.today}).all()
    if not found:
        return
    unit_id, person_id, membership_id, reachable = found[0][:4]
    path = path or f"/clients/{client_id}"
    outbox.enqueue(
        actor, topic,
        person_id=person_id if reachable else None,
        membership_id=membership_id if reachable else None,
        unit_id=unit_id, reference=reference, path=path,
    )  # fmt: skip
    for deputy, member in {row[4:] for row in found if row[5] not in (None, actor.membership_id)}:
        outbox.enqueue(actor, topic, person_id=deputy, membership_id=member, reference=reference,
                       path=path)  # fmt: skip
