"""The page of a referral and of a client on paper: what it says, and nothing to click."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from portal.extensions import db
from portal.testing.town import NOW
from tests.browser.hands import SHOTS, Hands, Served

pytestmark = pytest.mark.browser
Printed = Callable[[str], Hands]


@pytest.fixture(params=["advisor", "partner"])
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def on_paper(somebody: Hands, path: str) -> Locator:
    """Open a page and look at it as the printer does, whatever colours the screen has."""
    somebody.page.emulate_media(media="print", color_scheme="dark")
    somebody.open(path)
    return somebody.page.locator("body")


def has_nothing_to_click(paper: Locator) -> None:
    for unwanted in ("header", "footer", "nav", "form", "button", "input", ".kern-btn",
                     ".skip-link", ".kern-icon"):  # fmt: skip
        for found in paper.locator(unwanted).all():
            expect(found).to_be_hidden()
    assert paper.evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    colours = paper.evaluate(
        "body => [...new Set([...body.querySelectorAll('main *')]"
        ".map(each => getComputedStyle(each).color))]"
    )
    assert colours == ["rgb(0, 0, 0)"]
    addresses = paper.locator("main a").evaluate_all(
        "links => links.map(link => getComputedStyle(link, '::after').content)"
    )
    assert set(addresses) <= {"none"}


def pages_of(somebody: Hands) -> int:
    pdf = somebody.page.pdf(prefer_css_page_size=True, path=SHOTS / f"{somebody.name}.pdf")
    assert pdf.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_referral(serve: Callable[..., Served], hands: Callable[..., Hands], side: str) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "ask", {"question": "Seit wann in Hausach?"})
    town.factory.move(town.advisor, referral.id, "answer", {"answer": "Seit Oktober."})
    town.factory.move(town.partner, referral.id, "accept")
    db.session.commit()
    reader = hands(served, f"print-referral-{side}")
    reader.sign_in(getattr(town, side))
    paper = on_paper(reader, f"/referrals/{referral.id}")
    own = getattr(town, side).unit
    letterhead = paper.locator(".letterhead")
    expect(letterhead).to_contain_text(own.full_name)
    expect(letterhead).to_contain_text(own.phone)
    expect(letterhead).to_contain_text(referral.reference)
    expect(letterhead).to_contain_text("23.11.2026")
    assert reader.sees("Oksana", "Pryklad", "Zugesagt", "Verlauf", "Seit wann in Hausach?",
                       "Seit Oktober.", "Ansprechstelle")  # fmt: skip
    has_nothing_to_click(paper)
    assert pages_of(reader) <= 2


def test_a_client(serve: Callable[..., Served], hands: Callable[..., Hands]) -> None:
    served = serve("jobcenter")
    town = served.town
    town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    reader = hands(served, "print-client")
    reader.sign_in(town.lead)
    paper = on_paper(reader, f"/clients/{town.client.id}")
    expect(paper.locator(".letterhead")).to_contain_text(town.lead.unit.full_name)
    assert reader.sees("Oksana Pryklad", "0000 123456", "Kita-Plätze", "Einwilligungen",
                       "Damit die Stelle das Anliegen prüfen")  # fmt: skip
    has_nothing_to_click(paper)
    assert pages_of(reader) <= 2


def test_what_is_folded_away_is_printed(
    serve: Callable[..., Served], hands: Callable[..., Hands]
) -> None:
    served = serve()
    town = served.town
    admin = town.factory.member("Ada Verwaltung", town.advisor.unit, "admin")
    town.stranger.ended_on = NOW.date()
    db.session.commit()
    reader = hands(served, "print-folded")
    reader.sign_in(admin)
    reader.open(f"/admin/people/{town.stranger.person_id}")
    role = reader.page.get_by_text("Partnerstelle, Schulamt (Demo)")
    expect(role).to_have_count(1)
    expect(role).to_be_hidden()
    reader.page.emulate_media(media="print")
    expect(role).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_the_button_is_there_where_it_works(
    serve: Callable[..., Served], hands: Callable[..., Hands], script: bool
) -> None:
    served = serve()
    advisor = hands(served, f"print-button-{script}", script=script)
    advisor.sign_in(served.town.advisor)
    advisor.open(f"/clients/{served.town.client.id}")
    button = advisor.page.get_by_role("button", name="Drucken")
    if not script:
        expect(button).to_have_count(0)  # by role: hidden is not there
        return
    advisor.page.evaluate("window.print = () => { document.title = 'printed' }")
    advisor.click("button", "Drucken")
    expect(advisor.page).to_have_title("printed")
