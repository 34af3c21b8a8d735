"""The first administrator: somebody must be there before anybody can be invited."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from portal.accounts import commands, credentials
from portal.accounts.models import Organisation, Person, Unit
from portal.actor import Actor
from portal.extensions import db
from portal.outbox import OutboxMessage

UNIT = "Administration"


def first_admin(now: datetime, organisation: str, name: str, mail: str, password: str) -> Person:
    """An account with the role `admin` and this password; organisation and unit as needed.

    Raises Invalid, for a known address too: that account can get the role from an administrator.
    """
    actor = Actor.system(now)
    unit = _unit(actor, organisation)
    data = {"name": name, "email": mail, "unit_id": str(unit.id), "role": "admin"}
    person = commands.invite_person(actor, data)
    credentials.set_password(actor, person, password)
    # With the password set, the link in the invitation would be dead on arrival.
    db.session.flush()
    db.session.execute(delete(OutboxMessage).where(OutboxMessage.person_id == person.id))
    return person


def _unit(actor: Actor, name: str) -> Unit:
    found = db.session.scalar(select(Organisation).where(Organisation.name == name))
    data = {"name": name, "kind": "county", "data_protection_regime": "gdpr"}
    organisation = found or commands.create_organisation(actor, data)
    unit = db.session.scalar(
        select(Unit).where(Unit.organisation_id == organisation.id, Unit.name == UNIT)
    )
    return unit or commands.create_unit(actor, organisation.id, {"name": UNIT})
