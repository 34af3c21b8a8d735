"""What a link is not: altered, expired, replayed, of a withdrawn referral, or of two devices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.links import tokens
from portal.links.tokens import Purpose
from portal.referrals.models import Event, Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.answering.opening import again, link_in, post, with_code
from tests.threads import at_once


# --- what a link is not ---------------------------------------------------------------------
def test_an_altered_link_opens_nothing(browser: PortalClient, address: str) -> None:
    token = address.removeprefix("/answer/")
    for other in (token[:-2] + "AA", "A" + token[1:], token.partition(".")[0], "x", "ä" * 80):
        assert browser.get(f"/answer/{other}").status_code == 404
    assert browser.get("/code/" + token).status_code == 404
    assert browser.get("/month/" + token).status_code == 404


def test_an_expired_link_says_so_and_sends_another(
    app: Flask, browser: PortalClient, address: str, referral: Referral
) -> None:
    later = NOW + timedelta(days=46)
    app.extensions["portal_clock"] = lambda: later
    answer = browser.get(address)
    assert answer.status_code == 410
    assert "Neuen Link schicken" in answer.text
    assert browser.submit(f"{address}/quick/no_capacity", form=address).status_code == 410
    assert browser.submit(f"{address}/again", form=address).status_code == 200
    db.session.rollback()
    fresh = next(letter for letter in post(later) if "neuer Link" in letter.subject)
    assert browser.get(link_in(fresh)).status_code == 200


def test_a_link_to_an_address_that_was_corrected_is_dead(
    town: Town, browser: PortalClient, address: str
) -> None:
    db.session.rollback()
    town.service.unit.email = "neu@portal.example"
    db.session.commit()
    answer = browser.get(address)
    assert answer.status_code == 410
    assert "Neuen Link schicken" not in answer.text
    assert browser.submit(f"{address}/again", form="/login").status_code == 404


def test_an_office_out_of_service_has_no_links(
    town: Town, browser: PortalClient, address: str
) -> None:
    db.session.rollback()
    town.service.unit.active = False
    db.session.commit()
    assert browser.get(address).status_code == 404


def test_a_withdrawn_referral_says_so_and_takes_no_answer(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    with_code(town, browser, address)
    stale = browser.token(f"{address}/quick/no_capacity")
    db.session.rollback()
    town.factory.move(town.advisor, referral.id, "withdraw", {"code": "solved_otherwise"})
    db.session.commit()
    page = browser.get(address)
    assert page.status_code == 200
    assert "Diese Anfrage ist beendet: Zurückgezogen" in page.text
    assert town.client.profile["family_name"] not in page.text
    late = browser.post(f"{address}/quick/no_capacity", data={"csrf_token": stale})
    assert late.status_code == 409
    assert again(referral).status == "cancelled"


def test_a_link_opens_its_own_referral_alone(
    town: Town, browser: PortalClient, address: str
) -> None:
    db.session.rollback()
    other = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    with_code(town, browser, address)
    assert other.reference not in browser.get(address).text
    assert browser.get(f"/referrals/{other.id}").status_code == 302  # no session came with it


def test_an_answer_sent_twice_counts_once(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    page = f"{address}/quick/waitlist"
    token = browser.token(page)
    typed = {"csrf_token": token, "weeks": "4", "seen": str(again(referral).version)}
    assert browser.post(page, data=typed).status_code == 303
    replayed = browser.post(page, data=typed)
    assert replayed.status_code == 409
    db.session.rollback()
    moves = db.session.scalars(select(Event.action).where(Event.source == "link")).all()
    assert moves == ["waitlist"]


def test_two_devices_answer_and_one_wins(
    app: Flask, town: Town, address: str, referral: Referral
) -> None:
    first, second = app.test_client(), app.test_client()
    seen = str(again(referral).version)
    told = {"csrf_token": second.token(f"{address}/quick/waitlist"), "weeks": "3", "seen": seen}
    assert first.submit(f"{address}/quick/no_capacity", {"seen": seen}).status_code == 303
    late = second.post(f"{address}/quick/waitlist", data=told)
    assert late.status_code == 409
    assert "Der Stand" in late.text or "inzwischen beantwortet" in late.text
    assert again(referral).status == "declined"


# --- time -----------------------------------------------------------------------------------
def test_three_devices_press_at_the_same_moment(
    app: Flask, address: str, referral: Referral
) -> None:
    seen = str(again(referral).version)
    presses = []
    for key in ("no_capacity", "waitlist", "waitlist"):
        device: PortalClient = app.test_client()  # type: ignore[assignment]
        typed = {"csrf_token": device.token(f"{address}/quick/{key}"), "weeks": "3", "seen": seen}
        presses.append(partial(device.post, f"{address}/quick/{key}", data=typed))
    answers = at_once(app, *presses)
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    assert again(referral).status in ("declined", "waitlisted")
    moves = select(func.count()).where(Event.referral_id == referral.id, Event.source == "link")
    assert db.session.scalar(moves) == 1


@pytest.mark.parametrize("sent_at", [
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 2:30 the first time
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # 2:30 once more
    datetime(2027, 3, 28, 1, 0, tzinfo=UTC),  # there is no 2:00
])  # fmt: skip
def test_a_link_lasts_as_long_across_the_nights_when_the_clock_changes(
    app: Flask, town: Town, referral: Referral, sent_at: datetime
) -> None:
    link = tokens.read(tokens.make(Purpose.ANSWER, town.service.unit, referral.id, sent_at))
    lasts = tokens.LIFETIME[Purpose.ANSWER]
    assert link.issued_at == sent_at
    assert not link.has_expired(sent_at + lasts - timedelta(seconds=1))
    assert link.has_expired(sent_at + lasts)
