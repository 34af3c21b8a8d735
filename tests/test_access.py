"""Every route has a rule, and the rule holds for every role: a matrix made from the url map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import BuildError, Rule
from werkzeug.test import TestResponse

from portal import registry
from portal.accounts.models import Membership, Unit
from portal.accounts.roles import CORE_PERMISSIONS, ROLES
from portal.app import create_app
from portal.clients.commands import name_deputy
from portal.crypto import Keyring
from portal.demo.factory import Factory
from portal.extensions import db
from portal.inspection.commands import request_evaluation
from portal.network.models import Delivery
from portal.outbox import ATTEMPTS, InboxItem, Mail
from portal.privacy import emergency
from portal.privacy.commands import record_request
from portal.referrals.models import Appointment
from portal.testing.client import PortalClient
from portal.testing.town import NOW, TESTING, build_town, fresh_app
from portal.web.access import MEMBER, PERSON, PUBLIC, rule_of

LOADED = registry.load()
KNOWN_RULES = {PUBLIC, PERSON, MEMBER, *CORE_PERMISSIONS, *LOADED.permissions}


def bare_app() -> Flask:
    """The portal with its plugins and its demo pages, without a database."""
    keys = Keyring.generate().dumps()
    return create_app({**TESTING, "KEYS": keys, "DEMO": "1", "INSTANCE": "/nonexistent",
                       "DATABASE_URL": "sqlite://"})  # fmt: skip


def rules_of(app: Flask) -> dict[str, str | None]:
    """What every endpoint asks of its caller; files need nobody."""
    return {
        endpoint: rule_of(view, of_plugin=endpoint.partition(".")[0] in LOADED.plugins)
        for endpoint, view in app.view_functions.items()
        if endpoint.rpartition(".")[2] != "static"
    }


def routes_of(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of everything that can be called."""
    return sorted(
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint in RULES
    )


BARE = bare_app()
RULES = rules_of(BARE)
ROUTES = routes_of(BARE)
CLOSED = [route for route in ROUTES if RULES[route[0]] != PUBLIC]
GUARDED = [route for route in CLOSED if RULES[route[0]] not in (PERSON, MEMBER)]
# What whoever holds a signed link may do, signed in or not.
LINKED = [route for route in ROUTES if RULES[route[0]] == PUBLIC
          and route[2].startswith(("/answer/<", "/code/<", "/month/<", "/my/<"))]  # fmt: skip
# Parts of addresses that name something of somebody's; another's must look like nothing.
PRIVATE = ("client_id", "referral_id", "consent_id", "deputy_id", "request_id", "item_id")
OTHERS = [route for route in CLOSED if any(f":{name}>" in route[2] for name in PRIVATE)]


@dataclass
class World:
    """One portal for the whole matrix: nothing in it is changed by a refusal."""

    app: Flask
    members: dict[str, Membership]
    mine: dict[str, Any]  # what the advisor and the partner have, by name of the URL's part

    def as_(self, role: str | None) -> PortalClient:
        client: PortalClient = self.app.test_client()  # type: ignore[assignment]
        if role:
            client.sign_in(self.members[role])
        db.session.rollback()  # the test itself holds nothing
        return client

    def newcomer(self, name: str, role: str, unit: Unit | None = None) -> Membership:
        """Somebody more; by default at an office that has nothing to do with anybody."""
        db.session.rollback()
        f = Factory(NOW)
        unit = unit or f.unit(f.organisation("Ganz woanders (Demo)", "other_office"))
        member = f.member(name, unit, role)
        db.session.commit()
        self.members[name] = member
        return member

    def address(self, endpoint: str, method: str, path: str, **ids: Any) -> str:
        rule = next(
            rule for rule in self.app.url_map.iter_rules(endpoint)
            if rule.rule == path and method in (rule.methods or ())
        )  # fmt: skip
        values = {name: ids.get(name, self.mine.get(name, "x")) for name in rule.arguments}
        with self.app.test_request_context():
            return _built(self.app, rule, values)


