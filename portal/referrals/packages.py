"""What is shared with a receiver: built once from consented fields, then frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import load_only

from portal.actor import Actor
from portal.clients.fields import CLIENT_FIELDS, HIDDEN_IN_SHELTER
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.declarations import NAMELESS_PREVIEW, ReferralType
from portal.extensions import db
from portal.grants import Grant
from portal.network.models import Municipality
from portal.problems import Invalid
from portal.referrals import policy
from portal.referrals.models import Package, Referral
from portal.registry import registry
from portal.workflow import N_, Choice, Field, Side


@dataclass(frozen=True)
class Item:
    """One value of a package."""

    field: Field
    value: Any

    @property
    def text(self) -> str:
        """How a page shows it."""
        if self.field.key == "municipality":
            place = db.session.get(Municipality, self.value)
            return place.name if place else str(self.value)
        return self.field.label_of(self.value)

    @property
    def names(self) -> bool:
        """Whether it tells who the person is."""
        return self.field.category in ("person", "contact") and self.field.key != "municipality"


_LATEST = (
    select(Package)
    .where(Package.referral_id == bindparam("referral_id"))
    .order_by(Package.number.desc())
    .limit(1)
)
# Without these nobody knows whom a package is about; they are not offered for taking out.
ALWAYS = frozenset({"given_name", "family_name"})


def offered_items(kind: ReferralType, client: Client, form: dict[str, Any]) -> list[Item]:
    """Everything this handoff could pass on: disclosed client fields that hold a value, then
    the answers of the form. The send step shows exactly these."""
    profile = client.profile
    hidden = HIDDEN_IN_SHELTER if profile.get("accommodation_type") == "women_shelter" else ()
    keys = [key for key in kind.discloses if key not in hidden]
    content = {key: profile[key] for key in keys if _is_set(profile.get(key))}
    content |= {field.key: form[field.key] for field in kind.form if _is_set(form.get(field.key))}
    return items(kind, content)


def offered_by(referral: Referral) -> list[Item]:
    """What this referral could pass on by today's client record."""
    client = db.session.get_one(Client, referral.client_id)
    kind = registry().referral_type(referral.type)
    return offered_items(kind, client, referral.request.get("form", {}))


def held_back(referral: Referral) -> tuple[Choice, ...]:
    """The fields the sender took out, as choices for passing them on after all."""
    shared = referral.request["shared"]
    return tuple(
        (item.field.key, item.field.label)
        for item in offered_by(referral)
        if item.field.key not in shared
    )


def chosen_by(referral: Referral) -> list[Item]:
    """What the sender ticked, as the client record has it today.

    A list of what is shared, not of what is not: a field filled in later was never ticked.
    """
    shared = referral.request["shared"]
    return [item for item in offered_by(referral) if item.field.key in shared]


def share(actor: Actor, referral: Referral, release: Iterable[str] = ()) -> Package:
    """Freeze what is passed on. Without a consent that covers every category: Invalid."""
    shared = sorted({*referral.request["shared"], *release})
    referral.request = {**referral.request, "shared": shared}
    chosen = chosen_by(referral)
    consent = consents.covering(
        referral.client_id, referral.receiver_unit_id, categories_of(chosen), actor.today, lock=True
    )
    if consent is None:
        raise Invalid(
            {"consent": N_("Es fehlt eine gültige Einwilligung, die alle diese Angaben abdeckt.")}
        )
    referral.consent_id = consent.id
    referral.consent = consent
    referral.sent_at = referral.sent_at or actor.now
    earlier = db.session.scalar(
        select(func.count()).select_from(Package).where(Package.referral_id == referral.id)
    )
    return freeze(referral, chosen, (earlier or 0) + 1, actor.now)


def contents_of(referral_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The latest package of each of several referrals, in one query."""
    if not referral_ids:
        return {}
    found = db.session.scalars(
        select(Package)
        .where(Package.referral_id.in_(referral_ids))
        .options(load_only(Package.referral_id, Package.content_sealed))
        .order_by(Package.number)
    )
    return {package.referral_id: package.content for package in found}


def latest(referral: Referral) -> Package | None:
    """The package that counts: the last one shared."""
    return db.session.scalar(_LATEST, {"referral_id": referral.id})


def _is_set(value: Any) -> bool:
    return value not in (None, "", [])


def items(kind: ReferralType, content: dict[str, Any]) -> list[Item]:
    """The content of a package in the order of its kind's declaration."""
    fields = [CLIENT_FIELDS[key] for key in kind.discloses] + list(kind.form)
    return [Item(field, content[field.key]) for field in fields if field.key in content]


def preview_items(kind: ReferralType, content: dict[str, Any]) -> list[Item]:
    """What is shown before acceptance, or by a link alone; never a name, whatever the kind says."""
    shown = NAMELESS_PREVIEW if kind.preview is None else kind.preview
    return [i for i in items(kind, content) if i.field.key in shown and not i.names]


def granted_content(kind: ReferralType, content: dict[str, Any], allowed: Grant) -> dict[str, Any]:
    """The part of a package's content that a grant shows."""
    shown = {item.field.key for item in granted_items(kind, content, allowed)}
    return {key: value for key, value in content.items() if key in shown}


def granted_items(kind: ReferralType, content: dict[str, Any], allowed: Grant) -> list[Item]:
    """What a grant shows of a package's content."""
    if allowed is Grant.PACKAGE:
        return items(kind, content)
    if allowed is Grant.PREVIEW:
        return preview_items(kind, content)
    task = kind.task or ()
    if allowed is Grant.TEASER:
        return [i for i in preview_items(kind, content) if i.field.key in task]
    if allowed is Grant.TASK:
        return [i for i in items(kind, content) if i.field.key in task]
    return []


def readable(actor: Actor, referral: Referral) -> list[Item]:
    """What this actor may read of the handed-over data now: all that pages may show of it.

    The sender reads what was shared, of a draft what would be; the receiver what the grant
    allows, which may be nothing.
    """
    kind = registry().referral_type(referral.type)
    package = latest(referral)
    if referral.seen_as == Side.SENDER:
        if package is not None:
            return items(kind, package.content)
        return chosen_by(referral)
    if package is None or referral.seen_as != Side.RECEIVER:
        return []
    return granted_items(kind, package.content, policy.grant(actor, referral))


def categories_of(chosen: Iterable[Item]) -> set[str]:
    return {"request"} | {item.field.category for item in chosen}


def digest_of(content: dict[str, Any]) -> str:
    """The SHA-256 of a package's canonical JSON: what was shared can be proved unchanged."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def freeze(referral: Referral, chosen: Iterable[Item], number: int, now: datetime) -> Package:
    """Make the frozen copy. The caller has checked the consent."""
    chosen = list(chosen)
    content = {item.field.key: item.value for item in chosen}
    package = Package(
        referral_id=referral.id,
        number=number,
        content=content,
        digest=digest_of(content),
        categories=sorted(categories_of(chosen)),
        created_at=now,
    )
    db.session.add(package)
    return package
