"""A migrated portal, and a small town in it: two offices that hand over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from portal import migrate
from portal.accounts.models import Membership
from portal.app import create_app
from portal.clients.models import Client
from portal.crypto import Keyring
from portal.demo.factory import Factory
from portal.extensions import db
from portal.network.commands import load_municipalities
from portal.network.models import Service
from portal.registry import Registry
from portal.testing.client import PortalClient

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)  # Monday of the worked week

TESTING: dict[str, Any] = {
    "TESTING": True,
    "SECRET_KEY": "for tests only, not secret at all",
    "BASE_URL": "http://localhost",
    # Weak on purpose: a real hash takes 200 ms.
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1,
    },
}  # fmt: skip


def fresh_app(
    database_url: str, folder: Path, plugins: Any = None, *, migrated: bool = False, **config: Any
) -> Iterator[Flask]:
    """A portal inside its application context; its clock stands at NOW.

    `migrated` says that the database is a copy of one that went through here before.
    """
    keys = Keyring.generate().dumps()
    settings = {**TESTING, "INSTANCE": str(folder), "DATABASE_URL": database_url, "KEYS": keys}
    app = create_app({**settings, **config}, plugins=plugins)
    app.extensions["portal_clock"] = lambda: NOW
    app.test_client_class = PortalClient
    with app.app_context():
        loaded: Registry = app.extensions["portal"]
        if not migrated:
            migrate.upgrade_all(db.engine, loaded)
            load_municipalities()
            db.session.commit()
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@dataclass
class Town:
    """A small world: an advisor with a client, and a partner with a service."""

    factory: Factory
    advisor: Membership
    colleague: Membership
    lead: Membership
    partner: Membership
    stranger: Membership  # a partner of another office
    client: Client
    service: Service
    other_service: Service


def build_town(factory: Factory, type: str = "andere_stelle") -> Town:  # noqa: A002
    """Fill an empty portal; `type` is the referral type of the partner's service."""
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Team Kinzigtal", phone="0000 1000")
    office = factory.organisation("Kita-Büro Hausach (Demo)", "other_office")
    desk = factory.unit(office, phone="0000 2000", email="kita@portal.example")
    elsewhere = factory.unit(factory.organisation("Schulamt (Demo)", "other_office"))
    advisor = factory.member("Katrin Demowald", team, "advisor")
    return Town(
        factory=factory,
        advisor=advisor,
        colleague=factory.member("Jonas Demobach", team, "advisor"),
        lead=factory.member("Petra Leitmann", team, "team_lead"),
        partner=factory.member("Paula Partner", desk, "partner"),
        stranger=factory.member("Stefan Fremd", elsewhere, "partner"),
        client=factory.client(advisor),
        service=factory.service(desk, type, "Kita-Plätze"),
        other_service=factory.service(elsewhere, type, "Schulanmeldung"),
    )
