"""What changes a client record, who is in charge, and who deputises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from portal import audit
from portal.accounts.models import Membership
from portal.actor import Actor
from portal.clients import policy
from portal.clients.fields import CLIENT_FIELDS
from portal.clients.models import Client, ClientToken, Deputy
from portal.crypto import index_tokens, normalise, search_tokens
from portal.extensions import db
from portal.network.models import Municipality
from portal.problems import Conflict, Invalid, NotFound
from portal.workflow import N_, Field, clean, jsonable

LONGEST_DEPUTY_DAYS = 366


def form_fields() -> tuple[Field, ...]:
    """CLIENT_FIELDS with the municipalities to choose from."""
    rows = db.session.execute(
        select(Municipality.ags, Municipality.name).order_by(Municipality.name)
    )
    places = tuple((ags, name) for ags, name in rows)
    return tuple(
        replace(field, choices=places) if field.key == "municipality" else field
        for field in CLIENT_FIELDS.values()
    )


def create_client(actor: Actor, data: Mapping[str, Any]) -> Client:
    """A new client of the actor. Raises Forbidden, Invalid."""
    policy.require(actor, "client.write")
    values = clean(form_fields(), data, actor.today)
    assert actor.membership_id
    assert actor.unit_id
    client = Client(
        advisor_id=actor.membership_id,
        unit_id=actor.unit_id,
        municipality_ags=values["municipality"],
        profile=jsonable(values),
        created_at=actor.now,
        counselling_started_on=actor.today,
    )
    db.session.add(client)
    db.session.flush()
    _index(client)
    audit.record(actor, "client.created", subject=client, client_id=client.id)
    return client


def update_client(
    actor: Actor, client_id: UUID, data: Mapping[str, Any], seen_version: int
) -> Client:
    """Change the record. Raises NotFound, Forbidden, Invalid, Conflict if changed meanwhile."""
    policy.require(actor, "client.write")
    client = policy.get_visible(actor, client_id, lock=True)
    values = clean(form_fields(), data, actor.today)
    if client.closed_on is not None:
        raise Conflict(N_("Die Beratung ist bereits beendet."))
    policy.require_unrestricted(client)
    if client.version != seen_version:
        raise Conflict(
            N_("Inzwischen hat jemand anderes diese Angaben geändert. Bitte vergleichen Sie.")
        )
    before, after = client.profile, jsonable(values)
    changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    client.profile = after
    client.municipality_ags = values["municipality"]
    db.session.flush()
    _index(client)
    audit.record(actor, "client.changed", subject=client, client_id=client.id, fields=changed)
    return client


def changed_meanwhile(client: Client, data: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """What the record says now where it differs from `data`, for the slower of two."""
    typed = jsonable({key: value for key, value in data.items() if value not in ("", [], False)})
    return [
        (field, field.label_of(client.profile.get(field.key)))
        for field in form_fields()
        if client.profile.get(field.key) != typed.get(field.key)
    ]


def _index(client: Client) -> None:
    db.session.execute(delete(ClientToken).where(ClientToken.client_id == client.id))
    rows = [{"client_id": client.id, "token": token} for token in index_tokens(client.name)]
    if rows:  # a name may hold no letter at all
        db.session.execute(insert(ClientToken), rows)


def search(actor: Actor, query: str) -> list[Client]:
    """The visible clients whose names begin with every word of the query, A to Z."""
    words = normalise(query)
    if not words:
        return []
    statement = policy.visible(actor)
    for token in search_tokens(query):
        # Asked of each of one's own clients: there are fewer than of all people of that name.
        met = select(ClientToken).where(
            ClientToken.token == token, ClientToken.client_id == Client.id
        )
        statement = statement.where(met.exists())
    found = (c for c in db.session.scalars(statement.limit(200)) if _begins_with(c.name, words))
    return sorted(found, key=lambda client: normalise(client.sort_name))


def _begins_with(name: str, words: list[str]) -> bool:
    # The index knows eight letters; the rest of a longer word is compared here.
    parts = normalise(name)
    return all(any(part.startswith(word) for part in parts) for word in words)


def possible_duplicates(actor: Actor, data: Mapping[str, Any]) -> list[Client]:
    """Visible clients of the same name: nothing is said of clients one may not see."""
    name = f"{data.get('given_name') or ''} {data.get('family_name') or ''}"
    return search(actor, name) if len(normalise(name)) > 1 else []


def assign_client(actor: Actor, client_id: UUID, advisor_id: UUID) -> Client:
    """Hand a client over to a colleague of the same unit. Raises Forbidden, Invalid."""
    policy.require(actor, "client.assign")
    client = policy.get_visible(actor, client_id)
    colleague = _colleague(actor, advisor_id, "advisor_id")
    client.advisor_id = colleague.id
    audit.record(actor, "client.assigned", subject=client, client_id=client.id,
                 advisor=str(colleague.id))  # fmt: skip
    return client


def name_deputy(
    actor: Actor, advisor_id: UUID, deputy_id: UUID, starts_on: date, ends_on: date
) -> Deputy:
    """Let a colleague act for an advisor until `ends_on`. Raises Forbidden, Invalid.

    An advisor names one's own deputy; a team lead anybody's of the team.
    """
    policy.require(actor, "client.write")
    if advisor_id != actor.membership_id:
        policy.require(actor, "client.assign")
    errors: dict[str, str] = {}
    if ends_on < max(starts_on, actor.today):
        errors["ends_on"] = N_("Das Ende liegt vor dem Beginn oder in der Vergangenheit.")
    elif ends_on > starts_on + timedelta(days=LONGEST_DEPUTY_DAYS):
        errors["ends_on"] = N_("Eine Vertretung gilt höchstens ein Jahr.")
    if advisor_id == deputy_id:
        errors["deputy_id"] = N_("Bitte eine andere Person wählen.")
    if errors:
        raise Invalid(errors)
    deputy = Deputy(
        advisor_id=_colleague(actor, advisor_id, "advisor_id").id,
        deputy_id=_colleague(actor, deputy_id, "deputy_id").id,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    db.session.add(deputy)
    audit.record(actor, "deputy.named", subject=deputy, until=ends_on.isoformat())
    return deputy


def end_deputy(actor: Actor, deputy_row_id: UUID) -> None:
    """End a deputyship today. Raises NotFound, Forbidden."""
    deputy = db.session.scalar(policy.visible_deputies(actor).where(Deputy.id == deputy_row_id))
    if deputy is None:
        raise NotFound
    deputy.ends_on = actor.today - timedelta(days=1)
    audit.record(actor, "deputy.ended", subject=deputy)


def _colleague(actor: Actor, membership_id: UUID, field: str) -> Membership:
    colleague = db.session.scalar(policy.colleagues(actor).where(Membership.id == membership_id))
    if colleague is None:
        raise Invalid({field: N_("Bitte eine Kollegin oder einen Kollegen wählen.")})
    return colleague
