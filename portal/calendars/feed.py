"""Appointments as an iCalendar file (RFC 5545), which says no more than when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from icalendar import Calendar, Event, Timezone

from portal.workflow import LOCAL

REFRESHED = timedelta(hours=1)
# By rule and not by a list of years: right for every appointment, however far ahead.
BERLIN = b"""\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


class Entry(NamedTuple):
    """An appointment as a calendar may know it. What has the same `series_id` is one entry."""

    series_id: UUID
    sequence: int
    reference: str
    starts_at: datetime
    changed_at: datetime
    cancelled: bool


def written(entries: Iterable[Entry], *, name: str, title: str) -> bytes:
    """The file. `name` is that of the calendar, `title` stands before each reference."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Hand in Hand//Portal//DE")
    calendar.add("VERSION", "2.0")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", REFRESHED, {"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", REFRESHED)
    calendar.add_component(Timezone.from_ical(BERLIN))
    for entry in entries:
        calendar.add_component(_event(entry, title))
    file: bytes = calendar.to_ical()
    return file


def _event(entry: Entry, title: str) -> Event:
    event = Event()
    event.add("UID", str(entry.series_id))
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.changed_at.astimezone(UTC))
    event.add("DTSTART", _start(entry.starts_at))
    event.add("SUMMARY", f"{title} {entry.reference}")
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return event


def _start(moment: datetime) -> datetime:
    """In local time, save in the hour that a night in October has twice: there local time means
    the first of the two."""
    local = moment.astimezone(LOCAL)
    return moment.astimezone(UTC) if local.fold else local
