"""The answers of a whole list by link: all are made or none, and one letter confirms them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal import outbox
from portal.actor import Actor
from portal.links.addresses import RUNNING
from portal.problems import Conflict, Invalid, Problem
from portal.referrals import commands, questions
from portal.referrals.models import Referral


@dataclass(frozen=True)
class Answer:
    """What was chosen for one row, and the version of the referral that was shown."""

    referral_id: UUID
    action: str
    values: Mapping[str, Any]
    seen: int | None


class NotAll(Problem):
    """Some answers of a list are not possible, so none was made. `problems`: by referral."""

    def __init__(self, problems: Mapping[UUID, Invalid | Conflict]) -> None:
        super().__init__()
        self.problems = problems


def answer_all(actor: Actor, answers: Iterable[Answer]) -> list[Referral]:
    """Make them all. Raises NotAll (the caller rolls back), NotFound (not the actor's)."""
    made: list[Referral] = []
    problems: dict[UUID, Invalid | Conflict] = {}
    # In one order for everybody: two who send the same list must not wait for each other.
    for each in sorted(answers, key=lambda answer: answer.referral_id):
        try:
            question = questions.ask(actor, each.referral_id, each.action, lock=True,
                                     typed=each.values)  # fmt: skip
            made.append(commands.make(actor, question, each.values, each.seen))
        except (Invalid, Conflict) as refused:
            problems[each.referral_id] = refused
    if problems:
        raise NotAll(problems)
    _confirm(actor, made)
    return made


def _confirm(actor: Actor, made: list[Referral]) -> None:
    """To where the link was sent: whoever did not answer notices."""
    reference, path = "", RUNNING
    if len(made) == 1:
        reference, path = made[0].reference, f"/referrals/{made[0].id}"
    outbox.enqueue(actor, "link.answered", unit_id=actor.unit_id, reference=reference, path=path,
                   urgent=True)  # fmt: skip
