"""Parts of the core's pages: decisions and papers on the referral, the obligation on the client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.api import Actor, Referral, readable
from portal_jobcenter import checklist, policy
from portal_jobcenter.commands import KINDS, subject_label
from portal_jobcenter.courses import COURSES


def referral(actor: Actor, referral: Referral) -> Mapping[str, Any] | None:
    """Decisions, and which papers are there; nothing on other offices' referrals."""
    if referral.type != "jobcenter":
        return None
    decisions = [
        (KINDS[decision.kind], subject_label(decision), decision)
        for decision in policy.decisions_of(actor, referral)
    ]
    papers = checklist.papers(readable(actor, referral))
    return {"decisions": decisions, "papers": papers} if decisions or papers else None


def client(
    _actor: Actor, *, referrals: Iterable[Referral], **_others: object
) -> Mapping[str, Any] | None:
    """The obligation that counts, and by when one must have registered."""
    decision = policy.latest_obligation(referrals)
    if decision is None or decision.subject is None:
        return None
    course = COURSES[decision.subject]
    return {
        "decision": decision,
        "course": course,
        "register_by": course.register_by(decision.decided_on),
    }
