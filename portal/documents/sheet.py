"""What a sheet of paper says, block by block, in German and in one further language.

`templates/parts/sheet.html` draws it as a page, `portal.documents.pdf` as a PDF: the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from babel import Locale, UnknownLocaleError

from portal.documents import pictures

RELATIVES = {"prs": "fa-AF"}  # written as that one is, and not known to Babel


def direction(language: str) -> str:
    """`ltr` or `rtl`, for a BCP 47 tag."""
    try:
        return Locale.parse(RELATIVES.get(language, language), sep="-").text_direction
    except (UnknownLocaleError, ValueError):  # those of our languages that Babel lacks are Latin
        return "ltr"


@dataclass(frozen=True)
class Words:
    """The same in German and in the sheet's other language.

    Without the other it is for both: a name, a date, a number. A heading or paragraph
    without it takes the whole width.
    """

    de: str
    other: str = ""


@dataclass(frozen=True)
class Heading:
    """Level 2 is a section of the sheet, 3 a part of a section."""

    words: Words
    level: int = 2
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Paragraph:
    words: Words
    strong: bool = False
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Facts:
    """Label and value."""

    rows: tuple[tuple[Words, Words], ...]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Table:
    head: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError("every row of a table has as many cells as its head")


@dataclass(frozen=True)
class Ticks:
    """Boxes: True is ticked, False struck out, None left empty to be ticked by hand."""

    rows: tuple[tuple[Words, bool | None], ...]
    kind: ClassVar[str] = "ticks"


@dataclass(frozen=True)
class Signature:
    """A rule to write on for each line, with its words below.

    What was drawn on the screen stands on one of them. Each of its strokes is a polyline of
    (x, y) in 0..1000, y downwards, both in the same unit.
    """

    lines: tuple[Words, ...]
    strokes: pictures.Strokes | None = None
    drawn_on: int = 0
    kind: ClassVar[str] = "signature"

    @property
    def svg(self) -> str:
        return pictures.drawing(self.strokes) if self.strokes and any(self.strokes) else ""


@dataclass(frozen=True)
class Code:
    """A QR code that carries the reference number and nothing else, with the number beside it.

    With an `address` it carries that, to be opened; `beside` stands in large letters below the
    number, and not in the picture: what is typed there.
    """

    reference: str
    address: str = ""
    beside: str = ""
    kind: ClassVar[str] = "code"

    @property
    def svg(self) -> str:
        return pictures.qr(self.address or self.reference)


Block = Heading | Paragraph | Facts | Table | Ticks | Signature | Code


@dataclass(frozen=True)
class Sheet:
    """`language` is the BCP 47 tag of the other language; without it the sheet is German alone."""

    title: Words
    blocks: tuple[Block, ...]
    language: str = ""
    reference: str = ""
    footer: Words = Words("")

    def __post_init__(self) -> None:
        levels = [1, *(block.level for block in self.blocks if isinstance(block, Heading))]
        for above, level in pairwise(levels):
            if not 2 <= level <= min(3, above + 1):
                raise ValueError(f"a heading of level {level} cannot follow one of level {above}")

    @property
    def direction(self) -> str:
        return direction(self.language)
