"""Gives a client the own link with its PIN, and takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.consents import texts
from portal.consents.sheet import phone_of
from portal.documents import pictures
from portal.documents.sheet import Words, direction
from portal.extensions import db
from portal.links import commands as links
from portal.links.tokens import LIFETIME, Purpose, address
from portal.problems import Conflict
from portal.workflow import LOCAL, N_

CLOSED = N_("Die Beratung ist beendet. Es gibt keinen Link mehr.")
LASTS = LIFETIME[Purpose.CLIENT]


@dataclass(frozen=True)
class Given:
    """A link and its PIN as they are handed over, with what is said of them in two languages.

    Of what stands here nothing is kept that could show it a second time.
    """

    address: str
    pin: str
    language: str
    words: dict[str, Words]

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def qr(self) -> str:
        return pictures.qr(self.address)


def give(actor: Actor, client_id: UUID) -> Given:
    """A new link and PIN; those before are dead. Raises NotFound, Forbidden, Conflict."""
    client = _own(actor, client_id)
    if client.closed_on is not None:
        raise Conflict(CLOSED)
    clients.require_unrestricted(client)
    pin = links.give_pin(actor, client, client_id=client.id)
    made = address(Purpose.CLIENT, client, client.id, actor.now)
    language = texts.language_for(client.profile.get("contact_language", ""))
    unit = db.session.get_one(Unit, client.unit_id)
    until = (actor.now + LASTS).astimezone(LOCAL).date()
    holds: dict[str, Any] = {"until": until, "sender": unit.full_name, "phone": phone_of(unit)}
    keys = ("sheet_title", "sheet_what", "sheet_how", "sheet_until", "sheet_pin", "pin")
    words = {key: texts.words(f"link.{key}", language, **holds) for key in keys}
    return Given(made, f"{pin[:3]} {pin[3:]}", language, words)


def end(actor: Actor, client_id: UUID) -> None:
    """Nobody opens it any more. Raises NotFound, Forbidden."""
    links.end(actor, _own(actor, client_id), client_id=client_id)


def _own(actor: Actor, client_id: UUID) -> Client:
    clients.require(actor, "client.write")
    return clients.get_visible(actor, client_id, lock=True)
