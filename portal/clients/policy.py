"""Which clients an actor sees: the own ones, those of whom one deputises, the own team's."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, union_all
from sqlalchemy.orm import defaultload, lazyload

from portal.accounts.models import Membership, Person
from portal.actor import Actor, ActorKind
from portal.clients.models import Client, Deputy
from portal.extensions import db
from portal.problems import Conflict, Forbidden, NotFound
from portal.workflow import N_

RESTRICTED = N_("Die Verarbeitung ist eingeschränkt. Bis das aufgehoben ist, wird nichts geändert "
                "und nichts weitergegeben.")  # fmt: skip

# For who needs nothing but the client's own record.
ALONE = (lazyload(Client.advisor), lazyload(Client.municipality))
# A page names the advisor, never the advisor's unit; and most are oneself, who is loaded already.
_OF_TEAM = defaultload(Client.advisor).lazyload(Membership.unit)
_OWN = lazyload(Client.advisor)


def in_charge(actor: Actor) -> ColumnElement[bool]:
    """The criterion on Client: the actor counsels this client, deputises, or leads the team, or
    is the client, having entered the PIN.

    Nobody is in charge of somebody who was erased.
    """
    if actor.kind is ActorKind.CLIENT:
        # An id and not a permission: to see oneself is no right to anything else.
        myself = actor.client_id if actor.proven else None
        return and_(Client.id == myself, Client.erased_on.is_(None))
    if not actor.may("client.read") or actor.membership_id is None:
        return false()
    team_id = actor.unit_id if actor.may("client.assign") else None
    return _in_charge(actor.membership_id, team_id, actor.today)


@lru_cache(maxsize=512)
def _in_charge(advisor_id: UUID, team_id: UUID | None, today: date) -> ColumnElement[bool]:
    """Cached, since every query of every page begins with it and never changes it."""
    deputised = select(Deputy.advisor_id).where(
        Deputy.deputy_id == advisor_id, Deputy.starts_on <= today, Deputy.ends_on >= today
    )
    # One set and no `or`: beside that PostgreSQL does not use the index on the advisor.
    myself = select(literal(advisor_id, Client.advisor_id.type))
    mine = Client.advisor_id.in_(union_all(myself, deputised))
    of_team = Client.unit_id == team_id if team_id else false()
    return and_(or_(mine, of_team), Client.erased_on.is_(None))


def visible(actor: Actor) -> Select[Client]:
    whose = _OF_TEAM if actor.may("client.assign") else _OWN
    return select(Client).where(in_charge(actor)).options(whose)


def get_visible(actor: Actor, client_id: UUID, *, lock: bool = False) -> Client:
    """Raises NotFound, also for a client who exists and is somebody else's.

    `lock` makes a second writer wait until the first is done (SQLite's writers always wait).
    """
    statement = visible(actor).where(Client.id == client_id)
    if lock:
        # key_share: rows that refer to this one can still be written meanwhile.
        statement = statement.with_for_update(of=Client, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    client = db.session.scalar(statement)
    if client is None:
        raise NotFound
    return client


def require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Forbidden(N_("Dafür ist eine andere Rolle nötig."))


def require_unrestricted(client: Client) -> None:
    """Raises Conflict while a record is only to be kept (Art. 18 GDPR)."""
    if client.restricted_on is not None:
        raise Conflict(RESTRICTED)


def visible_deputies(actor: Actor) -> Select[Deputy]:
    """Deputyships that concern the actor, and for a team lead all of the unit."""
    if not actor.may("client.write"):
        return select(Deputy).where(false())
    own = or_(Deputy.advisor_id == actor.membership_id, Deputy.deputy_id == actor.membership_id)
    if actor.may("client.assign"):
        team = select(Membership.id).where(Membership.unit_id == actor.unit_id)
        own = or_(own, Deputy.advisor_id.in_(team))
    return select(Deputy).where(own, Deputy.ends_on >= actor.today).order_by(Deputy.ends_on)


def colleagues(actor: Actor) -> Select[Membership]:
    """Active advisors of the actor's unit, the actor included."""
    return (
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.unit_id == actor.unit_id,
            Membership.ended_on.is_(None),
            Membership.role.in_(("advisor", "team_lead")),
            Person.active,
        )
    )
