"""A sheet as JSON and back: what was shown to somebody is kept as it was."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from portal.documents.pictures import Strokes
from portal.documents.sheet import (
    Block,
    Code,
    Facts,
    Heading,
    Paragraph,
    Sheet,
    Signature,
    Table,
    Ticks,
    Words,
)

_BLOCKS: dict[str, type[Block]] = {
    block.kind: block for block in (Heading, Paragraph, Facts, Table, Ticks, Signature, Code)
}


def as_data(sheet: Sheet) -> dict[str, Any]:
    """JSON-ready; `from_data` makes the same sheet of it."""
    blocks = [{"kind": block.kind, **asdict(block)} for block in sheet.blocks]
    return {**asdict(sheet), "blocks": blocks}


def from_data(data: dict[str, Any]) -> Sheet:
    blocks = tuple(_block(dict(block)) for block in data["blocks"])
    return Sheet(**{key: _revived(value) for key, value in data.items() if key != "blocks"},
                 blocks=blocks)  # fmt: skip


def _block(data: dict[str, Any]) -> Block:
    kind = _BLOCKS[data.pop("kind")]
    return kind(**{key: _revived(value) for key, value in data.items()})


def _revived(value: Any) -> Any:
    if isinstance(value, dict):
        return Words(**value)
    return tuple(map(_revived, value)) if isinstance(value, list | tuple) else value


def signed(sheet: Sheet, strokes: Strokes) -> Sheet:
    """The sheet with what was drawn under it."""
    blocks = tuple(
        replace(block, strokes=strokes) if isinstance(block, Signature) else block
        for block in sheet.blocks
    )
    return replace(sheet, blocks=blocks)
