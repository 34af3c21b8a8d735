"""One round of a worker: timers, endings, messages, seals; once a day what is over is deleted."""

from __future__ import annotations

from datetime import datetime

from portal import sealing
from portal.actor import Actor
from portal.answering import month
from portal.database import unit_of_work
from portal.extensions import db
from portal.mailing import sending
from portal.privacy import retention
from portal.referrals import endings, plugin_timers, timers


def run(now: datetime, transport: sending.Transport, *, thorough: bool) -> tuple[int, int]:
    """Returns how many messages were delivered and how many failed.

    `thorough` seals the log to its end; otherwise what has waited long enough.
    """
    attend(now)
    sent = sending.deliver_due(transport, now)
    retention.run_due(now, "worker")
    # Last: what this round itself wrote down is sealed too.
    (sealing.seal_all if thorough else sealing.seal_due)(now)
    return sent


def attend(now: datetime) -> None:
    """What becomes due by the calendar alone: timers, the ends of consents, the monthly letters."""
    system = Actor.system(now)
    plugin_timers.run_due(now)  # first: what a plugin moves on needs no reminder
    timers.run_due(now)
    # Looked up first: whoever writes keeps others waiting, and mostly there is nothing to write.
    news = db.session.scalar(endings.to_announce(system).limit(1)) is not None
    db.session.rollback()
    if news:
        with unit_of_work():
            endings.announce(system)
    month.ask_due(now)
