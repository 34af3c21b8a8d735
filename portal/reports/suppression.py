"""Statistical confidentiality: hides small counts, and what would give them away.

Primary suppression hides every count below the threshold, complementary suppression as many
others as it takes until none of them can be worked out by adding and subtracting. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

THRESHOLD = 5
TOTAL = ""  # the key of the margins

Cell = tuple[str, str]  # keys of row and column
Line = tuple[Cell, ...]  # its last cell is the sum of the others


@dataclass(frozen=True)
class Table:
    """Counts by row and column. Rows stand in the order of their keys: one by size would tell of
    hidden counts which is the larger."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[Cell, int]  # with every sum under TOTAL

    @classmethod
    def of(cls, pairs: Iterable[Cell], columns: Sequence[str]) -> Table:
        """Counts how often each pair of row and column occurs."""
        counts: dict[Cell, int] = {(TOTAL, column): 0 for column in (*columns, TOTAL)}
        for row, column in pairs:
            for cell in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
                counts[cell] = counts.get(cell, 0) + 1
        rows = sorted({row for row, _ in counts} - {TOTAL})
        for row in rows:
            for column in columns:
                counts.setdefault((row, column), 0)
        return cls(tuple(rows), tuple(columns), counts)

    def lines(self) -> Iterator[Line]:
        """Every sum that a reader can check: of each row, of each column, and of the margins."""
        for row in (*self.rows, TOTAL):
            yield tuple((row, column) for column in (*self.columns, TOTAL))
        for column in (*self.columns, TOTAL):
            yield tuple((row, column) for row in (*self.rows, TOTAL))


def hidden_in(tables: Sequence[Table]) -> list[frozenset[Cell]]:
    """What is not to be shown of tables that count the same by other rows, and so have the sums
    of their columns in common: hidden in one, a sum is hidden in all."""
    hidden = [_hide(table, set()) for table in tables]
    while True:
        sums = {cell for cells in hidden for cell in cells if cell[0] == TOTAL}
        more = [_hide(table, cells | sums) for table, cells in zip(tables, hidden, strict=True)]
        if more == hidden:
            return [frozenset(cells) for cells in hidden]
        hidden = more


def _hide(table: Table, hidden: set[Cell]) -> set[Cell]:
    hidden = hidden | {cell for cell, n in table.counts.items() if 0 < n < THRESHOLD}
    while (line := _gives_away(table, hidden)) is not None:
        *parts, total = line
        shown = [cell for cell in parts if cell not in hidden and table.counts[cell] > 0]
        # The smallest tells least when it is gone; the sum goes when nothing else is left.
        hidden.add(min(shown, key=lambda cell: (table.counts[cell], cell)) if shown else total)
    return hidden


def _gives_away(table: Table, hidden: set[Cell]) -> Line | None:
    """A line that tells a hidden count, or that some hidden ones are small together."""
    lines = list(table.lines())
    for line in lines:
        *parts, total = line
        gone = [cell for cell in parts if cell in hidden]
        alone = len(gone) == 1 and total not in hidden
        small = sum(table.counts[cell] for cell in gone) < THRESHOLD
        if gone and total not in hidden and (alone or small):
            return line
        if not gone and total in hidden:
            return line
    known = _worked_out(lines, hidden)
    if known is None:
        return None
    of_it = [line for line in lines if known in line]
    return next((line for line in of_it if _can_hide_more(table, line, hidden)), None)


def _can_hide_more(table: Table, line: Line, hidden: set[Cell]) -> bool:
    *parts, total = line
    return total not in hidden or any(c not in hidden and table.counts[c] > 0 for c in parts)


def _worked_out(lines: Iterable[Line], hidden: set[Cell]) -> Cell | None:
    """A hidden cell that follows from the shown ones; None if none does.

    The sums are linear equations in what is hidden: a cell follows from them if, in the reduced
    row echelon form, it stands in a row alone.
    """
    unknown = sorted(hidden)
    rows = [
        [Fraction((cell in parts) - (cell == total)) for cell in unknown]
        for *parts, total in lines
        if hidden & {*parts, total}
    ]
    for at in _reduce(rows, len(unknown)):
        standing = [number for number, factor in enumerate(at) if factor]
        if len(standing) == 1:
            return unknown[standing[0]]
    return None


def _reduce(rows: list[list[Fraction]], width: int) -> list[list[Fraction]]:
    """Gauss and Jordan: the rows of the reduced row echelon form that are not zero."""
    done: list[list[Fraction]] = []
    for column in range(width):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [factor / pivot[column] for factor in pivot]
        rows = [_without(row, pivot, column) for row in rows]
        done = [_without(row, pivot, column) for row in done] + [pivot]
    return done


def _without(row: list[Fraction], pivot: list[Fraction], column: int) -> list[Fraction]:
    times = row[column]
    return [a - times * b for a, b in zip(row, pivot, strict=True)] if times else row
