"""Fills an empty portal with the demo counties, every step at its moment and by its own command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select, update

from portal.accounts.models import Organisation
from portal.demo import circles_and_courses, ortenau, rems_murr, rights
from portal.demo.county import County
from portal.demo.crowd import crowd
from portal.demo.offices import MARKER
from portal.demo.people import PEOPLE
from portal.demo.telling import Telling
from portal.demo.year import Year
from portal.extensions import db
from portal.outbox import InboxItem, OutboxMessage
from portal.registry import registry

STORIES = (*ortenau.STORIES, *rems_murr.STORIES, *circles_and_courses.STORIES)


@dataclass(frozen=True)
class Happening:
    """Something that is done at a moment; all of them are done in the order of time."""

    moment: datetime
    do: Callable[[datetime], object]


def is_seeded() -> bool:
    return bool(db.session.scalar(select(Organisation.id).where(Organisation.name == MARKER)))


def seed(
    now: datetime, password: str,
    watch: Callable[[list[Happening]], Iterable[Happening]] = iter, *, whole: bool = True,
) -> bool:  # fmt: skip
    """Add the demo counties around `now` in the caller's transaction; False if they are there.

    `password` is the hash that all accounts share; `watch` may show how far it is. Not `whole`:
    the people and stories of the worked week alone, in a few seconds.
    """
    if is_seeded():
        return False
    county = County(now, password)
    for happening in watch(happenings(county, whole=whole)):
        happening.do(happening.moment)
    registry().hook.portal_seed(factory=county.factory)
    _deliver(county)
    return True


def happenings(county: County, *, whole: bool) -> list[Happening]:
    """Everything that happened before the worked week begins, in the order of time."""
    others = crowd() if whole else ()
    year = Year(county.monday, others, county.counties).stories() if whole else ()
    found: list[Happening] = []
    for number, person in enumerate((*PEOPLE, *others)):
        moment = county.moment(county.open_day(person.since), number)
        found.append(Happening(moment, partial(county.meet, person, number)))
        if person.until is not None:
            moment = county.moment(county.open_day(person.until), number)
            found.append(Happening(moment, partial(county.part, person)))
    for number, story in enumerate((*STORIES, *year)):
        telling = Telling(county, story, number)
        found.append(Happening(county.moment(story.day, number), telling.write))
        for position, step in enumerate(story.steps, start=1):
            moment = county.moment(telling.day_of(step), number + 20 * position)
            found.append(Happening(moment, partial(telling.go_on, step)))
    found += [Happening(moment, do) for moment, do in rights.happenings(county)]
    return sorted(found, key=lambda happening: happening.moment)


def _deliver(county: County) -> None:
    """The worker ran until the last day on which offices were open: that day's messages wait."""
    last_day = county.moment(county.open_day(-1), -8 * 60)
    written = OutboxMessage.created_at
    sent = update(OutboxMessage).where(written < last_day)
    db.session.execute(sent.values(spread_at=written, delivered_at=written))
    read = update(InboxItem).where(InboxItem.at < last_day)
    db.session.execute(read.values(read_at=InboxItem.at))
