"""The fields of the client record: one list for forms, packages and consents.

Only what a referral can need (domain 1.4). Religion, ethnicity, orientation, health, asylum
reasons, whereabouts and criminal matters have no field, on purpose (domain 3.2): what is not
stored cannot be passed on.
"""

from __future__ import annotations

from portal.clients import codes
from portal.codes import LANGUAGES
from portal.workflow import N_, Choice, Field, Kind

# What a consent names; a field's category says which of them covers it.
DATA_CATEGORIES: tuple[Choice, ...] = (
    ("request", N_("Anliegen")),
    ("person", N_("Name und Geburtsdatum")),
    ("contact", N_("Kontaktdaten und Wohnort")),
    ("communication", N_("Sprache und Verständigung")),
    ("language_level", N_("Deutschkenntnisse")),
    ("schooling", N_("Schule, Beruf und Anerkennung")),
    ("status_title", N_("Aufenthalt")),
    ("benefits", N_("Leistungsbezug")),
    ("housing", N_("Wohnen")),
    ("household", N_("Haushalt")),
    ("documents_list", N_("Liste vorhandener Unterlagen")),
    # Never of the record: what a plugin asks for in a form, and only with an explicit yes.
    ("health", N_("Gesundheit (ausdrücklich)")),
)


def _text(key: str, label: str, category: str, *, required: bool = False, hint: str = "") -> Field:
    return Field(key=key, label=label, category=category, required=required, hint=hint)


def _choice(
    key: str, label: str, category: str, choices: tuple[Choice, ...], *, required: bool = False
) -> Field:
    return Field(key=key, label=label, kind=Kind.CHOICE, category=category, choices=choices,
                 required=required)  # fmt: skip


def _day(key: str, label: str, category: str, days: tuple[int | None, int | None]) -> Field:
    return Field(key=key, label=label, kind=Kind.DATE, category=category, days=days, required=False)


_PAST = (None, 0)
_AROUND = (-366 * 20, 366 * 20)

GROUPS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    (
        N_("Person"),
        (
            _text("given_name", N_("Vorname"), "person", required=True),
            _text("family_name", N_("Nachname"), "person", required=True),
            _day("birth_date", N_("Geburtsdatum"), "person", _PAST),
        ),
    ),
    (
        N_("Kontakt und Verständigung"),
        (
            # Its choices are the municipalities; the form fills them in.
            _choice("municipality", N_("Gemeinde"), "contact", (), required=True),
            _text("phone", N_("Telefon"), "contact"),
            _text("email", N_("E-Mail"), "contact"),
            _text("address", N_("Anschrift"), "contact",
                  hint=N_("Bei einer Schutzunterkunft bitte leer lassen.")),
            _choice("contact_way", N_("Am besten erreichbar"), "contact", codes.CONTACT_WAYS),
            _choice("contact_language", N_("Sprache"), "communication", LANGUAGES,
                    required=True),
            Field(key="further_languages", label=N_("Weitere Sprachen"), kind=Kind.CHOICES,
                  choices=LANGUAGES, category="communication", required=False),
            Field(key="interpreter_needed", label=N_("Sprachmittlung nötig"), kind=Kind.YES_NO,
                  category="communication", required=False),
        ),
    ),
    (
        N_("Haushalt und Wohnen"),
        (
            Field(key="adults", label=N_("Erwachsene im Haushalt"), kind=Kind.INTEGER,
                  category="household", required=False, minimum=1, maximum=30),
            _text("children_ages", N_("Alter der Kinder"), "household",
                  hint=N_("Zum Beispiel: 2, 7, 11")),
            _choice("accommodation_type", N_("Unterbringung"), "housing",
                    codes.ACCOMMODATION_TYPES),
            _day("accommodation_since", N_("Dort seit"), "housing", _PAST),
            _text("housing_wish", N_("Wohnwunsch"), "housing"),
        ),
    ),
    (
        N_("Aufenthalt und Leistungen"),
        (
            _choice("residence_title", N_("Aufenthaltstitel"), "status_title",
                    codes.RESIDENCE_TITLES),
            _day("residence_valid_until", N_("Gültig bis"), "status_title", _AROUND),
            _choice("benefit_system", N_("Leistungsbezug"), "benefits", codes.BENEFIT_SYSTEMS),
            _day("benefit_change_on", N_("Wechsel erwartet am"), "benefits", _AROUND),
        ),
    ),
    (
        N_("Deutsch, Schule und Beruf"),
        (
            _choice("german_level", N_("Deutschniveau"), "language_level", codes.CEFR_LEVELS),
            _choice("german_evidence", N_("Nachweis"), "language_level", codes.EVIDENCE),
            _day("german_as_of", N_("Stand vom"), "language_level", _PAST),
            _choice("literacy", N_("Schriftkundigkeit"), "language_level", codes.LITERACY),
            _choice("school_level", N_("Schulbildung"), "schooling", codes.SCHOOL_LEVELS),
            Field(key="school_years", label=N_("Schuljahre"), kind=Kind.INTEGER,
                  category="schooling", required=False, maximum=20),
            _choice("vocational_level", N_("Berufsabschluss"), "schooling",
                    codes.VOCATIONAL_LEVELS),
            _text("occupation", N_("Beruf, Erfahrung"), "schooling"),
            _choice("recognition_state", N_("Anerkennung"), "schooling",
                    codes.RECOGNITION_STATES),
        ),
    ),
)  # fmt: skip

CLIENT_FIELDS: dict[str, Field] = {field.key: field for _, fields in GROUPS for field in fields}

# Where somebody hides is told to nobody, whatever a consent says (domain 4.2).
HIDDEN_IN_SHELTER = frozenset({"address", "municipality", "accommodation_type",
                               "accommodation_since"})  # fmt: skip
