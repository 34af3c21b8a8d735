"""An office without an account answers behind its link: at once, or after its code."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.demo.factory import Factory
from portal.extensions import db
from portal.referrals.models import Event, Referral
from portal.registry import registry
from portal.testing.client import PortalClient
from portal.testing.town import Town, build_town
from tests.answering.opening import again, link_in, post, with_code


def test_the_letter_to_an_office_carries_a_link_that_opens_without_an_account(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    answer = browser.get(address)
    assert answer.status_code == 200
    assert referral.reference in answer.text
    assert "Code Ihrer Stelle" in answer.text


def test_opening_changes_nothing(browser: PortalClient, address: str, referral: Referral) -> None:
    events = list(db.session.scalars(select(Event.id)))
    version = referral.version
    for path in ("", "/quick/no_capacity", "/quick/waitlist", "/quick/not_responsible"):
        assert browser.get(address + path).status_code == 200
    assert (again(referral).version, referral.acknowledged_at) == (version, None)
    assert list(db.session.scalars(select(Event.id))) == events


@pytest.mark.parametrize(("key", "status", "code"), [
    ("no_capacity", "declined", "no_capacity"),
    ("not_responsible", "declined", "not_responsible"),
    ("waitlist", "waitlisted", None),
])  # fmt: skip
def test_three_answers_need_no_code_and_are_confirmed_to_the_registered_address(
    town: Town, browser: PortalClient, address: str, referral: Referral, key: str, status: str,
    code: str | None,
) -> None:  # fmt: skip
    path = f"{address}/quick/{key}"
    assert browser.submit(path, {"weeks": "6", "seen": "2"}).status_code == 303
    found = again(referral)
    assert (found.status, found.code, found.channel) == (status, code, "link")
    (event,) = db.session.scalars(select(Event).where(Event.source == "link"))
    assert (event.side, event.membership_id) == ("receiver", None)
    told = {letter.to[0]: letter for letter in post()}
    assert "Eine Antwort per Link ist eingetragen" in told["kita@portal.example"].subject
    assert town.advisor.person.email in told


def test_the_sender_reads_that_it_was_answered_by_link(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    browser.submit(f"{address}/quick/no_capacity")
    browser.sign_in(town.advisor)
    page = browser.get(f"/referrals/{referral.id}").text
    assert "Kita-Büro Hausach (Demo) · per Link" in page
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.kind == "referral.moved"))
    assert [(e.actor_kind, e.data["recorded"]) for e in entry][-1] == ("link", "link")


def test_the_number_of_weeks_is_asked_for_and_checked(
    browser: PortalClient, address: str, referral: Referral
) -> None:
    for typed in ("", "0", "viele", "999"):
        answer = browser.submit(f"{address}/quick/waitlist", {"weeks": typed})
        assert answer.status_code == 422
        assert 'id="weeks-error"' in answer.text
        assert f'value="{typed}"' in answer.text
    assert again(referral).status == "sent"


def test_without_the_code_nobody_is_named_and_nothing_else_can_be_answered(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    page = browser.get(address).text
    name = town.client.profile["family_name"]
    assert name not in page
    for action in ("accept", "ask", "complete"):
        assert browser.get(f"{address}/move/{action}").status_code == 404
        assert browser.submit(f"{address}/move/{action}", form=address).status_code == 404
    assert again(referral).status == "sent"


def test_a_kind_that_shows_everything_at_once_shows_a_link_no_name_and_no_question(
    app: Flask, factory: Factory, browser: PortalClient
) -> None:
    town = build_town(factory, "jobcenter")
    sent = factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    assert registry().referral_type(sent.type).preview is None
    address = link_in(post()[0])
    page = browser.get(address).text
    given, family = town.client.profile["given_name"], town.client.profile["family_name"]
    assert family not in page
    assert given not in page
    with_code(town, browser, address)
    assert family in browser.get(address).text
    assert sent.reference in page


def test_after_the_code_the_office_accepts_with_a_date_asks_and_finishes(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    with_code(town, browser, address)
    assert "Alles kopieren" not in browser.get(address).text  # nothing to copy before accepting
    typed = {"appointment_at": "2026-12-01T10:00", "place": "Zimmer 3"}
    answer = browser.submit(f"{address}/move/accept_with_appointment", typed)
    assert answer.status_code == 303
    assert again(referral).status == "scheduled"
    page = browser.get(address).text
    assert town.client.profile["family_name"] in page
    assert "Alles kopieren" in page
    assert "Zimmer 3" in page
    done = browser.submit(f"{address}/move/complete", {"code": "help_received"})
    assert done.status_code == 303
    assert again(referral).status == "completed"


def test_a_refused_move_keeps_what_was_typed(
    town: Town, browser: PortalClient, address: str, referral: Referral
) -> None:
    with_code(town, browser, address)
    answer = browser.submit(f"{address}/move/decline", {"code": "other", "explanation": ""})
    assert answer.status_code == 422
    assert 'id="explanation-error"' in answer.text
    asked = browser.submit(f"{address}/move/ask", {"question": "x" * 1001})
    assert asked.status_code == 422
    assert "x" * 1001 in asked.text
    assert again(referral).status == "sent"
