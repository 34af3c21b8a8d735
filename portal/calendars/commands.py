"""What opens and closes the secret address of somebody's own calendar."""

from __future__ import annotations

import hashlib
import secrets

from portal import audit
from portal.accounts.models import Person
from portal.actor import Actor


def make_address(actor: Actor, person: Person) -> str:
    """The secret of a new address; the one before is dead. It is kept nowhere, only its hash."""
    token = secrets.token_urlsafe(32)
    person.calendar_digest, person.calendar_made_at = digest(token), actor.now
    audit.record(actor, "calendar.made", subject=person)
    return token


def revoke_address(actor: Actor, person: Person) -> None:
    if person.calendar_digest is not None:
        person.calendar_digest = person.calendar_made_at = None
        audit.record(actor, "calendar.revoked", subject=person)


def digest(token: str) -> str:
    """Plain, since nobody guesses 256 random bits; looking it up tells nothing by its time."""
    return hashlib.sha256(token.encode()).hexdigest()
