"""What clients read on sheets, sentence by sentence: versioned, in nine languages, German leads.

Each folder of `sentences/` is a version: consents name the one that was read, so none is ever
changed once it was used. A new one is a copy with changes, named in CURRENT.
"""

from __future__ import annotations

import json
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from portal import codes
from portal.documents.sheet import Words

FOLDER = Path(__file__).with_name("sentences")
CURRENT = "2026-11"
LANGUAGES: tuple[str, ...] = ("de", "en", "uk", "ru", "ar", "fa", "tr", "ti", "ku")

# Dari readers read Persian; the sheet says that it is not their own ("persian_for_dari").
_WRITTEN_AS = {"kmr": "ku", "prs": "fa"}
_ISOLATE, _END = "\u2068", "\u2069"  # keep a value's own order inside of the other direction


def language_for(contact_language: str) -> str:
    """What is read beside German by somebody who speaks this; "" where nothing is."""
    language = _WRITTEN_AS.get(contact_language, contact_language)
    return language if language in LANGUAGES and language != "de" else ""


def label(language: str) -> str:
    """The German name of one of LANGUAGES, to be translated."""
    return next(name for key, name in codes.LANGUAGES if language in (key, language_for(key)))


def sentences(language: str, version: str = CURRENT) -> Mapping[str, str]:
    """All of a language by key, as they are written; German for a language there is not."""
    return _load(language_for(language) or "de", version)


def sentence(key: str, language: str, version: str = CURRENT, **values: Any) -> str:
    """One sentence with its values, which stand in it as they are."""
    written = sentences(language, version)[key]
    return written.format(**{name: _plain(value, written) for name, value in values.items()})


def words(key: str, language: str, version: str = CURRENT, **values: Any) -> Words:
    """One sentence in German and, where there is one, in the other language."""
    other = sentence(key, language, version, **values) if language_for(language) else ""
    return Words(sentence(key, "de", version, **values), other)


def digest(version: str = CURRENT, language: str = "de") -> str:
    """What a version says in a language, as a SHA-256."""
    said = json.dumps(dict(sentences(language, version)), ensure_ascii=False, sort_keys=True)
    return sha256(said.encode()).hexdigest()


@cache
def _load(language: str, version: str) -> Mapping[str, str]:
    written = (FOLDER / version / f"{language}.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(written))


def _plain(value: Any, written: str) -> str:
    value = f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value)
    # "0000 1000" in an Arabic sentence would otherwise read "1000 0000".
    mixed = _from_the_right(written) or _from_the_right(value)
    return f"{_ISOLATE}{value}{_END}" if mixed else value


def _from_the_right(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
