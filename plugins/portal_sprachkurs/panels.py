"""The part of the referral's page: the seat, what was reported, and which clocks run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.api import N_, Actor, Referral, Side, readable
from portal_sprachkurs import courses, entitlements, policy
from portal_sprachkurs.commands import TYPES, offered_in_words, reported_in_words
from portal_sprachkurs.models import OPEN, TAKEN, Offer, Result

_NEEDS_A_TALK = ("irregular", "stopped")


@dataclass(frozen=True)
class Clock:
    """A day that matters, with the rule behind it and where it stands."""

    label: str
    day: date
    rule: str = ""
    source: str = ""
    as_of: int = 0


def referral(actor: Actor, referral: Referral) -> Mapping[str, Any] | None:
    """Nothing on other partners' referrals, and nothing while there is nothing to tell."""
    if referral.type not in TYPES:
        return None
    offer = policy.latest_offer(actor, referral)
    results = policy.results_of(actor, referral)
    clocks = [] if referral.is_final else _clocks(actor, referral, offer)
    if not (offer or results or clocks):
        return None
    return {
        "offer": offer,
        "words": offered_in_words(offer) if offer else {},
        "is_open": offer is not None and offer.answer == OPEN,
        "results": [(result, reported_in_words(result)) for result in results],
        "clocks": clocks,
        "talk": referral.seen_as == Side.SENDER and _should_talk(results),
    }


def _clocks(actor: Actor, referral: Referral, offer: Offer | None) -> list[Clock]:
    shared = {item.field.key: item for item in readable(actor, referral)}
    clocks = []
    if offer is not None and offer.answer == OPEN:
        clocks.append(Clock(N_("Platz frei gehalten bis"), offer.answer_until))
    if "entitled_until" in shared and "route" in shared:
        item, route = shared["entitled_until"], entitlements.ROUTES[shared["route"].value]
        until = item.field.revived(item.value)
        clocks.append(
            Clock(N_("Berechtigung gültig bis"), until, route.rule, route.source, route.as_of)
        )
    running = courses.START_CLOCKS.get(offer.kind) if offer and offer.answer == TAKEN else None
    if running and offer and offer.answered_on and referral.state == "accepted":
        clocks.append(
            Clock(N_("Der Kurs soll beginnen bis"), running.start_by(offer.answered_on),
                  running.rule, running.source, running.as_of)
        )  # fmt: skip
    return clocks


def _should_talk(results: list[Result]) -> bool:
    """The last word on attendance was not a good one."""
    said = [result.attendance for result in results if result.attendance]
    return bool(said) and said[-1] in _NEEDS_A_TALK
