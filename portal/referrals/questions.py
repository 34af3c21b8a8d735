"""A move as somebody is asked for it: with the choices that depend on the referral filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.accounts.models import Membership, Person
from portal.actor import Actor
from portal.extensions import db
from portal.referrals import packages, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Action, Choice, Field, Kind


@dataclass(frozen=True)
class Question:
    """A move of a referral and what it asks for.

    Whether one may make it, and now, is another matter: see `commands.make`.
    """

    referral: Referral
    action: Action
    fields: tuple[Field, ...]


def ask(
    actor: Actor, referral_id: UUID, action_key: str, *, lock: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> Question:  # fmt: skip
    """Raises NotFound (not yours), Conflict (no such move in any state).

    `lock` as in `policy.get_visible`: whoever is about to make the move. `typed` as in
    `fields_of`.
    """
    referral = policy.get_visible(actor, referral_id, lock=lock)
    action = registry().referral_type(referral.type).workflow.action(action_key)
    return Question(referral, action, fields_of(referral, action, typed))


def fields_of(
    referral: Referral, action: Action, typed: Mapping[str, Any] | None = None
) -> tuple[Field, ...]:
    """What a move asks for, with the choices that depend on the referral filled in. Once it is
    answered (`typed`), without a choice of people where nobody was chosen."""
    filled = []
    for field in action.fields:
        if field.kind is Kind.MEMBER:
            if typed is not None and not field.required and not typed.get(field.key):
                continue
            field = replace(field, choices=_members_of(referral, field))
        elif field.key == "release":
            field = replace(field, choices=packages.held_back(referral))
        elif field.kind not in (Kind.CHOICE, Kind.CHOICES):
            filled.append(field)
            continue
        # Whom one must choose is asked for, even if there is nobody to choose.
        if field.choices or (field.kind is Kind.MEMBER and field.required):
            filled.append(field)
    return tuple(filled)


def _members_of(referral: Referral, field: Field) -> tuple[Choice, ...]:
    roles = field.roles or registry().roles_with("referral.answer")
    rows = db.session.execute(
        select(Membership.id, Person.name)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == referral.receiver_unit_id, Membership.role.in_(roles))
        .where(Membership.ended_on.is_(None), Person.active)
        .order_by(Person.name)
    )
    return tuple((str(member_id), name) for member_id, name in rows)
