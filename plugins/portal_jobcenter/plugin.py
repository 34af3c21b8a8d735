"""The Jobcenter, hook by hook: the table of contents of this plugin."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from portal.api import (
    N_,
    Actor,
    AuditKind,
    Client,
    MessageKind,
    Panel,
    Permission,
    Referral,
    ReferralType,
    Side,
    hookimpl,
)
from portal_jobcenter import commands, forms, panels, seed, views, workflow

API_VERSION = 1


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key="jobcenter",
            label=N_("Jobcenter"),
            recipient_kind="jobcenter",
            goal_areas=("benefits_finance", "work", "language", "recognition", "legal_admin"),
            workflow=workflow.WORKFLOW,
            form=forms.QUESTIONS,
            discloses=("given_name", "family_name", "municipality", "phone", "email",
                       "contact_way", "contact_language", "interpreter_needed"),
            # Who is responsible depends on person and place: an office that must check that
            # cannot answer a nameless request.
            preview=None,
        )
    ]  # fmt: skip


@hookimpl
def portal_permissions() -> list[Permission]:
    label = N_("Verpflichtungen des Jobcenters eintragen")
    return [Permission(key=workflow.MAY_DECIDE, label=label, roles=("partner",))]


@hookimpl
def portal_audit_kinds() -> list[AuditKind]:
    return [
        AuditKind(key=commands.RECORDED, label=N_("Entscheidung des Jobcenters eingetragen")),
        AuditKind(key=commands.PRINTED, label=N_("Unterlagen-Liste ausgegeben")),
    ]


@hookimpl
def portal_messages() -> list[MessageKind]:
    return [
        MessageKind(
            topic=workflow.TELLS_OBLIGATION,
            subject=N_("Zu Ihrer Vermittlung wurde eine Verpflichtung eingetragen"),
            template="jobcenter/obligation_issued.txt",
            recipients=Side.SENDER,
        )
    ]


@hookimpl
def portal_blueprints() -> list[Blueprint]:
    return [views.bp]


@hookimpl
def portal_panels() -> list[Panel]:
    return [
        Panel(slot="referral", template="jobcenter/referral_panel.html", context=panels.referral),
        Panel(
            slot="client",
            template="jobcenter/client_panel.html",
            permission="client.read",
            context=panels.client,
        ),
    ]


@hookimpl
def portal_action_check(
    referral: Referral, action: str, actor: Actor, data: dict[str, Any]
) -> str | None:
    return commands.objection(referral, action, actor, data)


@hookimpl
def portal_action_performed(
    referral: Referral, action: str, actor: Actor, data: dict[str, Any]
) -> None:
    commands.record_decision(referral, action, actor, data)


@hookimpl
def portal_export_client(client: Client) -> dict[str, Any]:
    return commands.export(client)


@hookimpl
def portal_erase_client(client: Client) -> None:
    commands.erase(client)


@hookimpl
def portal_seed(factory: Any) -> None:
    seed.seed(factory)
