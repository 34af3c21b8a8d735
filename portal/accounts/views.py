"""The own account: log-in, password, switching, logging out."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", __name__)
