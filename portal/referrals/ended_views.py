"""The end of access: what an open page asks again and again, and what a receiver then confirms."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _

from portal.accounts.session import current_actor
from portal.extensions import db
from portal.problems import Invalid, NotFound
from portal.referrals import deletions, policy
from portal.referrals.views import page
from portal.web.access import MEMBER, access
from portal.web.fields import fields_form
from portal.web.htmx import go

bp = Blueprint("ended", __name__)


@bp.post("/referrals/<uuid:referral_id>/deletion")
@access("referral.answer")
def deletion(referral_id: UUID) -> Response:
    """After a revocation: confirm that all is deleted, or name the duty to keep."""
    actor = current_actor()
    form = fields_form(deletions.FIELDS, today=actor.today, formdata=request.form)
    try:
        deletions.answer(actor, referral_id, form.read())
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        referral = policy.get_visible(actor, referral_id)
        return page(actor, referral, 422, deletion_form=form)
    flash(_("Danke, das ist festgehalten."), "success")
    return go(url_for("referrals.show", referral_id=referral_id))


@bp.get("/referrals/<uuid:referral_id>/pulse")
@access(MEMBER)
def pulse(referral_id: UUID) -> Response:
    """Asked by an open page twice a minute: still the same? If not, the page loads itself anew.

    Shows nothing, so it is no reading for the log.
    """
    actor = current_actor()
    changed, status = {"HX-Refresh": "true"}, 204
    try:
        now = policy.pulse(actor, policy.get_visible(actor, referral_id))
    except NotFound:
        now, status = "", 404
    return make_response("", status, changed if now != request.args.get("seen") else {})
