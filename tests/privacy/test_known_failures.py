"""What went wrong in other portals (loop.md, "Known failures of others") does not happen here."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.codes import CANCEL, DECLINE, By
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import FINAL
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands, endings, packages, policy
from portal.referrals.models import DeletionRequest, Referral
from portal.registry import registry
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers
from portal.testing.pages import browser
from portal.testing.town import NOW, Town
from portal.workflow import Side, Workflow
from tests.privacy.walking import addresses, every_id, everything, office, walk


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@pytest.fixture
def referral(town: Town) -> Referral:
    """Accepted."""
    sent = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, sent.id, "accept")
    db.session.commit()
    return sent


def office_of(key: str) -> Office:
    return office(Factory(NOW), registry().referral_type(key))


def receivers(town: Town) -> list[Membership]:
    desk = town.service.unit
    return [town.partner, town.factory.member("Evi Ehrenamt", desk, "volunteer_coordinator")]


# Primero R2-2708, R2-2712
def test_a_scoped_recipient_cannot_export_or_open_core_forms(
    app: Flask, town: Town, referral: Referral
) -> None:
    people = receivers(town)
    db.session.commit()
    ids = {key: value for key, value in every_id().items() if key.endswith("_id")}
    core = [a for a in addresses(app, {**ids, "need": ["childcare"]})
            if a.startswith(("/clients", "/consents", "/privacy", "/deputies"))]  # fmt: skip
    core.append(f"/referrals/{referral.id}/draft")
    assert {
        f"/clients/{town.client.id}/{name}"
        for name in ("edit", "dossier.json", "dossier.pdf", "portability.json", "disclosures.pdf")
    } < set(core)
    for member in people:
        assert {page.status for page in walk(app, member, core)} <= {403, 404}
        visitor = browser(app, member)
        for address in addresses(app, ids, "POST"):
            if address.startswith(("/clients", "/consents", "/privacy")):
                assert visitor.post(address, data={"q": "Pryklad"}).status_code in (403, 404)


# Primero R2-1380, R2-1787
def test_revoking_is_implemented_for_real(app: Flask, town: Town, referral: Referral) -> None:
    partner = browser(app, town.partner)
    page = f"/referrals/{referral.id}"
    assert "Pryklad" in partner.get(page).text
    answer = browser(app, town.advisor).post(f"/consents/{referral.consent_id}/revoke")
    assert answer.status_code == 303
    assert "Pryklad" not in partner.get(page).text
    assert "Zugriff beendet" in partner.get(page).text
    db.session.rollback()
    again = db.session.get_one(Referral, referral.id)
    assert (again.status, again.code) == ("cancelled", "consent_withdrawn")
    actor = town.factory.actor(town.partner)
    assert packages.readable(actor, policy.get_visible(actor, again.id)) == []
    draft = town.factory.draft(town.advisor, town.client, town.service)
    with pytest.raises(Invalid):
        commands.perform(town.factory.actor(town.advisor), draft.id, "send", {})


# Primero R2-3526
@pytest.mark.parametrize("gone", ["the partner", "the unit", "the organisation", "the advisor"])
def test_revoke_works_for_a_deactivated_user_or_organisation(
    app: Flask, town: Town, referral: Referral, gone: str
) -> None:
    unit = town.service.unit
    who = town.advisor
    if gone == "the partner":
        town.partner.person.active, town.partner.ended_on = False, date(2026, 11, 23)
    elif gone == "the advisor":
        town.advisor.person.active, town.advisor.ended_on = False, date(2026, 11, 23)
        who = town.lead
    else:
        (unit if gone == "the unit" else unit.organisation).active = False
    db.session.commit()
    answer = browser(app, who).post(f"/consents/{referral.consent_id}/revoke")
    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.get_one(Referral, referral.id).code == "consent_withdrawn"
    # The organisation is addressed, not the person who left.
    asked = db.session.scalars(select(DeletionRequest)).one()
    assert asked.unit_id == unit.id
    told = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.topic == "referral.ended")
    ).all()
    assert [(message.unit_id, message.person_id) for message in told] == [(unit.id, None)]


# Primero R2-3957
def test_transitions_cannot_be_changed_without_access_to_the_record(
    app: Flask, town: Town, referral: Referral
) -> None:
    others = [town.stranger, town.colleague, *(
        town.factory.member(f"Zz {role}", town.advisor.unit, role)
        for role in ("coordinator", "auditor", "admin")
    )]  # fmt: skip
    db.session.commit()
    before = everything()
    workflow = registry().referral_type(referral.type).workflow
    ids: dict[str, list[Any]] = {
        "referral_id": [referral.id],
        "client_id": [town.client.id],
        "consent_id": [referral.consent_id],
        "action": [a.key for a in workflow.actions],
    }
    posts = [address for address in addresses(app, ids, "POST") if "-" in address]
    assert len(posts) > 25
    for member in others:
        actor, visitor = town.factory.actor(member), browser(app, member)
        answers = {visitor.post(a, data={"code": "other"}).status_code for a in posts}
        assert answers <= {403, 404}
        for key in ("complete", "withdraw"):
            for way in (actor, actor.recording(Side.RECEIVER, "phone")):
                with pytest.raises((NotFound, Forbidden)):
                    commands.perform(way, referral.id, key, {"code": "help_received"})
                db.session.rollback()
        with pytest.raises((NotFound, Forbidden)):
            endings.revoke_consent(actor, referral.consent_id or town.client.id)
        db.session.rollback()
    assert everything() == before


# OpenFn/primero-progres
def test_the_recipient_learns_of_a_revoked_consent(
    app: Flask, town: Town, referral: Referral
) -> None:
    browser(app, town.advisor).post(f"/consents/{referral.consent_id}/revoke")
    db.session.rollback()
    letters = [render(message) for message in db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.topic == "referral.ended"))]  # fmt: skip
    assert [letter.to for letter in letters] == [("kita@portal.example",)]
    assert letters[0].subject == f"{referral.reference}: Zugriff beendet"
    partner = browser(app, town.partner)
    assert referral.reference in partner.get("/").text  # what is to be confirmed stands there
    page = partner.get(f"/referrals/{referral.id}").text
    assert "Zugriff beendet" in page
    assert "0000 1000" in page
    assert "widerrufen" not in page.casefold()  # no reason


# rubyforgood/casa#6199
def test_an_unassigned_volunteer_sees_no_contacts(app: Flask) -> None:
    here, secret = office_of("helferkreis"), Markers("zqalpha")
    client = here.client(secret)
    way = ways(here.kind.workflow)
    for state in ("sent", "accepted", "volunteer_proposed", "in_progress", "completed"):
        here.referral(client, way[state], secret)
    unassigned = here.factory.member("Zora Zuletzt", here.unit, "volunteer")
    db.session.commit()
    assert db.session.scalars(policy.visible(here.factory.actor(unassigned))).all() == []
    ids = {**every_id(), "action": ["take_on", "task_done"]}
    pages = list(walk(app, unassigned, [*addresses(app, ids), "/referrals?filter=all"]))
    assert [page.address for page in pages if secret.are_in(page.text)] == []
    # Not even who else is asked, or how many.
    assert [page.address for page in pages if "Probe Freiwillig" in page.text] == []


# Pjaijai/Referalah#250
def test_a_get_changes_nothing(app: Flask, town: Town, referral: Referral) -> None:
    f = town.factory
    f.draft(town.advisor, town.client, town.service)
    people = [town.advisor, town.lead, town.partner, *(
        f.member(f"Zz {role}", town.advisor.unit, role) for role in ("coordinator", "auditor",
                                                                    "admin"))]  # fmt: skip
    db.session.commit()
    ids = {**every_id(), "action": ["complete", "withdraw"]}
    asked = [*addresses(app, ids), f"/referrals/{referral.id}/complete?code=help_received"]
    before = everything()
    for member in people:
        pages = [page for page in walk(app, member, asked) if page.address != "/logout"]
        assert len([page for page in pages if page.shown]) > 10
        assert everything() == before, member.role


# CareTogether/CareTogetherCMS#1117
def test_closing_needs_a_reason(app: Flask) -> None:
    for kind in registry().referral_types.values():
        closing = [
            action for action in kind.workflow.actions
            if kind.workflow.status(action.target or kind.workflow.initial) in FINAL
            and action.side is not Side.SYSTEM and action.key != "discard"
        ]  # fmt: skip
        assert len(closing) >= 4
        for action in closing:
            reasons = [field for field in action.fields if field.required
                       and field.key in ("code", "reason", "suggestion")]  # fmt: skip
            assert reasons, (kind.key, action.key)


@pytest.mark.parametrize("action", ["complete", "fail", "withdraw"])
def test_closing_without_one_is_refused_at_the_field(
    app: Flask, town: Town, referral: Referral, action: str
) -> None:
    who = town.advisor if action == "withdraw" else town.partner
    for empty in ({}, {"code": "other"}):
        answer = browser(app, who).post(f"/referrals/{referral.id}/{action}", data=empty)
        assert answer.status_code == 422
        assert "Bitte" in answer.text
    db.session.rollback()
    assert db.session.get_one(Referral, referral.id).status == "accepted"


# open-path/Boston#65
def test_client_declined_and_partner_declined_are_told_apart(app: Flask, town: Town) -> None:
    f, by_client = town.factory, "client_no_longer_interested"
    first, second = (f.sent(town.advisor, town.client, town.service) for _ in range(2))
    f.move(town.partner, first.id, "decline", {"code": "no_capacity"})
    f.move(town.advisor, second.id, "withdraw", {"code": by_client})
    db.session.commit()
    assert (first.status, first.code) == ("declined", "no_capacity")
    assert (second.status, second.code) == ("cancelled", by_client)
    doing = {code.key: code.by for code in (*DECLINE, *CANCEL) if code.key != "other"}
    assert (doing["no_capacity"], doing[by_client]) == (By.PARTNER, By.CLIENT)
    # No kind of partner can enter for itself that the client did not want to.
    for kind in registry().referral_types.values():
        assert by_client in _codes(kind.workflow, "withdraw"), kind.key
        assert by_client not in _codes(kind.workflow, "decline"), kind.key
    pages = [browser(app, town.advisor).get(f"/referrals/{each.id}").text
             for each in (first, second)]  # fmt: skip
    assert "Keine freien Plätze" in pages[0]
    assert "Person möchte nicht mehr" in pages[1]


def _codes(workflow: Workflow, key: str) -> set[str]:
    found = [action for action in workflow.actions if action.key == key]
    return {code for action in found for field in action.fields if field.key == "code"
            for code, _ in field.choices}  # fmt: skip


# open-path/Boston#45
def test_declining_is_an_answer_in_the_portal_with_a_code(town: Town) -> None:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    partner = town.factory.actor(town.partner)
    with pytest.raises(Invalid) as caught:
        commands.perform(partner, sent.id, "decline", {"explanation": "Steht in der E-Mail."})
    assert set(caught.value.errors) == {"code"}
    commands.perform(partner, sent.id, "decline", {"code": "no_capacity"})
    with pytest.raises(Conflict):
        commands.perform(partner, sent.id, "decline", {"code": "no_capacity"})
