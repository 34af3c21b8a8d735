"""Nothing stays silent: every timer by its name, once, whatever happens at the same moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.consents.models import Consent
from portal.database import unit_of_work
from portal.deadlines import Notice, awaiting_answer, notices
from portal.extensions import db
from portal.grants import Grant
from portal.lifecycle import Status
from portal.network.models import Service
from portal.outbox import OutboxMessage
from portal.problems import Conflict
from portal.referrals import commands, history, policy, timers
from portal.referrals.models import Event, Referral
from portal.testing.town import NOW, Town, build_town
from portal.workflow import LOCAL, Side
from portal.working_days import add_working_days
from tests.threads import at_once

SENT_ON = NOW.date()  # a Monday; the 25th of December is among the days that follow


def on(count: int, since: date = SENT_ON) -> datetime:
    """In the morning of a working day."""
    return datetime.combine(add_working_days(since, count), time(9), LOCAL)


def sent(town: Town) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return referral


def fresh(referral_id: UUID) -> Referral:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Referral, referral_id)


def told(*, since: int = 0) -> list[str]:
    """The topics of all messages in their order, without the first ones."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)))[since:]


def given(referral: Referral) -> list[str]:
    """What the timeline keeps of it, in order."""
    db.session.rollback()
    kept = select(Event.action).where(Event.referral_id == referral.id).order_by(Event.number)
    return [action for action in db.session.scalars(kept) if action in history.NOTICES]


def days(town: Town, first: int, last: int, since: date = SENT_ON) -> dict[int, list[str]]:
    """The worker runs on every working day: what it told on which."""
    found = {}
    for count in range(first, last + 1):
        before = len(told())
        timers.run_due(on(count, since))
        if topics := told(since=before):
            found[count] = topics
    return found


def later(town: Town, member: Membership, moment: datetime) -> Actor:
    return replace(town.factory.actor(member), now=moment)


def coordinator(town: Town) -> Membership:
    unit = town.factory.unit(town.factory.organisation("Kreis (Demo)", "county"))
    return town.factory.member("Klara Kreis", unit, "coordinator")


# --- the table ------------------------------------------------------------------------------------


def test_the_timetable_is_that_of_the_closed_loop() -> None:
    remind, overdue, escalate, expire = Notice
    assert awaiting_answer().notices == (
        (3, remind), (7, remind), (10, overdue), (15, escalate), (25, expire),
    )  # fmt: skip
    monday = date(2026, 9, 7)
    assert notices(Status.SENT, add_working_days(monday, 10)) == [
        (add_working_days(monday, count), what) for count, what in awaiting_answer().notices
    ]
    assert notices(Status.INFO_NEEDED, add_working_days(monday, 2)) == [
        (add_working_days(monday, count), what)
        for count, what in ((2, remind), (5, escalate), (25, expire))
    ]
    for status in ("waitlisted", "accepted", "scheduled", "in_progress", "paused"):
        assert notices(Status(status), monday) == [
            (date(2026, 9, 8), remind), (date(2026, 9, 14), escalate),
        ]  # fmt: skip
    assert notices(Status.COMPLETED, monday) == notices(Status.DRAFT, monday) == []


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        # Sent on Monday before Christmas 2026: Friday the 25th is free, the 26th a Saturday anyway.
        (date(2027, 1, 7), ["24.12", "31.12", "07.01", "14.01", "28.01"]),
        # Sent on Monday before Easter 2027: Good Friday and Easter Monday are free.
        (date(2027, 4, 7), ["25.03", "02.04", "07.04", "14.04", "28.04"]),
    ],
)
def test_public_holidays_count_for_nobody(due_on: date, expected: list[str]) -> None:
    assert [f"{day:%d.%m}" for day, _ in notices(Status.SENT, due_on)] == expected


@pytest.mark.parametrize("due", range(1, 61))
def test_a_service_with_other_days_has_them_in_order(due: int) -> None:
    for expires in (due + 7, due + 15, 120):
        counted = [day for day, _ in awaiting_answer(due, expires).notices]
        assert counted == sorted(set(counted))
        assert counted[0] > 0
        assert [what for _, what in awaiting_answer(due, expires).notices][-3:] == [
            Notice.OVERDUE, Notice.ESCALATE, Notice.EXPIRE,
        ]  # fmt: skip
        assert expires - counted[-2] >= 5


# --- one after the other --------------------------------------------------------------------------


