"""Data protection evaluates the log with a second person, wide and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.extensions import db
from tests.browser.conftest import Hands, Served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_evaluate_the_log(
    serve: Callable[..., Served], hands: Callable[..., Hands], width: int
) -> None:
    served = serve()
    town = served.town
    f = town.factory
    rita = f.member("Rita Revision", town.advisor.unit, "auditor")
    kora = f.member("Kora Koordina", town.advisor.unit, "coordinator")
    referral = f.sent(town.advisor, town.client, town.service)
    reference, key = referral.reference, town.client.id.hex[:8]
    db.session.commit()
    advisor = hands(served, f"evaluated-{width}", width=width)
    advisor.sign_in(town.advisor)
    advisor.open(f"/clients/{town.client.id}")

    auditor = hands(served, f"evaluating-{width}", width=width)
    auditor.sign_in(rita)
    auditor.click("link", "Protokoll", within="header")
    auditor.click("link", reference)
    assert auditor.sees("Vermittlung angelegt", "Integrationsmanagement", key)
    auditor.click("link", key)
    assert auditor.sees("Person angelegt")
    assert not auditor.sees_any("Katrin Demowald", "Pryklad")
    auditor.write("Vorgang oder Kennung der Person", "Pryklad")
    auditor.click("button", "Filtern")
    assert auditor.sees("Bitte eine Vorgangsnummer")
    auditor.open("/log?from_on=2020-01-01&until_on=2020-01-02")
    assert auditor.sees("Kein Eintrag passt zu dieser Auswahl.")
    auditor.click("link", "Auswertungen")
    assert auditor.sees("Noch hat niemand eine Auswertung beantragt.")
    auditor.click("link", "Auswertung beantragen")
    auditor.click("button", "Beantragen")
    assert auditor.sees("Bitte prüfen Sie Ihre Eingaben", "Bitte ausfüllen.")
    auditor.write("Anlass", "Beschwerde: Wer hat die Angaben am Montag gelesen?")
    auditor.click("button", "Beantragen")
    assert auditor.sees("Wartet auf eine zweite Person", "entscheidet eine andere Person")
    waiting = auditor.page.url

    coordinator = hands(served, f"approving-{width}", width=width)
    coordinator.sign_in(kora)
    coordinator.page.get_by_role("link", name="1 Antrag auf Auswertung").click()
    coordinator.settle()
    coordinator.look()
    coordinator.page.get_by_role("link", name="Antrag vom").click()
    coordinator.settle()
    assert coordinator.sees("Rita Revision", "Beschwerde: Wer hat")
    coordinator.click("button", "Freigeben")
    assert coordinator.sees("Freigegeben bis")

    auditor.page.goto(waiting)
    auditor.look()
    assert auditor.sees("Katrin Demowald", "Freigegeben von", "Kora Koordina")
    assert not auditor.sees_any("Pryklad")
