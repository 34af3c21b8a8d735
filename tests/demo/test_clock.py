"""The demo's clock: turned forward by whole days, each of them lived through, and only there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.session import now
from portal.demo import clock
from portal.demo.factory import Factory
from portal.extensions import db
from portal.outbox import OutboxMessage
from portal.referrals.models import Event, Referral
from portal.testing.client import PortalClient
from portal.testing.town import Town, build_town, fresh_app
from portal.workflow import LOCAL
from portal.working_days import add_working_days, is_working_day


@pytest.fixture
def demo(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """In demo mode, with the clock that the demo has."""
    file = tmp_path / "portal.sqlite"
    shutil.copy(sqlite_template, file)
    for app in fresh_app(f"sqlite:///{file}", tmp_path, migrated=True, DEMO="1"):
        clock.init_app(app)
        yield app


@pytest.fixture
def running(demo: Flask) -> Town:
    found = build_town(Factory(datetime.now(UTC)))
    found.factory.sent(found.advisor, found.client, found.service)
    db.session.commit()
    return found


def press(app: Flask) -> str:
    browser: PortalClient = app.test_client()
    answer = browser.submit("/demo/later", form="/demo/")
    assert answer.status_code == 303
    db.session.rollback()
    return browser.get("/demo/").text


def test_five_working_days_pass_and_every_one_is_lived_through(demo: Flask, running: Town) -> None:
    before = now().astimezone(LOCAL).date()
    page = press(demo)
    after = now().astimezone(LOCAL).date()
    assert after == add_working_days(before, 5)
    assert f"{after:%d.%m.%Y}" in page
    assert f"{(after - before).days} Tage vor" in page
    (reminded,) = db.session.scalars(select(Event).where(Event.action == "remind_receiver"))
    assert reminded.at.astimezone(LOCAL).date() == add_working_days(before, 3)
    topics = db.session.scalars(select(OutboxMessage.topic)).all()
    assert topics.count("referral.reminder") == 1


def test_silence_ends(demo: Flask, running: Town) -> None:
    for _ in range(5):
        press(demo)
    (referral,) = db.session.scalars(select(Referral))
    assert referral.status == "expired"
    # The rest of the portal lives on that day, too.
    browser: PortalClient = demo.test_client().sign_in(running.advisor)
    assert "Ergebnis" in browser.get(f"/referrals/{referral.id}").text
    assert is_working_day(referral.closed_at.astimezone(LOCAL).date())


def test_a_new_demo_begins_today(demo: Flask, running: Town) -> None:
    press(demo)
    clock.reset()
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.days_ahead() == 0


def test_the_button_needs_its_form(demo: Flask, running: Town) -> None:
    browser: Any = demo.test_client()
    assert browser.get("/demo/later").status_code == 405
    assert browser.post("/demo/later").status_code == 400
    assert clock.days_ahead() == 0


def test_outside_the_demo_nobody_turns_the_clock(sqlite_app: Flask) -> None:
    # Neither the button nor a file that a demo left behind.
    (Path(sqlite_app.instance_path) / "demo_days_ahead").write_text("30")
    sqlite_app.extensions.pop("portal_clock")
    assert abs(now() - datetime.now(UTC)) < timedelta(minutes=1)
    browser: Any = sqlite_app.test_client()
    assert browser.post("/demo/later").status_code in (400, 404)
    assert [rule for rule in sqlite_app.url_map.iter_rules() if "demo" in rule.rule] == []
