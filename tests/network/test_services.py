"""Services: what partners and administrators keep, and advisors choose from."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.extensions import db
from portal.network import commands, policy
from portal.network.models import Municipality, Service
from portal.problems import Invalid, NotFound
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

SERVICE = {
    "type": "andere_stelle",
    "name": "Beratung",
    "description": "Wir helfen.",
    "goal_areas": ["childcare", "family"],
    "languages": ["de", "uk"],
    "accepts_new": "y",
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


def _form_prefix(service: Service) -> str:
    return f"f{service.id.hex[:12]}-"


def test_a_partner_makes_a_service_of_the_own_unit(client: PortalClient, town: Town) -> None:
    foreign = {**SERVICE, "unit_id": str(town.stranger.unit_id)}
    assert client.submit("/services/new", foreign).status_code == 303
    made = _service("Beratung")
    assert made.unit_id == town.partner.unit_id
    assert (made.accepts_new, made.waiting_weeks, made.active) == (True, 3, True)
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
    shown = commands.service_values(made)
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


def test_capacity_is_two_clicks(client: PortalClient, town: Town) -> None:
    service = town.service
    prefix, path = _form_prefix(service), f"/services/{service.id}/capacity"
    answer = client.submit(path, {f"{prefix}waiting_weeks": "12"}, form="/services")
    assert answer.status_code == 303
    saved = _service("Kita-Plätze")
    assert (saved.accepts_new, saved.waiting_weeks) == (False, 12)
    open_again = {f"{prefix}accepts_new": "y", f"{prefix}waiting_weeks": ""}
    client.submit(path, open_again, form="/services")
    saved = _service("Kita-Plätze")
    assert (saved.accepts_new, saved.waiting_weeks) == (True, None)
    refused = client.submit(path, {f"{prefix}waiting_weeks": "999"}, form="/services")
    assert refused.status_code == 422
    assert 'value="999"' in refused.text


def test_other_units_services_are_unknown(client: PortalClient, town: Town) -> None:
    theirs = town.other_service
    assert theirs.name not in client.get("/services").text
    assert client.get(f"/services/{theirs.id}").status_code == 404
    for path in (f"/services/{theirs.id}", f"/services/{theirs.id}/capacity"):
        assert client.submit(path, SERVICE, form="/services").status_code == 404
    actor = town.factory.actor(town.partner)
    with pytest.raises(NotFound):
        commands.set_capacity(actor, theirs.id, {"accepts_new": False})
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
    assert town.service in db.session.scalars(policy.offered()).all()
    hidden = {key: value for key, value in SERVICE.items() if key != "active"}
    assert client.submit(f"/services/{town.service.id}", hidden).status_code == 303
    db.session.rollback()
    assert town.service.id not in [s.id for s in db.session.scalars(policy.offered())]


def test_the_command_holds_the_rules_without_a_form(town: Town) -> None:
    actor = town.factory.actor(town.partner)
    with pytest.raises(Invalid) as refusal:
        commands.create_service(actor, {"type": "x"})
    assert {"type", "name", "goal_areas", "languages"} <= set(refusal.value.errors)
