"""The welfare plugin keeps the contract; counselling stays where it happens, under its own name."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

import pytest
from flask import Flask

from portal.extensions import db
from portal.mailing.letters import render
from portal.network import commands as network
from portal.outbox import OutboxMessage
from portal.problems import Invalid
from portal.referrals import handover
from portal.referrals.models import Referral
from portal.testing.contract import PluginContract
from portal.testing.pages import browser
from portal.testing.town import Town, build_town
from portal.workflow import Kind, Side
from portal_wohlfahrt import forms
from portal_wohlfahrt import plugin as wohlfahrt
from portal_wohlfahrt.workflow import WORKFLOW

REAL, NEUTRAL = "Suchtberatung", "Beratungsstelle Familie"


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = wohlfahrt


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def town(app: Flask, factory) -> Town:
    found = build_town(factory, "wohlfahrt")
    found.service.name, found.service.neutral_name = REAL, NEUTRAL
    db.session.commit()
    return found


def page(app: Flask, member, path: str) -> str:
    db.session.commit()
    answer = browser(app, member).get(path)
    assert answer.status_code == 200
    return answer.text


def referral_of(town: Town) -> Referral:
    return town.factory.sent(town.advisor, town.client, town.service)


# --- nothing flows back -------------------------------------------------------------------


def test_a_counsellor_has_no_field_to_write_in() -> None:
    written = [
        (action.key, field.key)
        for action in WORKFLOW.actions
        for field in action.fields
        if action.side is Side.RECEIVER and field.kind in (Kind.TEXT, Kind.LONG_TEXT)
    ]
    assert written == []


def test_what_goes_out_is_name_contact_language_area_and_role() -> None:
    assert [question.key for question in forms.QUESTIONS] == ["subject", "lead_role"]
    assert not {"birth_date", "address", "residence_title"} & set(forms.DISCLOSES)


def test_the_subject_tells_nothing_that_is_nobodys_business() -> None:
    words = " ".join(label for _, label in forms.SUBJECTS).casefold()
    assert not [word for word in ("schuld", "sucht", "schwanger", "trauma") if word in words]


def test_from_the_first_talk_to_the_end(town: Town) -> None:
    f, referral = town.factory, referral_of(town)
    f.move(town.partner, referral.id, "waitlist")
    f.move(town.partner, referral.id, "accept")
    f.move(town.partner, referral.id, "start")
    assert (referral.state, referral.status) == ("first_appointment_kept", "in_progress")
    f.move(town.partner, referral.id, "complete")
    f.move(town.advisor, referral.id, "review")
    assert (referral.status, referral.turn) == ("completed", "")


def test_who_did_not_come_to_the_first_talk_is_no_success(town: Town) -> None:
    f, referral = town.factory, referral_of(town)
    f.move(town.partner, referral.id, "accept_with_appointment")
    f.move(town.partner, referral.id, "no_show")
    assert (referral.status, referral.no_shows) == ("accepted", 1)


def test_a_question_comes_from_a_list(town: Town) -> None:
    f, referral = town.factory, referral_of(town)
    with pytest.raises(Invalid):
        f.move(town.partner, referral.id, "ask", {"question": "Wie viel trinkt sie?"})
    f.move(town.partner, referral.id, "ask", {"question": "deadline"})
    assert referral.status == "info_needed"


# --- the name that tells nothing ----------------------------------------------------------


def test_only_the_handover_and_the_senders_page_say_what_it_is(app: Flask, town: Town) -> None:
    referral = referral_of(town)
    own = f"/referrals/{referral.id}"
    choose = f"/clients/{town.client.id}/handover/health"
    chosen = f"{choose}/share?service={town.service.id}"
    for path in (own, choose, chosen):
        assert REAL in page(app, town.advisor, path)


def test_everywhere_else_it_has_its_neutral_name(app: Flask, town: Town) -> None:
    referral = referral_of(town)
    town.factory.move(town.partner, referral.id, "accept")
    seen = [
        (town.partner, "/"),
        (town.partner, "/referrals?filter=all"),
        (town.partner, f"/referrals/{referral.id}"),
        (town.advisor, "/referrals?filter=all"),
        (town.advisor, f"/clients/{town.client.id}"),
        (town.advisor, f"/clients/{town.client.id}/close"),
        (town.advisor, f"/consents/{referral.consent_id}"),
        (town.lead, "/referrals?filter=all"),
    ]
    for member, path in seen:
        html = page(app, member, path)
        assert REAL not in html, path
        assert NEUTRAL in html, path


def test_the_proposed_purpose_has_the_neutral_name(app: Flask, town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    with app.test_request_context():
        sitting = handover.prepare(actor, town.client, [town.service], "family", None)
        (ask,) = sitting.consent.asks
        assert NEUTRAL in ask.form["purpose"].data
        assert REAL not in ask.form["purpose"].data


def test_no_letter_tells_either(town: Town) -> None:
    referral = referral_of(town)
    town.factory.move(town.partner, referral.id, "accept")
    letters = [render(m) for m in db.session.query(OutboxMessage)]
    assert len(letters) == 2
    assert not [x for x in letters if REAL in x.subject + x.text or NEUTRAL in x.text]


def test_a_service_without_a_neutral_name_goes_by_its_own(town: Town) -> None:
    assert town.other_service.public_name == town.other_service.name


def test_the_office_gives_the_neutral_name_itself(town: Town) -> None:
    town.service.unit.organisation.kind = "welfare"
    actor = town.factory.actor(town.partner)
    data = {
        "type": "wohlfahrt", "name": "Schwangerschaftsberatung", "neutral_name": "Familienbüro",
        "goal_areas": ["family"], "languages": ["de"], "capacity": "open", "active": True,
    }  # fmt: skip
    made = network.create_service(actor, data)
    assert made.public_name == "Familienbüro"
    network.change_service(actor, made.id, {**data, "neutral_name": ""})
    assert made.public_name == "Schwangerschaftsberatung"
