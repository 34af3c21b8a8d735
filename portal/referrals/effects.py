"""What a move changes on a referral besides its state: dates, turn, code, handler, appointment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, select, update

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.extensions import db
from portal.lifecycle import (
    DUE_AFTER,
    FINAL,
    LONGEST_SILENCE_DAYS,
    REVIEW_WITHIN,
    SENDER_ANSWERS_WITHIN,
    Status,
    whose_turn,
)
from portal.referrals.models import Appointment, Event, Referral
from portal.referrals.policy import TASK
from portal.registry import registry
from portal.workflow import LOCAL, Action, Side
from portal.working_days import add_working_days, working_days_between

_HOW_APPOINTMENTS_END = {
    "no_show": "no_show",
    "event_cancelled": "cancelled",
    "start": "kept",
    "complete": "kept",
    "waitlist": "kept",  # a first talk or a test came before the place
}

# After these nothing is left to learn: the sender ended it, or has looked at the result.
_CLOSES_THE_LOOP = ("review", "withdraw", "discard")


def apply(actor: Actor, referral: Referral, action: Action, values: dict[str, Any]) -> None:
    """Set everything that follows from a move; the caller has set the state already."""
    status = Status(referral.status)
    if action.side is Side.RECEIVER:
        referral.acknowledged_at = referral.acknowledged_at or actor.now
        if action.target is not None:
            referral.responded_at = referral.responded_at or actor.now
            _set_handler(actor, referral, action, values)
    if action.key in _CLOSES_THE_LOOP:
        referral.loop_closed_at = actor.now
    if "code" in values:
        referral.code = values["code"]
    if action.key == "no_show":
        referral.no_shows += 1
    if action.target is not None or action.key == "review":
        referral.turn = _turn(referral, status)
        referral.next_on = _next_on(actor, referral, status, action, values)
    if status in FINAL:
        referral.closed_at = referral.closed_at or actor.now
    # At the end: its query writes the referral, and a row written twice is checked against its
    # consent again, which may be just being revoked.
    _set_appointment(referral, action, values)


def _turn(referral: Referral, status: Status) -> str:
    """The side that a plugin's state names; otherwise that of the status."""
    states = registry().referral_type(referral.type).workflow.states
    named = next((state.turn for state in states if state.key == referral.state), None)
    return named or whose_turn(status, referral.loop_closed_at is not None) or ""


def _set_handler(actor: Actor, referral: Referral, action: Action, values: dict[str, Any]) -> None:
    status = Status(referral.status)
    if chosen := values.get("handler"):
        referral.handler_id = UUID(chosen)
    elif action.permission == TASK and status is Status.ACCEPTED:
        with db.session.no_autoflush:
            referral.handler_id = _last_coordinator(referral)  # a volunteer gave the task back
    elif status in (Status.ACCEPTED, Status.SCHEDULED) and actor.recorded_for is None:
        referral.handler_id = referral.handler_id or actor.membership_id


def _last_coordinator(referral: Referral) -> UUID | None:
    """Who of the unit last did something and still serves there; a volunteer does not count."""
    return db.session.scalar(
        select(Membership.id)
        .join(Event, Event.membership_id == Membership.id)
        .where(
            Event.referral_id == referral.id,
            Membership.unit_id == referral.receiver_unit_id,
            Membership.role.in_(registry().roles_with("referral.answer")),
            Membership.ended_on.is_(None),
        )
        .order_by(Event.number.desc())
        .limit(1)
    )


def _set_appointment(referral: Referral, action: Action, values: dict[str, Any]) -> None:
    # On the table: the mapper would look for rows that nobody has loaded during a move.
    planned = update(cast("Table", Appointment.__table__)).where(
        Appointment.referral_id == referral.id, Appointment.state == "planned"
    )
    if values.get("appointment_at"):
        db.session.execute(planned.values(state="moved"))
        db.session.add(
            Appointment(
                referral_id=referral.id,
                starts_at=values["appointment_at"],
                place=values.get("place") or "",
            )
        )
    elif how := _HOW_APPOINTMENTS_END.get(action.key):
        db.session.execute(planned.values(state=how))
    elif (status := Status(referral.status)) in FINAL and action.target is not None:
        db.session.execute(planned.values(state="cancelled"))
    elif status is not Status.SCHEDULED and action.target is not None:
        # A plugin's own move onwards: what was arranged has served its purpose.
        db.session.execute(planned.values(state="kept"))


def _next_on(
    actor: Actor, referral: Referral, status: Status, action: Action, values: dict[str, Any]
) -> date | None:
    """Until when the next move is expected: no open referral is ever without such a day."""
    if status is Status.SENT:
        referral.due_on = _due_on(actor, referral, action)
        return referral.due_on
    if status is Status.INFO_NEEDED:
        return add_working_days(actor.today, SENDER_ANSWERS_WITHIN)
    if status in FINAL:
        return add_working_days(actor.today, REVIEW_WITHIN) if referral.turn else None
    latest = actor.today + timedelta(days=LONGEST_SILENCE_DAYS)
    wanted: date | None = values.get("next_on")
    if wanted is None and values.get("started_on", actor.today) > actor.today:
        wanted = values["started_on"]  # until it has begun there is nothing to ask
    if values.get("appointment_at"):
        wanted = values["appointment_at"].astimezone(LOCAL).date()
    if wanted is None or wanted < actor.today:
        return latest
    return min(wanted, latest)


def _due_on(actor: Actor, referral: Referral, action: Action) -> date:
    """An answer is due after ten working days; while a question is open the clock stands."""
    if referral.due_on is None or action.key != "answer":
        return add_working_days(actor.today, DUE_AFTER)
    asked_at = db.session.scalar(
        select(func.max(Event.at)).where(
            Event.referral_id == referral.id, Event.to_state == Status.INFO_NEEDED
        )
    )
    asked_on = asked_at.astimezone(LOCAL).date() if asked_at else actor.today
    return add_working_days(referral.due_on, working_days_between(asked_on, actor.today))
