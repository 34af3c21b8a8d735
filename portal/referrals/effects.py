"""What a move changes on a referral besides its state: dates, turn, code, handler, appointment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, func, select, update

from portal.accounts.models import Membership
from portal.actor import LINK, Actor
from portal.deadlines import DUE_AFTER, SENDER_ANSWERS_WITHIN, Notice, notices
from portal.extensions import db
from portal.lifecycle import (
    FINAL,
    LONGEST_SILENCE_DAYS,
    REVIEW_WITHIN,
    UNANSWERED,
    Status,
    whose_turn,
)
from portal.referrals.models import Appointment, Event, Referral
from portal.referrals.policy import TASK
from portal.registry import registry
from portal.workflow import LOCAL, Action, Side
from portal.working_days import add_working_days, working_days_between

# How the first answer came, by the actor's source.
_CHANNELS = {LINK: "link", "phone": "phone", "email": "email", "letter": "post"}
_HOW_APPOINTMENTS_END = {
    "no_show": "no_show",
    "event_cancelled": "cancelled",
    "start": "kept",
    "complete": "kept",
    "waitlist": "kept",  # a first talk or a test came before the place
}

# After these nothing is left to learn: the sender ended it, or has looked at the result.
_CLOSES_THE_LOOP = ("review", "withdraw", "discard")


def apply(
    actor: Actor, referral: Referral, action: Action, values: dict[str, Any], before: Status
) -> None:
    """Set everything that follows from a move; the caller has set the state already. `before` is
    the status until then."""
    status = Status(referral.status)
    if action.side is Side.RECEIVER:
        referral.acknowledged_at = referral.acknowledged_at or actor.now
        if action.target is not None:
            if referral.responded_at is None:
                referral.responded_at = actor.now
                referral.channel = _CHANNELS.get(actor.source or "", "portal")
            _set_handler(actor, referral, action, values)
    if action.key in _CLOSES_THE_LOOP:
        referral.loop_closed_at = actor.now
    if "code" in values:
        referral.code = values["code"]
    if action.key == "no_show":
        referral.no_shows += 1
    if action.target is not None or action.key == "review" or _says_it_goes_on(action, status):
        referral.turn = _turn(referral, status)
        referral.next_on = _next_on(actor, referral, status, action, values)
        start_timer(actor, referral)
    if status in FINAL:
        referral.closed_at = referral.closed_at or actor.now
    # At the end: its query writes the referral, and a row written twice is checked against its
    # consent again, which may be just being revoked.
    if Status.SCHEDULED in (before, status):  # else there is none: no other move may arrange one
        _set_appointment(actor, referral, action, values)


def start_timer(actor: Actor, referral: Referral) -> None:
    """Call it whenever `next_on` has changed. What lies behind by the new date is not told again:
    a clock that stood still goes on where it stopped."""
    days = [day for day, _ in timetable(referral)]
    ahead = [day for day in days if day > actor.today]
    referral.timer_step = len(days) - len(ahead)
    referral.timer_on = ahead[0] if ahead else None
    referral.escalated_on = None


def timetable(referral: Referral) -> list[tuple[date, Notice]]:
    """What happens when while nobody moves."""
    status = Status(referral.status)
    if status in FINAL or referral.next_on is None:
        return []
    if status is not Status.SENT:
        return notices(status, referral.next_on)
    with db.session.no_autoflush:
        service = referral.service
    return notices(status, referral.next_on, service.due_days, service.expire_days)


def _says_it_goes_on(action: Action, status: Status) -> bool:
    """A receiver who reports or confirms without a new state is not silent."""
    return action.side is Side.RECEIVER and status not in (*UNANSWERED, *FINAL)


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


def _set_appointment(
    actor: Actor, referral: Referral, action: Action, values: dict[str, Any]
) -> None:
    # On the table: the mapper would look for rows that nobody has loaded during a move.
    planned = (
        update(cast("Table", Appointment.__table__))
        .where(Appointment.referral_id == referral.id, Appointment.state == "planned")
        .values(sequence=Appointment.sequence + 1, changed_at=actor.now)
    )
    if values.get("appointment_at"):
        db.session.execute(planned.values(state="moved"))
        made = Appointment(
            referral_id=referral.id,
            starts_at=values["appointment_at"],
            place=values.get("place") or "",
            changed_at=actor.now,
        )
        made.series_id, made.sequence = _continued(referral) or (made.id, 0)
        db.session.add(made)
    elif how := _HOW_APPOINTMENTS_END.get(action.key):
        db.session.execute(planned.values(state=how))
    elif (status := Status(referral.status)) in FINAL and action.target is not None:
        db.session.execute(planned.values(state="cancelled"))
    elif status is not Status.SCHEDULED and action.target is not None:
        # A plugin's own move onwards: what was arranged has served its purpose.
        db.session.execute(planned.values(state="kept"))


def _continued(referral: Referral) -> tuple[UUID, int] | None:
    """In the place of an appointment that was moved or called off: the same entry of calendars."""
    last = db.session.execute(
        select(Appointment.series_id, Appointment.sequence, Appointment.state)
        .where(Appointment.referral_id == referral.id)
        .order_by(Appointment.changed_at.desc(), Appointment.sequence.desc())
        .limit(1)
    ).first()
    if last is None or last.state not in ("moved", "cancelled"):
        return None
    return last.series_id, last.sequence + 1


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
    """An answer is due after ten working days, or the service's own; while a question is open the
    clock stands."""
    if referral.due_on is None or action.key != "answer":
        return add_working_days(actor.today, referral.service.due_days or DUE_AFTER)
    asked_at = db.session.scalar(
        select(func.max(Event.at)).where(
            Event.referral_id == referral.id,
            Event.to_state == Status.INFO_NEEDED,
            Event.from_state != Event.to_state,  # not a reminder in between
        )
    )
    asked_on = asked_at.astimezone(LOCAL).date() if asked_at else actor.today
    return add_working_days(referral.due_on, working_days_between(asked_on, actor.today))
