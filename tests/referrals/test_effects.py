"""What a move changes besides the state: dates, turns, codes, handlers, appointments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.extensions import db
from portal.lifecycle import LONGEST_SILENCE_DAYS, OPEN
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Forbidden, Invalid
from portal.referrals import commands, history, packages, policy
from portal.referrals.models import Appointment, Event, Referral
from portal.testing.town import NOW, Town
from portal.workflow import LOCAL, Side


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On one database: test_moves makes every move on both."""
    return sqlite_app


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=LOCAL).astimezone(UTC)


def appointments(referral: Referral) -> list[tuple[str, datetime]]:
    rows = db.session.scalars(
        select(Appointment)
        .where(Appointment.referral_id == referral.id)
        .order_by(Appointment.starts_at)
    )
    return [(row.state, row.starts_at) for row in rows]


# --- dates ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sent_on", "due_on"),
    [
        (date(2026, 11, 23), date(2026, 12, 7)),
        (date(2026, 12, 21), date(2027, 1, 7)),  # Christmas, New Year, Heilige Drei Könige
        (date(2026, 5, 29), date(2026, 6, 15)),  # Fronleichnam
        (date(2026, 11, 21), date(2026, 12, 4)),  # sent on a Saturday
    ],
)
def test_an_answer_is_due_after_ten_working_days(town: Town, sent_on: date, due_on: date) -> None:
    f = town.factory.at(at(sent_on))
    referral = f.sent(town.advisor, town.client, town.service)
    assert (referral.due_on, referral.next_on, referral.turn) == (due_on, due_on, "receiver")


