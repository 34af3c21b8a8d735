"""What a team lead sees of the team: what is left lying, whose it is, and what can be done."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import Town
from portal.workflow import LOCAL

LYING = "/referrals?filter=left_lying"
NOTHING = "Nichts: Rückfragen sind beantwortet"


def on(app: Flask, day: date) -> None:
    """Turn the portal's clock; everything in the town happens on Monday, 23.11.2026."""
    app.extensions["portal_clock"] = lambda: datetime(day.year, day.month, day.day, 9, tzinfo=LOCAL)


@pytest.fixture
def lead(as_member: Any, town: Town) -> PortalClient:
    return as_member(town.lead)


def sent(town: Town, *moves: tuple[Any, str], advisor: Any = None, name: str = "") -> Referral:
    f, advisor = town.factory, advisor or town.advisor
    client = f.client(advisor, family_name=name) if name else town.client
    referral = f.sent(advisor, client, town.service)
    for member, action in moves:
        f.move(member, referral.id, action)
    db.session.commit()
    return referral


def listed(page: str, heading: str) -> list[str]:
    """The references of the referrals below a heading, in their order."""
    below = page.split(f'id="{heading}"')[1].split("</section>")[0]
    return re.findall(r"VM-\d{4}-\d{6}", re.sub(r'="[^"]*"', "", below))


@pytest.mark.parametrize(
    ("action", "last_day", "first_day"),
    [
        ("ask", date(2026, 11, 27), date(2026, 11, 30)),  # the fifth working day after
        ("acknowledge", date(2026, 12, 7), date(2026, 12, 8)),  # ten, then it is overdue
        ("decline", date(2026, 11, 30), date(2026, 12, 1)),  # five for looking at the result
    ],
)
def test_it_is_shown_from_its_day(
    app: Flask, lead: PortalClient, town: Town, action: str, last_day: date, first_day: date
) -> None:
    referral = sent(town, (town.partner, action))
    on(app, last_day)
    assert NOTHING in lead.get("/").text
    assert referral.reference not in lead.get(LYING).text
    on(app, first_day)
    assert listed(lead.get("/").text, "lying") == [referral.reference]
    assert referral.reference in lead.get(LYING).text


def test_the_most_urgent_comes_first_with_whose_it_is_and_where_to_go(
    app: Flask, lead: PortalClient, town: Town
) -> None:
    f = town.factory
    answer = sent(town, advisor=town.colleague, name="Letzte")  # due 07.12.
    result = sent(town, (town.partner, "decline"), name="Zweite")  # to be reviewed by 30.11.
    question = sent(town, (town.partner, "ask"), name="Erste")  # to be answered by 25.11.
    own = sent(town, (town.partner, "decline"), advisor=town.lead, name="Eigene")
    running = sent(town, (town.partner, "accept"), name="Laufend")
    f.draft(town.advisor, town.client, town.service)
    db.session.commit()
    on(app, date(2026, 12, 8))
    page = lead.get("/").text
    found = listed(page, "lying")
    assert set(found[1:3]) == {result.reference, own.reference}
    assert found[::3] == [question.reference, answer.reference]
    text = page.split('id="lying"')[1].split("</section>")[0]
    assert text.count("zuständig: Katrin Demowald") == 2
    assert text.count("zuständig: Jonas Demobach") == 1
    assert "zuständig: Petra Leitmann" not in page
    assert f'href="/referrals/{question.id}/answer"' in text
    assert f'href="/referrals/{answer.id}"' in text
    assert "Prüfung seit 8 Tagen überfällig" in text
    # Told once, and what is not left lying stays where it was.
    assert not {*found} & {*listed(page, "todo")}
    assert len(listed(page, "todo")) == 1
    assert "Überfällig bei anderen Stellen" in page
    assert listed(page, "late") == [running.reference]


def test_when_all_of_it_is_left_lying_nothing_else_is_claimed(
    app: Flask, lead: PortalClient, town: Town
) -> None:
    sent(town, (town.partner, "ask"))
    on(app, date(2026, 11, 30))
    page = lead.get("/").text
    assert "Sonst ist nichts zu tun." in page
    assert "alle Rückfragen sind beantwortet" not in page


def test_the_lead_answers_and_it_is_gone(app: Flask, lead: PortalClient, town: Town) -> None:
    referral = sent(town, (town.partner, "ask"))
    on(app, date(2026, 11, 30))
    answer = {"answer": "Drei Jahre.", "seen": str(referral.version)}
    assert lead.post(f"/referrals/{referral.id}/answer", data=answer).status_code == 303
    assert NOTHING in lead.get("/").text


def test_nobody_else_sees_it(app: Flask, as_member: Any, town: Town) -> None:
    f = town.factory
    referral = sent(town, (town.partner, "ask"))
    elsewhere = f.unit(town.advisor.unit.organisation, "Team Rench")
    others = [f.member("Lena Leitprobe", elsewhere, "team_lead"), town.colleague]
    db.session.commit()
    on(app, date(2026, 12, 8))
    for member in others:
        browser = as_member(member)
        assert referral.reference not in browser.get("/").text + browser.get(LYING).text
    # The advisor in charge has it among what is to be done, not as something left lying.
    for page in ("/", LYING):
        text = as_member(town.advisor).get(page).text
        assert "Im Team liegen geblieben" not in text
        assert "zuständig:" not in text
        assert referral.reference in text


def test_a_long_list_is_limited_and_paged(app: Flask, lead: PortalClient, town: Town) -> None:
    references = {sent(town, (town.partner, "ask")).reference for _ in range(27)}
    on(app, date(2026, 12, 8))
    page = lead.get("/").text
    assert len(listed(page, "lying")) == 15
    assert "Alle 27 anzeigen" in page
    first = lead.get(LYING).text
    assert "Im Team liegen geblieben (27)" in first
    (after,) = re.findall(r'href="(/referrals\?filter=left_lying[^"]*after=[^"]+)"', first)
    second = lead.get(after.replace("&amp;", "&")).text
    shown = [{*re.findall(r"VM-\d{4}-\d{6}", text)} for text in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (25, 2)
    assert shown[0] | shown[1] == references


def test_names_of_advisors_cost_no_further_queries(
    app: Flask, lead: PortalClient, town: Town, queries: Any
) -> None:
    def grow(first: int, last: int) -> list[int]:
        db.session.rollback()
        for number in range(first, last):
            who = town.factory.member(f"Person {number}", town.advisor.unit, "advisor")
            move = ("ask", "accept", "decline")[number % 3]
            sent(town, (town.partner, move), advisor=who, name=f"Beispiel{number}")
            town.factory.draft(town.advisor, town.client, town.service)
        db.session.commit()
        return [queries(lead, page) for page in pages]

    pages = ("/", LYING, "/referrals", "/referrals?filter=all", f"/clients/{town.client.id}")
    on(app, date(2026, 12, 8))
    few = grow(0, 4)
    many = grow(4, 22)
    assert few == many
    assert max(many) <= 10
