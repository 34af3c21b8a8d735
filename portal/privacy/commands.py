"""Takes down what a client asks for and the answer; freezes a record and opens it again."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from portal import audit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.consents.models import Consent
from portal.extensions import db
from portal.privacy import policy
from portal.privacy.models import KINDS, OUTCOMES, PrivacyRequest
from portal.problems import Conflict, Invalid
from portal.referrals import messages
from portal.referrals import policy as referrals
from portal.referrals.models import Referral
from portal.workflow import N_, Field, Kind, clean

LATE_ENTRY_DAYS = 90  # a letter may have lain in another office

REQUEST: tuple[Field, ...] = (
    Field(key="kind", label=N_("Worum geht es?"), kind=Kind.CHOICE, choices=KINDS),
    Field(key="received_on", label=N_("Eingegangen am"), kind=Kind.DATE, default_days=0,
          days=(-LATE_ENTRY_DAYS, 0), hint=N_("Ab diesem Tag läuft die Frist von einem Monat.")),
    Field(key="note", label=N_("Was wünscht die Person?"), kind=Kind.LONG_TEXT, required=False,
          max_length=2000, hint=N_("Bei einem Widerspruch auch der Grund.")),
)  # fmt: skip
ANSWER: tuple[Field, ...] = (
    Field(key="outcome", label=N_("Ergebnis"), kind=Kind.CHOICE, choices=OUTCOMES),
    Field(key="reason", label=N_("Begründung"), kind=Kind.LONG_TEXT, required=False,
          max_length=2000, hint=N_("Nötig, wenn nicht alles erfüllt wird. Die Person liest sie.")),
)  # fmt: skip


def record_request(actor: Actor, client_id: UUID, data: Mapping[str, Any]) -> PrivacyRequest:
    """Take down a request. It is due in one month (Art. 12 GDPR). Raises NotFound, Invalid."""
    clients.require(actor, "client.write")
    client = clients.get_visible(actor, client_id)
    values = clean(REQUEST, data, actor.today)
    assert actor.membership_id
    request = PrivacyRequest(
        client_id=client.id,
        unit_id=client.unit_id,
        kind=values["kind"],
        received_on=values["received_on"],
        due_on=month_after(values["received_on"]),
        note=values["note"] or "",
        recorded_by_id=actor.membership_id,
    )
    db.session.add(request)
    _note_due(client.id)
    audit.record(actor, "privacy.requested", subject=request, client_id=client.id,
                 request=request.kind, due=request.due_on.isoformat())  # fmt: skip
    return request


def month_after(day: date) -> date:
    """The same day of the next month; its last one where it is shorter (Regulation 1182/71)."""
    year, month = divmod(day.year * 12 + day.month, 12)  # the next month, counted from 0
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def answer_request(actor: Actor, request_id: UUID, data: Mapping[str, Any]) -> PrivacyRequest:
    """Take down what became of a request. Raises NotFound, Conflict, Invalid."""
    clients.require(actor, "client.write")
    request = policy.get_visible(actor, request_id, lock=True)
    if request.answered_on is not None:
        raise Conflict(N_("Dieses Anliegen ist bereits beantwortet."))
    values = clean(ANSWER, data, actor.today)
    if values["outcome"] != "granted" and not values["reason"]:
        raise Invalid({"reason": N_("Bitte begründen: Die Person hat ein Recht auf den Grund.")})
    settle(actor, request, values["outcome"], values["reason"] or "")
    return request


def settle(actor: Actor, request: PrivacyRequest, outcome: str, reason: str = "") -> None:
    """Note the outcome of a request that is still open."""
    request.answered_on = actor.today
    request.answered_by_id = actor.membership_id
    request.outcome = outcome
    request.reason = reason
    _note_due(request.client_id)
    audit.record(actor, "privacy.answered", subject=request, client_id=request.client_id,
                 request=request.kind, outcome=outcome)  # fmt: skip


def _note_due(client_id: UUID) -> None:
    """On the client, so that no list has to look for it; a form that is open stays valid."""
    db.session.flush()
    first = select(func.min(PrivacyRequest.due_on)).where(
        PrivacyRequest.client_id == client_id, PrivacyRequest.answered_on.is_(None)
    )
    one = update(Client).where(Client.id == client_id)
    db.session.execute(one.values(request_due_on=first.scalar_subquery()))


def restrict_client(actor: Actor, client_id: UUID) -> Client:
    """Freeze a record (Art. 18 GDPR): it is kept and nothing else. What receivers see closes like
    on an expired consent, and they are told. Raises NotFound, Forbidden, Conflict."""
    client = _writable(actor, client_id)
    if client.restricted_on is not None:
        raise Conflict(N_("Die Verarbeitung ist bereits eingeschränkt."))
    _freeze(client, actor.today)
    audit.record(actor, "client.restricted", subject=client, client_id=client.id)
    _tell_receivers(actor, client, "referral.restricted")
    return client


def lift_restriction(actor: Actor, client_id: UUID) -> Client:
    """Work with a record again. The client is to be told before (Art. 18 par. 3 GDPR).

    Raises NotFound, Forbidden, Conflict.
    """
    client = _writable(actor, client_id)
    if client.restricted_on is None:
        raise Conflict(N_("Die Verarbeitung ist nicht eingeschränkt."))
    _freeze(client, None)
    audit.record(actor, "client.unrestricted", subject=client, client_id=client.id)
    _tell_receivers(actor, client, "referral.unrestricted")
    return client


def _writable(actor: Actor, client_id: UUID) -> Client:
    clients.require(actor, "client.write")
    return clients.get_visible(actor, client_id, lock=True)


def _freeze(client: Client, day: date | None) -> None:
    """Every view of a receiver is decided by a consent, so it is there that it closes."""
    client.restricted_on = day
    of_client = select(Consent).where(Consent.client_id == client.id).with_for_update(of=Consent)
    for consent in db.session.scalars(of_client):
        consent.suspended_on = day


def _tell_receivers(actor: Actor, client: Client, topic: str) -> None:
    """Of what is running: nobody else can read anything of this client."""
    running = referrals.visible(actor).where(
        Referral.client_id == client.id, Referral.sent_at.is_not(None), Referral.closed_at.is_(None)
    )
    for referral in db.session.scalars(running):
        messages.tell_receiver(actor, topic, referral)
