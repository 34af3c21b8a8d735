"""Which consents an actor sees: those of the clients one sees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import load_only

from portal.actor import Actor
from portal.clients.models import Client
from portal.clients.policy import in_charge
from portal.consents.models import Consent
from portal.extensions import db
from portal.problems import NotFound

# Made once: whoever sees a client sees these.
_OF_CLIENT = (
    select(Consent)
    .where(Consent.client_id == bindparam("client_id"))
    .options(load_only(Consent.purpose_sealed, Consent.valid_from, Consent.valid_until,
                       Consent.revoked_at, Consent.refused, Consent.suspended_on))
    .order_by(Consent.revoked_at.is_not(None), Consent.valid_until.desc())
    .limit(50)
)  # fmt: skip


def visible(actor: Actor) -> Select[Consent]:
    return select(Consent).join(Client, Client.id == Consent.client_id).where(in_charge(actor))


def get_visible(actor: Actor, consent_id: UUID, *, lock: bool = False) -> Consent:
    """Raises NotFound, also for a consent of somebody else's client.

    `lock` makes whoever revokes or shares at the same moment wait (SQLite's writers always do).
    """
    statement = visible(actor).where(Consent.id == consent_id)
    if lock:
        # key_share: rows that refer to this one can still be written meanwhile.
        statement = statement.with_for_update(of=Consent, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    consent = db.session.scalar(statement)
    if consent is None:
        raise NotFound
    return consent


def of_client(client: Client) -> Sequence[Consent]:
    """For the page of a client whom the actor sees: what holds first, the longest first."""
    return db.session.scalars(_OF_CLIENT, {"client_id": client.id}).all()


def on_sheet(actor: Actor, sheet_id: UUID) -> Sequence[Consent]:
    """What was agreed in the same talk and still holds, or held."""
    statement = visible(actor).where(Consent.sheet_id == sheet_id, Consent.revoked_at.is_(None))
    return db.session.scalars(statement.where(Consent.refused.is_(False))).all()


def covering(
    client_id: UUID, recipient_unit_id: UUID, categories: Collection[str], day: date, *,
    lock: bool = False,
) -> Consent | None:  # fmt: skip
    """The consent that allows sharing `categories` with the unit on `day`, the longest first.

    `lock` keeps it from being revoked until the caller is done; one that is being revoked at
    this moment counts as gone, so that nobody waits for each other.
    """
    statement = (
        select(Consent)
        .where(
            Consent.client_id == client_id,
            Consent.recipient_unit_id == recipient_unit_id,
            Consent.revoked_at.is_(None),
            Consent.refused.is_(False),
            Consent.suspended_on.is_(None),
            Consent.kind != "secrecy_release",  # allows to speak, not to pass on
            Consent.valid_from <= day,
            Consent.valid_until >= day,
        )
        .order_by(Consent.valid_until.desc())
    )
    if lock:
        statement = statement.with_for_update(read=True, of=Consent, skip_locked=True)
    wanted = set(categories)
    found = db.session.scalars(statement)
    return next((consent for consent in found if wanted <= set(consent.categories)), None)
