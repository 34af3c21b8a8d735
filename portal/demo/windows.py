"""Several windows of one browser can be several people: a session of its own below /fenster/<n>."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

PREFIX = "/fenster/"
_WINDOW = re.compile(r"(/fenster/[1-9]\d{0,2})(/.*)?", re.DOTALL)


class Windows:
    """WSGI: what lies below /fenster/<n> is the same portal, mounted there once more.

    So `url_for` and every redirect stay in the window without knowing of it.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if found := _WINDOW.fullmatch(environ.get("PATH_INFO", "")):
            mount, rest = found.groups()
            environ = {**environ, "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + mount,
                       "PATH_INFO": rest or "/"}  # fmt: skip
        return self.application(environ, start_response)


class WindowSession(SecureCookieSessionInterface):
    """A cookie of its own path and its own name for each window: the first window's cookie,
    which the browser sends below /fenster/ too, then means nothing there."""

    def get_cookie_name(self, app: Flask) -> str:
        name = super().get_cookie_name(app)
        return f"{name}-{number}" if (number := window()) else name

    def get_cookie_path(self, app: Flask) -> str:
        return request.script_root if window() else super().get_cookie_path(app)


def window() -> int:
    """The number of the window this request comes from; 0 for the first."""
    root = request.script_root if has_request_context() else ""
    return int(root.rpartition("/")[2]) if _WINDOW.fullmatch(root) else 0


def path_in(number: int, path: str) -> str:
    """The path of a page (as `url_for` gives it anywhere) in another window."""
    inside = path.removeprefix(request.script_root)
    return f"{PREFIX}{number}{inside}" if number else inside


def init_app(app: Flask) -> None:
    app.wsgi_app = Windows(app.wsgi_app)  # type: ignore[method-assign]
    app.session_interface = WindowSession()
