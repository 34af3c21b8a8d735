"""Volunteer circles, hook by hook: the table of contents of this plugin."""

from __future__ import annotations

from typing import Any

from portal.api import N_, Panel, Referral, ReferralType, hookimpl
from portal_helferkreis import commands, forms, seed, workflow

API_VERSION = 1


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key=commands.TYPE,
            label=N_("Helferkreis"),
            recipient_kind="volunteer_group",
            goal_areas=("participation", "orientation", "language", "housing", "legal_admin",
                        "school_education", "work"),
            workflow=workflow.WORKFLOW,
            form=forms.QUESTIONS,
            discloses=forms.DISCLOSES,
            preview=forms.PREVIEW,
            task=forms.TASK,
        )
    ]  # fmt: skip


@hookimpl
def portal_panels() -> list[Panel]:
    return [Panel(slot="task", template="helferkreis/conduct.html", permission=workflow.VOLUNTEERS)]


@hookimpl
def portal_action_check(referral: Referral, action: str, data: dict[str, Any]) -> str | None:
    return commands.objection(referral, action, data)


@hookimpl
def portal_seed(factory: Any) -> None:
    seed.seed(factory)
