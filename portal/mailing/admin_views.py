"""Administration of what did not leave: addresses that refuse letters, and letters given up."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal.accounts import policy as accounts
from portal.accounts.models import Person
from portal.accounts.session import current_actor
from portal.extensions import db
from portal.mailing import commands, policy
from portal.outbox import Mail
from portal.web.access import access
from portal.web.htmx import go
from portal.web.paging import page_of

bp = Blueprint("mail_admin", __name__, url_prefix="/admin/mail")


@bp.get("")
@access(accounts.ADMIN)
def index() -> Response:
    actor = current_actor()
    page = page_of(
        policy.dead_letters(actor), Mail.due_at, Mail.id,
        after=request.args.get("after"), newest_first=True,
    )  # fmt: skip
    waiting = policy.waiting_for_address(actor)
    suspects = [
        (each, isinstance(each, Person), waiting.get(each.id, 0)) for each in policy.suspects(actor)
    ]
    return make_response(render_template("mailing/stuck.html", page=page, suspects=suspects))


@bp.post("/<uuid:mail_id>/repeat")
@access(accounts.ADMIN)
def repeat(mail_id: UUID) -> Response:
    commands.repeat(current_actor(), mail_id)
    return _done(_("Die Nachricht wird noch einmal verschickt."))


@bp.post("/repeat")
@access(accounts.ADMIN)
def repeat_all() -> Response:
    commands.repeat_all(current_actor())
    return _done(_("Die Nachrichten werden noch einmal verschickt."))


@bp.post("/addresses/<uuid:owner_id>/trust")
@access(accounts.ADMIN)
def trust(owner_id: UUID) -> Response:
    commands.trust(current_actor(), owner_id)
    return _done(_("An diese Adresse wird wieder geschrieben."))


def _done(message: str) -> Response:
    db.session.commit()
    flash(message, "success")
    return go(url_for("mail_admin.index"))
