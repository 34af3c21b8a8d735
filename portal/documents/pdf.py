"""Draws a sheet as a tagged PDF (PDF/UA-1) with typst.

The sheet travels as JSON: whatever people wrote is text to `sheet.typ`, never markup. Typst sees
this folder and the fonts that come with the portal, and no network.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Literal

import structlog
import typst

from portal.documents.sheet import Code, Sheet, Signature

FOLDER = Path(__file__).parent
FONTS = FOLDER.parent / "static" / "vendor" / "fonts"
FIRST_FONT = "Noto Sans"  # the others have Latin letters too, but are there for their own script

# Control characters but the line feed, halves of characters, and what no PDF may hold.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")

log = structlog.get_logger(__name__)


def pdf(sheet: Sheet) -> bytes:
    data = _data(sheet)
    try:
        return _compile(data, "ua-1")
    except typst.TypstError:
        # PDF/UA-1 wants a glyph for every character. Where no font has one, an empty box that
        # the sheet explains is better than no sheet.
        log.warning("sheet.character_without_font", language=sheet.language)
        return _compile({**data, "boxes": True}, "1.7")


def _compile(data: dict[str, Any], standard: Literal["ua-1", "1.7"]) -> bytes:
    return typst.compile(
        FOLDER / "sheet.typ",
        root=FOLDER,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        package_path=FOLDER,  # holds none: nothing is looked for elsewhere
        package_cache_path=FOLDER,
        sys_inputs={"sheet": json.dumps(data)},
        pdf_standards=[standard],
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[FONTS],
    )


def _data(sheet: Sheet) -> dict[str, Any]:
    blocks = [
        {
            "kind": block.kind,
            **asdict(block),
            "svg": block.svg if isinstance(block, Code | Signature) else "",
        }
        for block in sheet.blocks
    ]
    return {
        **_printable({**asdict(sheet), "blocks": blocks}),
        "direction": sheet.direction,
        "fonts": sorted(_fonts().families(), key=lambda family: family != FIRST_FONT),
        "boxes": False,
    }


def _printable(value: Any) -> Any:
    """The same, without the characters that no PDF can show."""
    match value:
        case str():
            return UNPRINTABLE.sub("", value.replace("\t", " "))
        case dict():
            return {key: _printable(item) for key, item in value.items()}
        case list() | tuple():
            return [_printable(item) for item in value]
        case _:
            return value
