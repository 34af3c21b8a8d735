"""The course plugin keeps the contract, and does what a provider and an advisor need."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actor import Actor
from portal.codes import DECLINE, FAILURE, OUTCOME
from portal.extensions import db
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Forbidden, Invalid
from portal.referrals import commands, endings
from portal.referrals.models import Appointment, Referral
from portal.referrals.policy import get_visible, possible_actions
from portal.registry import registry
from portal.testing.contract import PluginContract
from portal.testing.pages import browser
from portal.testing.town import NOW, Town, build_town, fresh_app
from portal_sprachkurs import courses, entitlements, forms, policy
from portal_sprachkurs import plugin as sprachkurs
from portal_sprachkurs.workflow import OUTCOMES, REASONS, STATE_WORKFLOW, WORKFLOW

SEAT = {
    "course_name": "Integrationskurs 26-11", "course_kind": "general", "course_level": "a2",
    "starts_on": date(2027, 1, 11), "course_times": "vormittags", "course_place": "Haslach",
    "next_on": date(2026, 11, 30),
}  # fmt: skip


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = sprachkurs


@pytest.fixture
def app(sqlite_url: str, tmp_path) -> Any:
    yield from fresh_app(sqlite_url, tmp_path, [("sprachkurs", sprachkurs, "0")])


@pytest.fixture
def town(app: Flask, factory) -> Town:
    found = build_town(factory, "sprachkurs")
    db.session.commit()
    return found


def sent(town: Town, **form: Any) -> Referral:
    return town.factory.sent(town.advisor, town.client, town.service, form=form)


def offered(town: Town, form: dict[str, Any] | None = None, **seat: Any) -> Referral:
    referral = sent(town, **(form or {}))
    return town.factory.move(town.partner, referral.id, "offer_seat", {**SEAT, **seat})


def offer(town: Town, referral: Referral) -> Any:
    actor = town.factory.actor(town.advisor)
    return policy.latest_offer(actor, get_visible(actor, referral.id))


def results(town: Town, referral: Referral) -> list[Any]:
    actor = town.factory.actor(town.advisor)
    return policy.results_of(actor, get_visible(actor, referral.id))


def page(app: Flask, town: Town, referral: Referral, *, partner: bool = False) -> str:
    visitor = browser(app, town.partner if partner else town.advisor)
    db.session.commit()
    text = visitor.get(f"/referrals/{referral.id}").text
    db.session.rollback()  # what was read here is older than what the page noted
    return text


def topics() -> list[str]:
    return list(db.session.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)))


# --- words --------------------------------------------------------------------------------


def test_its_codes_are_the_cores_in_its_own_words() -> None:
    assert {code for code, _ in REASONS} < {code.key for code in DECLINE}
    assert {code for code, _ in OUTCOMES} < {code.key for code in OUTCOME}
    fail = next(f for f in WORKFLOW.action("fail").fields if f.key == "code")
    assert {code for code, _ in fail.choices} < {code.key for code in FAILURE}
    said = [text for action in WORKFLOW.actions for text in (action.label, action.done)]
    assert not [text for text in said if "bgelehnt" in text or "ewilligt" in text]


def test_a_kind_of_course_that_tells_of_health_has_no_code() -> None:
    assert not [label for _, label in courses.KINDS if "ehinder" in label]


def test_the_states_courses_need_no_entitlement_and_have_their_own_kinds() -> None:
    asked = {question.key for question in forms.STATE_QUESTIONS}
    assert not asked & {"route", "issued_on", "entitled_until"}
    field = next(f for f in STATE_WORKFLOW.action("offer_seat").fields if f.key == "course_kind")
    assert field.choices == courses.STATE


# --- entitlement --------------------------------------------------------------------------


def test_every_rule_says_where_it_stands_and_of_when_the_text_is() -> None:
    rules = [*entitlements.ROUTES.values(), *courses.START_CLOCKS.values()]
    assert all(rule.source.startswith("§") and rule.as_of >= 2022 for rule in rules)
    assert all(freeze.source and freeze.says for freeze in entitlements.FREEZES)


@pytest.mark.parametrize(
    ("route", "issued_on", "closed"),
    [
        ("admission", date(2026, 2, 8), False),
        ("admission", date(2026, 2, 9), True),
        ("admission", date(2026, 11, 23), True),
        ("claim", date(2026, 11, 23), False),
        ("obligation", date(2026, 11, 23), False),
        ("self_payer", date(2026, 11, 23), False),
    ],
)
def test_admissions_are_frozen_and_earlier_ones_stay_valid(
    route: str, issued_on: date, closed: bool
) -> None:
    assert (entitlements.freeze_on(route, issued_on) is not None) is closed


def test_a_freeze_that_ends_closes_nothing_afterwards(monkeypatch) -> None:
    ended = entitlements.Freeze(route="claim", valid_from=date(2026, 1, 1),
                                valid_to=date(2026, 6, 30), says="zu", source="Test")  # fmt: skip
    monkeypatch.setattr(entitlements, "FREEZES", (ended,))
    assert entitlements.freeze_on("claim", date(2026, 6, 30)) is ended
    assert entitlements.freeze_on("claim", date(2026, 7, 1)) is None


def test_an_admission_under_the_freeze_is_not_sent_and_says_which_ways_are_left(
    town: Town,
) -> None:
    with pytest.raises(Invalid, match="Anspruch, Verpflichtung und Selbstzahlung"):
        sent(town, route="admission", issued_on=date(2026, 2, 9))
    assert sent(town, route="admission", issued_on=date(2026, 2, 8)).status == "sent"


def test_an_entitlement_that_has_run_out_meanwhile_stops_the_sending(town: Town) -> None:
    until = NOW.date() + timedelta(days=1)
    draft = town.factory.draft(town.advisor, town.client, town.service,
                               form={"entitled_until": until})  # fmt: skip
    town.factory.consent(town.advisor, town.client, town.service.unit)
    later = town.factory.at(NOW + timedelta(days=2))
    with pytest.raises(Invalid, match="inzwischen abgelaufen"):
        later.move(town.advisor, draft.id, "send")
    assert draft.status == "draft"


# --- a seat -------------------------------------------------------------------------------


def test_an_offer_is_the_advisors_turn_until_its_day(app: Flask, town: Town) -> None:
    referral = offered(town)
    assert (referral.state, referral.status) == ("seat_offered", "waitlisted")
    assert (referral.turn, referral.next_on) == ("sender", date(2026, 11, 30))
    assert topics()[-1] == "sprachkurs.seat_offered"
    shown = page(app, town, referral)
    assert "Sie sind dran, bis" in shown
    for told in ("Integrationskurs 26-11", "vormittags", "Haslach", "Mo. 11.01.2027"):
        assert told in shown


def test_an_offer_shows_the_provider_no_name(app: Flask, town: Town) -> None:
    referral = offered(town)
    assert "Pryklad" not in page(app, town, referral, partner=True)
    town.factory.move(town.advisor, referral.id, "take_seat")
    assert "Pryklad" in page(app, town, referral, partner=True)


def test_a_seat_that_is_taken_starts_the_clock(app: Flask, town: Town) -> None:
    referral = offered(town)
    town.factory.move(town.advisor, referral.id, "take_seat")
    assert (referral.status, referral.turn) == ("accepted", "receiver")
    assert topics()[-1] == "sprachkurs.seat_taken"
    assert offer(town, referral).answer == "taken"
    shown = page(app, town, referral)
    assert "Mo. 04.01.2027" in shown  # six weeks after the registration
    assert "§ 7 Abs. 4 IntV" in shown


def test_a_vocational_course_starts_within_four_weeks() -> None:
    clock = courses.START_CLOCKS["vocational_b2"]
    assert clock.start_by(date(2026, 11, 23)) == date(2026, 12, 21)


def test_a_seat_that_is_refused_leaves_the_person_on_the_list(town: Town) -> None:
    referral = offered(town)
    town.factory.move(town.advisor, referral.id, "refuse_seat", {"reason": "childcare"})
    assert (referral.state, referral.turn) == ("waitlisted", "receiver")
    assert topics()[-1] == "sprachkurs.seat_free"
    assert offer(town, referral).answer == "refused"


def test_the_system_lets_an_offer_lapse_and_tells_both_sides(town: Town) -> None:
    referral = offered(town)
    earlier = len(topics())
    commands.perform(Actor.system(NOW + timedelta(days=8)), referral.id, "lapse_seat", {})
    assert (referral.state, referral.turn) == ("waitlisted", "receiver")
    assert offer(town, referral).answer == "lapsed"
    assert topics()[earlier:] == ["sprachkurs.seat_free", "referral.news"]


def test_nobody_but_the_system_lets_an_offer_lapse(town: Town) -> None:
    referral = offered(town)
    for member in (town.advisor, town.partner):
        with pytest.raises(Forbidden):
            town.factory.move(member, referral.id, "lapse_seat")


def test_the_provider_cannot_take_the_seat_for_the_person(town: Town) -> None:
    referral = offered(town)
    with pytest.raises(Forbidden):
        town.factory.move(town.partner, referral.id, "take_seat")
    actor = town.factory.actor(town.partner)
    offers = {a.key for a in possible_actions(actor, get_visible(actor, referral.id))}
    assert "accept" not in offers
    assert {"offer_seat", "decline"} <= offers


def test_an_expired_offer_can_be_refused_but_not_taken(town: Town) -> None:
    referral = offered(town)
    last_day = town.factory.at(datetime(2026, 11, 30, 20, tzinfo=UTC))
    too_late = town.factory.at(datetime(2026, 12, 1, 8, tzinfo=UTC))
    with pytest.raises(Invalid, match="abgelaufen"):
        too_late.move(town.advisor, referral.id, "take_seat")
    assert referral.state == "seat_offered"
    with db.session.begin_nested() as one_try:
        last_day.move(town.advisor, referral.id, "take_seat")
        assert referral.status == "accepted"
        one_try.rollback()
    too_late.move(town.advisor, referral.id, "refuse_seat")
    assert referral.state == "waitlisted"


@pytest.mark.parametrize(
    ("answer_until", "held"),
    [
        (date(2026, 11, 23), False),  # today
        (date(2026, 11, 24), True),
        (date(2026, 12, 7), True),  # the tenth working day
        (date(2026, 12, 8), False),
    ],
)
def test_a_seat_is_held_for_ten_working_days_at_most(
    town: Town, answer_until: date, held: bool
) -> None:
    referral = sent(town)
    if held:
        town.factory.move(town.partner, referral.id, "offer_seat",
                          {**SEAT, "next_on": answer_until})  # fmt: skip
        assert referral.next_on == answer_until
        return
    with pytest.raises(Invalid) as refused:
        town.factory.move(town.partner, referral.id, "offer_seat",
                          {**SEAT, "next_on": answer_until})  # fmt: skip
    assert list(refused.value.errors) == ["next_on"]


def test_an_answer_is_asked_for_before_the_course_begins(town: Town) -> None:
    with pytest.raises(Invalid, match="erst nach dem Beginn"):
        offered(town, starts_on=date(2026, 11, 27))


def test_another_seat_replaces_the_first(town: Town) -> None:
    referral = offered(town)
    town.factory.move(town.partner, referral.id, "offer_seat", {**SEAT, "course_name": "Kurs B"})
    second = offer(town, referral)
    assert (second.number, second.course["name"], second.answer) == (2, "Kurs B", "open")
    (dossier,) = registry().hook.portal_export_client(client=town.client)
    assert [row["Antwort"] for row in dossier["Angebotene Kursplätze"]] == [
        "durch ein anderes Angebot ersetzt", "Antwort offen",
    ]  # fmt: skip


def test_a_revoked_consent_ends_the_offer_and_the_view(app: Flask, town: Town) -> None:
    referral = offered(town)
    endings.revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    assert offer(town, referral).answer == "withdrawn"
    partner = town.factory.actor(town.partner)
    assert policy.latest_offer(partner, get_visible(partner, referral.id)) is None
    assert "Integrationskurs 26-11" not in page(app, town, referral, partner=True)


# --- test, course, result -----------------------------------------------------------------


def test_a_placement_test_comes_before_the_seat(town: Town) -> None:
    referral = sent(town)
    town.factory.move(town.partner, referral.id, "set_placement_test", {"place": "VHS, Raum 2"})
    assert (referral.state, referral.status) == ("placement_test_set", "scheduled")
    town.factory.move(town.partner, referral.id, "offer_seat", {**SEAT, "test_level": "a1"})
    appointment = db.session.scalar(
        select(Appointment).where(Appointment.referral_id == referral.id)
    )
    assert appointment is not None
    assert (appointment.place, appointment.state) == ("VHS, Raum 2", "kept")
    (result,) = results(town, referral)
    assert (result.kind, result.level) == ("placement_test", "a1")


def test_after_the_test_it_may_be_the_list_or_the_end(town: Town) -> None:
    for action, data, status in (
        ("waitlist", {"position": 7, "test_level": "pre_a1"}, "waitlisted"),
        ("fail", {"code": "not_eligible_after_check"}, "not_completed"),
    ):
        referral = sent(town)
        town.factory.move(town.partner, referral.id, "set_placement_test")
        town.factory.move(town.partner, referral.id, action, data)
        assert referral.status == status


def test_a_test_is_no_course(town: Town) -> None:
    referral = sent(town)
    town.factory.move(town.partner, referral.id, "set_placement_test")
    for action in ("start", "complete"):
        with pytest.raises(Conflict):
            town.factory.move(town.partner, referral.id, action)


def running(town: Town, **form: Any) -> Referral:
    referral = offered(town, form)
    town.factory.move(town.advisor, referral.id, "take_seat")
    return town.factory.move(town.partner, referral.id, "start")


def test_attendance_is_told_only_with_the_persons_agreement(app: Flask, town: Town) -> None:
    silent = running(town)
    with pytest.raises(Invalid) as refused:
        town.factory.move(town.partner, silent.id, "report_progress", {"attendance": "irregular"})
    assert list(refused.value.errors) == ["attendance"]
    agreed = running(town, attendance_agreed=True)
    report = {"module": None, "attendance": "irregular"}
    town.factory.move(town.partner, agreed.id, "report_progress", report)
    assert agreed.state == "in_progress"
    assert "Bitte sprechen Sie mit der Person" in page(app, town, agreed)
    assert "Bitte sprechen Sie mit der Person" not in page(app, town, agreed, partner=True)


def test_a_report_says_something(town: Town) -> None:
    referral = running(town, attendance_agreed=True)
    with pytest.raises(Invalid) as refused:
        town.factory.move(town.partner, referral.id, "report_progress", {"module": None})
    assert list(refused.value.errors) == ["module"]


def test_after_a_report_the_next_one_is_expected_anew(town: Town) -> None:
    referral = running(town)
    first, town.factory.now = referral.next_on, town.factory.now + timedelta(days=20)
    town.factory.move(town.partner, referral.id, "report_progress", {"module": 1})
    assert referral.next_on == first + timedelta(days=20)
    assert (referral.state, referral.turn) == ("in_progress", "receiver")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"exam": "failed"}, "exam"),
        ({"exam": "not_taken"}, "exam"),
        ({"level": "below_a2"}, "level"),
        ({"level": "not_tested"}, "level"),
    ],
)
def test_a_certificate_needs_a_passed_exam_and_a_level(
    town: Town, said: dict[str, str], field: str
) -> None:
    referral = running(town)
    data = {"code": "certificate_issued", "level": "b1", "exam": "passed", **said}
    with pytest.raises(Invalid) as refused:
        town.factory.move(town.partner, referral.id, "complete", data)
    assert list(refused.value.errors) == [field]


def test_the_end_is_told_as_level_and_exam(app: Flask, town: Town) -> None:
    referral = running(town)
    town.factory.move(town.partner, referral.id, "report_progress", {"module": 3, "level": "a1"})
    data = {"code": "help_received", "level": "a2", "exam": "failed"}
    town.factory.move(town.partner, referral.id, "complete", data)
    kinds = {result.kind: (result.level, result.module, result.exam)
             for result in results(town, referral)}  # fmt: skip
    assert kinds == {"progress": ("a1", 3, None), "final": ("a2", None, "failed")}
    shown = page(app, town, referral)
    assert "Modul 3 abgeschlossen" in shown
    assert "Prüfung nicht bestanden" in shown


# --- what is told -------------------------------------------------------------------------


def test_the_entitlement_clock_shows_only_what_was_passed_on(app: Flask, town: Town) -> None:
    form = {"route": "claim", "entitled_until": date(2027, 1, 14)}
    told = sent(town, **form)
    assert "Do. 14.01.2027" in page(app, town, told, partner=True)
    draft = town.factory.draft(town.advisor, town.client, town.service, form=form,
                               withheld=["entitled_until"])  # fmt: skip
    town.factory.move(town.advisor, draft.id, "send")
    assert "14.01.2027" not in page(app, town, draft, partner=True)


def test_the_first_language_is_not_in_the_preview() -> None:
    (kind, state) = sprachkurs.portal_referral_types()
    for one in (kind, state):
        assert "contact_language" in one.discloses
        assert "contact_language" not in (one.preview or ())
        assert {"german_level", "german_as_of", "literacy"} <= set(one.preview or ())
        assert not {"birth_date", "residence_title", "benefit_system"} & set(one.discloses)
