"""Who is reminded of an open referral when, when it escalates and when it expires, as data.

Pure. All days are working days of Baden-Württemberg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.lifecycle import Status
from portal.working_days import add_working_days

DUE_AFTER, EXPIRES_AFTER = 10, 25  # sent: an answer is due, nobody waits any longer
SENDER_ANSWERS_WITHIN, TEAM_LEAD_AFTER = 2, 5  # info_needed: reminder, then escalation
ESCALATED_AFTER = 5  # every other open status: past the day on which somebody should have acted
LAST_CHANCE = 5  # between an escalation and the end, also when the escalation came late
LEAST_PAST_DUE = 7  # a service may not end earlier after its due day: room for both of them
LONGEST_DUE, LONGEST_OPEN = 60, 120  # nor have longer days than these


class Notice(StrEnum):
    REMIND = "remind"  # whoever must act
    OVERDUE = "overdue"  # the sender: no answer by the day it was due
    ESCALATE = "escalate"  # who can make somebody act
    EXPIRE = "expire"  # the system ends it


@dataclass(frozen=True)
class Timetable:
    """Notices by the day of their clock; on its day `expected` it shows the referral's date."""

    expected: int
    notices: tuple[tuple[int, Notice], ...]

    def days(self, next_on: date) -> list[tuple[date, Notice]]:
        """The same as dates, for a referral that is expected to move by `next_on`."""
        return [
            (add_working_days(next_on, day - self.expected), notice) for day, notice in self.notices
        ]


def awaiting_answer(due: int = DUE_AFTER, expires: int = EXPIRES_AFTER) -> Timetable:
    """Of what was sent. By default 3 and 7 remind, 10 is due, 15 escalates, 25 expires; a service
    with other days gets the rest in proportion."""
    reminders = sorted({due * 3 // 10, due * 7 // 10} - {0})
    return Timetable(
        due,
        (
            *((day, Notice.REMIND) for day in reminders),
            (due, Notice.OVERDUE),
            (due + (expires - due) // 3, Notice.ESCALATE),
            (expires, Notice.EXPIRE),
        ),
    )


# The receiver's clock stands still; a question that stays open ends like any other silence.
ASKED = Timetable(
    SENDER_ANSWERS_WITHIN,
    (
        (SENDER_ANSWERS_WITHIN, Notice.REMIND),
        (TEAM_LEAD_AFTER, Notice.ESCALATE),
        (EXPIRES_AFTER, Notice.EXPIRE),
    ),
)
UNDER_WAY = Timetable(0, ((1, Notice.REMIND), (ESCALATED_AFTER, Notice.ESCALATE)))

TIMETABLES: Mapping[Status, Timetable] = {
    Status.SENT: awaiting_answer(),
    Status.INFO_NEEDED: ASKED,
    Status.WAITLISTED: UNDER_WAY,
    Status.ACCEPTED: UNDER_WAY,
    Status.SCHEDULED: UNDER_WAY,
    Status.IN_PROGRESS: UNDER_WAY,
    Status.PAUSED: UNDER_WAY,
}


def notices(
    status: Status, next_on: date, due: int | None = None, expires: int | None = None
) -> list[tuple[date, Notice]]:
    """What happens when while nobody moves; nothing for a status that waits for nobody.

    `due` and `expires` are the days of a service that has its own.
    """
    if status is Status.SENT and (due or expires):
        return awaiting_answer(due or DUE_AFTER, expires or EXPIRES_AFTER).days(next_on)
    found = TIMETABLES.get(status)
    return found.days(next_on) if found else []
