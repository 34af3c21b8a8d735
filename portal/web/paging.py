"""Keyset pagination: the next page begins after the last row seen, however long the list is."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_

from portal.extensions import db
from portal.problems import NotFound

PAGE = 25
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows, and the mark with which the next page is asked for (None: this was the last)."""

    rows: list[T]
    after: str | None


def page_of(
    statement: Select[Any], *keys: ColumnElement[Any] | Any, after: str | None, size: int = PAGE
) -> Page[Any]:
    """One page of `statement` ordered by `keys`, ascending; the keys must be unique together
    and never NULL. Raises NotFound for a mark that is not one of ours."""
    if after:
        statement = statement.where(_beyond(keys, _read_mark(after, len(keys))))
    rows = list(db.session.scalars(statement.order_by(*keys).limit(size + 1)).unique())
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], _mark([getattr(last, key.key) for key in keys]))


def _beyond(keys: tuple[Any, ...], values: list[Any]) -> ColumnElement[bool]:
    # (a, b) > (x, y) spelled out: row values compare differently on SQLite with NULLs.
    alternatives = []
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [k == v for k, v in zip(keys[:position], values[:position], strict=True)]
        alternatives.append(and_(*same, key > value))
    return or_(*alternatives)


def _mark(values: list[Any]) -> str:
    tagged = [_tag(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(tagged).encode()).decode().rstrip("=")


def _tag(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", value.hex]
    return ["v", value]


_READ = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "v": lambda value: value,
}


def _read_mark(mark: str, length: int) -> list[Any]:
    try:
        padded = mark + "=" * (-len(mark) % 4)
        tagged = json.loads(base64.urlsafe_b64decode(padded))
        values = [_READ[tag](value) for tag, value in tagged]
    except (ValueError, TypeError, KeyError) as error:
        raise NotFound from error
    if len(values) != length:
        raise NotFound
    return values
