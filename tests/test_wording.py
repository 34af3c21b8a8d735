"""Our own words, with values in them, before anybody translates them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.wording import Phrase
from portal.workflow import Field, Kind

LANGUAGES = (("ar", "Arabisch"), ("tr", "Türkisch"))


def test_a_phrase_reads_german() -> None:
    state = Phrase("Läuft")
    phrase = Phrase("%(who)s: %(state)s bis %(day)s", who="Ada", state=state, day=date(2026, 12, 1))
    assert phrase == "Ada: Läuft bis 01.12.2026"
    assert phrase.source == "%(who)s: %(state)s bis %(day)s"
    assert phrase.values["state"] is state


def test_a_phrase_without_values_may_hold_a_percent_sign() -> None:
    assert Phrase("zu 50 %") == "zu 50 %"


def test_a_phrase_of_a_phrase_is_the_same() -> None:
    phrase = Phrase("Noch %(n)s", n=3)
    assert Phrase(phrase) is phrase


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Kind.CHOICE, "ar", "Arabisch"),
        (Kind.CHOICES, ["ar", "tr"], "Arabisch, Türkisch"),
        (Kind.YES_NO, True, "Ja"),
        (Kind.DATE, "2026-12-01", "01.12.2026"),
        (Kind.DATETIME, datetime(2026, 12, 1, 8, tzinfo=UTC), "01.12.2026, 09:00"),
    ],
)
def test_a_value_in_words_is_a_phrase(kind: Kind, value: object, said: str) -> None:
    found = Field(key="x", label="X", kind=kind, choices=LANGUAGES).label_of(value)
    assert found == said
    assert isinstance(found, Phrase)


@pytest.mark.parametrize(
    ("kind", "value"), [(Kind.TEXT, "Ja"), (Kind.CHOICE, "gone"), (Kind.INTEGER, 3)]
)
def test_what_was_typed_is_none(kind: Kind, value: object) -> None:
    found = Field(key="x", label="X", kind=kind, choices=LANGUAGES).label_of(value)
    assert found == str(value)
    assert not isinstance(found, Phrase)
