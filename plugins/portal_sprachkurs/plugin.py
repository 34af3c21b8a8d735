"""Language courses, hook by hook: the table of contents of this plugin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.api import (
    N_,
    Actor,
    Client,
    MessageKind,
    Panel,
    Referral,
    ReferralType,
    Side,
    Timer,
    hookimpl,
)
from portal_sprachkurs import commands, forms, panels, seed, workflow

API_VERSION = 1


@hookimpl
def portal_referral_types() -> list[ReferralType]:
    return [
        ReferralType(
            key="sprachkurs",
            label=N_("Sprachkurs"),
            recipient_kind="language_provider",
            goal_areas=("language", "work"),
            workflow=workflow.WORKFLOW,
            form=forms.QUESTIONS,
            discloses=forms.DISCLOSES,
            preview=(*forms.PREVIEW, *(question.key for question in forms.QUESTIONS)),
        ),
        # The county itself decides who comes into these, and nobody needs an entitlement.
        ReferralType(
            key="sprachkurs.vwv",
            label=N_("Sprachkurs des Landes (VwV Deutsch)"),
            recipient_kind="course_programme_state",
            goal_areas=("language", "work"),
            workflow=workflow.STATE_WORKFLOW,
            form=forms.STATE_QUESTIONS,
            discloses=forms.DISCLOSES,
            preview=(*forms.PREVIEW, *(question.key for question in forms.STATE_QUESTIONS)),
        ),
    ]


@hookimpl
def portal_messages() -> list[MessageKind]:
    # A subject is read in a mailbox: it does not say what for.
    return [
        MessageKind(
            topic=workflow.TELLS_OFFER,
            subject=N_("Ein Angebot wartet auf Ihre Antwort"),
            template="sprachkurs/seat_offered.txt",
            recipients=Side.SENDER,
        ),
        MessageKind(
            topic=workflow.TELLS_TAKEN,
            subject=N_("Ihr Angebot ist angenommen"),
            recipients=Side.RECEIVER,
        ),
        MessageKind(
            topic=workflow.TELLS_FREE,
            subject=N_("Ein angebotener Platz ist wieder frei"),
            recipients=Side.RECEIVER,
        ),
    ]


@hookimpl
def portal_panels() -> list[Panel]:
    return [
        Panel(slot="referral", template="sprachkurs/referral_panel.html", context=panels.referral)
    ]


@hookimpl
def portal_timers() -> list[Timer]:
    return [Timer(key="sprachkurs.lapsed", every=timedelta(hours=1), run=commands.lapsed)]


@hookimpl
def portal_action_check(
    referral: Referral, action: str, actor: Actor, data: dict[str, Any]
) -> str | None:
    return commands.objection(referral, action, actor, data)


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
