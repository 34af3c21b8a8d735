"""The own inbox, the count of it in the header, and when one wants to be written to."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _

from portal.accounts import credentials
from portal.accounts.session import MEMBERSHIP, current_actor, own_actor, person
from portal.extensions import db
from portal.mailing import commands, policy
from portal.outbox import InboxItem, kind_of
from portal.problems import Invalid
from portal.web.access import MEMBER, PERSON, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.language import translate
from portal.web.paging import page_of

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@access(MEMBER)
def index() -> Response:
    page = page_of(
        policy.inbox(current_actor()), InboxItem.at, InboxItem.id,
        after=request.args.get("after"), newest_first=True,
    )  # fmt: skip
    return make_response(render_template("mailing/inbox.html", page=page, subject_of=_subject))


@bp.get("/inbox/count")
@access(MEMBER)
def count() -> Response:
    """The link in the header again, with the count as it is now."""
    return make_response(render_template("parts/inbox_link.html"))


@bp.post("/inbox/<uuid:item_id>/open")
@access(MEMBER)
def open_item(item_id: UUID) -> Response:
    """Mark as read and go there, as the member that it is for."""
    item = commands.read(current_actor(), item_id)
    location, as_member = item.message.path, item.membership_id
    db.session.commit()
    if as_member is not None:
        session[MEMBERSHIP] = as_member.hex
    return go(request.script_root + location)


@bp.post("/inbox/read")
@access(MEMBER)
def read_all() -> Response:
    commands.read_all(current_actor())
    db.session.commit()
    flash(_("Alle Nachrichten sind als gelesen vermerkt."), "success")
    return go(url_for("inbox.index"))


@bp.route("/account/notifications", methods=["GET", "POST"])
@access(PERSON)
def notifications() -> Response:
    if request.method == "GET":
        return _notifications(_form({"mail_wish": person().mail_wish}))
    form = _form()
    try:
        credentials.set_mail_wish(own_actor(), person(), form.read())
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        return _notifications(form, 422)
    db.session.commit()
    flash(_("Gespeichert."), "success")
    return go(url_for("inbox.notifications"))


def _form(values: dict[str, str] | None = None) -> FieldsForm:
    formdata = None if values else request.form
    today = own_actor().today
    return fields_form(credentials.MAIL_WISH_FIELDS, today=today, values=values, formdata=formdata)


def _notifications(form: FieldsForm, status: int = 200) -> Response:
    body = render_template("mailing/notifications.html", form=form, person=person())
    return make_response(body, status)


def _subject(topic: str) -> str:
    try:
        return translate(kind_of(topic).subject)
    except KeyError:
        return topic  # of a plugin that was uninstalled
