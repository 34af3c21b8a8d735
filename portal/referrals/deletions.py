"""After a revocation: the receiver confirms that the data is deleted, or names its duty to keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from portal import audit
from portal.actor import Actor, ActorKind
from portal.extensions import db
from portal.lifecycle import Status
from portal.problems import Conflict, Forbidden, NotFound
from portal.referrals import messages, policy
from portal.referrals.models import Appointment, DeletionRequest, Referral
from portal.workflow import LOCAL, N_, Choice, Field, Kind, Side, clean
from portal.working_days import add_working_days

DELETION_WITHIN = 10  # working days
ANSWERS: tuple[Choice, ...] = (
    ("deleted", N_("Wir haben alle Angaben gelöscht, auch Kopien und Notizen.")),
    ("kept", N_("Wir müssen sie aufbewahren. Die Vorschrift nennen wir unten.")),
)
FIELDS = (
    Field(key="answer", label=N_("Was ist mit den Angaben geschehen?"), kind=Kind.CHOICE,
          choices=ANSWERS),
    Field(key="basis", label=N_("Vorschrift, nach der Sie aufbewahren"), max_length=300,
          required_if=("answer", "kept"),
          hint=N_("Nur die Vorschrift und bis wann, keine Angaben zur Person.")),
)  # fmt: skip


def ask(actor: Actor, ended: Iterable[Referral]) -> None:
    """Ask the receiver of each of these for a confirmation; of one that was sent, once.

    Not where it was an error: that page is gone for the receiver, who could not answer.
    """
    received = [
        referral for referral in ended
        if referral.sent_at is not None and referral.status != Status.ENTERED_IN_ERROR
    ]  # fmt: skip
    ids = [referral.id for referral in received]
    today = _with_appointment_today(actor, ids)
    known = set(
        db.session.scalars(
            select(DeletionRequest.referral_id).where(DeletionRequest.referral_id.in_(ids))
        )
    )
    for referral in received:
        if referral.id in known:
            continue
        db.session.add(
            DeletionRequest(
                referral_id=referral.id,
                unit_id=referral.receiver_unit_id,
                asked_at=actor.now,
                due_on=add_working_days(actor.today, DELETION_WITHIN),
            )
        )
        messages.tell_receiver(actor, "referral.ended", referral, urgent=referral.id in today)


def _with_appointment_today(actor: Actor, ids: list[UUID]) -> set[UUID]:
    """Those of them in which the receiver waits for the person today."""
    midnight = datetime.combine(actor.today, time.min, LOCAL)
    found = select(Appointment.referral_id).where(
        Appointment.referral_id.in_(ids),
        # Cancelled: by the very withdrawal of which is told.
        Appointment.state.in_(("planned", "cancelled")),
        Appointment.starts_at >= midnight,
        Appointment.starts_at < midnight + timedelta(days=1),
    )
    return set(db.session.scalars(found))


def of(referral: Referral) -> DeletionRequest | None:
    """The request that concerns this referral, if its consent was revoked."""
    return db.session.scalar(
        select(DeletionRequest).where(DeletionRequest.referral_id == referral.id)
    )


def open_for(actor: Actor) -> Select[DeletionRequest]:
    """What the actor's unit still has to confirm, the oldest first."""
    if not actor.may("referral.answer"):
        return select(DeletionRequest).where(_never())
    return _open().where(DeletionRequest.unit_id == actor.unit_id)


def overseen(actor: Actor) -> Select[DeletionRequest]:
    """What is unconfirmed in the county: which unit, which reference, since when. No content."""
    if not actor.may("referral.oversee"):
        return select(DeletionRequest).where(_never())
    return _open()


def _open() -> Select[DeletionRequest]:
    return (
        select(DeletionRequest)
        .where(DeletionRequest.answered_at.is_(None))
        .options(joinedload(DeletionRequest.referral), joinedload(DeletionRequest.unit))
        .order_by(DeletionRequest.due_on, DeletionRequest.id)
    )


def _never() -> ColumnElement[bool]:
    return DeletionRequest.id.is_(None)


def answer(actor: Actor, referral_id: UUID, data: Mapping[str, Any]) -> DeletionRequest:
    """Confirm, or name the duty to keep. Raises NotFound, Forbidden, Conflict, Invalid."""
    referral = policy.get_visible(actor, referral_id, lock=True)
    request = of(referral)
    if request is None or actor.kind not in (ActorKind.MEMBER, ActorKind.LINK):
        raise NotFound
    may_answer = actor.may("referral.answer") and actor.proven
    if referral.seen_as != Side.RECEIVER or not may_answer:
        raise Forbidden(N_("Das bestätigt die Stelle, die die Angaben erhalten hat."))
    if request.answered_at is not None:
        raise Conflict(N_("Das ist bereits bestätigt."))
    values = clean(FIELDS, data, actor.today)
    request.answer = values["answer"]
    request.basis = values["basis"] or ""
    request.answered_at = actor.now
    request.answered_by_id = actor.membership_id
    audit.record(actor, "deletion.answered", subject=referral, client_id=referral.client_id,
                 answer=request.answer)  # fmt: skip
    messages.tell_sender(actor, "referral.deletion", referral)
    return request
