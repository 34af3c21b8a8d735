"""State machines as data: fields, states, actions, and the check that they are drawn well.

Pure: standard library only. The statuses and the standard workflow are in `portal.lifecycle`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from portal.problems import Conflict, Invalid
from portal.wording import N_ as N_
from portal.wording import Phrase

LOCAL = ZoneInfo("Europe/Berlin")


def jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values as they are kept in JSON: days and times as ISO text, nothing for None."""
    return {
        key: value.isoformat() if isinstance(value, date) else value
        for key, value in values.items()
        if value is not None
    }


class Side(StrEnum):
    """Whose move an action is."""

    SENDER = "sender"
    RECEIVER = "receiver"
    CLIENT = "client"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a field holds; decides its input control and the type of its value."""

    TEXT = "text"  # str, one line
    LONG_TEXT = "long_text"  # str, several lines
    DATE = "date"  # datetime.date
    DATETIME = "datetime"  # aware datetime
    INTEGER = "integer"  # int
    CHOICE = "choice"  # str, a code of `choices`
    CHOICES = "choices"  # list[str], codes of `choices`
    YES_NO = "yes_no"  # bool
    MEMBER = "member"  # str, id of a membership of the receiving unit


Choice = tuple[str, str]  # code, German label


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question of a form: enough to draw it, read it and check it.

    `days` are the earliest and latest allowed day, counted from today; `default_days`
    proposes a day. `required_if=("code", "other")` asks for the field only then,
    `required_unless="position"` only when that other field is empty. `category` is the
    data category a consent must name before the value may be shared. `roles` are those of the
    members to choose from; without any, everybody who may answer referrals.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    required: bool = True
    choices: tuple[Choice, ...] = ()
    max_length: int = 200
    hint: str = ""
    default: Any = None
    default_days: int | None = None
    days: tuple[int | None, int | None] = (None, None)
    minimum: int = 0
    maximum: int = 9999
    required_if: tuple[str, str] | None = None
    required_unless: str | None = None
    category: str = "request"
    roles: tuple[str, ...] = ()

    def revived(self, value: Any) -> Any:
        """The typed value of what was kept as JSON."""
        if isinstance(value, str) and self.kind is Kind.DATE:
            return date.fromisoformat(value)
        if isinstance(value, str) and self.kind is Kind.DATETIME:
            return datetime.fromisoformat(value)
        return value

    def label_of(self, value: Any) -> str:
        """A value in words a person reads, a Phrase unless it was typed; "" for none."""
        if value is None or value == "" or value == []:
            return ""
        labels = dict(self.choices)
        if self.kind is Kind.YES_NO:
            return Phrase(N_("Ja") if value else N_("Nein"))
        if self.kind is Kind.CHOICE and value in labels:
            return Phrase(labels[value])
        if self.kind is Kind.CHOICES:
            return Phrase("%(all)s", all=tuple(Phrase(labels.get(code, code)) for code in value))
        if self.kind is Kind.DATE:
            return Phrase("%(day)s", day=self.revived(value))
        if self.kind is Kind.DATETIME:
            return Phrase("%(moment)s", moment=self.revived(value).astimezone(LOCAL))
        return labels.get(value, str(value)) if self.kind is Kind.MEMBER else str(value)


def clean(fields: Iterable[Field], data: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The typed values of `fields` in `data`, checked; unknown keys are dropped.

    Raises Invalid with one German message for each field that breaks a rule. Forms and the
    API both end here, so a rule holds whichever door a value came through.
    """
    fields = tuple(fields)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        value = data.get(field.key)
        if isinstance(value, str):
            value = unicodedata.normalize("NFC", value.strip()).replace("\r\n", "\n")
        if value in ("", [], None):
            value = None
        values[field.key] = value
    for field in fields:
        value = values[field.key]
        if value is None:
            if _is_required(field, values):
                errors[field.key] = N_("Bitte ausfüllen.")
        elif message := _complaint(field, value, today):
            errors[field.key] = message
    if errors:
        raise Invalid(errors)
    return values


def _is_required(field: Field, values: Mapping[str, Any]) -> bool:
    if field.required_if is not None:
        other, code = field.required_if
        return values.get(other) == code
    if field.required_unless is not None:
        return values.get(field.required_unless) is None
    return field.required


_TYPES: dict[Kind, type] = {
    Kind.DATE: date,
    Kind.DATETIME: datetime,
    Kind.INTEGER: int,
    Kind.CHOICES: list,
    Kind.YES_NO: bool,
}
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def text_complaint(text: str, several_lines: bool = False) -> str | None:
    """Why a text may not be stored: characters that lie about what is on the screen."""
    if any(c in _BIDI_CONTROLS for c in text):
        return N_("Der Text enthält unsichtbare Zeichen, die die Schreibrichtung umkehren.")
    allowed = "\n\t" if several_lines else ""
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in text):
        return N_("Der Text enthält Steuerzeichen, die hier nicht erlaubt sind.")
    return None


