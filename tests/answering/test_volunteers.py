"""A volunteer without an account: a link by mail, a PIN from the circle, one task and no other."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask

from portal.accounts.models import Membership
from portal.demo.factory import Factory
from portal.extensions import db
from portal.links import commands as links
from portal.links.tokens import code_of
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town, build_town
from tests.answering.opening import again, link_in, post


@dataclass
class Circle:
    town: Town
    coordinator: Membership
    volunteer: Membership
    other: Membership
    referral: Referral


@pytest.fixture
def circle(app: Flask, factory: Factory) -> Circle:
    town = build_town(factory, "helferkreis")
    unit = town.service.unit
    coordinator = factory.member("Vera Kreis", unit, "volunteer_coordinator")
    volunteer = factory.member("Volker Frei", unit, "volunteer")
    other = factory.member("Vroni Frei", unit, "volunteer")
    referral = factory.sent(town.advisor, town.client, town.service)
    factory.move(coordinator, referral.id, "accept")
    db.session.commit()
    post()  # what was written so far is of no interest
    factory.move(coordinator, referral.id, "propose",
                 {"handler": str(volunteer.id), "client_agrees": True})  # fmt: skip
    db.session.commit()
    return Circle(town, coordinator, volunteer, other, referral)


@pytest.fixture
def address(circle: Circle) -> str:
    mine = [letter for letter in post() if letter.to == (circle.volunteer.person.email,)]
    return link_in(mine[0])


def pin_for(app: Flask, circle: Circle) -> str:
    """As the coordinator gets it: from the page, once."""
    desk: PortalClient = app.test_client()  # type: ignore[assignment]
    desk.sign_in(circle.coordinator)
    shown = desk.submit(f"/volunteers/{circle.volunteer.id}/pin", form="/volunteers")
    assert shown.status_code == 200
    pin = shown.text.partition(' pin">')[2].partition("<")[0]
    assert len(pin) == links.PIN_DIGITS
    assert pin not in desk.get("/volunteers").text
    return pin


def test_the_link_shows_no_name_before_the_pin_and_takes_no_answer(
    circle: Circle, browser: PortalClient, address: str
) -> None:
    page = browser.get(address).text
    assert circle.town.client.profile["given_name"] not in page
    assert "Ihre PIN" in page
    assert "Sofort antworten" not in page
    assert browser.submit(f"{address}/move/take_on", form=address).status_code == 404
    assert again(circle.referral).state == "volunteer_proposed"


def test_with_the_pin_the_task_is_taken_and_then_shows_the_first_name(
    app: Flask, circle: Circle, browser: PortalClient, address: str
) -> None:
    pin = pin_for(app, circle)
    assert browser.submit(f"{address}/code", {"code": "000 000"}, form=address).status_code == 422
    assert browser.submit(f"{address}/code", {"code": pin}, form=address).status_code == 303
    profile = circle.town.client.profile
    assert profile["given_name"] not in browser.get(address).text  # only by agreeing
    assert browser.submit(f"{address}/move/take_on").status_code == 303
    assert again(circle.referral).status == "in_progress"
    page = browser.get(address).text
    assert profile["given_name"] in page
    assert profile["family_name"] not in page


def test_a_declined_task_is_gone_and_another_volunteers_link_is_no_key(
    app: Flask, circle: Circle, browser: PortalClient, address: str
) -> None:
    pin = pin_for(app, circle)
    browser.submit(f"{address}/code", {"code": pin}, form=address)
    done = browser.submit(f"{address}/move/not_this_time", follow_redirects=True)
    assert done.status_code == 200
    assert "Danke" in done.text
    gone = browser.get(address)
    assert gone.status_code == 404
    assert "nicht mehr für Sie offen" in gone.text


def test_whoever_left_the_circle_opens_nothing(
    circle: Circle, browser: PortalClient, address: str
) -> None:
    db.session.rollback()
    circle.volunteer.ended_on = NOW.date()
    db.session.commit()
    assert browser.get(address).status_code == 404


def test_ten_wrong_pins_lock_and_the_circle_sees_it(
    app: Flask, circle: Circle, browser: PortalClient, address: str
) -> None:
    pin = pin_for(app, circle)
    wrong = "111111" if pin != "111111" else "222222"
    for _ in range(10):
        browser.submit(f"{address}/code", {"code": wrong}, form=address)
    assert browser.submit(f"{address}/code", {"code": pin}, form=address).status_code == 422
    desk: PortalClient = app.test_client()  # type: ignore[assignment]
    assert "Gesperrt nach zehn" in desk.sign_in(circle.coordinator).get("/volunteers").text
    fresh = pin_for(app, circle)  # a new PIN opens again
    assert browser.submit(f"{address}/code", {"code": fresh}, form=address).status_code == 303


def test_only_the_circles_own_coordination_gives_a_pin(app: Flask, circle: Circle) -> None:
    f = circle.town.factory
    elsewhere = f.unit(f.organisation("Anderer Kreis (Demo)", "volunteer_group"))
    foreign = f.member("Fred Fern", elsewhere, "volunteer_coordinator")
    db.session.commit()
    visitor: PortalClient = app.test_client()  # type: ignore[assignment]
    path = f"/volunteers/{circle.volunteer.id}/pin"
    assert visitor.sign_in(foreign).submit(path, form="/volunteers").status_code == 404
    assert "noch niemand eingetragen" in visitor.get("/volunteers").text
    assert visitor.sign_in(circle.town.partner).get("/volunteers").status_code == 403
    own = f"/volunteers/{circle.coordinator.id}/pin"
    assert visitor.sign_in(circle.coordinator).submit(own, form="/volunteers").status_code == 404
    db.session.rollback()
    assert code_of(circle.volunteer) is None


def test_a_pin_is_revoked(app: Flask, circle: Circle, browser: PortalClient, address: str) -> None:
    pin = pin_for(app, circle)
    browser.submit(f"{address}/code", {"code": pin}, form=address)
    desk: PortalClient = app.test_client()  # type: ignore[assignment]
    desk.sign_in(circle.coordinator)
    ended = desk.submit(f"/volunteers/{circle.volunteer.id}/pin/revoke", form="/volunteers")
    assert ended.status_code == 303
    assert "Gerät vergessen" not in browser.get(address).text


def test_an_account_is_offered_and_opened_by_mail_alone(
    app: Flask, circle: Circle, browser: PortalClient, address: str
) -> None:
    pin = pin_for(app, circle)
    browser.submit(f"{address}/code", {"code": pin}, form=address)
    assert browser.submit(f"{address}/account", form=address).status_code == 303
    db.session.rollback()
    told = [letter for letter in post() if "/account/password/" in letter.text]
    assert [letter.to for letter in told] == [(circle.volunteer.person.email,)]
