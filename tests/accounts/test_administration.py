"""Organisations, units, people and roles, as an administrator keeps them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.accounts import commands
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.extensions import db
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.accounts.conftest import log_in

ORGANISATION = {"name": "Volkshochschule", "kind": "language_provider",
                "data_protection_regime": "gdpr"}  # fmt: skip


@pytest.fixture
def actor(admin: Membership, town: Town) -> Actor:
    return town.factory.actor(admin)


@pytest.fixture
def client(app: Flask, admin: Membership) -> PortalClient:
    made: PortalClient = app.test_client()
    return made.sign_in(admin)


def _fresh(row):
    db.session.rollback()
    return db.session.get_one(type(row), row.id, populate_existing=True)


def test_an_organisation_with_a_unit_is_made_and_found(client: PortalClient) -> None:
    made = client.submit("/admin/organisations/new", ORGANISATION)
    assert made.status_code == 303
    assert "noch keine" in client.get("/admin/organisations").text.casefold()
    unit = {"name": "Fachbereich Deutsch", "phone": "0000 1", "email": "vhs@portal.example"}
    assert client.submit(f"{made.location}/units/new", unit).status_code == 303
    for query in ("volkshoch", "fachbereich"):
        found = client.get(f"/admin/organisations?q={query}").text
        assert "Fachbereich Deutsch" in found
        assert "Kita-Büro" not in found
    assert "Prüfen Sie die Schreibweise" in client.get("/admin/organisations?q=xyzzy").text
    db.session.rollback()
    kinds = list(db.session.scalars(select(AuditEntry.kind)))
    assert {"organisation.changed", "unit.changed"} <= set(kinds)


def test_a_name_is_given_once(client: PortalClient) -> None:
    client.submit("/admin/organisations/new", {**ORGANISATION, "name": "Ämter-Lotsen"})
    again = client.submit("/admin/organisations/new", {**ORGANISATION, "name": "Ämter-Lotsen "})
    assert again.status_code == 422
    assert "Diesen Namen gibt es schon." in again.text
    assert 'value="Ämter-Lotsen "' in again.text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Bitte ausfüllen"),
        ("x" * 201, "zu lang"),
        ("Amt\x07", "Steuerzeichen"),
        ("Amt\u202etmA", "Schreibrichtung"),
        ("a\x00b", "Steuerzeichen"),
    ],
)
def test_bad_names_are_refused_at_the_field(client, name: str, message: str) -> None:
    answer = client.submit("/admin/organisations/new", {**ORGANISATION, "name": name})
    assert answer.status_code == 422
    assert message in answer.text
    assert 'id="name-error"' in answer.text


@pytest.mark.parametrize("field", ["kind", "data_protection_regime"])
def test_unknown_codes_are_refused(client: PortalClient, field: str) -> None:
    answer = client.submit("/admin/organisations/new", {**ORGANISATION, field: "x"})
    assert answer.status_code == 422


def test_names_are_text(client: PortalClient) -> None:
    name = "<img src=x onerror=alert(1)>"
    made = client.submit("/admin/organisations/new", {**ORGANISATION, "name": name})
    for page in (made.location, "/admin/organisations"):
        assert name not in client.get(page).text
        assert "&lt;img src=x" in client.get(page).text


def test_a_unit_is_changed(client: PortalClient, town: Town) -> None:
    unit = town.partner.unit
    page = f"/admin/units/{unit.id}"
    refused = client.submit(page, {"name": "Neu", "email": "no address", "active": "y"})
    assert refused.status_code == 422
    assert "keine vollständige E-Mail-Adresse" in refused.text
    assert client.submit(page, {"name": "Kita-Büro II"}).status_code == 303
    assert _fresh(unit).name == "Kita-Büro II"
    assert unit.active is False


def test_one_does_not_close_the_own_office(actor: Actor, admin: Membership) -> None:
    unit, organisation = admin.unit, admin.unit.organisation
    with pytest.raises(Invalid, match="selbst"):
        commands.change_unit(actor, unit.id, {"name": unit.name, "active": False})
    with pytest.raises(Invalid, match="selbst"):
        commands.change_organisation(
            actor, organisation.id, {**ORGANISATION, "name": organisation.name, "active": False}
        )


def test_an_address_has_one_account(actor: Actor, town: Town) -> None:
    data = {"name": "Nina", "unit_id": str(town.partner.unit_id), "role": "partner"}
    mail = town.advisor.person.email.upper()
    with pytest.raises(Invalid, match="schon ein Konto"):
        commands.invite_person(actor, {**data, "email": mail})
    for bad in ("nina", "nina@portal", "n@a@portal.example", "nina @portal.example"):
        with pytest.raises(Invalid, match="vollständige"):
            commands.invite_person(actor, {**data, "email": bad})
    for wrong in ({"role": "king"}, {"unit_id": str(uuid4())}):
        with pytest.raises(Invalid, match="angebotenen"):
            commands.invite_person(actor, {**data, "email": "n@portal.example", **wrong})


def test_roles_are_added_and_ended(client: PortalClient, town: Town) -> None:
    person = town.stranger.person
    page = f"/admin/people/{person.id}"
    role = {"unit_id": str(town.partner.unit_id), "role": "partner"}
    assert client.submit(f"{page}/memberships", role, form=page).status_code == 303
    again = client.submit(f"{page}/memberships", role, form=page)
    assert again.status_code == 422
    assert "hat die Person dort schon" in again.text
    end = f"/admin/memberships/{town.stranger.id}/end"
    assert client.submit(end, form=page).status_code == 303
    assert client.submit(end, form=page).status_code == 404
    assert _fresh(town.stranger).ended_on == NOW.date()
    assert "Frühere Rollen" in client.get(page).text


def test_administrators_do_not_lock_themselves_out(actor: Actor, admin: Membership, town) -> None:
    with pytest.raises(Conflict):
        commands.deactivate_person(actor, admin.person_id)
    with pytest.raises(Conflict):
        commands.end_membership(actor, admin.id)
    town.factory.member(admin.person.name, town.partner.unit, "admin")
    assert commands.end_membership(actor, admin.id).ended_on == NOW.date()


def test_other_people_s_ids_are_unknown(client: PortalClient) -> None:
    nobody = uuid4()
    for path in (f"/admin/organisations/{nobody}", f"/admin/units/{nobody}",
                 f"/admin/people/{nobody}", "/admin/people/x",
                 f"/admin/organisations/{nobody}/units/new"):  # fmt: skip
        assert client.get(path).status_code == 404
    for path in (f"/admin/memberships/{nobody}/end", f"/admin/people/{nobody}/deactivate",
                 f"/admin/people/{nobody}/reactivate", f"/admin/people/{nobody}/link",
                 f"/admin/people/{nobody}/memberships"):  # fmt: skip
        assert client.submit(path, form="/account").status_code == 404


def test_nobody_else_administers(app: Flask, town: Town) -> None:
    f = town.factory
    for member in (town.advisor, town.lead, town.partner):
        signed_in = app.test_client().sign_in(member)
        assert signed_in.get("/admin/people").status_code == 403
        assert signed_in.get(f"/admin/people/{town.stranger.person_id}").status_code == 403
        with pytest.raises(Forbidden):
            commands.deactivate_person(f.actor(member), town.stranger.person_id)
        with pytest.raises(Forbidden):
            commands.create_organisation(f.actor(member), ORGANISATION)


def test_a_deactivated_partner_s_colleague_answers(actor: Actor, app: Flask, town: Town) -> None:
    f = town.factory
    colleague = f.member("Paul Partner", town.partner.unit, "partner")
    referral = f.sent(town.advisor, town.client, town.service)
    signed_in = app.test_client().sign_in(town.partner)
    db.session.commit()
    assert signed_in.get("/account").status_code == 200
    commands.deactivate_person(actor, town.partner.person_id)
    db.session.commit()
    assert signed_in.get("/account").status_code == 302
    f.move(colleague, referral.id, "accept")
    assert referral.handler_id == colleague.id


def test_a_deactivated_advisor_s_team_lead_acts(actor: Actor, town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask")
    commands.deactivate_person(actor, town.advisor.person_id)
    f.move(town.lead, referral.id, "answer")
    f.move(town.partner, referral.id, "accept")
    f.move(town.partner, referral.id, "complete", {"code": "help_received"})
    f.move(town.lead, referral.id, "review")
    assert referral.loop_closed_at is not None
    with pytest.raises(NotFound):
        f.move(town.stranger, referral.id, "review")


def test_an_account_is_reopened(client: PortalClient, app: Flask, advisor: Membership) -> None:
    page = f"/admin/people/{advisor.person_id}"
    assert client.submit(f"{page}/deactivate", form=page).status_code == 303
    assert log_in(app.test_client(), advisor.person.email).status_code == 422
    assert client.submit(f"{page}/link", form=page).status_code == 409
    assert client.submit(f"{page}/reactivate", form=page).status_code == 303
    assert log_in(app.test_client(), advisor.person.email).status_code == 303


def test_nobody_takes_over_an_account_with_an_address_of_ones_own(
    actor: Actor, admin: Membership, town: Town, advisor: Membership
) -> None:
    mail = {"name": advisor.person.name, "email": "meine-eigene@portal.example"}
    person = commands.change_person(actor, advisor.person_id, mail)
    assert not person.active
    with pytest.raises(Conflict):
        commands.send_link_again(actor, person.id)
    with pytest.raises(Forbidden):
        commands.reactivate_person(actor, person.id)
    again = Membership(person_id=admin.person_id, unit_id=town.partner.unit_id, role="admin")
    db.session.add(again)
    db.session.flush()
    with pytest.raises(Forbidden):  # the same person in another office
        commands.reactivate_person(town.factory.actor(again), person.id)
    second = town.factory.member("Ada Zweite", admin.unit, "admin")
    assert commands.reactivate_person(town.factory.actor(second), person.id).active


def test_a_slip_in_an_invitation_is_put_right_by_oneself(actor: Actor, admin: Membership) -> None:
    data = {"name": "Neu", "email": "nue@portal.example", "unit_id": str(admin.unit_id),
            "role": "auditor"}  # fmt: skip
    person = commands.invite_person(actor, data)
    commands.change_person(actor, person.id, {"name": "Neu", "email": "neu@portal.example"})
    assert person.active


def test_people_are_found_page_by_page(client: PortalClient, town: Town) -> None:
    unit = town.partner.unit
    for number in range(30):
        town.factory.member(f"Person {number:02}", unit, "partner")
    db.session.commit()
    seen, path = [], "/admin/people?q=person"
    while path:
        page = client.get(path).text
        seen += [n for n in range(30) if f"Person {n:02}" in page]
        found = page.partition('href="/admin/people?after=')[2].partition('"')[0]
        path = "/admin/people?after=" + found.replace("&amp;", "&") if found else ""
    assert seen == list(range(30))
    assert client.get("/admin/people?after=nonsense").status_code == 404
    assert client.get("/admin/people?q=%00%25_").status_code == 200


@pytest.mark.parametrize("path", ["/admin/people", "/admin/organisations", "/services"])
def test_a_longer_list_costs_no_more_queries(client, town: Town, path: str) -> None:
    counts = []
    for first in (0, 5):
        for number in range(first, first + 5 if first == 0 else 25):
            f = town.factory
            unit = f.unit(f.organisation(f"A {number}", "other_office"))
            f.member(f"A {number}", unit, "partner")
            f.service(unit, "andere_stelle", f"A {number}", municipalities=["08317001"])
        db.session.commit()
        client.get(path)
        queries: list[str] = []

        def count(*args: object, seen: list[str] = queries) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", count)
        assert "A 1" in client.get(path).text
        event.remove(db.engine, "before_cursor_execute", count)
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_the_first_organisation_is_made_by_the_system(app: Flask) -> None:
    system = Actor.system(NOW)
    organisation = commands.create_organisation(system, ORGANISATION)
    unit = commands.create_unit(system, organisation.id, {"name": "Zentrale"})
    data = {"name": "Ada", "email": "ada@portal.example", "unit_id": str(unit.id), "role": "admin"}
    person = commands.invite_person(system, data)
    db.session.commit()
    assert db.session.scalars(select(Organisation)).one().name == ORGANISATION["name"]
    assert db.session.scalars(select(Unit)).one().id == unit.id
    assert db.session.scalars(select(Person)).one().id == person.id
