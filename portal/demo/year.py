"""Nine months of handoffs: who is sent where and when, drawn by chance and the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from portal.demo.accounts import ACCOUNTS
from portal.demo.crowd import SEED, drawn
from portal.demo.journeys import (
    ELSEWHERE,
    JOURNEYS,
    NINE_MONTHS,
    VOLUNTEER,
    At,
    In,
    Journey,
    Pick,
)
from portal.demo.offers import OFFERS, Offer
from portal.demo.offices import OF_THE_WEEK
from portal.demo.people import JONAS, KATRIN, MARLENE, MIRIAM, Person
from portal.demo.story import Clock, Day, Member, Step, Story
from portal.demo.wishes import needs_of, suits, wish
from portal.lifecycle import LONGEST_SILENCE_DAYS
from portal.registry import registry
from portal.working_days import add_working_days, is_working_day

CONSENT_DAYS, COURSE_DAYS = 182, 350  # a course may take the most of a year
MOST_OF_ONE = 3  # handoffs of the same person
SETTLED = 3  # days after the first talk
URGENCIES = {"normal": 78, "soon": 17, "urgent": 5}
# What comes up for these, and what waits in their offices, is told by the worked week alone.
BUSY = (KATRIN, JONAS, MIRIAM, MARLENE)
_LED_OFFICES = {office for a in ACCOUNTS for office, role in a.serves if role == "team_lead"}
LED = frozenset(a.name for a in ACCOUNTS if a.serves[0][0] in _LED_OFFICES)
BUSY_OFFICES = frozenset(office.key for office in OF_THE_WEEK)


def _ahead(day: date, count: int, key: str) -> date:
    """So many working days on; a next date not later than the portal allows."""
    ahead, latest = add_working_days(day, count), day + timedelta(days=LONGEST_SILENCE_DAYS)
    while key == "next_on" and (ahead > latest or not is_working_day(ahead)):
        ahead -= timedelta(days=1)
    return ahead


class Year:
    """Draws handoffs of `people` before a Monday; `counties` names that of each municipality."""

    def __init__(self, monday: date, people: Sequence[Person], counties: Mapping[str, str]) -> None:
        self.chance = Random(SEED)
        self.monday = monday
        self.people = people
        self.counties = counties
        self.suited = {
            (offer, need): self._suited(offer, need)
            for offer in OFFERS
            if offer.closed_days is None
            for need in needs_of(offer, registry().referral_type(offer.type).goal_areas)
        }
        self.handoffs: Counter[str] = Counter()
        # Nobody goes to an office twice: a consent of the first time would end during the second.
        self.known: set[tuple[str, str]] = set()
        before = (monday - timedelta(days=n) for n in range(1, NINE_MONTHS * 2))
        self.open_days = [day for day in before if is_working_day(day)]  # the last one first

    def _suited(self, offer: Offer, need: str) -> list[Person]:
        """Those who live near enough and for whom it is plausible, whenever."""
        near = set(offer.reach(self.counties))
        return [p for p in self.people if p.place in near and suits(p, offer, need)]

    def stories(self) -> Iterator[Story]:
        for kind, journeys in JOURNEYS.items():
            for journey in journeys:
                for _ in range(journey.count):
                    yield self._story(kind, journey)

    def _story(self, kind: str, journey: Journey) -> Story:
        gaps = [self.chance.randint(*move.after) for move in journey.moves]
        latest = min(journey.ago[1], NINE_MONTHS - sum(gaps))
        ago = self.chance.randint(journey.ago[0], max(latest, journey.ago[0]))
        began, ended = self.open_days[ago + sum(gaps) - 1], self.open_days[ago - 1]
        offer, need, people = self._match(kind, journey, began, ended)
        person = self._least_sent(people)
        # Whoever is redirected was at a similar office first.
        others = self._others(offer, need) if journey.goes_elsewhere else [offer]
        first = self.chance.choice(others)
        self.known |= {(person.key, offer.office), (person.key, first.office)}
        need, concern, form = wish(self.chance, person, offer, need)
        steps, left = [], ago + sum(gaps)
        for move, gap in zip(journey.moves, gaps, strict=True):
            left -= gap
            day = self.open_days[left - 1]
            data = {key: self._value(day, key, value, offer) for key, value in move.data.items()}
            steps.append(Step(self._number(day), move.action, data))
        urgency, number = drawn(self.chance, URGENCIES), self._number(began)
        until = number + (COURSE_DAYS if kind.startswith("sprachkurs") else CONSENT_DAYS)
        return Story(person.key, first.key, number, concern, tuple(steps), need, urgency, until,
                     form)  # fmt: skip

    def _match(
        self, kind: str, journey: Journey, began: date, ended: date
    ) -> tuple[Offer, str, list[Person]]:
        """A service and a need for which there are people to be sent there at that time."""
        talked_by, ends = self._number(began) - SETTLED, self._number(ended)
        stirs, mistaken = journey.stirs, journey.mistaken

        def free(person: Person, offer: Offer) -> bool:
            return (
                person.since <= talked_by
                and (person.until is None or (person.until > ends and not journey.open))
                and self.handoffs[person.key] < MOST_OF_ONE
                and (person.key, offer.office) not in self.known
                and not (stirs and person.advisor in BUSY)
                and not (mistaken and person.advisor not in LED)
            )

        return self.chance.choice([
            (offer, need, people)
            for (offer, need), suited in self.suited.items()
            if offer.type == kind and journey.need in ("", need)
            and not (journey.open and offer.office in BUSY_OFFICES)
            and (not journey.goes_elsewhere or self._others(offer, need))
            and (people := [person for person in suited if free(person, offer)])
        ])  # fmt: skip

    def _least_sent(self, people: list[Person]) -> Person:
        fewest = min(self.handoffs[person.key] for person in people)
        person = self.chance.choice([p for p in people if self.handoffs[p.key] == fewest])
        self.handoffs[person.key] += 1
        return person

    def _others(self, offer: Offer, need: str) -> list[Offer]:
        """Services of the same kind for the same need in the same county, of other offices."""
        near = {self.counties[place] for place in offer.reach(self.counties)}
        return [
            other
            for other, its_need in self.suited
            if other.type == offer.type and other.office != offer.office and its_need == need
            and near & {self.counties[place] for place in other.reach(self.counties)}
        ]  # fmt: skip

    def _value(self, day: date, key: str, value: Any, offer: Offer) -> Any:
        """What a move enters, as the stories of the week tell it."""
        if isinstance(value, Pick):
            return self.chance.choice(value.values)
        if isinstance(value, In):
            return Day(self._number(_ahead(day, value.days, key)))
        if isinstance(value, At):
            ahead = add_working_days(day, value.days)
            return Clock(self._number(ahead), value.hour, value.minute)
        if value == ELSEWHERE:
            return offer.key
        if value == VOLUNTEER:
            serving = (offer.office, "volunteer")
            return Member(self.chance.choice([a.name for a in ACCOUNTS if serving in a.serves]))
        return value

    def _number(self, day: date) -> int:
        return (day - self.monday).days
