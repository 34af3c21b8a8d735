"""The answers that need no code and no look at the request: no place, a waiting list, not us."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.actor import Actor
from portal.problems import NotFound
from portal.referrals import policy, questions
from portal.referrals.models import Referral
from portal.workflow import N_, Field, Kind, clean

REVIEWED_AFTER = timedelta(days=28)
WEEKS = Field(key="weeks", label=N_("Ungefähr wie viele Wochen?"), kind=Kind.INTEGER, minimum=1,
              maximum=104)  # fmt: skip


@dataclass(frozen=True)
class QuickAnswer:
    """One of them: the move it makes, and that move's values from the one question it asks."""

    key: str
    label: str
    told: str  # what the sender will be told
    action: str
    values: Callable[[Actor, Mapping[str, Any]], dict[str, Any]]
    fields: tuple[Field, ...] = ()


def _code(code: str) -> Callable[[Actor, Mapping[str, Any]], dict[str, Any]]:
    return lambda actor, typed: {"code": code}


def _waiting(actor: Actor, typed: Mapping[str, Any]) -> dict[str, Any]:
    weeks = clean((WEEKS,), typed, actor.today)["weeks"]
    expected = actor.today + timedelta(weeks=weeks)
    return {"expected_on": expected, "next_on": min(expected, actor.today + REVIEWED_AFTER)}


ANSWERS = (
    QuickAnswer(
        "no_capacity", N_("Kein Platz"), N_("Sie haben zurzeit keinen Platz."), "decline",
        _code("no_capacity"),
    ),
    QuickAnswer(
        "waitlist", N_("Warteliste"), N_("Die Person kommt auf Ihre Warteliste."), "waitlist",
        _waiting, (WEEKS,),
    ),
    QuickAnswer(
        "not_responsible", N_("Nicht zuständig"), N_("Sie sind dafür nicht zuständig."), "decline",
        _code("not_responsible"),
    ),
)  # fmt: skip


def possible(actor: Actor, referral: Referral) -> list[QuickAnswer]:
    """Those that this kind of handoff knows, and that are an answer as things stand."""
    actions = {action.key: action for action in policy.possible_actions(actor, referral)}
    sample = {"weeks": 1}
    found = []
    for answer in ANSWERS:
        if (action := actions.get(answer.action)) is None:
            continue
        values = answer.values(actor, sample)
        fields = questions.fields_of(referral, action)
        if all(_is_answered(field, values) for field in fields):
            found.append(answer)
    return found


def get_possible(actor: Actor, referral: Referral, key: str) -> QuickAnswer | None:
    """Raises NotFound for none of ours; None for one that is not possible now."""
    if key not in {answer.key for answer in ANSWERS}:
        raise NotFound
    return next((each for each in possible(actor, referral) if each.key == key), None)


def _is_answered(field: Field, values: Mapping[str, Any]) -> bool:
    value = values.get(field.key)
    if value is None:
        needed = field.required and field.required_if is None and field.required_unless is None
        return not needed
    return field.kind is not Kind.CHOICE or value in dict(field.choices)
