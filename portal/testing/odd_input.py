"""What no form may fall over: values that are wrong everywhere, and right ones at their limits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from portal.workflow import LOCAL, Field, Kind

_TOO_LONG, _DIGITS, _FOREIGN = "x" * 5000, "9" * 5000, "00000000-0000-4000-8000-000000000000"
_TEXTS = ("Text\x00 mit \x07", "harmlos\u202eexe.txt", _TOO_LONG, "\x1b[31mrot")
_CODES = ("nonsense", "\x00", _TOO_LONG, _FOREIGN)

# By the kind of a control: each of them is wrong in every field, and to be told so there.
WRONG: dict[str, tuple[str, ...]] = {
    "text": _TEXTS,
    "textarea": _TEXTS,
    "date": ("31.02.2027", "0001-01-01", _DIGITS, "2027-02-29"),
    "datetime-local": ("2027-02-29T10:00", "0001-01-01T00:00", "9999-12-31T23:59", "morgen"),
    "number": ("drei", _DIGITS, "-99999999", "1e9"),
    "select": _CODES,
    "choices": _CODES,
}

_AWKWARD = "\u05e9\u05dc\u05d5\u05dd <b>\"'&amp;{{ 7*7 }}%s %(x)s\u200f \U0001f600 ß"
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)


def at_limits(fields: Iterable[Field], today: date, *, upper: bool) -> dict[str, Any]:
    """The least that may be answered (nothing, where that is allowed), or the most."""
    return {
        each.key: _limit(each, today, upper)
        for each in fields
        if upper or each.required or each.required_unless
    }


def _limit(asked: Field, today: date, upper: bool) -> Any:
    if asked.kind in (Kind.TEXT, Kind.LONG_TEXT):
        return (_AWKWARD * asked.max_length)[: asked.max_length if upper else 1].strip() or "x"
    if asked.kind is Kind.INTEGER:
        return asked.maximum if upper else asked.minimum
    if asked.kind is Kind.YES_NO:
        return upper
    codes = [code for code, _ in asked.choices]
    if asked.kind is Kind.CHOICES:
        return codes if upper else codes[:1]
    if asked.kind in (Kind.CHOICE, Kind.MEMBER):
        return codes[-1 if upper else 0] if codes else None
    day = _day(asked, today, upper)
    if asked.kind is Kind.DATE:
        return day
    return datetime.combine(day, time(23, 59) if upper else time(), LOCAL).astimezone(UTC)


def _day(asked: Field, today: date, upper: bool) -> date:
    days = asked.days[upper]
    if days is None:
        return _LAST_DAY if upper else _FIRST_DAY
    return today + timedelta(days=days)
