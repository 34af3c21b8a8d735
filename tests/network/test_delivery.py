"""Who delivers Integrationsmanagement where, and since when."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.network import commands
from portal.network.models import DELIVERY_MODELS, Delivery
from portal.problems import Forbidden
from portal.testing.client import PortalClient
from portal.testing.town import Town

HAUSACH = "08317041"
PAGE = f"/delivery/{HAUSACH}"


@pytest.fixture
def client(app: Flask, town: Town) -> PortalClient:
    unit = town.factory.unit(town.factory.organisation("Stabsstelle (Demo)", "county"))
    admin = town.factory.member("Ada Admin", unit, "admin")
    db.session.commit()
    made: PortalClient = app.test_client()
    return made.sign_in(admin)


def _rows() -> list[Delivery]:
    db.session.rollback()
    statement = select(Delivery).order_by(Delivery.valid_from)
    return list(db.session.scalars(statement))


def test_several_deliver_at_a_time_and_one_after_another(client: PortalClient, town) -> None:
    team, desk = town.advisor.unit_id, town.partner.unit_id
    forms = [key for key, _ in DELIVERY_MODELS]
    for unit, model, start in zip(
        (team, desk, team, desk), forms, ("2018-01-01", "2021-05-01", "2021-05-01", "2025-01-01"),
        strict=True,
    ):  # fmt: skip
        form = {"unit_id": str(unit), "model": model, "valid_from": start}
        assert client.submit(PAGE, form).status_code == 303
    rows = _rows()
    assert rows[0].model == forms[0]
    assert len(rows) == 4
    end = f"/delivery/{rows[0].id}/end"
    field = f"f{rows[0].id.hex[:12]}-valid_until"
    early = client.submit(end, {field: "2017-12-31"}, form=PAGE)
    assert early.status_code == 422
    assert "Das Ende liegt vor dem Beginn." in early.text
    assert client.submit(end, {field: "2021-04-30"}, form=PAGE).status_code == 303
    assert _rows()[0].valid_until == date(2021, 4, 30)
    assert "30.04.2021" in client.get(PAGE).text
    assert "30.04.2021" not in client.get("/delivery").text


def test_every_municipality_is_listed_by_county(client: PortalClient) -> None:
    addresses = ("/delivery", "/delivery?after=25", "/delivery?after=50", "/delivery?after=75")
    pages = [client.get(address).text for address in addresses]
    assert "Hausach" in pages[0]
    assert "Murrhardt" not in pages[0]
    assert "Murrhardt" in "".join(pages)
    assert ["Weitere anzeigen" in page for page in pages] == [True, True, True, False]
    found = client.get("/delivery?q=hausa").text
    assert "Hausach" in found
    assert "Achern" not in found
    assert "Keine Gemeinde heißt so." in client.get("/delivery?county=Rems-Murr-Kreis&q=hausa").text
    for odd in ("after=-1", "after=x", "after=" + "9" * 40, "q=%00", "q=" + "x" * 5000):
        assert client.get(f"/delivery?{odd}").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unit_id", "x"),
        ("model", "x"),
        ("valid_from", "2026-02-30"),
        ("valid_from", "0001-01-01"),
        ("valid_until", "2000-01-01"),
    ],
)
def test_bad_input_is_refused_at_the_field(client, town: Town, field: str, value: str) -> None:
    form = {
        "unit_id": str(town.advisor.unit_id),
        "model": DELIVERY_MODELS[0][0],
        "valid_from": "2024-01-01",
        field: value,
    }
    answer = client.submit(PAGE, form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert _rows() == []


def test_unknown_ids_are_unknown(client: PortalClient) -> None:
    assert client.get("/delivery/99999999").status_code == 404
    assert client.get("/delivery/%00").status_code == 404
    assert client.submit(f"/delivery/{uuid4()}/end", form=PAGE).status_code == 404


def test_only_administrators_write_it(town: Town) -> None:
    for member in (town.advisor, town.partner):
        with pytest.raises(Forbidden):
            commands.add_delivery(town.factory.actor(member), HAUSACH, {})
