"""Client pages: list, search, record, duplicates, deputies, handing over, closing."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.clients.models import Client
from portal.extensions import db
from portal.testing.town import Town

PERSON = {
    "given_name": "Rahima",
    "family_name": "Nemuna",
    "municipality": "08317040",
    "contact_language": "prs",
}


@pytest.fixture
def advisor(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.advisor)


def test_a_new_client_is_found_by_the_beginning_of_the_name(advisor: FlaskClient) -> None:
    answer = advisor.post("/clients/new", data=PERSON)
    assert answer.status_code == 303
    assert "Rahima Nemuna" in advisor.get(answer.location).text
    assert "Nemuna, Rahima" in advisor.post("/clients", data={"q": "nem"}).text
    assert "Nemuna, Rahima" not in advisor.post("/clients", data={"q": "emun"}).text
    assert "Nemuna, Rahima" not in advisor.post("/clients", data={"q": "..."}).text


def test_names_and_municipality_are_asked_for(advisor: FlaskClient) -> None:
    answer = advisor.post("/clients/new", data={"given_name": "Ali", "phone": "0000 1"})
    assert answer.status_code == 422
    assert answer.text.count("Bitte ausfüllen.") >= 3
    assert 'value="0000 1"' in answer.text


def test_duplicates_are_pointed_out_and_can_be_overruled(
    advisor: FlaskClient, as_member: Any, town: Town
) -> None:
    twin = {**PERSON, "given_name": "Oksana", "family_name": "Pryklad"}
    warned = advisor.post("/clients/new", data=twin)
    assert warned.status_code == 422
    assert "Gibt es diese Person schon?" in warned.text
    assert advisor.post("/clients/new", data={**twin, "despite": "1"}).status_code == 303
    # A colleague who may not see her learns nothing of her.
    assert as_member(town.colleague).post("/clients/new", data=twin).status_code == 303


def test_two_who_change_the_same_record(advisor: FlaskClient, town: Town) -> None:
    address = f"/clients/{town.client.id}/edit"
    base = {**PERSON, "given_name": "Oksana", "family_name": "Pryklad",
            "municipality": "08317041", "contact_language": "uk"}  # fmt: skip
    first = advisor.post(address, data={**base, "phone": "0000 1", "seen": "1"})
    assert first.status_code == 303
    second = advisor.post(address, data={**base, "phone": "0000 2", "seen": "1"})
    assert second.status_code == 409
    assert "0000 1" in second.text
    assert 'value="0000 2"' in second.text
    assert advisor.post(address, data={**base, "phone": "0000 2", "seen": "2"}).status_code == 303


def test_hostile_names_are_refused_or_escaped(advisor: FlaskClient) -> None:
    reversed_name = advisor.post("/clients/new", data={**PERSON, "family_name": "Ne\u202emuna"})
    assert reversed_name.status_code == 422
    answer = advisor.post("/clients/new", data={**PERSON, "family_name": "<b>Nemuna</b>"})
    page = advisor.get(answer.location).text
    assert "<b>Nemuna" not in page
    assert "&lt;b&gt;Nemuna" in page


def test_a_deputy_sees_the_clients_until_the_end(
    advisor: FlaskClient, as_member: Any, town: Town
) -> None:
    colleague = as_member(town.colleague)
    assert colleague.get(f"/clients/{town.client.id}").status_code == 404
    form = {"advisor_id": str(town.advisor.id), "deputy_id": str(town.colleague.id),
            "starts_on": "2026-11-23", "ends_on": "2026-11-27"}  # fmt: skip
    assert advisor.post("/deputies", data={**form, "ends_on": "2026-11-01"}).status_code == 422
    assert advisor.post("/deputies", data=form).status_code == 303
    assert colleague.get(f"/clients/{town.client.id}").status_code == 200
    page = advisor.get("/deputies").text
    assert "Jonas Demobach" in page
    end = page.split('action="/deputies/')[1].split('"')[0]
    assert advisor.post(f"/deputies/{end}").status_code == 303
    assert colleague.get(f"/clients/{town.client.id}").status_code == 404


def test_an_advisor_cannot_name_a_deputy_for_somebody_else(
    advisor: FlaskClient, town: Town
) -> None:
    form = {"advisor_id": str(town.colleague.id), "deputy_id": str(town.advisor.id),
            "starts_on": "2026-11-23", "ends_on": "2026-11-27"}  # fmt: skip
    assert advisor.post("/deputies", data=form).status_code == 403


def test_the_team_lead_hands_a_client_over(
    advisor: FlaskClient, as_member: Any, town: Town
) -> None:
    address = f"/clients/{town.client.id}/assign"
    assert advisor.post(address, data={"advisor_id": str(town.colleague.id)}).status_code == 403
    lead = as_member(town.lead)
    assert lead.post(address, data={"advisor_id": str(town.partner.id)}).status_code == 303
    assert advisor.get(f"/clients/{town.client.id}").status_code == 200
    lead.post(address, data={"advisor_id": str(town.colleague.id)})
    assert advisor.get(f"/clients/{town.client.id}").status_code == 404


def test_closing_withdraws_what_is_open(advisor: FlaskClient, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    address = f"/clients/{town.client.id}/close"
    assert referral.reference in advisor.get(address).text
    assert advisor.post(address).status_code == 303
    db.session.rollback()
    assert (referral.status, referral.code) == ("cancelled", "case_closed")
    assert db.session.get_one(Client, town.client.id).closed_on is not None
    assert advisor.post(address).status_code == 409
    assert advisor.get(f"/clients/{town.client.id}/handover").status_code == 409
    assert "Pryklad, Oksana" in advisor.get("/clients?filter=closed").text
