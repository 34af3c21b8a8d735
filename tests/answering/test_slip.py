"""The Begleitblatt of a referral: read back as PDF, and typed in at the office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.extensions import db
from portal.links.commands import slip_code
from portal.links.models import LinkCode
from portal.referrals import endings
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.answering.opening import again, post
from tests.documents import reading

WRONG = "Kennung und Code passen nicht zusammen"


@pytest.fixture
def advisor(app: Flask, town: Town) -> PortalClient:
    found: Any = app.test_client()
    signed_in: PortalClient = found.sign_in(town.advisor)
    return signed_in


def address_of(referral: Referral) -> str:
    return f"/referrals/{referral.id}/slip.pdf"


def typed(referral: Referral, code: str = "") -> dict[str, str]:
    return {"reference": referral.reference, "code": code or slip_code(referral.id)}


# --- on paper -----------------------------------------------------------------------------------


def test_the_sheet_says_who_is_asked_by_whom_and_how_to_answer(
    town: Town, advisor: PortalClient, referral: Referral
) -> None:
    assert address_of(referral) in advisor.get(f"/referrals/{referral.id}").text
    answer = advisor.get(address_of(referral))
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    said, consent = reading.text(answer.data), again(referral).consent
    assert consent is not None
    for needed in (
        "Kita-Plätze", "Kita-Büro Hausach", "0000 2000", "Landratsamt Ortenaukreis", "0000 1000",
        "Katrin Demowald", referral.reference, consent.purpose, f"Code: {slip_code(referral.id)}",
        "http://localhost/slip", "geben Sie Kennung und Code ein", "Номер справи",
        "noch nicht von einer Übersetzerin",
    ):  # fmt: skip
        assert needed in said
    for more in ("Oksana", "Pryklad", "0000 123456", "Hausach, 08317041", "Ein Beispiel, kurz"):
        assert more not in said  # the client shows it, or not
    assert reading.qr_codes(answer.data) == [
        f"http://localhost/slip?reference={referral.reference}"
    ]
    assert reading.is_accessible(answer.data)
    assert reading.title(answer.data) == "Begleitblatt"
    tags = reading.tags(answer.data)
    assert {tag.language for tag in tags} >= {"de", "uk"}
    assert f"QR-Code: {referral.reference}" in {tag.alt for tag in tags}
    db.session.rollback()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.purpose == "slip")).one()
    assert (entry.kind, entry.subject_id) == ("referral.read", referral.id)


@pytest.mark.parametrize("language", ["de", "ar", "ti", "kmr"])
def test_in_every_script(town: Town, advisor: PortalClient, language: str) -> None:
    client = town.factory.client(town.advisor, contact_language=language)
    sent = town.factory.sent(town.advisor, client, town.service)
    db.session.commit()
    paper = advisor.get(address_of(sent)).data
    assert reading.is_accessible(paper)
    assert slip_code(sent.id) in reading.text(paper)


def test_there_is_one_only_while_somebody_can_answer(
    app: Flask, town: Town, advisor: PortalClient, referral: Referral
) -> None:
    def status(who: PortalClient = advisor, of: Referral = referral) -> int:
        db.session.rollback()
        return who.get(address_of(of)).status_code

    others: dict[Any, Any] = {town.partner: 403, town.colleague: 404, town.lead: 200}
    for member, expected in others.items():
        somebody: Any = app.test_client()
        assert status(somebody.sign_in(member)) == expected
    db.session.rollback()
    client = town.factory.client(town.advisor)
    draft = town.factory.draft(town.advisor, client, town.service)
    ended, withdrawn = (
        town.factory.sent(town.advisor, town.factory.client(town.advisor), town.service)
        for _ in range(2)
    )
    town.factory.move(town.partner, ended.id, "decline")
    endings.revoke_consent(town.factory.actor(town.advisor), withdrawn.consent_id, "in_person")
    db.session.commit()
    assert [status(of=each) for each in (draft, ended, withdrawn)] == [404, 404, 404]
    assert "slip.pdf" not in advisor.get(f"/referrals/{draft.id}").text
    assert "slip.pdf" not in advisor.get(f"/referrals/{ended.id}").text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=190)  # the consent is over
    advisor.sign_in(town.advisor)
    assert status() == 404


# --- typed in -----------------------------------------------------------------------------------


def test_reference_and_code_open_the_request_on_this_device(
    app: Flask, browser: PortalClient, referral: Referral
) -> None:
    page = browser.get(f"/slip?reference={referral.reference}")
    assert f'value="{referral.reference}"' in page.text
    small = {key: value.lower().replace("-", " ") if key == "code" else value.lower()
             for key, value in typed(referral).items()}  # fmt: skip
    opened = browser.submit("/slip", small)
    assert opened.status_code == 303
    assert opened.location.startswith("/answer/")
    assert "Gerät vergessen" in browser.get(opened.location).text
    elsewhere: Any = app.test_client()
    assert "Gerät vergessen" not in elsewhere.get(opened.location).text  # the link alone does not
    app.extensions["portal_clock"] = lambda: NOW + timedelta(hours=13)
    assert "Gerät vergessen" not in browser.get(opened.location).text


def test_what_is_odd_in_the_address_is_left_out(browser: PortalClient) -> None:
    for odd in ("x" * 50, "%E2%80%AEVM-2026", "%00"):
        page = browser.get(f"/slip?reference={odd}")
        assert page.status_code == 200
        assert 'name="reference" type="text" value=""' in " ".join(page.text.split())


def test_a_wrong_reference_and_a_wrong_code_look_alike(
    town: Town, browser: PortalClient, referral: Referral
) -> None:
    draft = town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    right = slip_code(referral.id)
    pages = set()
    for entered in (
        typed(referral, "ABCD-EFGH"), {"reference": "VM-2026-999999", "code": right},
        {"reference": "'; --", "code": right}, typed(draft),
    ):  # fmt: skip
        answer = browser.submit("/slip", entered)
        assert answer.status_code == 422
        assert WRONG in answer.text
        assert f'value="{entered["code"]}"' in answer.text
        pages.add(answer.text.count("kern-error"))
    assert len(pages) == 1
    empty = browser.submit("/slip", {"reference": "", "code": ""})
    assert empty.status_code == 422
    assert empty.text.count("Bitte ausfüllen.") >= 2


def test_ten_wrong_codes_lock_the_slip_and_the_office_is_told(
    app: Flask, browser: PortalClient, referral: Referral
) -> None:
    post()
    for attempt in range(10):
        answer = browser.submit("/slip", typed(referral, f"FALSCH-{attempt}"))
        assert answer.status_code == 422
    assert "passen nicht zusammen" in answer.text  # nor whether there is such a number
    assert browser.submit("/slip", typed(referral)).status_code == 422
    db.session.rollback()
    told = [letter for letter in post() if "Zu viele falsche Codes" in letter.subject]
    assert [letter.to for letter in told] == [("kita@portal.example",)]
    assert referral.reference in told[0].subject
    app.extensions["portal_clock"] = lambda: NOW + timedelta(hours=25)
    assert browser.submit("/slip", typed(referral)).status_code == 303


def test_guessing_over_many_references_ends_soon(
    app: Flask, browser: PortalClient, referral: Referral
) -> None:
    answers = [
        browser.submit("/slip", {"reference": f"VM-2026-{900000 + n}", "code": "ABCDEFGH"})
        for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert browser.submit("/slip", typed(referral)).status_code == 429
    db.session.rollback()
    assert db.session.scalars(select(LinkCode)).all() == []
    app.extensions["portal_clock"] = lambda: NOW + timedelta(minutes=16)
    assert browser.submit("/slip", typed(referral)).status_code == 303


def test_right_codes_are_not_counted_as_guesses(browser: PortalClient, referral: Referral) -> None:
    for _ in range(25):
        assert browser.submit("/slip", typed(referral)).status_code == 303


def test_a_referral_that_ended_says_so_after_the_right_code(
    town: Town, browser: PortalClient, referral: Referral
) -> None:
    town.factory.move(town.advisor, referral.id, "withdraw", {"code": "solved_otherwise"})
    db.session.commit()
    opened = browser.submit("/slip", typed(referral))
    assert opened.status_code == 303
    page = browser.get(opened.location).text
    assert "Diese Anfrage ist beendet: Zurückgezogen" in page
    client = db.session.get_one(Client, referral.client_id)
    assert client.name not in page


def test_a_lost_sheet_is_replaced_and_opens_nothing_any_more(
    app: Flask, town: Town, browser: PortalClient, referral: Referral
) -> None:
    lost = slip_code(referral.id)
    answer = browser.submit("/slip", {"reference": referral.reference, "code": lost})
    assert answer.status_code == 303
    office: PortalClient = app.test_client()  # type: ignore[assignment]
    renew = f"/referrals/{referral.id}/slip/renew"
    stranger = office.sign_in(town.partner)
    assert stranger.submit(renew, form=f"/referrals/{referral.id}").status_code == 403
    office.sign_in(town.advisor)
    assert office.submit(renew, form=f"/referrals/{referral.id}").status_code == 303
    assert "Gerät vergessen" not in browser.get(answer.location).text
    stale = browser.submit("/slip", {"reference": referral.reference, "code": lost})
    assert stale.status_code == 422
    db.session.rollback()
    fresh = slip_code(referral.id)
    assert fresh != lost
    right = browser.submit("/slip", {"reference": referral.reference, "code": fresh})
    assert right.status_code == 303
