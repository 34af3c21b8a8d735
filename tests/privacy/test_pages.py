"""The pages of a client's rights: who reaches them, what they say, what they cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.extensions import db
from portal.privacy import commands
from portal.privacy.models import PrivacyRequest
from portal.referrals import endings
from portal.referrals.models import Package, Referral
from portal.testing.town import NOW, Town
from tests.pages.conftest import as_member as as_member
from tests.pages.conftest import queries as queries

TODAY = NOW.date()
MOST = 10  # queries


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def advisor(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.advisor)


@pytest.fixture
def lead(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.lead)


def ask(town: Town, kind: str = "access", days_ago: int = 0) -> PrivacyRequest:
    db.session.rollback()
    data = {"kind": kind, "received_on": TODAY - timedelta(days=days_ago), "note": "Geheimnis"}
    asked = commands.record_request(town.factory.actor(town.advisor), town.client.id, data)
    db.session.commit()
    return asked


def test_from_the_request_to_the_answer(advisor: FlaskClient, town: Town) -> None:
    page = f"/clients/{town.client.id}/privacy"
    assert "Bisher nichts." in advisor.get(page).text
    form = {"kind": "objection", "received_on": "2026-11-20", "note": "Ich will <b>das</b> nicht."}
    assert advisor.post(page, data=form).location == page
    shown = advisor.get(page).text
    assert "Widerspruch (Art. 21 DSGVO)" in shown
    assert "zu beantworten bis So. 20.12.2026" in shown
    assert "Ich will &lt;b&gt;das&lt;/b&gt; nicht." in shown
    due = "Offen, zu beantworten bis So. 20.12.2026"
    assert due in advisor.get(f"/clients/{town.client.id}").text
    assert "Anliegen zum Datenschutz bis So. 20.12.2026" in advisor.get("/clients").text
    db.session.rollback()
    asked = db.session.scalars(select(PrivacyRequest)).one()
    address = f"/privacy/requests/{asked.id}"
    wrong = advisor.post(address, data={"outcome": "refused", "reason": ""})
    assert wrong.status_code == 422
    assert "ein Recht auf den Grund" in wrong.text
    reason = "Ohne die Angaben kann niemand beraten."
    assert advisor.post(address, data={"outcome": "refused", "reason": reason}).location == page
    assert reason in advisor.get(address).text
    assert "Nicht erfüllt am Mo. 23.11.2026" in advisor.get(page).text
    assert due not in advisor.get(f"/clients/{town.client.id}").text
    again = advisor.post(address, data={"outcome": "granted"})
    assert again.status_code == 409


def test_a_refused_form_keeps_what_was_typed(advisor: FlaskClient, town: Town) -> None:
    form = {"kind": "", "received_on": "2031-01-01", "note": "Bitte nicht verlieren"}
    answer = advisor.post(f"/clients/{town.client.id}/privacy", data=form)
    assert answer.status_code == 422
    assert "Bitte nicht verlieren" in answer.text
    assert 'value="2031-01-01"' in answer.text
    assert 'id="error-summary"' in answer.text


def test_a_correction_is_offered_until_it_is_passed_on(advisor: FlaskClient, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    page = f"/clients/{town.client.id}"
    db.session.commit()
    offer = "Andere Stellen haben noch alte Angaben"
    assert offer not in advisor.get(page).text
    form = {"given_name": "Oksana", "family_name": "Pryklad", "municipality": "08317041",
            "contact_language": "uk", "phone": "0000 999", "seen": "1"}  # fmt: skip
    assert advisor.post(f"{page}/edit", data=form).status_code == 303
    shown = advisor.get(page).text
    assert offer in shown
    assert "0000 999" in shown
    assert referral.reference in shown
    assert advisor.post(f"/referrals/{referral.id}/rectify").location == page
    shown = advisor.get(page).text
    assert "Die Berichtigung ist weitergegeben." in shown
    assert offer not in shown
    assert "Angaben berichtigt" in advisor.get(f"/referrals/{referral.id}").text
    assert advisor.post(f"/referrals/{referral.id}/rectify").status_code == 409


def test_without_consent_a_correction_says_what_is_missing(
    advisor: FlaskClient, town: Town
) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    assert referral.consent is not None
    referral.consent.valid_until = TODAY - timedelta(days=1)
    client = db.session.get_one(Client, town.client.id)
    client.profile = {**client.profile, "phone": "0000 999"}
    db.session.commit()
    answer = advisor.post(f"/referrals/{referral.id}/rectify", follow_redirects=True)
    assert "Es fehlt eine gültige Einwilligung" in answer.text
    db.session.rollback()
    assert len(db.session.scalars(select(Package)).all()) == 1


def test_freezing_and_opening_a_record(advisor: FlaskClient, town: Town) -> None:
    page = f"/clients/{town.client.id}/privacy"
    assert advisor.post(f"/clients/{town.client.id}/restrict").location == page
    assert "Einschränkung aufheben" in advisor.get(page).text
    assert advisor.post(f"/clients/{town.client.id}/restrict").status_code == 409
    assert advisor.post(f"/clients/{town.client.id}/unrestrict").location == page
    assert "Einschränkung aufheben" not in advisor.get(page).text


def test_erasing_asks_twice(advisor: FlaskClient, lead: FlaskClient, town: Town) -> None:
    page = f"/clients/{town.client.id}/erase"
    assert page not in advisor.get(f"/clients/{town.client.id}/privacy").text
    assert page in lead.get(f"/clients/{town.client.id}/privacy").text
    assert advisor.get(page).status_code == 403
    running = lead.get(page)
    assert "Die Beratung läuft noch." in running.text
    assert "Endgültig löschen" not in running.text
    db.session.rollback()
    town.factory.sent(town.advisor, town.client, town.service)
    endings.close_client(town.factory.actor(town.advisor), town.client.id)
    db.session.commit()
    asked = lead.get(page)
    assert "Kita-Büro Hausach (Demo)" in asked.text
    refused = lead.post(page, data={"reason": "not_needed"})
    assert refused.status_code == 422
    assert "Bitte bestätigen Sie" in refused.text
    done = lead.post(page, data={"reason": "not_needed", "sure": "y"}, follow_redirects=True)
    assert "Gelöscht." in done.text
    for address in ("", "/privacy", "/disclosures", "/dossier.pdf", "/dossier.json", "/edit",
                    "/portability.json", "/erase"):  # fmt: skip
        assert lead.get(f"/clients/{town.client.id}{address}").status_code == 404
    assert "Pryklad" not in lead.get("/clients?filter=closed").text
    assert "Niemand mit diesem Namen" in lead.post("/clients", data={"q": "Pryklad"}).text


def test_data_protection_sees_requests_without_a_name(
    as_member: Any, advisor: FlaskClient, town: Town
) -> None:
    auditor = as_member(town.factory.member("Rita Revision", town.advisor.unit, "auditor"))
    db.session.commit()
    assert "Zurzeit ist nichts zu beantworten." in auditor.get("/privacy/requests").text
    assert "Bisher wurde nichts verlangt." in auditor.get("/privacy/requests?filter=all").text
    late, done = ask(town, days_ago=60), ask(town, "erasure")
    commands.answer_request(town.factory.actor(town.advisor), done.id, {"outcome": "granted"})
    db.session.commit()
    shown = auditor.get("/privacy/requests").text
    assert late.reference in shown
    assert "überfällig seit" in shown
    assert "Team Kinzigtal" in shown
    assert done.reference not in shown
    both = auditor.get("/privacy/requests?filter=all").text
    assert done.reference in both
    for text in (shown, both):
        assert "Oksana" not in text
        assert "Pryklad" not in text
        assert "Geheimnis" not in text
    assert "/privacy/requests" in auditor.get("/").text
    assert auditor.get(f"/privacy/requests/{late.id}").status_code == 403
    assert advisor.get("/privacy/requests").status_code == 403


def test_every_look_is_in_the_log_with_its_purpose(advisor: FlaskClient, town: Town) -> None:
    base = f"/clients/{town.client.id}"
    for page, purpose in (
        ("/privacy", "privacy"), ("/disclosures", "disclosures"),
        ("/disclosures.pdf", "disclosures"), ("/dossier.json", "dossier"),
        ("/dossier.pdf", "dossier"), ("/portability.json", "portability"),
    ):  # fmt: skip
        assert advisor.get(base + page).status_code == 200
        db.session.rollback()
        last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.kind, last.client_id, last.purpose) == ("client.read", town.client.id, purpose)


def test_pages_cost_no_more_for_more_rows(
    advisor: FlaskClient, lead: FlaskClient, as_member: Any, town: Town,
    queries: Callable[[FlaskClient, str], int],
) -> None:  # fmt: skip
    auditor = as_member(town.factory.member("Rita Revision", town.advisor.unit, "auditor"))
    db.session.commit()
    base = f"/clients/{town.client.id}"
    pages = [(advisor, base), (lead, base), (advisor, f"{base}/privacy"),
             (advisor, f"{base}/disclosures"), (lead, f"{base}/erase"),
             (auditor, "/privacy/requests?filter=all")]  # fmt: skip

    def grow() -> None:
        db.session.rollback()
        for _ in range(4):
            referral = town.factory.sent(town.advisor, town.client, town.service)
            town.factory.move(town.partner, referral.id, "accept")
            town.factory.sent(town.advisor, town.client, town.other_service)
        client = db.session.get_one(Client, town.client.id)
        places = {"08317041": "08317040", "08317040": "08317041"}
        client.municipality_ags = moved_to = places[client.municipality_ags]
        phone = f"0000 {len(client.profile['phone'])}"
        client.profile = {**client.profile, "phone": phone, "municipality": moved_to}
        db.session.commit()
        for _ in range(4):
            ask(town)

    grow()
    few = [queries(visitor, page) for visitor, page in pages]
    grow()
    many = [queries(visitor, page) for visitor, page in pages]
    assert [count for count in many if count > MOST] == []
    assert many == few
    assert len(db.session.scalars(select(Referral)).all()) == 16
