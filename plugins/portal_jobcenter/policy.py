"""Which decisions an actor sees: those of the referrals one sees, while access lasts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.api import Actor, Grant, Referral, Side, db, grant
from portal_jobcenter.models import COURSE_OBLIGATION, Decision


def decisions_of(actor: Actor, referral: Referral) -> list[Decision]:
    """Of a referral the actor fetched with `get_visible`, oldest first."""
    if referral.seen_as == Side.RECEIVER and grant(actor, referral) is Grant.ENDED:
        return []
    mine = select(Decision).where(Decision.referral_id == referral.id)
    return list(db.session.scalars(mine.order_by(Decision.decided_on, Decision.id)))


def latest_obligation(referrals: Iterable[Referral]) -> Decision | None:
    """The obligation to a course that counts now, of a client's referrals that the actor sees."""
    ours = [referral.id for referral in referrals if referral.type == "jobcenter"]
    if not ours:
        return None
    return db.session.scalar(
        select(Decision)
        .where(Decision.referral_id.in_(ours), Decision.kind == COURSE_OBLIGATION)
        .order_by(Decision.decided_on.desc(), Decision.id)
        .limit(1)
    )
