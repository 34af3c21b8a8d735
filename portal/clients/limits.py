"""How long somebody may be counselled: dated rules with their sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class CounsellingLimit:
    """`years`, in justified individual cases `extended_years`; from `valid_from` on."""

    valid_from: date
    years: int
    extended_years: int
    source: str


LIMITS = (CounsellingLimit(date(2023, 6, 6), 3, 4, "VwV Integrationsmanagement, 6 June 2023"),)


def counselling_ends_on(started_on: date, today: date) -> date | None:
    """The last day of a counselling that runs today; of one past the first limit the extended.

    None past that too: whether it goes on is the advisor's documented decision, not ours.
    """
    limit = max((rule for rule in LIMITS if rule.valid_from <= today), key=lambda r: r.valid_from)
    ends = (_years_after(started_on, years) for years in (limit.years, limit.extended_years))
    return next((end for end in ends if end >= today), None)


def _years_after(day: date, years: int) -> date:
    # The 29th of February has an anniversary in every fourth year only.
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)
