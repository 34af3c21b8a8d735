"""Guessing passwords is slowed down, per person and per address."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import FailedLogin, Membership
from portal.extensions import db
from portal.testing.town import NOW
from tests.accounts.conftest import PASSWORD, log_in


def test_ten_failures_are_enough_for_a_quarter_of_an_hour(app: Flask, advisor: Membership) -> None:
    client, mail = app.test_client(), advisor.person.email
    for _ in range(10):
        assert log_in(client, mail, "wrong").status_code == 422
    blocked = log_in(client, mail)
    assert blocked.status_code == 429
    assert "15 Minuten" in blocked.text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(minutes=16)
    assert log_in(client, mail).status_code == 303


def test_success_forgets_the_failures(app: Flask, advisor: Membership) -> None:
    client, mail = app.test_client(), advisor.person.email
    for _ in range(2):
        for _ in range(9):
            assert log_in(client, mail, "wrong").status_code == 422
        assert log_in(client, mail).status_code == 303
        client.submit("/logout", form="/account")
    by_mail_and_address = select(func.count()).select_from(FailedLogin)
    db.session.rollback()
    assert db.session.scalar(by_mail_and_address) == 18  # the address keeps its failures


def test_an_address_may_not_try_everybody(app: Flask, advisor: Membership) -> None:
    client = app.test_client()
    for number in range(50):
        assert log_in(client, f"guess{number}@portal.example", "x").status_code == 422
    assert log_in(client, advisor.person.email).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    data = {"email": advisor.person.email, "password": PASSWORD}
    assert client.submit("/login", data, environ_base=elsewhere).status_code == 303


def test_the_table_names_nobody(app: Flask, advisor: Membership) -> None:
    log_in(app.test_client(), advisor.person.email, "wrong")
    db.session.rollback()
    keys = db.session.scalars(select(FailedLogin.key)).all()
    assert len(keys) == 2
    assert not any("@" in key or "127" in key for key in keys)
