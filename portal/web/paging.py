"""Keyset pagination: the next page begins after the last row seen, however long the list is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db
from portal.problems import NotFound

PAGE = 25
T = TypeVar("T")
Key = InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows, and the mark with which the next page is asked for (None: this was the last)."""

    rows: list[T]
    after: str | None


def page_of(
    statement: Select[Any], *keys: Key, after: str | None, newest_first: bool = False,
    size: int = PAGE,
) -> Page[Any]:  # fmt: skip
    """One page of `statement` ordered by `keys`, ascending or all descending.

    The keys must be unique together and never NULL. Raises NotFound for a mark that was not
    made by this portal for this order.
    """
    marks = _marks(keys, newest_first)
    if after:
        statement = statement.where(_beyond(keys, _read_mark(marks, after), newest_first))
    order = [key.desc() if newest_first else key.asc() for key in keys]
    rows = list(db.session.scalars(statement.order_by(*order).limit(size + 1)).unique())
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], str(marks.dumps([_tag(getattr(last, key.key)) for key in keys])))


def _beyond(
    keys: tuple[Key, ...], values: list[Any], newest_first: bool
) -> ColumnElement[bool]:  # fmt: skip
    # (a, b) > (x, y) spelled out: row values compare differently on SQLite with NULLs.
    alternatives = []
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [k == v for k, v in zip(keys[:position], values[:position], strict=True)]
        alternatives.append(and_(*same, key < value if newest_first else key > value))
    return or_(*alternatives)


def _marks(keys: tuple[Key, ...], newest_first: bool) -> URLSafeSerializer:
    # Signed, and for one order only: whatever else comes back is not of the columns' types.
    salt = "page." + ".".join(str(key) for key in keys) + (".down" if newest_first else "")
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=salt)


def _tag(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", value.hex]
    return ["v", value]


_READ: dict[str, Callable[[Any], Any]] = {
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "u": UUID,
    "v": lambda value: value,
}


def _read_mark(marks: URLSafeSerializer, mark: str) -> list[Any]:
    try:
        return [_READ[tag](value) for tag, value in marks.loads(mark)]
    except BadSignature as error:
        raise NotFound from error
