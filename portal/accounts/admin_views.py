"""Administration of organisations, units and people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal.accounts import commands, policy
from portal.accounts.models import Organisation, Person
from portal.accounts.session import current_actor
from portal.codes import PARTNER_KINDS
from portal.extensions import db
from portal.problems import Invalid
from portal.web.access import access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.paging import page_of
from portal.workflow import Field, text_complaint

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/organisations")
@access(policy.ADMIN)
def organisations() -> Response:
    query = _query()
    page = page_of(
        policy.organisations(current_actor(), query), Organisation.name, Organisation.id,
        after=request.args.get("after"),
    )  # fmt: skip
    body = render_template("admin/organisations.html", page=page, query=query, kinds=PARTNER_KINDS)
    return make_response(body)


@bp.route("/organisations/new", methods=["GET", "POST"])
@access(policy.ADMIN)
def new_organisation() -> Response:
    return _create(
        _("Organisation anlegen"), commands.ORGANISATION_FIELDS,
        lambda data: commands.create_organisation(current_actor(), data),
        lambda made: url_for("admin.organisation", organisation_id=made.id),
        back=url_for("admin.organisations"),
    )  # fmt: skip


@bp.route("/organisations/<uuid:organisation_id>", methods=["GET", "POST"])
@access(policy.ADMIN)
def organisation(organisation_id: UUID) -> Response:
    found = policy.get_organisation(current_actor(), organisation_id)
    return _change(
        "admin/organisation.html", (*commands.ORGANISATION_FIELDS, commands.ACTIVE), found,
        lambda data: commands.change_organisation(current_actor(), organisation_id, data),
        organisation=found,
    )  # fmt: skip


@bp.route("/organisations/<uuid:organisation_id>/units/new", methods=["GET", "POST"])
@access(policy.ADMIN)
def new_unit(organisation_id: UUID) -> Response:
    found = policy.get_organisation(current_actor(), organisation_id)
    back = url_for("admin.organisation", organisation_id=found.id)
    return _create(
        _("Stelle anlegen"), commands.UNIT_FIELDS,
        lambda data: commands.create_unit(current_actor(), organisation_id, data),
        lambda made: back, back=back, subtitle=found.name,
    )  # fmt: skip


@bp.route("/units/<uuid:unit_id>", methods=["GET", "POST"])
@access(policy.ADMIN)
def unit(unit_id: UUID) -> Response:
    found = policy.get_unit(current_actor(), unit_id)
    return _change(
        "admin/unit.html", (*commands.UNIT_FIELDS, commands.ACTIVE), found,
        lambda data: commands.change_unit(current_actor(), unit_id, data), unit=found,
    )  # fmt: skip


@bp.get("/people")
@access(policy.ADMIN)
def people() -> Response:
    query = _query()
    page = page_of(
        policy.people(current_actor(), query), Person.name, Person.id,
        after=request.args.get("after"),
    )  # fmt: skip
    return make_response(render_template("admin/people.html", page=page, query=query))


@bp.route("/people/new", methods=["GET", "POST"])
@access(policy.ADMIN)
def new_person() -> Response:
    actor = current_actor()
    return _create(
        _("Person einladen"), (*commands.PERSON_FIELDS, *commands.membership_fields(actor)),
        lambda data: commands.invite_person(actor, data),
        lambda made: url_for("admin.person", person_id=made.id),
        back=url_for("admin.people"), submit=_("Einladung senden"),
        subtitle=_("Die Person bekommt einen Link, über den sie ihr Passwort festlegt."),
        done=_("Die Einladung ist unterwegs."),
    )  # fmt: skip


@bp.route("/people/<uuid:person_id>", methods=["GET", "POST"])
@access(policy.ADMIN)
def person(person_id: UUID) -> Response:
    found = policy.get_person(current_actor(), person_id)
    return _change(
        "admin/person.html", commands.PERSON_FIELDS, found,
        lambda data: commands.change_person(current_actor(), person_id, data),
        **_of_person(found),
    )  # fmt: skip


@bp.post("/people/<uuid:person_id>/memberships")
@access(policy.ADMIN)
def add_membership(person_id: UUID) -> Response:
    actor = current_actor()
    found = policy.get_person(actor, person_id)
    form = _submitted(commands.membership_fields(actor))
    try:
        commands.add_membership(actor, person_id, form.read())
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        own = fields_form(commands.PERSON_FIELDS, today=actor.today, values=_values(found))
        context = {**_of_person(found), "membership_form": form}
        return make_response(render_template("admin/person.html", form=own, **context), 422)
    return _done(_person_url(person_id), _("Rolle vergeben."))


@bp.post("/memberships/<uuid:membership_id>/end")
@access(policy.ADMIN)
def end_membership(membership_id: UUID) -> Response:
    ended = commands.end_membership(current_actor(), membership_id)
    return _done(_person_url(ended.person_id), _("Rolle beendet."))


@bp.post("/people/<uuid:person_id>/deactivate")
@access(policy.ADMIN)
def deactivate(person_id: UUID) -> Response:
    commands.deactivate_person(current_actor(), person_id)
    return _done(_person_url(person_id), _("Das Konto ist stillgelegt."))


@bp.post("/people/<uuid:person_id>/reactivate")
@access(policy.ADMIN)
def reactivate(person_id: UUID) -> Response:
    commands.reactivate_person(current_actor(), person_id)
    return _done(_person_url(person_id), _("Das Konto ist wieder offen."))


@bp.post("/people/<uuid:person_id>/link")
@access(policy.ADMIN)
def send_link(person_id: UUID) -> Response:
    commands.send_link_again(current_actor(), person_id)
    return _done(_person_url(person_id), _("Der Link ist unterwegs."))


def _create(
    title: str, fields: tuple[Field, ...], command: Callable[[dict[str, Any]], Any],
    then: Callable[[Any], str], *, back: str, subtitle: str = "", submit: str = "", done: str = "",
) -> Response:  # fmt: skip
    """A page with one form: shown, or sent and then either done or shown again."""
    status = 200
    form = fields_form(fields, today=current_actor().today)
    if request.method == "POST":
        form, status = _submitted(fields), 422
        try:
            made = command(form.read())
            return _done(then(made), done or _("Gespeichert."))
        except Invalid as refusal:
            form.put_errors(refusal.errors)
    body = render_template("admin/new.html", form=form, title=title, subtitle=subtitle, back=back,
                           submit_label=submit or _("Anlegen"))  # fmt: skip
    return make_response(body, status)


def _change(
    template: str, fields: tuple[Field, ...], row: Any,
    command: Callable[[dict[str, Any]], Any], **context: Any,
) -> Response:  # fmt: skip
    """The page of one thing, with the form that changes it."""
    status = 200
    form = fields_form(fields, today=current_actor().today, values=_values(row))
    if request.method == "POST":
        form, status = _submitted(fields), 422
        try:
            command(form.read())
            return _done(request.path, _("Gespeichert."))
        except Invalid as refusal:
            form.put_errors(refusal.errors)
    return make_response(render_template(template, form=form, **context), status)


def _of_person(found: Person) -> dict[str, Any]:
    actor = current_actor()
    memberships = sorted(found.memberships, key=lambda m: (m.unit.full_name, m.role))
    return {
        "person": found,
        "current": [m for m in memberships if m.ended_on is None],
        "former": [m for m in memberships if m.ended_on is not None],
        "membership_form": fields_form(commands.membership_fields(actor), today=actor.today),
    }


def _submitted(fields: tuple[Field, ...]) -> FieldsForm:
    return fields_form(fields, today=current_actor().today, formdata=request.form)


def _values(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def _done(location: str, message: str) -> Response:
    db.session.commit()
    flash(message, "success")
    return go(location)


def _person_url(person_id: UUID) -> str:
    return url_for("admin.person", person_id=person_id)


def _query() -> str:
    text = request.args.get("q", "").strip()[:100]
    return "" if text_complaint(text) else text
