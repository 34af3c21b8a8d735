"""Lists of referrals: filters with their counts, and rows ready to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true

from portal import audit
from portal.actor import Actor
from portal.deadlines import SENDER_ANSWERS_WITHIN, TEAM_LEAD_AFTER
from portal.extensions import db
from portal.grants import Grant
from portal.lifecycle import FINAL, UNDER_WAY, Status
from portal.referrals import history, packages, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import N_, Side
from portal.working_days import working_days_ago

Criterion = Callable[[date], ColumnElement[bool]]


@dataclass(frozen=True)
class Filter:
    """A view of the list. `by_due`: ordered by what is due; otherwise the newest first."""

    key: str
    label: str
    criterion: Criterion
    by_due: bool = True


@cache
def without(one: Filter, other: Filter) -> Filter:
    """The same less what the other holds."""
    return replace(one, criterion=lambda day: and_(one.criterion(day), not_(other.criterion(day))))


def _left_lying(today: date) -> ColumnElement[bool]:
    """A question the sender does not answer, an answer that is overdue, a result nobody reviews."""
    silent_since = working_days_ago(today, TEAM_LEAD_AFTER - SENDER_ANSWERS_WITHIN)
    waits_for_sender = Referral.turn == Side.SENDER
    return or_(
        and_(Referral.status == Status.INFO_NEEDED, Referral.next_on <= silent_since),
        and_(Referral.status == Status.SENT, Referral.next_on < today),
        and_(Referral.status.in_(FINAL), waits_for_sender, Referral.next_on < today),
    )


LEFT_LYING = Filter("left_lying", N_("Im Team liegen geblieben"), _left_lying)
SENDER_FILTERS = (
    Filter("todo", N_("Zu tun"), lambda today: Referral.turn == Side.SENDER),
    Filter(
        "waiting", N_("Warten auf die andere Stelle"), lambda today: Referral.turn == Side.RECEIVER
    ),
    Filter(
        "overdue",
        N_("Davon überfällig"),
        lambda today: and_(Referral.turn == Side.RECEIVER, Referral.next_on < today),
    ),
    Filter("closed", N_("Erledigt"), lambda today: Referral.turn == "", by_due=False),
    Filter("all", N_("Alle"), lambda today: true(), by_due=False),
)
RECEIVER_FILTERS = (
    Filter("todo", N_("Zu tun"), lambda today: Referral.turn == Side.RECEIVER),
    Filter("new", N_("Neu"), lambda today: Referral.status == Status.SENT),
    Filter("overdue", N_("Überfällig"),
           lambda today: and_(Referral.turn == Side.RECEIVER, Referral.next_on < today)),
    Filter("asked", N_("Rückfrage offen"), lambda today: Referral.status == Status.INFO_NEEDED),
    Filter("running", N_("Läuft"),
           lambda today: Referral.status.in_((*UNDER_WAY, Status.WAITLISTED))),
    Filter("closed", N_("Beendet"), lambda today: Referral.status.in_(FINAL), by_due=False),
    Filter("all", N_("Alle"), lambda today: true(), by_due=False),
)  # fmt: skip


def filters_for(actor: Actor) -> tuple[Filter, ...]:
    if not actor.may("referral.send"):
        return RECEIVER_FILTERS
    first, *others = SENDER_FILTERS
    return (first, LEFT_LYING, *others) if leads(actor) else SENDER_FILTERS


def leads(actor: Actor) -> bool:
    """Sees the whole team's referrals, and so is told whose each is and what is left lying."""
    return actor.may("client.assign")


def counts(actor: Actor, filters: Collection[Filter] = ()) -> dict[str, int]:
    """How many visible referrals each filter holds, by default the actor's, in one query."""
    filters = filters or filters_for(actor)
    statement = select(*_counted(tuple(filters), actor.today)).where(policy.visible_to(actor))
    row = db.session.execute(statement).one()
    return {f.key: getattr(row, f.key) for f in filters}


