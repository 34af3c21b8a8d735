"""A town and a county, loaded in bulk: real encrypted rows, spread as two years spread them."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from portal import digests
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.audit import AuditEntry
from portal.clients.fields import DATA_CATEGORIES
from portal.clients.models import Client, ClientToken
from portal.consents import texts
from portal.consents.models import Consent, ConsentSheet
from portal.crypto import index_tokens, keyring
from portal.declarations import ReferralType
from portal.demo.factory import PURPOSE, Factory
from portal.extensions import Model
from portal.network.models import Municipality, Service, ServiceLanguage
from portal.referrals.models import Appointment, Event, Package, ReferenceCounter, Referral
from portal.registry import registry
from portal.workflow import jsonable
from tests.benchmarks import lives

CLIENTS_EACH = 80  # of one advisor
TEAM = 10  # advisors of one unit
BATCH = 250  # clients; with everything that hangs on them some ten thousand rows

# Every surname means "example" in its language: nobody can be meant.
SURNAMES = ("Pryklad", "Nemuna", "Örnek", "Abnet", "Mithal", "Misal", "Tusaale", "Magaliti",
            "Nemune", "Primer", "Exemplu", "Shembull", "Pelda", "Mfano", "Contoh")  # fmt: skip
GIVEN = ("Oksana", "Rahima", "Yusuf", "Samuel", "Amal", "Karim", "Emine", "Biniam", "Hawa", "Nino",
         "Serhij", "Shirin", "Daryna", "Hamid", "Selam", "Leyla", "Ihor", "Zahra")  # fmt: skip
LANGUAGES = ("uk", "prs", "tr", "ti", "ar", "so", "ka", "ru", "fa", "en")


@dataclass(frozen=True)
class Size:
    name: str
    clients: int
    referrals: int
    audit_entries: int
    services: int

    @property
    def advisors(self) -> int:
        return max(self.clients // CLIENTS_EACH, 1)


TOWN = Size("town", 400, 2_000, 20_000, services=8)
COUNTY = Size("county", 8_000, 50_000, 500_000, services=80)


@dataclass
class Place:
    """What was built: whom one can be, and what one can look at."""

    advisors: list[UUID] = field(default_factory=list)
    partners: dict[UUID, UUID] = field(default_factory=dict)  # unit: somebody who answers for it
    uniquifiers: dict[UUID, str] = field(default_factory=dict)  # by membership
    clients: dict[UUID, list[UUID]] = field(default_factory=dict)  # by advisor
    running: dict[UUID, list[UUID]] = field(default_factory=dict)  # accepted and on, by advisor
    unanswered: list[tuple[UUID, UUID]] = field(default_factory=list)  # referral, receiving unit


@dataclass(frozen=True)
class _Offer:
    service: UUID
    unit: UUID
    member: UUID
    kind: ReferralType
    answers: dict[str, Any]


class _Rows:
    """Rows that wait to be written, table by table in the order in which they were first named."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: dict[type[Model], list[dict[str, Any]]] = {}

    def add(self, model: type[Model], **values: Any) -> None:
        self._waiting.setdefault(model, []).append(values)

    def write(self) -> None:
        for model, rows in self._waiting.items():
            if rows:
                self._connection.execute(insert(model), rows)
                rows.clear()


