"""The benchmarks still run: both twins show the same rows, and every page has its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.benchmarks import bare, report
from tests.benchmarks.county import Place, Size
from tests.benchmarks.measure import ACCEPT, Result, Run, browser, prepare, queries_of
from tests.benchmarks.pages import Page, linked_rows, pages_of
from tests.benchmarks.served import token_in

HAMLET = Size("hamlet", clients=160, referrals=500, audit_entries=60, services=8)


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Flask, Place, Path]:
    folder = tmp_path_factory.mktemp("hamlet")
    return *prepare(HAMLET, f"sqlite:///{folder / 'portal.sqlite'}", folder), folder


@pytest.fixture
def twin(hamlet: tuple[Flask, Place, Path], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("PORTAL_INSTANCE", str(hamlet[2]))
    return bare.create_app().test_client()


def test_both_twins_show_the_same_rows(
    hamlet: tuple[Flask, Place, Path], twin: FlaskClient
) -> None:
    app, place, _ = hamlet
    pages = pages_of(place)
    for page in pages:
        for call in page.calls:
            member = browser(app, place, call.member)
            portal = member.get(call.portal)
            if call.search:
                data = {"q": call.search, "csrf_token": token_in(portal.text)}
                portal = member.post(call.portal, data=data)
            plain = twin.get(call.bare)
            assert (portal.status_code, plain.status_code) == (200, 200)
            assert linked_rows(portal.text) == linked_rows(plain.text) != set(), page.name
        assert 3 < queries_of(app, place, page) <= report.MOST_QUERIES, page.name
    assert len({page.name for page in pages}) == 6


def test_both_twins_accept(hamlet: tuple[Flask, Place, Path], twin: FlaskClient) -> None:
    app, place, _ = hamlet
    (here, unit), (there, other_unit) = place.unanswered[:2]
    partner = browser(app, place, place.partners[unit])
    assert partner.get(f"/referrals/{here}/accept").status_code == 200
    answer = twin.post(f"/referrals/{there}/accept")
    assert answer.status_code == 303
    # What the twin wrote is a referral like any other: its event opens, its new state shows.
    seen = browser(app, place, place.partners[other_unit]).get(f"/referrals/{there}")
    assert seen.status_code == 200
    assert f"/referrals/{there}/accept" not in seen.text


def test_the_size_is_met(hamlet: tuple[Flask, Place, Path]) -> None:
    _, place, _ = hamlet
    assert sum(map(len, place.clients.values())) == HAMLET.clients
    assert len(place.advisors) == HAMLET.advisors
    assert len(place.partners) == HAMLET.services


def test_the_report_has_a_line_per_page_and_names_what_misses_the_bar() -> None:
    pages = (Page("client list", (), is_list=True), Page("client page", ()))

    def run(size: str, slow: float) -> Run:
        listed = Result(pages[0].name, portal=6.0, bare=2.0, queries=5, kilobytes=3.0)
        other = Result(pages[1].name, portal=slow, bare=2.0, queries=11)
        return Run("sqlite", size, (listed, other, Result(ACCEPT, 8.0, 2.0)), 150.0)

    text = report.document([run("town", 7.0), run("county", 10.0)])

    for name in (*(page.name for page in pages), ACCEPT):
        assert f"\n| {name} | " in text
    assert "- sqlite, county, client page: 5.0 times the bare twin" in text
    assert "- sqlite, client page: 1.43 times slower in the county" in text
    assert "- sqlite, town, client page: 11 queries" in text
    assert "client list:" not in text
    assert f"{datetime.now(UTC):%Y-}" in text
