"""The start page of each role: what is due, most urgent first, one click to act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import load_only

from portal import audit
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients.models import Client
from portal.clients.policy import ALONE, in_charge
from portal.consents.models import NOTICE_DAYS, Consent
from portal.dashboard import oversight
from portal.extensions import db
from portal.network import policy as network
from portal.referrals import deletions, listing, tasks
from portal.referrals.models import Referral
from portal.web.access import MEMBER, PUBLIC, access
from portal.workflow import Side

bp = Blueprint("dashboard", __name__)

SHOWN = 15  # rows of each part; the rest is one click away


@bp.get("/")
@access(MEMBER)
def start() -> str:
    actor = current_actor()
    if actor.may("referral.send"):
        return _sender_page(actor)
    if actor.may("referral.answer"):
        return _receiver_page(actor)
    if actor.may("task.answer"):
        return _task_page(actor)
    if actor.may("referral.oversee"):
        return oversight.start(actor)
    return render_template("dashboard/other.html")


def _sender_page(actor: Actor) -> str:
    """What waits for the advisor, then what partners owe an answer, then what clients asked for
    about their data and which consents end.

    For whoever leads the team, first what is left lying in it; below, that is not told twice.
    """
    parts = {f.key: f for f in listing.filters_for(actor)}
    if left_lying := parts.get(listing.LEFT_LYING.key):
        parts |= {key: listing.without(parts[key], left_lying) for key in ("todo", "overdue")}
    lying = _first(actor, left_lying) if left_lying else []
    todo = _first(actor, parts["todo"])
    late = _first(actor, parts["overdue"])
    asking, consents = _asking_for_their_rights(actor), _ending_consents(actor)
    audit.note_lists(actor, {
        "referral.read": listing.named([*lying, *todo, *late]),
        "client.read": [client.id for client in (*asking, *(who for _, who in consents))],
    })  # fmt: skip
    return render_template(
        "dashboard/sender.html", lying=lying, todo=todo, late=late, asking=asking,
        consents=consents, counts=listing.counts(actor, parts.values()),
    )  # fmt: skip


def _receiver_page(actor: Actor) -> str:
    todo = _first(actor, next(f for f in listing.RECEIVER_FILTERS if f.key == "todo"))
    listing.note_read(actor, todo)
    return render_template(
        "dashboard/receiver.html",
        todo=todo,
        counts=listing.counts(actor),
        deletions=db.session.scalars(deletions.open_for(actor).limit(SHOWN)).all(),
        capacities=db.session.scalars(network.to_confirm(actor).limit(SHOWN)).all(),
    )


def _task_page(actor: Actor) -> str:
    """What somebody is asked to do, and what was taken on."""
    found = tasks.open_tasks(actor)
    tasks.note_read(actor, found)
    return render_template("dashboard/tasks.html", tasks=found)


def _first(actor: Actor, chosen: listing.Filter) -> list[listing.Row]:
    statement = listing.filtered(actor, chosen).order_by(Referral.next_on, Referral.id)
    return listing.rows(actor, db.session.scalars(statement.limit(SHOWN)))


def _asking_for_their_rights(actor: Actor) -> Sequence[Client]:
    """Whose request about their data waits for an answer: the law gives one month."""
    return db.session.scalars(
        select(Client)
        .where(in_charge(actor), Client.request_due_on.is_not(None))
        .options(*ALONE)
        .order_by(Client.request_due_on, Client.id)
        .limit(SHOWN)
    ).all()


def _ending_consents(actor: Actor) -> list[tuple[Consent, Client]]:
    """Consents that end soon and on which an open referral rests."""
    return [
        (consent, client)
        for consent, client in db.session.execute(
            select(Consent, Client)
            .join(Client, Client.id == Consent.client_id)
            .where(
                in_charge(actor),
                Consent.revoked_at.is_(None),
                Consent.suspended_on.is_(None),
                Consent.valid_until <= actor.today + timedelta(days=NOTICE_DAYS),
                select(Referral.id)
                .where(
                    Referral.consent_id == Consent.id,
                    Referral.closed_at.is_(None),
                    Referral.turn.in_((Side.SENDER, Side.RECEIVER)),
                )
                .exists(),
            )
            # Names alone are shown; past eight joins PostgreSQL no longer begins with one's own.
            .options(
                load_only(Consent.valid_until, Consent.agreed_until),
                load_only(Client.profile_sealed),
                *ALONE,
            )
            .order_by(Consent.valid_until, Consent.id)
            .limit(SHOWN)
        )
    ]


@bp.get("/help")
@access(PUBLIC)
def help() -> str:  # noqa: A001 - the endpoint's name
    return render_template("dashboard/help.html")
