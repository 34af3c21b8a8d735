"""The practical limit: the same rows from the same database, with SQLAlchemy Core and no more.

No log-in, no rights, no plugin, no log of readings. It opens the same encrypted values, because it
shows them. Run as a module it serves SQLite with waitress, as the portal does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import waitress
from flask import Flask, redirect, render_template, request
from sqlalchemy import (
    ColumnElement,
    Engine,
    Row,
    Select,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import DeclarativeBase

from portal import config, database, registry
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.clients.fields import CLIENT_FIELDS
from portal.clients.models import Client, ClientToken
from portal.consents.models import Consent
from portal.crypto import PREFIXES, Keyring, normalise
from portal.lifecycle import FINAL, LABELS, UNDER_WAY, Status
from portal.network.models import Municipality, Service
from portal.outbox import OutboxMessage
from portal.referrals.models import Appointment, Event, Package, Referral
from portal.serving import THREADS


def _table(model: type[DeclarativeBase]) -> Any:
    return model.__table__


client, token, consent = _table(Client), _table(ClientToken), _table(Consent)
referral, package, event = _table(Referral), _table(Package), _table(Event)
appointment, service, unit = _table(Appointment), _table(Service), _table(Unit)
organisation, person, membership = _table(Organisation), _table(Person), _table(Membership)
municipality, outbox = _table(Municipality), _table(OutboxMessage)
receiver, office = unit.alias("receiver"), organisation.alias("office")
any_package = package.alias()

SHOWN, PAGE = 15, 25
EARLY = (Status.SENT, Status.INFO_NEEDED, Status.WAITLISTED)
OUTGOING = (
    select(
        referral.c.id, referral.c.reference, referral.c.status, referral.c.next_on,
        referral.c.urgency, service.c.name.label("service"), receiver.c.name.label("unit"),
        office.c.name.label("office"), client.c.id.label("client_id"), client.c.profile_sealed,
    )
    .join_from(referral, client, client.c.id == referral.c.client_id)
    .join(service, service.c.id == referral.c.service_id)
    .join(receiver, receiver.c.id == referral.c.receiver_unit_id)
    .join(office, office.c.id == receiver.c.organisation_id)
)  # fmt: skip
# The newest package of each: what its receiver reads.
INCOMING = (
    select(
        referral.c.id, referral.c.reference, referral.c.type, referral.c.status,
        referral.c.next_on, referral.c.urgency, service.c.name.label("service"),
        municipality.c.name.label("place"), unit.c.name.label("unit"),
        organisation.c.name.label("office"), package.c.id.label("package_id"),
        package.c.content_sealed,
    )
    .join_from(referral, service, service.c.id == referral.c.service_id)
    .join(municipality, municipality.c.ags == referral.c.municipality_ags)
    .join(unit, unit.c.id == referral.c.sender_unit_id)
    .join(organisation, organisation.c.id == unit.c.organisation_id)
    .join(consent, consent.c.id == referral.c.consent_id)
    .join(package, package.c.referral_id == referral.c.id)
    .where(
        package.c.number
        == select(func.max(any_package.c.number))
        .where(any_package.c.referral_id == referral.c.id)
        .scalar_subquery()
    )
)  # fmt: skip


class Twin:
    """The queries of each page, and what its template is given: headings with rows of cells."""

    def __init__(self, engine: Engine, keys: Keyring, named_early: frozenset[str]) -> None:
        self.engine = engine
        self.keys = keys
        self.named_early = named_early  # referral types whose receivers see names at once

    def opened(self, stored: bytes, place: str) -> Any:
        return json.loads(self.keys.decrypt(stored, place))

    def profile(self, client_id: UUID, stored: bytes) -> dict[str, Any]:
        found: dict[str, Any] = self.opened(stored, f"client.profile_sealed.{client_id}")
        return found

    def start(self, advisor: UUID) -> list[Any]:
        today = datetime.now(UTC).date()
        mine = client.c.advisor_id == advisor
        todo = referral.c.turn == "sender"
        waiting = referral.c.turn == "receiver"
        overdue = waiting & (referral.c.next_on < today)
        ordered = OUTGOING.where(mine).order_by(referral.c.next_on, referral.c.id).limit(SHOWN)
        ending = (
            select(consent.c.valid_until, client.c.id, client.c.profile_sealed,
                   receiver.c.name.label("unit"))
            .join_from(consent, client, client.c.id == consent.c.client_id)
            .join(receiver, receiver.c.id == consent.c.recipient_unit_id)
            .where(mine, consent.c.revoked_at.is_(None))
            .where(consent.c.valid_until <= today + timedelta(days=14))
            .where(
                select(referral.c.id)
                .where(referral.c.consent_id == consent.c.id, referral.c.closed_at.is_(None))
                .where(referral.c.turn.in_(("sender", "receiver")))
                .exists()
            )
            .order_by(consent.c.valid_until, consent.c.id)
            .limit(SHOWN)
        )  # fmt: skip
        with self.engine.connect() as connection:
            first = connection.execute(ordered.where(todo)).all()
            late = connection.execute(ordered.where(overdue)).all()
            ends = connection.execute(ending).all()
            counts = connection.execute(
                _counts(todo, waiting, overdue)
                .join_from(referral, client, client.c.id == referral.c.client_id)
                .where(mine)
            ).one()
        return [
            (f"Jetzt zu tun ({counts[0]})", self.outgoing(first)),
            (f"Überfällig bei anderen Stellen ({counts[2]})", self.outgoing(late)),
            ("Einwilligungen enden", [
                (f"/clients/{row.id}", _name(self.profile(row.id, row.profile_sealed)),
                 [row.unit, f"{row.valid_until:%d.%m.%Y}"])
                for row in ends
            ]),
            (f"{counts[1]} Vermittlungen warten", []),
        ]  # fmt: skip

    def outgoing(self, rows: Iterable[Row[Any]]) -> list[Any]:
        return [
            (f"/referrals/{row.id}", _name(self.profile(row.client_id, row.profile_sealed)),
             [row.service, LABELS[Status(row.status)], _until(row.next_on),
              f"{row.office}, {row.unit}", row.reference, row.urgency])
            for row in rows
        ]  # fmt: skip

    def clients(self, advisor: UUID, query: str) -> list[Any]:
        """Names are encrypted: found by the blind index, and ordered here."""
        words = normalise(query)
        statement = (
            select(client.c.id, client.c.profile_sealed, municipality.c.name.label("place"))
            .join(municipality, municipality.c.ags == client.c.municipality_ags)
            .where(client.c.advisor_id == advisor)
        )
        if not words:
            statement = statement.where(client.c.closed_on.is_(None))
        for word in words:
            met = select(token.c.client_id).where(
                token.c.token == self.keys.token(word[: PREFIXES[-1]])
            )
            statement = statement.where(client.c.id.in_(met))
        with self.engine.connect() as connection:
            found = [
                (row, self.profile(row.id, row.profile_sealed))
                for row in connection.execute(statement)
            ]
            found.sort(key=lambda pair: normalise(_sort_name(pair[1])))
            shown = found[:PAGE]
            running = connection.execute(
                select(referral.c.client_id, func.count(),
                       func.count().filter(referral.c.turn == "sender"))
                .where(referral.c.client_id.in_([row.id for row, _ in shown]))
                .where(referral.c.turn != "")
                .group_by(referral.c.client_id)
            )  # fmt: skip
            counts = {client_id: (total, waiting) for client_id, total, waiting in running}
        return [
            (f"{len(found)} Personen", [
                (f"/clients/{row.id}", _sort_name(profile),
                 [row.place, *counts.get(row.id, (0, 0))])
                for row, profile in shown
            ])
        ]  # fmt: skip

    def client(self, client_id: UUID) -> list[Any]:
        with self.engine.connect() as connection:
            found = connection.execute(
                select(client.c.profile_sealed, municipality.c.name.label("place"),
                       person.c.name.label("advisor"))
                .join_from(client, municipality, municipality.c.ags == client.c.municipality_ags)
                .join(membership, membership.c.id == client.c.advisor_id)
                .join(person, person.c.id == membership.c.person_id)
                .where(client.c.id == client_id)
            ).one()  # fmt: skip
            rows = connection.execute(
                OUTGOING.where(referral.c.client_id == client_id)
                .order_by(referral.c.turn == "", referral.c.created_at.desc())
                .limit(100)
            ).all()
            consents = connection.execute(
                select(consent.c.id, consent.c.purpose_sealed, consent.c.valid_until,
                       consent.c.revoked_at, receiver.c.name.label("unit"))
                .join_from(consent, receiver, receiver.c.id == consent.c.recipient_unit_id)
                .where(consent.c.client_id == client_id)
                .order_by(consent.c.revoked_at.is_not(None), consent.c.valid_until.desc())
                .limit(50)
            ).all()  # fmt: skip
        profile = self.profile(client_id, found.profile_sealed)
        facts = {**profile, "municipality": found.place}
        return [
            (_name(profile), [("", found.advisor, [])]),
            ("Was läuft wo", self.outgoing(rows)),
            ("Einwilligungen", [
                ("", self.opened(row.purpose_sealed, f"consent.purpose_sealed.{row.id}"),
                 [row.unit, f"{row.valid_until:%d.%m.%Y}"])
                for row in consents
            ]),
            ("Angaben", _fields(facts)),
        ]  # fmt: skip

    def referral(self, referral_id: UUID) -> list[Any]:
        with self.engine.connect() as connection:
            row = connection.execute(OUTGOING.where(referral.c.id == referral_id)).one()
            shared = connection.execute(
                select(package.c.id, package.c.content_sealed)
                .where(package.c.referral_id == referral_id)
                .order_by(package.c.number.desc())
                .limit(1)
            ).one()
            agreed = connection.execute(
                select(consent.c.id, consent.c.purpose_sealed, consent.c.valid_until)
                .join(referral, referral.c.consent_id == consent.c.id)
                .where(referral.c.id == referral_id)
            ).one()
            events = connection.execute(
                select(event, person.c.name, unit.c.name.label("unit"))
                .join_from(event, membership, membership.c.id == event.c.membership_id)
                .join(person, person.c.id == membership.c.person_id)
                .join(unit, unit.c.id == membership.c.unit_id)
                .where(event.c.referral_id == referral_id)
                .order_by(event.c.number)
            ).all()
            dates = connection.execute(
                select(appointment).where(appointment.c.referral_id == referral_id)
                .order_by(appointment.c.starts_at)
            ).all()  # fmt: skip
        name = _name(self.profile(row.client_id, row.profile_sealed))
        content = self.opened(shared.content_sealed, f"package.content_sealed.{shared.id}")
        purpose = self.opened(agreed.purpose_sealed, f"consent.purpose_sealed.{agreed.id}")
        return [
            (row.reference, [
                (f"/clients/{row.client_id}", name,
                 [row.service, LABELS[Status(row.status)], _until(row.next_on), row.office,
                  row.unit])
            ]),
            ("Weitergegebene Angaben", _fields(content)),
            ("Verlauf", [
                ("", each.action, [
                    f"{each.at:%d.%m.%Y, %H:%M}", each.name, each.unit,
                    *self.opened(each.data_sealed,
                                 f"referral_event.data_sealed.{each.id}").values(),
                ])
                for each in events
            ]),
            ("Termine", [
                ("", f"{each.starts_at:%d.%m.%Y, %H:%M}",
                 [self.opened(each.place_sealed, f"appointment.place_sealed.{each.id}")])
                for each in dates
            ]),
            ("Einwilligung", [("", purpose, [f"{agreed.valid_until:%d.%m.%Y}"])]),
        ]  # fmt: skip

    def inbox(self, unit_id: UUID) -> list[Any]:
        today = datetime.now(UTC).date()
        mine = (referral.c.receiver_unit_id == unit_id) & referral.c.sent_at.is_not(None)
        todo = referral.c.turn == "receiver"
        status = referral.c.status
        filters = (
            todo, status == Status.SENT, todo & (referral.c.next_on < today),
            status == Status.INFO_NEEDED, status.in_((*UNDER_WAY, Status.WAITLISTED)),
            status.in_(FINAL),
        )  # fmt: skip
        with self.engine.connect() as connection:
            rows = connection.execute(
                INCOMING.where(mine, todo).order_by(referral.c.next_on, referral.c.id)
                .limit(PAGE)
            ).all()  # fmt: skip
            counts = connection.execute(_counts(*filters).where(mine)).one()
        return [
            (" · ".join(str(count) for count in counts), [
                (f"/referrals/{row.id}", self.named(row),
                 [row.service, LABELS[Status(row.status)], _until(row.next_on), row.place,
                  f"{row.office}, {row.unit}", row.reference, row.urgency])
                for row in rows
            ])
        ]  # fmt: skip

    def named(self, row: Row[Any]) -> str:
        if row.status in EARLY and row.type not in self.named_early:
            return ""
        return _name(self.opened(row.content_sealed, f"package.content_sealed.{row.package_id}"))

    def accept(self, referral_id: UUID) -> None:
        """One update, two inserts and a commit."""
        now = datetime.now(UTC)
        event_id = uuid4()
        sealed = self.keys.encrypt(b"{}", f"referral_event.data_sealed.{event_id}")
        with self.engine.connect().execution_options(writing=True) as connection:
            connection.execute(
                update(referral).where(referral.c.id == referral_id).values(
                    state="accepted", status="accepted", responded_at=now, acknowledged_at=now,
                    next_on=now.date() + timedelta(days=14), version=referral.c.version + 1)
            )  # fmt: skip
            connection.execute(insert(event).values(
                id=event_id, referral_id=referral_id, number=3, at=now, action="accept",
                side="receiver", from_state="sent", to_state="accepted", data_sealed=sealed,
            ))  # fmt: skip
            connection.execute(insert(outbox).values(
                topic="referral.answered", reference="", path=f"/referrals/{referral_id}",
                created_at=now, urgent=False,
            ))  # fmt: skip
            connection.commit()


def _counts(*criteria: ColumnElement[bool]) -> Select[Any]:
    return select(*(func.count().filter(each) for each in criteria), func.count()).select_from(
        referral
    )


def _name(profile: dict[str, Any]) -> str:
    return f"{profile['given_name']} {profile['family_name']}"


def _sort_name(profile: dict[str, Any]) -> str:
    return f"{profile['family_name']}, {profile['given_name']}"


def _until(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _fields(values: dict[str, Any]) -> list[Any]:
    return [
        ("", CLIENT_FIELDS[key].label if key in CLIENT_FIELDS else key,
         [CLIENT_FIELDS[key].label_of(value) if key in CLIENT_FIELDS else value])
        for key, value in values.items()
    ]  # fmt: skip


def create_app() -> Flask:
    """The twin of the portal whose settings the environment names."""
    settings = config.load()
    engine = create_engine(settings["SQLALCHEMY_DATABASE_URI"])
    database.prepare(engine)
    kinds = registry.load().referral_types.values()
    early = frozenset(kind.key for kind in kinds if kind.preview is None)
    twin = Twin(engine, settings["KEYRING"], early)
    app = Flask(__name__)

    def page(parts: list[Any]) -> str:
        return render_template("bare.html", parts=parts)

    def clients(member: UUID) -> str:
        return page(twin.clients(member, request.args.get("q", "")))

    app.get("/start/<uuid:member>")(lambda member: page(twin.start(member)))
    app.get("/clients-of/<uuid:member>")(clients)
    app.get("/clients/<uuid:row>", endpoint="one")(lambda row: page(twin.client(row)))
    app.get("/referrals/<uuid:row>", endpoint="referral")(lambda row: page(twin.referral(row)))
    app.get("/inbox/<uuid:unit>", endpoint="inbox")(lambda unit: page(twin.inbox(unit)))

    @app.post("/referrals/<uuid:row>/accept")
    def accept(row: UUID) -> Any:
        twin.accept(row)
        return redirect(f"/referrals/{row}", 303)

    return app


if __name__ == "__main__":
    waitress.serve(create_app(), host="127.0.0.1", port=int(sys.argv[1]), threads=THREADS)
