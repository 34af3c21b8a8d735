"""Notzugriff: one referral opened to somebody who may not read it, by two people, for two hours.

The one who asks and the one who approves are never the same person. The advisor in charge is
told, and the log keeps every reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Select, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import audit
from portal.accounts.models import Membership
from portal.actor import Actor
from portal.clients.models import Client
from portal.clients.policy import in_charge, require
from portal.crypto import Encrypted
from portal.extensions import HasId, Model, db
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import messages
from portal.referrals.models import Referral
from portal.workflow import N_, Field, Kind, clean

LASTS = timedelta(hours=2)  # the most that data protection allows for break-glass here
WAITS = timedelta(hours=24)  # an emergency that nobody approved by then is none any more
SHORTEST_REASON = 30
SHOWN_FOR = timedelta(days=30)

FIELDS = (
    Field(key="reference", label=N_("Nummer der Vermittlung"), max_length=20,
          hint=N_("Zum Beispiel VM-2026-004711.")),
    Field(key="reason", label=N_("Warum ist es ein Notfall?"), kind=Kind.LONG_TEXT,
          max_length=500, hint=N_("Mindestens 30 Zeichen, ohne Namen.")),
)  # fmt: skip


class EmergencyAccess(HasId, Model):
    """A request for one referral; from its approval on, until `ends_at`, the right to read it."""

    __tablename__ = "emergency_access"
    __table_args__ = (Index("ix_emergency_access_asked_at", "asked_at"),)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    reason_sealed: Mapped[bytes]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"), index=True)
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool] = mapped_column(default=False)
    ends_at: Mapped[datetime | None]
    referral: Mapped[Referral] = relationship(lazy="joined")
    asked_by: Mapped[Membership] = relationship(foreign_keys=[asked_by_id], lazy="joined")
    decided_by: Mapped[Membership | None] = relationship(
        foreign_keys=[decided_by_id], lazy="joined"
    )

    reason = Encrypted[str]("reason_sealed", "")

    def state_at(self, now: datetime) -> str:
        """`open`, `running`, `ended`, `refused` or `unanswered`."""
        if self.decided_at is None:
            return "open" if now < self.asked_at + WAITS else "unanswered"
        if not self.approved:
            return "refused"
        return "running" if self.ends_at and now < self.ends_at else "ended"


STATES = {
    "open": N_("wartet auf die zweite Person"),
    "running": N_("läuft"),
    "ended": N_("beendet"),
    "refused": N_("nicht freigegeben"),
    "unanswered": N_("ohne Antwort verfallen"),
}


def visible(actor: Actor) -> Select[EmergencyAccess]:
    """What somebody asked for, may decide, or was told of as the one in charge."""
    criteria = [EmergencyAccess.asked_by_id == actor.membership_id]
    if actor.may("emergency.approve") or actor.may("audit.read"):
        return select(EmergencyAccess)
    if actor.may("client.read"):
        mine = select(Referral.id).join(Client, Client.id == Referral.client_id)
        told = EmergencyAccess.approved & EmergencyAccess.referral_id.in_(
            mine.where(in_charge(actor))
        )
        criteria.append(told)
    return select(EmergencyAccess).where(or_(false(), *criteria))


def lately(actor: Actor, referrals: Iterable[Referral]) -> Sequence[EmergencyAccess]:
    """What was opened of these within a month: the advisor of their client must not miss that."""
    since = actor.now - SHOWN_FOR
    opened = [r.id for r in referrals if r.emergency_at is not None and r.emergency_at > since]
    if not opened:
        return ()
    return db.session.scalars(
        visible(actor)
        .where(EmergencyAccess.referral_id.in_(opened), EmergencyAccess.approved)
        .where(EmergencyAccess.decided_at > since)
        .order_by(EmergencyAccess.decided_at.desc())
    ).all()


def get_visible(actor: Actor, access_id: UUID, *, lock: bool = False) -> EmergencyAccess:
    statement = visible(actor).where(EmergencyAccess.id == access_id)
    if lock:
        statement = statement.with_for_update(of=EmergencyAccess, key_share=True)
    found = db.session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def may_decide(actor: Actor, access: EmergencyAccess) -> bool:
    """Somebody else than who asks: another person, not only another role of the same."""
    return (
        actor.may("emergency.approve")
        and access.asked_by.person_id != actor.person_id
        and access.state_at(actor.now) == "open"
    )


def may_end(actor: Actor, access: EmergencyAccess) -> bool:
    return access.state_at(actor.now) == "running"  # whoever sees it may stop it


def ask(actor: Actor, data: Mapping[str, Any]) -> EmergencyAccess:
    """Ask for a referral by its number. Raises Forbidden, Invalid."""
    require(actor, "emergency.request")
    values = clean(FIELDS, data, actor.today)
    if len(values["reason"]) < SHORTEST_REASON:
        raise Invalid({"reason": N_("Bitte genauer: mindestens 30 Zeichen.")})
    referral = db.session.scalar(
        select(Referral)
        .where(Referral.reference == values["reference"].upper(), Referral.sent_at.is_not(None))
    )  # fmt: skip
    if referral is None:
        raise Invalid({"reference": N_("Diese Nummer gibt es nicht.")})
    assert actor.membership_id
    access = EmergencyAccess(
        referral_id=referral.id, reason=values["reason"], asked_by_id=actor.membership_id,
        asked_at=actor.now,
    )  # fmt: skip
    db.session.add(access)
    db.session.flush()
    audit.record(actor, "emergency.asked", subject=access, client_id=referral.client_id,
                 purpose="emergency", referral=referral.reference)  # fmt: skip
    return access


def decide(actor: Actor, access_id: UUID, *, approve: bool) -> EmergencyAccess:
    """The second person. Raises NotFound, Forbidden, Conflict."""
    access = get_visible(actor, access_id, lock=True)
    if not actor.may("emergency.approve") or access.asked_by.person_id == actor.person_id:
        raise Forbidden(N_("Das entscheidet eine zweite Person."))
    if access.state_at(actor.now) != "open":
        raise Conflict(N_("Darüber ist bereits entschieden."))
    access.decided_by_id, access.decided_at = actor.membership_id, actor.now
    access.approved = approve
    kind = "emergency.approved" if approve else "emergency.refused"
    audit.record(actor, kind, subject=access, client_id=access.referral.client_id,
                 purpose="emergency")  # fmt: skip
    if approve:
        access.ends_at = actor.now + LASTS
        access.referral.emergency_at = actor.now
        messages.tell_sender(actor, "emergency.granted", access.referral)
    return access


def end(actor: Actor, access_id: UUID) -> EmergencyAccess:
    """Before its time. Raises NotFound, Conflict."""
    access = get_visible(actor, access_id, lock=True)
    if not may_end(actor, access):
        raise Conflict(N_("Dieser Notzugriff ist bereits beendet."))
    access.ends_at = actor.now
    audit.record(actor, "emergency.ended", subject=access, client_id=access.referral.client_id,
                 purpose="emergency")  # fmt: skip
    return access


def opened(actor: Actor, access_id: UUID) -> EmergencyAccess:
    """The running access of exactly this member. Raises NotFound, also once it is over."""
    access = get_visible(actor, access_id)
    if access.asked_by_id != actor.membership_id or access.state_at(actor.now) != "running":
        raise NotFound
    return access