def _complaint(field: Field, value: Any, today: date) -> str | None:
    expected: Any = _TYPES.get(field.kind, str)
    if not isinstance(value, expected) or _is_lookalike(field.kind, value):
        return N_("Diese Angabe hat die falsche Form.")
    if field.kind in (Kind.CHOICE, Kind.MEMBER) and value not in dict(field.choices):
        return N_("Bitte eine der angebotenen Möglichkeiten wählen.")
    if field.kind is Kind.CHOICES and any(code not in dict(field.choices) for code in value):
        return N_("Bitte nur angebotene Möglichkeiten wählen.")
    if isinstance(value, str):
        if len(value) > field.max_length:
            return Phrase(N_("Der Text ist zu lang. (%(length)s / %(most)s)"),
                          length=len(value), most=field.max_length)  # fmt: skip
        return text_complaint(value, field.kind is Kind.LONG_TEXT)
    if field.kind is Kind.INTEGER and not field.minimum <= value <= field.maximum:
        return Phrase(N_("Bitte eine Zahl eingeben zwischen %(least)s … %(most)s."),
                      least=field.minimum, most=field.maximum)  # fmt: skip
    if isinstance(value, date):
        return _day_complaint(field, value, today)
    return None


def _is_lookalike(kind: Kind, value: Any) -> bool:
    # Python counts a bool as a number and a datetime as a day; a moment needs its zone.
    return (
        (kind is Kind.INTEGER and isinstance(value, bool))
        or (kind is Kind.DATE and isinstance(value, datetime))
        or (kind is Kind.DATETIME and value.tzinfo is None)
        or (kind is Kind.CHOICES and not all(isinstance(code, str) for code in value))
    )


def _strikes(moment: datetime) -> bool:
    """Whether clocks ever show it: in the last Sunday of March an hour is left out."""
    there = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return there.replace(tzinfo=None) == moment.replace(tzinfo=None)


def _day_complaint(field: Field, value: date, today: date) -> str | None:
    earliest, latest = field.days
    if not 1900 <= value.year <= 2200:
        return N_("Dieses Datum gibt es hier nicht. Bitte das Jahr prüfen.")
    if isinstance(value, datetime) and not _strikes(value):
        return N_("Diese Uhrzeit gibt es an diesem Tag nicht: die Uhr wird vorgestellt.")
    day = value.astimezone(LOCAL).date() if isinstance(value, datetime) else value
    if earliest is not None and day < today + timedelta(days=earliest):
        limit = today + timedelta(days=earliest)
        return Phrase(N_("Das Datum liegt zu früh. Frühestens: %(day)s"), day=limit)
    if latest is not None and day > today + timedelta(days=latest):
        limit = today + timedelta(days=latest)
        return Phrase(N_("Das Datum liegt zu spät. Spätestens: %(day)s"), day=limit)
    return None


@dataclass(frozen=True)
class State:
    """A state of a workflow, refining one core status.

    `inherits` names the moves of the refined status that also lead out of this state;
    None means all of them. Withdrawing is always possible. `turn` is the side whose move is
    expected here, where it is not that of the refined status.
    """

    key: str
    label: str
    refines: str
    receiver_label: str = ""
    inherits: tuple[str, ...] | None = None
    turn: Side | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A move: from any of `sources` to `target` (None: the state stays as it is).

    `permission` is needed beside the right side; "" means what that side always needs.
    `message` is the topic the other side is told instead of the core's own news, `done` what
    the timeline says afterwards ("" for the label).
    """

    key: str
    label: str
    sources: tuple[str, ...]
    target: str | None
    side: Side
    fields: tuple[Field, ...] = ()
    permission: str = ""
    hint: str = ""
    message: str = ""
    done: str = ""


@dataclass(frozen=True)
class Workflow:
    """States and actions of one kind of referral, ready to be asked."""

    states: tuple[State, ...]
    actions: tuple[Action, ...]
    initial: str = "draft"

    def state(self, key: str) -> State:
        return next(state for state in self.states if state.key == key)

    def action(self, key: str) -> Action:
        """Raises Conflict for an action this workflow does not have."""
        for action in self.actions:
            if action.key == key:
                return action
        raise Conflict(N_("Diesen Schritt gibt es bei dieser Art von Vermittlung nicht."))

    def status(self, state: str) -> str:
        return self.state(state).refines

    def actions_from(self, state: str) -> list[Action]:
        return [action for action in self.actions if state in action.sources]

    def step(self, state: str, key: str) -> Action:
        """The action, if it exists in this state; otherwise Conflict."""
        action = self.action(key)
        if state not in action.sources:
            # The state may be of a plugin that is gone.
            label = next((known.label for known in self.states if known.key == state), state)
            late = N_("Dieser Schritt ist nicht mehr möglich. Die Vermittlung steht inzwischen "
                      "auf: %(state)s.")  # fmt: skip
            raise Conflict(Phrase(late, state=Phrase(label)))
        return action
