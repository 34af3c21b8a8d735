"""The own account: password, language, switching between memberships."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.accounts.models import Membership
from portal.accounts.session import MEMBERSHIP
from portal.extensions import db
from portal.testing.town import NOW, Town
from tests.accounts.conftest import PASSWORD, log_in

NEW = "noch ein guter Satz"


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


def _change(client, old: str, new: str):
    return client.submit("/account/password", {"old": old, "new": new}, form="/account")


def test_a_new_password_ends_all_other_sessions(app: Flask, advisor: Membership) -> None:
    client, elsewhere = app.test_client(), app.test_client()
    log_in(client, advisor.person.email)
    log_in(elsewhere, advisor.person.email)
    assert _change(client, PASSWORD, NEW).status_code == 303
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert log_in(elsewhere, advisor.person.email).status_code == 422
    assert log_in(elsewhere, advisor.person.email, NEW).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("wrong", NEW, "nicht Ihr bisheriges Passwort"),
        (PASSWORD, "kurz", "mindestens 12 Zeichen"),
        (PASSWORD, "Passwort1234", "zu oft verwendet"),
        (PASSWORD, "aaaaaabbbbbb", "zu oft verwendet"),
        (PASSWORD, "KatrinDemowald", "nicht aus Ihrem Namen"),
        (PASSWORD, "demowald-2026", "nicht aus Ihrem Namen"),
        (PASSWORD, "x1y2" * 60, "zu lang"),
    ],
)
def test_bad_passwords_are_refused(app, advisor: Membership, old, new, message) -> None:
    client = app.test_client().sign_in(advisor)
    answer = _change(client, old, new)
    assert answer.status_code == 422
    assert message in answer.text
    assert new not in answer.text
    assert log_in(app.test_client(), advisor.person.email).status_code == 303


def test_the_language_is_the_person_s(app: Flask, advisor: Membership) -> None:
    client = app.test_client().sign_in(advisor)
    assert '<html lang="de">' in client.get("/account").text
    form = {"language": "en"}
    assert client.submit("/account/language", form, form="/account").status_code == 303
    elsewhere = app.test_client()
    log_in(elsewhere, advisor.person.email)
    assert '<html lang="en">' in elsewhere.get("/account").text
    assert '<html lang="en">' in elsewhere.get("/account/forgotten").text
    refused = client.submit("/account/language", {"language": "xx"}, form="/account")
    assert refused.status_code == 422


def test_one_person_two_organisations(app: Flask, town: Town) -> None:
    second = town.factory.member("Katrin Demowald", town.partner.unit, "partner")
    db.session.commit()
    client = app.test_client().sign_in(town.advisor)
    page = client.get("/account")
    assert "Integrationsmanagement" in page.text
    assert second.unit.full_name in page.text
    form = {"membership": str(second.id)}
    assert client.submit("/account/switch", form, form="/account").location == "/"
    with client.session_transaction() as session:
        assert session[MEMBERSHIP] == second.id.hex
    assert client.get("/clients/").status_code != 200
    assert client.get("/services").status_code == 200


@pytest.mark.parametrize("which", ["foreign", "ended", "nonsense", "closed unit"])
def test_one_acts_only_as_what_one_is(app: Flask, town: Town, which: str) -> None:
    second = town.factory.member("Katrin Demowald", town.partner.unit, "partner")
    wanted = str(second.id)
    if which == "foreign":
        wanted = str(town.lead.id)
    elif which == "nonsense":
        wanted = "x"
    elif which == "ended":
        second.ended_on = NOW.date()
    else:
        second.unit.active = False
    db.session.commit()
    client = app.test_client().sign_in(town.advisor)
    answer = client.submit("/account/switch", {"membership": wanted}, form="/account")
    assert answer.status_code == 404
    with client.session_transaction() as session:
        assert session[MEMBERSHIP] == town.advisor.id.hex


def test_whoever_serves_nowhere_has_an_account_and_nothing_else(app: Flask, town: Town) -> None:
    town.advisor.ended_on = NOW.date()
    db.session.commit()
    client = app.test_client().sign_in(town.advisor)
    assert client.get("/").status_code == 403
    page = client.get("/account")
    assert page.status_code == 200
    assert "zu keiner Stelle" in page.text
    assert client.submit("/logout", form="/account").status_code == 303


def test_a_name_is_text(app: Flask, town: Town) -> None:
    town.advisor.person.name = "<script>alert(1)</script>"
    db.session.commit()
    page = app.test_client().sign_in(town.advisor).get("/account")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
