"""The Begleitblatt of a referral, and where an office types what stands on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.credentials import begin_guess, guessed_right
from portal.accounts.session import current_actor, now
from portal.actor import Actor, ActorKind
from portal.answering import commands
from portal.answering.devices import remembering
from portal.answering.slip import PATH, opened_by_slip, slip
from portal.clients import policy as clients
from portal.extensions import db
from portal.links.commands import SLIP_LETTERS, renew_slip
from portal.problems import Invalid, NotFound
from portal.referrals import policy
from portal.referrals.models import Referral
from portal.web.access import PUBLIC, access
from portal.web.fields import FieldsForm, fields_form
from portal.web.htmx import go
from portal.web.paper import pdf_answer
from portal.workflow import N_, Field, Side, clean, text_complaint

bp = Blueprint("answering_slip", __name__)

FIELDS = (
    Field(key="reference", label=N_("Kennung"), max_length=20,
          hint=N_("Zum Beispiel VM-2026-000123.")),
    Field(key="code", label=N_("Code"), max_length=4 * SLIP_LETTERS,
          hint=N_("Acht Zeichen. Groß oder klein, mit oder ohne Strich: das ist gleich.")),
)  # fmt: skip
WRONG = N_("Kennung und Code passen nicht zusammen. Nach zehn falschen Codes ist für 24 Stunden "
           "zu.")  # fmt: skip


@bp.get("/referrals/<uuid:referral_id>/slip.pdf")
@access("referral.send")
def sheet(referral_id: UUID) -> Response:
    """For the client's hands, as long as the office may read what it opens."""
    actor = current_actor()
    referral = policy.get_visible(actor, referral_id)
    if not has_slip(actor, referral):
        raise NotFound
    client = clients.get_visible(actor, referral.client_id)
    paper = slip(referral, client)
    audit.record_read(actor, "referral.read", subject=referral, client_id=client.id,
                      purpose="slip")  # fmt: skip
    return pdf_answer(paper, f"Begleitblatt-{referral.reference}")


@bp.post("/referrals/<uuid:referral_id>/slip/renew")
@access("referral.send")
def renew(referral_id: UUID) -> Response:
    """The sheet was lost: the code on it shall open nothing any more."""
    actor = current_actor()
    referral = policy.get_visible(actor, referral_id)
    if not has_slip(actor, referral):
        raise NotFound
    renew_slip(actor, referral)
    db.session.commit()
    flash(_("Der bisherige Code öffnet nichts mehr. Drucken Sie das Begleitblatt neu."), "success")
    return go(url_for("referrals.show", referral_id=referral_id))


def has_slip(actor: Actor, referral: Referral) -> bool:
    """The sender's alone, of what was sent and still goes on."""
    consent = referral.consent
    if referral.seen_as != Side.SENDER or referral.sent_at is None or referral.is_final:
        return False
    state = consent.state_on(actor.today) if consent else None
    return state is not None and not state.revoked and not state.expired


@bp.route(PATH, methods=["GET", "POST"])
@access(PUBLIC)
def enter() -> Response:
    """What was typed from the paper opens the referral on this device, for some hours."""
    if request.method == "GET":
        return _page(_form(values={"reference": _asked_for()}))
    visitor, address = Actor(kind=ActorKind.LINK, now=now()), request.remote_addr or ""
    form = _form(formdata=request.form)
    if (values := form.checked(lambda typed: clean(FIELDS, typed, visitor.today))) is None:
        db.session.rollback()
        return _page(form, 422)
    begin_guess(visitor, "slip", address)
    try:
        visit, referral = opened_by_slip(visitor, values["reference"])
        commands.enter_code(visit, values["code"], [referral])
    except (NotFound, Invalid):
        db.session.commit()  # it was counted
        # Which of the two was wrong is not told, nor that there is such a number, locked by now.
        form.put_errors({"code": WRONG})
        return _page(form, 422)
    guessed_right("slip", address)
    db.session.commit()
    return remembering(go(url_for("answering.show", token=visit.token)), referral)


def _asked_for() -> str:
    asked = request.args.get("reference", "")
    return asked if len(asked) <= FIELDS[0].max_length and not text_complaint(asked) else ""


def _form(**filled: Any) -> FieldsForm:
    return fields_form(FIELDS, today=now().date(), **filled)


def _page(form: FieldsForm, status: int = 200) -> Response:
    return make_response(render_template("answering/slip.html", form=form), status)
