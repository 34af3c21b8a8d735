"""How the demo's referrals are told: one Story each, days counted from the worked Monday."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.workflow import LOCAL

# What a Jobcenter is asked for, by the need behind it.
JOBCENTER_REQUESTS = {
    "benefits_finance": "clarification",
    "language": "course_obligation",
    "work": "measure",
    "recognition": "recognition",
}


@dataclass(frozen=True)
class Day:
    """A date, counted in days from the worked Monday."""

    number: int

    def on(self, monday: date) -> date:
        return monday + timedelta(days=self.number)


@dataclass(frozen=True)
class Clock:
    """A point in time on such a day."""

    number: int
    hour: int
    minute: int = 0

    def on(self, monday: date) -> datetime:
        day = monday + timedelta(days=self.number)
        return datetime.combine(day, time(self.hour, self.minute), LOCAL)


@dataclass(frozen=True)
class Member:
    """Somebody of the receiving office, by name."""

    name: str


@dataclass(frozen=True)
class Step:
    """What somebody does on a day; who it is follows from whose move it is.

    Besides the moves of the workflow: `revoke` ends the consent, `void` marks a mistake, and
    after `again` (`offer` names another service) the further steps are the successor's.
    `recorded` says how the answer of a partner who does not use the portal became known.
    """

    day: int
    action: str
    data: dict[str, Any] = field(default_factory=dict)
    recorded: str = ""


def on(day: int, action: str, recorded: str = "", **data: Any) -> Step:
    return Step(day, action, data, recorded)


@dataclass(frozen=True)
class Story:
    """One referral: of whom, to which service, written on which day, and what came of it.

    `concern` is the answer to the one long question of a kind that has one; `form` holds the
    other answers, as far as a plain one would not do.
    """

    client: str
    offer: str
    day: int
    concern: str
    steps: tuple[Step, ...] = ()
    goal_area: str = ""
    urgency: str = "normal"
    consent_until: int = 150
    form: dict[str, Any] = field(default_factory=dict)


def working_monday(today: date) -> date:
    """The Monday of this week; on a weekend the coming one, so that the week lies ahead."""
    ahead = 7 if today.weekday() >= 5 else 0
    return today - timedelta(days=today.weekday()) + timedelta(days=ahead)
