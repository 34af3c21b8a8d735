"""Which offers and results an actor sees: those of the referrals one sees, while access lasts."""

from __future__ import annotations

from sqlalchemy import select

from portal.api import Actor, Grant, Referral, Side, db, grant
from portal_sprachkurs.models import Offer, Result


def latest_offer(actor: Actor, referral: Referral) -> Offer | None:
    """Of a referral the actor fetched with `get_visible`: the offer that counts."""
    return None if _access_ended(actor, referral) else offer_of(referral)


def results_of(actor: Actor, referral: Referral) -> list[Result]:
    """Of a referral the actor fetched with `get_visible`, oldest first."""
    if _access_ended(actor, referral):
        return []
    mine = select(Result).where(Result.referral_id == referral.id)
    return list(db.session.scalars(mine.order_by(Result.reported_on, Result.id)))


def offer_of(referral: Referral) -> Offer | None:
    """The last offer made, for the rules, whoever looks."""
    mine = select(Offer).where(Offer.referral_id == referral.id)
    return db.session.scalar(mine.order_by(Offer.number.desc()).limit(1))


def _access_ended(actor: Actor, referral: Referral) -> bool:
    return referral.seen_as == Side.RECEIVER and grant(actor, referral) is Grant.ENDED
