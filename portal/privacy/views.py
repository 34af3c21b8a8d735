"""Pages of a client's rights: requests, disclosures, dossier, correction, restriction, erasure."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.extensions import db
from portal.privacy import commands, erasure, models, policy
from portal.privacy.disclosure import disclosure_sheet
from portal.privacy.dossier import dossier, portable
from portal.privacy.models import PrivacyRequest
from portal.privacy.paper import dossier_sheet
from portal.privacy.rectification import pass_on_correction
from portal.problems import Invalid
from portal.referrals import policy as referrals
from portal.referrals.models import Referral
from portal.web.access import access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.language import translate
from portal.web.paging import page_of
from portal.web.paper import pdf_answer

bp = Blueprint("privacy", __name__)

WORDS = {"kinds": dict(models.KINDS), "outcomes": dict(models.OUTCOMES)}


def _form(fields: Any) -> FieldsForm:
    formdata = request.form if request.method == "POST" else None
    return fields_form(fields, today=current_actor().today, formdata=formdata)


# --- The page of one client -------------------------------------------------------------------


@bp.route("/clients/<uuid:client_id>/privacy", methods=["GET", "POST"])
@access("client.read")
def show(client_id: UUID) -> Response:
    """What the client asked for, and what can be done about it; takes down a new request."""
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    form, status = _form(commands.REQUEST), 200
    if request.method == "POST":
        try:
            commands.record_request(actor, client_id, form.read())
            db.session.commit()
            flash(_("Eingetragen. Die Frist steht dabei."), "success")
            return go(url_for("privacy.show", client_id=client_id))
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            client, status = clients.get_visible(actor, client_id), 422
    asked = policy.of_client(actor, client)
    html = render_template("privacy/show.html", client=client, form=form, requests=asked, **WORDS)
    audit.note_client(actor, client, "privacy")
    return make_response(html, status)


@bp.get("/clients/<uuid:client_id>/disclosures")
@access("client.read")
def disclosures(client_id: UUID) -> Response:
    """Who received what: the sheet for the client's hands, to be looked at."""
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    sheet = disclosure_sheet(actor, client)
    html = render_template("privacy/disclosures.html", client=client, sheet=sheet)
    audit.note_client(actor, client, "disclosures")
    return make_response(html)


@bp.get("/clients/<uuid:client_id>/disclosures.pdf")
@access("client.read")
def disclosures_pdf(client_id: UUID) -> Response:
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    answer = pdf_answer(disclosure_sheet(actor, client), "Weitergaben")
    audit.note_client(actor, client, "disclosures")
    return answer


@bp.get("/clients/<uuid:client_id>/dossier.pdf")
@access("client.read")
def dossier_pdf(client_id: UUID) -> Response:
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    sheet = dossier_sheet(actor, client, dossier(actor, client))
    answer = pdf_answer(sheet, "Auskunft")
    audit.note_client(actor, client, "dossier")
    return answer


@bp.get("/clients/<uuid:client_id>/dossier.json")
@access("client.read")
def dossier_json(client_id: UUID) -> Response:
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    answer = _download(dossier(actor, client), "Auskunft")
    audit.note_client(actor, client, "dossier")
    return answer


@bp.get("/clients/<uuid:client_id>/portability.json")
@access("client.read")
def portability(client_id: UUID) -> Response:
    """What the client provided, to take along (Art. 20)."""
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    answer = _download(portable(actor, client), "Meine-Angaben")
    audit.note_client(actor, client, "portability")
    return answer


