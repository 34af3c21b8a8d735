"""Corrections: what a receiver was told, and what the client record says by now (Art. 16, 19)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal import audit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.fields import CLIENT_FIELDS
from portal.problems import Conflict, Forbidden
from portal.referrals import history, messages, packages, policy
from portal.referrals.models import Package, Referral
from portal.registry import registry
from portal.workflow import N_, Field, Side


@dataclass(frozen=True)
class Change:
    """One field of a package and how it reads today; "" where there is nothing any more."""

    field: Field
    now: str


@dataclass(frozen=True)
class Correction:
    """A running referral whose receiver holds something that is not right any more."""

    referral: Referral
    changes: tuple[Change, ...]


def open_corrections(referrals: Iterable[Referral]) -> list[Correction]:
    """Of these referrals, seen as their sender, the running ones that hold an old value."""
    running = [referral for referral in referrals if _is_running(referral)]
    contents = packages.contents_of([referral.id for referral in running])
    found = [Correction(r, _changes(r, contents[r.id])) for r in running if r.id in contents]
    return [correction for correction in found if correction.changes]


def _is_running(referral: Referral) -> bool:
    return referral.sent_at is not None and referral.closed_at is None


def _changes(referral: Referral, content: dict[str, Any]) -> tuple[Change, ...]:
    """Of the fields that were ticked, nothing else: a correction adds to nothing."""
    kind = registry().referral_type(referral.type)
    now = {item.field.key: item for item in packages.chosen_by(referral)}
    return tuple(
        Change(field, now[field.key].text if field.key in now else "")
        for field in (*(CLIENT_FIELDS[key] for key in kind.discloses), *kind.form)
        if content.get(field.key) != (now[field.key].value if field.key in now else None)
    )


def pass_on_correction(actor: Actor, referral_id: UUID) -> Package:
    """Share the ticked fields once more, as they are today; the receiver is told.

    Raises NotFound, Forbidden, Conflict, Invalid (no consent covers it any more).
    """
    clients.require(actor, "referral.send")
    referral = policy.get_visible(actor, referral_id, lock=True)
    if referral.seen_as != Side.SENDER:
        raise Forbidden(N_("Dieser Schritt ist Sache der anderen Seite."))
    if not _is_running(referral):
        raise Conflict(N_("Diese Vermittlung läuft nicht mehr."))
    clients.require_unrestricted(clients.get_visible(actor, referral.client_id))
    found = open_corrections([referral])
    if not found:
        raise Conflict(N_("Hier ist nichts zu berichtigen: Die Stelle hat den neuesten Stand."))
    keys = [change.field.key for change in found[0].changes]
    package = packages.share(actor, referral)
    history.remember(actor, referral, history.RECTIFY, referral.state,
                     history.RECTIFY.fields, {"rectified": keys})  # fmt: skip
    audit.record(actor, "referral.rectified", subject=referral, client_id=referral.client_id,
                 fields=keys)  # fmt: skip
    messages.tell_receiver(actor, "referral.rectified", referral)
    return package
