"""Runs the timers of plugins: each as often as it wants, by one worker at a time."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.actor import Actor
from portal.database import unit_of_work
from portal.declarations import Timer
from portal.extensions import db
from portal.problems import Problem
from portal.referrals import commands
from portal.referrals.models import TimerRun
from portal.registry import registry

log = structlog.get_logger()


def run_due(now: datetime) -> None:
    """One that fails is logged and tried again at its next time; the others run."""
    system = Actor.system(now)
    ran = {row.key: row.ran_at for row in db.session.scalars(select(TimerRun))}
    db.session.rollback()
    for timer in registry().timers.values():
        if timer.key not in ran or ran[timer.key] + timer.every <= now:
            try:
                _run(system, timer)
            except OperationalError:
                raise  # the database does not answer: the worker tries again
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything
                log.error("timer failed", timer=timer.key, error=type(error).__name__)


def _run(system: Actor, timer: Timer) -> None:
    # Taken before it runs: another worker leaves it alone, and one that fails waits its turn.
    if not _take(system, timer):
        return
    with unit_of_work():
        due = [(row.id, key, row.version) for row, key in timer.run(system)]
    for referral_id, key, version in due:
        try:
            _move(system, referral_id, key, version)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's rule may raise anything
            log.error("timer failed", timer=timer.key, referral=str(referral_id),
                      error=type(error).__name__)  # fmt: skip


def _take(system: Actor, timer: Timer) -> bool:
    with unit_of_work():
        row = db.session.get(TimerRun, timer.key, with_for_update=True)
        if row is None:
            # Another worker may be adding the row at this very moment.
            with suppress(IntegrityError), db.session.begin_nested():
                db.session.add(TimerRun(key=timer.key, ran_at=system.now))
                return True
            return False
        if row.ran_at + timer.every > system.now:
            return False
        row.ran_at = system.now
        return True


def _move(system: Actor, referral_id: UUID, key: str, version: int) -> None:
    # Who was faster has moved it on: then it is not due any more.
    with suppress(Problem), unit_of_work():
        commands.perform(system, referral_id, key, {}, version)
