"""What every handoff has in common: from the client's page to the sent referral, and its end."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.hands import Hands, Served


def choose_service(advisor: Hands, need: str, service: str) -> None:
    """From the client's page to the third step."""
    advisor.open(f"/clients/{advisor.served.town.client.id}")
    advisor.click("link", "Vermitteln")
    advisor.click("link", need)
    advisor.tick(service)
    advisor.click("button", "Weiter")


def hand_over(advisor: Hands, need: str, service: str, fill: Callable[[Hands], None]) -> None:
    """All three steps; `fill` answers the service's questions."""
    choose_service(advisor, need, service)
    fill(advisor)
    consent(advisor)
    advisor.click("button", "Jetzt senden")
    assert advisor.sees("Gesendet, Antwort offen")


def consent(advisor: Hands) -> None:
    advisor.choose("Form der Einwilligung", "Auf Papier unterschrieben")
    advisor.tick("Freiwilligkeit, Folgen einer Ablehnung und Widerruf erklärt")
    advisor.tick("Kopie ausgehändigt")


def move(somebody: Hands, name: str, fill: Callable[[Hands], None] | None = None) -> None:
    """On the page of a referral: choose the move, answer what it asks, and make it."""
    somebody.click("link", name)
    if fill:
        fill(somebody)
    somebody.click("button", name)
    assert somebody.sees("Gespeichert")


def open_referral(somebody: Hands, name: str) -> None:
    """From the start page to the referral that is called so there."""
    somebody.open("/")
    somebody.click("link", name, exact=False)


def close_the_loop(advisor: Hands, path: str) -> None:
    """Look at the result, and say what it changes for the client's plan."""
    advisor.open(path)
    assert advisor.sees("Bitte prüfen Sie das Ergebnis")
    advisor.click("link", "Geprüft, der Plan ändert sich")
    advisor.write("Was ändert sich im Integrationsplan?", "Das Ziel ist erreicht.")
    advisor.click("button", "Ergebnis geprüft")
    assert advisor.sees("Ergebnis geprüft", "Das Ziel ist erreicht.")
    advisor.open("/")
    assert advisor.sees("Jetzt zu tun (0)")


def served_as(served: Served, name: str, neutral: str = "") -> Served:
    """Call the town's service so."""
    served.town.service.name = name
    served.town.service.neutral_name = neutral
    return served
