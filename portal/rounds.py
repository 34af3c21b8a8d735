"""One round of a worker: messages, endings, seals, and once a day what is over is deleted."""

from __future__ import annotations

from datetime import datetime

from portal import outbox, sealing
from portal.actor import Actor
from portal.database import unit_of_work
from portal.extensions import db
from portal.privacy import retention
from portal.referrals import endings


def run(now: datetime, transport: outbox.Transport, *, thorough: bool) -> tuple[int, int]:
    """Returns how many messages were delivered and how many failed.

    `thorough` seals the log to its end; otherwise what has waited long enough.
    """
    system = Actor.system(now)
    # Looked up first: whoever writes keeps others waiting, and mostly there is nothing to write.
    news = db.session.scalar(endings.to_announce(system).limit(1)) is not None
    db.session.rollback()
    if news:
        with unit_of_work():
            endings.announce(system)
    sent = outbox.deliver_due(transport, now)
    retention.run_due(now, "worker")
    # Last: what this round itself wrote down is sealed too.
    (sealing.seal_all if thorough else sealing.seal_due)(now)
    return sent
