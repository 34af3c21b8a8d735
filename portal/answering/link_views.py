"""Where an advisor gives a client the own link, and takes it back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, render_template, url_for
from flask_babel import gettext as _

from portal import audit
from portal.accounts.session import current_actor
from portal.answering import client_links
from portal.clients import policy as clients
from portal.extensions import db
from portal.links.tokens import code_of
from portal.web.access import access
from portal.web.htmx import go

bp = Blueprint("client_link", __name__)


@bp.get("/clients/<uuid:client_id>/link")
@access("client.write")
def show(client_id: UUID) -> Response:
    return _page(client_id)


@bp.post("/clients/<uuid:client_id>/link")
@access("client.write")
def give(client_id: UUID) -> Response:
    """Link and PIN stand on the answer itself: they are shown once and kept nowhere."""
    given = client_links.give(current_actor(), client_id)
    db.session.commit()
    return _page(client_id, given)


@bp.post("/clients/<uuid:client_id>/link/end")
@access("client.write")
def end(client_id: UUID) -> Response:
    client_links.end(current_actor(), client_id)
    db.session.commit()
    flash(_("Der Link gilt nicht mehr."), "success")
    return go(url_for("client_link.show", client_id=client_id))


def _page(client_id: UUID, given: client_links.Given | None = None) -> Response:
    actor = current_actor()
    client = clients.get_visible(actor, client_id)
    code = code_of(client)
    body = render_template(
        "answering/client_link.html", client=client, code=code, given=given,
        until=code.set_at + client_links.LASTS if code else None,
        locked=code is not None and code.locked_until is not None and code.locked_until > actor.now,
    )  # fmt: skip
    audit.note_client(actor, client, "page")
    return make_response(body)
