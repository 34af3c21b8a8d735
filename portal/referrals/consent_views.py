"""One consent: what was agreed and how, its end, its renewal, and its sheets on paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.fields import DATA_CATEGORIES
from portal.consents import commands as consent_commands
from portal.consents import models
from portal.consents import policy as consents
from portal.consents.forms import Ask, ConsentForm, consent_form, terms_form
from portal.consents.models import Consent
from portal.consents.sheet import recorded_sheet, refusal_slip
from portal.extensions import db
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import endings, policy
from portal.referrals.handover import proposed_end
from portal.referrals.models import Referral
from portal.web.access import access
from portal.web.fields import fields_form
from portal.web.htmx import go, is_htmx
from portal.web.language import translate
from portal.web.paper import pdf_answer
from portal.workflow import N_, Field, Kind

bp = Blueprint("consents", __name__)

TO_READ = ("sheet", "sign")  # what a button of the form may ask for before it is sent
VIA = Field(key="via", label=N_("Wie wurde widerrufen?"), kind=Kind.CHOICE,
            choices=models.WAYS_TO_REVOKE, default="in_person")  # fmt: skip


def to_read(actor: Actor, entered: ConsentForm) -> Response | None:
    """The sheet that was asked for, to print or to sign on the screen, below the form it was made
    of. None where something is missing and the whole page must say what. Nothing is kept."""
    client_id, printed = entered.client.id, request.form.get("do") == "sheet"
    sheet = entered.sheet(actor)
    db.session.rollback()
    if sheet is None and not printed and is_htmx():
        return make_response(render_template("consents/not_yet.html", consent=entered), 422)
    if sheet is None:
        return None
    audit.record_read(actor, "client.read", client_id=client_id, purpose="consent_sheet")
    if printed:
        return pdf_answer(sheet, sheet.reference)
    digest = consent_commands.digest_of(sheet)
    return make_response(render_template("consents/sign.html", sheet=sheet, digest=digest))


@bp.get("/consents/<uuid:consent_id>")
@access("client.read")
def show(consent_id: UUID) -> Response:
    actor = current_actor()
    return _page(actor, consents.get_visible(actor, consent_id))


def _page(actor: Actor, consent: Consent, status: int = 200, **more: Any) -> Response:
    resting = db.session.scalars(
        policy.visible(actor).where(Referral.consent_id == consent.id, Referral.closed_at.is_(None))
    ).all()
    labels = dict(DATA_CATEGORIES)
    context: dict[str, Any] = {
        "consent": consent,
        "client": clients.get_visible(actor, consent.client_id),
        "resting": resting,
        "categories": [translate(labels.get(key, key)) for key in consent.categories],
        "words": {name: dict(getattr(models, name)) for name in (
            "FORMS", "OCCASIONS", "KINDS", "DIRECTIONS", "PURPOSES", "REVOKED_VIA")},
        "via": fields_form((VIA,), today=actor.today),
        **more,
    }  # fmt: skip
    html = render_template("consents/show.html", **context)
    audit.record_read(actor, "client.read", subject=consent, client_id=consent.client_id,
                      purpose="consent")  # fmt: skip
    return make_response(html, status)


@bp.post("/consents/<uuid:consent_id>/revoke")
@access("consent.write")
def revoke(consent_id: UUID) -> Response:
    """One button, at once; or what the client said on the telephone."""
    actor = current_actor()
    form = fields_form((VIA,), today=actor.today, formdata=request.form)
    try:
        endings.revoke_consent(actor, consent_id, form.read()["via"] or "in_person")
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.put_errors(refused.errors)
        return _page(actor, consents.get_visible(actor, consent_id), 422, via=form)
    flash(_("Widerrufen. Die andere Stelle sieht ab sofort nichts mehr."), "success")
    return go(url_for("consents.show", consent_id=consent_id))


@bp.post("/consents/<uuid:consent_id>/confirm")
@access("consent.write")
def confirm(consent_id: UUID) -> Response:
    """What was only said is signed on paper now."""
    consent_commands.confirm_consent(current_actor(), consent_id)
    db.session.commit()
    flash(_("Bestätigt. Die Einwilligung gilt, solange es vereinbart war."), "success")
    return go(url_for("consents.show", consent_id=consent_id))


@bp.route("/consents/<uuid:consent_id>/renew", methods=["GET", "POST"])
@access("consent.write")
def renew(consent_id: UUID) -> Response:
    """A new consent for the same, in the place of one that ends."""
    actor = current_actor()
    old = consents.get_visible(actor, consent_id)
    if old.revoked_at is not None or old.refused:
        raise Conflict(N_("Diese Einwilligung gilt nicht mehr. Bitte neu vermitteln."))
    entered = _renewal(actor, old)
    if request.method == "GET":
        return _renewal_page(actor, old, entered)
    if request.form.get("do") in TO_READ:
        if (answer := to_read(actor, entered)) is not None:
            return answer
    elif (answered := entered.read(actor)) is not None:
        talk, (terms,) = answered
        try:
            new_id = endings.renew_consent(
                actor, consent_id, talk, terms, reference=entered.reference,
                signed_digest=entered.signed,
            ).id  # fmt: skip
            db.session.commit()
            flash(_("Die Antwort ist festgehalten."), "success")
            return go(url_for("consents.show", consent_id=new_id))
        except Invalid as refused:
            entered.talk.put_errors(refused.errors)
    db.session.rollback()
    return _renewal_page(actor, consents.get_visible(actor, consent_id), entered, 422)


def _renewal(actor: Actor, old: Consent) -> ConsentForm:
    formdata = request.form if request.method == "POST" else None
    client = clients.get_visible(actor, old.client_id)
    entered = consent_form(actor, client, formdata)
    proposed = {key: getattr(old, key) for key in ("purpose", "purpose_code", "kind", "direction")}
    proposed["valid_until"] = proposed_end(client, actor.today)
    form = terms_form(actor, formdata, "c-", proposed)
    entered.asks.append(Ask(old.recipient, form, old.categories))
    return entered


def _renewal_page(
    actor: Actor, old: Consent, entered: ConsentForm, status: int = 200
) -> Response:  # fmt: skip
    html = render_template(
        "consents/renew.html", old=old, consent=entered, categories=DATA_CATEGORIES
    )
    audit.record_read(actor, "client.read", subject=old, client_id=old.client_id,
                      purpose="consent")  # fmt: skip
    return make_response(html, status)


@bp.get("/consents/<uuid:consent_id>/sheet.pdf")
@access("client.read")
def sheet(consent_id: UUID) -> Response:
    """The sheet as it was shown, with the signature: the client's copy."""
    actor = current_actor()
    consent = consents.get_visible(actor, consent_id)
    audit.record_read(actor, "client.read", subject=consent, client_id=consent.client_id,
                      purpose="consent_sheet")  # fmt: skip
    return pdf_answer(recorded_sheet(consent.sheet), consent.sheet.reference)


@bp.get("/consents/<uuid:consent_id>/slip.pdf")
@access("client.read")
def slip(consent_id: UUID) -> Response:
    """The Begleitblatt for the hands of somebody who did not agree."""
    actor = current_actor()
    consent = consents.get_visible(actor, consent_id)
    if not consent.refused:
        raise NotFound
    audit.record_read(actor, "client.read", subject=consent, client_id=consent.client_id,
                      purpose="slip")  # fmt: skip
    return pdf_answer(refusal_slip(consent), _("Begleitblatt"))