def test_the_day_is_the_local_one(town: Town) -> None:
    # Half past midnight of the 24th here, still the 23rd in UTC.
    f = town.factory.at(datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    assert f.sent(town.advisor, town.client, town.service).due_on == date(2026, 12, 8)


def test_the_receivers_clock_stands_still_while_a_question_is_open(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)  # Monday 23.11., due 07.12.
    f.at(at(date(2026, 11, 26))).move(town.partner, referral.id, "ask")
    assert (referral.turn, referral.next_on) == ("sender", date(2026, 11, 30))
    assert referral.due_on == date(2026, 12, 7)
    f.at(at(date(2026, 12, 1))).move(town.advisor, referral.id, "answer")
    # Three working days went by: Friday, Monday, Tuesday.
    assert (referral.turn, referral.next_on) == ("receiver", date(2026, 12, 10))
    # A second question counts from its own day.
    f.at(at(date(2026, 12, 2))).move(town.partner, referral.id, "ask")
    f.at(at(date(2026, 12, 3))).move(town.advisor, referral.id, "answer")
    assert referral.due_on == date(2026, 12, 11)


def test_a_question_answered_the_same_day_moves_nothing(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask")
    f.move(town.advisor, referral.id, "answer")
    assert referral.due_on == date(2026, 12, 7)


MOVES: list[tuple[str, list[str]]] = [
    ("sent", []),
    ("info_needed", ["ask"]),
    ("sent", ["ask", "answer"]),
    ("waitlisted", ["waitlist"]),
    ("accepted", ["accept"]),
    ("scheduled", ["accept_with_appointment"]),
    ("scheduled", ["accept", "schedule"]),
    ("accepted", ["accept_with_appointment", "no_show"]),
    ("accepted", ["accept_with_appointment", "event_cancelled"]),
    ("in_progress", ["accept", "start"]),
    ("paused", ["accept", "pause"]),
    ("in_progress", ["accept", "pause", "resume"]),
    ("waitlisted", ["accept", "waitlist"]),
]


def go(town: Town, steps: list[str]) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    for step in steps:
        who = town.advisor if step == "answer" else town.partner
        town.factory.move(who, referral.id, step)
    return referral


@pytest.mark.parametrize(("status", "steps"), MOVES)
def test_no_open_referral_is_without_a_next_day(town: Town, status: str, steps: list[str]) -> None:
    referral = go(town, steps)
    assert referral.status == status
    assert referral.status in OPEN
    latest = NOW.date() + timedelta(days=LONGEST_SILENCE_DAYS)
    assert referral.next_on is not None
    assert NOW.date() <= referral.next_on <= latest


@pytest.mark.parametrize(
    ("steps", "last", "data", "next_on"),
    [
        ([], "accept", {"next_on": date(2026, 12, 1)}, date(2026, 12, 1)),
        ([], "accept_with_appointment", {"appointment_at": at(date(2026, 12, 2))},
         date(2026, 12, 2)),
        # Half a year ahead: somebody looks at it before.
        ([], "accept_with_appointment", {"appointment_at": at(date(2027, 5, 3))},
         date(2026, 12, 23)),
        (["accept"], "start", {"started_on": date(2026, 10, 1)}, date(2026, 12, 23)),
        (["accept"], "start", {"started_on": date(2026, 12, 1)}, date(2026, 12, 1)),
        (["accept"], "pause", {"next_on": date(2026, 12, 10)}, date(2026, 12, 10)),
    ],
)  # fmt: skip
def test_the_next_day_is_the_one_that_was_named(
    town: Town, steps: list[str], last: str, data: dict[str, Any], next_on: date
) -> None:
    referral = go(town, steps)
    town.factory.move(town.partner, referral.id, last, data)
    assert referral.next_on == next_on


def test_a_next_day_beyond_the_longest_silence_is_refused(town: Town) -> None:
    referral = go(town, [])
    too_late = {"next_on": date(2026, 12, 24)}
    with pytest.raises(Invalid) as caught:
        town.factory.move(town.partner, referral.id, "accept", too_late)
    assert set(caught.value.errors) == {"next_on"}


# --- who answered, when -----------------------------------------------------------------
def test_reading_is_not_answering(town: Town) -> None:
    referral = go(town, [])
    policy.get_visible(town.factory.actor(town.partner), referral.id)
    assert (referral.acknowledged_at, referral.responded_at) == (None, None)


def test_acknowledging_changes_no_state_and_happens_once(town: Town) -> None:
    referral = go(town, [])
    version, due = referral.version, referral.next_on
    town.factory.move(town.partner, referral.id, "acknowledge")
    assert (referral.status, referral.version, referral.next_on) == ("sent", version, due)
    assert (referral.acknowledged_at, referral.responded_at) == (NOW, None)
    with pytest.raises(Conflict):
        town.factory.move(town.partner, referral.id, "acknowledge")


@pytest.mark.parametrize("step", ["accept", "ask", "waitlist", "decline", "redirect"])
def test_every_answer_acknowledges_and_is_timed_once(town: Town, step: str) -> None:
    referral = go(town, [])
    later = town.factory.at(NOW + timedelta(days=1))
    later.move(town.partner, referral.id, step)
    assert referral.acknowledged_at == referral.responded_at == later.now
    if step in ("accept", "waitlist"):
        town.factory.at(NOW + timedelta(days=2)).move(town.partner, referral.id, "schedule")
        assert referral.responded_at == later.now


def test_the_handler_is_who_answers_unless_somebody_is_named(town: Town) -> None:
    colleague = town.factory.member("Petra Zweite", town.partner.unit, "partner")
    referral = go(town, ["accept"])
    assert referral.handler_id == town.partner.id
    town.factory.move(colleague, referral.id, "schedule")
    assert referral.handler_id == town.partner.id
    other = go(town, [])
    town.factory.move(town.partner, other.id, "accept", {"handler": str(colleague.id)})
    assert other.handler_id == colleague.id


def test_only_members_of_the_receiving_unit_can_be_handlers(town: Town) -> None:
    gone = town.factory.member("Alt Geworden", town.partner.unit, "partner")
    gone.ended_on = NOW.date()
    referral = go(town, [])
    for wrong in (town.stranger, town.advisor, gone):
        with pytest.raises(Invalid) as caught:
            town.factory.move(town.partner, referral.id, "accept", {"handler": str(wrong.id)})
        assert set(caught.value.errors) == {"handler"}


# --- appointments -----------------------------------------------------------------------
FIRST, SECOND = at(date(2026, 11, 30)), at(date(2026, 12, 3))


def test_an_appointment_has_its_row_and_place(town: Town) -> None:
    referral = go(town, [])
    data = {"appointment_at": FIRST, "place": "Zimmer 3"}
    town.factory.move(town.partner, referral.id, "accept_with_appointment", data)
    row = db.session.scalar(select(Appointment))
    assert row is not None
    assert (row.starts_at, row.place, row.state) == (FIRST, "Zimmer 3", "planned")


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("no_show", "no_show"),
        ("event_cancelled", "cancelled"),
        ("start", "kept"),
        ("complete", "kept"),
        ("fail", "cancelled"),
        ("waitlist", "kept"),
        ("withdraw", "cancelled"),
    ],
)
def test_how_an_appointment_ends(town: Town, step: str, state: str) -> None:
    referral = go(town, [])
    town.factory.move(town.partner, referral.id, "accept_with_appointment",
                      {"appointment_at": FIRST})  # fmt: skip
    who = town.advisor if step == "withdraw" else town.partner
    town.factory.move(who, referral.id, step)
    assert appointments(referral) == [(state, FIRST)]


