"""Somebody without an account, wide and on a phone: the link in the letter, an answer, and done."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.links.commands import slip_code
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.referrals.models import Referral
from tests.browser.hands import Hands, Served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("width", [1280, 390])]
Serve = Callable[..., Served]
Somebody = Callable[..., Hands]
OF_THE_CLIENT = ("Pryklad", "Oksana", "0000 123456")


def link_of(served: Served, referral: Referral) -> str:
    """The path in the letter that tells the office of it."""
    told = select(OutboxMessage).where(OutboxMessage.reference == referral.reference)
    with served.app.test_request_context():
        letter = render(db.session.scalars(told).one())
    found = re.search(r"http://localhost(/answer/\S+)", letter.text)
    assert found, letter.text
    return found[1]


def test_no_place_takes_two_clicks_and_no_code(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    office = hands(served, f"link-no-place-{width}", width=width)
    office.open(link_of(served, referral))
    assert office.sees(referral.reference, "Vorschau ohne Namen", "Sofort antworten")
    assert not office.sees_any(*OF_THE_CLIENT)
    office.click("link", "Kein Platz")
    office.click("button", "So antworten")
    assert office.interactions == 2
    assert office.sees("Danke, Ihre Antwort ist eingetragen", "Diese Anfrage ist beendet: Absage")
    assert not office.sees_any(*OF_THE_CLIENT)


def test_with_the_code_of_the_slip_it_is_accepted_and_copied(
    serve: Serve, hands: Somebody, width: int
) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    office = hands(served, f"link-code-{width}", width=width)
    office.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    office.open(link_of(served, referral))
    office.write("Code Ihrer Stelle oder vom Begleitblatt", "ABCD-2345")
    office.click("button", "Öffnen")
    assert office.sees("Dieser Code stimmt nicht")
    with served.app.app_context():
        code = slip_code(referral.id)
    office.write("Code Ihrer Stelle oder vom Begleitblatt", code)
    office.click("button", "Öffnen")
    office.click("link", "Zusagen")
    office.click("button", "So antworten")
    assert office.sees("Danke, Ihre Antwort ist eingetragen", "Zugesagt", *OF_THE_CLIENT)
    office.click("button", "Alles kopieren")
    assert office.sees("Kopiert.")
    copied = office.page.evaluate("navigator.clipboard.readText()")
    assert referral.reference in copied
    assert "Nachname: Pryklad" in copied
