"""Taking down a consent. Ending one withdraws referrals, so that lives in `referrals`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal import audit
from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.fields import DATA_CATEGORIES
from portal.consents.models import DEFAULT_DAYS, FORMS, LONGEST_DAYS, Consent
from portal.extensions import db
from portal.problems import Invalid
from portal.workflow import N_, Field, Kind, clean

SHORTEST_PURPOSE = 30
# Consents for these have been held void: nobody can tell what they allow (domain 3.3).
VAGUE = ("zur beratung", "aufgabenerledigung", "soweit erforderlich", "alle partner")

FIELDS = (
    Field(
        key="purpose", label=N_("Wofür?"), kind=Kind.LONG_TEXT, max_length=500,
        hint=N_("Ein Satz, der genau diesen Fall beschreibt, mindestens 30 Zeichen."),
    ),
    Field(
        key="categories", label=N_("Welche Angaben?"), kind=Kind.CHOICES, choices=DATA_CATEGORIES,
    ),
    Field(
        key="valid_until", label=N_("Gültig bis"), kind=Kind.DATE, default_days=DEFAULT_DAYS,
        days=(0, LONGEST_DAYS),
    ),
    Field(key="form", label=N_("Form der Einwilligung"), kind=Kind.CHOICE, choices=FORMS),
    Field(key="explained", label=N_("Erklärt, Kopie ausgehändigt"), kind=Kind.YES_NO),
)  # fmt: skip


def give_consent(
    actor: Actor, client_id: UUID, recipient: Unit, data: Mapping[str, Any]
) -> Consent:
    """Take down a consent (keys of FIELDS). Raises NotFound, Forbidden, Invalid."""
    clients.require(actor, "consent.write")
    client = clients.get_visible(actor, client_id)
    values = clean(FIELDS, data, actor.today)
    purpose = values["purpose"]
    if len(purpose) < SHORTEST_PURPOSE:
        raise Invalid({"purpose": N_("Bitte genauer: mindestens 30 Zeichen, auf diesen Fall.")})
    if any(phrase in purpose.casefold() for phrase in VAGUE):
        raise Invalid(
            {"purpose": N_("Das ist zu allgemein, um gültig zu sein. Wofür genau ist es nötig?")}
        )
    if not values["explained"]:
        raise Invalid({"explained": N_("Ohne Erklärung und Kopie gilt die Einwilligung nicht.")})
    assert actor.membership_id
    consent = Consent(
        client_id=client.id,
        recipient_unit_id=recipient.id,
        purpose=purpose,
        # The request itself is what the consent is about, ticked or not.
        categories=sorted({"request", *values["categories"]}),
        valid_from=actor.today,
        valid_until=values["valid_until"],
        form=values["form"],
        explained_by_id=actor.membership_id,
        created_at=actor.now,
    )
    db.session.add(consent)
    db.session.flush()
    audit.record(actor, "consent.given", subject=consent, client_id=client.id,
                 categories=consent.categories, until=consent.valid_until.isoformat())  # fmt: skip
    return consent
