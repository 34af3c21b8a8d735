"""Where a circle gives its volunteers a PIN, so that they answer by link without an account."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.accounts.session import current_actor
from portal.extensions import db
from portal.links import commands as links
from portal.links import policy
from portal.links.models import LinkCode
from portal.web.access import access
from portal.web.htmx import go

bp = Blueprint("volunteers", __name__)


@bp.get("/volunteers")
@access("task.invite")
def index() -> Response:
    return _page()


@bp.post("/volunteers/<uuid:volunteer_id>/pin")
@access("task.invite")
def give_pin(volunteer_id: UUID) -> Response:
    """The PIN stands on the answer itself: it is shown once and kept nowhere."""
    actor = current_actor()
    volunteer = policy.get_volunteer(actor, volunteer_id)
    pin = links.give_pin(actor, volunteer)
    db.session.commit()
    return _page(pin=pin, volunteer=volunteer)


@bp.post("/volunteers/<uuid:volunteer_id>/pin/revoke")
@access("task.invite")
def revoke_pin(volunteer_id: UUID) -> Response:
    actor = current_actor()
    links.end(actor, policy.get_volunteer(actor, volunteer_id))
    db.session.commit()
    flash(_("Die PIN gilt nicht mehr."), "success")
    return go(url_for("volunteers.index"))


def _page(pin: str = "", volunteer: Membership | None = None) -> Response:
    found = db.session.scalars(policy.volunteers(current_actor())).all()
    held = select(LinkCode).where(LinkCode.membership_id.in_([each.id for each in found]))
    codes = {code.membership_id: code for code in db.session.scalars(held)}
    body = render_template("answering/volunteers.html", volunteers=found, codes=codes, pin=pin,
                           given_to=volunteer)  # fmt: skip
    return make_response(body)
