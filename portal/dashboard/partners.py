"""How offices answer, and which of them no letter reaches: for the coordination, without a name
of any client."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any

from sqlalchemy import func, literal, select, union_all

from portal.accounts.models import Organisation, Person, Unit
from portal.actor import Actor
from portal.deadlines import DUE_AFTER
from portal.extensions import db
from portal.network.models import Service
from portal.referrals import policy
from portal.referrals.models import Referral
from portal.workflow import LOCAL
from portal.working_days import working_days_ago, working_days_between

SHOWN = 50  # rows of each list
LOOKED_BACK = timedelta(days=90)
LEAST_ANSWERS = 5  # of fewer, a single one would tell too much


@dataclass(frozen=True)
class Silence:
    """A service: how many wait for any answer at all, the first of them for how many days."""

    service: Service
    waiting: int
    days: int


@dataclass(frozen=True)
class Pace:
    """A receiving office: the median of working days to its first answer."""

    name: str
    answers: int
    days: float


def without_answer(actor: Actor) -> list[Silence]:
    """Services with referrals that nobody has answered for as long as an answer may take."""
    before = _midnight(working_days_ago(actor.today, DUE_AFTER) + timedelta(days=1))
    first = func.min(Referral.sent_at)
    found = (
        policy.overseen(actor)
        .with_only_columns(Referral.service_id, func.count().label("waiting"), first.label("first"))
        .where(Referral.responded_at.is_(None), Referral.closed_at.is_(None))
        .where(Referral.sent_at < before)
        .group_by(Referral.service_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Service, found.c.waiting, found.c.first)
        .join(found, found.c.service_id == Service.id)
        .order_by(found.c.first, Service.id)
        .limit(SHOWN)
    ).unique()
    return [
        Silence(service, waiting, working_days_between(_day(first), actor.today))
        for service, waiting, first in rows
    ]


def paces(actor: Actor) -> list[Pace]:
    """The slowest first, of the answers of the last three months."""
    answered: Any = db.session.execute(
        policy.overseen(actor)
        .join(Unit, Unit.id == Referral.receiver_unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Referral.responded_at >= actor.now - LOOKED_BACK)
        .with_only_columns(Referral.receiver_unit_id, Unit.name, Organisation.name,
                           Referral.sent_at, Referral.responded_at)
    )  # fmt: skip
    names: dict[Any, str] = {}
    days: defaultdict[Any, list[int]] = defaultdict(list)
    between = cache(working_days_between)
    for unit_id, unit, organisation, sent_at, responded_at in answered:
        names[unit_id] = full_name(organisation, unit)
        days[unit_id].append(between(_day(sent_at), _day(responded_at)))
    found = [
        Pace(names[unit_id], len(each), median(each))
        for unit_id, each in days.items()
        if len(each) >= LEAST_ANSWERS
    ]
    return sorted(found, key=lambda pace: (-pace.days, pace.name))[:SHOWN]


def suspects(actor: Actor) -> list[tuple[str, datetime]]:
    """Offices and people whose mail address takes nothing any more, and since when."""
    if not actor.may("referral.oversee"):
        return []
    units = (
        select(Organisation.name.label("organisation"), Unit.name.label("unit"),
               literal("").label("person"), Unit.suspect_since.label("since"))
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Unit.suspect_since.is_not(None), Unit.active, Organisation.active)
    )  # fmt: skip
    people = select(
        literal(""), literal(""), Person.name, Person.suspect_since
    ).where(Person.suspect_since.is_not(None), Person.active)  # fmt: skip
    both = union_all(units, people).subquery()
    return [
        (person or full_name(organisation, unit), since)
        for organisation, unit, person, since in db.session.execute(
            select(both).order_by(both.c.since).limit(SHOWN)
        )
    ]


def full_name(organisation: str, unit: str) -> str:
    """As `Unit.full_name`, of names alone."""
    return organisation if unit == organisation else f"{organisation}, {unit}"


def _day(moment: datetime) -> date:
    return moment.astimezone(LOCAL).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), LOCAL)
