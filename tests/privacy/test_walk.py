"""Whoever receives something walks the whole portal and finds nothing that was not meant for it.

Every value that is not shared is marked: fields nobody disclosed, fields the advisor took out,
and what the sender writes for itself. What is shared is marked too, and belongs to the receiver.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import outbox, registry
from portal.accounts.models import Membership
from portal.clients.commands import search
from portal.clients.fields import CLIENT_FIELDS
from portal.clients.models import Client
from portal.demo.factory import Factory
from portal.extensions import db
from portal.grants import Grant
from portal.mailing.letters import render
from portal.privacy import commands as rights
from portal.problems import NotFound
from portal.referrals import commands, endings, packages, policy
from portal.referrals.models import Referral
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers
from portal.testing.town import NOW
from portal.workflow import Action, Choice, Kind, Side
from tests.privacy.walking import Seen, addresses, every_id, office, refused, walk

KINDS = sorted(registry.load().referral_types)
TODAY = NOW.date()
# Codes of which the longest label is not on a page by chance.
TELLING = ("residence_title", "benefit_system", "accommodation_type", "school_level",
           "vocational_level", "recognition_state")  # fmt: skip
LISTS = ("/", "/referrals", "/referrals?filter=all", "/referrals?filter=closed",
         "/referrals?filter=todo", "/log?about=")  # fmt: skip


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@dataclass
class World:
    """One kind of handoff: referrals at every stage, and what they may show to whom."""

    app: Flask
    here: Office
    secret: Markers  # for nobody but the sender
    shared: Markers  # for the receiver, once it may
    own: Markers  # what is said on the way: the receiver keeps its own notes
    client: Client
    stages: dict[str, Referral]

    @property
    def labels(self) -> list[str]:
        """Of codes that are not disclosed: they bear no marker, but their words say it all."""
        keys = [key for key in TELLING if key not in self.here.kind.discloses]
        return [telling(key)[1] for key in keys]

    def secrets_in(self, text: str) -> list[str]:
        found = [label for label in self.labels if label in text]
        return found + ([text] if self.secret.are_in(text) else [])


def profile_of(here: Office, secret: Markers, shared: Markers) -> dict[str, object]:
    """Marked for the receiver where it is disclosed; two fields of that are taken out later."""
    profile = secret.profile(TODAY)
    profile.pop("municipality", None)
    for key in here.kind.discloses:
        if CLIENT_FIELDS[key].kind is Kind.TEXT and key not in withheld(here):
            profile[key] = shared.text(key)
    for key in TELLING:
        if key not in here.kind.discloses:
            profile[key] = telling(key)[0]
    return profile


def telling(key: str) -> Choice:
    return max(CLIENT_FIELDS[key].choices, key=lambda choice: len(choice[1]))


def withheld(here: Office) -> list[str]:
    texts = [key for key in here.kind.discloses if CLIENT_FIELDS[key].kind is Kind.TEXT]
    return [key for key in texts if key not in packages.ALWAYS][:2]


def build(app: Flask, key: str) -> World:
    here = office(Factory(NOW), registry.load().referral_type(key))
    secret, shared = Markers("zqgeheim"), Markers("zqgeteilt")
    client = here.factory.client(here.advisor, **profile_of(here, secret, shared))
    here.factory.consent(here.advisor, client, here.unit, purpose=f"{secret.text()} {'x' * 30}")
    rights.record_request(here.factory.actor(here.advisor), client.id, {
        "kind": "objection", "received_on": TODAY, "note": secret.text(),
    })  # fmt: skip
    world = World(app, here, secret, shared, Markers("zqnotiz"), client, {})
    way = ways(here.kind.workflow)
    for state in ("accepted", "draft", "sent", "completed"):
        world.stages[state] = begun(world, way[state])
    if "in_progress" in way:
        world.stages["in_progress"] = begun(world, way["in_progress"])
    end(world)
    db.session.commit()
    return world


def begun(world: World, way: Iterable[Action]) -> Referral:
    here = world.here
    referral = here.referral(world.client, (), world.shared, withheld=withheld(here))
    for action in way:
        here.perform(referral, action, world.own)
    return referral


def end(world: World) -> None:
    """The endings that close the view at once, each with the sender's own words."""
    here, secret, f = world.here, world.secret, world.here.factory
    accepted = ways(here.kind.workflow)["accepted"]
    advisor, lead = (f.actor(member) for member in here.senders)
    withdrawn, wrong = begun(world, accepted), begun(world, accepted)
    commands.perform(advisor, withdrawn.id, "withdraw",
                     {"code": "other", "explanation": secret.text()})  # fmt: skip
    commands.void(lead, wrong.id, {"reason": secret.text()})
    commands.perform(advisor, world.stages["completed"].id, "review",
                     {"plan_change": secret.text()})  # fmt: skip
    other = f.client(here.advisor, **profile_of(here, secret, secret))
    consent = f.consent(here.advisor, other, here.unit)
    revoked = here.referral(other, accepted, secret)
    assert revoked.consent_id == consent.id
    endings.revoke_consent(advisor, consent.id)
    world.stages |= {"withdrawn": withdrawn, "wrong": wrong, "revoked": revoked}


