"""To whom somebody may give a PIN: a coordinator to the volunteers of the own circle."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, false, select

from portal.accounts.models import Membership, Person
from portal.actor import Actor
from portal.extensions import db
from portal.problems import NotFound
from portal.registry import registry


def volunteers(actor: Actor) -> Select[Membership]:
    """Who has tasks in the actor's office, A to Z."""
    statement = (
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == actor.unit_id, Membership.ended_on.is_(None), Person.active)
        .where(Membership.role.in_(registry().roles_with("task.answer")))
        .order_by(Person.name, Membership.id)
    )
    return statement if actor.may("task.invite") else statement.where(false())


def get_volunteer(actor: Actor, volunteer_id: UUID) -> Membership:
    """Raises NotFound, also for a volunteer of another circle."""
    found: Membership | None = db.session.scalar(
        volunteers(actor).where(Membership.id == volunteer_id)
    )
    if found is None:
        raise NotFound
    return found
