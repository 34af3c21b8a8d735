"""The part of the referral's page: the place in a workshop, and the certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.api import Actor, Referral
from portal_wohnungsfuehrerschein import policy, workflow
from portal_wohnungsfuehrerschein.commands import TYPE, language_label, module_labels


def referral(actor: Actor, referral: Referral) -> Mapping[str, Any] | None:
    """Nothing on other partners' referrals. A place that was lost is told by the timeline."""
    if referral.type != TYPE:
        return None
    registered = referral.state == workflow.REGISTERED.key
    place = policy.place_of(actor, referral) if registered else None
    certificate = policy.certificate_of(actor, referral)
    if place is None and certificate is None:
        return None
    return {
        "place": place,
        "language": language_label(place) if place else "",
        "certificate": certificate,
        "modules": module_labels(certificate) if certificate else [],
    }
