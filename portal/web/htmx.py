"""htmx: the same view answers with a fragment, or without JavaScript with a whole page."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request
from werkzeug.urls import iri_to_uri


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def go(location: str) -> Response:
    """On to another page after a POST: 303, or the header that makes htmx go there."""
    if is_htmx():
        response = make_response("", 200)
        response.headers["HX-Location"] = iri_to_uri(location)
        return response
    return make_response(redirect(location, 303))


def page_or_part(page: str, part: str, status: int = 200, **context: Any) -> Response:
    """The template `part` for htmx, the whole `page` otherwise."""
    return make_response(render_template(part if is_htmx() else page, **context), status)
