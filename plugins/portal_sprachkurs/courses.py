"""Course kinds, the levels they lead to, and by when a course should start: with source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.api import CEFR_LEVELS, N_, Choice


@dataclass(frozen=True, kw_only=True)
class StartClock:
    """A course should begin within so many weeks of the registration."""

    weeks: int
    rule: str
    source: str
    as_of: int  # the year of the text in which the rule was checked

    def start_by(self, registered_on: date) -> date:
        return registered_on + timedelta(weeks=self.weeks)


_INTEGRATION = StartClock(
    weeks=6, source="§ 7 Abs. 4 IntV", as_of=2022,
    rule=N_("Sonst informiert der Kursträger die Person und das BAMF."),
)  # fmt: skip
_VOCATIONAL = StartClock(
    weeks=4, source="§ 9 Abs. 3 DeuFöV", as_of=2022,
    rule=N_("Sonst informiert der Kursträger die Person, das BAMF und das ausstellende Amt."),
)  # fmt: skip

# Courses for people with disabilities have no code here: the wish would tell of their health.
FEDERAL: tuple[Choice, ...] = (
    ("general", N_("Allgemeiner Integrationskurs")),
    ("literacy", N_("Alphabetisierungskurs")),
    ("second_script", N_("Kurs für Zweitschriftlernende")),
    ("low_literacy", N_("Kurs für gering Literalisierte")),
    ("intensive", N_("Intensivkurs")),
    ("vocational_b2", N_("Berufssprachkurs bis B2")),
    ("vocational_c1", N_("Berufssprachkurs bis C1 oder C2")),
    ("vocational_special", N_("Berufssprachkurs für ein Fach oder bis A2, B1")),
)
STATE: tuple[Choice, ...] = (
    ("state_literacy", N_("Alphabetisierung")),
    ("state_basic", N_("Grundkurs")),
    ("state_advanced", N_("Aufbaukurs bis C1")),
    ("state_parents", N_("Elternkurs mit Kinderbetreuung")),
    ("state_women", N_("Frauenkurs")),
    ("state_evening", N_("Kurs neben der Arbeit, abends")),
    ("state_training", N_("Intensivkurs vor der Ausbildung")),
    ("state_cafe", N_("Sprachcafé")),
)
KINDS: tuple[Choice, ...] = FEDERAL + STATE
START_CLOCKS: dict[str, StartClock] = {
    key: _VOCATIONAL if key.startswith("vocational") else _INTEGRATION for key, _ in FEDERAL
}
LEVELS: tuple[Choice, ...] = tuple(level for level in CEFR_LEVELS if level[0] != "unknown")

# How long a seat may be held: a rule of this portal, not of the law.
OFFER_LASTS = 10  # working days at most
