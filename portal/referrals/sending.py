"""What becomes of a sitting: drafts, or consents taken down and referrals sent.

A refusal stands at the fields of the sitting's forms, all at once; the caller rolls back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from portal.actor import Actor
from portal.consents.models import Consent
from portal.problems import Invalid
from portal.referrals import commands
from portal.referrals.handover import Handover, Sitting
from portal.referrals.models import Referral
from portal.workflow import clean


@dataclass
class Outcome:
    """What came of a sitting."""

    sent: list[Referral] = field(default_factory=list)
    refusals: list[Consent] = field(default_factory=list)


def save_drafts(
    actor: Actor, sitting: Sitting, draft: Referral | None = None,
    follow_up_of: Referral | None = None,
) -> bool:  # fmt: skip
    """Keep every part as a draft. False if refused."""
    right = [_is_in_order(actor, part) for part in sitting.parts]
    if draft is None:
        right += [not say_if_closed(actor, part) for part in sitting.parts]
    return all(right) and all(
        _write(actor, sitting, part, draft, follow_up_of) is not None for part in sitting.parts
    )


def hand_over(
    actor: Actor, sitting: Sitting, draft: Referral | None = None,
    follow_up_of: Referral | None = None,
) -> Outcome | None:  # fmt: skip
    """Take down what the client answered, and send to whom the client agreed. None if refused."""
    going = [part for part in sitting.parts if not part.refused]
    right = [_is_in_order(actor, part) for part in going]
    right += [not say_if_closed(actor, part) for part in going]
    answered = sitting.consent.read(actor) if sitting.consent.asks else None
    if not all(right) or (sitting.consent.asks and answered is None):
        return None
    outcome = Outcome()
    if answered is not None:
        recorded = sitting.consent.record(actor, *answered)
        if recorded is None:
            return None
        outcome.refusals = [consent for consent in recorded if consent.refused]
    if draft is not None and not going:
        commands.perform(actor, draft.id, "discard", {})
    for part in going:
        referral = _write(actor, sitting, part, draft, follow_up_of)
        if referral is None or not _send(actor, part, referral):
            return None
        outcome.sent.append(referral)
    return outcome


def _write(
    actor: Actor, sitting: Sitting, part: Handover, draft: Referral | None,
    follow_up_of: Referral | None,
) -> Referral | None:  # fmt: skip
    entered = part.questions.read()
    details: dict[str, Any] = {
        "form": entered,
        "withheld": part.withheld,
        "urgency": entered["urgency"],
        "contact_forbidden": bool(entered["contact_forbidden"]),
    }
    try:
        if draft is not None:
            return commands.change_draft(actor, draft.id, **details)
        return commands.create_referral(
            actor, sitting.client.id, part.service.id, goal_area=sitting.need,
            follow_up_of=follow_up_of, **details,
        )  # fmt: skip
    except Invalid as refused:
        part.questions.put_errors(refused.errors)
        return None


def _send(actor: Actor, part: Handover, referral: Referral) -> bool:
    try:
        commands.perform(actor, referral.id, "send", {})
    except Invalid as refused:
        part.questions.put_errors(refused.errors)
        return False
    return True


def say_if_closed(actor: Actor, part: Handover) -> bool:
    """Whether the service takes nothing any more; why stands above its part."""
    try:
        commands.open_service(actor, part.service.id)
    except Invalid as closed:
        part.questions.put_errors(closed.errors)
        return True
    return False


def _is_in_order(actor: Actor, part: Handover) -> bool:
    form = part.questions
    return form.checked(lambda values: clean(form.questions, values, actor.today)) is not None
