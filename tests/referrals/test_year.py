"""A year of a county, day by day: people answer or do not, and no handoff stays silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import rounds
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import FINAL, OPEN, Status
from portal.network.models import Service
from portal.outbox import OutboxMessage
from portal.problems import Problem
from portal.referrals.history import NOTICES
from portal.referrals.models import Event, Referral
from portal.registry import registry
from portal.testing.journeys import Office
from portal.workflow import LOCAL, Action, Side
from portal.working_days import is_working_day, working_days_between

FIRST, DAYS = date(2026, 9, 1), 365
SENDING_DAYS = 150  # whatever is sent then has had time to end by itself
ANSWERS = {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}}
FORMS = {"jobcenter": {"request": "course_obligation"}}
# How likely somebody acts on a working day on which it is their turn: some never do.
DILIGENCE = (0.0, 0.04, 0.25)
# In working days past its date: when each waiting ends, or somebody is told who can end it.
ENDS_AFTER = {Status.SENT: 15, Status.INFO_NEEDED: 23}
REMINDED_BY_MAIL = {
    "remind_receiver": ("referral.reminder", "referral.due", "referral.appointment"),
    "remind_sender": ("referral.unanswered", "referral.stands"),
    "overdue": ("referral.overdue",),
    "escalate_lead": ("referral.stuck",),
    "escalate_coordinator": ("referral.escalated",),
}


class Year:
    """All kinds of partners; whom a seed makes send and answer, and when."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        factory = Factory(self.moment(FIRST))
        self.offices = {
            key: Office(factory, kind, FORMS.get(key, {}), ANSWERS)
            for key, kind in registry().referral_types.items()
        }
        other_days = db.session.get_one(Service, self.offices["andere_stelle"].service.id)
        other_days.due_days, other_days.expire_days = 6, 20
        self.sent = 0
        db.session.commit()

    @staticmethod
    def moment(day: date) -> datetime:
        return datetime.combine(day, time(10), LOCAL)

    def live(self, day: date) -> None:
        """What people do on a working day."""
        for office in self.offices.values():
            office.factory = Factory(self.moment(day))
        if (day - FIRST).days < SENDING_DAYS and self.chance.random() < 0.8:
            office = self.chance.choice(list(self.offices.values()))
            client = office.client()
            workflow = office.kind.workflow
            office.referral(client, (workflow.action("send"),))
            self.sent += 1
        for row in self._waiting():
            luck = Random(f"{row.reference} {row.turn}").choice(DILIGENCE)
            if self.chance.random() < luck:
                self._act(self.offices[row.type], row)
        db.session.commit()

    @staticmethod
    def _waiting() -> Iterator[Any]:
        asked = select(Referral.id, Referral.reference, Referral.type, Referral.turn,
                       Referral.state)  # fmt: skip
        yield from db.session.execute(
            asked.where(Referral.status.in_(OPEN)).order_by(Referral.reference)
        ).all()

    def _act(self, office: Office, row: Any) -> None:
        side = Side(row.turn)
        moves = [a for a in office.kind.workflow.actions_from(row.state) if a.side is side]
        action: Action = self.chance.choice(moves)
        referral = db.session.get_one(Referral, row.id)
        try:
            with db.session.begin_nested():
                office.perform(referral, action)
        except Problem:
            db.session.expire_all()  # not possible today: a seat that is not held any longer


def open_ones() -> list[Any]:
    db.session.rollback()
    shown = (Referral.id, Referral.reference, Referral.status, Referral.turn, Referral.next_on,
             Referral.timer_on, Referral.timer_step, Referral.type)  # fmt: skip
    return list(db.session.execute(select(*shown).where(Referral.status.in_(OPEN))))


def check(day: date) -> None:
    """On the evening of a day."""
    for row in open_ones():
        status = Status(row.status)
        assert row.turn in (Side.SENDER, Side.RECEIVER), row
        assert row.next_on is not None, row
        assert row.next_on <= day + timedelta(days=30), row
        late = working_days_between(row.next_on, day)
        if status in ENDS_AFTER:
            assert late < (14 if row.type == "andere_stelle" and status is Status.SENT
                           else ENDS_AFTER[status]), row  # fmt: skip
            assert row.timer_on is not None, row
        else:
            # Asked on the first day past the date, escalated on the fifth.
            assert row.timer_step == (late >= 1) + (late >= 5), row
        assert row.timer_on is None or row.timer_on > day, row


@pytest.mark.parametrize("seed", [1])
def test_in_a_year_no_handoff_stays_silent(sqlite_app: Flask, seed: int) -> None:
    year = Year(seed)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        rounds.attend(year.moment(day) - timedelta(hours=3))
        if is_working_day(day):
            year.live(day)
        check(day)

    assert year.sent >= 60
    found = db.session.execute(
        select(Referral.status, Referral.type, Referral.responded_at, Referral.closed_at)
    ).all()
    assert {row.type for row in found} == set(registry().referral_types)
    # Every one that was sent got an answer, or an end.
    silent = {row.status for row in found if row.responded_at is None}
    assert silent <= {Status.EXPIRED, Status.CANCELLED}
    ended = Counter(row.status for row in found if Status(row.status) in FINAL)
    assert ended["expired"] >= 5
    assert len(ended) >= 4
    assert _notices() == _mails()


def _notices() -> dict[str, int]:
    kept = select(Event.action, func.count()).where(Event.action.in_(NOTICES))
    return {row[0]: row[1] for row in db.session.execute(kept.group_by(Event.action))}


def _mails() -> dict[str, int]:
    counted = select(OutboxMessage.topic, func.count()).group_by(OutboxMessage.topic)
    sent = {row[0]: row[1] for row in db.session.execute(counted)}
    # One lead, and one who coordinates.
    found = {key: sum(sent.get(t, 0) for t in topics) for key, topics in REMINDED_BY_MAIL.items()}
    return {key: count for key, count in found.items() if count}
