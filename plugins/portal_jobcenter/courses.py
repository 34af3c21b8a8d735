"""Course kinds a Jobcenter may oblige to, and by when one must register: dated, with source."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from portal.api import N_, Choice


@dataclass(frozen=True, kw_only=True)
class Course:
    """`months` to register after the obligation; None where the law names no length."""

    key: str
    label: str
    months: int | None
    rule: str
    source: str
    as_of: int  # the year of the consolidated text in which the rule was checked

    def register_by(self, decided_on: date) -> date | None:
        return None if self.months is None else _months_later(decided_on, self.months)


_AT_ONCE = N_("Die Anmeldung bei einem Kursträger muss ohne Verzögerung folgen.")

COURSES: dict[str, Course] = {
    course.key: course
    for course in (
        Course(key="integration_course", label=N_("Integrationskurs"), months=None,
               rule=_AT_ONCE, source="§ 44a AufenthG", as_of=2022),
        Course(key="literacy_course", label=N_("Alphabetisierungskurs"), months=None,
               rule=_AT_ONCE, source="§ 44a AufenthG", as_of=2022),
        Course(key="vocational_course", label=N_("Berufssprachkurs"), months=3,
               rule=N_("Ohne Anmeldung erlischt die Berechtigung nach drei Monaten."),
               source="§ 6 Abs. 3 DeuFöV", as_of=2022),
    )
}  # fmt: skip
CHOICES: tuple[Choice, ...] = tuple((course.key, course.label) for course in COURSES.values())


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
