"""Whether there is room: said in two clicks, shown with its date, asked for again, and ended by
itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actor import Actor
from portal.audit import AuditEntry
from portal.database import begin_writing
from portal.extensions import db
from portal.network import commands, policy
from portal.network.models import CLOSED, OPEN, WAITING, Service
from portal.problems import Invalid
from portal.referrals import commands as referrals
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.threads import at_once

TODAY = NOW.date()
NEVER = {"waiting_weeks": None, "closed_until": None}


@pytest.fixture
def partner(app: Flask, town: Town) -> PortalClient:
    made: PortalClient = app.test_client()
    return made.sign_in(town.partner)


@pytest.fixture
def advisor(app: Flask, town: Town) -> PortalClient:
    made: PortalClient = app.test_client()
    return made.sign_in(town.advisor)


def saved(town: Town) -> Service:
    db.session.rollback()
    return db.session.get_one(Service, town.service.id)


def say(client: PortalClient, town: Town, **answers: str):
    prefix = f"f{town.service.id.hex[:12]}-"
    form = {f"{prefix}{key}": value for key, value in answers.items()}
    return client.submit(f"/services/{town.service.id}/capacity", form, form="/services")


def set_as_of(town: Town, days_ago: int | None) -> None:
    service = saved(town)
    service.capacity_as_of = None if days_ago is None else TODAY - timedelta(days=days_ago)
    db.session.commit()


# --- saying it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "capacity", "weeks", "until"),
    [
        ({"capacity": "open"}, OPEN, None, None),
        ({"capacity": "waiting", "waiting_weeks": "12"}, WAITING, 12, None),
        ({"capacity": "closed", "closed_until": "2026-12-14"}, CLOSED, None, date(2026, 12, 14)),
        # What belongs to another answer is left out.
        (
            {"capacity": "open", "waiting_weeks": "3", "closed_until": "2026-12-14"},
            OPEN,
            None,
            None,
        ),
    ],
)
def test_capacity_is_said_in_two_clicks(
    partner: PortalClient, town: Town, answers: dict[str, str], capacity: str,
    weeks: int | None, until: date | None,
) -> None:  # fmt: skip
    set_as_of(town, 90)
    assert say(partner, town, **answers).status_code == 303
    service = saved(town)
    assert service.capacity_on(TODAY) == capacity
    assert (service.waiting_weeks, service.closed_until) == (weeks, until)
    assert service.capacity_as_of == TODAY
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.kind, entry.subject_id) == ("service.changed", service.id)
    expected = {"waiting_weeks": weeks, "closed_until": until.isoformat() if until else None}
    assert entry.data == expected


@pytest.mark.parametrize(
    ("answers", "field", "says"),
    [
        ({"capacity": ""}, "capacity", "Bitte ausfüllen."),
        ({"capacity": "full"}, "capacity", "Bitte eine der angebotenen Möglichkeiten wählen."),
        ({"capacity": "waiting"}, "waiting_weeks", "Bitte ausfüllen."),
        ({"capacity": "waiting", "waiting_weeks": "0"}, "waiting_weeks", "zwischen 1 … 260"),
        ({"capacity": "waiting", "waiting_weeks": "999"}, "waiting_weeks", "zwischen 1 … 260"),
        ({"capacity": "closed"}, "closed_until", "Bitte ausfüllen."),
        ({"capacity": "closed", "closed_until": "2026-11-23"}, "closed_until", ""),
        ({"capacity": "closed", "closed_until": "2030-01-01"}, "closed_until", ""),
        ({"capacity": "closed", "closed_until": "irgendwann"}, "closed_until", "Form"),
    ],
)
def test_what_is_missing_is_told_at_its_field(
    partner: PortalClient, town: Town, answers: dict[str, str], field: str, says: str
) -> None:
    before = saved(town).capacity_on(TODAY)
    answer = say(partner, town, **answers)
    assert answer.status_code == 422
    assert f'id="f{town.service.id.hex[:12]}-{field}-error"' in answer.text
    assert says in answer.text
    if typed := answers.get(field):
        assert f'value="{typed}"' in answer.text or field == "capacity"
    assert saved(town).capacity_on(TODAY) == before


def test_two_at_once_leave_no_mixture(app: Flask, town: Town) -> None:
    """Who is last is believed, in all that was said."""
    f = town.factory
    second = f.member("Pia Partner", town.service.unit, "partner")
    db.session.commit()
    service_id, until = town.service.id, date(2027, 1, 11)
    sayings: list[tuple[Actor, dict[str, Any]]] = [
        (f.actor(town.partner), {"capacity": "waiting", "waiting_weeks": 4}),
        (f.actor(second), {"capacity": "closed", "closed_until": until}),
    ] * 3

    def says(actor: Actor, data: dict[str, Any]) -> Callable[[], None]:
        def job() -> None:
            begin_writing()
            commands.set_capacity(actor, service_id, data)
            db.session.commit()

        return job

    assert at_once(app, *(says(*each) for each in sayings)) == [None] * 6
    service = saved(town)
    assert (service.waiting_weeks, service.closed_until) in [(4, None), (None, until)]
    told = select(AuditEntry).where(AuditEntry.subject_id == service_id)
    assert len(db.session.scalars(told).all()) == 6


def test_the_form_of_the_whole_offer_says_it_too(partner: PortalClient, town: Town) -> None:
    form = {"type": "andere_stelle", "name": "Kita", "goal_areas": ["childcare"],
            "languages": ["de"], "active": "y", "capacity": "closed"}  # fmt: skip
    refused = partner.submit(f"/services/{town.service.id}", form)
    assert refused.status_code == 422
    assert 'id="closed_until-error"' in refused.text
    assert partner.submit(
        f"/services/{town.service.id}", {**form, "closed_until": "2026-12-01"}
    ).status_code == 303  # fmt: skip
    assert saved(town).closed_until == date(2026, 12, 1)
    assert 'value="2026-12-01"' in partner.get(f"/services/{town.service.id}").text


# --- until it opens again -------------------------------------------------------------------------


def test_it_takes_people_again_by_itself_on_the_day(town: Town) -> None:
    service = town.service
    service.closed_until = TODAY + timedelta(days=3)
    assert service.capacity_on(TODAY) == CLOSED
    assert service.capacity_on(TODAY + timedelta(days=2)) == CLOSED
    assert service.capacity_on(TODAY + timedelta(days=3)) == OPEN
    f = town.factory
    with pytest.raises(Invalid):
        referrals.open_service(f.actor(town.advisor), service.id)
    later = f.at(NOW + timedelta(days=3))
    assert referrals.open_service(later.actor(town.advisor), service.id) == service
    for day, accepting in ((TODAY, False), (TODAY + timedelta(days=3), True)):
        found = db.session.scalars(policy.offered(day, accepting=True)).all()
        assert (service in found) is accepting
        assert commands.capacity_values(service, day)["closed_until"] == (
            None if accepting else service.closed_until
        )


def test_what_has_no_room_stands_last(town: Town) -> None:
    town.service.closed_until = TODAY + timedelta(days=1)
    db.session.flush()
    names = [service.name for service in db.session.scalars(policy.offered(TODAY))]
    assert names == ["Schulanmeldung", "Kita-Plätze"]
    names = [each.name for each in db.session.scalars(policy.offered(TODAY + timedelta(days=1)))]
    assert names == ["Kita-Plätze", "Schulanmeldung"]


# --- where one chooses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words", "choosable"),
    [
        (NEVER, "nimmt an", True),
        ({**NEVER, "waiting_weeks": 1}, "Wartezeit etwa 1 Woche<", True),
        ({**NEVER, "waiting_weeks": 6}, "Wartezeit etwa 6 Wochen", True),
        ({**NEVER, "closed_until": date(2026, 12, 14)},
         "nimmt erst ab Mo. 14.12.2026 wieder an", False),
    ],
)  # fmt: skip
def test_the_advisor_reads_it_where_services_are_chosen(
    advisor: PortalClient, town: Town, values: dict[str, object], words: str, choosable: bool
) -> None:
    service = saved(town)
    for key, value in values.items():
        setattr(service, key, value)
    db.session.commit()
    page = advisor.get(f"/clients/{town.client.id}/handover/childcare").text
    shown = page.partition(f'id="service-{town.service.id}"')[2].partition("</li>")[0]
    assert words in shown
    assert "Stand Mo. 23.11.2026" in shown
    assert ("disabled" in shown.partition(">")[0]) is not choosable


@pytest.mark.parametrize(
    ("days_ago", "says"),
    [
        (60, "Stand Do. 24.09.2026<"),
        (61, "Stand Mi. 23.09.2026, älter als 60 Tage<"),
        (None, "Stand unbekannt<"),
    ],
)
def test_the_advisor_reads_how_old_it_is(
    advisor: PortalClient, town: Town, days_ago: int | None, says: str
) -> None:
    set_as_of(town, days_ago)
    assert says in advisor.get(f"/clients/{town.client.id}/handover/childcare").text


# --- asked for again ------------------------------------------------------------------------------


@pytest.mark.parametrize(("days_ago", "asked"), [(60, False), (61, True), (None, True)])
def test_after_sixty_days_it_is_asked_for_again(
    partner: PortalClient, town: Town, days_ago: int | None, asked: bool
) -> None:
    set_as_of(town, days_ago)
    assert ("Stimmt das noch?" in partner.get("/").text) is asked


def test_one_click_says_that_it_is_still_so(partner: PortalClient, town: Town) -> None:
    say(partner, town, capacity="waiting", waiting_weeks="8")
    set_as_of(town, 75)
    answer = partner.submit(f"/services/{town.service.id}/capacity/confirm", form="/")
    assert answer.status_code == 303
    service = saved(town)
    assert (service.waiting_weeks, service.capacity_as_of) == (8, TODAY)
    assert "Stimmt das noch?" not in partner.get("/").text


def test_nobody_is_asked_about_what_others_offer_or_nobody_sees(
    partner: PortalClient, advisor: PortalClient, town: Town
) -> None:
    set_as_of(town, 90)
    other = db.session.get_one(Service, town.other_service.id)
    other.capacity_as_of = TODAY - timedelta(days=90)
    db.session.commit()
    page = partner.get("/").text
    assert town.service.name in page
    assert town.other_service.name not in page
    assert "Stimmt das noch?" not in advisor.get("/").text
    saved(town).active = False
    db.session.commit()
    assert "Stimmt das noch?" not in partner.get("/").text
