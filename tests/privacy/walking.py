"""Walks the portal as a browser would: every address with real ids, files and refusals included."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import Table, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accountability.views import DOCUMENTS
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.clients.models import Client, Deputy
from portal.consents.models import Consent
from portal.declarations import ReferralType
from portal.demo.factory import Factory
from portal.extensions import Model, db
from portal.inspection.models import Evaluation
from portal.network.models import Delivery, Service
from portal.privacy.emergency import EmergencyAccess
from portal.privacy.models import PrivacyRequest
from portal.referrals.models import Appointment, Referral
from portal.testing.journeys import Office
from portal.testing.pages import browser, methods
from portal.testing.town import NOW
from tests.documents import reading

# What a move needs to be possible, where a plain value is not enough.
ANSWERS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "jobcenter": {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}},
    "wohnungsfuehrerschein": {
        "register": {"appointment_at": NOW},
        "complete": {"code": "certificate_issued", "certificate_number": "WF-1", "hours": 6,
                     "modules": ["heating"]},
    },
}  # fmt: skip

Ids = Mapping[str, Collection[Any]]


@dataclass(frozen=True)
class Seen:
    """What somebody was shown; `text` is all of it that can be read, addresses included."""

    address: str
    status: int
    text: str

    @property
    def shown(self) -> bool:
        return self.status == 200


def office(factory: Factory, kind: ReferralType) -> Office:
    return Office(factory, kind, {}, ANSWERS.get(kind.key, {}))


def addresses(app: Flask, ids: Ids, method: str = "GET") -> list[str]:
    """Every address of the portal and its plugins, with each of the ids where one belongs."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    return [
        address
        for rule in rules
        if method in methods(rule) and not rule.endpoint.endswith("static")
        for address in _filled(app, rule, ids)
    ]


def _filled(app: Flask, rule: Rule, ids: Ids) -> Iterator[str]:
    names = sorted(rule.arguments)
    for values in product(*(ids.get(name, ()) for name in names)):
        built = rule.build(dict(zip(names, values, strict=True)), append_unknown=False)
        assert built is not None
        yield built[1]


def walk(app: Flask, member: Membership, asked: Iterable[str]) -> Iterator[Seen]:
    """What the member gets to see at each of these addresses."""
    db.session.rollback()  # the test itself holds nothing
    visitor = browser(app, member)
    for address in asked:
        yield seen(address, visitor.get(address))


def refused(app: Flask, member: Membership, asked: Iterable[str]) -> Iterator[Seen]:
    """The same for forms that are refused: nothing is filled in, and decided on something old."""
    db.session.rollback()
    visitor = browser(app, member)
    for address in asked:
        answer = visitor.post(address, data={"seen": "0", "q": "zq"})
        assert answer.status_code < 500, address
        yield seen(address, answer)


def seen(address: str, answer: TestResponse) -> Seen:
    said = reading.text(answer.data) if answer.mimetype == "application/pdf" else answer.text
    return Seen(address, answer.status_code, f"{said}\n{answer.headers}")


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table but the access log, as they are stored."""
    db.session.rollback()
    tables: list[Table] = [t for t in Model.metadata.sorted_tables if t.name != "audit_entry"]
    return {t.name: sorted(map(tuple, db.session.execute(select(t))), key=repr) for t in tables}


NAMED: dict[str, type[Any]] = {
    "referral_id": Referral, "client_id": Client, "consent_id": Consent, "person_id": Person,
    "organisation_id": Organisation, "unit_id": Unit, "service_id": Service,
    "request_id": PrivacyRequest, "access_id": EmergencyAccess, "evaluation_id": Evaluation,
    "deputy_id": Deputy, "delivery_id": Delivery, "membership_id": Membership,
}  # fmt: skip


def every_id() -> dict[str, list[Any]]:
    """What there is, by the name that an address has for it."""
    db.session.rollback()
    ids = {name: list(db.session.scalars(select(owner.id))) for name, owner in NAMED.items()}
    plain = {"action": ["accept"], "need": ["childcare"], "key": list(DOCUMENTS),
             "language": ["uk"], "ags": ["08317041"], "token": ["x"],
             "quarter": ["2026-Q4"], "name": ["kinds", "places", "refusals"],
             "series_id": list(db.session.scalars(select(Appointment.series_id)))}  # fmt: skip
    return {**ids, **plain}
