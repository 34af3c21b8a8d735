"""The pages on which a plugin can show something, opened the way a browser does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter

from portal.accounts.models import Membership
from portal.extensions import Model, db
from portal.testing.client import PortalClient

UNAVAILABLE = "Dieser Teil ist gerade nicht verfügbar."


def browser(app: Flask, member: Membership | None = None) -> PortalClient:
    """A fresh browser, signed in as the member if one is given."""
    client = PortalClient(app, app.response_class)
    return client.sign_in(member) if member else client


def routes(app: Flask, key: str) -> list[Rule]:
    """The pages of a plugin."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(f"{key}.")]


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def paths(app: Flask, rule: Rule, ids: Iterable[UUID]) -> list[str]:
    """The page's addresses with each of the ids in each place that takes one."""
    names = sorted(rule.arguments)
    choices = [_values(rule, name, list(ids)) for name in names]
    with app.test_request_context():
        return [app.url_for(rule.endpoint, **dict(zip(names, values, strict=True)))
                for values in product(*choices)]  # fmt: skip


def _values(rule: Rule, name: str, ids: list[UUID]) -> list[Any]:
    converter = rule._converters[name]
    if isinstance(converter, UUIDConverter):
        return ids
    return [1] if isinstance(converter, IntegerConverter) else [str(one) for one in ids]


def row_ids(key: str, about: UUID | None = None) -> list[UUID]:
    """The ids of the rows in the plugin's tables, or of those that name `about`."""
    found: list[UUID] = []
    for table in Model.metadata.sorted_tables:
        if table.name.startswith(f"{key}_"):
            for row in db.session.execute(select(table)).mappings():
                if about is None or about in row.values():
                    found += [row[c.name] for c in table.primary_key if row[c.name] != about]
    return found


def opened(
    app: Flask, key: str, member: Membership, core: Iterable[str], ids: Iterable[UUID]
) -> Iterator[tuple[str, str]]:
    """Path and text of the core's pages and all of the plugin's that the member can open."""
    visitor = browser(app, member)
    asked = list(ids)
    own = [path for rule in routes(app, key) if "GET" in methods(rule)
           for path in paths(app, rule, asked)]  # fmt: skip
    for path in (*core, *own):
        response = visitor.get(path)
        if response.status_code == 200:
            yield path, response.text