def test_a_voided_referral_leaves_no_appointment_open(town: Town) -> None:
    referral = go(town, ["accept_with_appointment"])
    commands.void(town.factory.actor(town.lead), referral.id, {"reason": "Falsche Person"})
    assert [state for state, _ in appointments(referral)] == ["cancelled"]


def test_who_does_not_come_is_counted_and_can_come_again(town: Town) -> None:
    referral = go(town, [])
    f = town.factory
    f.move(town.partner, referral.id, "accept_with_appointment", {"appointment_at": FIRST})
    f.move(town.partner, referral.id, "no_show", {"excused": True})
    f.move(town.partner, referral.id, "schedule", {"appointment_at": SECOND})
    f.move(town.partner, referral.id, "no_show", {"excused": False})
    f.move(town.partner, referral.id, "schedule", {"appointment_at": SECOND})
    f.move(town.partner, referral.id, "event_cancelled")
    assert referral.no_shows == 2
    assert sorted(state for state, _ in appointments(referral)) == [
        "cancelled", "no_show", "no_show",
    ]  # fmt: skip


# --- the end ----------------------------------------------------------------------------
def test_a_result_waits_for_its_review_and_the_review_closes_the_loop(town: Town) -> None:
    referral = go(town, ["accept"])
    town.factory.move(town.partner, referral.id, "complete", {"code": "advised_only"})
    assert (referral.code, referral.closed_at, referral.loop_closed_at) == (
        "advised_only", NOW, None,
    )  # fmt: skip
    assert (referral.turn, referral.next_on) == ("sender", date(2026, 11, 30))
    version = referral.version
    later = town.factory.at(NOW + timedelta(days=3))
    later.move(town.advisor, referral.id, "review", {"plan_change": "Ziel erreicht."})
    assert (referral.status, referral.version) == ("completed", version)
    assert (referral.turn, referral.next_on, referral.loop_closed_at) == ("", None, later.now)
    with pytest.raises(Conflict):
        later.move(town.advisor, referral.id, "review")


def test_another_reason_needs_a_sentence(town: Town) -> None:
    referral = go(town, [])
    with pytest.raises(Invalid) as caught:
        town.factory.move(town.partner, referral.id, "decline", {"code": "other"})
    assert caught.value.errors == {"explanation": "Bitte ausfüllen."}
    town.factory.move(town.partner, referral.id, "decline",
                      {"code": "other", "explanation": "Umbau"})  # fmt: skip
    assert referral.code == "other"


@pytest.mark.parametrize("code", ["consent_withdrawn", "no_capacity", "made_up", ""])
def test_nobody_chooses_a_code_that_is_not_offered(town: Town, code: str) -> None:
    referral = go(town, [])
    with pytest.raises(Invalid) as caught:
        town.factory.move(town.advisor, referral.id, "withdraw", {"code": code})
    assert set(caught.value.errors) == {"code"}


# --- recorded for the other side --------------------------------------------------------
def last_message() -> OutboxMessage:
    found = db.session.scalar(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1))
    assert found is not None
    return found


