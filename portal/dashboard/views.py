"""The start page of each role, help, accessibility."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("dashboard", __name__)
