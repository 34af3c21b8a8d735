"""Pages of clients: list, search, record, deputies."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("clients", __name__)
