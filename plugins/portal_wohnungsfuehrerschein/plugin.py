"""Workshops, hook by hook: the table of contents of this plugin."""

from __future__ import annotations

from typing import Any

from portal.api import N_, Actor, Client, Panel, Referral, ReferralType, hookimpl
from portal_wohnungsfuehrerschein import commands, forms, panels, seed, workflow

API_VERSION = 1


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key=commands.TYPE,
            label=N_("Wohnungsführerschein und Workshops"),
            recipient_kind="workshop",
            goal_areas=("housing", "orientation", "participation"),
            workflow=workflow.WORKFLOW,
            form=forms.QUESTIONS,
            discloses=forms.DISCLOSES,
            preview=forms.PREVIEW,
        )
    ]


@hookimpl
def portal_panels() -> list[Panel]:
    template = "wohnungsfuehrerschein/referral_panel.html"
    return [Panel(slot="referral", template=template, context=panels.referral)]


@hookimpl
def portal_action_check(referral: Referral, action: str, actor: Actor) -> str | None:
    return commands.objection(referral, action, actor)


@hookimpl
def portal_action_performed(
    referral: Referral, action: str, actor: Actor, data: dict[str, Any]
) -> None:
    commands.record(referral, action, actor, data)


@hookimpl
def portal_export_client(client: Client) -> dict[str, Any]:
    return commands.export(client)


@hookimpl
def portal_erase_client(client: Client) -> None:
    commands.erase(client)


@hookimpl
def portal_seed(factory: Any) -> None:
    seed.seed(factory)
