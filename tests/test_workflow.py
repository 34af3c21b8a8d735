"""Fields are cleaned the same way whichever door they come through, and workflows are checked."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.drawing import drawing_errors, reachable
from portal.problems import Conflict, Invalid
from portal.workflow import (
    LOCAL,
    Action,
    Field,
    Kind,
    Side,
    State,
    Workflow,
    clean,
    jsonable,
)

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
AB = (("a", "Äpfel"), ("b", "Birnen"))


def one(value: Any, kind: Kind = Kind.TEXT, **options: Any) -> Any:
    """The cleaned value of a single field."""
    field = Field(key="x", label="X", kind=kind, **options)
    return clean([field], {"x": value}, TODAY)["x"]


def refused(value: Any, kind: Kind = Kind.TEXT, **options: Any) -> str:
    with pytest.raises(Invalid) as caught:
        one(value, kind, **options)
    assert list(caught.value.errors) == ["x"]
    return caught.value.errors["x"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.TEXT, "Kita"),
        (Kind.LONG_TEXT, "zwei\nZeilen\tund ein Tabulator"),
        (Kind.DATE, TODAY),
        (Kind.DATETIME, NOON),
        (Kind.INTEGER, 0),
        (Kind.CHOICE, "a"),
        (Kind.MEMBER, "b"),
        (Kind.CHOICES, ["a", "b"]),
        (Kind.YES_NO, False),
        (Kind.YES_NO, True),
    ],
)
def test_every_kind_takes_its_own_type(kind: Kind, value: Any) -> None:
    assert one(value, kind, choices=AB) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.TEXT, 7),
        (Kind.TEXT, ["a"]),
        (Kind.LONG_TEXT, {"a": 1}),
        (Kind.DATE, "2026-11-23"),
        (Kind.DATE, NOON),
        (Kind.DATETIME, TODAY),
        (Kind.DATETIME, datetime(2026, 11, 24, 11)),  # noqa: DTZ001 - without a zone, on purpose
        (Kind.INTEGER, "7"),
        (Kind.INTEGER, True),
        (Kind.INTEGER, 1.5),
        (Kind.CHOICE, 1),
        (Kind.MEMBER, ["b"]),
        (Kind.CHOICES, "ab"),
        (Kind.CHOICES, [{"a": 1}]),
        (Kind.CHOICES, [["a"]]),
        (Kind.YES_NO, "yes"),
        (Kind.YES_NO, 1),
    ],
)
def test_every_kind_refuses_another_type(kind: Kind, value: Any) -> None:
    assert refused(value, kind, choices=AB) == "Diese Angabe hat die falsche Form."


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("empty", ["", "  \n ", [], None])
def test_nothing_is_nothing_for_every_kind(kind: Kind, empty: Any) -> None:
    assert one(empty, kind, required=False) is None
    assert refused(empty, kind) == "Bitte ausfüllen."


@pytest.mark.parametrize(
    ("kind", "value"), [(Kind.CHOICE, "c"), (Kind.MEMBER, "c"), (Kind.CHOICES, ["a", "c"])]
)
def test_only_what_is_offered_can_be_chosen(kind: Kind, value: Any) -> None:
    assert "angebotene" in refused(value, kind, choices=AB)


def test_numbers_stay_between_their_limits() -> None:
    assert [one(n, Kind.INTEGER, minimum=1, maximum=3) for n in (1, 3)] == [1, 3]
    for beyond in (0, 4, -(10**30), 10**30):
        assert "1 … 3" in refused(beyond, Kind.INTEGER, minimum=1, maximum=3)


def test_texts_stay_below_their_length() -> None:
    assert one("ä" * 200) == "ä" * 200
    assert refused("ä" * 201) == "Der Text ist zu lang. (201 / 200)"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (TODAY - timedelta(days=1), "zu früh"),
        (TODAY + timedelta(days=31), "zu spät"),
        (date.min, "Jahr prüfen"),
        (date.max, "Jahr prüfen"),
    ],
)
def test_days_stay_between_their_limits(day: date, said: str) -> None:
    assert said in refused(day, Kind.DATE, days=(0, 30))
    if 1900 < day.year < 2200:
        assert said in refused(datetime(*day.timetuple()[:4], tzinfo=UTC), Kind.DATETIME,
                               days=(0, 30))  # fmt: skip


def test_days_at_their_limits_are_taken() -> None:
    for days in (0, 30):
        assert one(TODAY + timedelta(days=days), Kind.DATE, days=(0, 30))


def test_the_day_of_a_moment_is_the_one_people_live_in() -> None:
    # 23:30 UTC is half past midnight of the next day here.
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert one(late, Kind.DATETIME, days=(0, 0)) == late


def test_a_time_that_clocks_leave_out_is_refused_and_one_that_comes_twice_is_not() -> None:
    spring = datetime(2027, 3, 28, 2, 30, tzinfo=LOCAL)
    assert "Uhrzeit gibt es" in refused(spring, Kind.DATETIME)
    for kept in (spring.replace(hour=3), spring.replace(hour=1),
                 datetime(2027, 10, 31, 2, 30, tzinfo=LOCAL),
                 datetime(2027, 10, 31, 0, 30, tzinfo=UTC)):  # fmt: skip
        assert one(kept, Kind.DATETIME) == kept


@pytest.mark.parametrize("year", [1, 9999])
def test_a_moment_outside_of_every_calendar_is_refused(year: int) -> None:
    edge = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    assert "Jahr prüfen" in refused(edge, Kind.DATETIME, days=(0, 30))


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\r", "\ud800"])
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.LONG_TEXT])
def test_control_characters_are_refused(character: str, kind: Kind) -> None:
    assert "Steuerzeichen" in refused(f"vor{character}nach", kind)


@pytest.mark.parametrize("character", ["\n", "\t"])
def test_one_line_is_one_line(character: str) -> None:
    assert "Steuerzeichen" in refused(f"vor{character}nach")


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.LONG_TEXT])
def test_what_turns_the_writing_round_is_refused(character: str, kind: Kind) -> None:
    assert "Schreibrichtung" in refused(f"vor{character}nach", kind)


@pytest.mark.parametrize(
    "text", ["علي", "Оксана", "ፍቅርተ", "👨‍👩‍👧", "<script>alert(1)</script>", "O'Neill"]
)
def test_every_script_is_taken_as_it_is(text: str) -> None:
    assert one(text) == unicodedata.normalize("NFC", text)


def test_texts_are_composed_trimmed_and_have_one_kind_of_line_end() -> None:
    assert one("  O\u0308rnek ") == "Örnek"
    assert one("a\r\nb", Kind.LONG_TEXT) == "a\nb"


CODE = Field(key="code", label="Grund", kind=Kind.CHOICE, choices=(*AB, ("other", "Anderer")))
WHY = Field(key="why", label="Warum", required_if=("code", "other"))
WHEN = Field(key="when", label="Wann", kind=Kind.DATE, required_unless="position")
PLACE = Field(key="position", label="Platz", kind=Kind.INTEGER, required_unless="when")


def test_required_only_if() -> None:
    assert clean([CODE, WHY], {"code": "a"}, TODAY)["why"] is None
    assert clean([CODE, WHY], {"code": "other", "why": "so"}, TODAY)["why"] == "so"
    for empty in ({}, {"why": " "}):
        with pytest.raises(Invalid) as caught:
            clean([CODE, WHY], {"code": "other", **empty}, TODAY)
        assert caught.value.errors == {"why": "Bitte ausfüllen."}


def test_required_unless_the_other_is_given() -> None:
    for given_one in ({"when": TODAY}, {"position": 0}, {"when": TODAY, "position": 3}):
        values = clean([WHEN, PLACE], given_one, TODAY)
        assert {key: value for key, value in values.items() if value is not None} == given_one
    with pytest.raises(Invalid) as caught:
        clean([WHEN, PLACE], {}, TODAY)
    assert set(caught.value.errors) == {"when", "position"}


def test_every_fault_is_told_at_once_and_unknown_keys_are_dropped() -> None:
    fields = [CODE, Field(key="x", label="X")]
    with pytest.raises(Invalid) as caught:
        clean(fields, {"code": "z", "x": "", "y": 1}, TODAY)
    assert set(caught.value.errors) == {"code", "x"}
    assert clean(fields, {"code": "a", "x": "1", "y": 2}, TODAY) == {"code": "a", "x": "1"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
ANYTHING = JSON | st.dates() | st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.binary()


@settings(deadline=None)
@given(kind=st.sampled_from(Kind), value=ANYTHING, required=st.booleans())
def test_whatever_comes_is_taken_or_refused_at_its_field(
    kind: Kind, value: Any, required: bool
) -> None:
    field = Field(key="x", label="X", kind=kind, required=required, choices=AB, days=(-9999, 9999))
    try:
        cleaned = clean([field], {"x": value}, TODAY)
    except Invalid as refusal:
        told = set(refusal.errors)
    else:
        told = set()
        _survives(field, cleaned)
    assert told <= {"x"}


def _survives(field: Field, cleaned: dict[str, Any]) -> None:
    # What was taken can be kept, read back, shown, and cleaned again without a change.
    kept = json.loads(json.dumps(jsonable(cleaned)))
    assert field.revived(kept.get("x")) == cleaned["x"]
    assert isinstance(field.label_of(kept.get("x")), str)
    assert clean([field], cleaned, TODAY) == cleaned


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.TEXT, "Kita", "Kita"),
        (Kind.DATE, "2026-11-23", "23.11.2026"),
        (Kind.DATETIME, "2026-11-23T08:30:00+00:00", "23.11.2026, 09:30"),
        (Kind.CHOICE, "a", "Äpfel"),
        (Kind.CHOICE, "gone", "gone"),
        (Kind.CHOICES, ["a", "b"], "Äpfel, Birnen"),
        (Kind.YES_NO, True, "Ja"),
        (Kind.YES_NO, False, "Nein"),
        (Kind.INTEGER, 0, "0"),
        (Kind.TEXT, None, ""),
        (Kind.CHOICES, [], ""),
    ],
)
def test_values_in_words(kind: Kind, value: Any, text: str) -> None:
    assert Field(key="x", label="X", kind=kind, choices=AB).label_of(value) == text


# --- the graph ----------------------------------------------------------------------------
A, B, END = State("a", "A", "open"), State("b", "B", "open"), State("end", "Ende", "final")


def move(key: str, sources: tuple[str, ...], target: str | None, *fields: Field) -> Action:
    return Action(key=key, label=key, sources=sources, target=target, side=Side.SENDER,
                  fields=fields)  # fmt: skip


GO, STOP = move("go", ("a",), "b"), move("stop", ("a", "b"), "end")
GOOD = Workflow((A, B, END), (GO, STOP), initial="a")


def test_a_well_drawn_workflow_has_no_errors() -> None:
    assert drawing_errors(GOOD, ["final"]) == []
    assert reachable(GOOD, "a") == {"a", "b", "end"}


@pytest.mark.parametrize(
    ("workflow", "error"),
    [
        (replace(GOOD, states=(A, B, B, END)), "duplicate state 'b'"),
        (replace(GOOD, actions=(GO, GO, STOP)), "duplicate action 'go'"),
        (replace(GOOD, actions=(GO, STOP, move("x", ("nowhere",), "end"))),
         "action 'x' names the unknown state 'nowhere'"),
        (replace(GOOD, actions=(GO, STOP, move("x", ("a",), "nowhere"))),
         "action 'x' names the unknown state 'nowhere'"),
        (replace(GOOD, actions=(GO, STOP, move("x", (), "end"))),
         "action 'x' can never happen: it has no source"),
        (replace(GOOD, actions=(GO, STOP, move("x", ("a",), None, CODE, CODE))),
         "action 'x' has the field 'code' twice"),
        (replace(GOOD, initial="start"), "unknown initial state 'start'"),
        (replace(GOOD, actions=(move("stop", ("a",), "end"), move("x", ("b",), "end"))),
         "state 'b' cannot be reached"),
        (replace(GOOD, actions=(GO, STOP, move("back", ("end",), "a"))),
         "final state 'end' has a way out: back"),
        (replace(GOOD, actions=(GO, move("stop", ("a",), "end"))),
         "state 'b' is a dead end: no final status can follow"),
    ],
)  # fmt: skip
def test_what_is_ill_drawn_is_named(workflow: Workflow, error: str) -> None:
    assert drawing_errors(workflow, ["final"]) == [error]


def test_a_step_is_the_action_or_a_conflict_that_names_the_state() -> None:
    assert GOOD.step("a", "go") is GO
    with pytest.raises(Conflict, match=r"steht inzwischen auf: B\."):
        GOOD.step("b", "go")
    with pytest.raises(Conflict, match="gibt es bei dieser Art"):
        GOOD.step("a", "fly")
    with pytest.raises(Conflict, match=r"plugin\.gone"):
        GOOD.step("plugin.gone", "go")
