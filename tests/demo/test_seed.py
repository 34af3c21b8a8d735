"""The worked week of the demo: what it tells, and that every step of it really happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import func, inspect, select

from portal.accounts.models import Membership, Person
from portal.accounts.roles import ROLES
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.consents.models import Consent
from portal.database import unit_of_work
from portal.demo.accounts import ACCOUNTS
from portal.demo.factory import Factory
from portal.demo.people import PEOPLE
from portal.demo.seed import STORIES, seed
from portal.demo.start import account_lines
from portal.demo.story import working_monday
from portal.extensions import Model, db
from portal.grants import Grant
from portal.lifecycle import FINAL, Status
from portal.mailing.letters import render
from portal.network.models import CLOSED, OPEN, WAITING, Service
from portal.outbox import OutboxMessage
from portal.referrals import policy
from portal.referrals.models import Event, Referral
from portal.registry import registry
from portal.testing.town import NOW
from portal.workflow import LOCAL
from portal.working_days import working_days_between

MONDAY = date(2026, 11, 23)


def row_counts() -> Counter[str]:
    """Every row of every table of the core and of the plugins."""
    present = set(inspect(db.engine).get_table_names())
    return Counter({
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Model.metadata.sorted_tables
        if table.name in present
    })  # fmt: skip


def seed_at(moment: datetime) -> bool:
    """The worked week alone: what it tests is the same as in the whole, in a tenth of the time."""
    db.session.rollback()  # what was read before: on SQLite a read cannot become a write
    with unit_of_work():
        return seed(moment, "a hash", whole=False)


def referrals() -> list[Referral]:
    return list(db.session.scalars(select(Referral)).unique())


def of_client(key: str, offer: str) -> Referral:
    person = next(person for person in PEOPLE if person.key == key)
    client = next(
        client for client in db.session.scalars(select(Client))
        if (client.profile["given_name"], client.profile["family_name"])
        == (person.given_name, person.family_name)
    )  # fmt: skip
    return next(
        referral for referral in referrals()
        if referral.client_id == client.id and referral.service.name == offer
    )  # fmt: skip


def test_referrals_in_every_state_of_a_plugin(county: Flask) -> None:
    own_states = {"obligation_issued", "seat_offered", "placement_test_set", "registered",
                  "volunteer_proposed", "first_appointment_kept"}  # fmt: skip
    assert own_states <= {referral.state for referral in referrals()}


def test_everybody_works_somewhere_and_one_in_two_places(county: Flask) -> None:
    places = {p.name: len(p.memberships) for p in db.session.scalars(select(Person))}
    assert set(places.values()) == {1, 2}
    assert places["Felix Doppelmuster"] == 2


def test_the_kita_has_not_answered_for_17_days(county: Flask) -> None:
    waiting = of_client("amal", "Kita-Platz in Gutach")
    assert waiting.sent_at is not None
    assert (MONDAY - waiting.sent_at.date()).days == 17
    assert (waiting.status, waiting.due_on and waiting.due_on < MONDAY) == ("sent", True)


def test_work_is_left_for_both_sides(county: Flask) -> None:
    late = Counter(r.turn for r in referrals() if r.turn and r.next_on and r.next_on < MONDAY)
    assert late["sender"] >= 3
    assert late["receiver"] >= 2
    unreviewed = [r for r in referrals() if r.responded_at and r.closed_at and r.turn == "sender"]
    assert len(unreviewed) >= 4


def test_what_became_of_consents(county: Flask) -> None:
    consents = db.session.scalars(select(Consent)).all()
    assert [c for c in consents if c.revoked_at]
    assert [c for c in consents if MONDAY <= c.valid_until <= MONDAY + timedelta(days=5)]
    withdrawn = next(r for r in referrals() if r.code == "consent_withdrawn")
    receiver = Actor.system(NOW)
    assert policy.grant(receiver, withdrawn) is Grant.ENDED


def test_a_successor_goes_on_where_one_ended(county: Flask) -> None:
    successors = [r for r in referrals() if r.follow_up_of_id]
    ended = {r.id for r in referrals() if Status(r.status) in FINAL}
    assert successors
    assert {r.follow_up_of_id for r in successors} <= ended


def test_the_system_ended_what_nobody_answered_and_not_too_early(county: Flask) -> None:
    expired = [r for r in referrals() if r.status == Status.EXPIRED]
    for referral in expired:
        assert referral.sent_at
        assert referral.closed_at
        sent_on, ended_on = referral.sent_at.date(), referral.closed_at.date()
        assert working_days_between(sent_on, ended_on) >= 25
        last = db.session.scalar(
            select(Event).where(Event.referral_id == referral.id, Event.action == "expire")
        )
        assert last is not None
        assert (last.side, last.membership_id) == ("system", None)
    assert expired


def test_an_answer_by_telephone_was_recorded(county: Flask) -> None:
    called = of_client("mirela", "Kita-Platz in Gutach")
    recorded = db.session.scalars(select(Event).where(Event.source == "phone")).all()
    assert {event.side for event in recorded} == {"receiver"}
    assert [e.action for e in recorded if e.referral_id == called.id] == ["waitlist"]


def test_a_provider_without_an_account_is_told_for(county: Flask) -> None:
    waiting = of_client("layla", "Elternkurs am Vormittag")
    assert (waiting.status, waiting.turn) == ("waitlisted", "receiver")
    served = set(db.session.scalars(select(Membership.unit_id)))
    assert waiting.receiver_unit_id not in served


def test_every_move_is_in_the_log_in_the_order_of_time(county: Flask) -> None:
    events = db.session.scalar(select(func.count()).select_from(Event))
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    kinds = Counter(entry.kind for entry in entries)
    moved = kinds["referral.created"] + kinds["referral.moved"] + kinds["referral.voided"]
    assert moved == events
    seeded = [entry.at for entry in entries]
    assert seeded == sorted(seeded)
    assert seeded[-1] < NOW


def test_messages_name_nobody(county: Flask) -> None:
    names = {
        name
        for client in db.session.scalars(select(Client))
        for name in (client.profile["given_name"], client.profile["family_name"])
    }
    with county.test_request_context():
        letters = [render(m) for m in db.session.scalars(select(OutboxMessage))]
    assert len(letters) > 100
    for letter in letters:
        told = f"{letter.subject} {letter.text}".split()
        assert names.isdisjoint(word.strip(".,:!?“„") for word in told)
        assert letter.to


def test_offers_are_open_and_closed_and_name_their_places(county: Flask) -> None:
    services = db.session.scalars(select(Service)).all()
    assert {service.capacity_on(NOW.date()) for service in services} == {OPEN, WAITING, CLOSED}
    assert {service.type for service in services} == set(registry().referral_types)


def test_offices_are_closed_on_weekends() -> None:
    days = [story.day for story in STORIES]
    days += [step.day for story in STORIES for step in story.steps if step.action != "expire"]
    weekdays = {(MONDAY + timedelta(days=day)).weekday() for day in days}
    assert weekdays == {0, 1, 2, 3, 4}
    assert max(days) < 0


@pytest.mark.parametrize(
    ("today", "monday"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 27), date(2026, 11, 23)),
        (date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 11, 29), date(2026, 11, 30)),
    ],
)
def test_the_week_that_one_is_in_or_that_is_coming(today: date, monday: date) -> None:
    assert working_monday(today) == monday


def test_twice_equals_once(app: Flask) -> None:
    assert seed_at(NOW)
    before = row_counts()
    assert not seed_at(NOW + timedelta(days=30))
    db.session.rollback()
    with unit_of_work():
        registry().hook.portal_seed(factory=Factory(NOW))
    assert row_counts() == before


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2027, 1, 8, 16, tzinfo=LOCAL),  # after the holidays, nearly everything is late
        datetime(2027, 5, 29, 12, tzinfo=UTC),  # a Saturday after five public holidays
        datetime(2026, 11, 23, 0, 30, tzinfo=LOCAL),  # before the first office opens
    ],
)
def test_it_works_on_every_day(sqlite_app: Flask, moment: datetime) -> None:
    assert seed_at(moment)
    assert {referral.status for referral in referrals()} == set(Status)
    latest = db.session.scalar(select(func.max(AuditEntry.at)))
    assert latest is not None
    assert latest < moment


def test_a_failure_leaves_nothing(sqlite_app: Flask) -> None:
    empty = row_counts()

    class Stop(Exception):
        pass

    def breaks_off(happenings: list[object]) -> Iterator[object]:
        yield from happenings[:60]
        raise Stop

    db.session.rollback()
    with pytest.raises(Stop), unit_of_work():
        seed(NOW, "a hash", breaks_off)  # type: ignore[arg-type]
    assert row_counts() == empty


def test_every_account_is_listed_with_a_thing_to_try(county: Flask) -> None:
    printed = list(account_lines())
    page = county.test_client().get("/demo/").text
    for account in ACCOUNTS:
        assert any(account.email in line for line in printed)
        assert account.name in page
        assert str(escape(account.try_this)) in page
    assert {role for account in ACCOUNTS for _, role in account.serves} == set(ROLES)