def test_a_receiver_who_never_answers(app: Flask, town: Town) -> None:
    coordinator(town)
    referral = sent(town)
    assert days(town, 1, 30) == {
        3: ["referral.reminder"],
        7: ["referral.reminder"],
        10: ["referral.overdue"],
        15: ["referral.escalated"],
        25: ["referral.expired", "referral.result"],
    }
    ended = fresh(referral.id)
    assert (ended.status, ended.turn, ended.timer_on) == ("expired", "sender", None)
    assert given(referral) == [
        "remind_receiver", "remind_receiver", "overdue", "escalate_coordinator",
    ]  # fmt: skip
    by_whom = select(OutboxMessage.topic, OutboxMessage.unit_id, OutboxMessage.person_id)
    reached = {row.topic: (row.unit_id, row.person_id) for row in db.session.execute(by_whom)}
    assert reached["referral.reminder"] == (town.partner.unit_id, None)
    assert reached["referral.overdue"][1] == town.advisor.person_id


def test_an_answer_ends_the_reminding(app: Flask, town: Town) -> None:
    referral = sent(town)
    assert days(town, 1, 4) == {3: ["referral.reminder"]}
    actor = later(town, town.partner, on(5))
    commands.perform(actor, referral.id, "decline", {"code": "no_capacity"})
    db.session.commit()
    assert days(town, 5, 40) == {}


def test_reading_is_no_answer(app: Flask, town: Town) -> None:
    referral = sent(town)
    commands.perform(later(town, town.partner, on(1)), referral.id, "acknowledge", {})
    db.session.commit()
    assert days(town, 1, 8) == {3: ["referral.reminder"], 7: ["referral.reminder"]}


def test_while_a_question_is_open_the_receivers_clock_stands_still(app: Flask, town: Town) -> None:
    referral = sent(town)
    assert days(town, 1, 4) == {3: ["referral.reminder"]}
    ask = {"question": "Wie viele Kinder?"}
    commands.perform(later(town, town.partner, on(4)), referral.id, "ask", ask)
    db.session.commit()
    assert days(town, 4, 12) == {6: ["referral.unanswered"], 9: ["referral.stuck"]}
    assert given(referral) == ["remind_receiver", "remind_sender", "escalate_lead"]
    commands.perform(later(town, town.advisor, on(12)), referral.id, "answer", {"answer": "Zwei."})
    db.session.commit()
    # Eight days in between: the seventh day is the fifteenth. The third is not told again.
    assert fresh(referral.id).due_on == on(18).date()
    assert days(town, 12, 40) == {
        15: ["referral.reminder"],
        18: ["referral.overdue"],
        33: ["referral.expired", "referral.result"],
    }
    assert given(referral)[-1] == "overdue"  # there is nobody in this town to escalate to


def test_a_question_nobody_answers_ends_too(app: Flask, town: Town) -> None:
    referral = sent(town)
    commands.perform(town.factory.actor(town.partner), referral.id, "ask", {"question": "Wann?"})
    db.session.commit()
    assert days(town, 1, 30) == {
        2: ["referral.unanswered"],
        5: ["referral.stuck"],
        25: ["referral.expired", "referral.result"],
    }
    lead = select(OutboxMessage.person_id).where(OutboxMessage.topic == "referral.stuck")
    assert db.session.scalar(lead) == town.lead.person_id
    assert fresh(referral.id).status == "expired"


def test_without_a_team_lead_the_coordination_is_told(app: Flask, town: Town) -> None:
    coordinator(town)
    referral = sent(town)
    town.lead.ended_on = SENT_ON
    commands.perform(town.factory.actor(town.partner), referral.id, "ask", {"question": "Wann?"})
    db.session.commit()
    assert days(town, 1, 6) == {2: ["referral.unanswered"], 5: ["referral.escalated"]}


def accepted(town: Town, **data: Any) -> Referral:
    referral = sent(town)
    town.factory.move(town.partner, referral.id, "accept", data)
    db.session.commit()
    return referral


@pytest.mark.parametrize("move", ["", "start", "pause"])
def test_a_next_date_that_passes_is_asked_about_and_escalates(
    app: Flask, town: Town, move: str
) -> None:
    coordinator(town)
    referral = accepted(town)
    if move:
        town.factory.move(town.partner, referral.id, move)
        db.session.commit()
    next_on = fresh(referral.id).next_on
    assert next_on is not None
    assert days(town, 0, 40, next_on) == {1: ["referral.due"], 5: ["referral.escalated"]}
    assert fresh(referral.id).timer_on is None  # a person ends it now
    confirm = {"next_on": on(50, next_on).date()}
    commands.perform(later(town, town.partner, on(40, next_on)), referral.id, "confirm", confirm)
    db.session.commit()
    assert told()[-1] == "referral.news"
    assert days(town, 41, 60, next_on) == {51: ["referral.due"], 55: ["referral.escalated"]}


