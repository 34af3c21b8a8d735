"""Notzugriff: two people, one referral, two hours, and the advisor knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.extensions import db
from portal.outbox import OutboxMessage
from portal.privacy import emergency
from portal.privacy.emergency import EmergencyAccess
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals.models import Referral
from portal.testing.markers import Markers
from portal.testing.town import NOW, Town
from tests.pages.conftest import as_member as as_member
from tests.pages.conftest import queries as queries

REASON = "Die Person ist nicht nach Hause gekommen, die Polizei fragt nach."


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def referral(town: Town) -> Referral:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, sent.id, "accept")
    db.session.commit()
    return sent


@pytest.fixture
def office(town: Town) -> dict[str, Membership]:
    unit = town.advisor.unit
    found = {role: town.factory.member(f"Zz {role}", unit, role)
             for role in ("coordinator", "admin", "auditor")}  # fmt: skip
    db.session.commit()
    return found


def actor(town: Town, member: Membership, after: timedelta = timedelta()) -> Actor:
    return replace(town.factory.actor(member), now=NOW + after)


def asked(town: Town, member: Membership, referral: Referral) -> EmergencyAccess:
    data = {"reference": referral.reference.lower(), "reason": REASON}
    return emergency.ask(actor(town, member), data)


def test_from_asking_to_reading_to_the_end(
    app: Flask, town: Town, referral: Referral, office: dict[str, Membership], as_member: Any
) -> None:
    coordinator, auditor = as_member(office["coordinator"]), as_member(office["auditor"])
    done = coordinator.post("/emergency", data={"reference": referral.reference, "reason": REASON})
    assert done.status_code == 303
    db.session.rollback()
    access = db.session.scalars(select(EmergencyAccess)).one()
    page = f"/emergency/{access.id}"
    assert coordinator.get(page).status_code == 404  # one person is not enough
    assert "Pryklad" not in coordinator.get("/emergency").text
    own = coordinator.post(f"{page}/decide", data={"answer": "approve"})
    assert own.status_code == 403
    assert auditor.post(f"{page}/decide", data={"answer": "approve"}).status_code == 303
    assert auditor.post(f"{page}/decide", data={"answer": "approve"}).status_code == 409
    shown = coordinator.get(page)
    assert shown.status_code == 200
    assert "Pryklad" in shown.text
    assert REASON in shown.text
    main = shown.text.split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    assert as_member(office["admin"]).get(page).status_code == 404
    assert auditor.get(page).status_code == 403
    assert as_member(town.partner).get(page).status_code == 403
    assert coordinator.get(f"/referrals/{referral.id}").status_code == 404
    assert coordinator.post(f"/referrals/{referral.id}/withdraw").status_code == 404
    db.session.rollback()
    read = db.session.scalars(select(AuditEntry).where(AuditEntry.purpose == "emergency")).all()
    assert [entry.kind for entry in read] == [
        "emergency.asked", "emergency.approved", "referral.read",
    ]  # fmt: skip
    told = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.topic == "emergency.granted")
    ).one()
    assert told.person_id == town.advisor.person_id
    advisor = as_member(town.advisor)
    notice = advisor.get(f"/clients/{town.client.id}").text
    assert "Notzugriff auf" in notice
    assert advisor.post(f"{page}/end").status_code == 303
    assert coordinator.get(page).status_code == 404
    assert advisor.post(f"{page}/end").status_code == 409
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=31)
    assert "Notzugriff auf" not in advisor.get(f"/clients/{town.client.id}").text


def test_two_hours_and_not_a_moment_longer(
    town: Town, referral: Referral, office: dict[str, Membership]
) -> None:
    access = asked(town, office["admin"], referral)
    emergency.decide(actor(town, office["auditor"]), access.id, approve=True)
    almost = timedelta(hours=2) - timedelta(seconds=1)
    assert emergency.opened(actor(town, office["admin"], almost), access.id) is access
    with pytest.raises(NotFound):
        emergency.opened(actor(town, office["admin"], timedelta(hours=2)), access.id)


def test_the_same_person_in_another_role_is_no_second_one(
    town: Town, referral: Referral, office: dict[str, Membership]
) -> None:
    access = asked(town, office["coordinator"], referral)
    other = Membership(person_id=office["coordinator"].person_id, unit_id=town.lead.unit_id,
                       role="auditor")  # fmt: skip
    db.session.add(other)
    db.session.flush()
    with pytest.raises(Forbidden):
        emergency.decide(actor(town, other), access.id, approve=True)


def test_refused_and_forgotten_requests_open_nothing(
    town: Town, referral: Referral, office: dict[str, Membership]
) -> None:
    refused = asked(town, office["admin"], referral)
    emergency.decide(actor(town, office["coordinator"]), refused.id, approve=False)
    late = asked(town, office["admin"], referral)
    with pytest.raises(Conflict):
        emergency.decide(actor(town, office["auditor"], timedelta(hours=25)), late.id, approve=True)
    for access in (refused, late):
        with pytest.raises(NotFound):
            emergency.opened(actor(town, office["admin"]), access.id)
    assert (refused.state_at(NOW), late.state_at(NOW + timedelta(days=2))) == (
        "refused", "unanswered",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"reference": "VM-2026-999999", "reason": REASON}, "reference"),
        ({"reference": "", "reason": REASON}, "reference"),
        ({"reference": "VM-2026-000001", "reason": "dringend"}, "reason"),
        ({"reference": "VM-2026-000001", "reason": "x" * 501}, "reason"),
    ],
)
def test_what_is_no_emergency_is_said_at_the_field(
    town: Town, referral: Referral, office: dict[str, Membership], data: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        emergency.ask(actor(town, office["coordinator"]), data)
    assert set(caught.value.errors) == {field}


@pytest.mark.parametrize("who", ["advisor", "lead", "partner"])
def test_others_do_not_ask(town: Town, referral: Referral, who: str) -> None:
    with pytest.raises(Forbidden):
        asked(town, getattr(town, who), referral)


def test_nothing_but_the_package_and_the_telephone(
    app: Flask, town: Town, office: dict[str, Membership], as_member: Any,
    queries: Callable[[FlaskClient, str], int],
) -> None:  # fmt: skip
    f, markers = town.factory, Markers("geheim")
    profile = markers.profile(NOW.date())
    profile.pop("municipality", None)
    client = f.client(town.advisor, **profile)
    referral = f.sent(town.advisor, client, town.service, withheld=["email"])
    access = asked(town, office["admin"], referral)
    emergency.decide(actor(town, office["auditor"]), access.id, approve=True)
    db.session.commit()
    page = f"/emergency/{access.id}"
    admin = as_member(office["admin"])
    shown = markers.fields_in(admin.get(page).text)
    passed_on = {"given_name", "family_name", "phone", "children_ages"}
    assert shown == passed_on
    assert queries(admin, page) <= 10
    assert queries(admin, "/emergency") <= 10
