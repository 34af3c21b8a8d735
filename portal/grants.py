"""What a receiver may read of a referral: by its status, its consent and the time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.lifecycle import BEFORE_ACCEPTANCE, FINAL, GRACE_DAYS, S


class Grant(StrEnum):
    """What a receiver may read of a referral."""

    NOTHING = "nothing"
    PREVIEW = "preview"  # the nameless request
    PACKAGE = "package"  # the frozen copy of the consented fields
    TEASER = "teaser"  # a volunteer before agreeing: of the preview what a task may show
    TASK = "task"  # a volunteer who agreed: the fields of the task
    CLOSED = "closed"  # reference, dates, status and own notes
    ENDED = "ended"  # "Zugriff beendet"


# What is shown instead while nobody knows who it is that holds a link.
NAMELESS = {Grant.PACKAGE: Grant.PREVIEW, Grant.TASK: Grant.TEASER}


@dataclass(frozen=True)
class ConsentState:
    """What a grant needs to know of the consent."""

    revoked: bool
    expired: bool


def receiver_grant(
    status: str, *, closed_at: datetime | None, now: datetime, consent: ConsentState | None,
    preview_only: bool, volunteer: bool = False,
) -> Grant:  # fmt: skip
    """What the receiver sees now. `preview_only`: this kind decides on capacity, nameless.

    `volunteer`: somebody with a task of one's own, which ends with the referral.
    """
    if status in (S.DRAFT, S.ENTERED_IN_ERROR):
        return Grant.NOTHING
    if consent is None or consent.revoked:
        return Grant.ENDED
    if status in FINAL and volunteer:
        return Grant.NOTHING
    if status in FINAL:
        in_grace = closed_at is not None and now < closed_at + timedelta(days=GRACE_DAYS)
        in_grace = in_grace and not consent.expired
        # What was never shown before is not shown afterwards: a partner who declined on the
        # preview does not learn the name, one whom the sender withdrew from loses it at once.
        if status in (S.CANCELLED, S.EXPIRED) or not in_grace:
            return Grant.CLOSED
        if preview_only and status in (S.DECLINED, S.REDIRECTED):
            return Grant.CLOSED
        return Grant.PACKAGE
    if consent.expired:
        return Grant.ENDED
    if volunteer:
        return Grant.TEASER if status in (*BEFORE_ACCEPTANCE, S.ACCEPTED) else Grant.TASK
    if status in BEFORE_ACCEPTANCE and preview_only:
        return Grant.PREVIEW
    return Grant.PACKAGE
