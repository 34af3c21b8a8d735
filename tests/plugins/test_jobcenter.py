"""The Jobcenter plugin keeps the contract, and does what an office and an advisor need."""

from __future__ import annotations

from datetime import date, timedelta
from types import ModuleType
from typing import ClassVar

import pytest
from flask import Flask

from portal.codes import DECLINE
from portal.extensions import db
from portal.problems import Invalid
from portal.referrals import endings
from portal.referrals.models import Referral
from portal.referrals.policy import get_visible
from portal.testing.contract import PluginContract
from portal.testing.pages import browser
from portal.testing.town import Town, build_town
from portal_jobcenter import courses, forms, policy
from portal_jobcenter import plugin as jobcenter
from portal_jobcenter.workflow import REASONS, WORKFLOW


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = jobcenter
    answers: ClassVar = {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}}


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """What depends on the database is tested with the hooks, on both."""
    return sqlite_app


@pytest.fixture
def town(app: Flask, factory) -> Town:
    found = build_town(factory, "jobcenter")
    db.session.commit()
    return found


def sent(town: Town, request: str = "course_obligation", **form: object) -> Referral:
    answers = {"request": request, "details": "Bitte klären.", **form}
    return town.factory.sent(town.advisor, town.client, town.service, form=answers)


def read(app: Flask, town: Town, path: str, *, partner: bool = False) -> tuple[int, str]:
    visitor = browser(app, town.partner if partner else town.advisor)
    db.session.commit()
    answer = visitor.get(path)
    return answer.status_code, answer.text


# --- words --------------------------------------------------------------------------------


def test_an_office_neither_grants_nor_refuses() -> None:
    """From an office these words read as a formal decision."""
    said = [state.label for state in WORKFLOW.states]
    said += [text for action in WORKFLOW.actions for text in (action.label, action.done)]
    said += [label for _, label in REASONS]
    assert not [text for text in said if "bgelehnt" in text or "ewilligt" in text]
    assert "Zugesagt" not in said


def test_its_reasons_are_the_cores_codes_in_its_own_words() -> None:
    known = {code.key for code in DECLINE}
    assert {code for code, _ in REASONS} < known
    assert "no_capacity" not in dict(REASONS), "an office is never full"


def test_whoever_is_entitled_is_not_put_on_a_list() -> None:
    assert "waitlisted" not in [state.key for state in WORKFLOW.states]


def test_every_request_has_papers_and_every_paper_a_label() -> None:
    assert set(forms.USUALLY_NEEDED) == set(dict(forms.REQUESTS))
    named = {paper for papers in forms.USUALLY_NEEDED.values() for paper in papers}
    assert named <= set(dict(forms.DOCUMENTS))


# --- deadlines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decided_on", "register_by"),
    [
        (date(2026, 8, 24), date(2026, 11, 24)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 9, 30), date(2026, 12, 30)),
    ],
)
def test_a_vocational_course_must_be_registered_for_in_three_months(
    decided_on: date, register_by: date
) -> None:
    assert courses.COURSES["vocational_course"].register_by(decided_on) == register_by


def test_a_deadline_that_the_law_does_not_count_in_months_is_not_invented() -> None:
    assert courses.COURSES["integration_course"].register_by(date(2026, 11, 23)) is None


def test_every_rule_says_where_it_stands_and_of_when_the_text_is() -> None:
    for course in courses.COURSES.values():
        assert course.source.startswith("§")
        assert course.as_of >= 2022


def test_a_reporting_date_that_has_passed_meanwhile_stops_the_sending(town: Town) -> None:
    tomorrow = town.factory.now.date() + timedelta(days=1)
    draft = town.factory.draft(
        town.advisor, town.client, town.service,
        form={"request": "appointment", "reporting_on": tomorrow},
    )  # fmt: skip
    town.factory.consent(town.advisor, town.client, town.service.unit)
    later = town.factory.at(town.factory.now + timedelta(days=2))
    with pytest.raises(Invalid, match="Meldetermin ist inzwischen vorbei"):
        later.move(town.advisor, draft.id, "send")
    assert draft.status == "draft"


