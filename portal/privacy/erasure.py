"""Erases a client (Art. 17 GDPR): what is left counts for statistics and points to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from portal import audit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.models import Client, ClientToken
from portal.consents.models import Consent, ConsentSheet
from portal.extensions import db
from portal.links.models import LinkCode
from portal.outbox import OutboxMessage
from portal.privacy.commands import settle
from portal.privacy.emergency import EmergencyAccess
from portal.privacy.erased import note_erased
from portal.privacy.models import PrivacyRequest
from portal.problems import Conflict, Invalid
from portal.referrals import deletions, endings
from portal.referrals.models import Appointment, DeletionRequest, Event, Package, Referral
from portal.registry import registry
from portal.workflow import N_, Choice, Field, Kind, clean

REASONS: tuple[Choice, ...] = (
    ("not_needed", N_("Die Angaben werden nicht mehr gebraucht (Art. 17 Abs. 1 Buchst. a)")),
    ("consent_gone", N_("Die Person willigt nicht mehr ein (Buchst. b)")),
    ("objection", N_("Die Person hat widersprochen (Buchst. c)")),
    ("unlawful", N_("Die Angaben durften nicht gespeichert werden (Buchst. d)")),
    ("duty", N_("Eine Vorschrift verlangt die Löschung (Buchst. e)")),
)
FIELDS: tuple[Field, ...] = (
    Field(key="reason", label=N_("Warum wird gelöscht?"), kind=Kind.CHOICE, choices=REASONS),
    Field(key="sure", kind=Kind.YES_NO,
          label=N_("Niemand kann die Angaben danach wiederherstellen. Das ist gewollt.")),
)  # fmt: skip


def erase_client(actor: Actor, client_id: UUID, data: Mapping[str, Any]) -> None:
    """Erase a client whose counselling has ended, or who asked for it: then it ends first.

    Raises NotFound, Forbidden, Conflict, Invalid.
    """
    clients.require(actor, "client.erase")
    client = clients.get_visible(actor, client_id, lock=True)
    values = clean(FIELDS, data, actor.today)
    if not values["sure"]:
        raise Invalid({"sure": N_("Bitte bestätigen Sie, dass endgültig gelöscht werden soll.")})
    if objection := why_not(client):
        raise Conflict(objection)
    if client.closed_on is None:
        endings.close(actor, client)
    erase(actor, client, values["reason"])


def why_not(client: Client) -> str:
    """Why a client cannot be erased now, as a sentence; "" where nothing stands against it."""
    if client.restricted_on is not None:
        return N_("Die Verarbeitung ist eingeschränkt. Vor dem Löschen muss das aufgehoben werden.")
    asked = {request.kind for request in _open_requests(client)}
    if asked - {"erasure"}:
        return N_(
            "Ein anderes Anliegen dieser Person ist noch offen. Bitte beantworten Sie es zuerst."
        )
    if client.closed_on is None and not asked:
        return N_("Die Beratung läuft noch. Gelöscht wird nach ihrem Ende, oder wenn die Person "
                  "es verlangt: Dann tragen Sie zuerst dieses Anliegen ein.")  # fmt: skip
    return ""


def _open_requests(client: Client) -> list[PrivacyRequest]:
    statement = select(PrivacyRequest).where(
        PrivacyRequest.client_id == client.id, PrivacyRequest.answered_on.is_(None)
    )
    return list(db.session.scalars(statement))


def erase(actor: Actor, client: Client, reason: str) -> None:
    """Blank every row about a client whose counselling has ended, whoever decided it.

    Receivers are asked to erase what they hold; who may be asked was checked by the caller.
    """
    for request in _open_requests(client):
        settle(actor, request, "granted")
    db.session.flush()
    registry().hook.portal_erase_client(client=client)
    of_client = select(Referral).where(Referral.client_id == client.id).with_for_update(of=Referral)
    referrals = db.session.scalars(of_client).all()
    _forget_messages(client, referrals)
    deletions.ask(actor, referrals)
    _blank_referrals(referrals)
    _blank_consents(actor, client)
    _blank_requests(client)
    db.session.execute(delete(ClientToken).where(ClientToken.client_id == client.id))
    db.session.execute(delete(LinkCode).where(LinkCode.client_id == client.id))
    client.profile = {}
    client.erased_on = actor.today
    db.session.flush()
    audit.blank(client.id)
    # After the others were blanked: that it was erased, by whom and why, is to be known.
    audit.record(actor, "client.erased", subject=client, purpose="privacy", reason=reason)
    note_erased(client.id, actor.today, reason)


def _forget_messages(client: Client, referrals: Sequence[Referral]) -> None:
    numbers = [referral.reference for referral in referrals]
    db.session.execute(
        delete(OutboxMessage).where(
            or_(
                OutboxMessage.reference.in_(numbers),
                OutboxMessage.path.contains(str(client.id)),
            )
        )
    )


def _blank_referrals(referrals: Sequence[Referral]) -> None:
    """Kind, dates, statuses, who was in charge and the municipality stay."""
    ids = [referral.id for referral in referrals]
    for referral in referrals:
        referral.request = {"form": {}, "shared": []}
        referral.contact_forbidden = False  # tells of danger
    db.session.execute(delete(Package).where(Package.referral_id.in_(ids)))
    for table, sealed in ((Event, "data_sealed"), (Appointment, "place_sealed"),
                          (DeletionRequest, "basis_sealed")):  # fmt: skip
        theirs = update(table).where(table.referral_id.in_(ids))
        db.session.execute(theirs.values({sealed: None}))
    opened = select(EmergencyAccess).where(EmergencyAccess.referral_id.in_(ids))
    for access in db.session.scalars(opened):
        access.reason = ""


def _blank_consents(actor: Actor, client: Client) -> None:
    """That it was agreed, with whom, how and until when, stays as a proof (domain 3.7)."""
    for consent in db.session.scalars(select(Consent).where(Consent.client_id == client.id)):
        consent.purpose = ""
        consent.suspended_on = actor.today
    for sheet in db.session.scalars(
        select(ConsentSheet).where(ConsentSheet.client_id == client.id)
    ):
        sheet.content = {}
        sheet.digest = sheet.language = ""  # a digest of known sentences can be guessed from
        sheet.signature_sealed = sheet.interpreter_sealed = None


def _blank_requests(client: Client) -> None:
    theirs = update(PrivacyRequest).where(PrivacyRequest.client_id == client.id)
    db.session.execute(theirs.values(note_sealed=None, reason_sealed=None))
