"""What of a page no catalogue can translate, found by a language that puts in ⟦⟧ all it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from babel.support import Translations
from flask_babel import get_babel
from sqlalchemy import String, inspect, select

from portal.extensions import Model, db
from portal.testing.catalogues import TRANSLATED, extracted, forms
from portal.wording import LANGUAGES

LANGUAGE = TRANSLATED[0]
_KNOWN = re.compile("⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Days and months come with the language; statutes, references and ids are the same in all.
_DATE = re.compile(
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2} \d{4}|\d+ [A-Z][a-z]{2} \d{4}"
)
_CITED = re.compile(r"§[^,)]*|\b[A-Z]{2}-[\dA-F-]{6,}\b|\b[0-9a-f]{8}\b")
_NAMES = ("Hand in Hand", *LANGUAGES.values())
_SPOKEN = ("title", "aria-label", "alt", "placeholder")
_TYPED = ("textarea", "bdi", "code", "script", "style")
_EMPTY = ("input", "meta", "link", "br", "img", "hr")


class _Marking(Translations):
    """Says every source string of the packages as it is, in brackets."""

    def __init__(self, folders: Iterable[str]) -> None:
        super().__init__()
        self.sources = {text for folder in folders for text in _sources(Path(folder).parent)}

    def ugettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self.sources else message

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        return self.ugettext(singular if num == 1 else plural)


@cache
def _sources(package: Path) -> frozenset[str]:
    return frozenset(text for message in extracted(package) for text in forms(message.id))


def mark_translations() -> None:
    """From here on whoever reads another language than German gets the marked one."""
    babel = get_babel()
    known = babel.instance.domain_instance
    known.cache[LANGUAGE, babel.default_domain] = _Marking(babel.translation_directories)


class Shown(HTMLParser):
    """The texts and labels of a page, without what people typed and what says its language."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._passed_over: list[bool] = [False]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        foreign = self._passed_over[-1] or (tag != "html" and "lang" in values)
        if not foreign:
            self.texts += [text for name in _SPOKEN if (text := values.get(name))]
        if tag not in _EMPTY:
            typed = tag in _TYPED or "user-text" in (values.get("class") or "")
            self._passed_over.append(typed or foreign)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY:
            self._passed_over.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._passed_over[-1]:
            self.texts.append(" ".join(data.split()))


def left_in(html: str, typed: Iterable[str]) -> list[str]:
    """The texts of a page in the marked language that it does not know and nobody typed."""
    known = sorted({*typed, *_NAMES}, key=len, reverse=True)
    return [text for text in Shown(html).texts if _WORD.search(_rest(text, known))]


def _rest(text: str, known: list[str]) -> str:
    while (shorter := _KNOWN.sub("", text)) != text:
        text = shorter
    text = _CITED.sub("", _DATE.sub("", text))
    for each in known:
        text = text.replace(each, "")
    return text


def stored_texts() -> set[str]:
    """What the database keeps in the clear: names of people, offices and places, their words."""
    names = inspect(db.engine).get_table_names()
    tables = [Model.metadata.tables[name] for name in names if name in Model.metadata.tables]
    found: set[str] = set()
    for table in tables:
        texts = [column for column in table.columns if isinstance(column.type, String)]
        for row in db.session.execute(select(*texts)) if texts else ():
            # A code in small letters is no name: nobody should have to read it.
            found |= {text for text in row if text and ("@" in text or text != text.lower())}
    return found
