"""Both handoffs in Chromium, from the advisor's click to the closed loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from tests.browser import steps
from tests.browser.hands import Hands, Served

pytestmark = pytest.mark.browser

MOST_WITHOUT_CONSENT = 22
MOST_WITH_CONSENT = 14


@pytest.mark.parametrize(
    ("width", "script"), [(1280, True), (390, True), (1280, False)], ids=["wide", "phone", "plain"]
)
def test_to_another_office(
    serve: Callable[[str], Served], hands: Callable[..., Hands], width: int, script: bool
) -> None:
    served = serve("andere_stelle")
    town = served.town
    advisor = hands(served, f"advisor-{width}-{script}", width=width, script=script)
    advisor.sign_in(town.advisor)
    steps.hand_over(
        advisor, "Kita und Kinderbetreuung", "Kita-Plätze",
        lambda form: form.write("Worum geht es?", "Platz für ein Kind, 3 Jahre, ab Januar."),
    )  # fmt: skip
    assert advisor.interactions <= MOST_WITHOUT_CONSENT

    partner = hands(served, f"partner-{width}-{script}", width=width, script=script)
    partner.sign_in(town.partner)
    assert not partner.sees("Pryklad")
    partner.click("link", "Antworten", exact=False)
    partner.click("link", "Zusagen")
    assert partner.sees("Nächster Schritt bis")
    partner.click("button", "Zusagen")
    assert partner.interactions == 3
    assert partner.sees("Pryklad")
    partner.click("link", "Abschließen")
    partner.choose("Ergebnis", "Platz erhalten")
    partner.click("button", "Abschließen")

    advisor.open("/")
    assert advisor.sees("Abgeschlossen")
    before = advisor.interactions
    advisor.click("button", "Geprüft, nichts weiter", exact=False)
    assert advisor.interactions - before == 1
    assert not advisor.sees("Abgeschlossen")

    # The consent is at hand now: a second handoff asks for less.
    advisor.interactions = 0
    steps.choose_service(advisor, "Kita und Kinderbetreuung", "Kita-Plätze")
    assert advisor.sees("Eine Einwilligung liegt vor")
    advisor.write("Worum geht es?", "Platz für das Geschwisterkind.")
    advisor.click("button", "Jetzt senden")
    assert advisor.interactions <= MOST_WITH_CONSENT
    assert advisor.sees("Gesendet, Antwort offen")


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_to_the_jobcenter(
    serve: Callable[[str], Served], hands: Callable[..., Hands], script: bool
) -> None:
    served = serve("jobcenter")
    town = served.town
    name = "script" if script else "plain"
    advisor = hands(served, f"jobcenter-advisor-{name}", script=script)
    advisor.sign_in(town.advisor)
    steps.hand_over(
        advisor, "Arbeit und Ausbildung", "Kita-Plätze",
        lambda form: form.choose("Worum geht es?", "Termin bei der zuständigen Person"),
    )  # fmt: skip

    partner = hands(served, f"jobcenter-partner-{name}", script=script, width=390)
    partner.sign_in(town.partner)
    partner.click("link", "Antworten", exact=False)
    partner.click("link", "Rückfrage stellen")
    partner.write("Ihre Frage", "Liegt der Mietvertrag vor?")
    partner.click("button", "Rückfrage stellen")

    advisor.open("/")
    advisor.click("link", "Beantworten", exact=False)
    advisor.write("Ihre Antwort", "Ja, seit Oktober.")
    advisor.click("button", "Rückfrage beantworten")

    partner.open("/")
    partner.click("link", "Antworten", exact=False)
    assert partner.sees("Ja, seit Oktober.")
    partner.click("link", "Übernehmen mit Termin")
    partner.write("Termin am", "2026-12-03T10:00")
    partner.write("Ort", "Zimmer 12")
    partner.click("button", "Übernehmen mit Termin")
    assert partner.sees("Zimmer 12")
    partner.click("link", "Beginn eintragen")
    partner.click("button", "Beginn eintragen")
    partner.click("link", "Abschließen")
    partner.choose("Ergebnis", "Antrag gestellt")
    partner.click("button", "Abschließen")

    advisor.open("/")
    advisor.click("button", "Geprüft, nichts weiter", exact=False)
    advisor.open("/referrals?filter=closed")
    assert advisor.sees("Abgeschlossen")


def test_keyboard_alone_answers_a_referral(
    serve: Callable[[str], Served], hands: Callable[..., Hands]
) -> None:
    served = serve("andere_stelle")
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    partner = hands(served, "keyboard")
    partner.sign_in(town.partner)
    keys = partner.page.keyboard
    partner.open(f"/referrals/{referral.id}")

    def tab_to(name: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            if partner.page.evaluate("document.activeElement.innerText").strip() == name:
                return
        raise AssertionError(f"no way by keyboard to {name!r}")

    tab_to("Zum Inhalt springen")
    keys.press("Enter")
    tab_to("Zusagen")
    keys.press("Enter")
    partner.page.get_by_label("Nächster Schritt bis").wait_for()
    tab_to("Zusagen")
    keys.press("Enter")
    partner.page.get_by_text("Oksana").first.wait_for()
    partner.look()