def _built(app: Flask, rule: Rule, values: dict[str, Any]) -> str:
    built = rule.build(values, append_unknown=False)
    if built is None:
        raise BuildError(rule.endpoint, values, None)
    return built[1]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    url = f"sqlite:///{folder / 'portal.sqlite'}"
    for app in fresh_app(url, folder, DEMO="1", WTF_CSRF_ENABLED=False):
        town = build_town(Factory(NOW), "jobcenter")
        f = town.factory
        county = f.unit(town.advisor.unit.organisation, "Koordination")
        members = {
            "advisor": town.advisor, "team_lead": town.lead, "partner": town.partner,
            **{role: f.member(f"Zz {role}", county, role) for role in ROLES
               if role not in ("advisor", "team_lead", "partner")},
        }  # fmt: skip
        draft = f.draft(town.advisor, town.client, town.service)
        sent = f.sent(town.advisor, town.client, town.service)
        deputy = name_deputy(f.actor(town.advisor), town.advisor.id, town.colleague.id,
                             NOW.date(), NOW.date())  # fmt: skip
        delivery = Delivery(municipality_ags="08317041", unit_id=county.id,
                            model="own_municipality", valid_from=NOW.date())  # fmt: skip
        db.session.add(delivery)
        # Of the coordinator alone: whoever may approve sees that it was asked for.
        urgent = emergency.ask(
            f.actor(members["coordinator"]),
            {
                "reference": sent.reference,
                "reason": "Die Person ist in Gefahr, sofort anrufen.",
            },
        )
        evaluation = request_evaluation(f.actor(members["auditor"]), {
            "reason": "Beschwerde vom 20. November", "from_on": NOW.date(), "until_on": NOW.date(),
        })  # fmt: skip
        asked = record_request(f.actor(town.advisor), town.client.id, {
            "kind": "access", "received_on": NOW.date(),
        })  # fmt: skip
        db.session.flush()
        item = db.session.scalars(
            select(InboxItem).where(InboxItem.person_id == town.partner.person_id)
        ).first()
        assert item is not None
        stuck = Mail(message_id=item.message_id, unit_id=town.partner.unit_id, due_at=NOW,
                     attempts=ATTEMPTS)  # fmt: skip
        town.partner.person.suspect_since = NOW
        db.session.add(stuck)
        meeting = Appointment(referral_id=sent.id, starts_at=NOW, changed_at=NOW, series_id=uuid4(),
                              sequence=0)  # fmt: skip
        db.session.add(meeting)
        db.session.commit()
        mine = {
            "client_id": town.client.id, "referral_id": sent.id, "draft_id": draft.id,
            "overseen_id": sent.id,
            "consent_id": sent.consent_id, "deputy_id": deputy.id, "service_id": town.service.id,
            "organisation_id": county.organisation_id, "unit_id": county.id,
            "person_id": town.colleague.person_id, "membership_id": town.colleague.id,
            "delivery_id": delivery.id, "ags": "08317041", "need": "work", "action": "accept",
            "key": "processing", "language": "uk", "access_id": urgent.id,
            "evaluation_id": evaluation.id, "request_id": asked.id,
            "series_id": meeting.series_id, "volunteer_id": members["volunteer"].id,
            "item_id": item.id, "mail_id": stuck.id, "owner_id": town.partner.person_id,
        }  # fmt: skip
        yield World(app, members, mine)


def ask(client: PortalClient, method: str, address: str, **more: Any) -> TestResponse:
    return client.open(address, method=method, **more)


def test_every_route_has_a_known_rule() -> None:
    assert {path: RULES[endpoint] for endpoint, _, path in ROUTES
            if RULES[endpoint] not in KNOWN_RULES} == {}  # fmt: skip
    assert len(ROUTES) > 50


def test_every_part_of_an_address_is_tried_with_a_real_id(world: World) -> None:
    parts = {
        name for rule in world.app.url_map.iter_rules() for name, kind in rule._converters.items()
        if type(kind).__name__ == "UUIDConverter"
    }  # fmt: skip
    assert parts <= set(world.mine)


def test_only_these_are_open_to_everybody() -> None:
    public = {path for endpoint, _, path in ROUTES if RULES[endpoint] == PUBLIC}
    by_link = {path for _, _, path in LINKED}
    assert {path for path in public - by_link if not path.startswith("/demo/")} == {
        "/login", "/healthz", "/readyz", "/metrics", "/help", "/accessibility",
        "/documents/information",
        "/account/forgotten", "/account/password/<token>", "/language",
        "/calendar/<token>.ics",  # calendar programs cannot sign in; the token is the secret
        "/answer/done", "/code/chosen",  # say that something is done, and not what
        "/slip",  # wants what stands on paper
    }  # fmt: skip


@pytest.mark.parametrize(("endpoint", "method", "path"), LINKED,
                         ids=[f"{method} {path}" for _, method, path in LINKED])  # fmt: skip
def test_without_a_link_of_ours_there_is_nothing(
    world: World, endpoint: str, method: str, path: str
) -> None:
    for role in (None, "advisor", "partner"):
        answer = ask(world.as_(role), method, world.address(endpoint, method, path))
        assert answer.status_code == 404


def test_the_demo_pages_exist_in_demo_mode_only(sqlite_app: Flask) -> None:
    assert [rule for rule in sqlite_app.url_map.iter_rules() if rule.rule.startswith("/demo")] == []


