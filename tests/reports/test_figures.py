"""The county's figures: what counts as what, what is hidden on the page is hidden in the file."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.demo.factory import Factory
from portal.extensions import db
from portal.referrals import commands
from portal.referrals.models import Referral
from portal.reports.figures import IN_TIME, LATE, NEVER, OPEN, OTHERS, Figures, Quarter, figures
from portal.reports.suppression import TOTAL
from portal.testing.pages import browser
from portal.testing.town import NOW, Town

QUARTER = Quarter(2026, 4)
PLACE = "Hausach"


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def coordinator(town: Town) -> Membership:
    found = town.factory.member("Konrad Kreis", town.advisor.unit, "coordinator")
    db.session.commit()
    return found


def send(town: Town, count: int) -> list[Referral]:
    f = town.factory
    sent = [f.sent(town.advisor, f.client(town.advisor), town.service) for _ in range(count)]
    db.session.commit()
    return sent


def later(town: Town, days: int) -> Factory:
    return town.factory.at(NOW + timedelta(days=days))


def of_all(town: Town, coordinator: Membership, quarter: Quarter = QUARTER) -> Figures:
    db.session.rollback()
    return figures(town.factory.actor(coordinator), quarter)


def test_each_handoff_counts_once_by_how_it_was_answered(
    town: Town, coordinator: Membership
) -> None:
    sent = send(town, 24)
    for number, referral in enumerate(sent[:18]):
        when = 4 if number < 6 else 40
        if number < 12:
            later(town, when).move(town.partner, referral.id, "accept")
        else:
            commands.perform(Actor.system(NOW + timedelta(days=60)), referral.id, "expire", {})
    db.session.commit()
    found = of_all(town, coordinator)
    kind = town.service.type
    assert found.kinds.table.rows == (kind,)
    assert [found.kinds[kind, c] for c in (IN_TIME, LATE, NEVER, OPEN)] == [6, 6, 6, 6]
    assert found.kinds.row(TOTAL) == [6, 6, 6, 6, 24]
    assert found.places.row(PLACE) == [6, 6, 6, 6, 24]


def test_what_was_sent_by_mistake_does_not_count(town: Town, coordinator: Membership) -> None:
    sent = send(town, 6)
    lead = town.factory.member("Lea Leitung", town.advisor.unit, "team_lead")
    commands.void(town.factory.actor(lead), sent[0].id, {"reason": "Verwechselt"})
    town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    assert of_all(town, coordinator).kinds[TOTAL, TOTAL] == 5


def test_the_days_until_an_answer_are_a_median_of_enough(
    town: Town, coordinator: Membership
) -> None:
    sent = send(town, 5)
    for days, referral in zip((1, 2, 3, 8, 9), sent, strict=True):
        later(town, days).move(town.partner, referral.id, "accept")
    db.session.commit()
    days = of_all(town, coordinator).days
    assert set(days) == {town.service.type, TOTAL}
    assert days[TOTAL] > 0
    later(town, 3).move(town.partner, sent[0].id, "fail", {"code": "could_not_contact"})
    db.session.commit()
    assert of_all(town, coordinator).days == days  # an end is no other answer


def test_refusals_by_reason_and_place(town: Town, coordinator: Membership) -> None:
    for number, referral in enumerate(send(town, 11)):
        code = "no_capacity" if number < 6 else "not_responsible"
        town.factory.move(town.partner, referral.id, "decline", {"code": code})
    db.session.commit()
    found = of_all(town, coordinator).refusals
    assert found.table.columns == ("no_capacity", "not_responsible")
    assert found.row(PLACE) == [6, 5, 11]


def test_a_small_number_is_neither_on_the_page_nor_in_the_file(
    app: Flask, town: Town, coordinator: Membership
) -> None:
    sent = send(town, 27)
    for referral in sent[:3]:
        town.factory.move(town.partner, referral.id, "decline", {"code": "no_capacity"})
    for referral in sent[3:12]:
        town.factory.move(town.partner, referral.id, "accept")
    commands.perform(Actor.system(NOW + timedelta(days=60)), sent[12].id, "expire", {})
    db.session.commit()
    konrad = browser(app, coordinator)
    page = konrad.get("/figures").text
    assert "4. Quartal 2026" in page
    assert not re.search(r"<td[^>]*>[1-4]</td>", page)
    for name in ("kinds", "places", "refusals"):
        answer = konrad.get(f"/figures/2026-Q4/{name}.csv")
        assert answer.mimetype == "text/csv"
        lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
        assert len(lines) >= 3
        for line in lines[1:]:
            assert not {"1", "2", "3", "4"} & set(line[1:6])
    assert "nicht gezeigt" in page


def test_quarters_follow_each_other(town: Town, coordinator: Membership, app: Flask) -> None:
    send(town, 5)
    konrad = browser(app, coordinator)
    assert "In diesem Quartal wurde nichts gesendet." in konrad.get("/figures/2026-Q3").text
    assert konrad.get("/figures/2026-Q3").text.count("/figures/2026-Q4") == 1
    assert "/figures/2027-Q1" not in konrad.get("/figures").text
    for wrong in ("2027-Q1", "2026-Q5", "2026", "0000-Q1", "2026-Q1x", "x"):
        assert konrad.get(f"/figures/{wrong}").status_code == 404
    assert konrad.get("/figures/2026-Q4/names.csv").status_code == 404


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 1, 1), "2026-Q1"),
        (date(2026, 9, 30), "2026-Q3"),
        (date(2026, 12, 31), "2026-Q4"),
    ],
)
def test_a_day_lies_in_its_quarter(day: date, quarter: str) -> None:
    found = Quarter.of(day)
    assert str(found) == quarter
    assert found.begins <= day < found.after.begins
    assert found.before.after == found == Quarter.parse(quarter)


def test_more_handoffs_need_no_more_queries(
    app: Flask, town: Town, coordinator: Membership
) -> None:
    konrad = browser(app, coordinator)
    asked: list[int] = []
    for count in (1, 12):
        send(town, count)
        statements: list[Any] = []

        def note(*args: Any, seen: list[Any] = statements) -> None:
            seen.append(args[2])

        event.listen(db.engine, "before_cursor_execute", note)
        assert konrad.get("/figures").status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        asked.append(len(statements))
    assert asked[0] == asked[1]
    assert asked[0] <= 5


def test_figures_are_for_the_coordination(app: Flask, town: Town) -> None:
    for member in (town.advisor, town.partner):
        assert browser(app, member).get("/figures").status_code == 403


def test_small_places_are_counted_together(town: Town, coordinator: Membership) -> None:
    send(town, 6)
    for number, place in enumerate(("08317009", "08317009", "08317145", "08317129", "08317141")):
        client = town.factory.client(town.advisor, municipality=place, family_name=f"Wo{number}")
        town.factory.sent(town.advisor, client, town.service)
    db.session.commit()
    places = of_all(town, coordinator).places
    assert places.table.rows == (PLACE, OTHERS)
    assert [places[row, TOTAL] for row in (PLACE, OTHERS, TOTAL)] == [6, 5, 11]
