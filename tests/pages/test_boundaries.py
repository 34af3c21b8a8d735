"""Ways past a boundary that were once open: each stays shut."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.session import SIGNED_IN_AT
from portal.audit import AuditEntry
from portal.config import SESSION_HOURS
from portal.extensions import db
from portal.referrals import packages
from portal.referrals.models import Referral
from portal.testing.town import Town

PLACE = "Lahr/Schwarzwald"
LAHR = "08317065"


def pages_of(browser: Any, referral: Referral) -> str:
    addresses = ("/", "/referrals", "/referrals?filter=all", f"/referrals/{referral.id}")
    return "".join(browser.get(address).text for address in addresses)


@pytest.mark.parametrize("how", ["shelter", "withheld", "revoked"])
def test_a_place_that_is_not_shared_stands_nowhere(as_member: Any, town: Town, how: str) -> None:
    hidden = {"accommodation_type": "women_shelter"} if how == "shelter" else {}
    client = town.factory.client(town.advisor, municipality=LAHR, **hidden)
    withheld = ["municipality"] if how == "withheld" else []
    referral = town.factory.sent(town.advisor, client, town.service, withheld=withheld)
    coordinator = town.factory.member("Tobias Testmann", town.advisor.unit, "coordinator")
    db.session.commit()
    partner = as_member(town.partner)
    if how == "revoked":
        assert PLACE in pages_of(partner, referral)
        as_member(town.advisor).post(f"/consents/{referral.consent_id}/revoke")
    assert PLACE not in pages_of(partner, referral)
    assert PLACE not in as_member(coordinator).get("/").text
    if how != "revoked":
        partner.post(f"/referrals/{referral.id}/accept", data={"next_on": "2026-12-01"})
        assert PLACE not in pages_of(partner, referral)


def test_recording_is_not_a_way_to_the_other_sides_form(as_member: Any, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service, withheld=["phone"])
    db.session.commit()
    partner = as_member(town.partner)
    for action in ("answer", "withdraw", "accept"):
        for method in (partner.get, partner.post):
            answer = method(f"/referrals/{referral.id}/{action}?record=1", data={"record": "1"})
            assert answer.status_code == 403
            assert "Telefon</label>" not in answer.text


def test_what_is_filled_in_later_was_never_ticked(as_member: Any, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service, withheld=["phone"])
    town.factory.move(town.partner, referral.id, "ask")
    db.session.commit()
    profile = town.client.profile
    advisor = as_member(town.advisor)
    changed = {**profile, "email": "oksana@portal.example", "children_ages": "3", "seen": "1"}
    assert advisor.post(f"/clients/{town.client.id}/edit", data=changed).status_code == 303
    answer = {"answer": "Ja.", "release": ["phone"]}
    assert advisor.post(f"/referrals/{referral.id}/answer", data=answer).status_code == 303
    db.session.rollback()
    second = packages.latest(db.session.get_one(Referral, referral.id))
    assert second is not None
    assert second.number == 2
    assert "phone" in second.content
    assert not {"email", "children_ages"} & set(second.content)


def test_no_desk_makes_itself_a_jobcenter(as_member: Any, town: Town) -> None:
    form = {"type": "jobcenter", "name": "Jobcenter (echt)", "goal_areas": ["work"],
            "languages": ["de"], "capacity": "open", "active": "y"}  # fmt: skip
    answer = as_member(town.partner).post("/services/new", data=form)
    assert answer.status_code == 422
    assert "passt nicht zur Art der Organisation" in answer.text


def test_nobody_administers_oneself_into_content(as_member: Any, town: Town) -> None:
    admin = town.factory.member("Armin Amtsprobe", town.advisor.unit, "admin")
    db.session.commit()
    form = {"unit_id": str(town.advisor.unit_id), "role": "team_lead"}
    address = f"/admin/people/{admin.person_id}/memberships"
    answer = as_member(admin).post(address, data=form)
    assert answer.status_code == 422
    assert "vergibt jemand anderes" in answer.text


def test_an_expired_form_can_be_sent_again_but_never_shows_a_password(
    as_member: Any, town: Town, app: Flask
) -> None:
    advisor = as_member(town.advisor)
    app.config["WTF_CSRF_ENABLED"] = True
    origin = {"Origin": "http://localhost"}
    new = advisor.post("/clients/new", data={"given_name": "Rahima"}, headers=origin)
    assert new.status_code == 400
    assert 'name="given_name" value="Rahima"' in new.text
    foreign = advisor.post("/clients/new", data={"given_name": "Rahima"},
                           headers={"Origin": "http://evil.example"})  # fmt: skip
    assert "Rahima" not in foreign.text
    secret = {"old": "mein altes Geheimnis", "new": "mein neues Geheimnis"}
    password = advisor.post("/account/password", data=secret, headers=origin)
    assert password.status_code == 400
    assert "Geheimnis" not in password.text


def test_a_session_ends_after_its_hours_however_busy(as_member: Any, town: Town) -> None:
    advisor = as_member(town.advisor)
    assert advisor.get("/clients").status_code == 200
    with advisor.session_transaction() as session:
        session[SIGNED_IN_AT] = time.time() - SESSION_HOURS * 3600 - 1
    assert advisor.get("/clients").status_code == 302


def test_a_form_of_an_ended_membership_is_not_sent_in_another_name(
    as_member: Any, town: Town
) -> None:
    second = town.factory.member("Katrin Demowald", town.service.unit, "partner")
    db.session.commit()
    browser = as_member(second)
    second.ended_on = town.factory.now.date()
    db.session.commit()
    assert browser.post("/clients/new", data={"given_name": "X"}).status_code == 409
    assert browser.get("/clients").status_code == 200


@pytest.mark.parametrize("page", ["edit", "handover", "handover/childcare", "close"])
def test_every_page_with_a_client_leaves_an_entry(as_member: Any, town: Town, page: str) -> None:
    assert as_member(town.advisor).get(f"/clients/{town.client.id}/{page}").status_code == 200
    db.session.rollback()
    read = select(AuditEntry).where(AuditEntry.kind == "client.read")
    (entry,) = db.session.scalars(read)
    assert (entry.client_id, entry.membership_id) == (town.client.id, town.advisor.id)
    assert entry.purpose


@pytest.mark.parametrize("address", ["/log?kind=%00", "/log?kind=nonsense"])
def test_odd_filters_are_no_error(as_member: Any, town: Town, address: str) -> None:
    auditor = town.factory.member("Doris Datenprobe", town.advisor.unit, "auditor")
    db.session.commit()
    assert as_member(auditor).get(address).status_code == 200


def test_a_very_long_password_is_just_wrong(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/login", data={"email": "a@b.example", "password": "x" * 9000})
    assert answer.status_code == 422