def _download(told: dict[str, Any], name: str) -> Response:
    """`name` is a plain word: a file's name travels further than what is in it."""
    body = json.dumps(told, ensure_ascii=False, indent=2)
    response = Response(body, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


# --- What is done about it --------------------------------------------------------------------


@bp.post("/referrals/<uuid:referral_id>/rectify")
@access("referral.send")
def rectify(referral_id: UUID) -> Response:
    """Pass a correction on to the receiver of one referral."""
    actor = current_actor()
    client_id = referrals.get_visible(actor, referral_id).client_id
    try:
        pass_on_correction(actor, referral_id)
        db.session.commit()
        flash(_("Die Berichtigung ist weitergegeben."), "success")
    except Invalid as refused:
        db.session.rollback()
        flash(" ".join(map(translate, refused.errors.values())), "warning")
    return go(url_for("clients.show", client_id=client_id))


@bp.post("/clients/<uuid:client_id>/restrict")
@access("client.write")
def restrict(client_id: UUID) -> Response:
    commands.restrict_client(current_actor(), client_id)
    db.session.commit()
    flash(_("Die Verarbeitung ist eingeschränkt. Die anderen Stellen sehen ab sofort nichts mehr."),
          "success")  # fmt: skip
    return go(url_for("privacy.show", client_id=client_id))


@bp.post("/clients/<uuid:client_id>/unrestrict")
@access("client.write")
def unrestrict(client_id: UUID) -> Response:
    commands.lift_restriction(current_actor(), client_id)
    db.session.commit()
    flash(_("Die Einschränkung ist aufgehoben."), "success")
    return go(url_for("privacy.show", client_id=client_id))


@bp.route("/clients/<uuid:client_id>/erase", methods=["GET", "POST"])
@access("client.erase")
def erase(client_id: UUID) -> Response:
    """The last question before everything about a client is gone."""
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    form, status = _form(erasure.FIELDS), 200
    if request.method == "POST":
        try:
            erasure.erase_client(actor, client_id, form.read())
            db.session.commit()
            flash(_("Gelöscht. Die anderen Stellen sind gebeten, das auch zu tun."), "success")
            return go(url_for("clients.index"))
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            client, status = clients.get_visible(actor, client_id), 422
    return _erasure_page(actor, client, form, status)


def _erasure_page(actor: Actor, client: Client, form: FieldsForm, status: int) -> Response:
    statement = referrals.visible(actor).where(Referral.client_id == client.id)
    sent = db.session.scalars(statement.where(Referral.sent_at.is_not(None))).all()
    html = render_template(
        "privacy/erase.html", client=client, form=form, why_not=erasure.why_not(client), sent=sent
    )
    audit.note_client(actor, client, "privacy")
    return make_response(html, status)


# --- One request, and all of them -------------------------------------------------------------


@bp.route("/privacy/requests/<uuid:request_id>", methods=["GET", "POST"])
@access("client.write")
def answer(request_id: UUID) -> Response:
    """A request, and what became of it."""
    actor = current_actor()
    asked = policy.get_visible(actor, request_id)
    form, status = _form(commands.ANSWER), 200
    if request.method == "POST":
        try:
            client_id = commands.answer_request(actor, request_id, form.read()).client_id
            db.session.commit()
            flash(_("Die Antwort ist festgehalten."), "success")
            return go(url_for("privacy.show", client_id=client_id))
        except Invalid as refused:
            db.session.rollback()
            form.put_errors(refused.errors)
            asked, status = policy.get_visible(actor, request_id), 422
    client = clients.get_visible(actor, asked.client_id)
    html = render_template("privacy/answer.html", asked=asked, client=client, form=form, **WORDS)
    audit.note_client(actor, client, "privacy")
    return make_response(html, status)


@bp.get("/privacy/requests")
@access("audit.read")
def index() -> str:
    """For data protection: every request with its dates, none with a name."""
    shows_all = request.args.get("filter") == "all"
    statement = policy.overseen(current_actor())
    if not shows_all:
        statement = statement.where(PrivacyRequest.answered_on.is_(None))
    page = page_of(statement, PrivacyRequest.due_on, PrivacyRequest.id,
                   after=request.args.get("after"), newest_first=shows_all)  # fmt: skip
    return render_template("privacy/index.html", page=page, shows_all=shows_all, **WORDS)
