"""The daily run that deletes what is over, and the report it leaves: which rule, how many, no name.

Each step is a transaction of its own that first locks the run, so that several workers take
turns and a run that was killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal import audit
from portal.actor import Actor
from portal.database import unit_of_work
from portal.extensions import Model, db
from portal.privacy import erased
from portal.privacy.retention_rules import RetentionRule, in_force
from portal.privacy.retention_steps import STEPS
from portal.workflow import LOCAL

log = structlog.get_logger()


class RetentionRun(Model):
    """One day's run; `started_by` is "worker" or "command"."""

    __tablename__ = "retention_run"
    day: Mapped[date] = mapped_column(primary_key=True)
    started_by: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    deletions: Mapped[list[RetentionDeletion]] = relationship(
        order_by="RetentionDeletion.rule", lazy="selectin"
    )


class RetentionDeletion(Model):
    """What a run deleted under one rule; `oldest` and `newest` are days it was counted from.

    `failed` is how many could not be deleted: the log says why, the next run tries again.
    """

    __tablename__ = "retention_deletion"
    day: Mapped[date] = mapped_column(ForeignKey("retention_run.day"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    oldest: Mapped[date | None]
    newest: Mapped[date | None]

    def add(self, days: list[date]) -> None:
        self.count = (self.count or 0) + len(days)
        self.oldest = min([*days, *filter(None, [self.oldest])])
        self.newest = max([*days, *filter(None, [self.newest])])


def run_due(now: datetime, started_by: str) -> RetentionRun | None:
    """Do today's run, or what is left of it; None if it is done already."""
    system = Actor.system(now)
    if _is_done(system.today):
        return None
    _begin(system, started_by)
    failed = {rule.key: _apply(system, rule) for rule in _carried_out(system.today)}
    with unit_of_work():
        erased.note_missing()
        run = _locked(system.today)
        if run is None:
            return None  # another worker was faster
        for key, count in failed.items():
            if count:
                _report(run, key).failed = count
        run.finished_at = system.now
        audit.record(system, "retention.finished", run=system.today.isoformat())
    return run


def _begin(system: Actor, started_by: str) -> None:
    with unit_of_work():
        if db.session.get(RetentionRun, system.today) is not None:
            return  # to be continued
        # Another worker may be adding the row at this very moment.
        with suppress(IntegrityError), db.session.begin_nested():
            db.session.add(
                RetentionRun(day=system.today, started_by=started_by, started_at=system.now)
            )


def would_delete(now: datetime) -> list[RetentionDeletion]:
    """What a run would delete now, rule by rule. Changes nothing."""
    today = Actor.system(now).today
    found = []
    for rule in _carried_out(today):
        if days := [day for _, day in _due(rule, today)]:
            found.append(RetentionDeletion(day=today, rule=rule.key))
            found[-1].add(days)
    db.session.rollback()
    return found


def _is_done(today: date) -> bool:
    finished = db.session.scalar(select(RetentionRun.finished_at).where(RetentionRun.day == today))
    db.session.rollback()
    return finished is not None


def _carried_out(today: date) -> Iterator[RetentionRule]:
    return (rule for rule in in_force(today) if rule.key in STEPS)


def _locked(today: date) -> RetentionRun | None:
    """Today's run, to be changed by this transaction alone; None once it is finished."""
    return db.session.scalar(
        select(RetentionRun)
        .where(RetentionRun.day == today, RetentionRun.finished_at.is_(None))
        .with_for_update()
    )


def _apply(system: Actor, rule: RetentionRule) -> int:
    """Delete all that is due under a rule; returns how many could not be deleted."""
    failed: list[Any] = []
    while True:
        keys: list[Any] = []
        try:
            with unit_of_work():
                run = _locked(system.today)
                part = list(_due(rule, system.today, failed, STEPS[rule.key].batch)) if run else []
                if run is None or not part:
                    return len(failed)
                keys = [key for key, _ in part]
                STEPS[rule.key].remove(system, keys, _over(rule, system.today))
                _report(run, rule.key).add([day for _, day in part])
        except OperationalError:
            raise  # the database does not answer: the worker tries again
        except Exception as error:
            if not keys:
                raise
            # One client whom a plugin cannot erase must not keep all others.
            failed += keys
            log.error("not deleted", rule=rule.key, keys=list(map(str, keys)),
                      error=type(error).__name__)  # fmt: skip


def _report(run: RetentionRun, rule: str) -> RetentionDeletion:
    found = next((each for each in run.deletions if each.rule == rule), None)
    if found is None:
        found = RetentionDeletion(day=run.day, rule=rule)
        run.deletions.append(found)
    return found


def _over(rule: RetentionRule, today: date) -> date:
    assert rule.keep is not None
    return rule.keep.newest_over(today)


def _due(
    rule: RetentionRule, today: date, but: Iterable[Any] = (), limit: int | None = None
) -> Iterator[tuple[Any, date]]:
    """Key and day of what is due."""
    statement = STEPS[rule.key].due(_over(rule, today))
    key = statement.selected_columns[0]
    statement = statement.where(key.not_in(list(but))).order_by(key).limit(limit)
    for found, *moments in db.session.execute(statement):
        yield found, min(_day(moment) for moment in moments if moment is not None)


def _day(moment: date | datetime) -> date:
    return moment.astimezone(LOCAL).date() if isinstance(moment, datetime) else moment
