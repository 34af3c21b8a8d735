"""Working days are those of Baden-Württemberg."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.working_days import add_working_days, is_working_day, working_days_between


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),  # Neujahr
        date(2026, 1, 6),  # Heilige Drei Könige: not in most of the other states
        date(2026, 4, 3),  # Karfreitag
        date(2026, 4, 6),  # Ostermontag
        date(2026, 5, 1),
        date(2026, 5, 14),  # Christi Himmelfahrt
        date(2026, 5, 25),  # Pfingstmontag
        date(2026, 6, 4),  # Fronleichnam
        date(2025, 10, 3),
        date(2027, 11, 1),  # Allerheiligen, a Monday
        date(2026, 12, 25),
        date(2025, 12, 26),
        date(2026, 11, 21),  # a Saturday
        date(2026, 11, 22),  # a Sunday
    ],
)
def test_holidays_and_weekends_are_free(day: date) -> None:
    assert not is_working_day(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 8, 14),
        date(2025, 8, 15),  # Mariä Himmelfahrt is a holiday in Bavaria only
        date(2025, 10, 31),  # Reformationstag is one in the north
        date(2026, 12, 24),
        date(2026, 12, 31),
    ],
)
def test_the_holidays_of_others_are_worked(day: date) -> None:
    assert is_working_day(day)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # from a Friday
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # from a Saturday
        (date(2026, 12, 23), 2, date(2026, 12, 28)),  # over Christmas
        (date(2026, 12, 30), 3, date(2027, 1, 5)),  # over New Year
        (date(2027, 1, 4), 2, date(2027, 1, 7)),  # over Heilige Drei Könige
    ],
)
def test_counting_forward(start: date, count: int, end: date) -> None:
    assert add_working_days(start, count) == end


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@settings(deadline=None)
@given(start=DAYS, count=st.integers(1, 40))
def test_counting_back_gives_the_same_number(start: date, count: int) -> None:
    end = add_working_days(start, count)
    assert is_working_day(end)
    assert working_days_between(start, end) == count
    assert working_days_between(start, end - timedelta(days=1)) == count - 1


@settings(deadline=None)
@given(start=DAYS, back=st.integers(0, 400))
def test_nothing_lies_between_a_day_and_an_earlier_one(start: date, back: int) -> None:
    assert working_days_between(start, start - timedelta(days=back)) == 0
