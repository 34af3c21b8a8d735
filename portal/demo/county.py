"""The demo's two counties as rows: offices, what they offer, who works there and who delivers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Membership, Unit
from portal.clients.models import Client
from portal.demo.accounts import ACCOUNTS
from portal.demo.factory import Factory
from portal.demo.mandates import MANDATES
from portal.demo.offers import OFFERS, Offer
from portal.demo.offices import OFFICES, Office
from portal.demo.people import Person
from portal.demo.story import working_monday
from portal.extensions import db
from portal.network.models import Delivery, Municipality, Service
from portal.referrals.endings import close_client
from portal.workflow import LOCAL
from portal.working_days import is_working_day


class County:
    """What the stories need to find: `clients` fills while they are told."""

    def __init__(self, now: datetime, password: str) -> None:
        self.factory = Factory(now, password)
        self.monday = working_monday(now.astimezone(LOCAL).date())
        places = db.session.scalars(select(Municipality).order_by(Municipality.ags)).all()
        self.places = {place.name: place.ags for place in places}
        self.counties = {place.name: place.county for place in places}
        self.units = {office.key: self._unit(office) for office in OFFICES}
        self.offers = {offer.key: offer for offer in OFFERS}
        self.services = {offer.key: self._service(offer) for offer in OFFERS}
        for service in self.services.values():
            # A thousand rows that every bulk statement would go through.
            db.session.expire(service, ["languages", "municipalities"])
        self.members: dict[str, Membership] = {}  # by name, where they serve first
        self.staff: dict[str, list[Membership]] = {office.key: [] for office in OFFICES}
        for account in ACCOUNTS:
            for office, role in account.serves:
                member = self.factory.member(account.name, self.units[office], role, account.email)
                self.members.setdefault(account.name, member)
                self.staff[office].append(member)
        self._mandates()
        self.clients: dict[str, Client] = {}  # by the key of the person
        self.advisors: dict[str, Membership] = {}  # the same

    def _unit(self, office: Office) -> Unit:
        organisation = self.factory.organisation(office.organisation, office.kind, office.regime)
        return self.factory.unit(organisation, office.unit, phone=office.phone,
                                 email=office.email, address=office.address)  # fmt: skip

    def _service(self, offer: Offer) -> Service:
        reached = offer.reach(self.counties) if offer.places else ()
        closed = offer.closed_days
        reopens = self.monday + timedelta(days=closed) if closed else None
        return self.factory.service(
            self.units[offer.office], offer.type, offer.name,
            goal_areas=offer.goal_areas, languages=offer.languages,
            municipalities=[self.places[name] for name in reached],
            description=offer.description, waiting_weeks=offer.waiting_weeks,
            closed_until=reopens, neutral_name=offer.neutral_name,
            capacity_as_of=self.factory.now.date() - timedelta(days=offer.said_days_ago),
        )  # fmt: skip

    def _mandates(self) -> None:
        for mandate in MANDATES:
            until = date.fromisoformat(mandate.valid_until) if mandate.valid_until else None
            db.session.add(
                Delivery(municipality_ags=self.places[mandate.municipality],
                         unit_id=self.units[mandate.office].id, model=mandate.model,
                         valid_from=date.fromisoformat(mandate.valid_from), valid_until=until)
            )  # fmt: skip

    def moment(self, day: int, minutes: int) -> datetime:
        """That many minutes after the doors open on a day, counted from the worked Monday."""
        opening = datetime.combine(self.monday, time(8), LOCAL)
        return opening + timedelta(days=day, minutes=minutes)

    def open_day(self, day: int) -> int:
        """The day, or the last one before it on which offices were open."""
        while not is_working_day(self.monday + timedelta(days=day)):
            day -= 1
        return day

    def meet(self, person: Person, number: int, moment: datetime) -> None:
        """The first talk: a record is made."""
        today = moment.date()
        profile: dict[str, Any] = {
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": date(self.monday.year - person.age, 1 + number % 12, 1 + number % 28),
            "municipality": self.places[person.place],
            "contact_language": person.language,
            "phone": f"0000 55{number:02}",
            "residence_title": person.title,
            "residence_valid_until": self.monday + timedelta(days=40 + 17 * number % 720),
            "benefit_system": person.benefit,
            "german_level": person.german,
            "german_as_of": today,
            "accommodation_type": person.housing,
            "accommodation_since": today - timedelta(days=30),
            **person.more,
        }
        advisor = self.advisors[person.key] = self.members[person.advisor]
        self.clients[person.key] = self.factory.at(moment).client(advisor, **profile)

    def part(self, person: Person, moment: datetime) -> None:
        """The last talk: the counselling ends."""
        actor = self.factory.at(moment).actor(self.advisors[person.key])
        close_client(actor, self.clients[person.key].id)
