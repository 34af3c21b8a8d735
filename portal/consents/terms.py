"""What is asked when a consent is taken down: once for the talk, once for each recipient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from portal.accounts.models import Unit
from portal.clients.fields import DATA_CATEGORIES
from portal.clients.limits import counselling_ends_on
from portal.clients.models import Client
from portal.codes import LANGUAGES
from portal.consents import texts
from portal.consents.models import (
    CONFIRM_WITHIN_DAYS,
    DEFAULT_DAYS,
    DIRECTIONS,
    FORMS,
    KINDS,
    LONGEST_DAYS,
    OCCASIONS,
    PURPOSES,
)
from portal.problems import Invalid
from portal.wording import N_, Phrase
from portal.workflow import Field, Kind, clean

SHORTEST_PURPOSE = 30
# Consents for these have been held void: nobody can tell what they allow (domain 3.3).
VAGUE = ("zur beratung", "aufgabenerledigung", "soweit erforderlich", "alle partner")
SHEET_LANGUAGES = tuple(c for c in LANGUAGES if c[0] != "de" and texts.language_for(c[0]))
LATE_ENTRY_DAYS = 14  # a talk outside the office is entered when the advisor is back

TALK: tuple[Field, ...] = (
    Field(key="form", label=N_("Form der Einwilligung"), kind=Kind.CHOICE, choices=FORMS),
    Field(key="occasion", label=N_("Warum nur mündlich?"), kind=Kind.CHOICE, choices=OCCASIONS,
          required_if=("form", "oral_documented"),
          hint=N_("Die Bestätigung mit Unterschrift ist innerhalb von zehn Tagen nachzuholen.")),
    Field(key="language", label=N_("Sprache des Blatts neben Deutsch"), kind=Kind.CHOICE,
          choices=SHEET_LANGUAGES, required=False),
    Field(key="interpreter", label=N_("Gedolmetscht von"), required=False),
    Field(key="explained_on", label=N_("Erklärt am"), kind=Kind.DATE, default_days=0,
          days=(-LATE_ENTRY_DAYS, 0)),
    Field(key="explained", label=N_("Freiwilligkeit, Folgen einer Ablehnung und Widerruf erklärt"),
          kind=Kind.YES_NO),
    Field(key="copy_given", label=N_("Kopie ausgehändigt"), kind=Kind.YES_NO, required=False),
)  # fmt: skip
_AFTER_READING = ("explained", "copy_given")
BEFORE_READING = tuple(field for field in TALK if field.key not in _AFTER_READING)
ANSWERS = (("agreed", N_("stimmt zu")), ("refused", N_("lehnt ab")))
TERMS: tuple[Field, ...] = (
    Field(key="answer", label=N_("Die Person"), kind=Kind.CHOICE, choices=ANSWERS,
          default="agreed"),
    Field(key="purpose", label=N_("Wofür?"), kind=Kind.LONG_TEXT, max_length=500,
          hint=N_("Ein Satz, der genau diesen Fall beschreibt, mindestens 30 Zeichen.")),
    Field(key="valid_until", label=N_("Gültig bis"), kind=Kind.DATE, default_days=DEFAULT_DAYS,
          days=(0, LONGEST_DAYS)),
    Field(key="purpose_code", label=N_("Zweck"), kind=Kind.CHOICE, choices=PURPOSES,
          default="other"),
    Field(key="kind", label=N_("Art"), kind=Kind.CHOICE, choices=KINDS, default="sharing"),
    Field(key="direction", label=N_("Richtung"), kind=Kind.CHOICE, choices=DIRECTIONS,
          default="mutual"),
    Field(key="health", label=N_("Ausdrücklich auch Angaben zur Gesundheit"), kind=Kind.YES_NO,
          required=False),
)  # fmt: skip
CATEGORIES = Field(key="categories", label=N_("Welche Angaben?"), kind=Kind.CHOICES,
                   choices=DATA_CATEGORIES)  # fmt: skip

Stroke = tuple[tuple[int, int], ...]
MOST_POINTS = 6_000
FEWEST_POINTS = 12  # less is a slip of the finger, no signature


@dataclass(frozen=True)
class Terms:
    """What one recipient may be told, for what and until when; or that it may not."""

    recipient: Unit
    agreed: bool
    kind: str
    direction: str
    purpose_code: str
    purpose: str
    categories: tuple[str, ...]
    valid_until: date


@dataclass(frozen=True)
class Talk:
    """How the consent was explained and given. `strokes`: of a signature on the screen."""

    form: str
    occasion: str
    language: str
    interpreter: str
    explained_on: date
    copy_given: bool
    strokes: tuple[Stroke, ...] = ()

    @property
    def confirm_by(self) -> date | None:
        """What was only said holds for ten days."""
        if self.form != "oral_documented":
            return None
        return self.explained_on + timedelta(days=CONFIRM_WITHIN_DAYS)


def terms_of(client: Client, recipient: Unit, data: Mapping[str, Any], today: date) -> Terms:
    """The checked terms for one recipient (keys of TERMS and `categories`). Raises Invalid."""
    proposed = {field.key: field.default for field in TERMS if field.default is not None}
    values = clean((*TERMS, CATEGORIES), {**proposed, **data}, today)
    errors: dict[str, str] = {}
    purpose = values["purpose"]
    if len(purpose) < SHORTEST_PURPOSE:
        errors["purpose"] = N_("Bitte genauer: mindestens 30 Zeichen, auf diesen Fall.")
    elif any(phrase in purpose.casefold() for phrase in VAGUE):
        errors["purpose"] = N_("Das ist zu allgemein, um gültig zu sein. Wofür genau ist es nötig?")
    ends_on = counselling_ends_on(client.counselling_started_on, today)
    if ends_on is not None and values["valid_until"] > ends_on:
        errors["valid_until"] = Phrase(
            N_("Länger als die Beratung kann sie nicht gelten. Spätestens: %(day)s"), day=ends_on
        )
    agreed = values["answer"] == "agreed"
    if agreed and "health" in values["categories"] and not values["health"]:
        errors["health"] = N_("Angaben zur Gesundheit brauchen ein ausdrückliches Ja.")
    if errors:
        raise Invalid(errors)
    return Terms(
        recipient=recipient,
        agreed=agreed,
        kind=values["kind"],
        direction=values["direction"],
        purpose_code=values["purpose_code"],
        purpose=purpose,
        # The request itself is what the consent is about, ticked or not.
        categories=tuple(sorted({"request", *values["categories"]})),
        valid_until=values["valid_until"],
    )


def sheet_talk_of(data: Mapping[str, Any], today: date) -> Talk:
    """What the sheet needs to know before it is read and signed. Raises Invalid."""
    values = clean(BEFORE_READING, {"explained_on": today, **data}, today)
    return Talk(
        form=values["form"],
        occasion=values["occasion"] or "" if values["form"] == "oral_documented" else "",
        language=values["language"] or "",
        interpreter=values["interpreter"] or "",
        explained_on=values["explained_on"],
        copy_given=False,
    )


def talk_of(data: Mapping[str, Any], today: date) -> Talk:
    """The checked talk (keys of TALK, and `strokes` as JSON). Raises Invalid."""
    values = clean(TALK, {"explained_on": today, **data}, today)
    form = values["form"]
    if not values["explained"]:
        raise Invalid({"explained": N_("Ohne Erklärung gilt die Einwilligung nicht.")})
    if not values["copy_given"] and form != "oral_documented":
        raise Invalid({"copy_given": N_("Bitte geben Sie der Person eine Kopie mit.")})
    drawn = _strokes(data.get("strokes")) if form == "screen_signed" else ()
    return replace(sheet_talk_of(data, today), copy_given=bool(values["copy_given"]), strokes=drawn)


def _strokes(drawn: Any) -> tuple[Stroke, ...]:
    """The lines of a signature: points from 0 to 1000 each way, as the page sends them."""
    try:
        strokes = tuple(tuple((int(x), int(y)) for x, y in line) for line in json.loads(drawn))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        strokes = ()
    points = [point for line in strokes for point in line]
    inside = all(0 <= x <= 1000 and 0 <= y <= 1000 for x, y in points)
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS or not inside:
        raise Invalid({"form": N_("Die Unterschrift fehlt. Bitte unterschreiben lassen.")})
    return strokes
