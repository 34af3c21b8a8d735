"""What a sheet may hold, and which way its languages run."""

from __future__ import annotations

import pytest

from portal.codes import LANGUAGES
from portal.documents.sheet import Heading, Sheet, Signature, Table, Words, direction

TITLE = Words("Blatt")
HEADING = Words("Abschnitt")


def test_languages_run_the_way_they_are_written() -> None:
    from_the_right = {key for key, _ in LANGUAGES if direction(key) == "rtl"}
    assert from_the_right == {"ar", "fa", "prs", "ps", "ckb", "ur"}


@pytest.mark.parametrize("language", ["", "ku", "xx", "no language"])
def test_whatever_is_not_known_runs_from_the_left(language: str) -> None:
    assert Sheet(TITLE, (), language).direction == "ltr"


@pytest.mark.parametrize("levels", [(1,), (3,), (2, 4), (2, 3, 2, 4)])
def test_headings_leave_no_level_out(levels: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="a heading of level"):
        Sheet(TITLE, tuple(Heading(HEADING, level) for level in levels))


def test_headings_go_down_one_by_one_and_up_at_will() -> None:
    sheet = Sheet(TITLE, tuple(Heading(HEADING, level) for level in (2, 3, 3, 2, 3)))
    assert len(sheet.blocks) == 5


def test_a_table_has_no_ragged_rows() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        Table((TITLE, TITLE), ((TITLE, TITLE), (TITLE,)))


@pytest.mark.parametrize("strokes", [None, (), ((),)])
def test_nothing_drawn_is_no_picture(strokes: tuple[tuple[tuple[float, float], ...], ...]) -> None:
    assert Signature((TITLE,), strokes).svg == ""


def test_a_signature_is_cut_to_what_was_drawn() -> None:
    drawn = Signature((TITLE,), (((400, 500), (600, 520.4)), ((500, 510),))).svg
    assert 'viewBox="392 492 216 36"' in drawn
    assert 'points="400,500 600,520 601,520"' in drawn
    assert 'points="500,510 501,510"' in drawn  # a dot