def everywhere(world: World, member: Membership, states: Iterable[str] = ()) -> Iterator[Seen]:
    """All of the portal: every page with every id, the lists, and forms that are refused."""
    ids = every_id()
    if states:
        ids["referral_id"] = [world.stages[state].id for state in states]
    posts = [address for address in addresses(world.app, ids, "POST")
             if address.startswith(("/referrals", "/clients", "/consents"))]  # fmt: skip
    one = next(iter(world.stages.values()))
    moves = [f"/referrals/{one.id}/{action.key}" for action in world.here.kind.workflow.actions]
    recorded = [f"/referrals/{one.id}/accept?record=1"]
    yield from walk(world.app, member, [*LISTS, *addresses(world.app, ids), *moves, *recorded])
    yield from refused(world.app, member, posts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_receiver_finds_nothing_but_what_was_shared(
    app: Flask, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world = build(app, kind)
    here = world.here
    stages = ["sent", "accepted", "completed", "withdrawn", "wrong", "revoked", "draft"]
    pages = list(everywhere(world, here.partner, stages))
    assert len([page for page in pages if page.shown]) > 20
    assert {page.address: world.secrets_in(page.text) for page in pages
            if world.secrets_in(page.text)} == {}  # fmt: skip
    # It is no empty walk: what is shared is read where it was accepted, and nowhere it is closed.
    shows = {state: any(world.shared.are_in(page.text) for page in pages if page.shown
                        and f"/{one.id}" in page.address)
             for state, one in world.stages.items()}  # fmt: skip
    assert shows["accepted"]
    assert shows["completed"]
    assert not any(shows[state] for state in ("withdrawn", "wrong", "revoked", "draft"))
    names = {"given_name", "family_name"}
    before = " ".join(p.text for p in pages if f"/{world.stages['sent'].id}" in p.address)
    assert bool(world.shared.fields_in(before) & names) is (here.kind.preview is None)
    letters = [render(each) for each in db.session.scalars(select(outbox.OutboxMessage))]
    assert letters
    printed = "".join(capfd.readouterr()) + caplog.text
    for markers in (world.secret, world.shared, world.own):
        assert not markers.are_in(letters)
        assert not markers.are_in(printed)
    actor = here.factory.actor(here.partner)
    name = world.client.profile["family_name"]
    assert search(actor, name) == []
    assert search(here.factory.actor(here.advisor), name) == [world.client]


@pytest.mark.parametrize("role", ["Fremd", "Kreis", "Revision", "Verwaltung", "Kollegin"])
def test_whoever_is_not_concerned_finds_nothing_at_all(app: Flask, role: str) -> None:
    world = build(app, "jobcenter")  # whose partner sees the most before it agrees
    member = next(one for one in world.here.strangers if role in one.person.name)
    pages = list(everywhere(world, member))
    assert len([page for page in pages if page.shown]) > 5
    assert [page.address for page in pages for markers in (world.secret, world.shared, world.own)
            if markers.are_in(page.text)] == []  # fmt: skip
    # The empty form of a record names every code there is.
    assert [page.address for page in pages
            if page.address != "/clients/new" and world.secrets_in(page.text)] == []  # fmt: skip


@pytest.mark.parametrize("when", ["before", "asked", "agreed", "ended"])
def test_a_volunteer_reads_the_own_task_and_only_while_it_lasts(app: Flask, when: str) -> None:
    world = build(app, "helferkreis")
    here, way = world.here, ways(world.here.kind.workflow)
    task = world.stages["in_progress"]
    if when == "asked":
        task = begun(world, way["volunteer_proposed"])
    elif when == "ended":
        task = world.stages["completed"]
    elif when == "before":
        task = world.stages["sent"]
    db.session.commit()
    world.stages = {"task": task}
    pages = [page for page in everywhere(world, here.volunteer, ["task"])
             if str(task.id) in page.address]  # fmt: skip
    assert not any(world.secrets_in(page.text) for page in pages)
    text = " ".join(page.text for page in pages)
    kind = here.kind
    may = {"before": set(), "ended": set(), "agreed": set(kind.task or ()),
           "asked": set(kind.task or ()) & set(kind.preview or ()) - {"given_name"},
           }[when]  # fmt: skip
    assert world.shared.fields_in(text) <= may
    assert ("given_name" in world.shared.fields_in(text)) is (when == "agreed")
    if when in ("before", "ended"):
        assert not world.shared.are_in(text)
        assert {page.status for page in pages} <= {403, 404}
        with pytest.raises(NotFound):
            policy.get_visible(here.factory.actor(here.volunteer), task.id)


def test_a_volunteer_sees_no_task_of_another(app: Flask) -> None:
    world = build(app, "helferkreis")
    other = world.here.factory.member("Zweite Freiwillige", world.here.unit, "volunteer")
    db.session.commit()
    pages = list(everywhere(world, other))
    assert [page.address for page in pages
            if world.secrets_in(page.text) or world.shared.are_in(page.text)] == []  # fmt: skip


def test_an_expired_consent_leaves_nothing_to_find(app: Flask) -> None:
    world = build(app, "jobcenter")
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=200)
    pages = list(everywhere(world, world.here.partner, ["accepted", "sent", "completed"]))
    found = [page.address for page in pages
             if world.secrets_in(page.text) or world.shared.are_in(page.text)]  # fmt: skip
    assert found == []
    later = Factory(NOW + timedelta(days=200)).actor(world.here.partner)
    seen = policy.get_visible(later, world.stages["accepted"].id)
    assert policy.grant(later, seen) is Grant.ENDED
    assert policy.speaks_for(later, seen) is Side.RECEIVER
