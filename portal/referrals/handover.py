"""One sitting of "Vermitteln": for each chosen service the questions, what is shared, and the
consent. Draws nothing; `handover_views` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.actor import Actor
from portal.clients.models import Client
from portal.codes import GOAL_AREAS, URGENCIES
from portal.consents import commands as consent_commands
from portal.consents import policy as consents
from portal.consents.models import DEFAULT_DAYS, Consent
from portal.declarations import ReferralType
from portal.extensions import db
from portal.network import policy as network
from portal.network.models import Service
from portal.problems import Invalid
from portal.referrals import commands, packages
from portal.referrals.models import Referral
from portal.registry import registry
from portal.web.fields import FieldsForm, fields_form
from portal.workflow import N_, Field, Kind

URGENCY = Field(key="urgency", label=N_("Dringlichkeit"), kind=Kind.CHOICE, choices=URGENCIES,
                default="normal")  # fmt: skip
CONTACT_FORBIDDEN = Field(
    key="contact_forbidden", label=N_("Die Stelle darf nicht selbst Kontakt aufnehmen"),
    kind=Kind.YES_NO, required=False,
)  # fmt: skip
HOW = (URGENCY, CONTACT_FORBIDDEN)
# What the advisor enters of a consent; its categories follow from what is ticked above it.
CONSENT_FIELDS = tuple(f for f in consent_commands.FIELDS if f.key != "categories")
PURPOSE = N_("Damit die Stelle „%(service)s“ das Anliegen %(area)s bearbeiten, einen Termin "
             "anbieten und der Beratung antworten kann.")  # fmt: skip


@dataclass
class Handover:
    """The part of the sitting that goes to one service. `prefix` keeps its inputs apart."""

    service: Service
    kind: ReferralType
    prefix: str
    questions: FieldsForm
    consent_form: FieldsForm
    items: list[packages.Item]  # what could be shared of the client record
    shared: set[str]  # keys of the items that are ticked
    held: Consent | None  # a consent at hand that covers what is ticked
    errors: list[str] = field(default_factory=list)

    @property
    def withheld(self) -> list[str]:
        return [item.field.key for item in self.items if item.field.key not in self.shared]

    @property
    def categories(self) -> set[str]:
        """What a consent must cover: the ticked fields and the questions of this request."""
        chosen = packages.categories_of(i for i in self.items if i.field.key in self.shared)
        return chosen | {q.category for q in self.kind.form}


def suitable_services(
    actor: Actor, client: Client, need: str, *, everywhere: bool, language: bool, accepting: bool
) -> list[Service]:
    """Services for a need, where the client lives and (if wanted) in the client's language."""
    statement = network.offered(
        types=list(registry().referral_types),
        municipality="" if everywhere else client.municipality_ags,
        language=client.profile.get("contact_language", "") if language else "",
        accepting=accepting,
        not_unit=actor.unit_id,
    )
    return [s for s in db.session.scalars(statement).unique() if need in s.goal_areas]


def prepare(
    actor: Actor, client: Client, service: Service, need: str,
    formdata: MultiDict[str, str] | None, draft: Referral | None = None,
) -> Handover:  # fmt: skip
    """The part for one service: as entered, as the draft has it, or as proposed."""
    kind = registry().referral_type(service.type)
    prefix = f"s{service.id.hex[:8]}-"
    questions = fields_form(
        (*kind.form, *HOW), today=actor.today, values=_draft_values(kind, draft),
        formdata=formdata, prefix=prefix,
    )  # fmt: skip
    items = packages.offered_items(kind, client, {})
    keys = {item.field.key for item in items}
    if formdata is not None:
        shared = keys & (set(formdata.getlist(f"{prefix}share")) | packages.ALWAYS)
    else:
        shared = keys & set(draft.request["shared"]) if draft else keys
    consent_form = fields_form(
        CONSENT_FIELDS, today=actor.today, formdata=formdata, prefix=f"{prefix}c-",
        values={
            "purpose": _purpose(service, need),
            "valid_until": actor.today + timedelta(days=DEFAULT_DAYS),
        },
    )  # fmt: skip
    part = Handover(service, kind, prefix, questions, consent_form, items, shared, None)
    part.held = consents.covering(client.id, service.unit_id, part.categories, actor.today)
    return part


def _draft_values(kind: ReferralType, draft: Referral | None) -> dict[str, Any]:
    if draft is None:
        return {}
    form = draft.request.get("form", {})
    answers = {f.key: f.revived(form.get(f.key)) for f in kind.form}
    how = {"urgency": draft.urgency, "contact_forbidden": draft.contact_forbidden}
    return {**answers, **how}


def _purpose(service: Service, need: str) -> str:
    area = f"„{dict(GOAL_AREAS).get(need, need)}“"
    return PURPOSE % {"service": service.public_name, "area": area}


def hand_over(
    actor: Actor, client: Client, part: Handover, need: str, *, send: bool,
    draft: Referral | None = None, follow_up_of: Referral | None = None,
) -> Referral | None:  # fmt: skip
    """Create or change the referral, take down the consent, send. None if refused: the
    messages then stand at the fields of `part`, and the caller rolls back."""
    entered = part.questions.read()
    details: dict[str, Any] = {
        "form": entered,
        "withheld": part.withheld,
        "urgency": entered["urgency"] or "normal",
        "contact_forbidden": bool(entered["contact_forbidden"]),
    }
    try:
        if entered["urgency"] not in dict(URGENCIES):
            raise Invalid({"urgency": N_("Bitte eine der angebotenen Möglichkeiten wählen.")})
        if draft is None:
            referral = commands.create_referral(
                actor, client.id, part.service.id, goal_area=need, follow_up_of=follow_up_of,
                **details,
            )  # fmt: skip
        else:
            referral = commands.change_draft(actor, draft.id, **details)
    except Invalid as refused:
        part.questions.put_errors(refused.errors)
        part.errors += list(refused.errors.values())
        return None
    return _send(actor, client, part, referral) if send else referral


def _send(actor: Actor, client: Client, part: Handover, referral: Referral) -> Referral | None:
    try:
        if part.held is None:
            data: Mapping[str, Any] = {
                **part.consent_form.read(), "categories": sorted(part.categories),
            }  # fmt: skip
            consent_commands.give_consent(actor, client.id, part.service.unit, data)
    except Invalid as refused:
        part.consent_form.put_errors(refused.errors)
        part.errors += list(refused.errors.values())
        return None
    try:
        return commands.perform(actor, referral.id, "send", {})
    except Invalid as refused:
        part.questions.put_errors(refused.errors)
        part.errors += list(refused.errors.values())
        return None