class Builder:
    """Fills a migrated, otherwise empty portal. The same `seed` makes the same place."""

    def __init__(self, connection: Connection, size: Size, now: datetime, seed: int = 7) -> None:
        self.connection = connection
        self.size = size
        self.now = now.astimezone(UTC)
        self.today = now.date()
        self.random = random.Random(seed)
        self.rows = _Rows(connection)
        self.place = Place()
        self.teams: dict[UUID, UUID] = {}  # the unit of each advisor
        self.offers: list[_Offer] = []
        self.references = 0

    def build(self) -> Place:
        self._people_and_services()
        for number in range(self.size.clients):
            self._client(number)
            if number % BATCH == BATCH - 1:
                self.rows.write()
        self.rows.add(ReferenceCounter, year=self.today.year, last=self.references)
        self.rows.write()
        for entries in self._audit_entries():
            self.connection.execute(insert(AuditEntry), entries)
        return self.place

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def _member(self, unit: UUID, role: str, name: str) -> UUID:
        person, membership = self._id(), self._id()
        mail = f"{role}.{len(self.place.uniquifiers)}@portal.example"
        self.rows.add(Person, id=person, name=name, email=mail, fs_uniquifier=person.hex,
                      active=True, language="de")  # fmt: skip
        self.rows.add(Membership, id=membership, person_id=person, unit_id=unit, role=role)
        self.place.uniquifiers[membership] = person.hex
        return membership

    def _unit(self, organisation: UUID, name: str) -> UUID:
        unit = self._id()
        self.rows.add(Unit, id=unit, organisation_id=organisation, name=name, phone="0000 1000",
                      email="", address="", active=True)  # fmt: skip
        return unit

    def _organisation(self, name: str, kind: str) -> UUID:
        organisation = self._id()
        self.rows.add(Organisation, id=organisation, name=name, kind=kind, active=True,
                      data_protection_regime="gdpr")  # fmt: skip
        return organisation

    def _people_and_services(self) -> None:
        for number in range(self.size.advisors):
            if number % TEAM == 0:
                county = self._organisation(f"Träger {number // TEAM} (Demo)",
                                            "delivery_organisation")  # fmt: skip
                team = self._unit(county, f"Team {number // TEAM}")
            advisor = self._member(team, "advisor", f"Katrin Demowald {number}")
            self.teams[advisor] = team
            self.place.advisors.append(advisor)
        factory = Factory(self.now)
        kinds = sorted(registry().referral_types.values(), key=lambda kind: kind.key)
        for number in range(self.size.services):
            kind = kinds[number % len(kinds)]
            office = self._organisation(f"Stelle {number} (Demo)", kind.recipient_kind)
            unit = self._unit(office, f"Büro {number}")
            member = self._member(unit, "partner", f"Paula Partner {number}")
            self.place.partners[unit] = member
            service = self._id()
            self.rows.add(Service, id=service, unit_id=unit, type=kind.key, active=True,
                          name=f"Angebot {number}", neutral_name="", description="",
                          goal_areas=list(kind.goal_areas))  # fmt: skip
            self.rows.add(ServiceLanguage, service_id=service, language="de")
            answers = jsonable(factory.answers(kind.form))
            self.offers.append(_Offer(service, unit, member, kind, answers))
        self.rows.write()
        self.municipalities = list(
            self.connection.scalars(Municipality.__table__.select().with_only_columns(
                Municipality.ags).order_by(Municipality.ags)))  # fmt: skip

    def _client(self, number: int) -> None:
        advisor = self.place.advisors[number % len(self.place.advisors)]
        client, pick = self._id(), self.random.choice
        family = pick(SURNAMES) if number % 3 else f"{pick(SURNAMES)}-{pick(SURNAMES)}"
        profile = {
            "given_name": pick(GIVEN), "family_name": family, "birth_date": "1990-05-17",
            "municipality": pick(self.municipalities), "phone": "0000 123456",
            "contact_way": "phone", "contact_language": pick(LANGUAGES), "adults": 2,
            "children_ages": "2, 7, 11", "german_level": "a2", "residence_title": "aufe_24",
            "benefit_system": "sgb2", "occupation": "Buchhalterin",
        }  # fmt: skip
        started = self.today - timedelta(days=self.random.randint(70, 700))
        self.rows.add(
            Client, id=client, advisor_id=advisor, unit_id=self.teams[advisor], version=1,
            municipality_ags=profile["municipality"], counselling_started_on=started,
            created_at=_moment(started),
            profile_sealed=_sealed("client.profile_sealed", client, profile),
            closed_on=self.today if number % 10 == 9 else None,
        )  # fmt: skip
        for token in index_tokens(f"{profile['given_name']} {family}"):
            self.rows.add(ClientToken, token=token, client_id=client)
        self.place.clients.setdefault(advisor, []).append(client)
        each, rest = divmod(self.size.referrals, self.size.clients)
        # The rest is spread over the clients, so that the size is met exactly.
        for _ in range(each + (number < rest)):
            self._referral(advisor, client, profile)

    def _referral(self, advisor: UUID, client: UUID, profile: dict[str, Any]) -> None:
        offer = self.offers[self.references % len(self.offers)]
        self.references += 1
        life = self.random.choices(lives.LIVES, lives.WEIGHTS)[0]
        if life.status not in {state.key for state in offer.kind.workflow.states}:
            life = lives.ACCEPTED
        age = self.random.randint(*(life.ages if life.turn else lives.LONG_AGO))
        created = self.today - timedelta(days=age)
        at = _moment(created)
        referral = self._id()
        sent = life.steps != ("create",)
        consent = self._consent(advisor, client, offer, created) if sent else None
        final, accepted = life.closes, "accept" in life.steps or life is lives.SCHEDULED
        last = at + timedelta(days=min(age, len(life.steps)))
        disclosed = {key: profile[key] for key in offer.kind.discloses if key in profile}
        content = {**disclosed, **offer.answers}
        self.rows.add(
            Referral, id=referral, reference=f"VM-{self.today.year}-{self.references:06d}",
            type=offer.kind.key, client_id=client, sender_unit_id=self.teams[advisor],
            service_id=offer.service, receiver_unit_id=offer.unit, consent_id=consent,
            municipality_ags=profile["municipality"], goal_area=offer.kind.goal_areas[0],
            urgency="urgent" if self.references % 12 == 0 else "normal", channel="portal",
            contact_forbidden=False, version=len(life.steps), no_shows=0,
            request_sealed=_sealed("referral.request_sealed", referral,
                                   {"form": offer.answers, "shared": sorted(content)}),
            state=life.status, status=life.status, turn=life.turn, code=life.code,
            next_on=self._next_on(life), due_on=created + timedelta(days=14) if sent else None,
            handler_id=offer.member if accepted else None, created_at=at,
            sent_at=at if sent else None, acknowledged_at=last if len(life.steps) > 2 else None,
            responded_at=last if len(life.steps) > 2 else None, closed_at=last if final else None,
            loop_closed_at=last if final and not life.turn else None,
        )  # fmt: skip
        if sent:
            self._package(referral, content, at)
        self._events(referral, life, advisor, offer, at)
        if life is lives.SCHEDULED:
            self._appointment(referral)
        if accepted and not final:
            self.place.running.setdefault(advisor, []).append(referral)
        if life is lives.SENT:
            self.place.unanswered.append((referral, offer.unit))

    def _next_on(self, life: lives.Life) -> date | None:
        """Three in four are in time."""
        return self.today + timedelta(days=self.random.randint(-6, 18)) if life.turn else None

    def _consent(self, advisor: UUID, client: UUID, offer: _Offer, day: date) -> UUID:
        consent, sheet = self._id(), self._id()
        self.rows.add(
            ConsentSheet,
            id=sheet,
            reference=f"EW-{self.references:08d}",
            client_id=client,
            form="paper_signed",
            text_version=texts.CURRENT,
            explained_by_id=advisor,
            content_sealed=_sealed("consent_sheet.content_sealed", sheet, {"title": PURPOSE}),
            digest=sheet.hex * 2,
            explained_on=day,
            copy_given=True,
            created_at=_moment(day),
        )
        until = day + timedelta(days=182)
        self.rows.add(
            Consent, id=consent, client_id=client, recipient_unit_id=offer.unit, sheet_id=sheet,
            kind="sharing", direction="mutual", purpose_code="other",
            purpose_sealed=_sealed("consent.purpose_sealed", consent, PURPOSE),
            categories=[key for key, _ in DATA_CATEGORIES], valid_from=day, valid_until=until,
            agreed_until=until, created_at=_moment(day),
            told="ended" if until < self.today else "",
        )  # fmt: skip
        return consent

    def _package(self, referral: UUID, content: dict[str, Any], at: datetime) -> None:
        package = self._id()
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self.rows.add(
            Package, id=package, referral_id=referral, number=1, created_at=at,
            content_sealed=_sealed("package.content_sealed", package, content),
            digest=hashlib.sha256(canonical.encode()).hexdigest(),
            categories=[key for key, _ in DATA_CATEGORIES],
        )  # fmt: skip

    def _events(
        self, referral: UUID, life: lives.Life, advisor: UUID, offer: _Offer, at: datetime
    ) -> None:
        before = None
        for number, step in enumerate(life.steps, start=1):
            side, after, entered = lives.STEPS[step]
            event = self._id()
            self.rows.add(
                Event, id=event, referral_id=referral, number=number, action=step, side=side,
                at=at + timedelta(days=number - 1), from_state=before,
                to_state=after or before, membership_id={"sender": advisor,
                                                         "receiver": offer.member}.get(side),
                data_sealed=_sealed("referral_event.data_sealed", event, entered),
            )  # fmt: skip
            before = after or before

    def _appointment(self, referral: UUID) -> None:
        appointment = self._id()
        self.rows.add(
            Appointment, id=appointment, referral_id=referral, state="planned",
            series_id=appointment, sequence=0, changed_at=self.now,
            starts_at=self.now + timedelta(days=self.random.randint(1, 20)),
            place_sealed=_sealed("appointment.place_sealed", appointment, "Zimmer 12"),
        )  # fmt: skip

    def _audit_entries(self) -> Iterator[list[dict[str, Any]]]:
        """Mostly readings: every fifth of a list, which names the rows it showed."""
        pairs = [(a, c) for a, clients in self.place.clients.items() for c in clients]
        for start in range(0, self.size.audit_entries, 10_000):
            numbers = range(start, min(start + 10_000, self.size.audit_entries))
            yield [self._audit_entry(n, *pairs[n % len(pairs)]) for n in numbers]

    def _audit_entry(self, number: int, advisor: UUID, client: UUID) -> dict[str, Any]:
        listed = number % 5 == 0
        shown = self.place.clients[advisor][:25] if listed else []
        step = timedelta(days=365) / self.size.audit_entries
        return {
            "at": self.now - step * (self.size.audit_entries - number),
            "kind": "client.read",
            "actor_kind": "member",
            "membership_id": advisor,
            "organisation_id": None,
            "subject_table": None if listed else "client",
            "subject_id": None if listed else client,
            "client_id": None if listed else client,
            "purpose": "list" if listed else "page",
            "data": {"ids": [each.hex for each in shown]} if listed else {},
            # As long as the real ones; nothing that is measured verifies them.
            "salt": self.random.randbytes(digests.SALT_BYTES),
            "digest": self.random.randbytes(32),
        }


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def _sealed(column: str, row: UUID, value: Any) -> bytes:
    """What the model's descriptor would store, without making an object of each row."""
    plain = json.dumps(value, ensure_ascii=False).encode()
    return keyring().encrypt(plain, f"{column}.{row}")