def test_an_appointment_that_is_over_is_asked_about(app: Flask, town: Town) -> None:
    referral = accepted(town)
    town.factory.move(town.partner, referral.id, "schedule", {"appointment_at": on(4)})
    db.session.commit()
    assert days(town, 1, 6) == {5: ["referral.appointment"]}
    actor = later(town, town.partner, on(6))
    commands.perform(actor, referral.id, "no_show", {"next_on": on(8).date()})
    db.session.commit()
    assert days(town, 6, 10) == {9: ["referral.due"]}


def test_an_appointment_far_ahead_is_no_silence(app: Flask, town: Town) -> None:
    referral = accepted(town)
    far = on(60)
    town.factory.move(town.partner, referral.id, "schedule", {"appointment_at": far})
    db.session.commit()
    assert days(town, 1, 60) == {}
    assert fresh(referral.id).next_on == far.date()
    assert days(town, 61, 62) == {61: ["referral.appointment"]}


def test_a_volunteer_is_reminded_beside_the_circle(app: Flask, factory: Any) -> None:
    town = build_town(factory, "helferkreis")
    desk = town.partner.unit
    circle = factory.member("Vera Kreis", desk, "volunteer_coordinator")
    volunteer = factory.member("Vito Frei", desk, "volunteer")
    referral = sent(town)
    factory.move(circle, referral.id, "accept")
    factory.move(circle, referral.id, "propose", {
        "handler": str(volunteer.id), "client_agrees": True, "next_on": on(4).date(),
        "clearance_until": SENT_ON + timedelta(days=300),
    })  # fmt: skip
    db.session.commit()
    assert days(town, 1, 6) == {5: ["referral.due", "task.reminder"]}
    reminded = select(OutboxMessage.person_id).where(OutboxMessage.topic == "task.reminder")
    assert db.session.scalar(reminded) == volunteer.person_id


def test_where_the_receiver_can_read_nothing_the_sender_must_act(app: Flask, town: Town) -> None:
    referral = sent(town)
    consent = db.session.get_one(Consent, fresh(referral.id).consent_id)
    consent.valid_until = SENT_ON
    db.session.commit()
    assert days(town, 1, 16) == {
        3: ["referral.stands"], 7: ["referral.stands"],
        10: ["referral.overdue"], 15: ["referral.stuck"],
    }  # fmt: skip


def test_what_is_restricted_waits(app: Flask, town: Town) -> None:
    referral = sent(town)
    consent = db.session.get_one(Consent, fresh(referral.id).consent_id)
    consent.suspended_on = SENT_ON
    db.session.commit()
    assert days(town, 1, 30) == {}
    db.session.get_one(Consent, consent.id).suspended_on = None
    db.session.commit()
    topics = days(town, 31, 40)
    # All that was left out is told once; the end leaves a last chance.
    assert topics[31] == ["referral.reminder", "referral.overdue"]
    assert topics[36] == ["referral.expired", "referral.result"]


def test_a_service_may_have_days_of_its_own(app: Flask, town: Town) -> None:
    coordinator(town)
    service = db.session.get_one(Service, town.service.id)
    service.due_days, service.expire_days = 5, 14
    db.session.commit()
    referral = sent(town)
    assert fresh(referral.id).due_on == on(5).date()
    assert days(town, 1, 20) == {
        1: ["referral.reminder"],
        3: ["referral.reminder"],
        5: ["referral.overdue"],
        8: ["referral.escalated"],
        14: ["referral.expired", "referral.result"],
    }


def test_a_worker_that_was_away_catches_up_without_haste(app: Flask, town: Town) -> None:
    coordinator(town)
    referral = sent(town)
    assert days(town, 30, 40) == {
        30: ["referral.reminder", "referral.overdue", "referral.escalated"],
        35: ["referral.expired", "referral.result"],
    }
    assert given(referral).count("remind_receiver") == 1


# --- at the same moment ---------------------------------------------------------------------------


@pytest.mark.parametrize("_round", range(3))
def test_several_workers_remind_once(app: Flask, town: Town, _round: int) -> None:
    referrals = [sent(town) for _ in range(3)]
    before = len(told())

    def work() -> int:
        return timers.run_due(on(3))

    results = at_once(app, work, work, work)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert told(since=before) == ["referral.reminder"] * 3
    assert [given(referral) for referral in referrals] == [["remind_receiver"]] * 3


