"""A browser-like client per person, signed in without the log-in page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.accounts.models import Membership
from portal.extensions import db
from portal.testing.client import PortalClient

SignIn = Callable[[Membership], PortalClient]


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """Pages are the same on either database; the data layer's tests run on both."""
    return sqlite_app


@pytest.fixture
def as_member(app: Flask) -> SignIn:
    """A client whose session belongs to a member; forms need no token here."""
    app.config["WTF_CSRF_ENABLED"] = False

    def sign_in(membership: Membership) -> PortalClient:
        browser: PortalClient = app.test_client()  # type: ignore[assignment]
        return browser.sign_in(membership)

    return sign_in


@pytest.fixture
def queries(app: Flask) -> Callable[[FlaskClient, str], int]:
    """How many statements a page costs, the note that it was read included."""

    def count(browser: FlaskClient, page: str) -> int:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith(("BEGIN", "SET LOCAL")):
                statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert browser.get(page).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    return count
