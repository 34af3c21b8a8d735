"""What an advice service is told: a subject in neutral words and who leads, never the story."""

from __future__ import annotations

from portal.api import N_, NAMELESS_PREVIEW, Choice, Field, Kind

# No word here tells of debts, addiction, a pregnancy or a trauma: the first talk does.
SUBJECTS: tuple[Choice, ...] = (
    ("settling_in", N_("Ankommen und Alltag")),
    ("youth", N_("Schule, Ausbildung und junge Menschen")),
    ("family", N_("Familie und Partnerschaft")),
    ("money", N_("Geld und Verträge")),
    ("personal", N_("Persönliche Lage")),
    ("papers", N_("Behörden und Unterlagen")),
)
# The role of the advice service. One leads: two would each plan for the same person.
LEAD_ROLES: tuple[Choice, ...] = (
    ("contributing", N_("Das Integrationsmanagement, die Beratungsstelle arbeitet mit")),
    ("lead", N_("Die Beratungsstelle")),
    ("informed", N_("Das Integrationsmanagement, die Beratungsstelle weiß nur davon")),
)

QUESTIONS: tuple[Field, ...] = (
    Field(
        key="subject", label=N_("Themenbereich"), kind=Kind.CHOICE, choices=SUBJECTS,
        hint=N_("Nur der Bereich. Worum es genau geht, sagt die Person selbst."),
    ),
    Field(
        key="lead_role", label=N_("Wer führt den Fall?"), kind=Kind.CHOICE, choices=LEAD_ROLES,
        default="contributing",
    ),
)  # fmt: skip
DISCLOSES = ("given_name", "family_name", "municipality", "phone", "email", "contact_way",
             "contact_language", "interpreter_needed")  # fmt: skip
PREVIEW = (*NAMELESS_PREVIEW, "subject", "lead_role")
