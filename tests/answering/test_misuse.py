"""What a link must not allow: guessing on, undoing, speaking for the office, lasting too long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit import AuditEntry
from portal.consents.models import Consent
from portal.extensions import db
from portal.links import commands as links
from portal.links.tokens import Purpose, code_of, make
from portal.outbox import OutboxMessage
from portal.referrals.commands import void
from portal.referrals.endings import revoke_consent
from portal.referrals.models import DeletionRequest, Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.answering.opening import CODE, LINK, again, link_in, post, set_code, with_code


def test_where_nothing_can_be_opened_no_code_is_tried(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    set_code(town)
    token = browser.token(address)
    void(town.factory.actor(town.lead), referral.id, {"reason": "Doppelt angelegt."})
    db.session.commit()
    for typed in [*(f"falsch {number}" for number in range(12)), CODE]:
        answer = browser.post(f"{address}/code", data={"code": typed, "csrf_token": token})
        assert answer.status_code == 404
        assert "device_" not in answer.headers.get("Set-Cookie", "")
    db.session.rollback()
    code = code_of(town.partner.unit)
    assert code is not None
    assert (code.failures, code.locked_until) == (0, None)


def test_without_the_code_nobody_undoes_what_was_answered(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    token = browser.token(f"{address}/quick/waitlist")
    town.factory.move(town.partner, referral.id, "accept_with_appointment",
                      {"appointment_at": NOW + timedelta(days=3)})  # fmt: skip
    db.session.commit()
    assert "Sofort antworten" not in browser.get(address).text
    for key in ("waitlist", "no_capacity", "not_responsible"):
        late = browser.post(f"{address}/quick/{key}", data={"weeks": "9", "csrf_token": token})
        assert late.status_code == 409
        assert "Paula Partner" not in late.text
    assert again(referral).status == "scheduled"


@pytest.mark.parametrize("action", ["decline", "waitlist", "acknowledge"])
def test_without_the_code_there_is_no_form_of_a_move(
    browser: PortalClient, address: str, referral: Referral, action: str
) -> None:
    assert browser.get(f"{address}/move/{action}").status_code == 404
    typed = {"code": "other", "explanation": "Im Namen der Stelle."}
    assert browser.submit(f"{address}/move/{action}", typed, form=address).status_code == 404
    assert again(referral).status == "sent"


def test_an_advisor_whose_account_is_not_open_yet_gets_no_link_without_one(
    town: Town, browser: PortalClient, address: str
) -> None:
    assert town.advisor.person.password is None
    browser.submit(f"{address}/quick/no_capacity")
    db.session.rollback()
    (letter,) = [each for each in post() if each.to == (town.advisor.person.email,)]
    assert LINK.search(letter.text) is None
    assert "/referrals/" in letter.text


def test_another_link_is_sent_for_a_dead_one_alone_and_not_again_and_again(
    app: Flask, browser: PortalClient, address: str
) -> None:
    assert browser.submit(f"{address}/again", form=address).status_code == 404
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=46)
    asked = [browser.submit(f"{address}/again", form=address).status_code for _ in range(5)]
    assert asked == [200, 200, 200, 429, 429]


def test_a_page_that_was_open_too_long_repeats_no_code(browser: PortalClient, address: str) -> None:
    ours = {"Origin": "http://localhost"}
    typed = {"csrf_token": "x", "code": "geheim 1234", "weeks": "7"}
    late = browser.post(f"{address}/code", data=typed, headers=ours)
    assert late.status_code == 400
    assert "geheim 1234" not in late.text
    assert 'value="7"' in late.text


def test_a_sheet_of_paper_opens_nothing_after_the_end(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    slip = links.slip_code(referral.id)
    browser.submit(f"{address}/code", {"code": slip}, form=address)
    browser.submit(f"{address}/move/accept", {"next_on": "2026-12-01"})
    name = town.client.profile["family_name"]
    assert name in browser.get(address).text
    browser.submit(f"{address}/move/complete", {"code": "help_received"})
    assert name not in browser.get(address).text
    typed = {"reference": referral.reference, "code": slip}
    browser.submit("/slip", typed)
    assert name not in browser.get(address).text
    set_code(town)
    browser.submit(f"{address}/code", {"code": CODE}, form=address)
    assert name in browser.get(address).text  # the office still may, for two weeks


def test_the_office_is_told_of_its_new_code(
    town: Town, browser: PortalClient, address: str
) -> None:
    browser.submit(f"{address}/ask-for-code", form=address)
    db.session.rollback()
    choose = link_in(post()[0])
    browser.submit(choose, {"code": CODE, "again": CODE})
    db.session.rollback()
    (letter,) = post()
    assert letter.subject == "Ihr Code ist neu festgelegt"
    assert CODE not in letter.text


def test_the_log_says_by_which_code_a_request_was_opened(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    browser.get(address)
    browser.submit(f"{address}/code", {"code": links.slip_code(referral.id)}, form=address)
    browser.get(address)
    with_code(town, browser, address)
    browser.get(address)
    db.session.rollback()
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    opened = [entry for entry in entries if entry.kind == "link.opened"]
    assert [entry.subject_table for entry in opened] == ["referral", "unit"]
    assert opened[0].client_id == town.client.id
    read = [e.data["proof"] for e in entries if e.kind == "referral.read" and "proof" in e.data]
    assert list(dict.fromkeys(read)) == ["none", "referral", "unit"]


def test_after_a_revocation_the_deletion_is_confirmed_by_link_with_the_code(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    set_code(town)
    consent = db.session.get_one(Consent, referral.consent_id)
    revoke_consent(town.factory.actor(town.advisor), consent.id)
    db.session.commit()
    page = browser.get(address).text
    assert "Zugriff beendet" in page
    assert "Löschung bestätigen" in page
    typed = {"answer": "deleted"}
    refused = browser.submit(f"{address}/deletion", typed, form=address)
    assert refused.status_code == 403
    browser.submit(f"{address}/code", {"code": CODE}, form=address)
    unsaid = browser.submit(f"{address}/deletion", {"answer": "kept"}, form=address)
    assert unsaid.status_code == 422
    assert 'id="basis-error"' in unsaid.text
    assert browser.submit(f"{address}/deletion", typed, form=address).status_code == 303
    db.session.rollback()
    request = db.session.scalars(select(DeletionRequest)).one()
    assert (request.answer, request.answered_by_id) == ("deleted", None)
    told = select(func.count()).where(OutboxMessage.topic == "referral.deletion")
    assert db.session.scalar(told) == 1
    assert "Bestätigt am" in browser.get(address).text


def test_a_volunteers_task_link_tries_no_pin_once_the_task_is_gone(
    town: Town, browser: PortalClient, referral: Referral
) -> None:
    f = town.factory
    volunteer = f.member("Volker Frei", town.partner.unit, "volunteer")
    pin = links.give_pin(f.actor(town.partner), volunteer)
    db.session.commit()
    address = "/answer/" + make(Purpose.TASK, volunteer, referral.id, NOW)
    token = browser.token("/login")
    for typed in ("111111", pin):
        answer = browser.post(f"{address}/code", data={"code": typed, "csrf_token": token})
        assert answer.status_code == 404
    db.session.rollback()
    code = code_of(volunteer)
    assert code is not None
    assert code.failures == 0
