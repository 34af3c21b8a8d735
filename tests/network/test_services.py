"""Services: what partners and administrators keep, and advisors choose from."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.extensions import db
from portal.network import commands, policy
from portal.network.models import WAITING, Municipality, Service
from portal.problems import Invalid, NotFound
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

SERVICE = {
    "type": "andere_stelle",
    "name": "Beratung",
    "description": "Wir helfen.",
    "goal_areas": ["childcare", "family"],
    "languages": ["de", "uk"],
    "capacity": "waiting",
    "waiting_weeks": "3",
    "active": "y",
}


@pytest.fixture
def admin(town: Town) -> Membership:
    unit = town.factory.unit(town.factory.organisation("Stabsstelle (Demo)", "county"))
    membership = town.factory.member("Ada Admin", unit, "admin")
    db.session.commit()
    return membership


@pytest.fixture
def client(app: Flask, town: Town) -> PortalClient:
    made: PortalClient = app.test_client()
    return made.sign_in(town.partner)


def _service(name: str) -> Service:
    db.session.rollback()
    return db.session.scalars(select(Service).where(Service.name == name)).one()


def test_a_partner_makes_a_service_of_the_own_unit(client: PortalClient, town: Town) -> None:
    foreign = {**SERVICE, "unit_id": str(town.stranger.unit_id)}
    assert client.submit("/services/new", foreign).status_code == 303
    made = _service("Beratung")
    assert made.unit_id == town.partner.unit_id
    assert (made.capacity_on(NOW.date()), made.waiting_weeks, made.active) == (WAITING, 3, True)
    assert sorted(row.language for row in made.languages) == ["de", "uk"]
    assert made.municipalities == []
    assert made.capacity_as_of == NOW.date()


def test_a_whole_county_is_one_tick(client: PortalClient) -> None:
    form = {**SERVICE, "counties": ["Ortenaukreis"], "municipalities": ["08119008"]}
    assert client.submit("/services/new", form).status_code == 303
    made = _service("Beratung")
    ortenau = select(Municipality.ags).where(Municipality.county == "Ortenaukreis")
    expected = {*db.session.scalars(ortenau), "08119008"}
    assert {row.municipality_ags for row in made.municipalities} == expected
    shown = commands.service_values(made, NOW.date())
    assert (shown["counties"], shown["municipalities"]) == (["Ortenaukreis"], ["08119008"])

    page = f"/services/{made.id}"
    fewer = {**SERVICE, "municipalities": ["08317001", "08119008"], "languages": ["uk", "ar"]}
    assert client.submit(page, fewer).status_code == 303
    made = _service("Beratung")
    assert sorted(r.municipality_ags for r in made.municipalities) == ["08119008", "08317001"]
    assert sorted(r.language for r in made.languages) == ["ar", "uk"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("type", "nonsense", "angebotenen"),
        ("name", "", "ausfüllen"),
        ("name", "a\u202eb", "Schreibrichtung"),
        ("description", "x" * 501, "zu lang"),
        ("goal_areas", [], "ausfüllen"),
        ("goal_areas", ["x"], "angebotene"),
        ("languages", ["tlh"], "angebotene"),
        ("municipalities", ["99999999"], "angebotene"),
        ("counties", ["Mordor"], "angebotene"),
        ("waiting_weeks", "-1", "zwischen"),
        ("waiting_weeks", "100000000000000000000000", "zwischen"),
        ("waiting_weeks", "bald", "Form"),
    ],
)
def test_bad_input_is_refused_at_the_field(client, field: str, value, message: str) -> None:
    answer = client.submit("/services/new", {**SERVICE, field: value})
    assert answer.status_code == 422
    assert message in answer.text
    assert f'id="{field}-error"' in answer.text
    if field != "description":
        assert "Wir helfen." in answer.text


def test_other_units_services_are_unknown(client: PortalClient, town: Town) -> None:
    theirs = town.other_service
    assert theirs.name not in client.get("/services").text
    assert client.get(f"/services/{theirs.id}").status_code == 404
    own = f"/services/{theirs.id}"
    for path in (own, f"{own}/capacity", f"{own}/capacity/confirm"):
        assert client.submit(path, SERVICE, form="/services").status_code == 404
    actor = town.factory.actor(town.partner)
    with pytest.raises(NotFound):
        commands.set_capacity(actor, theirs.id, {"capacity": "open"})
    with pytest.raises(NotFound):
        commands.change_service(actor, uuid4(), SERVICE)


def test_advisors_keep_no_services(app: Flask, town: Town) -> None:
    client = app.test_client().sign_in(town.advisor)
    assert client.get("/services").status_code == 403
    assert client.get("/services/new").status_code == 403
    assert client.get(f"/services/{town.service.id}").status_code == 404
    assert client.get("/delivery").status_code == 403


def test_an_administrator_sees_and_filters_all(app: Flask, town: Town, admin: Membership) -> None:
    client = app.test_client().sign_in(admin)
    everything = client.get("/services").text
    assert "Kita-Plätze" in everything
    assert "Schulanmeldung" in everything
    by_office = client.get("/services?q=Schulamt").text
    assert "Schulanmeldung" in by_office
    assert "Kita-Plätze" not in by_office
    assert "Nehmen Sie einen Filter heraus" in client.get("/services?type=jobcenter").text
    form = {**SERVICE, "unit_id": str(town.stranger.unit_id)}
    assert client.submit("/services/new", form).status_code == 303
    assert _service("Beratung").unit_id == town.stranger.unit_id


def test_what_is_not_shown_is_not_offered(client: PortalClient, town: Town) -> None:
    assert town.service in db.session.scalars(policy.offered(NOW.date())).all()
    hidden = {key: value for key, value in SERVICE.items() if key != "active"}
    assert client.submit(f"/services/{town.service.id}", hidden).status_code == 303
    db.session.rollback()
    assert town.service.id not in [s.id for s in db.session.scalars(policy.offered(NOW.date()))]


def test_the_command_holds_the_rules_without_a_form(town: Town) -> None:
    actor = town.factory.actor(town.partner)
    with pytest.raises(Invalid) as refusal:
        commands.create_service(actor, {"type": "x"})
    assert {"type", "name", "goal_areas", "languages"} <= set(refusal.value.errors)


# --- days until an answer -------------------------------------------------------------------------


def test_an_administrator_gives_a_service_days_of_its_own(
    app: Flask, town: Town, admin: Membership
) -> None:
    browser: PortalClient = app.test_client()
    browser.sign_in(admin)
    page = f"/services/{town.service.id}"
    assert "Ohne Angabe: 10." in browser.get(page).text
    for due, expire, stored in (
        ("5", "14", (5, 14)),
        ("", "40", (None, 40)),
        ("", "", (None,) * 2),
    ):
        form = {**SERVICE, "due_days": due, "expire_days": expire}
        assert browser.submit(page, form).status_code == 303
        service = _service("Beratung")
        assert (service.due_days, service.expire_days) == stored


@pytest.mark.parametrize(
    ("due", "expire", "field", "says"),
    [
        ("0", "", "due_days", "Bitte eine Zahl eingeben zwischen 1 … 60."),
        ("61", "", "due_days", "Bitte eine Zahl eingeben zwischen 1 … 60."),
        ("bald", "", "due_days", ""),
        ("", "121", "expire_days", "Bitte eine Zahl eingeben zwischen 1 … 120."),
        ("10", "16", "expire_days", "Bitte mindestens 17 eintragen."),
        ("", "12", "expire_days", "Bitte mindestens 17 eintragen."),
        ("20", "", "expire_days", "Bitte mindestens 27 eintragen."),
    ],
)
def test_days_that_leave_no_room_are_refused_at_their_field(
    app: Flask, town: Town, admin: Membership, due: str, expire: str, field: str, says: str
) -> None:
    browser: PortalClient = app.test_client()
    browser.sign_in(admin)
    form = {**SERVICE, "due_days": due, "expire_days": expire}
    answer = browser.submit(f"/services/{town.service.id}", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert says in answer.text
    assert f'value="{due or expire}"' in answer.text
    assert _service("Kita-Plätze").due_days is None


def test_a_partner_does_not_choose_how_soon_it_is_reminded(
    client: PortalClient, town: Town
) -> None:
    service = _service("Kita-Plätze")
    service.due_days, service.expire_days = 5, 14
    db.session.commit()
    page = f"/services/{service.id}"
    assert "due_days" not in client.get(page).text
    assert client.submit(page, {**SERVICE, "due_days": "60"}).status_code == 303
    kept = _service("Beratung")
    assert (kept.due_days, kept.expire_days) == (5, 14)
