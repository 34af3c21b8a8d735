"""How Jinja sets up a template's variables."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2.runtime import Context


class _Context(Context):
    """All templates share the globals of the application and none has more. Told of them, Jinja
    compares both sets at every import, and of those a page has a dozen."""

    def __init__(self, environment: Any, parent: Any, name: Any, blocks: Any, **_more: Any) -> None:
        super().__init__(environment, parent, name, blocks)


def init_app(app: Flask) -> None:
    app.jinja_env.context_class = _Context
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