@pytest.mark.parametrize(("endpoint", "method", "path"), CLOSED,
                         ids=[f"{method} {path}" for _, method, path in CLOSED])  # fmt: skip
def test_nobody_gets_in_without_signing_in(
    world: World, endpoint: str, method: str, path: str
) -> None:
    address = world.address(endpoint, method, path)
    page = ask(world.as_(None), method, address)
    assert page.status_code == 302
    assert page.location.startswith("/login?next=")
    part = ask(world.as_(None), method, address, headers={"HX-Request": "true"})
    assert part.status_code == 401
    assert part.headers["HX-Redirect"].startswith("/login?next=")
    assert part.text == ""


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_right_is_told_so(world: World, role: str) -> None:
    client = world.as_(role)
    rights = LOADED.permissions_of(role)
    wrong = []
    for endpoint, method, path in GUARDED:
        if RULES[endpoint] in rights:
            continue
        answer = ask(client, method, world.address(endpoint, method, path))
        if answer.status_code != 403:
            wrong.append((method, path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_with_the_right_is_let_in(world: World, role: str) -> None:
    """Reading only: whatever a page then says, the guard was passed and nothing broke."""
    client = world.as_(role)
    rights = LOADED.permissions_of(role) | {PERSON, MEMBER, PUBLIC}
    wrong = []
    for endpoint, method, path in ROUTES:
        if RULES[endpoint] in rights and method == "GET":
            answer = ask(client, method, world.address(endpoint, method, path))
            if answer.status_code >= 500 or (
                answer.status_code == 403 and RULES[endpoint] in LOADED.permissions_of(role)
            ):
                wrong.append((method, path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", ["team_lead", "partner", "volunteer_coordinator", "volunteer",
                                  "coordinator", "auditor", "admin"])  # fmt: skip
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_not_yours_looks_like_what_does_not_exist(
    world: World, role: str, htmx: bool
) -> None:
    world.newcomer(f"Außen {role}", role)
    client = world.as_(f"Außen {role}")
    headers = {"HX-Request": "true"} if htmx else {}
    rights = LOADED.permissions_of(role) | {PERSON, MEMBER}
    wrong = []
    for endpoint, method, path in OTHERS:
        if RULES[endpoint] not in rights:
            continue
        theirs = world.address(endpoint, method, path)
        nothing = world.address(endpoint, method, path, **dict.fromkeys(PRIVATE, uuid4()))
        answers = [ask(client, method, address, headers=headers) for address in (theirs, nothing)]
        # Alike to the letter, save for the address itself and tokens.
        same = len({_stripped(answer, world.mine) for answer in answers}) == 1
        if [answer.status_code for answer in answers] != [404, 404] or not same:
            wrong.append((method, path, [answer.status_code for answer in answers]))
    assert wrong == []


TOKEN = re.compile(r'name="csrf_token" value="[^"]+"')  # another one every second


def _stripped(answer: TestResponse, mine: dict[str, Any]) -> str:
    text = TOKEN.sub("", answer.text)
    assert answer.request is not None
    for part in answer.request.path.split("/"):
        if len(part) == 36:
            assert UUID(part)
            text = text.replace(part, "<id>")
    return text


@pytest.mark.parametrize("identifier", ["0", "x", "../etc", "%00", "1' OR 1=1"])
def test_what_is_no_id_is_not_found(world: World, identifier: str) -> None:
    client = world.as_("team_lead")
    for path in ("/clients/", "/referrals/", "/services/"):
        assert client.get(path + identifier).status_code == 404


def test_somebody_without_a_membership_reaches_only_the_own_account(world: World) -> None:
    world.newcomer("Nicht Mehr", "partner").ended_on = NOW.date()
    db.session.commit()
    client = world.as_("Nicht Mehr")
    for endpoint, method, path in CLOSED:
        if method != "GET":
            continue
        status = ask(client, method, world.address(endpoint, method, path)).status_code
        assert status == (200 if RULES[endpoint] == PERSON else 403), path


@pytest.mark.parametrize("how", ["deactivated", "logged out everywhere"])
def test_a_session_ends_with_the_account(world: World, how: str) -> None:
    member = world.newcomer(f"Bald {how}", "partner")
    client = world.as_(f"Bald {how}")
    assert client.get("/").status_code == 200
    if how == "deactivated":
        member.person.active = False
    else:
        member.person.fs_uniquifier = uuid4().hex
    db.session.commit()
    assert client.get("/").status_code == 302


def test_the_rules_name_rights_that_somebody_has() -> None:
    for permission in {rule for rule in RULES.values() if rule} - {PUBLIC, PERSON, MEMBER}:
        assert any(permission in LOADED.permissions_of(role) for role in ROLES), permission
