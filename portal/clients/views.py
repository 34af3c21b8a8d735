"""Forms of the client record: new, change, close, hand over to a colleague, deputies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import current_actor
from portal.clients import commands, policy
from portal.clients.fields import GROUPS
from portal.extensions import db
from portal.problems import Conflict, Invalid
from portal.web.access import access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.language import translate
from portal.workflow import N_, Field, Kind, clean

bp = Blueprint("client_record", __name__)


def _form(values: dict[str, Any] | None = None) -> FieldsForm:
    return fields_form(
        commands.form_fields(), today=current_actor().today, values=values,
        formdata=request.form if request.method == "POST" else None,
    )  # fmt: skip


def _page(form: FieldsForm, status: int = 200, **context: Any) -> Response:
    html = render_template("clients/form.html", form=form, groups=GROUPS, **context)
    return make_response(html, status)


@bp.route("/clients/new", methods=["GET", "POST"])
@access("client.write")
def new() -> Response:
    """A new client; somebody of the same name among the visible ones is pointed out first."""
    actor = current_actor()
    form = _form({"contact_language": "de"})
    if request.method == "GET":
        return _page(form)
    duplicates = commands.possible_duplicates(actor, form.read())
    if duplicates and request.form.get("despite") != "1":
        db.session.rollback()
        for other in duplicates:
            audit.note_client(actor, other, "duplicate")
        return _page(form, 422, duplicates=duplicates)
    try:
        client = commands.create_client(actor, form.read())
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _page(form, 422)
    flash(_("Person angelegt."), "success")
    return go(url_for("clients.show", client_id=client.id))


@bp.route("/clients/<uuid:client_id>/edit", methods=["GET", "POST"])
@access("client.write")
def edit(client_id: UUID) -> Response:
    actor = current_actor()
    client = policy.get_visible(actor, client_id)
    fields = {field.key: field for field in commands.form_fields()}
    values = {k: fields[k].revived(v) for k, v in client.profile.items() if k in fields}
    form = _form(values)
    if request.method == "GET":
        audit.note_client(actor, client, "edit")
        return _page(form, client=client, seen=client.version)
    seen = request.form.get("seen", type=int) or 0
    try:
        commands.update_client(actor, client_id, form.read(), seen)
        db.session.commit()
    except (Invalid, Conflict) as refused:
        db.session.rollback()
        client = policy.get_visible(actor, client_id)
        late = isinstance(refused, Conflict)
        form.put_errors({"": refused.message} if isinstance(refused, Conflict) else refused.errors)
        # After a conflict the typed values stay; saving again is then a decision.
        audit.note_client(actor, client, "edit")
        current = commands.changed_meanwhile(client, form.read()) if late else []
        status = 409 if late else 422
        return _page(form, status, client=client, seen=client.version, current=current)
    flash(_("Gespeichert."), "success")
    return go(url_for("clients.show", client_id=client_id))


ADVISOR = Field(key="advisor_id", label=N_("Zuständig"), kind=Kind.CHOICE)
DEPUTY = Field(key="deputy_id", label=N_("Vertretung durch"), kind=Kind.CHOICE)
STARTS = Field(key="starts_on", label=N_("Von"), kind=Kind.DATE, default_days=0)
ENDS = Field(key="ends_on", label=N_("Bis einschließlich"), kind=Kind.DATE, default_days=14)


@bp.post("/clients/<uuid:client_id>/assign")
@access("client.assign")
def assign(client_id: UUID) -> Response:
    """Hand a client over to a colleague of the team."""
    actor = current_actor()
    chosen = request.form.get("advisor_id", type=UUID)
    policy.get_visible(actor, client_id)
    try:
        if chosen is None:
            raise Invalid({"advisor_id": N_("Bitte eine Kollegin oder einen Kollegen wählen.")})
        commands.assign_client(actor, client_id, chosen)
        db.session.commit()
        flash(_("Die Zuständigkeit ist geändert."), "success")
    except Invalid as refused:
        db.session.rollback()
        flash(" ".join(map(translate, refused.errors.values())), "warning")
    return go(url_for("clients.show", client_id=client_id))


@bp.route("/deputies", methods=["GET", "POST"])
@access("client.write")
def deputies() -> Response:
    """Who acts for whom until when; naming a new deputy."""
    actor = current_actor()
    team = [(str(m.id), m.person.name) for m in db.session.scalars(policy.colleagues(actor))]
    form = fields_form(
        _deputy_fields(team), today=actor.today, values={"advisor_id": str(actor.membership_id)},
        formdata=request.form if request.method == "POST" else None,
    )  # fmt: skip
    status = 200
    if request.method == "POST":
        try:
            data = clean(_deputy_fields(team), form.read(), actor.today)
            commands.name_deputy(actor, UUID(data["advisor_id"]), UUID(data["deputy_id"]),
                                 data["starts_on"], data["ends_on"])  # fmt: skip
            db.session.commit()
            flash(_("Vertretung eingetragen."), "success")
            return go(url_for("client_record.deputies"))
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            status = 422
    rows = db.session.scalars(policy.visible_deputies(actor)).all()
    html = render_template("clients/deputies.html", form=form, rows=rows)
    return make_response(html, status)


def _deputy_fields(team: list[tuple[str, str]]) -> tuple[Field, ...]:
    choices = tuple(team)
    return (replace(ADVISOR, choices=choices), replace(DEPUTY, choices=choices), STARTS, ENDS)


@bp.post("/deputies/<uuid:deputy_id>/end")
@access("client.write")
def end_deputy(deputy_id: UUID) -> Response:
    commands.end_deputy(current_actor(), deputy_id)
    db.session.commit()
    flash(_("Die Vertretung ist beendet."), "success")
    return go(url_for("client_record.deputies"))
