"""Log-in, log-out, and what a stolen cookie is worth."""

from __future__ import annotations

import statistics

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import login
from portal.accounts.models import Membership
from portal.accounts.session import MEMBERSHIP
from portal.audit import AuditEntry
from portal.extensions import db
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.accounts.conftest import PASSWORD, log_in


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app  # these are about HTTP; the data layer is tested beside it


WRONG = "E-Mail-Adresse oder Passwort stimmt nicht."


def _kinds() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.kind).order_by(AuditEntry.id)))


def _cookie(client: PortalClient) -> str:
    found = client.get_cookie("portal")
    assert found
    return found.value


def test_the_right_password_opens_the_account(app: Flask, advisor: Membership) -> None:
    client = app.test_client()
    answer = log_in(client, advisor.person.email.upper() + " ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/account").status_code == 200
    assert _kinds()[-1] == "login.succeeded"
    assert advisor.person.last_login_at == NOW


def test_wrong_mail_and_wrong_password_look_alike(app: Flask, advisor: Membership) -> None:
    wrong_password = log_in(app.test_client(), advisor.person.email, "something else")
    wrong_mail = log_in(app.test_client(), "nobody@portal.example")
    assert wrong_password.status_code == wrong_mail.status_code == 422
    assert WRONG in wrong_password.text
    assert WRONG in wrong_mail.text
    assert f'value="{advisor.person.email}"' in wrong_password.text
    assert "something else" not in wrong_password.text
    assert _kinds()[-2:] == ["login.failed", "login.failed"]


def test_nobody_is_hashed_for_as_often_as_somebody(
    app: Flask, advisor: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real = login.verify_password

    def counted(password: str, stored: str) -> bool:
        calls.append(password)
        return bool(real(password, stored))

    monkeypatch.setattr(login, "verify_password", counted)
    counts = []
    for mail in (advisor.person.email, "nobody@portal.example"):
        calls.clear()
        log_in(app.test_client(), mail, "something else")
        counts.append(len(calls))
    assert statistics.pstdev(counts) == 0
    assert counts[0] == 1


def test_deactivated_and_invited_people_cannot_sign_in(app: Flask, town: Town, advisor) -> None:
    town.advisor.person.active = False
    db.session.commit()
    assert log_in(app.test_client(), advisor.person.email).status_code == 422
    assert log_in(app.test_client(), town.lead.person.email, "").status_code == 422


@pytest.mark.parametrize("mail", ["a\x00b@portal.example", "\u202eabc", "x" * 5000, "", "\ud800"])
def test_odd_addresses_are_refused(app: Flask, advisor: Membership, mail: str) -> None:
    client = app.test_client()
    mail = mail.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert log_in(client, mail).status_code == 422


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", ""]
)
def test_after_log_in_one_stays_here(app: Flask, advisor: Membership, target: str) -> None:
    answer = log_in(app.test_client(), advisor.person.email, next=target)
    assert answer.location == "/"


def test_after_log_in_one_is_where_one_wanted(app: Flask, advisor: Membership) -> None:
    client = app.test_client()
    asked = client.get("/account?x=1")
    assert asked.status_code == 302
    page = client.get(asked.location)
    assert 'name="next" value="/account?x=1"' in page.text
    answer = log_in(client, advisor.person.email, next="/account?x=1")
    assert answer.location == "/account?x=1"


def test_the_session_is_a_new_one(app: Flask, advisor: Membership) -> None:
    """Nothing planted into the session before log-in is there after it."""
    client = app.test_client()
    with client.session_transaction() as before:
        before["planted"] = "x"
        before[MEMBERSHIP] = "someone else's"
    token = client.token("/login")
    log_in(client, advisor.person.email)
    with client.session_transaction() as after:
        assert "planted" not in after
        assert MEMBERSHIP not in after
    assert client.token("/account") != token
    assert not client.get_cookie("remember_token")


def test_a_form_without_its_token_is_refused(app: Flask, advisor: Membership) -> None:
    client = app.test_client()
    answer = client.post("/login", data={"email": advisor.person.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert client.get("/account").status_code == 302


def test_a_stolen_cookie_is_worthless_after_log_out(app: Flask, advisor: Membership) -> None:
    client, thief = app.test_client(), app.test_client()
    log_in(client, advisor.person.email)
    thief.set_cookie("portal", _cookie(client))
    assert thief.get("/account").status_code == 200
    answer = client.submit("/logout", form="/account")
    assert answer.status_code == 303
    assert "auch auf anderen Geräten" in client.get(answer.location).text
    assert client.get("/account").status_code == 302
    assert thief.get("/account").status_code == 302
    assert "account.logged_out_everywhere" in _kinds()


def test_log_out_is_a_post(app: Flask, advisor: Membership) -> None:
    client = app.test_client().sign_in(advisor)
    assert client.get("/logout").status_code == 405
    assert client.get("/account").status_code == 200


def test_no_token_in_address_or_header_signs_in(app: Flask, advisor: Membership) -> None:
    token = advisor.person.get_auth_token()
    client = app.test_client()
    assert client.get(f"/account?auth_token={token}").status_code == 302
    answer = client.get("/account", headers={"Authentication-Token": token})
    assert answer.status_code == 302


def test_htmx_is_sent_to_thelog_in(app: Flask, advisor: Membership) -> None:
    answer = app.test_client().get("/account", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login")
