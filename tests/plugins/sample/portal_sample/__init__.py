"""A plugin with everything that can go wrong: table, migration, view, panel, template, rule."""

import uuid
from datetime import timedelta

from flask import Blueprint, render_template
from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import api

API_VERSION = 1
WISH = api.Field(key="wish", label="Wunsch")
bp = Blueprint("sample", __name__)


class Card(api.HasId, api.Model):
    """What the partner wrote when it said yes."""

    __tablename__ = "sample_card"
    referral_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    note_sealed: Mapped[bytes | None]

    note = api.Encrypted[str]("note_sealed", "")


@bp.get("/<uuid:referral_id>/card")
def card(referral_id):
    referral = api.get_visible(api.current_actor(), referral_id)
    return render_template("sample/card.html", **found(api.current_actor(), referral))


def found(actor, referral):
    cards = api.db.session.scalars(select(Card).where(Card.referral_id == referral.id)).all()
    items = api.readable(actor, referral)
    if not items:
        raise api.NotFound
    return {"cards": cards, "items": items}


def panel(actor, referral):
    return found(actor, referral) if api.readable(actor, referral) else None


@api.hookimpl
def portal_referral_types():
    return [
        api.ReferralType(
            key="sample",
            label="Muster",
            recipient_kind="other_office",
            workflow=api.standard(),
            form=(WISH,),
            discloses=("given_name", "family_name", "phone"),
            preview=("wish",),
        )
    ]


@api.hookimpl
def portal_blueprints():
    return [bp]


@api.hookimpl
def portal_panels():
    return [api.Panel(slot="referral", template="sample/card.html", context=panel)]


def silent(actor):
    """What nobody answered: the system ends it."""
    waiting = api.visible(actor).where(api.Referral.status == "sent")
    return [(referral, "expire") for referral in api.db.session.scalars(waiting)]


@api.hookimpl
def portal_timers():
    return [api.Timer(key="sample.silent", every=timedelta(days=1), run=silent)]


@api.hookimpl
def portal_action_performed(referral, action, actor, data):
    if referral.type == "sample" and action == "accept":
        api.db.session.add(Card(referral_id=referral.id, note=data["note"] or ""))


@api.hookimpl
def portal_erase_client(client):
    theirs = select(api.Referral.id).where(api.Referral.client_id == client.id)
    api.db.session.execute(delete(Card).where(Card.referral_id.in_(theirs)))


@api.hookimpl
def portal_seed(factory):
    factory.organisation("Muster (Demo)", "other_office")
