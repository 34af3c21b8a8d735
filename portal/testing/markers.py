"""Values that can be recognised wherever they turn up: on a page, or in a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.clients.fields import CLIENT_FIELDS
from portal.crypto import Encrypted
from portal.extensions import Model, db
from portal.workflow import Field, Kind

TEXTS = (Kind.TEXT, Kind.LONG_TEXT)


class Markers:
    """Marked values for one client. Every text is markup, so that one marker tells both
    whether a value is shown and whether it was escaped."""

    def __init__(self, name: str) -> None:
        self.name = name  # letters only, too many to turn up in a token by chance
        self.keys: dict[str, str] = {}  # marker: the client's field it stands in
        self.texts: list[str] = []  # all that were given so far

    def text(self, key: str = "") -> str:
        marker = f"{self.name}{len(self.texts) + 1:03}"
        if key:
            self.keys[marker] = key
        self.texts.append(f"<i>{marker}</i>")
        return self.texts[-1]

    def mark(self, fields: Iterable[Field], values: dict[str, Any]) -> dict[str, Any]:
        """`values` with a marked text in every text field that has room for one."""
        marked = dict(values)
        for field in fields:
            if field.kind in TEXTS and field.max_length > len(self.name) + 10:
                marked[field.key] = self.text()
        return marked

    def profile(self, today: date) -> dict[str, Any]:
        """A value in every field of the client record; texts and days are marked."""
        values: dict[str, Any] = {}
        for number, field in enumerate(CLIENT_FIELDS.values()):
            if field.kind in TEXTS:
                values[field.key] = self.text(field.key)
            elif field.kind is Kind.DATE:
                day = today - timedelta(days=400 + 37 * number)
                values[field.key] = day
                self.keys[f"{day:%d.%m.%Y}"] = self.keys[day.isoformat()] = field.key
            elif field.choices:
                first = field.choices[0][0]
                values[field.key] = [first] if field.kind is Kind.CHOICES else first
        return values

    def fields_in(self, text: str) -> set[str]:
        """The client's fields of which `text` shows the value."""
        return {key for marker, key in self.keys.items() if marker in text}

    def unescaped_in(self, text: str) -> str | None:
        found = re.search(rf"<i>{self.name}\d+", text)
        return found[0] if found else None

    def are_in(self, value: object) -> bool:
        return self.name in str(value)


def raw_rows(key: str) -> Iterator[tuple[str, Any]]:
    """`table.column` and stored value of everything in a plugin's tables."""
    for table in Model.metadata.sorted_tables:
        if table.name.startswith(f"{key}_"):
            for row in db.session.execute(select(table)).mappings():
                yield from ((f"{table.name}.{column}", value) for column, value in row.items())


def opened_rows(key: str) -> Iterator[tuple[str, Any]]:
    """The same for encrypted values, decrypted."""
    for mapper in Model.registry.mappers:
        owner = mapper.class_
        table = owner.__tablename__
        sealed = [name for name, value in vars(owner).items() if isinstance(value, Encrypted)]
        if sealed and table.startswith(f"{key}_"):
            for row in db.session.scalars(select(owner)):
                yield from ((f"{table}.{name}", getattr(row, name)) for name in sealed)