@pytest.mark.parametrize("_round", range(3))
def test_an_answer_and_the_end_at_once_are_one_of_both(app: Flask, town: Town, _round: int) -> None:
    referral = sent(town)
    days(town, 1, 24)
    partner = later(town, town.partner, on(25))

    def answer() -> None:
        with unit_of_work():
            commands.perform(partner, referral.id, "decline", {"code": "no_capacity"})

    answered, expired = at_once(app, answer, lambda: timers.run_due(on(25)))
    assert not isinstance(expired, Exception)
    ended = fresh(referral.id)
    if answered is None:
        assert ended.status == "declined"
    else:
        assert isinstance(answered, Conflict)
        assert ended.status == "expired"
    last = db.session.scalars(select(Event).where(Event.to_state == ended.state)).all()
    assert len(last) == 1


def test_a_worker_that_dies_neither_loses_nor_doubles(app: Flask, town: Town) -> None:
    referral = sent(town)
    before = len(told())

    class Killed(BaseException):
        pass

    def die(_session: Any) -> None:
        raise Killed

    event.listen(db.session, "before_commit", die)
    try:
        with pytest.raises(Killed):
            timers.run_due(on(3))
    finally:
        event.remove(db.session, "before_commit", die)
    assert (told(since=before), given(referral)) == ([], [])
    assert timers.run_due(on(3)) == 1
    assert timers.run_due(on(3)) == 0
    assert (told(since=before), given(referral)) == (["referral.reminder"], ["remind_receiver"])


def test_one_that_fails_keeps_nobody_else(
    app: Flask, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = sent(town), sent(town)
    # Its timeline cannot be continued: the next number is taken.
    events = select(func.max(Event.number)).where(Event.referral_id == broken.id)
    last = db.session.scalar(events) or 0
    taken = update(Event).where(Event.referral_id == broken.id, Event.number == last)
    db.session.execute(taken.values(number=last + 1))
    db.session.commit()
    assert timers.run_due(on(3)) == 2
    assert (given(broken), given(sound)) == ([], ["remind_receiver"])
    assert fresh(broken.id).timer_on == on(3).date() + timedelta(days=1)
    assert timers.run_due(on(3)) == 0
    assert "Pryklad" not in caplog.text


# --- what is seen of it ---------------------------------------------------------------------------


def test_the_timeline_tells_it_in_one_line(app: Flask, town: Town) -> None:
    coordinator(town)
    referral = sent(town)
    days(town, 1, 15)
    lines = history.timeline(fresh(referral.id), Side.SENDER, Grant.PACKAGE)
    reminders = [line for line in lines if line.label == "Erinnert"]
    assert [[*map(str, detail)] for line in reminders for detail in line.details] == [
        ["26.11.2026", "Stelle erinnert"],
        ["02.12.2026", "Stelle erinnert"],
        ["07.12.2026", "Beratung informiert: Frist verstrichen"],
        ["14.12.2026", "Koordination im Landkreis informiert"],
    ]
    assert [line.who for line in reminders] == ["Hand in Hand"]


def test_what_happens_in_the_senders_office_stays_there(app: Flask, town: Town) -> None:
    referral = sent(town)
    commands.perform(town.factory.actor(town.partner), referral.id, "ask", {"question": "Wann?"})
    db.session.commit()
    days(town, 1, 6)
    assert given(referral) == ["remind_sender", "escalate_lead"]
    for side, shown in ((Side.SENDER, 1), (Side.RECEIVER, 0)):
        lines = history.timeline(fresh(referral.id), side, Grant.PACKAGE)
        assert [line.label for line in lines].count("Erinnert") == shown


def test_a_reminder_is_nobody_who_was_faster(app: Flask, town: Town) -> None:
    referral = sent(town)
    version = fresh(referral.id).version
    days(town, 1, 3)
    actor = later(town, town.partner, on(3))
    # The form was opened before the reminder: it still holds.
    commands.perform(actor, referral.id, "decline", {"code": "no_capacity"}, version)
    assert policy.get_visible(actor, referral.id).status == "declined"


def test_looking_for_what_is_due_goes_by_an_index(sqlite_app: Flask) -> None:
    asked = timers._due(Actor.system(NOW)).with_only_columns(Referral.id).limit(1)
    query = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert "ix_referral_timer_on" in str(plan)
