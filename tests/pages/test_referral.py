"""The page of a referral on both sides: what is shown, what can be done, what is refused."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from portal.extensions import db
from portal.referrals.models import Referral
from portal.testing.town import Town

SECRET = ("Pryklad", "Oksana", "0000 123456")


@pytest.fixture
def referral(town: Town) -> Referral:
    found = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return found


@pytest.fixture
def advisor(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.advisor)


@pytest.fixture
def partner(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.partner)


def url(referral: Referral, action: str = "") -> str:
    return f"/referrals/{referral.id}" + (f"/{action}" if action else "")


def test_the_receiver_sees_nobody_before_accepting(
    partner: FlaskClient, referral: Referral
) -> None:
    before = partner.get(url(referral)).text
    assert "Vorschau ohne Namen" in before
    assert not any(secret in before for secret in SECRET)
    assert not any(secret in partner.get("/").text for secret in SECRET)
    form = {"seen": str(referral.version), "next_on": "2026-12-01"}
    assert partner.post(url(referral, "accept"), data=form).status_code == 303
    after = partner.get(url(referral)).text
    assert all(secret in after for secret in SECRET)
    assert "Pryklad" in partner.get("/referrals").text


def test_the_answer_reaches_the_advisor_who_closes_the_loop(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    partner.post(url(referral, "accept"), data={"next_on": "2026-12-01"})
    partner.post(url(referral, "complete"), data={"code": "help_received", "note": "Platz da"})
    start = advisor.get("/").text
    assert "Abgeschlossen" in start
    assert "Geprüft, nichts weiter" in start
    assert "Platz da" in advisor.get(url(referral)).text
    assert advisor.post(url(referral, "review"), data={"back": "start"}).status_code == 303
    assert "Abgeschlossen" not in advisor.get("/").text
    assert "Ergebnis geprüft" in advisor.get(url(referral)).text
    assert "Ergebnis geprüft" not in partner.get(url(referral)).text


def test_a_question_and_its_answer(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    partner.post(url(referral, "ask"), data={"question": "Wie alt ist das Kind?"})
    assert "Beantworten" in advisor.get("/").text
    assert "Wie alt ist das Kind?" in advisor.get(url(referral)).text
    assert partner.get(url(referral, "accept")).status_code == 200
    advisor.post(url(referral, "answer"), data={"answer": "Drei Jahre."})
    db.session.rollback()
    assert referral.status == "sent"


def test_only_possible_moves_are_offered(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    page = partner.get(url(referral)).text
    assert "Zusagen" in page
    assert "Abschließen" not in page
    assert partner.get(url(referral, "complete")).status_code == 409
    assert partner.post(url(referral, "complete"), data={"code": "enrolled"}).status_code == 409
    assert partner.get(url(referral, "withdraw")).status_code == 403
    assert partner.post(url(referral, "withdraw"), data={"code": "duplicate"}).status_code == 403
    assert partner.get(url(referral, "nonsense")).status_code == 404
    assert advisor.get(url(referral, "accept")).status_code == 403
    assert advisor.post(url(referral, "accept")).status_code == 403


def test_the_slower_of_two_is_told_and_keeps_the_text(
    as_member: Any, partner: FlaskClient, town: Town, referral: Referral
) -> None:
    seen = str(referral.version)
    faster = town.factory.member("Pia Zweite", town.partner.unit, "partner")
    db.session.commit()
    accepted = {"seen": seen, "next_on": "2026-12-01"}
    assert as_member(faster).post(url(referral, "accept"), data=accepted).status_code == 303
    late = partner.post(
        url(referral, "decline"), data={"seen": seen, "code": "other", "explanation": "voll"}
    )
    assert late.status_code == 409
    assert "Pia Zweite war schneller" in late.text
    asked = partner.post(url(referral, "ask"), data={"seen": seen, "question": "Geht es montags?"})
    assert asked.status_code == 409
    assert "Geht es montags?" in asked.text


def test_a_refused_form_keeps_what_was_typed(partner: FlaskClient, referral: Referral) -> None:
    answer = partner.post(url(referral, "decline"), data={"code": "other", "explanation": ""})
    assert answer.status_code == 422
    assert "Bitte ausfüllen." in answer.text
    assert '<option value="other" selected>' in answer.text
    long = partner.post(url(referral, "ask"), data={"question": "a" * 1001})
    assert long.status_code == 422
    assert "a" * 1001 in long.text


def test_htmx_gets_the_form_alone(partner: FlaskClient, referral: Referral) -> None:
    part = partner.get(url(referral, "accept"), headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Nächster Schritt bis" in part.text
    done = partner.post(
        url(referral, "accept"), data={"next_on": "2026-12-01"}, headers={"HX-Request": "true"}
    )
    assert done.headers["HX-Location"].endswith(url(referral))
    assert "HX-Request" in done.headers["Vary"]


def test_an_answer_by_telephone_is_recorded_with_its_source(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    assert "Antwort eintragen" in advisor.get(url(referral)).text
    assert advisor.get(url(referral, "accept?record=1")).status_code == 200
    nameless = {"record": "1", "next_on": "2026-12-01"}
    assert advisor.post(url(referral, "accept"), data=nameless).status_code == 422
    done = advisor.post(url(referral, "accept"), data={**nameless, "source": "phone"})
    assert done.status_code == 303
    for page in (advisor.get(url(referral)).text, partner.get(url(referral)).text):
        assert "telefonisch von der Stelle" in page
    # A receiver cannot record for the sender, nor for itself.
    assert partner.post(url(referral, "complete"), data={
        "record": "1", "source": "phone", "code": "enrolled"}).status_code == 403  # fmt: skip


def test_revoking_closes_the_view_at_once(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    partner.post(url(referral, "accept"), data={"next_on": "2026-12-01"})
    consent = f"/consents/{referral.consent_id}"
    assert referral.reference in advisor.get(consent).text
    assert partner.get(consent).status_code == 403
    assert partner.post(f"{consent}/revoke").status_code == 403
    assert advisor.post(f"{consent}/revoke").status_code == 303
    ended = partner.get(url(referral)).text
    assert "Zugriff beendet" in ended
    assert "0000 1000" in ended  # the sender's telephone number
    assert "widerrufen" not in ended.casefold()
    assert not any(secret in ended for secret in SECRET)
    assert not any(secret in partner.get("/referrals?filter=all").text for secret in SECRET)
    assert advisor.post(f"{consent}/revoke").status_code == 409


def test_send_again_makes_a_draft_that_names_its_predecessor(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    assert advisor.post(url(referral, "again")).status_code == 409
    partner.post(url(referral, "decline"), data={"code": "no_capacity"})
    answer = advisor.post(url(referral, "again"))
    assert answer.status_code == 303
    assert "Ein Beispiel, kurz und ohne Namen." in advisor.get(answer.location).text
    assert "Folgevermittlung" in advisor.get(url(referral)).text


def test_void_is_the_team_leads(as_member: Any, advisor: FlaskClient, town: Town,
                                referral: Referral, partner: FlaskClient) -> None:  # fmt: skip
    assert advisor.get(url(referral, "void")).status_code == 403
    lead = as_member(town.lead)
    assert lead.get(url(referral, "void")).status_code == 200
    assert lead.post(url(referral, "void"), data={"reason": ""}).status_code == 422
    assert lead.post(url(referral, "void"), data={"reason": "falsche Person"}).status_code == 303
    assert partner.get(url(referral)).status_code == 404
    assert "Irrtümlich angelegt" in lead.get(url(referral)).text


def test_strangers_see_nothing_and_learn_nothing(as_member: Any, town: Town,
                                                 referral: Referral) -> None:  # fmt: skip
    unknown = f"/referrals/{uuid4()}"
    for member in (town.colleague, town.stranger):
        browser = as_member(member)
        foreign, missing = browser.get(url(referral)), browser.get(unknown)
        assert (foreign.status_code, missing.status_code) == (404, 404)
        # The same to the letter, but for the address that was asked for and the form's token.
        pages = [
            re.sub(r'(?<=value=")[^"]{40,}', "", text) for text in (foreign.text, missing.text)
        ]
        assert pages[0].replace(url(referral), "") == pages[1].replace(unknown, "")
        assert browser.post(url(referral, "accept")).status_code == 404
        assert browser.get(f"/clients/{town.client.id}").status_code in (403, 404)


def test_text_of_the_other_side_is_escaped(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    evil = "<script>alert(1)</script> \u05e9\u05dc\u05d5\u05dd"
    partner.post(url(referral, "ask"), data={"question": evil})
    page = advisor.get(url(referral)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_lists_filter_and_count(advisor: FlaskClient, partner: FlaskClient, town: Town,
                                referral: Referral) -> None:  # fmt: skip
    town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    todo = advisor.get("/referrals").text
    assert "Zu tun (1)" in todo
    assert "Warten auf die andere Stelle (1)" in todo
    assert "Alle (2)" in advisor.get("/referrals?filter=all").text
    assert "Neu (1)" in partner.get("/referrals").text
    assert "Alle (1)" in partner.get("/referrals?filter=all").text
    assert advisor.get("/referrals?after=abc").status_code == 404
