"""Where an office chooses the code by which it opens requests without an account."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal.accounts.session import now
from portal.answering import commands
from portal.answering.devices import remembering
from portal.answering.visits import opened
from portal.extensions import db
from portal.links.commands import CODE_FIELDS
from portal.links.tokens import Purpose
from portal.problems import Invalid
from portal.web.access import PUBLIC, access
from portal.web.fields import fields_form
from portal.web.htmx import go

bp = Blueprint("answering_code", __name__)


@bp.route("/code/<token>", methods=["GET", "POST"])
@access(PUBLIC)
def choose(token: str) -> Response:
    """The link is used up by what it does: a second time it is dead."""
    visit = opened(token, Purpose.CODE, now=now(), devices={})
    form = fields_form(CODE_FIELDS, today=visit.actor.today,
                       formdata=request.form if request.method == "POST" else None)  # fmt: skip
    status = 200
    if request.method == "POST":
        try:
            commands.choose_code(visit, form.read())
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            status = 422
        else:
            db.session.commit()
            return remembering(go(url_for("answering_code.chosen")), visit.holder)
    html = render_template("answering/set_code.html", form=form, unit=visit.unit)
    return make_response(html, status)


@bp.get("/code/chosen")
@access(PUBLIC)
def chosen() -> str:
    return render_template("answering/code_set.html")
