"""Pages: everything once, in its order, whatever ties and whoever tampers."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.extensions import db
from portal.problems import NotFound
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town
from portal.web.paging import page_of

STATEMENT = select(Referral)
BY_DUE = (Referral.next_on, Referral.id)
BY_AGE = (Referral.created_at, Referral.id)


@pytest.fixture
def thirteen(town: Town) -> set[UUID]:
    """Thirteen referrals, many of one day and of one moment."""
    f = town.factory
    made = {
        f.at(NOW + timedelta(days=number // 5, microseconds=number // 3))
        .draft(town.advisor, town.client, town.service)
        .id
        for number in range(13)
    }
    db.session.flush()
    return made


def walk(keys: tuple, size: int, *, newest_first: bool = False) -> list[Referral]:
    """All rows, page by page."""
    rows: list[Referral] = []
    after = None
    while True:
        page = page_of(STATEMENT, *keys, after=after, size=size, newest_first=newest_first)
        assert len(page.rows) <= size
        rows += page.rows
        if page.after is None:
            return rows
        assert len(page.rows) == size
        after = page.after


@pytest.mark.parametrize("size", [1, 2, 5, 12, 13, 14])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("keys", [BY_DUE, BY_AGE])
def test_pages_hold_everything_once_in_order(
    thirteen: set[UUID], keys: tuple, size: int, newest_first: bool
) -> None:
    rows = walk(keys, size, newest_first=newest_first)
    assert {row.id for row in rows} == thirteen
    assert len(rows) == len(thirteen)
    order = [tuple(getattr(row, key.key) for key in keys) for row in rows]
    days = [day for day, _ in order]
    assert days == sorted(days, reverse=newest_first)
    whole = page_of(STATEMENT, *keys, after=None, size=99, newest_first=newest_first)
    assert (rows, whole.after) == (whole.rows, None)


def test_a_row_that_comes_in_between_moves_no_page(town: Town, thirteen: set[UUID]) -> None:
    first = page_of(STATEMENT, *BY_AGE, after=None, size=5)
    early = town.factory.at(NOW - timedelta(days=1))
    early.draft(town.advisor, town.client, town.service)
    second = page_of(STATEMENT, *BY_AGE, after=first.after, size=99)
    assert len(second.rows) == len(thirteen) - 5


def forged(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "mark",
    [
        "x",
        "....",
        "ä",
        "\x00",
        forged([["d", "2026-11-23"], ["u", "0" * 32]]),
        forged([["v", {"a": 1}], ["v", 10**30]]),
        "W10.W10",
    ],
)
def test_a_foreign_mark_is_not_found(sqlite_app: Flask, mark: str) -> None:
    with pytest.raises(NotFound):
        page_of(STATEMENT, *BY_DUE, after=mark)


def test_a_mark_counts_for_its_own_list_and_order(thirteen: set[UUID]) -> None:
    mark = page_of(STATEMENT, *BY_DUE, after=None, size=3).after
    assert mark is not None
    with pytest.raises(NotFound):
        page_of(STATEMENT, *BY_AGE, after=mark)
    with pytest.raises(NotFound):
        page_of(STATEMENT, *BY_DUE, after=mark, newest_first=True)
    with pytest.raises(NotFound):
        page_of(STATEMENT, *BY_DUE, after=mark[:-1])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mark=st.text(min_size=1))
def test_whatever_is_sent_as_a_mark_is_not_found(sqlite_app: Flask, mark: str) -> None:
    with pytest.raises(NotFound):
        page_of(STATEMENT, *BY_DUE, after=mark)
