"""The coordinator's desk: what lies still in the county, without a name, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import format_decimal
from sqlalchemy import Select, func

from portal.accounts.models import Organisation, Unit
from portal.actor import Actor
from portal.dashboard import partners
from portal.deadlines import ESCALATED_AFTER
from portal.extensions import db
from portal.inspection import policy as inspection
from portal.referrals import coordination, deletions, history
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Side
from portal.working_days import working_days_between

SHOWN = 25
# What is open stands together in the index of the two.
OPEN = Referral.turn.in_((Side.SENDER, Side.RECEIVER))
FIRST = 10  # of what needs doing; the rest is one click away


@dataclass(frozen=True)
class Row:
    """A referral as the coordinator sees it; `days` are working days past its date."""

    referral: Referral
    label: str
    state: str
    days: int
    mark: str

    @property
    def office(self) -> Unit:
        """Whose turn it is: whom to ring up."""
        receiver = self.referral.turn == Side.RECEIVER
        return self.referral.receiver if receiver else self.referral.sender


def start(actor: Actor) -> str:
    """What was escalated, then what else is overdue, the longest at the top; then where it piles
    up."""
    return render_template(
        "dashboard/coordinator.html",
        escalated=_first(actor, escalated(actor).order_by(Referral.escalated_on, Referral.id)),
        overdue=_first(actor, overdue(actor).order_by(Referral.next_on, Referral.id)),
        counts=_counts(actor),
        units=_by_unit(actor),
        silences=partners.without_answer(actor),
        paces=partners.paces(actor),
        least_answers=partners.LEAST_ANSWERS,
        decimal=format_decimal,
        suspects=partners.suspects(actor),
        escalated_after=ESCALATED_AFTER,
        deletions=db.session.scalars(deletions.overseen(actor).limit(SHOWN)).all(),
        evaluations=len(db.session.scalars(inspection.waiting(actor)).all()),
    )


def escalated(actor: Actor) -> Select[Referral]:
    """What the coordination was told of, and nobody has moved since."""
    return coordination.waiting(actor).where(Referral.escalated_on.is_not(None))


def overdue(actor: Actor) -> Select[Referral]:
    """What else lies past its date."""
    return coordination.waiting(actor).where(
        OPEN, Referral.next_on < actor.today, Referral.escalated_on.is_(None)
    )


def _first(actor: Actor, statement: Select[Referral]) -> list[Row]:
    return rows(actor, db.session.scalars(statement.limit(FIRST)))


def rows(actor: Actor, referrals: Iterable[Referral]) -> list[Row]:
    return [
        Row(
            referral=referral,
            label=registry().referral_type(referral.type).label,
            state=history.state_label(referral),
            days=working_days_between(referral.next_on, actor.today) if referral.next_on else 0,
            mark=coordination.mark(referral),
        )
        for referral in referrals
    ]


def _counts(actor: Actor) -> Any:
    is_late = Referral.next_on < actor.today
    return db.session.execute(
        coordination.waiting(actor)
        .where(OPEN)
        .with_only_columns(
            func.count().label("open"),
            func.count().filter(is_late, Referral.turn == Side.RECEIVER).label("receiver_late"),
            func.count().filter(is_late, Referral.turn == Side.SENDER).label("sender_late"),
            func.count().filter(Referral.escalated_on.is_not(None)).label("escalated"),
            func.count().filter(is_late, Referral.escalated_on.is_(None)).label("overdue"),
        )
    ).one()


def _by_unit(actor: Actor) -> list[tuple[str, int, int]]:
    """Receiving units with open referrals: how many are open, and how many of them late."""
    is_late = func.count().filter(Referral.next_on < actor.today, Referral.turn == Side.RECEIVER)
    found = db.session.execute(
        coordination.waiting(actor)
        .where(OPEN)
        .join(Unit, Unit.id == Referral.receiver_unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .with_only_columns(Organisation.name, Unit.name, func.count(), is_late)
        .group_by(Unit.id, Organisation.name, Unit.name)
        .order_by(is_late.desc(), func.count().desc())
        .limit(SHOWN)
    )
    return [
        (partners.full_name(organisation, unit), running, overdue)
        for organisation, unit, running, overdue in found
    ]
