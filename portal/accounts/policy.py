"""Who may administer what: an administrator all organisations and accounts, nobody else any."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, or_, select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor, ActorKind
from portal.extensions import db
from portal.problems import Forbidden, NotFound
from portal.workflow import N_

ADMIN = "admin.manage"


def may_manage(actor: Actor) -> bool:
    return actor.kind is ActorKind.SYSTEM or actor.may(ADMIN)


def require_admin(actor: Actor) -> None:
    if not may_manage(actor):
        raise Forbidden(N_("Dafür ist eine andere Rolle nötig."))


def organisations(actor: Actor, query: str = "") -> Select[Organisation]:
    """With their units; `query` is looked for in the names of both."""
    statement = select(Organisation).options(selectinload(Organisation.units))
    if query:
        units = select(Unit.organisation_id).where(Unit.name.icontains(query, autoescape=True))
        met = Organisation.name.icontains(query, autoescape=True)
        statement = statement.where(or_(met, Organisation.id.in_(units)))
    return _for_admins(actor, statement)


def people(actor: Actor, query: str = "") -> Select[Person]:
    """With their memberships; `query` is looked for in name and address."""
    statement = select(Person).options(selectinload(Person.memberships))
    if query:
        name = Person.name.icontains(query, autoescape=True)
        statement = statement.where(or_(name, Person.email.icontains(query, autoescape=True)))
    return _for_admins(actor, statement)


def open_units(actor: Actor) -> Select[Unit]:
    """The units in which somebody may serve, A to Z."""
    statement = (
        select(Unit)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Unit.active, Organisation.active)
        .order_by(Organisation.name, Unit.name)
    )
    return _for_admins(actor, statement)


def get_organisation(actor: Actor, organisation_id: UUID) -> Organisation:
    found = organisations(actor).where(Organisation.id == organisation_id)
    organisation: Organisation = _one(found)
    return organisation


def get_unit(actor: Actor, unit_id: UUID) -> Unit:
    unit: Unit = _one(_for_admins(actor, select(Unit).where(Unit.id == unit_id)))
    return unit


def get_person(actor: Actor, person_id: UUID) -> Person:
    person: Person = _one(people(actor).where(Person.id == person_id))
    return person


def get_membership(actor: Actor, membership_id: UUID) -> Membership:
    """A membership that has not ended."""
    found = select(Membership).where(Membership.id == membership_id, Membership.ended_on.is_(None))
    membership: Membership = _one(_for_admins(actor, found))
    return membership


def _for_admins(actor: Actor, statement: Select[Any]) -> Select[Any]:
    return statement if may_manage(actor) else statement.where(false())


def _one(statement: Select[Any]) -> Any:
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound
    return found
