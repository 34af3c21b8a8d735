"""Erases again whoever had been erased, when an older backup brought them back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from portal.actor import Actor
from portal.clients.models import Client
from portal.database import unit_of_work
from portal.extensions import db
from portal.privacy import erased, erasure
from portal.referrals import endings


def erase_again(now: datetime) -> int:
    """Everybody each in a transaction of one's own; returns how many there were."""
    system, noted = Actor.system(now), erased.noted()
    if not noted:
        return 0
    there = set(db.session.scalars(select(Client.id).where(Client.erased_on.is_(None))))
    db.session.rollback()
    returned = sorted(there & noted.keys())
    for client_id in returned:
        with unit_of_work():
            of_client = select(Client).where(Client.id == client_id).with_for_update(of=Client)
            client = db.session.scalars(of_client).one()
            if client.closed_on is None:
                endings.close(system, client)
            erasure.erase(system, client, noted[client_id] or "restored")
    return len(returned)
