"""The code that opens the package, the devices that know it, and the account it can become."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from portal.extensions import db
from portal.links import commands as links
from portal.links import tokens
from portal.links.tokens import Purpose
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.answering.opening import CODE, link_in, post, set_code, with_code


# --- the code -------------------------------------------------------------------------------
def test_ten_wrong_codes_lock_and_the_office_is_told(
    app: Flask, town: Town, browser: PortalClient, address: str
) -> None:
    set_code(town)
    post()
    for attempt in range(10):
        answer = browser.submit(f"{address}/code", {"code": f"falsch {attempt}"}, form=address)
        assert answer.status_code == 422
        assert 'id="code-error"' in answer.text
    assert "gesperrt" in answer.text
    locked = browser.submit(f"{address}/code", {"code": CODE}, form=address)
    assert locked.status_code == 422  # the right one opens nothing for a day
    db.session.rollback()
    told = [letter for letter in post() if "Zu viele falsche Codes" in letter.subject]
    assert [letter.to for letter in told] == [("kita@portal.example",)]
    app.extensions["portal_clock"] = lambda: NOW + timedelta(hours=25)
    assert browser.submit(f"{address}/code", {"code": CODE}, form=address).status_code == 303


def test_the_code_on_the_slip_opens_this_referral_alone(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    set_code(town)
    slip = links.slip_code(referral.id)
    typed = {"code": slip.lower().replace("-", " ")}
    assert browser.submit(f"{address}/code", typed, form=address).status_code == 303
    assert "Gerät vergessen" in browser.get(address).text
    assert "Lieber mit Konto?" not in browser.get(address).text
    assert browser.submit(f"{address}/account", {"name": "X Y"}, form=address).status_code == 404
    db.session.rollback()
    other = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    elsewhere = tokens.make(Purpose.ANSWER, town.service.unit, other.id, NOW)
    assert "Gerät vergessen" not in browser.get(f"/answer/{elsewhere}").text
    wrong = browser.submit(f"/answer/{elsewhere}/code", typed, form=f"/answer/{elsewhere}")
    assert wrong.status_code == 422


def test_a_device_is_known_for_thirty_days_and_until_the_code_changes(
    app: Flask, town: Town, browser: PortalClient, address: str
) -> None:
    with_code(town, browser, address)
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=29)
    assert "Gerät vergessen" in browser.get(address).text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=31)
    assert "Gerät vergessen" not in browser.get(address).text
    app.extensions["portal_clock"] = lambda: NOW
    db.session.rollback()
    links.set_code(town.factory.actor(town.partner), town.partner.unit,
                   {"code": "ganz ein anderer", "again": "ganz ein anderer"})  # fmt: skip
    db.session.commit()
    assert "Gerät vergessen" not in browser.get(address).text


def test_a_device_can_be_forgotten(town: Town, browser: PortalClient, address: str) -> None:
    with_code(town, browser, address)
    assert browser.submit(f"{address}/forget", form=address).status_code == 303
    assert "Code Ihrer Stelle" in browser.get(address).text


def test_an_office_chooses_its_code_once_by_a_link_to_its_registered_address(
    town: Town, browser: PortalClient, address: str
) -> None:
    assert browser.submit(f"{address}/ask-for-code", form=address).status_code == 303
    db.session.rollback()
    (letter,) = post()
    assert letter.to == ("kita@portal.example",)
    choose = link_in(letter)
    for wrong in ({"code": "kurz", "again": "kurz"}, {"code": CODE, "again": "anders anders"}):
        assert browser.submit(choose, wrong).status_code == 422
    assert browser.submit(choose, {"code": CODE, "again": CODE}).status_code == 303
    assert "Gerät vergessen" in browser.get(address).text  # this device knows it at once
    assert browser.get(choose).status_code == 410  # used up


def test_an_office_without_a_mailbox_is_told_to_ring_up(town: Town, browser: PortalClient) -> None:
    sent = town.factory.sent(town.advisor, town.client, town.other_service)
    db.session.commit()
    address = "/answer/" + tokens.make(Purpose.ANSWER, town.other_service.unit, sent.id, NOW)
    assert "Link zum Festlegen" not in browser.get(address).text
    asked = browser.submit(f"{address}/ask-for-code", form=address)
    assert asked.status_code == 409
    assert "anrufen" in asked.text or "rufen Sie" in asked.text


def test_a_link_becomes_an_account_in_one_step(
    town: Town, browser: PortalClient, address: str
) -> None:
    with_code(town, browser, address)
    db.session.rollback()
    post()
    nameless = browser.submit(f"{address}/account", {"name": ""}, form=address)
    assert nameless.status_code == 422
    assert (
        browser.submit(f"{address}/account", {"name": "Nora Neu"}, form=address).status_code == 303
    )
    db.session.rollback()
    (letter,) = post()
    assert letter.to == ("kita@portal.example",)
    assert "/account/password/" in letter.text
    twice = browser.submit(f"{address}/account", {"name": "Nora Neu"}, form=address)
    assert twice.status_code == 422
    assert "schon ein Konto" in twice.text