@lru_cache(maxsize=32)
def _counted(filters: tuple[Filter, ...], today: date) -> list[ColumnElement[int]]:
    """The same for everybody all day long."""
    return [func.count().filter(f.criterion(today)).label(f.key) for f in filters]


def filtered(actor: Actor, chosen: Filter) -> Select[Referral]:
    statement = policy.visible(actor).where(chosen.criterion(actor.today))
    if not actor.may("referral.send"):
        return policy.incoming(statement)
    return policy.outgoing(statement, with_advisor=leads(actor))


@dataclass(frozen=True)
class Row:
    """A referral in a list, as one side sees it. `who`, `place` and `advisor`: "" where not to be
    shown, or known without being told."""

    referral: Referral
    who: str
    place: str
    advisor: str  # whose client it is, for whoever leads
    label: str
    state: str
    mood: str  # info, success, warning or danger
    days_late: int  # working against `next_on`; 0 or less is in time


def rows(actor: Actor, referrals: Iterable[Referral]) -> list[Row]:
    """Rows for drawing; names of a receiver's rows come from the packages it may read."""
    found = list(referrals)
    received = _received(actor, [r for r in found if r.seen_as == Side.RECEIVER])
    return [_row(actor, referral, received) for referral in found]


def note_read(actor: Actor, shown: Iterable[Row]) -> None:
    """A list that shows names is a reading of each of them, kept as one entry."""
    audit.note_lists(actor, {"referral.read": named(shown)})


def named(shown: Iterable[Row]) -> list[UUID]:
    """The referrals of those rows that say a name."""
    return [row.referral.id for row in shown if row.who]


def _row(actor: Actor, referral: Referral, received: dict[UUID, tuple[str, str]]) -> Row:
    side = Side(referral.seen_as or Side.RECEIVER)
    if side is Side.SENDER:
        who, place = referral.client.name, ""  # the own clients' places need no telling
    else:
        who, place = received.get(referral.id, ("", ""))
    late = (actor.today - referral.next_on).days if referral.next_on else 0
    return Row(
        referral=referral,
        who=who,
        place=place,
        advisor=_advisor(actor, referral),
        label=registry().referral_type(referral.type).label,
        state=history.state_label(referral, side),
        mood=mood(referral, late),
        days_late=late,
    )


def _advisor(actor: Actor, referral: Referral) -> str:
    if referral.seen_as != Side.SENDER or not leads(actor):
        return ""
    advisor = referral.client.advisor
    return "" if advisor.id == actor.membership_id else advisor.person.name


def mood(referral: Referral, late: int = 0) -> str:
    """The colour of a state; never the only carrier of what it says."""
    status = Status(referral.status)
    if late > 0 and referral.turn and not referral.is_final:
        return "danger"
    if status in (Status.COMPLETED, Status.ACCEPTED, Status.SCHEDULED, Status.IN_PROGRESS):
        return "success"
    if status in (Status.INFO_NEEDED, Status.WAITLISTED, Status.PAUSED, Status.DRAFT):
        return "warning"
    if status in (Status.DECLINED, Status.NOT_COMPLETED, Status.REDIRECTED, Status.EXPIRED):
        return "danger"
    return "info"


def _received(actor: Actor, received: list[Referral]) -> dict[UUID, tuple[str, str]]:
    """Name and place of received referrals, from what each one's grant shows of its package."""
    grants = {r.id: policy.grant(actor, r) for r in received}
    readable = [key for key, grant in grants.items() if grant not in (Grant.ENDED, Grant.CLOSED)]
    contents = packages.contents_of(readable)
    return {
        r.id: _name_and_place(r, packages.granted_content(
            registry().referral_type(r.type), contents[r.id], grants[r.id]))
        for r in received
        if r.id in contents
    }  # fmt: skip


def _name_and_place(referral: Referral, content: dict[str, Any]) -> tuple[str, str]:
    parts = (content.get("given_name"), content.get("family_name"))
    # The name of the place was loaded with the row; a key in the package allows showing it.
    place = referral.municipality.name if "municipality" in content else ""
    return " ".join(part for part in parts if part), place
