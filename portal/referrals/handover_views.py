"""Vermitteln: what is needed, which service, what is shared."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("handover", __name__)
