"""The demo's own pages: anybody with one click, two people side by side, and the mailbox."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.browser import steps
from tests.browser.hands import Hands, Served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_both_sides_of_a_handoff_in_one_browser(
    serve: Callable[..., Served], hands: Callable[..., Hands], width: int
) -> None:
    served = serve(DEMO="1")
    advisor = hands(served, f"demo-advisor-{width}", width=width)
    advisor.open("/demo/")
    for closed in advisor.page.locator("main summary").all():
        advisor.press(closed)
    advisor.press(advisor.row("Katrin Demowald").get_by_role("button", name="Anmelden"))
    assert advisor.sees("Guten Tag, Katrin Demowald")
    steps.hand_over(
        advisor, "Kita und Kinderbetreuung", "Kita-Plätze",
        lambda form: form.write("Worum geht es?", "Platz für ein Kind, 3 Jahre."),
    )  # fmt: skip

    advisor.click("link", "Anmelden als …", within="header")
    for closed in advisor.page.locator("main details:not([open]) > summary").all():
        advisor.press(closed)
    with advisor.page.context.expect_page() as opened:
        advisor.page.get_by_role("button", name="Eigenes Fenster für Paula Partner").click()
    partner = Hands(opened.value, served, f"demo-partner-{width}")
    partner.settle()
    partner.look()
    assert partner.sees("Guten Tag, Paula Partner", "Jetzt zu tun (1)")
    advisor.open("/")
    assert advisor.sees("Guten Tag, Katrin Demowald")

    advisor.open("/demo/mailbox")
    assert advisor.sees("Neue Anfrage", "kita@portal.example")
    advisor.press(advisor.page.get_by_text("Text zeigen").first)
    assert not advisor.sees_any("Pryklad", "Oksana")
    window = urlsplit(partner.page.url).path.rstrip("/")
    partner.open(f"{window}/demo/mailbox")
    partner.click("link", "Link öffnen", exact=False)
    assert partner.sees("Vorschau ohne Namen")
