"""Which place and certificate an actor sees: of the referrals one sees, while access lasts."""

from __future__ import annotations

from sqlalchemy import select

from portal.api import Actor, Grant, Referral, Side, db, grant
from portal_wohnungsfuehrerschein.models import Certificate, Registration


def place_of(actor: Actor, referral: Referral) -> Registration | None:
    """Of a referral the actor fetched with `get_visible`: the place that counts."""
    return None if _access_ended(actor, referral) else registration_of(referral)


def certificate_of(actor: Actor, referral: Referral) -> Certificate | None:
    """Of a referral the actor fetched with `get_visible`."""
    if _access_ended(actor, referral):
        return None
    return db.session.scalar(select(Certificate).where(Certificate.referral_id == referral.id))


def registration_of(referral: Referral) -> Registration | None:
    """The last registration, for the rules, whoever looks."""
    mine = select(Registration).where(Registration.referral_id == referral.id)
    return db.session.scalar(mine.order_by(Registration.number.desc()).limit(1))


def _access_ended(actor: Actor, referral: Referral) -> bool:
    return referral.seen_as == Side.RECEIVER and grant(actor, referral) is Grant.ENDED
