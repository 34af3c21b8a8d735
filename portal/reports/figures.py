"""How handoffs went in a quarter: answered in time, late, not at all; and why partners declined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any

from portal.actor import Actor
from portal.extensions import db
from portal.lifecycle import Status
from portal.network.models import Municipality
from portal.referrals import policy
from portal.referrals.models import Referral
from portal.reports.suppression import THRESHOLD, TOTAL, Cell, Table, hidden_in
from portal.workflow import LOCAL, N_
from portal.working_days import working_days_between

OTHERS = "~"  # the key of the row of all small places; sorts behind every name
IN_TIME, LATE, NEVER, OPEN = "in_time", "late", "never", "open"
COURSES: dict[str, str] = {
    IN_TIME: N_("rechtzeitig beantwortet"),
    LATE: N_("zu spät beantwortet"),
    NEVER: N_("ohne Antwort beendet"),
    OPEN: N_("noch offen"),
}


@dataclass(frozen=True)
class Quarter:
    """Quarters do not overlap: of two that did, one could be subtracted from the other."""

    year: int
    number: int  # 1 to 4

    @classmethod
    def of(cls, day: date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def parse(cls, text: str) -> Quarter | None:
        """2026-Q4; None if it is no quarter."""
        year, _, number = text.partition("-Q")
        if len(year) == 4 and year.isdecimal() and number in ("1", "2", "3", "4") and int(year):
            return cls(int(year), int(number))
        return None

    def __str__(self) -> str:
        return f"{self.year:04}-Q{self.number}"

    @property
    def begins(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def before(self) -> Quarter:
        return Quarter.of(self.begins - timedelta(days=1))

    @property
    def after(self) -> Quarter:
        return Quarter.of(self.begins + timedelta(days=100))


@dataclass(frozen=True)
class Shown:
    """A table as it may be read: what is not to be told is None."""

    table: Table
    hidden: frozenset[Cell]

    def __getitem__(self, cell: Cell) -> int | None:
        return None if cell in self.hidden else self.table.counts[cell]

    def row(self, key: str) -> list[int | None]:
        """One row, its sum at the end; of TOTAL the sums of the columns."""
        return [self[key, column] for column in (*self.table.columns, TOTAL)]


@dataclass(frozen=True)
class Figures:
    """`kinds` and `places` count what was sent, by kind of partner and by municipality;
    `refusals` counts answers by municipality and reason; `days` are medians of working days from
    sending to the answer by kind, of all under TOTAL, where enough were answered."""

    kinds: Shown
    places: Shown
    refusals: Shown
    days: dict[str, float]


@dataclass(frozen=True)
class _Handoff:
    kind: str
    place: str
    course: str
    days: int | None  # until the answer
    reason: str | None


def figures(actor: Actor, quarter: Quarter) -> Figures:
    """Of everything that left in the quarter, as it stands today."""
    found = _handoffs(actor, quarter)
    kinds = Table.of(((each.kind, each.course) for each in found), tuple(COURSES))
    places = Table.of(_of_places((each.place, each.course) for each in found), tuple(COURSES))
    declined = _of_places((each.place, each.reason) for each in found if each.reason)
    refusals = Table.of(declined, sorted({reason for _, reason in declined}))
    in_kinds, in_places = hidden_in([kinds, places])
    return Figures(
        kinds=Shown(kinds, in_kinds),
        places=Shown(places, in_places),
        refusals=Shown(refusals, *hidden_in([refusals])),
        days=_medians(found),
    )


def _handoffs(actor: Actor, quarter: Quarter) -> list[_Handoff]:
    begin, end = (datetime.combine(q.begins, time(), LOCAL) for q in (quarter, quarter.after))
    rows = db.session.execute(
        policy.overseen(actor)
        .join(Municipality, Municipality.ags == Referral.municipality_ags)
        .where(Referral.sent_at >= begin, Referral.sent_at < end)
        .with_only_columns(
            Referral.type, Municipality.name.label("place"), Referral.status, Referral.code,
            Referral.due_on, Referral.sent_at, Referral.responded_at, Referral.closed_at,
        )
    )  # fmt: skip
    return [_handoff(row) for row in rows]


def _handoff(row: Any) -> _Handoff:
    reason = row.code if row.status == Status.DECLINED else None
    if row.responded_at is None:
        course = NEVER if row.closed_at else OPEN
        return _Handoff(row.type, row.place, course, None, reason)
    answered, sent = (at.astimezone(LOCAL).date() for at in (row.responded_at, row.sent_at))
    course = LATE if row.due_on is not None and answered > row.due_on else IN_TIME
    days = working_days_between(sent, answered)
    return _Handoff(row.type, row.place, course, days, reason)


def _of_places(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Places with too few to be shown are one row: it tells more than many rows of gaps."""
    found = list(pairs)
    sizes = Counter(place for place, _ in found)
    return [(place if sizes[place] >= THRESHOLD else OTHERS, what) for place, what in found]


def _medians(handoffs: Iterable[_Handoff]) -> dict[str, float]:
    days: dict[str, list[int]] = {}
    for each in handoffs:
        if each.days is not None:
            for key in (each.kind, TOTAL):
                days.setdefault(key, []).append(each.days)
    return {key: median(found) for key, found in days.items() if len(found) >= THRESHOLD}
