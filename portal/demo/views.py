"""Demo only: sign in as anybody with one click, and the mailbox."""

from __future__ import annotations

from flask import Blueprint, Flask

bp = Blueprint("demo", __name__, url_prefix="/demo")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
