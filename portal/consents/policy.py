"""Which consents an actor sees: those of the clients one sees."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from portal.actor import Actor
from portal.clients.models import Client
from portal.clients.policy import in_charge
from portal.consents.models import Consent
from portal.extensions import db
from portal.problems import NotFound


def visible(actor: Actor) -> Select[Consent]:
    return select(Consent).join(Client, Client.id == Consent.client_id).where(in_charge(actor))


def get_visible(actor: Actor, consent_id: UUID) -> Consent:
    """Raises NotFound, also for a consent of somebody else's client."""
    consent = db.session.scalar(visible(actor).where(Consent.id == consent_id))
    if consent is None:
        raise NotFound
    return consent


def covering(
    client_id: UUID, recipient_unit_id: UUID, categories: Collection[str], day: date
) -> Consent | None:
    """The consent that allows sharing `categories` with the unit on `day`, the longest first."""
    candidates = db.session.scalars(
        select(Consent)
        .where(
            Consent.client_id == client_id,
            Consent.recipient_unit_id == recipient_unit_id,
            Consent.revoked_at.is_(None),
            Consent.valid_from <= day,
            Consent.valid_until >= day,
        )
        .order_by(Consent.valid_until.desc())
    )
    wanted = set(categories)
    return next((consent for consent in candidates if wanted <= set(consent.categories)), None)
