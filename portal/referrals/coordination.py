"""What the coordination does about a referral that lies still: calls, moves its date, proposes.

Outside of every workflow: the state stays as it is. It knows dates, offices and services; it
opens no client, no package and no entry that somebody else wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists

from portal import audit
from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients import policy as clients
from portal.consents.models import Consent
from portal.extensions import db
from portal.lifecycle import Status
from portal.network import policy as network
from portal.network.models import Service
from portal.problems import Conflict, Invalid, NotFound
from portal.referrals import effects, history, messages, policy
from portal.referrals.models import Referral
from portal.wording import Phrase
from portal.workflow import N_, Action, Field, Side, clean
from portal.working_days import is_working_day


def waiting(actor: Actor) -> Select[Referral]:
    """Open, so it is somebody's turn. Without what is restricted: nobody could act on it."""
    restricted = exists().where(
        Consent.id == Referral.consent_id, Consent.suspended_on.is_not(None)
    )
    return policy.overseen(actor).where(
        Referral.closed_at.is_(None),
        ~restricted,
    )


def get_waiting(actor: Actor, referral_id: UUID, *, lock: bool = False) -> Referral:
    """Raises NotFound (never sent), Conflict (it waits for nobody any more, by now)."""
    clients.require(actor, "referral.oversee")
    statement = policy.overseen(actor).where(Referral.id == referral_id)
    if lock:
        statement = statement.with_for_update(of=Referral, key_share=True)
    referral = db.session.scalar(statement)
    if referral is None:
        raise NotFound
    if not _is_waiting(referral):
        raise _changed(referral)
    return referral


def mark(referral: Referral) -> str:
    """What a coordinator decides on; another one once somebody moved, called or put it off."""
    called = referral.called_at.isoformat() if referral.called_at else ""
    return f"{referral.version}.{referral.next_on}.{called}"


def call(actor: Actor, referral_id: UUID, data: Mapping[str, Any], seen: str) -> Referral:
    """Keep that whoever must act was reminded by telephone; both sides read it.

    As all commands here: `seen` is the `mark` decided on; raises NotFound, Forbidden, Invalid and
    Conflict (it has changed since).
    """
    referral = _locked(actor, referral_id, seen)
    values = clean(history.CALLED.fields[1:], data, actor.today)
    referral.called_at = actor.now
    _remember(actor, referral, history.CALLED, {"whom": _whose_turn(referral).full_name, **values})
    return referral


def postpone(actor: Actor, referral_id: UUID, data: Mapping[str, Any], seen: str) -> Referral:
    """Give whoever must act until another day; both sides are told."""
    referral = _locked(actor, referral_id, seen)
    values = clean(history.POSTPONE.fields, data, actor.today)
    day = values["next_on"]
    if not is_working_day(day):
        raise Invalid({"next_on": N_("Das ist kein Arbeitstag. Bitte einen anderen Tag wählen.")})
    if referral.next_on is not None and day <= referral.next_on:
        too_early = N_("Bitte einen Tag nach der jetzigen Frist wählen: %(day)s")
        raise Invalid({"next_on": Phrase(too_early, day=referral.next_on)})
    referral.next_on = day
    if referral.status == Status.SENT:
        referral.due_on = day
    effects.start_timer(actor, referral)
    _remember(actor, referral, history.POSTPONE, values)
    messages.tell_receiver(actor, "referral.postponed", referral)
    messages.tell_sender(actor, "referral.postponed", referral)
    return referral


def suggest(actor: Actor, referral_id: UUID, data: Mapping[str, Any], seen: str) -> Referral:
    """Propose another service to the sender, who alone can send, with the client's consent."""
    referral = _locked(actor, referral_id, seen)
    offered = {str(service.id): service for service in alternatives(actor, referral)}
    values = clean(suggestion_fields(offered.values()), data, actor.today)
    service = offered[values["service"]]
    _remember(actor, referral, history.SUGGEST,
              {"service": _name(service), "service_id": str(service.id)})  # fmt: skip
    messages.tell_sender(actor, "referral.suggested", referral)
    return referral


def alternatives(actor: Actor, referral: Referral) -> list[Service]:
    """Of the same kind and for the same need, open to the municipality, with room."""
    found = network.offered(
        actor.today, types=[referral.type], municipality=referral.municipality_ags,
        accepting=True, not_unit=referral.sender_unit_id,
    )  # fmt: skip
    others = db.session.scalars(found.where(Service.id != referral.service_id)).unique()
    return [service for service in others if referral.goal_area in service.goal_areas]


def suggestion_fields(services: Iterable[Service]) -> tuple[Field, ...]:
    """The question which one, with the services to choose from."""
    choices = tuple((str(service.id), _name(service)) for service in services)
    return tuple(replace(field, choices=choices) for field in history.SUGGEST.fields)


def suggested(timeline: list[history.Entry]) -> Service | None:
    """What the coordination proposed last on a timeline, while it is still offered."""
    proposed = [each.event.data for each in timeline if each.event.action == history.SUGGEST.key]
    service_id = proposed[-1].get("service_id") if proposed else None
    service = db.session.get(Service, UUID(service_id)) if service_id else None
    return service if service and service.exists_still else None


def _locked(actor: Actor, referral_id: UUID, seen: str) -> Referral:
    referral = get_waiting(actor, referral_id, lock=True)
    if seen != mark(referral):
        raise _changed(referral)
    return referral


def _is_waiting(referral: Referral) -> bool:
    return referral.turn != "" and referral.closed_at is None and not policy.is_restricted(referral)


def _changed(referral: Referral) -> Conflict:
    state = Phrase(history.state_label(referral))
    if not _is_waiting(referral) or referral.next_on is None:
        now = N_("%(reference)s wartet inzwischen auf niemanden. Der Stand ist jetzt: %(state)s.")
        return Conflict(Phrase(now, reference=referral.reference, state=state))
    now = N_("Bei %(reference)s ist inzwischen etwas geschehen. Der Stand ist jetzt: %(state)s, "
             "Frist %(day)s.")  # fmt: skip
    return Conflict(Phrase(now, reference=referral.reference, state=state, day=referral.next_on))


def _whose_turn(referral: Referral) -> Unit:
    return referral.receiver if referral.turn == Side.RECEIVER else referral.sender


def _name(service: Service) -> str:
    return f"{service.public_name} – {service.unit.full_name}"


def _remember(actor: Actor, referral: Referral, step: Action, values: dict[str, Any]) -> None:
    history.remember(actor, referral, step, referral.state, step.fields, values)
    audit.record(actor, "referral.attended", subject=referral, client_id=referral.client_id,
                 action=step.key)  # fmt: skip
