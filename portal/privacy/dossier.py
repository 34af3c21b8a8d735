"""All that the portal keeps about a client, in words (Art. 15 GDPR), and what to take along (20).

The keys are stable, the values German: what the client reads, and a program finds its way in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from portal import audit
from portal.accounts.models import Membership, Unit
from portal.accounts.roles import ROLES
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.clients.fields import CLIENT_FIELDS, DATA_CATEGORIES
from portal.clients.models import Client
from portal.codes import GOAL_AREAS
from portal.consents import models as agreed
from portal.consents import policy as consents
from portal.consents.models import Consent
from portal.extensions import db
from portal.grants import Grant
from portal.links.tokens import code_of
from portal.outbox import CORE_MESSAGES, OutboxMessage
from portal.privacy import policy as requests
from portal.privacy.models import KINDS, OUTCOMES, PrivacyRequest
from portal.referrals import history, packages, policy
from portal.referrals.models import Appointment, DeletionRequest, Referral
from portal.registry import registry
from portal.workflow import LOCAL, Side

# Not for the catalogue: the dossier is German, whatever language its reader works in.
APPOINTMENTS = {
    "planned": "geplant", "kept": "wahrgenommen", "no_show": "nicht erschienen",
    "cancelled": "abgesagt", "moved": "verlegt",
}  # fmt: skip
DELETIONS = {
    None: "noch nicht bestätigt", "deleted": "bestätigt",
    "kept": "wird aufbewahrt nach einer Vorschrift",
}  # fmt: skip
AUTOMATIC = "Portal (automatisch)"
THEMSELVES = "Sie selbst (per Link)"
Told = dict[str, Any]


def dossier(actor: Actor, client: Client) -> Told:
    """Everything of every organisation, the plugins' included. Whatever fails stops it: half an
    answer would be wrong."""
    referrals = referrals_of(actor, client)
    unit = db.session.get_one(Unit, client.unit_id)
    return {
        "format": "hand-in-hand/dossier",
        "version": 1,
        "made_on": actor.today.isoformat(),
        "counselling": {
            "office": unit.full_name,
            "started_on": _iso(client.counselling_started_on),
            "ended_on": _iso(client.closed_on),
            "restricted_on": _iso(client.restricted_on),
            "own_link_since": _iso(link.set_at) if (link := code_of(client)) else None,
        },
        "person": _person(client),
        "consents": [_consent(consent) for consent in _consents(actor, client)],
        "referrals": [_referral(referral) for referral in referrals],
        "partners": _partners(client),
        "privacy_requests": [_request(each) for each in requests.of_client(actor, client)],
        "messages": _messages(client, referrals),
        "access_log": _access_log(client, referrals),
    }


def portable(actor: Actor, client: Client) -> Told:
    """What the client provided, for a program to read: codes beside the words."""
    return {
        "format": "hand-in-hand/portability",
        "version": 1,
        "made_on": actor.today.isoformat(),
        "person": {
            key: {"label": told["label"], "value": client.profile[key], "text": told["text"]}
            for key, told in _person(client).items()
        },
        "requests": [
            {
                "reference": referral.reference,
                "created_on": _iso(referral.created_at),
                "concern": dict(GOAL_AREAS).get(referral.goal_area, referral.goal_area),
                "answers": {
                    key: {"value": referral.request["form"][key], **told}
                    for key, told in _answers(referral).items()
                },
            }
            for referral in referrals_of(actor, client)
        ],
    }


def referrals_of(actor: Actor, client: Client) -> Sequence[Referral]:
    """Every referral of a client, drafts included, the oldest first."""
    return db.session.scalars(
        policy.visible(actor)
        .where(Referral.client_id == client.id)
        .options(selectinload(Referral.packages))
        .order_by(Referral.created_at, Referral.id)
    ).all()


def _iso(moment: date | None) -> str | None:
    if isinstance(moment, datetime):
        return moment.astimezone(LOCAL).isoformat(timespec="minutes")
    return moment.isoformat() if moment else None


def _person(client: Client) -> Told:
    texts = {**client.profile, "municipality": client.municipality.name}
    return {
        key: {"label": field.label, "text": str(field.label_of(texts[key]))}
        for key, field in CLIENT_FIELDS.items()
        if client.profile.get(key) not in (None, "", [])
    }


def _consents(actor: Actor, client: Client) -> Sequence[Consent]:
    statement = consents.visible(actor).where(Consent.client_id == client.id)
    return db.session.scalars(statement.order_by(Consent.created_at, Consent.id)).all()


def _consent(consent: Consent) -> Told:
    sheet, categories = consent.sheet, dict(DATA_CATEGORIES)
    return {
        "reference": sheet.reference,
        "recipient": consent.recipient.full_name,
        "answer": "abgelehnt" if consent.refused else "zugestimmt",
        "kind": dict(agreed.KINDS)[consent.kind],
        "direction": dict(agreed.DIRECTIONS)[consent.direction],
        "purpose": f"{dict(agreed.PURPOSES)[consent.purpose_code]}: {consent.purpose}",
        "categories": [categories.get(key, key) for key in consent.categories],
        "valid_from": _iso(consent.valid_from),
        "valid_until": _iso(consent.valid_until),
        "revoked_at": _iso(consent.revoked_at),
        "revoked_via": dict(agreed.REVOKED_VIA).get(consent.revoked_via or ""),
        "form": dict(agreed.FORMS)[sheet.form],
        "explained_on": _iso(sheet.explained_on),
        "explained_by": _who(sheet.explained_by),
        "interpreter": sheet.interpreter or None,
        "signature_kept": bool(sheet.signature),
    }


def _who(member: Membership | None, kind: str = "") -> str:
    """The office and the role: staff are not named to the client by a machine."""
    if member is None:
        return THEMSELVES if kind == "client" else AUTOMATIC
    return f"{member.unit.full_name} ({ROLES[member.role].label})"


def _referral(referral: Referral) -> Told:
    kind = registry().referral_type(referral.type)
    return {
        "reference": referral.reference,
        "kind": kind.label,
        "concern": dict(GOAL_AREAS).get(referral.goal_area, referral.goal_area),
        "recipient": referral.receiver.full_name,
        "service": referral.service.name,
        "state": history.state_label(referral),
        "created_at": _iso(referral.created_at),
        "sent_at": _iso(referral.sent_at),
        "closed_at": _iso(referral.closed_at),
        "contact_forbidden": referral.contact_forbidden,
        "request": _answers(referral),
        "shared": [
            {
                "number": package.number,
                "at": _iso(package.created_at),
                "fields": _named(
                    packages.items(kind, package.content), package.content
                ),
            }
            for package in referral.packages
        ],
        "history": [_entry(referral, entry) for entry in
                    history.timeline(referral, Side.SENDER, Grant.PACKAGE)],
        "appointments": [_appointment(each) for each in _appointments(referral)],
        "deletion": _deletion(referral),
    }  # fmt: skip


def _answers(referral: Referral) -> Told:
    kind, form = registry().referral_type(referral.type), referral.request["form"]
    return _named((i for i in packages.items(kind, form) if i.field in kind.form), form)


def _named(items: Iterable[packages.Item], content: Told) -> Told:
    """Label and text by key; of a plugin that is gone, what is there without its labels."""
    told = {item.field.key: {"label": item.field.label, "text": str(item.text)} for item in items}
    unlabelled = {key: {"label": key, "text": str(value)} for key, value in content.items()}
    return {key: each for key, each in (unlabelled | told).items() if each["text"]}


def _entry(referral: Referral, entry: history.Entry) -> Told:
    event, details = entry.event, entry.details
    actions = registry().referral_type(referral.type).workflow.actions
    if not details and event.action not in {action.key for action in actions}:
        details = [(key, str(value)) for key, value in event.data.items()]
    return {
        "at": _iso(event.at),
        "what": entry.label,
        "who": _who(event.membership),
        "recorded": entry.recorded or None,
        "details": [{"label": label, "text": str(text)} for label, text in details],
    }


def _appointments(referral: Referral) -> Sequence[Appointment]:
    statement = select(Appointment).where(Appointment.referral_id == referral.id)
    return db.session.scalars(statement.order_by(Appointment.starts_at)).all()


def _appointment(appointment: Appointment) -> Told:
    return {
        "at": _iso(appointment.starts_at),
        "place": appointment.place or None,
        "state": APPOINTMENTS[appointment.state],
    }


def _deletion(referral: Referral) -> Told | None:
    asked = db.session.scalar(
        select(DeletionRequest).where(DeletionRequest.referral_id == referral.id)
    )
    if asked is None:
        return None
    return {
        "asked_at": _iso(asked.asked_at),
        "answer": DELETIONS[asked.answer],
        "answered_at": _iso(asked.answered_at),
        "basis": asked.basis or None,
    }


def _partners(client: Client) -> list[Told]:
    """What plugins know, each thing under the title it gives."""
    found = registry().hook.portal_export_client(client=client)
    titled = [(title, entries) for answer in found for title, entries in answer.items()]
    titled.sort(key=lambda each: each[0])  # as they come depends on who was installed when
    return [{"title": title, "entries": entries} for title, entries in titled]


def _request(request: PrivacyRequest) -> Told:
    return {
        "reference": request.reference,
        "kind": dict(KINDS)[request.kind],
        "received_on": _iso(request.received_on),
        "due_on": _iso(request.due_on),
        "note": request.note or None,
        "answered_on": _iso(request.answered_on),
        "outcome": dict(OUTCOMES).get(request.outcome or ""),
        "reason": request.reason or None,
    }


def _messages(client: Client, referrals: Sequence[Referral]) -> list[Told]:
    """That somebody was told of something, and when; the letters hold no more than that."""
    numbers = [referral.reference for referral in referrals]
    about = or_(OutboxMessage.reference.in_(numbers), OutboxMessage.path.contains(str(client.id)))
    found = db.session.scalars(select(OutboxMessage).where(about).order_by(OutboxMessage.id)).all()
    told = {message.unit_id for message in found}
    units = {unit.id: unit for unit in db.session.scalars(select(Unit).where(Unit.id.in_(told)))}
    kinds = {**CORE_MESSAGES, **registry().messages}
    # Volunteers are told as themselves, and are not named.
    members = _members({message.membership_id for message in found if message.membership_id})
    return [
        {
            "at": _iso(message.created_at),
            "reference": message.reference,
            "subject": kinds[message.topic].subject if message.topic in kinds else message.topic,
            "to": units[message.unit_id].full_name
            if message.unit_id
            else _told(members.get(message.membership_id)),
            "delivered_at": _iso(message.delivered_at),
        }
        for message in found
    ]


def _told(member: Membership | None) -> str:
    if member is None:
        return AUTOMATIC
    volunteers = registry().roles_with("task.answer")
    return ROLES[member.role].label if member.role in volunteers else member.unit.full_name


def _access_log(client: Client, referrals: Sequence[Referral]) -> list[Told]:
    """Who read or changed something, in which office and role, and what for."""
    listed = audit.lists_naming(client.id.hex, *(referral.id.hex for referral in referrals))
    entries = db.session.scalars(
        select(AuditEntry)
        .where(or_(AuditEntry.client_id == client.id, AuditEntry.subject_id == client.id, listed))
        .order_by(AuditEntry.at, AuditEntry.id)
    ).all()
    members = _members({entry.membership_id for entry in entries if entry.membership_id})
    return [
        {
            "at": _iso(entry.at),
            "who": _who(members.get(entry.membership_id), entry.actor_kind),
            "what": audit.kind_label(entry.kind),
            "purpose": audit.purpose_label(entry.purpose),
        }
        for entry in entries
    ]


def _members(ids: set[UUID]) -> dict[UUID | None, Membership]:
    found = db.session.scalars(select(Membership).where(Membership.id.in_(ids)))
    return {member.id: member for member in found}
