"""Which appointments somebody may have in a calendar: those of the referrals one sees now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select

from portal.accounts.models import Person
from portal.accounts.session import active_memberships, actor_for
from portal.actor import Actor
from portal.calendars.feed import Entry
from portal.extensions import db
from portal.grants import Grant
from portal.problems import NotFound
from portal.referrals import policy as referrals
from portal.referrals.models import Appointment, Referral
from portal.workflow import Side

KEPT = timedelta(days=30)  # what is over or cancelled, so that every calendar has heard of it


def person_of(digest: str) -> Person:
    """Whose calendar it is. Raises NotFound, also for an account that was closed."""
    found = select(Person).where(Person.calendar_digest == digest, Person.active)
    person: Person | None = db.session.scalar(found)
    if person is None:
        raise NotFound
    return person


def entries_for(person: Person, actor: Actor) -> list[Entry]:
    """All that this person sees in any of the offices where he or she serves today."""
    actors = [actor_for(membership, actor.now) for membership in active_memberships(person)]
    found = {entry.series_id: entry for each in actors for entry in _entries(each)}
    return sorted(found.values(), key=lambda entry: (entry.starts_at, entry.series_id))


def get_entry(actor: Actor, referral_id: UUID, series_id: UUID) -> Entry:
    """Raises NotFound."""
    for entry in _entries(actor, referral_id):
        if entry.series_id == series_id:
            return entry
    raise NotFound


def _entries(actor: Actor, referral_id: UUID | None = None) -> Iterable[Entry]:
    since = actor.now - KEPT
    wanted = (
        Appointment.state != "moved",
        or_(
            and_(Appointment.state != "cancelled", Appointment.starts_at >= since),
            and_(Appointment.state == "cancelled", Appointment.changed_at >= since),
        ),
    )
    has_some = select(Appointment.id).where(Appointment.referral_id == Referral.id, *wanted)
    seen = referrals.incoming(referrals.visible(actor)).where(has_some.exists())
    if referral_id is not None:
        seen = seen.where(Referral.id == referral_id)
    known = {referral.id: referral for referral in db.session.scalars(seen)}
    rows = select(Appointment).where(Appointment.referral_id.in_(known), *wanted)
    rows = rows.order_by(Appointment.sequence)
    newest = {row.series_id: row for row in db.session.scalars(rows)}
    for row in newest.values():
        referral = known[row.referral_id]
        cancelled = row.state == "cancelled"
        if _may_know(actor, referral, cancelled):
            yield Entry(row.series_id, row.sequence, referral.reference, row.starts_at,
                        row.changed_at, cancelled)  # fmt: skip


def _may_know(actor: Actor, referral: Referral, cancelled: bool) -> bool:
    """As on the page of the referral; only that nothing takes place is told after the end."""
    if referral.seen_as == Side.SENDER:
        return True
    grant = referrals.grant(actor, referral)
    if grant is Grant.ENDED:
        return cancelled
    return grant not in (Grant.NOTHING, Grant.TEASER)