# --- decisions ----------------------------------------------------------------------------


def test_an_obligation_is_seen_on_the_clients_page_with_its_deadline_and_source(
    app: Flask, town: Town
) -> None:
    referral = sent(town)
    data = {"course_kind": "vocational_course"}
    town.factory.move(town.partner, referral.id, "accept")
    town.factory.move(town.partner, referral.id, "issue_obligation", data)
    _, page = read(app, town, f"/clients/{town.client.id}")
    assert "Berufssprachkurs" in page
    assert "Anmelden bis Di. 23.02.2027" in page
    assert "§ 6 Abs. 3 DeuFöV" in page


def test_a_result_keeps_what_was_offered(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    for measure, kind in (("avgs", "measure_offered"), (None, "appointment_only")):
        referral = sent(town, "measure")
        town.factory.move(town.partner, referral.id, "accept")
        town.factory.move(town.partner, referral.id, "complete", {"measure": measure})
        (decision,) = policy.decisions_of(actor, get_visible(actor, referral.id))
        assert (decision.kind, decision.subject) == (kind, measure)


def test_an_obligation_can_be_recorded_for_an_office_that_telephones(town: Town) -> None:
    referral = sent(town)
    town.factory.move(town.partner, referral.id, "accept")
    town.factory.move(town.advisor, referral.id, "issue_obligation", recorded_source="phone")
    assert referral.state == "obligation_issued"


def test_nothing_is_left_to_read_when_the_consent_is_revoked(app: Flask, town: Town) -> None:
    referral = sent(town)
    town.factory.move(town.partner, referral.id, "accept")
    town.factory.move(town.partner, referral.id, "issue_obligation")
    endings.revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    partner = town.factory.actor(town.partner)
    assert policy.decisions_of(partner, get_visible(partner, referral.id)) == []
    assert read(app, town, f"/jobcenter/{referral.id}/unterlagen", partner=True)[0] == 404


# --- papers -------------------------------------------------------------------------------


def test_the_sheet_lists_papers_and_names_nobody(app: Flask, town: Town) -> None:
    numbers = {"household_number": "61702//0004711", "customer_number": "617A004711"}
    referral = sent(town, "first_application", documents=["rent", "cv"], **numbers)
    status, sheet = read(app, town, f"/jobcenter/{referral.id}/unterlagen")
    assert status == 200
    to_get, at_hand = sheet.split("Haben Sie schon")
    assert "Wahl der Krankenkasse" in to_get
    assert "Mietvertrag" in at_hand
    assert "Lebenslauf" in at_hand
    assert not [secret for secret in ("Pryklad", *numbers.values()) if secret in sheet]


def test_the_numbers_are_read_by_sender_and_office_on_the_referral(app: Flask, town: Town) -> None:
    referral = sent(town, household_number="61702//0004711")
    for partner in (False, True):
        _, page = read(app, town, f"/referrals/{referral.id}", partner=partner)
        assert "61702//0004711" in page


def test_papers_that_are_not_passed_on_count_as_missing(app: Flask, town: Town) -> None:
    form = {"request": "appointment", "documents": ["letter"]}
    draft = town.factory.draft(
        town.advisor, town.client, town.service, form=form, withheld=["documents"]
    )
    town.factory.consent(town.advisor, town.client, town.service.unit, categories=[
        "person", "contact", "communication", "request"])  # fmt: skip
    town.factory.move(town.advisor, draft.id, "send")
    _, sheet = read(app, town, f"/jobcenter/{draft.id}/unterlagen", partner=True)
    assert "Haben Sie schon" not in sheet


def test_the_sheet_of_another_kind_of_referral_does_not_exist(app: Flask, town: Town) -> None:
    desk = town.service.unit
    other = town.factory.service(desk, "andere_stelle", "Etwas anderes")
    referral = town.factory.sent(town.advisor, town.client, other)
    assert read(app, town, f"/jobcenter/{referral.id}/unterlagen")[0] == 404
