"""Who stands behind a link that was opened, and what the device in use has proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import Membership, Unit
from portal.actor import LINK, Actor, ActorKind
from portal.clients.models import Client
from portal.extensions import db
from portal.links import tokens
from portal.links.addresses import is_volunteer
from portal.links.tokens import Holder, Link, Purpose
from portal.problems import NotFound, Problem
from portal.referrals import policy
from portal.referrals.models import Referral
from portal.registry import registry

# How long a device that entered a code is known, by whose code it was. A slip is in somebody's
# hand for one visit; a client's telephone is passed round.
REMEMBERED = {
    "unit": timedelta(days=30),
    "membership": timedelta(days=30),
    "referral": timedelta(hours=12),
    "client": timedelta(minutes=30),
}
_HOLDERS: dict[Purpose, type[Unit | Membership | Client]] = {
    Purpose.ANSWER: Unit,
    Purpose.MONTH: Unit,
    Purpose.CODE: Unit,
    Purpose.TASK: Membership,
    Purpose.CLIENT: Client,
}
_RENEWABLE = (Purpose.ANSWER, Purpose.TASK)


class DeadLink(Problem):
    """Was a link once: too old, used up, or sent to an address that is not the holder's now.

    `renewable` when another may be sent to where this one went.
    """

    def __init__(self, visit: Visit, *, renewable: bool) -> None:
        super().__init__()
        self.visit, self.renewable = visit, renewable


@dataclass(frozen=True)
class Visit:
    """A link as somebody opened it. `proof` is the holder whose code this device has entered."""

    token: str
    link: Link
    holder: Unit | Membership | Client
    actor: Actor
    proof: Holder | None

    @property
    def unit(self) -> Unit:
        """The office of whoever answers."""
        assert not isinstance(self.holder, Client)
        return self.holder if isinstance(self.holder, Unit) else self.holder.unit

    @property
    def codes_of(self) -> list[Holder]:
        """Whose code opens it: the holder's, for an office also that on the referral's slip."""
        found: list[Holder] = [self.holder]
        if self.link.purpose is Purpose.ANSWER:
            referral = policy.named(Referral.id == self.link.subject_id)
            if referral is not None and not referral.is_final:  # a sheet of paper outlives its use
                found.append(referral)
        return found


def opened(
    token: str, *purposes: Purpose, now: datetime, devices: Mapping[str, str], dead: bool = False
) -> Visit:
    """Raises NotFound for what is no link or not for this page, DeadLink (unless `dead`)."""
    link = tokens.read(token)
    if link.purpose not in purposes:
        raise NotFound
    kind: Any = _HOLDERS[link.purpose]
    holder: Unit | Membership | Client | None = db.session.get(kind, link.holder_id)
    if holder is None or not _is_there(holder):
        raise NotFound
    visit = Visit(token, link, holder, _actor(link, holder, now, proven=False), None)
    fits = link.fits(holder)
    if not dead and (link.has_expired(now) or not fits):
        raise DeadLink(visit, renewable=fits and link.purpose in _RENEWABLE)
    proof = next((each for each in visit.codes_of if _knows(each, now, devices)), None)
    if proof is None:
        return visit
    return Visit(token, link, holder, _actor(link, holder, now, proven=True), proof)


def device_name(holder: Holder) -> str:
    """The name of the cookie that a device is known by; it tells whose it is to nobody."""
    return f"device_{holder.id.hex[:12]}"


def _knows(holder: Holder, now: datetime, devices: Mapping[str, str]) -> bool:
    key = devices.get(device_name(holder), "")
    return tokens.is_known(holder, key, now, REMEMBERED[holder.__tablename__])


def _is_there(holder: Unit | Membership | Client) -> bool:
    if isinstance(holder, Client):
        return holder.closed_on is None and holder.erased_on is None
    if isinstance(holder, Membership):
        serves = holder.ended_on is None and holder.person.active and holder.unit.in_operation
        return serves and is_volunteer(holder)
    return holder.in_operation


def _actor(link: Link, holder: Unit | Membership | Client, now: datetime, *, proven: bool) -> Actor:
    if isinstance(holder, Client):
        return Actor(kind=ActorKind.CLIENT, now=now, client_id=holder.id, proven=proven,
                     source=LINK)  # fmt: skip
    member = holder if isinstance(holder, Membership) else None
    unit = member.unit if member else holder
    assert isinstance(unit, Unit)
    role = member.role if member else "partner"
    return Actor(
        kind=ActorKind.LINK,
        now=now,
        name=member.person.name if member else unit.full_name,
        person_id=member.person_id if member else None,
        membership_id=member.id if member else None,
        unit_id=unit.id,
        organisation_id=unit.organisation_id,
        role=role,
        # What an office offers is changed by who signs in, and by nobody else.
        permissions=registry().permissions_of(role) - {"service.edit"},
        source=LINK,
        only=link.subject_id if link.purpose in _RENEWABLE else None,
        proven=proven,
    )
