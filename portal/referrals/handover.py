"""One sitting of "Vermitteln": for each chosen service the questions, what is shared, and what
the client answers; once for all of them the talk about it. `sending` acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.actor import Actor
from portal.clients.limits import counselling_ends_on
from portal.clients.models import Client
from portal.codes import GOAL_AREAS, URGENCIES
from portal.consents import policy as consents
from portal.consents.forms import Ask, ConsentForm, consent_form, terms_form
from portal.consents.models import DEFAULT_DAYS, Consent
from portal.declarations import ReferralType
from portal.extensions import db
from portal.network import policy as network
from portal.network.models import CLOSED, Service
from portal.referrals import packages
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
# A proposal for the text of a consent. That is kept and passed on: German in every language.
PURPOSE = (
    "Damit die Stelle „%(service)s“ das Anliegen %(area)s bearbeiten, einen Termin anbieten und "
    "der Beratung antworten kann."
)
_PURPOSE_CODES = {
    "language": "course_place",
    "recognition": "recognition",
    "school_education": "childcare_school",
    "childcare": "childcare_school",
    "housing": "housing",
    "benefits_finance": "benefit_application",
    "participation": "volunteer_support",
}


@dataclass
class Handover:
    """The part of the sitting that goes to one service. `prefix` keeps its inputs apart."""

    service: Service
    kind: ReferralType
    prefix: str
    questions: FieldsForm
    items: list[packages.Item]  # what could be shared of the client record
    shared: set[str]  # keys of the items that are ticked
    today: date
    held: Consent | None = None  # a consent at hand that covers what is ticked
    ask: Ask | None = None  # otherwise what the client is asked

    @property
    def is_open(self) -> bool:
        return self.service.exists_still and self.service.capacity_on(self.today) != CLOSED

    @property
    def refused(self) -> bool:
        """The client says no: nothing is sent, and that is what is taken down."""
        return self.ask is not None and self.ask.refused

    @property
    def withheld(self) -> list[str]:
        return [item.field.key for item in self.items if item.field.key not in self.shared]

    @property
    def categories(self) -> set[str]:
        """What a consent must cover: the ticked fields and the questions of this request."""
        chosen = packages.categories_of(i for i in self.items if i.field.key in self.shared)
        return chosen | {q.category for q in self.kind.form if self._is_asked(q)}

    def _is_asked(self, question: Field) -> bool:
        # Of health is spoken only where something of it is written down.
        return question.category != "health" or bool(self.questions[question.key].data)


@dataclass
class Sitting:
    """All parts, and the talk about those for which the client is asked."""

    client: Client
    need: str
    parts: list[Handover]
    consent: ConsentForm


def suitable_services(
    actor: Actor, client: Client, need: str, *, everywhere: bool, language: bool, accepting: bool
) -> list[Service]:
    """Services for a need, where the client lives and (if wanted) in the client's language."""
    statement = network.offered(
        actor.today,
        types=list(registry().referral_types),
        municipality="" if everywhere else client.municipality_ags,
        language=client.profile.get("contact_language", "") if language else "",
        accepting=accepting,
        not_unit=actor.unit_id,
    )
    return [s for s in db.session.scalars(statement).unique() if need in s.goal_areas]


def prepare(
    actor: Actor, client: Client, services: Sequence[Service], need: str,
    formdata: MultiDict[str, str] | None, draft: Referral | None = None,
) -> Sitting:  # fmt: skip
    """The sitting as entered, as the draft has it, or as proposed."""
    parts = [_part(actor, client, service, formdata, draft) for service in services]
    consent = consent_form(actor, client, formdata)
    for part in parts:
        unit_id = part.service.unit_id
        part.held = consents.covering(client.id, unit_id, part.categories, actor.today)
        if part.held is None:
            part.ask = _ask(actor, client, part, need, formdata)
            consent.asks.append(part.ask)
    return Sitting(client, need, parts, consent)


def _part(
    actor: Actor, client: Client, service: Service, formdata: MultiDict[str, str] | None,
    draft: Referral | None,
) -> Handover:  # fmt: skip
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
    return Handover(service, kind, prefix, questions, items, shared, actor.today)


def _ask(
    actor: Actor, client: Client, part: Handover, need: str,
    formdata: MultiDict[str, str] | None,
) -> Ask:  # fmt: skip
    proposed = {
        "purpose": _purpose(part.service, need),
        "purpose_code": usual_purpose(need),
        "valid_until": proposed_end(client, actor.today),
    }
    form = terms_form(actor, formdata, f"{part.prefix}c-", proposed)
    return Ask(part.service.unit, form, part.categories)


def usual_purpose(need: str) -> str:
    """The code under which a need is mostly passed on."""
    return _PURPOSE_CODES.get(need, "advice_request")


def proposed_end(client: Client, today: date) -> date:
    """The usual time, or until the counselling ends."""
    usual = today + timedelta(days=DEFAULT_DAYS)
    return min(usual, counselling_ends_on(client.counselling_started_on, today) or usual)


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
