"""For the operator: is it alive, is it ready, how is it doing. No personal data."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal import migrate
from portal.extensions import db
from portal.outbox import OutboxMessage, given_up
from portal.registry import registry
from portal.web.access import PUBLIC, access

bp = Blueprint("operation", __name__)


@bp.get("/healthz")
@access(PUBLIC)
def alive() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@access(PUBLIC)
def ready() -> tuple[Response, int]:
    """200 when requests can be served; else 503 and which part is missing."""
    try:
        db.session.execute(text("SELECT 1"))
        behind = migrate.behind(db.engine, registry())
    except DBAPIError:
        return jsonify(status="unavailable", database="unreachable"), 503
    if behind:
        return jsonify(status="unavailable", migrations_missing=behind), 503
    return jsonify(status="ok"), 200


@bp.get("/metrics")
@access(PUBLIC)
def metrics() -> Response:
    """Counts for Prometheus; taken from the database, so any process answers alike."""
    collected = CollectorRegistry()
    waiting = select(func.count()).where(OutboxMessage.delivered_at.is_(None))
    gauge = Gauge("portal_outbox_waiting", "messages not yet delivered", registry=collected)
    stuck = Gauge("portal_outbox_given_up", "messages that will not leave by themselves",
                  registry=collected)  # fmt: skip
    try:
        gauge.set(db.session.scalar(waiting) or 0)
        stuck.set(db.session.scalar(waiting.where(given_up())) or 0)
    except DBAPIError:
        return Response(status=503)
    return Response(generate_latest(collected), content_type=CONTENT_TYPE_LATEST)
