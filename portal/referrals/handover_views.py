"""Vermitteln in three steps: what is needed, which service, what is shared. Then it is sent."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.fields import DATA_CATEGORIES
from portal.clients.models import Client
from portal.codes import GOAL_AREAS
from portal.extensions import db
from portal.lifecycle import Status
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import commands, policy, sending
from portal.referrals.consent_views import TO_READ, to_read
from portal.referrals.handover import Sitting, prepare, suitable_services
from portal.referrals.models import Referral
from portal.registry import registry
from portal.web.access import access
from portal.web.htmx import go
from portal.web.language import translate
from portal.workflow import N_, Side

bp = Blueprint("handover", __name__)
MOST_AT_ONCE = 6


@bp.get("/clients/<uuid:client_id>/handover")
@access("referral.send")
def need(client_id: UUID) -> str:
    """Step 1: what is needed. Only needs that some service meets are offered."""
    client = _client(client_id)
    offered = {area for kind in registry().referral_types.values() for area in kind.goal_areas}
    needs = [(key, label) for key, label in GOAL_AREAS if key in offered]
    audit.note_client(current_actor(), client, "handover")
    return render_template("handover/need.html", client=client, needs=needs)


@bp.get("/clients/<uuid:client_id>/handover/<need>")
@access("referral.send")
def services(client_id: UUID, need: str) -> str:
    """Step 2: which services. Filtered by place; language and openness as wished."""
    actor, client = current_actor(), _client(client_id)
    _known(need)
    chosen = {
        "everywhere": "everywhere" in request.args,
        "language": "language" in request.args,
        "accepting": "accepting" in request.args,
    }
    found = suitable_services(actor, client, need, **chosen)
    audit.note_client(actor, client, "handover")
    return render_template(
        "handover/services.html", client=client, need=need, label=dict(GOAL_AREAS)[need],
        services=found, chosen=chosen, kinds=registry().referral_types,
        follows=request.args.get("follows", type=UUID),
    )  # fmt: skip


@bp.route("/clients/<uuid:client_id>/handover/<need>/share", methods=["GET", "POST"])
@access("referral.send")
def share(client_id: UUID, need: str) -> Response:
    """Step 3: what is shared with each chosen service, and the consent beside it."""
    actor, client = current_actor(), _client(client_id)
    _known(need)
    follows = _follows(actor, client)
    formdata = request.form if request.method == "POST" else None
    chosen = list(dict.fromkeys(request.args.getlist("service", type=UUID)))[:MOST_AT_ONCE]
    if not chosen:
        flash(_("Bitte mindestens eine Stelle auswählen."), "warning")
        return go(url_for("handover.services", client_id=client_id, need=need))
    # What closes while the form is open is told on it, beside all that was typed.
    is_new, known = formdata is None, commands.known_service
    look_up = partial(commands.open_service, actor) if is_new else known
    try:
        found = [look_up(service_id) for service_id in chosen]
    except Invalid as gone:
        flash(" ".join(map(translate, gone.errors.values())), "warning")
        return go(url_for("handover.services", client_id=client_id, need=need))
    sitting = prepare(actor, client, found, need, formdata)
    if request.method == "GET":
        return _page(client, sitting)
    return _act(actor, sitting, None, follows)


@bp.route("/referrals/<uuid:referral_id>/draft", methods=["GET", "POST"])
@access("referral.send")
def draft(referral_id: UUID) -> Response:
    """A draft: look it over, change it, send it."""
    actor = current_actor()
    referral = policy.get_visible(actor, referral_id)
    if referral.seen_as != Side.SENDER:
        raise NotFound
    if referral.status != Status.DRAFT:
        raise Conflict(N_("Diese Vermittlung ist bereits gesendet."))
    client = _client(referral.client_id)
    area = referral.goal_area
    formdata = request.form if request.method == "POST" else None
    sitting = prepare(actor, client, [referral.service], area, formdata, referral)
    if request.method == "GET":
        sending.say_if_closed(actor, sitting.parts[0])
        return _page(client, sitting, draft=referral)
    return _act(actor, sitting, referral, None)


def _act(
    actor: Actor, sitting: Sitting, draft: Referral | None, follows: Referral | None
) -> Response:
    """Read, sign, keep or send, as the button says."""
    client_id, draft_id = sitting.client.id, draft.id if draft else None
    wanted = request.form.get("do")
    if wanted in TO_READ:
        if (answer := to_read(actor, sitting.consent)) is not None:
            return answer
    elif wanted == "draft":
        if sending.save_drafts(actor, sitting, draft, follows):
            db.session.commit()
            flash(_("Als Entwurf gespeichert."), "success")
            return _onward(client_id, draft_id)
    elif outcome := sending.hand_over(actor, sitting, draft, follows):
        refused = [consent.id for consent in outcome.refusals]
        db.session.commit()
        _say(len(outcome.sent), len(refused))
        if refused:
            return go(url_for("consents.show", consent_id=refused[0]))
        return _onward(client_id, draft_id)
    # Nothing of a refused sitting stays: no half of several referrals, no lone consent.
    db.session.rollback()
    again = policy.get_visible(actor, draft_id) if draft_id else None
    return _page(_client(client_id), sitting, 422, again)


def _onward(client_id: UUID, draft_id: UUID | None) -> Response:
    if draft_id:
        return go(url_for("referrals.show", referral_id=draft_id))
    return go(url_for("clients.show", client_id=client_id))


def _page(
    client: Client, sitting: Sitting, status: int = 200, draft: Referral | None = None
) -> Response:
    need = sitting.need
    html = render_template(
        "handover/share.html", client=client, need=need, label=dict(GOAL_AREAS).get(need, need),
        sitting=sitting, parts=sitting.parts, draft=draft, categories=DATA_CATEGORIES,
    )  # fmt: skip
    audit.note_client(current_actor(), client, "handover")
    return make_response(html, status)


def _client(client_id: UUID) -> Client:
    client = clients.get_visible(current_actor(), client_id)
    if client.closed_on is not None:
        raise Conflict(N_("Die Beratung dieser Person ist beendet."))
    clients.require_unrestricted(client)
    return client


def _known(area: str) -> None:
    if area not in dict(GOAL_AREAS):
        raise NotFound


def _follows(actor: Actor, client: Client) -> Referral | None:
    """The ended referral this one continues, if the address names one of the same client."""
    before = request.args.get("follows", type=UUID)
    if before is None:
        return None
    referral = policy.get_visible(actor, before)
    if referral.client_id != client.id or not referral.is_final:
        raise NotFound
    return referral


def _say(sent: int, refused: int) -> None:
    if sent:
        flash(ngettext("Gesendet. Die Antwort erscheint auf Ihrer Übersicht.",
                       "%(num)d Vermittlungen gesendet. Die Antworten erscheinen auf Ihrer "
                       "Übersicht.", sent), "success")  # fmt: skip
    if refused:
        flash(_("Die Ablehnung ist festgehalten. Für die Beratung hat sie keine Nachteile."),
              "info")  # fmt: skip