def record(town: Town, referral: Referral, side: Side, source: str) -> Referral:
    actor = town.factory.actor(town.advisor).recording(side, source)
    data = {"next_on": NOW.date() + timedelta(days=7)}
    return commands.perform(actor, referral.id, "accept", data)


def test_a_recorded_answer_says_so_and_the_receiver_is_told(town: Town) -> None:
    referral = go(town, [])
    record(town, referral, Side.RECEIVER, "phone")
    assert (referral.status, referral.responded_at, referral.handler_id) == ("accepted", NOW, None)
    event = db.session.scalars(select(Event).order_by(Event.number.desc())).first()
    assert event is not None
    assert (event.side, event.source, event.membership_id) == (
        "receiver", "phone", town.advisor.id,
    )  # fmt: skip
    line = history.timeline(referral, Side.RECEIVER, policy.grant(
        town.factory.actor(town.partner), referral))[-1]  # fmt: skip
    assert (line.who, line.recorded) == ("Katrin Demowald", "telefonisch von der Stelle")
    message = last_message()
    assert (message.topic, message.unit_id) == ("referral.recorded", town.partner.unit_id)
    # The receiver may correct it.
    town.factory.move(town.partner, referral.id, "waitlist")
    assert referral.status == "waitlisted"


@pytest.mark.parametrize("source", ["", "rumour", "x" * 100])
def test_a_recorded_answer_needs_a_source_of_the_list(town: Town, source: str) -> None:
    referral = go(town, [])
    with pytest.raises(Invalid) as caught:
        record(town, referral, Side.RECEIVER, source)
    assert set(caught.value.errors) == {"source"}


@pytest.mark.parametrize("side", [Side.SENDER, Side.SYSTEM, Side.CLIENT])
def test_nobody_records_a_move_of_a_side_that_has_not_got_it(town: Town, side: Side) -> None:
    referral = go(town, [])
    with pytest.raises(Forbidden):
        record(town, referral, side, "phone")


@pytest.mark.parametrize("side", list(Side))
def test_a_receiver_records_nothing_for_anybody(town: Town, side: Side) -> None:
    referral = go(town, [])
    actor = town.factory.actor(town.partner).recording(side, "phone")
    for action in ("withdraw", "accept", "expire"):
        with pytest.raises(Forbidden):
            commands.perform(actor, referral.id, action, {})


def test_the_system_lets_a_referral_expire_and_tells_both_sides(town: Town) -> None:
    referral = go(town, [])
    commands.perform(Actor.system(NOW), referral.id, "expire", {})
    assert (referral.status, referral.turn) == ("expired", "sender")
    topics = db.session.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)).all()
    assert topics[-2:] == ["referral.expired", "referral.result"]


# --- outside of the workflow ------------------------------------------------------------
def test_sending_again_makes_a_successor_with_a_consent_check_of_its_own(town: Town) -> None:
    f = town.factory
    old = f.sent(town.advisor, town.client, town.service, urgency="soon", contact_forbidden=True,
                 form={"concern": "Ein Platz ab Januar."}, withheld=["phone"])  # fmt: skip
    actor = f.actor(town.advisor)
    with pytest.raises(Conflict):
        commands.send_again(actor, old.id)
    f.move(town.partner, old.id, "redirect")
    new = commands.send_again(actor, old.id, town.other_service.id)
    assert (new.follow_up_of_id, new.status, new.consent_id) == (old.id, "draft", None)
    assert (new.urgency, new.contact_forbidden, new.goal_area) == ("soon", True, old.goal_area)
    assert new.request == old.request
    assert old.status == "redirected"
    # The consent was for the other unit.
    with pytest.raises(Invalid) as caught:
        commands.perform(actor, new.id, "send", {})
    assert set(caught.value.errors) == {"consent"}
    f.consent(town.advisor, town.client, town.other_service.unit)
    commands.perform(actor, new.id, "send", {})
    package = packages.latest(new)
    assert package is not None
    assert "phone" not in package.content
    with pytest.raises(Forbidden):
        commands.send_again(f.actor(town.partner), old.id)


