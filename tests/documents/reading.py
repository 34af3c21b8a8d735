"""Reads a PDF back as a program for blind people would: text, tags, languages, pictures."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pypdfium2
import zxingcpp
from pypdfium2 import raw

HYPHEN = "\ufffe"  # what the library gives for a hyphen at the end of a line


class Tag(NamedTuple):
    kind: str
    language: str
    alt: str


def pages(pdf: bytes) -> list[str]:
    """The text of each page, one space between words."""
    texts = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    return [
        " ".join(text.replace(HYPHEN + "\r\n", "").replace(HYPHEN, "").split()) for text in texts
    ]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def title(pdf: bytes) -> str:
    return str(pypdfium2.PdfDocument(pdf).get_metadata_value("Title"))


def is_accessible(pdf: bytes) -> bool:
    """Whether it says that it keeps PDF/UA-1; typst says so only of what it has checked."""
    marks = (b"<pdfuaid:part>1</pdfuaid:part>", b"/StructTreeRoot", b"/MarkInfo")
    return all(mark in pdf for mark in marks)


def tags(pdf: bytes) -> list[Tag]:
    """In reading order; a language holds for what is inside, as everywhere."""
    found: list[Tag] = []
    for page in pypdfium2.PdfDocument(pdf):
        tree = raw.FPDF_StructTree_GetForPage(page)
        for place in range(raw.FPDF_StructTree_CountChildren(tree)):
            found += _below(raw.FPDF_StructTree_GetChildAtIndex(tree, place), "de")
        raw.FPDF_StructTree_Close(tree)
    return found


def _below(element: Any, language: str) -> Iterator[Tag]:
    language = _say(raw.FPDF_StructElement_GetLang, element) or language
    kind = _say(raw.FPDF_StructElement_GetType, element)
    yield Tag(kind, language, _say(raw.FPDF_StructElement_GetAltText, element))
    for place in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, place)
        if child:  # none where the child is text
            yield from _below(child, language)


def _say(ask: Callable[..., int], element: Any) -> str:
    length = ask(element, None, 0)
    buffer = ctypes.create_string_buffer(length)
    ask(element, buffer, length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")


def qr_codes(pdf: bytes) -> list[str]:
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        seen = page.render(scale=3, grayscale=True)
        pixels = memoryview(bytes(seen.buffer)).cast("B", (seen.height, seen.stride))
        found += [code.text for code in zxingcpp.read_barcodes(pixels)]
    return found


def pixels(pdf: bytes) -> bytes:
    """What the first page looks like."""
    return bytes(pypdfium2.PdfDocument(pdf)[0].render(grayscale=True).buffer)


def raster_images(pdf: bytes) -> int:
    images = (
        page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=9)
        for page in pypdfium2.PdfDocument(pdf)
    )
    return sum(len(list(found)) for found in images)
