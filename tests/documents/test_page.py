"""A sheet as a page: the same words as on paper, each in its language and direction."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from flask import Flask, render_template_string

from portal.documents.sheet import Code, Paragraph, Sheet, Signature, Words
from tests.documents.sheets import ARABIC, REFERENCE, all_words

PAGE = '{% from "parts/sheet.html" import draw %}{{ draw(sheet) }}'
VOID = {"img", "br"}


class Said(NamedTuple):
    tag: str
    language: str
    direction: str
    text: str


class Reader(HTMLParser):
    """What is said, in which language and direction; and the pictures with their words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.pictures: dict[str, str] = {}
        self._open: list[tuple[str, str, str]] = [("body", "de", "ltr")]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {key: value or "" for key, value in attrs}
        if has.get("role") == "img" or tag == "img":
            self.pictures[has.get("alt") or has["aria-label"]] = unquote(has.get("src", ""))
        if tag not in VOID:
            outer, language, direction = self._open[-1]
            tag = outer if tag == "span" else tag  # a part of what it stands in
            self._open.append((tag, has.get("lang", language), has.get("dir", direction)))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.said.append(Said(*self._open[-1], data))


@pytest.fixture
def read(sqlite_app: Flask) -> type[Reader]:
    class Page(Reader):
        def __init__(self, sheet: Sheet) -> None:
            with sqlite_app.test_request_context():
                super().__init__(render_template_string(PAGE, sheet=sheet))

    return Page


def test_every_word_of_every_block_is_on_it_in_its_language(read: type[Reader]) -> None:
    page = read(ARABIC)
    said = {(each.language, each.direction, each.text) for each in page.said}
    for words in all_words(ARABIC):
        assert not words.de or ("de", "ltr", words.de) in said
        assert not words.other or ("ar", "rtl", words.other) in said


def test_parts_are_what_they_are(read: type[Reader]) -> None:
    page = read(ARABIC)
    tags = {each.text: each.tag for each in page.said}
    assert (tags["Einwilligung"], tags["Empfänger"], tags["البيانات"]) == ("h1", "h2", "h3")
    assert (tags["Zweck"], tags["الغرض"], tags["دورة لغة"]) == ("dt", "dt", "dd")


def test_what_is_the_same_in_both_stands_in_both(read: type[Reader]) -> None:
    of_both = [each for each in read(ARABIC).said if each.text == "Jobcenter, +49 7151 123-456"]
    assert [(each.language, each.direction) for each in of_both] == [("de", "ltr")] * 2


def test_pictures_say_what_they_are(read: type[Reader]) -> None:
    pictures = read(ARABIC).pictures
    assert list(pictures) == ["angekreuzt", "nicht angekreuzt", "leeres Kästchen", "Unterschrift",
                              f"QR-Code: {REFERENCE}"]  # fmt: skip
    drawn = next(block.svg for block in ARABIC.blocks if isinstance(block, Signature))
    assert pictures["Unterschrift"] == f"data:image/svg+xml,{drawn}"
    assert pictures[f"QR-Code: {REFERENCE}"] == f"data:image/svg+xml,{Code(REFERENCE).svg}"


def test_a_sheet_in_german_alone_has_no_other_language(read: type[Reader]) -> None:
    page = read(replace(ARABIC, language=""))
    assert {each.language for each in page.said} == {"de"}
    assert "الموافقة" not in {each.text for each in page.said}


def test_what_people_write_is_never_markup(read: type[Reader]) -> None:
    typed = '<script>alert("1")</script>{{ 7 * 7 }}\n  zweite Zeile'
    page = read(Sheet(Words("Blatt"), (Paragraph(Words(typed, typed)),), "en"))
    assert [each for each in page.said if each.tag == "p"] == [
        Said("p", "de", "ltr", typed), Said("p", "en", "ltr", typed),
    ]  # fmt: skip
