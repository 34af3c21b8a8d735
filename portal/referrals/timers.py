"""What the system does about an open referral in which nobody moves: reminds, escalates, ends it.

Whether something is due stands in the referral's row; notice, message and the next day are
written together, so that several workers and a killed one neither lose nor double anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import Select, Table, select, update
from sqlalchemy.exc import OperationalError

from portal.actor import Actor
from portal.consents.models import Consent
from portal.database import unit_of_work
from portal.deadlines import LAST_CHANCE, Notice
from portal.extensions import db
from portal.lifecycle import LONGEST_SILENCE_DAYS, Status
from portal.referrals import commands, effects, history, messages, policy
from portal.referrals.models import Appointment, Referral
from portal.registry import registry
from portal.workflow import LOCAL, Side
from portal.working_days import add_working_days

BATCH = 200  # referrals of one round, so that messages do not wait for a whole county

log = structlog.get_logger()


def run_due(now: datetime) -> int:
    """Attend to what is due, each referral in a transaction of its own; returns how many."""
    system = Actor.system(now)
    ids = db.session.scalars(_due(system).with_only_columns(Referral.id).limit(BATCH)).all()
    db.session.rollback()
    for referral_id in ids:
        try:
            with unit_of_work():
                _attend(system, referral_id)
        except OperationalError:
            raise  # the database does not answer: the worker tries again
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            # One that fails must not keep the others, nor the log busy: again tomorrow.
            log.error("timer failed", referral=str(referral_id), error=type(error).__name__)
            _postpone(system, referral_id)
    return len(ids)


def _due(system: Actor) -> Select[Referral]:
    """What is restricted waits: nobody could act on it."""
    restricted = (
        select(Consent.id)
        .where(Consent.id == Referral.consent_id, Consent.suspended_on.is_not(None))
        .exists()
    )
    return (
        policy.visible(system)
        .where(Referral.timer_on <= system.today, ~restricted)
        .order_by(Referral.timer_on, Referral.id)
    )


def _attend(system: Actor, referral_id: UUID) -> None:
    # Asked again under the lock: another worker, or an answer, may have been faster.
    mine = _due(system).where(Referral.id == referral_id)
    referral = db.session.scalar(
        mine.with_for_update(of=Referral, key_share=True, skip_locked=True)
    )
    if referral is None or _is_still_ahead(system, referral):
        return
    coming = effects.timetable(referral)[referral.timer_step :]
    due = [notice for day, notice in coming if day <= system.today]
    if due == [Notice.EXPIRE] and _can_expire(referral):
        commands.perform(system, referral.id, "expire", {})
        return
    # After a longer pause several are due: each is given once, and the end waits for an answer.
    given = [notice for notice in due if notice is not Notice.EXPIRE]
    for notice in dict.fromkeys(given):
        _give(system, referral, notice)
    referral.timer_step += len(given)
    _set_next(system, referral)


def _set_next(system: Actor, referral: Referral) -> None:
    referral.timer_on = None
    for day, notice in effects.timetable(referral)[referral.timer_step :]:
        if notice is not Notice.EXPIRE:
            referral.timer_on = day
        elif _can_expire(referral):
            referral.timer_on = max(day, add_working_days(system.today, LAST_CHANCE))
        return


def _can_expire(referral: Referral) -> bool:
    """Not where the plugin is gone, or its partner never answers by itself."""
    workflow = registry().referral_type(referral.type).workflow
    here = workflow.actions_from(policy.state_in(workflow, referral))
    return any(action.key == "expire" for action in here)


def _is_still_ahead(system: Actor, referral: Referral) -> bool:
    """An appointment further ahead than the longest silence: there is nothing to ask yet."""
    if referral.status != Status.SCHEDULED:
        return False
    planned = select(Appointment.starts_at).where(
        Appointment.referral_id == referral.id, Appointment.state == "planned"
    )
    starts_at = db.session.scalar(planned.order_by(Appointment.starts_at.desc()).limit(1))
    if starts_at is None or starts_at <= system.now:
        return False
    latest = system.today + timedelta(days=LONGEST_SILENCE_DAYS)
    referral.next_on = min(starts_at.astimezone(LOCAL).date(), latest)
    effects.start_timer(system, referral)
    return True


def _give(system: Actor, referral: Referral, notice: Notice) -> None:
    """Tell whom it concerns, and keep it in the timeline."""
    on_receiver = _is_receivers_turn(system, referral)
    if notice is Notice.REMIND and on_receiver:
        messages.remind_receiver(system, referral)
        history.note(system, referral, "remind_receiver")
    elif notice is Notice.REMIND:
        messages.remind_sender(system, referral)
        history.note(system, referral, "remind_sender")
    elif notice is Notice.OVERDUE:
        messages.tell_sender(system, "referral.overdue", referral)
        history.note(system, referral, "overdue")
    elif not on_receiver and messages.tell_lead(system, "referral.stuck", referral):
        history.note(system, referral, "escalate_lead")
    elif messages.tell_coordination(system, "referral.escalated", referral):
        history.note(system, referral, "escalate_coordinator")
        referral.escalated_on = system.today


def _is_receivers_turn(system: Actor, referral: Referral) -> bool:
    """Who can read nothing, or is no more, cannot act: then the sender must."""
    consent = referral.consent
    readable = consent is not None and not consent.state_on(system.today).expired
    return referral.turn == Side.RECEIVER and readable and referral.receiver.in_operation


def _postpone(system: Actor, referral_id: UUID) -> None:
    with unit_of_work():
        table = cast("Table", Referral.__table__)
        later = update(table).where(table.c.id == referral_id, table.c.timer_on <= system.today)
        db.session.execute(later.values(timer_on=system.today + timedelta(days=1)))
