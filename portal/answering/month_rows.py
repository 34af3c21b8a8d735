"""The rows of the monthly list: what runs at an office, what it can say of it, and what it said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from portal.actor import Actor
from portal.answering.lists import Answer, NotAll
from portal.problems import Conflict, Invalid
from portal.referrals import listing, policy
from portal.referrals.listing import Row
from portal.referrals.models import Referral
from portal.registry import registry
from portal.web.fields import FieldsForm, fields_form
from portal.web.language import translate
from portal.workflow import N_, Action, Field, Kind

# What a row can say, by the move that says it.
SAYS = {"confirm": N_("läuft weiter"), "complete": N_("fertig"), "fail": N_("abgebrochen")}
NOT_OFFERED = N_("Bitte eine der angebotenen Möglichkeiten wählen.")
_ASKED = ("next_on", "code")  # and nothing else: a list is no place for more


@dataclass
class MonthRow:
    """A row, its form, and what was wrong with what it said last."""

    row: Row
    says: dict[str, tuple[Field, ...]]  # the moves that are possible now, and what they ask
    form: FieldsForm
    seen: int  # the version that was looked at
    link: str = ""  # to the page of this one referral
    conflict: str = ""

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(key, SAYS[key]) for key in self.says]


@dataclass(frozen=True)
class Sent:
    """A list as it came back: the versions of its rows, and all that was chosen."""

    seen: dict[UUID, int | None]
    typed: Any
    problems: Mapping[UUID, Invalid | Conflict] = field(default_factory=dict)


def rows(actor: Actor, referrals: Iterable[Referral], sent: Sent | None = None) -> list[MonthRow]:
    """Ready to be drawn; of a list that was refused with what was chosen and what was wrong."""
    return [_row(actor, row, sent) for row in listing.rows(actor, referrals)]


def answers(actor: Actor, referrals: Iterable[Referral], sent: Sent) -> list[Answer]:
    """What was chosen in a list that came back; a row without a choice says nothing. Raises
    NotAll."""
    found: list[Answer] = []
    for referral in referrals:
        values, offers = _form(actor, referral, sent).read(), _offers(referral)
        chosen = values["answer"]
        if chosen and chosen not in offers:
            raise NotAll({referral.id: Invalid({"answer": NOT_OFFERED})})
        if chosen:
            said = {asked.key: values[_name(chosen, asked)] for asked in offers[chosen]}
            found.append(Answer(referral.id, chosen, said, sent.seen[referral.id]))
    return found


def _row(actor: Actor, row: Row, sent: Sent | None) -> MonthRow:
    referral = row.referral
    known = sent if sent and referral.id in sent.seen else None
    possible = {action.key for action in policy.possible_actions(actor, referral)}
    says = {key: asked for key, asked in _offers(referral).items() if key in possible}
    form = _form(actor, referral, known)
    found = MonthRow(row, says, form, referral.version)
    problem = known.problems.get(referral.id) if known else None
    if isinstance(problem, Conflict):
        found.conflict = problem.message
    elif known:
        found.seen = known.seen[referral.id] or 0
    if isinstance(problem, Invalid):
        _put_errors(form, problem)
    return found


def _put_errors(form: FieldsForm, refused: Invalid) -> None:
    chosen = str(form["answer"].data or "")
    for key, message in refused.errors.items():
        control = form[f"{chosen}_{key}"] if f"{chosen}_{key}" in form else form["answer"]
        control.errors = [*control.errors, translate(message)]


def _form(actor: Actor, referral: Referral, sent: Sent | None) -> FieldsForm:
    """All that this kind of handoff could say here: what was chosen is kept, even where it is not
    possible any more."""
    offers = _offers(referral)
    choices = tuple((key, SAYS[key]) for key in offers)
    answer = Field(key="answer", label=N_("Stand"), kind=Kind.CHOICE, choices=choices)
    asked = [replace(f, key=_name(key, f)) for key, fields in offers.items() for f in fields]
    return fields_form((answer, *asked), today=actor.today, prefix=referral.id.hex,
                       formdata=sent.typed if sent else None)  # fmt: skip


def _name(action: str, asked: Field) -> str:
    return f"{action}_{asked.key}"


def _offers(referral: Referral) -> dict[str, tuple[Field, ...]]:
    """By the key of the move what is asked for it; without those that want more than fits here."""
    actions = registry().referral_type(referral.type).workflow.actions
    found = {action.key: _asked(action) for action in actions if action.key in SAYS}
    return {key: asked for key in SAYS if (asked := found.get(key)) is not None}


def _asked(action: Action) -> tuple[Field, ...] | None:
    """None where something else must be said too; a code that would need more is not offered."""
    asked = {each.key: each for each in action.fields if each.key in _ASKED}
    for each in action.fields:
        if each.key in asked:
            continue
        if each.required_if is not None:
            key, code = each.required_if
            if key in asked:
                left = tuple(choice for choice in asked[key].choices if choice[0] != code)
                asked[key] = replace(asked[key], choices=left)
        elif each.required_unless not in asked if each.required_unless else each.required:
            return None
    if any(each.kind is Kind.CHOICE and not each.choices for each in asked.values()):
        return None
    return tuple(asked.values())
