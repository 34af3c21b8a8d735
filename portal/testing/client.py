"""A test client that is as far from the test as a browser: no shared context, no shared session."""

from __future__ import annotations

import re
import time
from contextvars import Context
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts.models import Membership
from portal.accounts.session import MEMBERSHIP, SIGNED_IN_AT

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class PortalClient(FlaskClient):
    """Flask's test client, for use inside a test's application context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # Flask would take the test's own application context for the request, and with it `g`,
        # the signed-in person and the database session of the request before.
        return Context().run(super().open, *args, **kwargs)

    def sign_in(self, membership: Membership) -> PortalClient:
        """Be this member from now on, without the log-in page."""
        person, acting = membership.person, membership.id.hex
        values = {"_user_id": person.fs_uniquifier, "_fresh": True, MEMBERSHIP: acting,
                  SIGNED_IN_AT: time.time()}  # fmt: skip

        def write() -> None:
            with self.session_transaction() as session:
                session.clear()
                session.update(values)

        Context().run(write)
        return self

    def token(self, path: str) -> str:
        """The CSRF token on a page."""
        found = _TOKEN.search(self.get(path, follow_redirects=True).text)
        assert found, f"no form on {path}"
        return unescape(found[1])

    def submit(self, path: str, data: Any = None, *, form: str = "", **kwargs: Any) -> TestResponse:
        """POST to `path` as the form on the page `form` (default: the same path) would."""
        return self.post(
            path, data={**(data or {}), "csrf_token": self.token(form or path)}, **kwargs
        )
