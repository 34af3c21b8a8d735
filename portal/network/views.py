"""Services and who delivers Integrationsmanagement where."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal.accounts.session import current_actor
from portal.extensions import db
from portal.network import commands, policy
from portal.network.models import DELIVERY_MODELS, Delivery, Service
from portal.problems import Invalid
from portal.registry import registry
from portal.web.access import MEMBER, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.paging import PAGE, Page, page_of
from portal.workflow import Field, text_complaint

bp = Blueprint("network", __name__)


@bp.get("/services")
@access(MEMBER)
def services() -> Response:
    return _list()


@bp.route("/services/new", methods=["GET", "POST"])
@access(MEMBER)
def new_service() -> Response:
    actor, status = current_actor(), 200
    policy.require_services(actor)
    fields = commands.service_fields(actor, new=True)
    form = _form(fields, values={"languages": ["de"]})
    if request.method == "POST":
        form, status = _form(fields, sent=True), 422
        try:
            commands.create_service(actor, form.read())
            return _done(url_for("network.services"), _("Das Angebot ist angelegt."))
        except Invalid as refusal:
            form.put_errors(refusal.errors)
    return _service_page(form, _("Angebot anlegen"), status)


@bp.route("/services/<uuid:service_id>", methods=["GET", "POST"])
@access(MEMBER)
def service(service_id: UUID) -> Response:
    actor, status = current_actor(), 200
    found = policy.get_editable(actor, service_id)
    fields = commands.service_fields(actor, new=False)
    form = _form(fields, values=commands.service_values(found, actor.today))
    if request.method == "POST":
        form, status = _form(fields, sent=True), 422
        try:
            commands.change_service(actor, service_id, form.read())
            return _done(url_for("network.services"), _("Gespeichert."))
        except Invalid as refusal:
            form.put_errors(refusal.errors)
    return _service_page(form, found.name, status, unit=found.unit)


@bp.post("/services/<uuid:service_id>/capacity")
@access(MEMBER)
def capacity(service_id: UUID) -> Response:
    form = _capacity_form(service_id, sent=True)
    try:
        commands.set_capacity(current_actor(), service_id, form.read())
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        return _list({service_id: form}, 422)
    return _done(url_for("network.services"), _("Gespeichert."))


@bp.post("/services/<uuid:service_id>/capacity/confirm")
@access(MEMBER)
def confirm_capacity(service_id: UUID) -> Response:
    """One click on the start page: what was said is still so."""
    commands.confirm_capacity(current_actor(), service_id)
    return _done(url_for("dashboard.start"), _("Danke, das steht jetzt mit heutigem Datum da."))


@bp.get("/delivery")
@access("admin.manage")
def deliveries() -> Response:
    """Every municipality with those who deliver Integrationsmanagement there today."""
    actor = current_actor()
    county = request.args.get("county", "")
    query = request.args.get("q", "").strip()
    places = policy.municipalities()
    met = [
        place
        for place in places
        if county in ("", place.county) and query.casefold() in place.name.casefold()
    ]
    start = max(request.args.get("after", 0, type=int), 0)
    page = Page(met[start : start + PAGE], str(start + PAGE) if len(met) > start + PAGE else None)
    shown = Delivery.municipality_ags.in_([place.ags for place in page.rows])
    here: dict[str, list[Delivery]] = {}
    for row in db.session.scalars(policy.deliveries(actor).where(shown)):
        if _runs(row):
            here.setdefault(row.municipality_ags, []).append(row)
    body = render_template(
        "network/deliveries.html", page=page, here=here, models=dict(DELIVERY_MODELS),
        county=county, query=query, counties=sorted({place.county for place in places}),
    )  # fmt: skip
    return make_response(body)


@bp.route("/delivery/<ags>", methods=["GET", "POST"])
@access("admin.manage")
def delivery(ags: str) -> Response:
    actor, status = current_actor(), 200
    policy.get_municipality(ags)
    fields = commands.delivery_fields(actor)
    form = _form(fields)
    if request.method == "POST":
        form, status = _form(fields, sent=True), 422
        try:
            commands.add_delivery(actor, ags, form.read())
            return _done(request.path, _("Gespeichert."))
        except Invalid as refusal:
            form.put_errors(refusal.errors)
    return _delivery_page(ags, form, status=status)


@bp.post("/delivery/<uuid:delivery_id>/end")
@access("admin.manage")
def end_delivery(delivery_id: UUID) -> Response:
    actor = current_actor()
    found = policy.get_delivery(actor, delivery_id)
    form = _end_form(delivery_id, sent=True)
    try:
        commands.end_delivery(actor, delivery_id, form.read())
    except Invalid as refusal:
        form.put_errors(refusal.errors)
        add = _form(commands.delivery_fields(actor))
        return _delivery_page(found.municipality_ags, add, {delivery_id: form}, 422)
    return _done(url_for("network.delivery", ags=found.municipality_ags), _("Gespeichert."))


def _list(refused: dict[UUID, FieldsForm] | None = None, status: int = 200) -> Response:
    actor = current_actor()
    policy.require_services(actor)
    query = request.args.get("q", "").strip()[:100]
    query = "" if text_complaint(query) else query
    types = registry().referral_types
    kind = request.args.get("type", "")
    kind = kind if kind in types else ""
    page = page_of(
        policy.found(actor, query, kind), Service.name, Service.id, after=request.args.get("after")
    )
    forms = {row.id: _capacity_form(row.id, row) for row in page.rows}
    body = render_template(
        "network/services.html", page=page, forms=forms | (refused or {}), query=query, type=kind,
        types=types,
    )  # fmt: skip
    return make_response(body, status)


def _service_page(form: FieldsForm, title: str, status: int, unit: Any = None) -> Response:
    by_county: dict[str, list[str]] = {}
    for place in policy.municipalities():
        by_county.setdefault(place.county, []).append(place.ags)
    body = render_template("network/service.html", form=form, title=title, unit=unit,
                           by_county=by_county)  # fmt: skip
    return make_response(body, status)


def _delivery_page(
    ags: str, form: FieldsForm, refused: dict[UUID, FieldsForm] | None = None, status: int = 200
) -> Response:
    statement = policy.deliveries(current_actor()).where(Delivery.municipality_ags == ags)
    rows = list(db.session.scalars(statement))
    ends = {row.id: _end_form(row.id) for row in rows if _runs(row)}
    body = render_template(
        "network/delivery.html", place=policy.get_municipality(ags), rows=rows, form=form,
        ends=ends | (refused or {}), models=dict(DELIVERY_MODELS),
    )  # fmt: skip
    return make_response(body, status)


def _runs(row: Delivery) -> bool:
    return row.valid_until is None or row.valid_until >= current_actor().today


def _form(
    fields: tuple[Field, ...], *, values: dict[str, Any] | None = None, sent: bool = False,
    prefix: str = "",
) -> FieldsForm:  # fmt: skip
    return fields_form(
        fields, today=current_actor().today, values=values, prefix=prefix,
        formdata=request.form if sent else None,
    )  # fmt: skip


def _capacity_form(
    service_id: UUID, row: Service | None = None, *, sent: bool = False
) -> FieldsForm:
    values = commands.capacity_values(row, current_actor().today) if row else None
    return _form(commands.CAPACITY_FIELDS, values=values, sent=sent, prefix=_prefix(service_id))


def _end_form(delivery_id: UUID, *, sent: bool = False) -> FieldsForm:
    return _form(commands.END_FIELDS, sent=sent, prefix=_prefix(delivery_id))


def _prefix(row_id: UUID) -> str:
    """Several forms on one page: their fields need different names."""
    return f"f{row_id.hex[:12]}-"


def _done(location: str, message: str) -> Response:
    db.session.commit()
    flash(message, "success")
    return go(location)
