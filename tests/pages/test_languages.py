"""Who reads the portal, and its letters, in which language."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.accounts.models import Membership
from portal.extensions import db
from portal.mailing.letters import Letter, render
from portal.outbox import OutboxMessage
from portal.testing.town import NOW, Town


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def speaks_english(member: Membership) -> Membership:
    db.session.rollback()
    member.person.language = "en"
    db.session.commit()
    return member


def test_german_unless_chosen(app: Flask) -> None:
    browser = app.test_client()
    page = browser.get("/login", headers={"Accept-Language": "en"})
    assert '<html lang="de">' in page.text
    assert "Passwort vergessen" in page.text
    assert 'lang="en">English</button>' in page.text


def test_a_browser_keeps_its_language(app: Flask) -> None:
    browser = app.test_client()
    chosen = browser.post("/language", data={"language": "en", "next": "/help?a=b"})
    assert (chosen.status_code, chosen.location) == (303, "/help?a=b")
    for path in ("/login", "/account/forgotten", "/help", "/nowhere", "/account/password/x"):
        page = browser.get(path)
        assert '<html lang="en">' in page.text, path
        assert 'lang="de">Deutsch</button>' in page.text, path
    assert "Forgotten password" in browser.get("/login").text
    wrong = browser.post("/login", data={"email": "a@b.example", "password": "x"})
    assert "Email address or password is not right." in wrong.text
    assert browser.post("/language", data={"language": "xx"}).status_code == 404


@pytest.mark.parametrize("target", ["//elsewhere.example/", "https://elsewhere.example/"])
def test_a_choice_of_language_leads_to_no_other_site(app: Flask, target: str) -> None:
    chosen = app.test_client().post("/language", data={"language": "en", "next": target})
    assert chosen.location == "/"


def test_a_person_chooses_at_the_foot_of_any_page(app: Flask, town: Town) -> None:
    browser = app.test_client().sign_in(town.advisor)
    page = browser.get("/clients")
    assert 'action="/account/language"' in page.text
    chosen = browser.post("/account/language", data={"language": "en", "next": "/clients"})
    assert chosen.location == "/clients"
    assert "Add person" in browser.get("/clients").text
    db.session.rollback()
    assert town.advisor.person.language == "en"


def test_dates_and_counts_follow_the_language(app: Flask, town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask", {"question": "Passt Montag?"})
    db.session.commit()
    german = app.test_client().sign_in(town.advisor).get("/").text
    english = app.test_client().sign_in(speaks_english(town.advisor)).get("/").text
    assert "bis Mi. 25.11.2026" in german
    assert "by Wed 25 Nov 2026" in english


def test_an_error_in_a_field_follows_the_language(app: Flask, town: Town) -> None:
    browser = app.test_client().sign_in(speaks_english(town.advisor))
    profile = {"given_name": "A" * 300, "birth_date": "2030-01-01"}
    page = browser.post("/clients/new", data=profile)
    assert page.status_code == 422
    assert "The text is too long. (300 / 200)" in page.text
    assert "The date is too late. At the latest: 23 Nov 2026" in page.text
    assert "Please fill in." in page.text


def test_what_somebody_typed_is_nobody_s_to_translate(app: Flask, town: Town) -> None:
    f = town.factory
    client = f.client(town.advisor, given_name="Nein", further_languages=["ar", "tr"])
    db.session.commit()
    page = app.test_client().sign_in(speaks_english(town.advisor)).get(f"/clients/{client.id}")
    assert ">Nein<" in page.text
    assert "Arabic, Turkish" in page.text


def letter(**to: object) -> Letter:
    message = OutboxMessage(topic="referral.news", reference="VM-2026-000001", path="/",
                            created_at=NOW, **to)  # fmt: skip
    return render(message)


def test_a_letter_is_in_its_reader_s_language(app: Flask, town: Town) -> None:
    speaks_english(town.advisor)
    said = letter(person_id=town.advisor.person_id)
    assert said.subject == "VM-2026-000001: News about your referral"
    assert "There is a message about case VM-2026-000001" in said.text
    assert letter(person_id=town.colleague.person_id).subject.endswith("Neues zu Ihrer Vermittlung")


def test_a_letter_to_several_is_in_the_language_of_all(app: Flask, town: Town) -> None:
    team = town.advisor.unit_id
    speaks_english(town.advisor)
    assert letter(unit_id=team).subject.endswith("Neues zu Ihrer Vermittlung")
    for member in (town.colleague, town.lead):
        speaks_english(member)
    assert letter(unit_id=team).subject.endswith("News about your referral")
    assert letter(unit_id=town.partner.unit_id).subject.endswith("Neues zu Ihrer Vermittlung")
