"""Welfare associations, hook by hook: the table of contents of this plugin."""

from __future__ import annotations

from typing import Any

from portal.api import N_, ReferralType, hookimpl
from portal_wohlfahrt import forms, seed, workflow

API_VERSION = 1


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key="wohlfahrt",
            # Which of its services it is stands on the handover and the sender's page alone.
            label=N_("Beratung bei einem Wohlfahrtsverband"),
            recipient_kind="welfare",
            goal_areas=("family", "benefits_finance", "health", "residence", "work",
                        "orientation", "legal_admin"),
            workflow=workflow.WORKFLOW,
            form=forms.QUESTIONS,
            discloses=forms.DISCLOSES,
            preview=forms.PREVIEW,
        )
    ]  # fmt: skip


@hookimpl
def portal_seed(factory: Any) -> None:
    seed.seed(factory)
