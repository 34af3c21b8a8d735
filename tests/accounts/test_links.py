"""Invitations and forgotten passwords: one-time links."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import outbox
from portal.accounts.models import FailedLogin, Membership, Person
from portal.extensions import db
from portal.mailing.letters import Letter
from portal.mailing.sending import deliver_due
from portal.testing.town import NOW, Town
from tests.accounts.conftest import PASSWORD, log_in


class Mailbox:
    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def path(self) -> str:
        """The path of the link in the only letter that is due now."""
        self.letters.clear()
        deliver_due(self, NOW)
        (letter,) = self.letters
        found = re.search(r"http://localhost(/account/password/\S+)", letter.text)
        assert found
        return found[1]


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def invited(app: Flask, admin: Membership, town: Town) -> Person:
    form = {
        "name": "Nina Neu",
        "email": "Nina.Neu@portal.example",
        "unit_id": str(town.partner.unit_id),
        "role": "partner",
    }
    answer = app.test_client().sign_in(admin).submit("/admin/people/new", form)
    assert answer.status_code == 303
    db.session.rollback()
    found = db.session.scalar(select(Person).where(Person.email == "nina.neu@portal.example"))
    assert found
    return found


def test_an_invitation_opens_the_account_once(app: Flask, invited: Person, mailbox) -> None:
    path = mailbox.path()
    assert mailbox.letters[0].to == ("nina.neu@portal.example",)
    client = app.test_client()
    for _ in range(2):  # a mail program looks first
        assert client.get(path).status_code == 200
    db.session.rollback()
    assert invited.password is None
    answer = client.submit(path, {"new": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert log_in(client, invited.email).status_code == 303

    again = app.test_client()
    assert again.get(path).status_code == 404
    token = again.token("/login")
    refused = again.post(path, data={"new": "something else entirely", "csrf_token": token})
    assert refused.status_code == 404
    assert log_in(again, invited.email).status_code == 303


def test_a_bad_password_can_be_tried_again(app: Flask, invited: Person, mailbox) -> None:
    path, client = mailbox.path(), app.test_client()
    refused = client.submit(path, {"new": "kurz"})
    assert refused.status_code == 422
    assert "mindestens 12 Zeichen" in refused.text
    assert client.submit(path, {"new": PASSWORD}).status_code == 303


def test_an_invitation_ends_after_seven_days(app: Flask, invited: Person, mailbox) -> None:
    path = mailbox.path()
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=7)
    assert app.test_client().get(path).status_code == 200
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=7, seconds=1)
    page = app.test_client().get(path)
    assert page.status_code == 404
    assert "gilt nicht mehr" in page.text


def test_a_changed_link_opens_nothing(app: Flask, invited: Person, mailbox) -> None:
    path = mailbox.path()
    body, _, signature = path.rpartition(".")
    for forged in (path[:-2], body + "." + signature[::-1], "/account/password/x", path + "%00"):
        assert app.test_client().get(forged).status_code == 404


def test_a_deactivated_person_s_link_is_dead(app: Flask, invited: Person, mailbox) -> None:
    path = mailbox.path()
    invited.active = False
    db.session.commit()
    assert app.test_client().get(path).status_code == 404


def test_a_link_to_a_wrong_address_dies_with_it(app, invited: Person, admin, mailbox) -> None:
    path = mailbox.path()
    form = {"name": invited.name, "email": "nina@portal.example"}
    page = f"/admin/people/{invited.id}"
    client = app.test_client().sign_in(admin)
    assert client.submit(page, form).status_code == 303
    assert app.test_client().get(path).status_code == 404
    assert client.submit(f"{page}/link", form=page).status_code == 303
    assert app.test_client().get(mailbox.path()).status_code == 200
    assert mailbox.letters[0].to == ("nina@portal.example",)


def test_a_forgotten_password_is_set_anew(app: Flask, advisor: Membership, mailbox) -> None:
    client = app.test_client()
    known = client.submit("/account/forgotten", {"email": advisor.person.email})
    said_to_known = client.get(known.location).text
    unknown = client.submit("/account/forgotten", {"email": "nobody@portal.example"})
    assert known.status_code == unknown.status_code == 303
    said = "Wenn es zu dieser Adresse ein Konto gibt"
    assert said in said_to_known
    assert said in client.get(unknown.location).text

    path = mailbox.path()  # and there is no other letter
    victim = app.test_client()
    log_in(victim, advisor.person.email)
    assert client.submit(path, {"new": "ganz neu und lang genug"}).status_code == 303
    assert victim.get("/account").status_code == 302
    assert log_in(client, advisor.person.email).status_code == 422
    assert log_in(client, advisor.person.email, "ganz neu und lang genug").status_code == 303


def test_a_new_password_lifts_the_block(app: Flask, advisor: Membership, mailbox) -> None:
    client = app.test_client()
    for _ in range(10):
        log_in(client, advisor.person.email, "wrong")
    assert log_in(client, advisor.person.email).status_code == 429
    client.submit("/account/forgotten", {"email": advisor.person.email})
    client.submit(mailbox.path(), {"new": "ganz neu und lang genug"})
    assert log_in(client, advisor.person.email, "ganz neu und lang genug").status_code == 303


def test_nobody_is_flooded_with_letters(app: Flask, advisor: Membership) -> None:
    client = app.test_client()
    for mail in (advisor.person.email, "nobody@portal.example"):
        statuses = [
            client.submit("/account/forgotten", {"email": mail}).status_code for _ in range(4)
        ]
        assert statuses == [303, 303, 303, 429]
    db.session.rollback()
    assert len(db.session.scalars(select(outbox.OutboxMessage)).all()) == 3
    assert not any("@" in key for key in db.session.scalars(select(FailedLogin.key)))
