"""How many statements a page costs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from portal.extensions import db
from portal.testing.client import PortalClient


def statements(client: PortalClient, path: str) -> int:
    seen: list[str] = []

    def note(*args: Any) -> None:
        if not str(args[2]).startswith(("BEGIN", "SET LOCAL")):
            seen.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)
