"""Our own words: marked for the catalogues where they are written, translated where shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

# The languages of the interface. German is the source language: the source is its catalogue.
LANGUAGES = {"de": "Deutsch", "en": "English"}


def N_(text: str) -> str:  # noqa: N802 - the name every gettext extractor knows
    """Mark a German source string for the catalogue; it is translated where it is shown."""
    return text


class Phrase(str):
    """Our own words, perhaps with values in them: `Phrase(N_("Höchstens %(n)s"), n=3)`.

    As a `str` it reads German; `portal.web.language` says the same in the reader's language.
    What somebody typed is a plain `str` and stays as it was typed.
    """

    source: str
    values: Mapping[str, Any]

    def __new__(cls, source: str, **values: Any) -> Phrase:
        if isinstance(source, Phrase) and not values:
            return source
        german = {key: _german(value) for key, value in values.items()}
        phrase = super().__new__(cls, source % german if values else source)
        phrase.source, phrase.values = source, values
        return phrase


def _german(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y, %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return ", ".join(value) if isinstance(value, tuple) else value
