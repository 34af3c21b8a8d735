"""Taking down consents and refusals. Ending a consent withdraws referrals: see `referrals`."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal import audit
from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.consents import policy, texts
from portal.consents.models import Consent, ConsentSheet
from portal.consents.sheet import consent_sheet
from portal.consents.terms import Talk, Terms, talk_of, terms_of
from portal.documents.record import as_data
from portal.documents.sheet import Sheet
from portal.extensions import db
from portal.problems import Conflict, Invalid
from portal.workflow import N_

# Without letters and digits that are mistaken for each other when read out.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def new_reference() -> str:
    """EW-7K3M-9QXD: the number on a sheet, before and after it is signed."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"EW-{letters[:4]}-{letters[4:]}"


def is_reference(text: str) -> bool:
    return re.fullmatch(r"EW-[A-Z2-9]{4}-[A-Z2-9]{4}", text) is not None


def digest_of(sheet: Sheet) -> str:
    """The SHA-256 of what is on a sheet: what was signed can be proved unchanged."""
    canonical = json.dumps(as_data(sheet), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def record_answers(
    actor: Actor, client: Client, talk: Talk, answers: Sequence[Terms], *,
    reference: str = "", signed_digest: str = "",
) -> list[Consent]:  # fmt: skip
    """Take down one talk: a consent, or a refusal, for each recipient.

    `signed_digest` is that of the sheet under which the strokes of `talk` were drawn. Raises
    Forbidden, Conflict (the counselling has ended), Invalid (another text was signed).
    """
    clients.require(actor, "consent.write")
    client = clients.get_visible(actor, client.id, lock=True)  # whoever freezes the record waits
    if client.closed_on is not None:
        raise Conflict(N_("Die Beratung dieser Person ist beendet."))
    clients.require_unrestricted(client)
    recipients = [terms.recipient.id for terms in answers]
    if not recipients or len(set(recipients)) < len(recipients):
        raise Invalid({"": N_("Je Stelle gibt es genau eine Einwilligung.")})
    assert actor.membership_id
    reference = reference or new_reference()
    shown = consent_sheet(actor, client, talk, answers, reference)
    digest = digest_of(shown)
    if talk.form == "screen_signed" and signed_digest != digest:
        raise Invalid({"form": N_("Der Text hat sich seit der Unterschrift geändert. Bitte noch "
                                  "einmal unterschreiben lassen.")})  # fmt: skip
    sheet = ConsentSheet(
        reference=reference,
        client_id=client.id,
        form=talk.form,
        occasion=talk.occasion,
        language=talk.language,
        text_version=texts.CURRENT,
        content=as_data(shown),
        digest=digest,
        interpreter=talk.interpreter,
        explained_by_id=actor.membership_id,
        explained_on=talk.explained_on,
        copy_given=talk.copy_given,
        confirm_by=talk.confirm_by,
        created_at=actor.now,
    )
    if talk.strokes:
        sheet.signature = {"digest": digest, "strokes": talk.strokes}
    db.session.add(sheet)
    try:
        db.session.flush()
    except IntegrityError as twice:
        raise Conflict(N_("Dieses Blatt ist bereits eingetragen.")) from twice
    return [_record(actor, sheet, terms) for terms in answers]


def _record(actor: Actor, sheet: ConsentSheet, terms: Terms) -> Consent:
    until = terms.valid_until
    consent = Consent(
        client_id=sheet.client_id,
        recipient_unit_id=terms.recipient.id,
        sheet_id=sheet.id,
        refused=not terms.agreed,
        kind=terms.kind,
        direction=terms.direction,
        purpose_code=terms.purpose_code,
        purpose=terms.purpose,
        categories=list(terms.categories),
        valid_from=actor.today,
        valid_until=min(until, sheet.confirm_by) if sheet.confirm_by else until,
        agreed_until=until,
        created_at=actor.now,
    )
    db.session.add(consent)
    db.session.flush()
    audit.record(
        actor, "consent.given" if terms.agreed else "consent.refused", subject=consent,
        client_id=consent.client_id, categories=consent.categories, form=sheet.form,
        until=consent.valid_until.isoformat(),
    )  # fmt: skip
    return consent


def give_consent(
    actor: Actor, client_id: UUID, recipient: Unit, data: Mapping[str, Any]
) -> Consent:
    """Take down a consent for one recipient (keys of TALK, TERMS and `categories`).

    Raises NotFound, Forbidden, Conflict, Invalid.
    """
    clients.require(actor, "consent.write")
    client = clients.get_visible(actor, client_id)
    terms = terms_of(client, recipient, data, actor.today)
    return record_answers(actor, client, talk_of(data, actor.today), [terms])[0]


def confirm_consent(actor: Actor, consent_id: UUID) -> Consent:
    """What was only said is signed on paper now: it holds for as long as was agreed.

    Concerns every consent of the same talk. Raises NotFound, Forbidden, Conflict.
    """
    clients.require(actor, "consent.write")
    consent = policy.get_visible(actor, consent_id, lock=True)
    if consent.revoked_at is not None or consent.refused:
        raise Conflict(N_("Diese Einwilligung gilt nicht mehr."))
    sheet = consent.sheet
    if not sheet.is_to_be_confirmed:
        raise Conflict(N_("Diese Einwilligung ist bereits bestätigt."))
    sheet.confirmed_on = actor.today
    for each in policy.on_sheet(actor, sheet.id):
        each.valid_until = each.agreed_until
        each.told = ""
        audit.record(actor, "consent.confirmed", subject=each, client_id=each.client_id)
    return consent
