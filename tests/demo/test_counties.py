"""The demo's two counties whole: the numbers hold, and what is drawn by chance is plausible."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.accounts.roles import ROLES
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.codes import PARTNER_KINDS
from portal.demo.accounts import ACCOUNTS
from portal.demo.crowd import CASELOADS, crowd
from portal.demo.mandates import MANDATES
from portal.demo.origins import ORIGINS
from portal.demo.people import PEOPLE
from portal.demo.seed import STORIES, seed
from portal.demo.story import Clock, Day
from portal.demo.year import BUSY, BUSY_OFFICES, Year
from portal.extensions import Model, db
from portal.lifecycle import FINAL, Status
from portal.network.models import DELIVERY_MODELS, Delivery, Municipality, Service
from portal.outbox import OutboxMessage
from portal.referrals.models import Event, Referral
from portal.registry import registry
from portal.testing.town import NOW
from portal.workflow import LOCAL
from portal.working_days import is_working_day

MONDAY = date(2026, 11, 23)
MADE_UP = re.compile("muster|probe|beispiel|demo|test", re.IGNORECASE)


def count(table: type[Model]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def referrals() -> list[Referral]:
    return list(db.session.scalars(select(Referral)).unique())


def local_day(moment: datetime) -> date:
    return moment.astimezone(LOCAL).date()


def test_the_numbers_hold(county: Flask) -> None:
    assert count(Municipality) == 82
    assert 45 <= count(Organisation) <= 50
    assert count(Person) == len(ACCOUNTS) == 60
    assert count(Client) == 400
    assert 350 <= count(Referral) <= 370


def test_every_status_every_kind_of_partner_and_every_role(county: Flask) -> None:
    found = referrals()
    assert {referral.status for referral in found} == set(Status)
    assert {referral.type for referral in found} == set(registry().referral_types)
    assert min(Counter(referral.type for referral in found).values()) >= 10
    assert set(db.session.scalars(select(Membership.role))) == set(ROLES)
    kinds = set(db.session.scalars(select(Organisation.kind)))
    # The employment agency receives as any other office: no plugin is made for it.
    assert kinds == set(PARTNER_KINDS) - {"employment_agency"}


def test_who_delivers_in_the_82_municipalities(county: Flask) -> None:
    deliveries = db.session.scalars(select(Delivery)).all()
    open_ones = Counter(d.municipality.name for d in deliveries if d.valid_until is None)
    assert len(open_ones) == 82
    assert {d.model for d in deliveries} == {key for key, _ in DELIVERY_MODELS}
    of = Counter((d.municipality.county, d.model) for d in deliveries)
    assert of["Ortenaukreis", "delegated_to_county"] == 40
    assert of["Ortenaukreis", "delegated_to_welfare"] == 3
    rems_murr = {model: n for (place, model), n in of.items() if place == "Rems-Murr-Kreis"}
    assert rems_murr.pop("delegated_to_welfare") >= 3
    assert rems_murr == {
        "delegated_to_county": 18, "own_municipality": 7, "municipal_association": 6,
    }  # fmt: skip
    # Free providers work where towns act themselves or together, never where the county does.
    alone = {m.municipality for m in MANDATES if m.model == "delegated_to_county"}
    assert alone.isdisjoint(m.municipality for m in MANDATES if m.model != "delegated_to_county")
    assert {d.municipality.name for d in deliveries if d.valid_until} == {"Sulzbach an der Murr"}


def test_nobody_can_be_meant(county: Flask) -> None:
    assert all(o.name.endswith("(Demo)") for o in db.session.scalars(select(Organisation)))
    for unit in db.session.scalars(select(Unit)):
        assert unit.phone.startswith("0000 ")
        assert unit.email.endswith(".example")
    for person in db.session.scalars(select(Person)):
        assert MADE_UP.search(person.name)
        assert person.email.endswith(".example")
    meaning_example = {name for origin in ORIGINS for name in origin.surnames.split()}
    meaning_example |= {person.family_name for person in PEOPLE}
    names = set()
    for client in db.session.scalars(select(Client)):
        assert client.profile["family_name"] in meaning_example
        assert client.profile.get("phone", "0000 ").startswith("0000 ")
        assert client.profile.get("email", ".example").endswith(".example")
        names.add(client.name)
    assert len(names) == 400


def test_full_posts_have_sixty_to_ninety_clients(county: Flask) -> None:
    cases = Counter(client.advisor.person.name for client in db.session.scalars(select(Client)))
    assert set(cases) == set(CASELOADS)
    full = {name: number for name, number in cases.items() if number > 30}
    assert len(full) == 5
    assert 60 <= min(full.values()) <= max(full.values()) <= 90


def test_clients_live_where_their_advisor_serves(county: Flask) -> None:
    served = {(d.municipality_ags, d.unit_id) for d in db.session.scalars(select(Delivery))}
    for client in db.session.scalars(select(Client)):
        assert (client.municipality_ags, client.unit_id) in served


def test_the_shares_are_those_of_the_counties(county: Flask) -> None:
    profiles = [client.profile for client in db.session.scalars(select(Client))]
    languages = Counter(profile["contact_language"] for profile in profiles)
    assert [code for code, _ in languages.most_common(3)] == ["uk", "ar", "tr"]
    assert len(languages) >= 20
    titles = Counter(profile["residence_title"] for profile in profiles)
    assert titles.most_common(1)[0][0] == "aufe_24"
    assert len(titles) >= 15
    levels = Counter(profile["german_level"] for profile in profiles)
    assert {"pre_a1", "a1", "a2", "b1", "b2"} <= set(levels)
    assert sum(levels[level] for level in ("a2", "b1")) > 200
    assert len({profile["accommodation_type"] for profile in profiles}) >= 7


def test_no_open_referral_is_without_a_next_date(county: Flask) -> None:
    waiting = [r for r in referrals() if Status(r.status) not in FINAL]
    assert len(waiting) > 120
    assert [r.reference for r in waiting if r.next_on is None] == []
    late = [r for r in waiting if r.next_on and r.next_on < MONDAY]
    assert 5 <= len(late) <= 20  # a county that works, and something for its coordinator


def test_nine_months_on_days_on_which_offices_were_open(county: Flask) -> None:
    days = {local_day(moment) for moment in db.session.scalars(select(AuditEntry.at))}
    # The worked week is told in whole weeks back, whatever holidays lie there.
    told = {story.day for story in STORIES}
    told |= {step.day for story in STORIES for step in story.steps}
    drawn = days - {MONDAY + timedelta(days=day) for day in told}
    assert [day for day in sorted(drawn) if not is_working_day(day)] == []
    sent = [local_day(r.sent_at) for r in referrals() if r.sent_at]
    assert timedelta(days=250) < MONDAY - min(sent) < timedelta(days=275)
    assert len({(day.year, day.month) for day in sent}) >= 9
    assert max(days) < MONDAY


def test_what_the_worker_has_delivered(county: Flask) -> None:
    messages = db.session.scalars(select(OutboxMessage)).all()
    waiting = [message for message in messages if message.delivered_at is None]
    assert {local_day(message.created_at) for message in waiting} == {date(2026, 11, 20)}
    assert "referral.sent" in {message.topic for message in waiting}
    assert len(messages) > 900


def test_the_worked_week_is_told_alone_where_it_is_told(county: Flask) -> None:
    """Neither start pages of its advisors nor inboxes of its offices hold anything else."""
    told = {(person.given_name, person.family_name) for person in PEOPLE}
    offices = {account.name for account in ACCOUNTS if account.serves[0][0] in BUSY_OFFICES}
    units = {m.unit_id for m in db.session.scalars(select(Membership)) if m.person.name in offices}
    others = {
        client.id: client.advisor.person.name
        for client in db.session.scalars(select(Client))
        if (client.profile["given_name"], client.profile["family_name"]) not in told
    }
    for referral in referrals():
        if referral.client_id in others:
            if referral.turn == "sender":
                assert others[referral.client_id] not in BUSY
            if referral.turn == "receiver":
                assert referral.receiver_unit_id not in units


def test_every_task_lies_with_a_volunteer_of_the_circle(county: Flask) -> None:
    running = [r for r in referrals() if r.type == "helferkreis" and r.status == "in_progress"]
    assert len(running) >= 4
    for task in running:
        assert task.handler is not None
        assert (task.handler.role, task.handler.unit_id) == ("volunteer", task.receiver_unit_id)


def test_whoever_was_redirected_is_sent_on_elsewhere(county: Flask) -> None:
    by_id = {referral.id: referral for referral in referrals()}
    onwards = [r for r in by_id.values() if r.follow_up_of_id and r.sent_at]
    assert len(onwards) >= 6
    redirected = [r for r in onwards if by_id[r.follow_up_of_id].status == Status.REDIRECTED]  # type: ignore[index]
    assert len(redirected) >= 4
    for referral in redirected:
        before = by_id[referral.follow_up_of_id]  # type: ignore[index]
        assert before.receiver_unit_id != referral.receiver_unit_id


def test_an_ended_counselling_leaves_nothing_open(county: Flask) -> None:
    ended = {client.id for client in db.session.scalars(select(Client)) if client.closed_on}
    assert len(ended) >= 10
    assert [r for r in referrals() if r.client_id in ended and Status(r.status) not in FINAL] == []


def test_an_office_without_an_account_is_told_for(county: Flask) -> None:
    staffed = set(db.session.scalars(select(Membership.unit_id)))
    answered = db.session.execute(
        select(Event.source, Referral.receiver_unit_id)
        .join(Referral, Referral.id == Event.referral_id)
        .where(Event.side == "receiver")
    ).all()
    sources = {source for source, unit_id in answered if unit_id not in staffed}
    assert sources
    assert None not in sources


def test_every_service_can_be_reached(county: Flask) -> None:
    services = db.session.scalars(select(Service)).all()
    sent_to = {referral.service_id for referral in referrals()}
    unused = [s for s in services if s.id not in sent_to and s.closed_until is None]
    assert [s.name for s in unused if not s.neutral_name] == []


def test_a_second_start_adds_nothing(county: Flask) -> None:
    before = {table: count(table) for table in (Referral, Client, Person, Event, AuditEntry)}
    assert not seed(NOW + timedelta(days=30), "a hash")
    db.session.rollback()
    assert {table: count(table) for table in before} == before


def test_the_same_people_every_time() -> None:
    assert crowd() == crowd()
    assert len({person.key for person in (*PEOPLE, *crowd())}) == 400


@pytest.mark.parametrize(
    "monday",
    [date(2026, 11, 23), date(2026, 3, 2), date(2027, 1, 4), date(2027, 4, 5), date(2028, 2, 28)],
)
def test_any_year_is_drawn_before_its_monday(county: Flask, monday: date) -> None:
    places = {place.name: place.county for place in db.session.scalars(select(Municipality))}
    drawn = list(Year(monday, crowd(), places).stories())
    assert drawn == list(Year(monday, crowd(), places).stories())
    assert len(drawn) + len(STORIES) > 340
    for story in drawn:
        days = [story.day, *(step.day for step in story.steps)]
        assert days == sorted(days)
        assert days[-1] < 0
        assert all(is_working_day(monday + timedelta(days=day)) for day in days)
        ahead = [
            v for step in story.steps for v in step.data.values() if isinstance(v, Day | Clock)
        ]
        assert all(is_working_day(monday + timedelta(days=value.number)) for value in ahead)