def test_only_the_team_lead_marks_as_entered_in_error(town: Town) -> None:
    f = town.factory
    referral = go(town, ["accept"])
    for member in (town.advisor, town.partner):
        with pytest.raises(Forbidden):
            commands.void(f.actor(member), referral.id, {"reason": "Versehen"})
    with pytest.raises(Invalid):
        commands.void(f.actor(town.lead), referral.id, {"reason": " "})
    commands.void(f.actor(town.lead), referral.id, {"reason": "Versehen"})
    assert (referral.status, referral.turn, referral.next_on) == ("entered_in_error", "", None)
    assert last_message().topic == "referral.withdrawn"
    with pytest.raises(Conflict):
        commands.void(f.actor(town.lead), referral.id, {"reason": "Versehen"})


@pytest.mark.parametrize(
    ("field", "details"),
    [
        ("goal_area", {"goal_area": "made_up"}),
        ("goal_area", {"goal_area": "x" * 500}),
        ("urgency", {"urgency": "at once"}),
        ("concern", {"form": {"concern": "x" * 601}}),
        ("concern", {"form": {"concern": "a\x00b"}}),
    ],
)
def test_a_draft_takes_only_what_is_offered(
    town: Town, field: str, details: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as caught:
        town.factory.draft(town.advisor, town.client, town.service, **details)
    assert set(caught.value.errors) == {field}


def test_a_draft_can_be_changed_until_it_is_sent(town: Town) -> None:
    f = town.factory
    referral = f.draft(town.advisor, town.client, town.service)
    actor = f.actor(town.advisor)
    form = {"concern": "Zwei Plätze."}
    commands.change_draft(actor, referral.id, form=form, withheld=["phone", "family_name", "x"],
                          urgency="urgent", contact_forbidden=True)  # fmt: skip
    # A name cannot be held back.
    assert "phone" not in referral.request["shared"]
    assert {"family_name", "concern"} <= set(referral.request["shared"])
    assert (referral.urgency, referral.contact_forbidden) == ("urgent", True)
    with pytest.raises(Invalid):
        commands.change_draft(actor, referral.id, form=form, withheld=[], urgency="x" * 99)
    f.consent(town.advisor, town.client, town.service.unit)
    commands.perform(actor, referral.id, "send", {})
    with pytest.raises(Conflict):
        commands.change_draft(actor, referral.id, form=form, withheld=[])


@pytest.mark.parametrize("closed", ["service", "unit", "organisation", "full"])
def test_nothing_is_sent_to_what_is_closed(town: Town, closed: str) -> None:
    f = town.factory
    referral = f.draft(town.advisor, town.client, town.service)
    f.consent(town.advisor, town.client, town.service.unit)
    part: Any = {
        "service": town.service, "unit": town.service.unit,
        "organisation": town.service.unit.organisation,
    }.get(closed)  # fmt: skip
    if part is None:
        town.service.closed_until = NOW.date() + timedelta(days=1)
    else:
        part.active = False
    for attempt in (
        lambda: commands.perform(f.actor(town.advisor), referral.id, "send", {}),
        lambda: f.draft(town.advisor, town.client, town.service),
    ):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert set(caught.value.errors) == {"service"}
    assert referral.status == "draft"


def test_referrals_outlive_the_accounts_of_those_who_made_them(town: Town) -> None:
    referral = go(town, ["accept"])
    for member in (town.advisor, town.partner):
        db.session.get_one(Membership, member.id).person.active = False
    successor = town.factory.member("Nora Nachfolge", town.partner.unit, "partner")
    town.factory.move(successor, referral.id, "complete")
    town.factory.move(town.lead, referral.id, "review")
    assert referral.loop_closed_at == NOW


def test_references_count_up_within_their_year(town: Town) -> None:
    f = town.factory
    first, second = (f.draft(town.advisor, town.client, town.service) for _ in range(2))
    assert (first.reference, second.reference) == ("VM-2026-000001", "VM-2026-000002")
    next_year = f.at(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # already 2027 here
    third = next_year.draft(town.advisor, town.client, town.service)
    assert third.reference == "VM-2027-000001"
