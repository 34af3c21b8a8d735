"""A plugin's timer runs once, whoever else is at work, and moves only what is still due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.declarations import Timer
from portal.demo.factory import Factory
from portal.extensions import db
from portal.referrals import commands, plugin_timers
from portal.referrals.models import Event, Referral, TimerRun
from portal.registry import registry
from portal.testing.town import NOW, Town, build_town
from tests.threads import at_once

TOO_LATE = NOW + timedelta(days=8)


@pytest.fixture
def course(factory: Factory) -> Town:
    found = build_town(factory, "sprachkurs")
    db.session.commit()
    return found


def offered(town: Town, days: int = 7) -> Referral:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "offer_seat", seat(NOW, days))
    db.session.commit()
    return referral


def seat(now: datetime, days: int) -> dict[str, Any]:
    return {
        "starts_on": now.date() + timedelta(days=40),
        "next_on": now.date() + timedelta(days=days),
    }


def lapses() -> int:
    db.session.rollback()
    counted = select(func.count()).where(Event.action == "lapse_seat")
    return db.session.scalar(counted) or 0


@pytest.mark.parametrize("_round", range(3))
def test_several_workers_run_it_once(app: Flask, course: Town, _round: int) -> None:
    offered(course), offered(course)
    results = at_once(app, *[lambda: plugin_timers.run_due(TOO_LATE)] * 3)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert lapses() == 2
    assert db.session.scalars(select(TimerRun.key)).all() == list(registry().timers)


def test_it_runs_again_when_its_time_has_come(app: Flask, course: Town) -> None:
    offered(course)
    plugin_timers.run_due(NOW + timedelta(days=7))
    plugin_timers.run_due(NOW + timedelta(days=7, minutes=59))
    assert lapses() == 0
    plugin_timers.run_due(TOO_LATE)
    assert lapses() == 1


def test_a_seat_that_is_answered_or_replaced_does_not_lapse(app: Flask, course: Town) -> None:
    f = course.factory
    taken, replaced, held = offered(course), offered(course), offered(course, 8)
    f.move(course.advisor, taken.id, "take_seat")
    f.move(course.partner, replaced.id, "offer_seat", seat(NOW, 9))
    db.session.commit()
    plugin_timers.run_due(TOO_LATE)
    states = {r.id: r.state for r in db.session.scalars(select(Referral))}
    assert states == {
        taken.id: "accepted", replaced.id: "seat_offered", held.id: "seat_offered",
    }  # fmt: skip


def test_what_moved_on_after_it_was_found_is_left_alone(app: Flask, course: Town) -> None:
    """Somebody offers another seat between the look and the move."""
    referral = offered(course)
    (timer,) = registry().timers.values()

    def found_and_replaced(actor: Any) -> list[Any]:
        due = [(as_read(row), key) for row, key in timer.run(actor)]
        partner = replace(course.factory.actor(course.partner), now=TOO_LATE)
        values = {**course.factory.answers(_fields(referral)), **seat(TOO_LATE, 5)}
        commands.perform(partner, referral.id, "offer_seat", values)
        return due

    meddling = Timer(key=timer.key, every=timer.every, run=found_and_replaced)
    registry().timers[timer.key] = meddling
    plugin_timers.run_due(TOO_LATE)
    db.session.expire_all()
    assert lapses() == 0
    assert db.session.get_one(Referral, referral.id).state == "seat_offered"


def as_read(row: Referral) -> Any:
    """The row as it was read: the session would show what became of it."""
    return type("Seen", (), {"id": row.id, "version": row.version})()


def _fields(referral: Referral) -> Any:
    return registry().referral_type(referral.type).workflow.action("offer_seat").fields
