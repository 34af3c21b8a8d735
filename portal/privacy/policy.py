"""Which requests an actor sees: those of the own clients, or for the audit all without content."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, false, select
from sqlalchemy.orm import joinedload

from portal.actor import Actor
from portal.clients.models import Client
from portal.clients.policy import in_charge
from portal.extensions import db
from portal.privacy.models import PrivacyRequest
from portal.problems import NotFound


def visible(actor: Actor) -> Select[PrivacyRequest]:
    statement = select(PrivacyRequest).join(Client, Client.id == PrivacyRequest.client_id)
    return statement.where(in_charge(actor))


def get_visible(actor: Actor, request_id: UUID, *, lock: bool = False) -> PrivacyRequest:
    """Raises NotFound, also for a request of somebody else's client.

    `lock` makes a second writer wait until the first is done (SQLite's writers always wait).
    """
    statement = visible(actor).where(PrivacyRequest.id == request_id)
    if lock:
        statement = statement.with_for_update(of=PrivacyRequest)
        statement = statement.execution_options(populate_existing=True)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def overseen(actor: Actor) -> Select[PrivacyRequest]:
    """Every request with its office and dates. Never open the client, the note or the reason."""
    if not actor.may("audit.read"):
        return select(PrivacyRequest).where(false())
    return select(PrivacyRequest).options(joinedload(PrivacyRequest.unit))


def of_client(actor: Actor, client: Client) -> list[PrivacyRequest]:
    """All requests of a client, the newest first."""
    statement = visible(actor).where(PrivacyRequest.client_id == client.id)
    order = (PrivacyRequest.received_on.desc(), PrivacyRequest.id)
    return list(db.session.scalars(statement.order_by(*order)))
