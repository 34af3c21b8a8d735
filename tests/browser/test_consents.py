"""A consent in Chromium: read in Arabic, signed on the screen, revoked while the partner's page is
open, and listed on the client's own sheet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from portal.clients.commands import update_client
from portal.extensions import db
from tests.browser import steps
from tests.browser.hands import Hands, Served

pytestmark = pytest.mark.browser
HALF_A_MINUTE = 31_000  # milliseconds, and one second more


def speaks(served: Served, language: str) -> None:
    client = served.town.client
    actor = served.town.factory.actor(served.town.advisor)
    update_client(
        actor, client.id, {**client.profile, "contact_language": language}, client.version
    )
    db.session.commit()


def sign(somebody: Hands) -> None:
    """Draw on the pad as with a finger."""
    pad = somebody.page.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    mouse = somebody.page.mouse
    mouse.move(box["x"] + 30, box["y"] + 30)
    mouse.down()
    for step in range(30):
        mouse.move(box["x"] + 30 + 6 * step, box["y"] + 30 + 7 * (step % 4))
    mouse.up()


@pytest.mark.parametrize("width", [1280, 390], ids=["wide", "phone"])
def test_from_the_signature_to_the_revocation(
    serve: Callable[[str], Served], hands: Callable[..., Hands], width: int
) -> None:
    served = serve("andere_stelle")
    town = served.town
    speaks(served, "ar")
    advisor = hands(served, f"consent-advisor-{width}", width=width)
    advisor.sign_in(town.advisor)
    steps.choose_service(advisor, "Kita und Kinderbetreuung", "Kita-Plätze")
    advisor.write("Worum geht es?", "Platz für ein Kind, 3 Jahre, ab Januar.")

    # What is missing is said where the sheet would stand.
    advisor.click("button", "Am Bildschirm unterschreiben")
    assert advisor.sees("Bitte prüfen Sie Ihre Eingaben")
    advisor.choose("Form der Einwilligung", "Am Bildschirm unterschrieben")
    advisor.click("button", "Am Bildschirm unterschreiben")
    arabic = advisor.page.locator("#signing [lang=ar]").first
    expect(arabic).to_have_attribute("dir", "rtl")
    assert advisor.sees("Oksana Pryklad", "noch nicht von einer Übersetzerin")
    sign(advisor)
    advisor.tick("Freiwilligkeit, Folgen einer Ablehnung und Widerruf erklärt")
    advisor.tick("Kopie ausgehändigt")
    advisor.click("button", "Jetzt senden")
    assert advisor.sees("Gesendet, Antwort offen")

    partner = hands(served, f"consent-partner-{width}", width=width)
    partner.page.clock.install()
    partner.sign_in(town.partner)
    partner.click("link", "Antworten", exact=False)
    partner.click("link", "Zusagen")
    partner.click("button", "Zusagen")
    assert partner.sees("Pryklad")

    advisor.click("link", town.service.unit.full_name)
    assert advisor.sees("Am Bildschirm unterschrieben", "Was vereinbart ist")
    advisor.choose("Wie wurde widerrufen?", "am Telefon")
    advisor.click("button", "Jetzt widerrufen")
    assert advisor.sees("widerrufen am")

    # The partner's page is open all the time: it closes by itself.
    assert partner.sees("Pryklad")
    partner.page.clock.fast_forward(HALF_A_MINUTE)
    expect(partner.page.get_by_text("Zugriff beendet")).to_be_visible()
    partner.look()
    assert not partner.sees_any("Pryklad", "widerrufen")
    assert partner.sees("0000 1000")
    partner.click("button", "Bestätigen")
    assert partner.sees("Bitte ausfüllen.")
    partner.choose("Was ist mit den Angaben geschehen?",
                   "Wir haben alle Angaben gelöscht, auch Kopien und Notizen.")  # fmt: skip
    partner.click("button", "Bestätigen")
    assert partner.sees("Hier ist nichts mehr zu tun.")

    advisor.open(f"/clients/{town.client.id}/disclosures")
    assert advisor.sees(town.service.unit.full_name, "Widerrufen", "bestätigt")
    expect(advisor.page.locator("article [lang=ar]").first).to_have_attribute("dir", "rtl")


def test_a_refusal_costs_nothing(
    serve: Callable[[str], Served], hands: Callable[..., Hands]
) -> None:
    served = serve("andere_stelle")
    advisor = hands(served, "consent-refused", script=False)
    advisor.sign_in(served.town.advisor)
    steps.choose_service(advisor, "Kita und Kinderbetreuung", "Kita-Plätze")
    advisor.choose("Die Person", "lehnt ab")
    steps.consent(advisor)
    advisor.click("button", "Jetzt senden")
    assert advisor.sees("Die Person hat nicht zugestimmt", "Begleitblatt drucken (PDF)")
