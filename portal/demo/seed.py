"""Fills an empty portal with the demo county, every step at its moment and by its own command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Membership, Organisation, Unit
from portal.actor import Actor
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.demo import circles_and_courses, ortenau, rems_murr
from portal.demo.county import ACCOUNTS, MAIL_DOMAIN, MANDATES, MARKER, OFFERS, OFFICES, Offer
from portal.demo.factory import Factory
from portal.demo.people import PEOPLE, Person
from portal.demo.story import (
    JOBCENTER_REQUESTS,
    Clock,
    Day,
    Member,
    Step,
    Story,
    working_monday,
)
from portal.extensions import db
from portal.network.models import Delivery, Municipality, Service
from portal.referrals import commands, packages, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import LOCAL, Action, Kind, Side
from portal.working_days import add_working_days

STORIES = (*ortenau.STORIES, *rems_murr.STORIES, *circles_and_courses.STORIES)
EXPIRES_AFTER = 25  # working days without an answer


@dataclass(frozen=True)
class Happening:
    """Something that is done at a moment; all of them are done in the order of time."""

    moment: datetime
    do: Callable[[datetime], None]


def is_seeded() -> bool:
    return bool(db.session.scalar(select(Organisation.id).where(Organisation.name == MARKER)))


def seed(
    now: datetime, password: str,
    watch: Callable[[list[Happening]], Iterable[Happening]] = iter,
) -> bool:  # fmt: skip
    """Add the demo county around `now` in the caller's transaction; False if it is there already.

    `password` is the hash that all accounts share; `watch` may show how far it is.
    """
    if is_seeded():
        return False
    county = County(now, password)
    for happening in watch(county.happenings()):
        happening.do(happening.moment)
    registry().hook.portal_seed(factory=county.factory)
    return True


class County:
    """The offices, services and accounts, and what happens between them."""

    def __init__(self, now: datetime, password: str) -> None:
        self.factory = Factory(now, password)
        self.monday = working_monday(now.astimezone(LOCAL).date())
        self.places = {place.name: place.ags for place in db.session.scalars(select(Municipality))}
        self.units = {office.key: self._unit(office.key) for office in OFFICES}
        self.offers = {offer.key: offer for offer in OFFERS}
        self.services = {offer.key: self._service(offer) for offer in OFFERS}
        self.members: dict[str, Membership] = {}  # by name, where they serve first
        self.staff: dict[tuple[str, str], list[Membership]] = {}  # by office and role
        for account in ACCOUNTS:
            for office, role in account.serves:
                member = self.factory.member(account.name, self.units[office], role, account.email)
                self.members.setdefault(account.name, member)
                self.staff.setdefault((office, role), []).append(member)
        self._mandates()
        self.clients: dict[str, Client] = {}

    def _unit(self, key: str) -> Unit:
        office = next(office for office in OFFICES if office.key == key)
        organisation = self.factory.organisation(office.organisation, office.kind, office.regime)
        email = f"{key.replace('_', '-')}@{MAIL_DOMAIN}"
        return self.factory.unit(organisation, office.unit, phone=office.phone, email=email,
                                 address=office.address)  # fmt: skip

    def _service(self, offer: Offer) -> Service:
        return self.factory.service(
            self.units[offer.office], offer.type, offer.name,
            goal_areas=offer.goal_areas, languages=offer.languages,
            municipalities=[self.places[name] for name in offer.places],
            description=offer.description, waiting_weeks=offer.waiting_weeks,
            accepts_new=offer.accepts_new, neutral_name=offer.neutral_name,
        )  # fmt: skip

    def _mandates(self) -> None:
        for mandate in MANDATES:
            until = date.fromisoformat(mandate.valid_until) if mandate.valid_until else None
            db.session.add(
                Delivery(municipality_ags=self.places[mandate.municipality],
                         unit_id=self.units[mandate.office].id, model=mandate.model,
                         valid_from=date.fromisoformat(mandate.valid_from), valid_until=until)
            )  # fmt: skip

    def happenings(self) -> list[Happening]:
        """Everything that happened before the worked week begins, in the order of time."""
        found: list[Happening] = []
        for number, person in enumerate(PEOPLE):
            found.append(Happening(self.moment(person.since, number),
                                   partial(self._meet, person, number)))  # fmt: skip
        for number, story in enumerate(STORIES):
            telling = Telling(self, story, number)
            found.append(Happening(self.moment(story.day, number), telling.write))
            for position, step in enumerate(story.steps, start=1):
                moment = self.moment(self._day(story, step), number + 20 * position)
                found.append(Happening(moment, partial(telling.go_on, step)))
        return sorted(found, key=lambda happening: happening.moment)

    def moment(self, day: int, minutes: int) -> datetime:
        """That many minutes after the doors open on a day."""
        opening = datetime.combine(self.monday, time(8), LOCAL)
        return opening + timedelta(days=day, minutes=minutes)

    def _day(self, story: Story, step: Step) -> int:
        if step.action != "expire":
            return step.day
        sent_on = self.monday + timedelta(days=story.day)
        return (add_working_days(sent_on, EXPIRES_AFTER) - self.monday).days

    def _meet(self, person: Person, number: int, moment: datetime) -> None:
        today = moment.date()
        profile: dict[str, Any] = {
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": date(self.monday.year - person.age, 1 + number % 12, 1 + number % 28),
            "municipality": self.places[person.place],
            "contact_language": person.language,
            "phone": f"0000 55{number:02}",
            "residence_title": person.title,
            "residence_valid_until": self.monday + timedelta(days=40 + 17 * number),
            "benefit_system": person.benefit,
            "german_level": person.german,
            "german_as_of": today,
            "accommodation_type": person.housing,
            "accommodation_since": today - timedelta(days=30),
            **person.more,
        }
        advisor = self.members[person.advisor]
        self.clients[person.key] = self.factory.at(moment).client(advisor, **profile)


class Telling:
    """One story on its way: which referral it is about by now."""

    def __init__(self, county: County, story: Story, number: int) -> None:
        self.county = county
        self.story = story
        self.number = number
        self.offer = county.offers[story.offer]
        self.referral: Referral  # by now; held, or the session would load it at every step

    @property
    def client(self) -> Client:
        return self.county.clients[self.story.client]

    @property
    def advisor(self) -> Membership:
        person = next(person for person in PEOPLE if person.key == self.story.client)
        return self.county.members[person.advisor]

    def write(self, moment: datetime) -> None:
        service = self.county.services[self.offer.key]
        questions = registry().referral_type(service.type).form
        form = self._resolved(self.story.form)
        form |= {q.key: self.story.concern for q in questions if q.kind is Kind.LONG_TEXT}
        if service.type == "jobcenter":
            form |= {"request": JOBCENTER_REQUESTS[self.story.goal_area],
                     "documents": ["identity", "letter"]}  # fmt: skip
        self.referral = self.county.factory.at(moment).draft(
            self.advisor, self.client, service, goal_area=self.story.goal_area, form=form,
            urgency=self.story.urgency,
        )  # fmt: skip

    def go_on(self, step: Step, moment: datetime) -> None:
        factory = self.county.factory.at(moment)
        act = factory.actor(self.advisor)
        if step.action == "again":
            if "offer" in step.data:
                self.offer = self.county.offers[step.data["offer"]]
            service = self.county.services[self.offer.key]
            self.referral = commands.send_again(act, self.referral.id, service.id)
        elif step.action == "revoke":
            assert self.referral.consent_id
            commands.revoke_consent(act, self.referral.consent_id)
        elif step.action == "void":
            commands.void(factory.actor(self._lead()), self.referral.id, step.data)
        else:
            if step.action == "send":
                self._consent(factory)
            self._move(factory, step)

    def _move(self, factory: Factory, step: Step) -> None:
        workflow = registry().referral_type(self.referral.type).workflow
        action = workflow.action(step.action)
        if action.side is Side.SYSTEM:
            commands.perform(Actor.system(factory.now), self.referral.id, step.action, {})
            return
        answering = action.side is Side.RECEIVER and not step.recorded
        factory.move(
            self._partner(action) if answering else self.advisor, self.referral.id, step.action,
            self._resolved(step.data), recorded_source=step.recorded,
        )  # fmt: skip

    def _consent(self, factory: Factory) -> None:
        categories = packages.categories_of(packages.offered_by(self.referral))
        unit = self.county.units[self.offer.office]
        today = factory.now.date()
        if consents.covering(self.client.id, unit.id, categories, today) is None:
            factory.consent(
                self.advisor, self.client, unit, categories=categories, purpose=self.offer.purpose,
                valid_until=self.county.monday + timedelta(days=self.story.consent_until),
            )  # fmt: skip

    def _partner(self, action: Action) -> Membership:
        """Somebody of the office who has the right that this move needs."""
        needed = action.permission or policy.USUAL_RIGHT[action.side]
        staff = [
            member
            for (office, _), found in self.county.staff.items()
            for member in found
            if office == self.offer.office and self.county.factory.actor(member).may(needed)
        ]
        return staff[self.number % len(staff)]

    def _lead(self) -> Membership:
        leads = (m for (_, role), found in self.county.staff.items() if role == "team_lead"
                 for m in found)  # fmt: skip
        return next(lead for lead in leads if lead.unit_id == self.advisor.unit_id)

    def _resolved(self, data: dict[str, Any]) -> dict[str, Any]:
        return {key: self._value(value) for key, value in data.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, Day | Clock):
            return value.on(self.county.monday)
        if isinstance(value, Member):
            return str(self.county.members[value.name].id)
        return value
