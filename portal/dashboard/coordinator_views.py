"""Pages of the coordinator's desk: its lists in full, and its three steps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal.accounts.session import current_actor
from portal.dashboard import oversight
from portal.deadlines import ESCALATED_AFTER
from portal.extensions import db
from portal.problems import Invalid, NotFound
from portal.referrals import coordination, history
from portal.referrals.models import Referral
from portal.web.access import access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.paging import page_of
from portal.workflow import Action, Field

bp = Blueprint("coordinator", __name__, url_prefix="/oversight")

OVERSEE = "referral.oversee"


@bp.get("/<part>")
@access(OVERSEE)
def index(part: str) -> str:
    """All that was escalated, or all else that is overdue."""
    if part not in ("escalated", "overdue"):
        raise NotFound
    actor, after = current_actor(), request.args.get("after")
    if part == "escalated":
        statement, since = oversight.escalated(actor), Referral.escalated_on
    else:
        statement, since = oversight.overdue(actor), Referral.next_on
    page = page_of(statement, since, Referral.id, after=after)
    return render_template(
        "dashboard/oversight.html", part=part, page=page, rows=oversight.rows(actor, page.rows),
        escalated_after=ESCALATED_AFTER,
    )  # fmt: skip


# `overseen`, not `referral`: other than the sides of a referral, whoever oversees sees all of them.
@bp.post("/<uuid:overseen_id>/call")
@access(OVERSEE)
def call(overseen_id: UUID) -> Response:
    """Keep that somebody was rung up: one click."""
    coordination.call(current_actor(), overseen_id, request.form, request.form.get("seen", ""))
    db.session.commit()
    flash(_("Der Anruf ist im Verlauf festgehalten."), "success")
    return go(url_for("dashboard.start"))


@bp.route("/<uuid:overseen_id>/postpone", methods=["GET", "POST"])
@access(OVERSEE)
def postpone(overseen_id: UUID) -> Response:
    """Another day until which somebody must act, with the reason."""
    referral = coordination.get_waiting(current_actor(), overseen_id)
    form = _form(history.POSTPONE.fields)
    if request.method == "GET":
        return _page(referral, history.POSTPONE, form)
    try:
        coordination.postpone(
            current_actor(), overseen_id, form.read(), request.form.get("seen", "")
        )
        db.session.commit()
    except Invalid as refused:
        return _refused(overseen_id, history.POSTPONE, form, refused)
    flash(_("Die Frist ist verschoben. Beide Seiten erfahren es."), "success")
    return go(url_for("dashboard.start"))


@bp.route("/<uuid:overseen_id>/suggest", methods=["GET", "POST"])
@access(OVERSEE)
def suggest(overseen_id: UUID) -> Response:
    """Another service that the sender may turn to."""
    referral = coordination.get_waiting(current_actor(), overseen_id)
    services = coordination.alternatives(current_actor(), referral)
    form = _form(coordination.suggestion_fields(services))
    if request.method == "GET":
        return _page(referral, history.SUGGEST, form, nothing=not services)
    try:
        coordination.suggest(
            current_actor(), overseen_id, form.read(), request.form.get("seen", "")
        )
        db.session.commit()
    except Invalid as refused:
        return _refused(overseen_id, history.SUGGEST, form, refused, nothing=not services)
    flash(_("Die Beratung erfährt Ihren Vorschlag. Nur sie kann neu senden."), "success")
    return go(url_for("dashboard.start"))


def _form(fields: tuple[Field, ...]) -> FieldsForm:
    formdata = request.form if request.method == "POST" else None
    return fields_form(fields, today=current_actor().today, formdata=formdata)


def _refused(
    overseen_id: UUID, step: Action, form: FieldsForm, refused: Invalid, **more: Any
) -> Response:
    db.session.rollback()
    form.put_errors(refused.errors)
    referral = coordination.get_waiting(current_actor(), overseen_id)
    return _page(referral, step, form, 422, **more)


def _page(
    referral: Referral, step: Action, form: FieldsForm, status: int = 200, **more: Any
) -> Response:
    [row] = oversight.rows(current_actor(), [referral])
    html = render_template("dashboard/oversight_step.html", row=row, step=step, form=form, **more)
    return make_response(html, status)
