"""What is hidden cannot be worked out: tried by every table that would read the same."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.reports.suppression import THRESHOLD, TOTAL, Cell, Table, hidden_in

COLUMNS = ("a", "b", "c")


def table_of(rows: list[list[int]]) -> Table:
    pairs = [
        (f"r{number}", column)
        for number, row in enumerate(rows)
        for column, count in zip(COLUMNS, row, strict=False)
        for _ in range(count)
    ]
    return Table.of(pairs, COLUMNS[: len(rows[0])])


def shown(table: Table, hidden: frozenset[Cell]) -> list[list[int | None]]:
    return [
        [None if (row, column) in hidden else table.counts[row, column]
         for column in (*table.columns, TOTAL)]
        for row in (*table.rows, TOTAL)
    ]  # fmt: skip


def test_what_is_large_enough_is_shown() -> None:
    table = table_of([[5, 7], [6, 0]])
    assert shown(table, *hidden_in([table])) == [[5, 7, 12], [6, 0, 6], [11, 7, 18]]


def test_a_small_count_takes_others_with_it() -> None:
    table = table_of([[20, 3, 30], [21, 9, 31], [22, 12, 32]])
    hidden = hidden_in([table])[0]
    row = next(row for row in table.rows if table.counts[row, "b"] == 3)
    assert (row, "b") in hidden
    # With its row and its column complete it could be subtracted: four cells are gone.
    assert len(hidden) == 4
    assert not any(TOTAL in cell for cell in hidden)


def test_the_sum_goes_where_nothing_else_can() -> None:
    table = table_of([[2, 0], [30, 40]])
    hidden = hidden_in([table])[0]
    small = next(row for row in table.rows if table.counts[row, TOTAL] == 2)
    assert {(small, "a"), (small, TOTAL)} <= hidden


def test_tables_that_share_their_sums_hide_the_same_ones() -> None:
    by_kind, by_place = table_of([[2, 9]]), table_of([[1, 4], [1, 5]])
    first, second = hidden_in([by_kind, by_place])
    assert {c for c in first if c[0] == TOTAL} == {c for c in second if c[0] == TOTAL}
    assert (TOTAL, "a") in first


def test_an_empty_table_hides_nothing() -> None:
    table = Table.of([], COLUMNS)
    assert hidden_in([table]) == [frozenset()]
    assert table.rows == ()


def could_read(table: Table, hidden: frozenset[Cell]) -> dict[Cell, set[int]]:
    """By brute force: every value that each hidden cell takes in a table that shows the same."""
    inner = [(row, column) for row in table.rows for column in table.columns]
    free = [cell for cell in inner if cell in hidden]
    most = sum(table.counts[cell] for cell in free) + 1
    found: dict[Cell, set[int]] = {cell: set() for cell in hidden}
    for values in product(range(most + 1), repeat=len(free)):
        guess = {**table.counts, **dict(zip(free, values, strict=True))}
        sums = {
            **{(row, TOTAL): sum(guess[row, c] for c in table.columns) for row in table.rows},
            **{(TOTAL, c): sum(guess[row, c] for row in table.rows) for c in table.columns},
            (TOTAL, TOTAL): sum(guess[cell] for cell in inner),
        }
        if all(cell in hidden or table.counts[cell] == n for cell, n in sums.items()):
            for cell in hidden:
                found[cell].add({**guess, **sums}[cell])
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=1, max_size=3))
def test_no_hidden_count_can_be_worked_out(rows: list[list[int]]) -> None:
    table = table_of(rows)
    hidden = hidden_in([table])[0]
    assert {cell for cell, n in table.counts.items() if 0 < n < THRESHOLD} <= hidden
    if len([c for c in hidden if TOTAL not in c]) <= 4:  # the rest would take too long to try
        for cell, values in could_read(table, hidden).items():
            assert len(values) > 1, (cell, shown(table, hidden))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=1, max_size=8))
def test_every_line_with_a_gap_has_two_that_are_not_small_together(rows: list[list[int]]) -> None:
    table = table_of(rows)
    hidden = hidden_in([table])[0]
    for *parts, total in table.lines():
        gone = [cell for cell in parts if cell in hidden]
        if total in hidden:
            assert gone
        elif gone:
            assert len(gone) > 1
            assert sum(table.counts[cell] for cell in gone) >= THRESHOLD


@pytest.mark.parametrize("size", [82])
def test_a_county_of_many_places_is_done_in_one_go(size: int) -> None:
    table = table_of([[(7 * n) % 11, (5 * n) % 9, (3 * n) % 7] for n in range(1, size + 1)])
    hidden = hidden_in([table])[0]
    assert hidden
    assert (TOTAL, TOTAL) not in hidden
