"""Clients at a glance: the list with what runs for each, and the page of one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy import func, select

from portal import audit
from portal.accounts.models import Membership
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients import commands, policy
from portal.clients.fields import GROUPS
from portal.clients.models import Client
from portal.consents import policy as consent_policy
from portal.crypto import normalise
from portal.extensions import db
from portal.privacy import emergency
from portal.privacy.rectification import open_corrections
from portal.referrals import listing
from portal.referrals import policy as referrals
from portal.referrals.models import Referral
from portal.web.access import access, reads
from portal.workflow import Side

bp = Blueprint("clients", __name__)
PAGE = 25


@bp.route("/clients", methods=["GET", "POST"])
@access("client.read")
@reads
def index() -> str:
    """A to Z in memory: names are encrypted, and an advisor's clients are some eighty.

    A search is posted, though it changes nothing: addresses end up in histories and logs.
    """
    actor = current_actor()
    query = request.form.get("q", "").strip()[:100]
    closed = request.args.get("filter") == "closed"
    if query:
        found = commands.search(actor, query)
    else:
        wanted = Client.closed_on.is_not(None) if closed else Client.closed_on.is_(None)
        found = list(db.session.scalars(policy.visible(actor).where(wanted)))
        found.sort(key=lambda client: normalise(client.sort_name))
    number = max(request.args.get("page", 1, type=int), 1)
    shown = found[(number - 1) * PAGE : number * PAGE]
    if shown:
        audit.note_lists(actor, {"client.read": [client.id for client in shown]})
    return render_template(
        "clients/index.html", clients=shown, total=len(found), query=query, closed=closed,
        number=number, more=number * PAGE < len(found), running=_running(actor, shown),
    )  # fmt: skip


def _running(actor: Actor, clients: list[Client]) -> dict[UUID, tuple[int, int]]:
    """For each client how many referrals are open, and how many wait for the sender."""
    rows = db.session.execute(
        select(Referral.client_id, func.count(), func.count().filter(Referral.turn == Side.SENDER))
        .where(referrals.visible_to(actor), Referral.turn != "")
        .where(Referral.client_id.in_([client.id for client in clients]))
        .group_by(Referral.client_id)
    )
    return {client_id: (running, waiting) for client_id, running, waiting in rows}


@bp.get("/clients/<uuid:client_id>")
@access("client.read")
def show(client_id: UUID) -> str:
    actor = current_actor()
    client = policy.get_visible(actor, client_id)
    found = referrals.of_client(client)
    html = render_template(
        "clients/show.html", client=client, referrals=found, rows=listing.rows(actor, found),
        consents=consent_policy.of_client(client), facts=_facts(client),
        colleagues=_colleagues(actor), emergencies=emergency.lately(actor, found),
        # A record that was never changed has told nobody anything old.
        corrections=open_corrections(found) if client.version > 1 else (),
    )  # fmt: skip
    audit.record_read(actor, "client.read", subject=client, client_id=client.id, purpose="page")
    return html


def _colleagues(actor: Actor) -> Sequence[Membership]:
    """To whom the client could be handed over: a choice for those who may."""
    if not actor.may("client.assign"):
        return ()
    return db.session.scalars(policy.colleagues(actor)).all()


def _facts(client: Client) -> list[tuple[str, list[tuple[str, str]]]]:
    """The record in groups: labels and texts of what is filled in."""
    texts = {**client.profile, "municipality": client.municipality.name}
    groups = [
        (title, [(field.label, field.label_of(texts[field.key])) for field in fields
                 if texts.get(field.key) not in (None, "", [], False)])
        for title, fields in GROUPS
    ]  # fmt: skip
    return [(title, facts) for title, facts in groups if facts]
