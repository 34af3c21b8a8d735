"""Pages of the Notzugriff: asking, deciding, reading, and who has done so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients.models import Client
from portal.extensions import db
from portal.grants import Grant
from portal.privacy import emergency
from portal.privacy.emergency import EmergencyAccess
from portal.problems import Forbidden, Invalid, NotFound
from portal.referrals import history, packages
from portal.registry import registry
from portal.web.access import MEMBER, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.paging import page_of
from portal.workflow import Side

bp = Blueprint("emergency", __name__)


@bp.route("/emergency", methods=["GET", "POST"])
@access(MEMBER)
def index() -> Response:
    """What was asked for; and the form for whoever may ask."""
    actor = current_actor()
    if not any(map(actor.may, ("emergency.request", "emergency.approve", "audit.read"))):
        raise Forbidden
    form = fields_form(emergency.FIELDS, today=actor.today,
                       formdata=request.form if request.method == "POST" else None)  # fmt: skip
    if request.method == "GET":
        return _index_page(actor, form)
    try:
        emergency.ask(actor, form.read())
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _index_page(actor, form, 422)
    flash(_("Eingetragen. Eine zweite Person muss zustimmen."), "success")
    return go(url_for("emergency.index"))


def _index_page(actor: Actor, form: FieldsForm, status: int = 200) -> Response:
    page = page_of(
        emergency.visible(actor), EmergencyAccess.asked_at, EmergencyAccess.id,
        after=request.args.get("after"), newest_first=True,
    )  # fmt: skip
    rows = [_row(actor, each) for each in page.rows]
    html = render_template("privacy/emergency.html", rows=rows, page=page, form=form)
    return make_response(html, status)


def _row(actor: Actor, each: EmergencyAccess) -> dict[str, Any]:
    state = each.state_at(actor.now)
    return {
        "access": each,
        "state": emergency.STATES[state],
        "running": state == "running",
        "may_decide": emergency.may_decide(actor, each),
        "may_end": emergency.may_end(actor, each),
        "may_open": state == "running" and each.asked_by_id == actor.membership_id,
    }


@bp.post("/emergency/<uuid:access_id>/decide")
@access("emergency.approve")
def decide(access_id: UUID) -> Response:
    found = emergency.decide(
        current_actor(), access_id, approve=request.form.get("answer") == "approve"
    )
    approved = found.approved
    db.session.commit()
    flash(_("Freigegeben für zwei Stunden.") if approved else _("Nicht freigegeben."), "success")
    return go(url_for("emergency.index"))


@bp.post("/emergency/<uuid:access_id>/end")
@access(MEMBER)
def end(access_id: UUID) -> Response:
    actor = current_actor()
    client_id = emergency.end(actor, access_id).referral.client_id
    db.session.commit()
    flash(_("Der Notzugriff ist beendet."), "success")
    if actor.may("client.read"):
        return go(url_for("clients.show", client_id=client_id))
    return go(url_for("emergency.index"))


@bp.get("/emergency/<uuid:access_id>")
@access("emergency.request")
def show(access_id: UUID) -> Response:
    """What was passed on, what happened, and how the person can be reached. Nothing to press."""
    actor = current_actor()
    opened = emergency.opened(actor, access_id)
    referral = opened.referral
    client = db.session.get_one(Client, referral.client_id)
    if not client.profile:
        raise NotFound  # erased
    package = packages.latest(referral)
    kind = registry().referral_type(referral.type)
    html = render_template(
        "privacy/emergency_show.html", access=opened, referral=referral, client=client,
        items=packages.items(kind, package.content) if package else (),
        timeline=history.timeline(referral, Side.SENDER, Grant.PACKAGE),
    )  # fmt: skip
    audit.record_read(actor, "referral.read", subject=referral, client_id=referral.client_id,
                      purpose="emergency", access=opened.id.hex)  # fmt: skip
    return make_response(html)
