"""Services and who delivers Integrationsmanagement where."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("network", __name__)
