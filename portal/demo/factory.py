"""Makes organisations, people, clients and referrals through the real commands, at any moment.

The demo's months of history, the tests and every plugin's `portal_seed` use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.accounts.session import actor_for
from portal.actor import Actor
from portal.clients.commands import create_client
from portal.clients.fields import DATA_CATEGORIES
from portal.clients.models import Client
from portal.consents.commands import give_consent
from portal.consents.models import Consent
from portal.extensions import db
from portal.network.models import Service, ServiceLanguage, ServiceMunicipality
from portal.referrals import commands
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Kind, Side

PURPOSE = "Damit die Stelle das Anliegen prüfen und einen Termin mit der Person vereinbaren kann."

Step = tuple[str, dict[str, Any]] | str


class Factory:
    """`now` is the moment at which everything happens; move it with `at(...)`."""

    def __init__(self, now: datetime, password: str | None = None) -> None:
        self.now = now
        self.password = password  # a hash, or None: such accounts cannot sign in

    def at(self, now: datetime) -> Factory:
        """The same factory at another moment."""
        return Factory(now, self.password)

    def organisation(self, name: str, kind: str, regime: str = "gdpr") -> Organisation:
        found = db.session.scalar(select(Organisation).where(Organisation.name == name))
        if found is None:
            found = Organisation(name=name, kind=kind, data_protection_regime=regime)
            db.session.add(found)
            db.session.flush()
        return found

    def unit(self, organisation: Organisation, name: str = "", **details: str) -> Unit:
        name = name or organisation.name
        found = db.session.scalar(
            select(Unit).where(Unit.organisation_id == organisation.id, Unit.name == name)
        )
        if found is None:
            found = Unit(organisation_id=organisation.id, name=name, **details)
            db.session.add(found)
            db.session.flush()
        return found

    def member(self, name: str, unit: Unit, role: str, email: str = "") -> Membership:
        """A person in a unit; the same name again is the same person."""
        email = email or name.casefold().replace(" ", ".") + "@portal.example"
        person = db.session.scalar(select(Person).where(Person.email == email))
        if person is None:
            person = Person(name=name, email=email, password=self.password,
                            fs_uniquifier=uuid4().hex)  # fmt: skip
            db.session.add(person)
            db.session.flush()
        membership = db.session.scalar(
            select(Membership).where(
                Membership.person_id == person.id,
                Membership.unit_id == unit.id,
                Membership.role == role,
            )
        )
        if membership is None:
            membership = Membership(person_id=person.id, unit_id=unit.id, role=role)
            db.session.add(membership)
            db.session.flush()
        return membership

    def service(
        self, unit: Unit, type: str, name: str, *, goal_areas: Iterable[str] = (),  # noqa: A002
        languages: Iterable[str] = ("de",), municipalities: Iterable[str] = (), **details: Any,
    ) -> Service:  # fmt: skip
        found = db.session.scalar(
            select(Service).where(Service.unit_id == unit.id, Service.name == name)
        )
        if found is None:
            areas = list(goal_areas) or list(registry().referral_type(type).goal_areas)
            found = Service(unit_id=unit.id, type=type, name=name, goal_areas=areas,
                            **{"capacity_as_of": self.now.date(), **details})  # fmt: skip
            found.languages = [ServiceLanguage(language=code) for code in languages]
            found.municipalities = [ServiceMunicipality(municipality_ags=a) for a in municipalities]
            db.session.add(found)
            db.session.flush()
        return found

    def actor(self, membership: Membership) -> Actor:
        return actor_for(membership, self.now)

    def client(self, advisor: Membership, **profile: Any) -> Client:
        """A client of `advisor`; what is not given gets a plain value."""
        data = {
            "given_name": "Oksana",
            "family_name": "Pryklad",
            "municipality": "08317041",
            "contact_language": "uk",
            "phone": "0000 123456",
            **profile,
        }
        return create_client(self.actor(advisor), data)

    def consent(
        self, advisor: Membership, client: Client, unit: Unit, *,
        categories: Iterable[str] | None = None, purpose: str = PURPOSE,
        purpose_code: str = "other", valid_until: date | None = None, form: str = "paper_signed",
    ) -> Consent:  # fmt: skip
        chosen = [key for key, _ in DATA_CATEGORIES] if categories is None else list(categories)
        actor = self.actor(advisor)
        data = {
            "purpose": purpose,
            "purpose_code": purpose_code,
            "categories": chosen,
            "valid_until": valid_until or actor.today + timedelta(days=182),
            "form": form,
            "explained": True,
            "copy_given": True,
            "health": True,
        }
        return give_consent(actor, client.id, unit, data)

    def draft(
        self, advisor: Membership, client: Client, service: Service, *, goal_area: str = "",
        form: Mapping[str, Any] | None = None, **details: Any,
    ) -> Referral:  # fmt: skip
        kind = registry().referral_type(service.type)
        area = goal_area or next(iter(service.goal_areas or ["orientation"]))
        answers = {**self.answers(kind.form), **(form or {})}
        return commands.create_referral(
            self.actor(advisor), client.id, service.id, goal_area=area, form=answers, **details
        )

    def sent(
        self, advisor: Membership, client: Client, service: Service, **details: Any
    ) -> Referral:
        """A referral on its way, with a consent made for it."""
        referral = self.draft(advisor, client, service, **details)
        self.consent(advisor, client, service.unit)
        return commands.perform(self.actor(advisor), referral.id, "send", {})

    def move(
        self, membership: Membership, referral_id: UUID, action: str,
        data: Mapping[str, Any] | None = None, *, recorded_source: str = "",
    ) -> Referral:  # fmt: skip
        """Make a move with sensible values for what is asked and not given in `data`."""
        actor = self.actor(membership)
        if recorded_source:
            actor = replace(actor, recorded_for=Side.RECEIVER, source=recorded_source)
        referral = db.session.get_one(Referral, referral_id)
        move = registry().referral_type(referral.type).workflow.action(action)
        values = {**self.answers(move.fields), **(data or {})}
        return commands.perform(actor, referral_id, action, values)

    def answers(self, fields: Iterable[Any]) -> dict[str, Any]:
        """A plain value for every required field."""
        today = self.now.date()
        plain: dict[Kind, Any] = {
            Kind.TEXT: "Beispiel",
            Kind.LONG_TEXT: "Ein Beispiel, kurz und ohne Namen.",
            Kind.INTEGER: 1,
            Kind.YES_NO: True,
        }
        values: dict[str, Any] = {}
        for field in fields:
            if field.default_days is not None:
                values[field.key] = today + timedelta(days=field.default_days)
            elif not field.required and field.required_unless is None:
                continue
            elif field.kind is Kind.DATE:
                earliest, latest = field.days
                ahead = max(earliest or 0, 7) if latest is None else min(latest, 7)
                values[field.key] = today + timedelta(days=ahead)
            elif field.kind is Kind.DATETIME:
                values[field.key] = self.now + timedelta(days=5)
            elif field.kind in (Kind.CHOICE, Kind.MEMBER) and field.choices:
                values[field.key] = field.choices[0][0]
            elif field.kind is Kind.CHOICES and field.choices:
                values[field.key] = [field.choices[0][0]]
            elif field.kind in plain and field.required_if is None:
                values[field.key] = plain[field.kind]
        return values
