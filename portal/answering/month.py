"""Once a month an office that answers by link is asked what of all that runs there still does."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update

from portal import outbox
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor
from portal.consents.models import Consent
from portal.database import unit_of_work
from portal.extensions import db
from portal.lifecycle import UNDER_WAY, Status
from portal.links.addresses import MONTH_TOPIC, RUNNING
from portal.links.models import LinkCode
from portal.referrals.models import Referral
from portal.registry import registry
from portal.working_days import is_working_day


def running(today: date) -> ColumnElement[bool]:
    """The criterion on Referral: under way or waiting for a place, and its receiver may read it."""
    holds = Referral.consent.has(
        and_(
            Consent.revoked_at.is_(None),
            Consent.refused.is_(False),
            Consent.suspended_on.is_(None),
            Consent.valid_until >= today,
        )
    )
    return and_(Referral.status.in_((*UNDER_WAY, Status.WAITLISTED)), holds)


def ask_due(now: datetime) -> int:
    """Write to every office on the first working day of a month, or on the first one after it on
    which somebody runs this; returns to how many.

    All offices are marked together with what is written: whoever comes second, another worker or
    the next round, finds none left, and one that was killed has written nothing.
    """
    system = Actor.system(now)
    if not is_working_day(system.today):
        return 0
    open_still = _unasked(system.today)
    # Looked up first: whoever writes keeps others waiting, and on all other days there is nothing.
    any_left = db.session.scalar(select(Unit.id).where(open_still).limit(1)) is not None
    db.session.rollback()
    if not any_left:
        return 0
    with unit_of_work():
        mark = update(Unit).where(open_still).values(month_asked_on=system.today)
        mine = set(db.session.scalars(
            mark.returning(Unit.id), execution_options={"synchronize_session": False}
        ))  # fmt: skip
        asked = [each for each in db.session.scalars(_by_link(system.today)) if each in mine]
        for unit_id in asked:
            outbox.enqueue(system, MONTH_TOPIC, unit_id=unit_id, path=RUNNING)
    return len(asked)


def _unasked(today: date) -> ColumnElement[bool]:
    return or_(Unit.month_asked_on.is_(None), Unit.month_asked_on < today.replace(day=1))


def _by_link(today: date) -> Select[UUID]:
    """The ids of offices that have something running and take part by link: with a code of their
    own, or because nobody there can log in."""
    can_log_in = exists().where(
        Membership.unit_id == Unit.id,
        Membership.ended_on.is_(None),
        Membership.role.not_in(registry().roles_with("task.answer")),
        Person.id == Membership.person_id,
        Person.active,
        Person.password.is_not(None),
    )
    return (
        select(Unit.id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Unit.active, Organisation.active, Unit.email != "", Unit.suspect_since.is_(None))
        .where(exists().where(LinkCode.unit_id == Unit.id) | ~can_log_in)
        .where(exists().where(Referral.receiver_unit_id == Unit.id, running(today)))
        .order_by(Unit.id)
    )
