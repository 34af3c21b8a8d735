"""The workshop plugin keeps the contract, and does what an organiser and an advisor need."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any, ClassVar

import pytest
from flask import Flask
from sqlalchemy import select

from portal.codes import DECLINE, OUTCOME
from portal.extensions import db
from portal.problems import Conflict, Invalid
from portal.referrals import endings
from portal.referrals.models import Appointment, Referral
from portal.referrals.policy import get_visible
from portal.registry import registry
from portal.testing.contract import PluginContract
from portal.testing.pages import browser
from portal.testing.town import NOW, Town, build_town, fresh_app
from portal_wohnungsfuehrerschein import plugin as workshops
from portal_wohnungsfuehrerschein import policy
from portal_wohnungsfuehrerschein.workflow import OUTCOMES, REASONS, WORKFLOW

CERTIFICATE = {
    "code": "certificate_issued", "certificate_number": "WF-2026-0042", "hours": 6,
    "modules": ["heating", "waste"],
}  # fmt: skip
WORKSHOP = {"workshop": "Wohnungsführerschein Wolfach", "place": "Rathaus Wolfach",
            "appointment_at": NOW, "language": "de", "sessions": 2}  # fmt: skip


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = workshops
    # What ends a workshop is entered when it has begun.
    answers: ClassVar = {"register": {"appointment_at": NOW}, "complete": CERTIFICATE}


@pytest.fixture
def app(sqlite_url: str, tmp_path) -> Any:
    yield from fresh_app(sqlite_url, tmp_path, [("wohnungsfuehrerschein", workshops, "0")])


@pytest.fixture
def town(app: Flask, factory) -> Town:
    found = build_town(factory, "wohnungsfuehrerschein")
    db.session.commit()
    return found


def registered(town: Town, **workshop: Any) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    return town.factory.move(town.partner, referral.id, "register", {**WORKSHOP, **workshop})


def page(app: Flask, town: Town, referral: Referral, *, partner: bool = False) -> str:
    visitor = browser(app, town.partner if partner else town.advisor)
    db.session.commit()
    text = visitor.get(f"/referrals/{referral.id}").text
    db.session.rollback()  # what was read here is older than what the page noted
    return text


def appointments(referral: Referral) -> list[str]:
    mine = select(Appointment.state).where(Appointment.referral_id == referral.id)
    return list(db.session.scalars(mine.order_by(Appointment.starts_at)))


def test_its_codes_are_the_cores_in_its_own_words() -> None:
    assert {code for code, _ in REASONS} < {code.key for code in DECLINE}
    assert {code for code, _ in OUTCOMES} < {code.key for code in OUTCOME}
    said = [text for action in WORKFLOW.actions for text in (action.label, action.done)]
    assert not [text for text in said if "bgelehnt" in text or "ewilligt" in text]


def test_a_place_is_seen_by_both_sides_and_is_an_appointment(app: Flask, town: Town) -> None:
    referral = registered(town)
    assert (referral.state, referral.status) == ("registered", "scheduled")
    assert referral.next_on == NOW.date()
    for partner in (False, True):
        shown = page(app, town, referral, partner=partner)
        assert "Wohnungsführerschein Wolfach" in shown
        assert "Rathaus Wolfach" in shown
    assert appointments(referral) == ["planned"]


def test_a_full_workshop_leads_to_the_list_and_from_there_to_the_next(town: Town) -> None:
    referral = registered(town)
    town.factory.move(town.partner, referral.id, "event_cancelled", {"reason": "full"})
    assert referral.status == "waitlisted"
    assert appointments(referral) == ["cancelled"]
    town.factory.move(town.partner, referral.id, "register",
                      {**WORKSHOP, "appointment_at": NOW + timedelta(days=14)})  # fmt: skip
    assert referral.state == "registered"
    assert appointments(referral) == ["cancelled", "planned"]


def test_who_did_not_come_can_be_registered_again(town: Town) -> None:
    referral = registered(town)
    town.factory.move(town.partner, referral.id, "no_show", {"excused": True})
    assert (referral.status, referral.no_shows) == ("accepted", 1)
    town.factory.move(town.partner, referral.id, "register", WORKSHOP)
    assert referral.state == "registered"


@pytest.mark.parametrize("missing", ["certificate_number", "hours", "modules"])
def test_a_certificate_needs_its_proof(town: Town, missing: str) -> None:
    referral = registered(town)
    without = {**CERTIFICATE, missing: None}
    with pytest.raises(Invalid) as refused:
        town.factory.move(town.partner, referral.id, "complete", without)
    assert list(refused.value.errors) == [missing]
    assert referral.state == "registered"


def test_taking_part_needs_none(town: Town) -> None:
    referral = registered(town)
    nothing = {"code": "help_received", "modules": None}
    town.factory.move(town.partner, referral.id, "complete", nothing)
    actor = town.factory.actor(town.advisor)
    assert referral.status == "completed"
    assert policy.certificate_of(actor, get_visible(actor, referral.id)) is None


def test_nobody_is_certified_without_a_place(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    with pytest.raises(Conflict):
        town.factory.move(town.partner, referral.id, "complete", CERTIFICATE)


@pytest.mark.parametrize("action", ["complete", "no_show"])
def test_nothing_has_happened_before_the_first_session(town: Town, action: str) -> None:
    referral = registered(town, appointment_at=NOW + timedelta(days=5))
    data = CERTIFICATE if action == "complete" else {}
    with pytest.raises(Invalid, match="noch nicht begonnen"):
        town.factory.move(town.partner, referral.id, action, data)
    later = town.factory.at(NOW + timedelta(days=6))
    later.move(town.partner, referral.id, action, data)
    assert referral.state != "registered"


def test_the_certificate_tells_what_was_learned_and_nothing_about_the_person(
    app: Flask, town: Town
) -> None:
    referral = registered(town)
    town.factory.move(town.partner, referral.id, "complete", CERTIFICATE)
    assert appointments(referral) == ["kept"]
    actor = town.factory.actor(town.advisor)
    certificate = policy.certificate_of(actor, get_visible(actor, referral.id))
    assert certificate is not None
    assert certificate.stated == {
        "number": "WF-2026-0042", "title": "Wohnungsführerschein Wolfach",
    }  # fmt: skip
    assert (certificate.hours, certificate.modules) == (6, ["heating", "waste"])
    assert certificate.issued_on == date(2026, 11, 23)
    shown = page(app, town, referral)
    assert "WF-2026-0042" in shown
    assert "Heizen, Lüften, Energie sparen" in shown


def test_nothing_is_left_to_read_when_the_consent_is_revoked(app: Flask, town: Town) -> None:
    referral = registered(town)
    endings.revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    partner = town.factory.actor(town.partner)
    assert policy.place_of(partner, get_visible(partner, referral.id)) is None
    assert "Rathaus Wolfach" not in page(app, town, referral, partner=True)


def test_the_dossier_tells_places_and_certificates(town: Town) -> None:
    referral = registered(town)
    town.factory.move(town.partner, referral.id, "complete", CERTIFICATE)
    (dossier,) = registry().hook.portal_export_client(client=town.client)
    (place,), (certificate,) = dossier["Workshops"], dossier["Zertifikate"]
    assert (place["Sprache"], place["Anzahl der Termine"]) == ("Deutsch", 2)
    assert datetime.fromisoformat(place["Erster Termin"]) == NOW
    assert certificate["Nummer"] == "WF-2026-0042"
    assert certificate["Themen"] == ["Heizen, Lüften, Energie sparen", "Müll und Abwasser"]
