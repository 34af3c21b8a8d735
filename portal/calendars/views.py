"""The own calendar's address, the feed that programs fetch there, and one appointment's file."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from portal.accounts.session import current_actor, now, own_actor, person
from portal.actor import Actor
from portal.calendars import commands, feed, policy
from portal.extensions import db
from portal.web.access import MEMBER, PERSON, PUBLIC, access
from portal.web.htmx import go

bp = Blueprint("calendars", __name__)


@bp.route("/account/calendar", methods=["GET", "POST"])
@access(PERSON)
def account() -> Response:
    """A new address stands on the answer itself: it is shown once and kept nowhere."""
    address = ""
    if request.method == "POST":
        token = commands.make_address(own_actor(), person())
        db.session.commit()
        base = str(current_app.config["BASE_URL"]).rstrip("/")
        address = base + url_for("calendars.subscribed", token=token)
    return make_response(
        render_template("calendars/account.html", person=person(), address=address)
    )


@bp.post("/account/calendar/revoke")
@access(PERSON)
def revoke() -> Response:
    commands.revoke_address(own_actor(), person())
    db.session.commit()
    flash(_("Die Kalenderadresse gilt nicht mehr."), "success")
    return go(url_for("calendars.account"))


@bp.get("/calendar/<token>.ics")
@access(PUBLIC)
def subscribed(token: str) -> Response:
    """Public, since calendar programs cannot sign in: who knows the address is its owner."""
    owner = policy.person_of(commands.digest(token))
    g.language = owner.language
    return _file(policy.entries_for(owner, Actor.system(now())))


@bp.get("/referrals/<uuid:referral_id>/appointments/<uuid:series_id>.ics")
@access(MEMBER)
def appointment(referral_id: UUID, series_id: UUID) -> Response:
    entry = policy.get_entry(current_actor(), referral_id, series_id)
    response = _file([entry])
    response.headers.set("Content-Disposition", "attachment",
                         filename=f"Termin-{entry.reference}.ics")  # fmt: skip
    return response


def _file(entries: list[feed.Entry]) -> Response:
    body = feed.written(entries, name=_("Hand in Hand"), title=_("Termin Portal"))
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "no-store, private"
    return response
