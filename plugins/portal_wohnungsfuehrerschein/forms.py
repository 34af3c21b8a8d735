"""What an advisor tells an organiser of workshops; the first language is in the client's record."""

from __future__ import annotations

from portal.api import N_, NAMELESS_PREVIEW, Choice, Field, Kind

LANGUAGES: tuple[Choice, ...] = (
    ("plain_german", N_("einfaches Deutsch")),
    ("interpreted", N_("Deutsch mit Sprachmittlung")),
    ("own", N_("in der eigenen Sprache")),
    ("english", N_("Englisch")),
)
TIMES: tuple[Choice, ...] = (
    ("weekday", N_("tagsüber in der Woche")),
    ("evening", N_("abends")),
    ("saturday", N_("samstags")),
)

QUESTIONS: tuple[Field, ...] = (
    Field(
        key="understands", label=N_("Was ist gut zu verstehen?"), kind=Kind.CHOICES,
        choices=LANGUAGES, category="communication",
    ),
    Field(key="times", label=N_("Zeit für den Workshop"), kind=Kind.CHOICES, choices=TIMES),
    Field(
        key="childcare_needed", label=N_("Kinderbetreuung nötig"), kind=Kind.YES_NO,
        category="household", required=False,
    ),
)  # fmt: skip

DISCLOSES = (
    "given_name", "family_name", "phone", "email", "contact_way", *NAMELESS_PREVIEW,
)  # fmt: skip
PREVIEW = (*NAMELESS_PREVIEW, *(question.key for question in QUESTIONS))
