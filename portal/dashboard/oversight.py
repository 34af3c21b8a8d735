"""The coordinator's start page: what is left lying in the county, without a name."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy import func, select

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.extensions import db
from portal.inspection import policy as inspection
from portal.referrals import deletions, history, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Side
from portal.working_days import working_days_between

ESCALATED_AFTER = 5  # working days past the date on which somebody should have acted
SHOWN = 25


def start(actor: Actor) -> str:
    """Overdue first, the longest at the top; then where it piles up."""
    late = db.session.scalars(
        policy.overseen(actor)
        .where(Referral.turn != "", Referral.closed_at.is_(None), Referral.next_on < actor.today)
        .order_by(Referral.next_on, Referral.id)
        .limit(SHOWN)
    ).all()
    rows = [
        {
            "referral": referral,
            "label": registry().referral_type(referral.type).label,
            "state": history.state_label(referral),
            "days": working_days_between(referral.next_on, actor.today),
        }
        for referral in late
        if referral.next_on
    ]
    return render_template(
        "dashboard/coordinator.html", rows=rows, counts=_counts(actor),
        units=_by_unit(actor), escalated_after=ESCALATED_AFTER,
        deletions=db.session.scalars(deletions.overseen(actor).limit(SHOWN)).all(),
        evaluations=len(db.session.scalars(inspection.waiting(actor)).all()),
    )  # fmt: skip


def _counts(actor: Actor) -> Any:
    late = Referral.next_on < actor.today
    return db.session.execute(
        policy.overseen(actor)
        .where(Referral.closed_at.is_(None))
        .with_only_columns(
            func.count().label("open"),
            func.count().filter(late, Referral.turn == Side.RECEIVER).label("receiver_late"),
            func.count().filter(late, Referral.turn == Side.SENDER).label("sender_late"),
        )
    ).one()


def _by_unit(actor: Actor) -> list[tuple[Unit, int, int]]:
    """Receiving units with open referrals: how many are open, and how many of them late."""
    late = func.count().filter(Referral.next_on < actor.today, Referral.turn == Side.RECEIVER)
    rows = db.session.execute(
        policy.overseen(actor)
        .join(Unit, Unit.id == Referral.receiver_unit_id)
        .where(Referral.closed_at.is_(None))
        .with_only_columns(Referral.receiver_unit_id, func.count(), late)
        .group_by(Referral.receiver_unit_id)
        .order_by(late.desc(), func.count().desc())
        .limit(SHOWN)
    ).all()
    units = {
        unit.id: unit
        for unit in db.session.scalars(select(Unit).where(Unit.id.in_([r[0] for r in rows])))
    }
    return [(units[unit_id], running, overdue) for unit_id, running, overdue in rows]
