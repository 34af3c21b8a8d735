"""Who sees which messages: everybody their own, administrators what did not leave. No content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, select

from portal.accounts.models import Person, Unit
from portal.accounts.policy import may_manage, require_admin
from portal.actor import Actor
from portal.extensions import db
from portal.outbox import ATTEMPTS, InboxItem, Mail, in_inbox, suspect
from portal.problems import NotFound


def inbox(actor: Actor) -> Select[InboxItem]:
    """The actor's own, in whatever role."""
    if actor.person_id is None:
        return select(InboxItem).where(false())
    return select(InboxItem).where(in_inbox(actor.person_id))


def get_item(actor: Actor, item_id: UUID) -> InboxItem:
    item: InboxItem | None = db.session.scalar(inbox(actor).where(InboxItem.id == item_id))
    if item is None:
        raise NotFound
    return item


def dead_letters(actor: Actor) -> Select[Mail]:
    """What used up its attempts; of what waits for a better address see `suspects`."""
    dead = select(Mail).where(Mail.delivered_at.is_(None), Mail.attempts >= ATTEMPTS, ~suspect())
    return dead if may_manage(actor) else dead.where(false())


def get_dead_letter(actor: Actor, mail_id: UUID) -> Mail:
    mail: Mail | None = db.session.scalar(dead_letters(actor).where(Mail.id == mail_id))
    if mail is None:
        raise NotFound
    return mail


def suspects(actor: Actor) -> list[Person | Unit]:
    """Whose address refused a letter for good, the latest first."""
    if not may_manage(actor):
        return []
    found: list[Any] = []
    for kind in (Person, Unit):
        found += db.session.scalars(select(kind).where(kind.suspect_since.is_not(None)))
    return sorted(found, key=lambda each: each.suspect_since, reverse=True)


def get_suspect(actor: Actor, owner_id: UUID) -> Person | Unit:
    found = next((each for each in suspects(actor) if each.id == owner_id), None)
    if found is None:
        raise NotFound
    return found


def waiting_for_address(actor: Actor) -> dict[UUID, int]:
    """How many letters wait for a better address, by whose it is."""
    require_admin(actor)
    owner = func.coalesce(Mail.person_id, Mail.unit_id)
    held = select(owner, func.count()).where(Mail.delivered_at.is_(None), suspect())
    return {row[0]: row[1] for row in db.session.execute(held.group_by(owner))}
