"""A client's own link: the PIN, where everything stands, and stopping a consent."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, render_template, request, url_for

from portal import audit
from portal.accounts.session import now
from portal.answering import standing
from portal.answering.devices import forgotten, remembering
from portal.answering.visits import DeadLink, Visit, opened
from portal.clients.models import Client
from portal.consents import texts
from portal.documents.sheet import Sheet
from portal.extensions import db
from portal.links.commands import Attempt
from portal.links.tokens import Purpose
from portal.problems import Conflict
from portal.web.access import PUBLIC, access
from portal.web.htmx import go

bp = Blueprint("standing", __name__)

# What an address may have the page say at its top, and how it looks.
STOPPED, STOPPED_BEFORE, LEFT = "stopped", "stopped_before", "left"
_LOOKS = {STOPPED: "success", STOPPED_BEFORE: "warning"}


@bp.errorhandler(DeadLink)
def dead_link(dead: DeadLink) -> Response:
    db.session.rollback()
    body = render_template("answering/standing_dead.html", **_words(dead.visit))
    return make_response(body, 410)


@bp.get("/my/<token>")
@access(PUBLIC)
def show(token: str) -> Response:
    visit, said = _visit(token), request.args.get("said", "")
    if visit.proof is None:
        return _pin_page(visit, left=said == LEFT)
    return _page(visit, said if said in _LOOKS else "")


@bp.post("/my/<token>/pin")
@access(PUBLIC)
def pin(token: str) -> Response:
    """A right PIN is remembered by this device for half an hour, a wrong one is counted."""
    visit = _visit(token)
    typed = request.form.get("pin", "").strip()
    if not typed:
        db.session.rollback()
        return _pin_page(visit, "ask_pin")
    attempt = standing.try_pin(visit, typed)
    db.session.commit()
    if attempt is Attempt.RIGHT:
        return remembering(go(url_for("standing.show", token=token)), visit.holder)
    return _pin_page(visit, "wrong" if attempt is Attempt.WRONG else "locked", typed)


@bp.post("/my/<token>/leave")
@access(PUBLIC)
def leave(token: str) -> Response:
    """For whoever shares a telephone with others."""
    return forgotten(_visit(token), url_for("standing.show", token=token, said=LEFT))


@bp.get("/my/<token>/consents/<uuid:consent_id>/stop")
@access(PUBLIC)
def ask(token: str, consent_id: UUID) -> Response:
    """What stopping means, to be confirmed."""
    visit = _visit(token)
    if visit.proof is None:
        return go(url_for("standing.show", token=token))
    consent = standing.get_consent(visit.actor, consent_id)
    if consent.revoked_at is not None:
        return _page(visit, STOPPED_BEFORE, 409)
    body = render_template("answering/standing_stop.html", consent=consent, **_words(visit))
    audit.note_client(visit.actor, visit.holder, "link")
    return make_response(body)


@bp.post("/my/<token>/consents/<uuid:consent_id>/stop")
@access(PUBLIC)
def stop(token: str, consent_id: UUID) -> Response:
    visit = _visit(token)
    if visit.proof is None:
        return go(url_for("standing.show", token=token))
    standing.get_consent(visit.actor, consent_id)
    try:
        standing.stop(visit.actor, consent_id)
    except Conflict:
        db.session.rollback()
        return _page(visit, STOPPED_BEFORE, 409)
    db.session.commit()
    return go(url_for("standing.show", token=token, said=STOPPED))


def _visit(token: str) -> Visit:
    return opened(token, Purpose.CLIENT, now=now(), devices=request.cookies)


def _pin_page(visit: Visit, wrong: str = "", typed: str = "", *, left: bool = False) -> Response:
    """It tells nothing but the language: whoever found the link stands before it, too."""
    body = render_template("answering/standing_pin.html", wrong=wrong, typed=typed, left=left,
                           **_words(visit))  # fmt: skip
    return make_response(body, 422 if wrong else 200)


def _page(visit: Visit, said: str = "", status: int = 200) -> Response:
    client = _client(visit)
    shown = standing.standing(visit.actor, client)
    body = render_template("answering/standing.html", page=shown, said=said,
                           look=_LOOKS.get(said, ""), **_words(visit))  # fmt: skip
    audit.note_client(visit.actor, client, "link")
    return make_response(body, status)


def _words(visit: Visit) -> dict[str, object]:
    """What every one of these templates speaks with; `sheet` says which language it is."""
    say = standing.say_to(_client(visit))
    language = texts.language_for(standing.spoken_by(_client(visit)))
    sheet = Sheet(title=say("link.title"), blocks=(), language=language)
    return {"token": visit.token, "say": say, "sheet": sheet}


def _client(visit: Visit) -> Client:
    assert isinstance(visit.holder, Client)
    return visit.holder
