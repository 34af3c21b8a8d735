"""Static files under addresses that change with their content, cached for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

FOR_GOOD = "public, max-age=31536000, immutable"


@cache
def _digest(path: Path, _modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def init_app(app: Flask) -> None:
    def version(endpoint: str, filename: str) -> str | None:
        owner = app.blueprints.get(endpoint.partition(".")[0]) if "." in endpoint else app
        folder = owner.static_folder if owner else None
        path = Path(folder) / filename if folder else None
        if path is None or not path.is_file():
            return None
        return _digest(path, path.stat().st_mtime_ns)

    if not app.debug:  # files change while somebody works on them, and never as they are served
        version = cache(version)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint.endswith("static") and "filename" in values and "v" not in values:
            values["v"] = version(endpoint, values["filename"])

    @app.after_request
    def cache_for_good(response: Response) -> Response:
        if (
            request.endpoint
            and request.endpoint.endswith("static")
            and response.status_code == 200
            and request.view_args
            and request.args.get("v") == version(request.endpoint, request.view_args["filename"])
        ):
            response.headers["Cache-Control"] = FOR_GOOD
        return response
