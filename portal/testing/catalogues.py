"""The catalogues of a package: brought up to date with its source, compiled, and checked.

    python -m portal.testing.catalogues portal plugins/portal_*

German is written in the source; every other language of the interface has a catalogue in the
package's `translations/`. New strings stand in it without a translation, gone ones are dropped.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from portal.wording import LANGUAGES

TRANSLATED = tuple(key for key in LANGUAGES if key != "de")
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}
_HEADER = "# The catalogue of `%s`; source language: German."
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
_TAG = re.compile(r"</?\w+[^>]*>")


def extracted(package: Path) -> Catalog:
    """Every string that the package's source asks to be translated."""
    found = Catalog(charset="utf-8")
    options = {pattern: {"silent": "false"} for pattern, method in _METHODS if method == "jinja2"}
    for name, _line, text, _comments, context in extract_from_dir(
        package, _METHODS, options, _KEYWORDS
    ):
        found.add(text, locations=[(name, 0)], context=context)
    return found


def path_of(package: Path, language: str) -> Path:
    return package / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(package: Path, language: str) -> Catalog:
    """The catalogue as it is; empty if there is none yet."""
    path = path_of(package, language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(package: Path, language: str) -> list[str]:
    """Bring one catalogue up to date and compile it; returns what still lacks a translation."""
    catalogue = read(package, language)
    catalogue.update(extracted(package), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    _name(catalogue, package.name)
    path = path_of(package, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_by_file=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    return [_id(message) for message in catalogue if message.id and not _is_whole(message)]


def _name(catalogue: Catalog, package: str) -> None:
    """The head of the file, without placeholders and without a date that changes by itself."""
    catalogue.header_comment, catalogue.fuzzy = _HEADER % package, False
    catalogue.project, catalogue.version = package, ""
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.revision_date = catalogue.creation_date


def faults(package: Path, language: str) -> Iterator[str]:
    """What keeps a catalogue from saying in `language` all that the source says."""
    source, catalogue = extracted(package), read(package, language)
    for message in source:
        said = catalogue.get(message.id, message.context)
        if message.id and (said is None or not _is_whole(said)):
            yield f"{_id(message)!r} has no translation"
        elif message.id and said is not None:
            yield from _disagreements(said)
    for message in [*catalogue, *catalogue.obsolete.values()]:
        if message.id and source.get(message.id, message.context) is None:
            yield f"{_id(message)!r} is asked for no more"


def _disagreements(message: Message) -> Iterator[str]:
    ids, texts = forms(message.id), forms(message.string)
    for text in texts:
        for kind, pattern in (("placeholders", _PLACEHOLDER), ("tags", _TAG)):
            # A singular may do without its number.
            wanted = [sorted(pattern.findall(one)) for one in ids]
            if sorted(pattern.findall(text)) not in wanted:
                yield f"{_id(message)!r}: other {kind} in {text!r}"
        if _end(text) != _end(ids[0]):
            yield f"{_id(message)!r}: ends in another way: {text!r}"


def _end(text: str) -> str:
    return text[-1] if text.endswith((".", ":", "?", "!", "…")) else ""


def forms(text: Any) -> tuple[str, ...]:
    """A message in its plural forms; one, of most; an empty one, where it was never said."""
    return tuple(text) if isinstance(text, (list, tuple)) else (text or "",)


def _is_whole(message: Message) -> bool:
    return not message.fuzzy and all(text.strip() for text in forms(message.string))


def _id(message: Message) -> str:
    return forms(message.id)[0]


if __name__ == "__main__":
    for folder in map(Path, sys.argv[1:]):
        for key in TRANSLATED:
            for missing in update(folder, key):
                print(f"{folder.name}, {key}: {missing!r} has no translation")  # noqa: T201
