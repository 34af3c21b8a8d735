"""What an advisor tells a course provider; level and proof come from the client's record."""

from __future__ import annotations

from portal.api import N_, Choice, Field, Kind
from portal_sprachkurs import courses, entitlements

TIMES: tuple[Choice, ...] = (
    ("morning", N_("vormittags")),
    ("afternoon", N_("nachmittags")),
    ("evening", N_("abends")),
    ("weekend", N_("am Wochenende")),
    ("online", N_("online")),
)
RADIUS: tuple[Choice, ...] = (
    ("here", N_("nur im Ort")),
    ("30", N_("bis 30 Minuten Fahrt")),
    ("60", N_("bis 60 Minuten Fahrt")),
    ("county", N_("im ganzen Landkreis")),
)
_PAPER = "status_title"  # how somebody comes into a course tells of the residence status


def _kind(kinds: tuple[Choice, ...]) -> Field:
    return Field(key="wanted_kind", label=N_("Gewünschter Kurs"), kind=Kind.CHOICE, choices=kinds)


_ENTITLEMENT: tuple[Field, ...] = (
    Field(
        key="route", label=N_("Zugang zum Kurs"), kind=Kind.CHOICE, category=_PAPER,
        choices=entitlements.CHOICES, hint=entitlements.ADMISSION_FREEZE.says,
    ),
    Field(
        key="issued_on", label=N_("Berechtigung ausgestellt am"), kind=Kind.DATE, category=_PAPER,
        required_if=("route", "admission"), days=(-366 * 3, 0),
        hint=N_("Bei einer Zulassung nötig. Das Datum steht auf dem Berechtigungsschein."),
    ),
    Field(
        key="entitled_until", label=N_("Berechtigung gültig bis"), kind=Kind.DATE,
        category=_PAPER, required=False, days=(0, 366 * 2),
        hint=N_("Steht auf dem Berechtigungsschein."),
    ),
)  # fmt: skip
_EVERYDAY: tuple[Field, ...] = (
    Field(key="times", label=N_("Zeit für den Kurs"), kind=Kind.CHOICES, choices=TIMES),
    Field(key="radius", label=N_("Wie weit weg?"), kind=Kind.CHOICE, choices=RADIUS),
    Field(
        key="childcare_needed", label=N_("Kinderbetreuung nötig"), kind=Kind.YES_NO,
        category="household", required=False,
    ),
    Field(
        key="attendance_agreed", kind=Kind.YES_NO, required=False,
        label=N_("Einverstanden: Kursträger meldet, wie regelmäßig die Person kommt"),
        hint=N_("Nur als Stufe: regelmäßig, unregelmäßig, nicht mehr. Keine Fehltage."),
    ),
)  # fmt: skip

QUESTIONS = (_kind(courses.FEDERAL), *_ENTITLEMENT, *_EVERYDAY)
STATE_QUESTIONS = (_kind(courses.STATE), *_EVERYDAY)

DISCLOSES = (
    "given_name", "family_name", "municipality", "phone", "email", "contact_way",
    "contact_language", "german_level", "german_evidence", "german_as_of", "literacy",
)  # fmt: skip
# What is needed to find a seat; the first language is not.
PREVIEW = ("municipality", "german_level", "german_evidence", "german_as_of", "literacy")
