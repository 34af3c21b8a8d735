"""Two people press a button at the same moment: one wins, the other is told in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.accounts.models import Membership
from portal.extensions import db
from portal.outbox import OutboxMessage
from portal.referrals.models import Event, Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town, build_town
from tests.threads import at_once

ROUNDS = range(2)  # threads do not always start in the same order
NOT_YOURS = "Diese Aufgabe ist nicht mehr für Sie offen."


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest) -> Flask:
    """On both: each has its own way of letting somebody wait."""
    found: Flask = request.getfixturevalue(f"{request.param}_app")
    return found


@dataclass
class Circle:
    """A task proposed to Volker Frei, and everybody's browser."""

    town: Town
    task: Referral
    coordinator: Membership
    volker: Membership
    vroni: Membership
    as_member: Callable[[Membership], PortalClient]

    def presses(self, member: Membership, action: str, **data: str) -> Callable[[], TestResponse]:
        """What the button does on a page that was opened just now."""
        browser, seen = self.as_member(member), str(self.task.version)
        path = f"/referrals/{self.task.id}/{action}"
        return lambda: browser.post(path, data={"seen": seen, **data})

    def proposes(self, to: Membership, action: str = "propose") -> Callable[[], TestResponse]:
        return self.presses(
            self.coordinator, action, handler=str(to.id), client_agrees="y", volunteer_agreed="y",
            next_on=(NOW + timedelta(days=5)).date().isoformat(),
        )  # fmt: skip

    def fresh(self) -> Referral:
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(Referral, self.task.id)


@pytest.fixture
def circle(app: Flask, factory: Any, as_member: Any) -> Circle:
    town = build_town(factory, "helferkreis")
    unit = town.service.unit
    coordinator = factory.member("Vera Kreis", unit, "volunteer_coordinator")
    volker, vroni = (
        factory.member(f"{name} Frei", unit, "volunteer") for name in ("Volker", "Vroni")
    )
    task = factory.sent(town.advisor, town.client, town.service)
    factory.move(coordinator, task.id, "accept")
    proposal = {"handler": str(volker.id), "client_agrees": True}
    factory.move(coordinator, task.id, "propose", proposal)
    db.session.commit()
    return Circle(town, task, coordinator, volker, vroni, as_member)


def moves(task: Referral, action: str) -> int:
    statement = select(func.count()).where(Event.referral_id == task.id, Event.action == action)
    return db.session.scalar(statement) or 0


def told(topic: str) -> list[Any]:
    return list(
        db.session.scalars(
            select(OutboxMessage.person_id)
            .where(OutboxMessage.topic == topic)
            .order_by(OutboxMessage.id)
        )
    )


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_taps_are_one_answer(app: Flask, circle: Circle, _round: int) -> None:
    taps = [circle.presses(circle.volker, "take_on") for _ in range(3)]
    answers = at_once(app, *taps)
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    late = next(answer.text for answer in answers if answer.status_code == 409)
    assert "Sie haben hier schon etwas eingetragen. Der Stand ist jetzt: Läuft." in late
    task = circle.fresh()
    assert (task.status, task.handler_id) == ("in_progress", circle.volker.id)
    assert moves(task, "take_on") == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_volunteers_and_one_task(app: Flask, circle: Circle, _round: int) -> None:
    """The coordinator asks somebody else while the first says yes, and so does the second."""
    first, asks, second = at_once(
        app,
        circle.presses(circle.volker, "take_on"),
        circle.proposes(circle.vroni),
        circle.presses(circle.vroni, "take_on"),
    )
    task = circle.fresh()
    if asks.status_code == 409:  # the first was faster than the coordinator
        assert "Volker Frei war schneller. Der Stand ist jetzt: Läuft." in asks.text
        assert (first.status_code, second.status_code) == (303, 404)
        assert NOT_YOURS in second.text
        assert (task.status, task.handler_id) == ("in_progress", circle.volker.id)
        assert told("task.offered") == [circle.volker.person_id]
        assert told("task.ended") == []
        return
    assert (asks.status_code, first.status_code) == (303, 404)
    assert NOT_YOURS in first.text
    assert "Vroni" not in first.text
    # The second can have pressed before she was asked, or on a page older than the question.
    assert second.status_code in (404, 409)
    assert (task.state, task.handler_id) == ("volunteer_proposed", circle.vroni.id)
    assert told("task.offered") == [circle.volker.person_id, circle.vroni.person_id]
    assert told("task.ended") == [circle.volker.person_id]
    again = circle.presses(circle.vroni, "take_on")()
    assert again.status_code == 303
    assert circle.fresh().handler_id == circle.vroni.id
    assert moves(task, "take_on") == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_yes_written_down_while_the_volunteer_says_no(
    app: Flask, circle: Circle, _round: int
) -> None:
    no, noted = at_once(
        app,
        circle.presses(circle.volker, "not_this_time"),
        circle.presses(circle.town.advisor, "take_on", record="1", source="phone"),
    )
    task = circle.fresh()
    if no.status_code == 303:
        assert noted.status_code == 409
        assert "Volker Frei war schneller. Der Stand ist jetzt: Wir suchen jemanden." in noted.text
        assert (task.status, task.handler_id) == ("accepted", circle.coordinator.id)
    else:
        assert (no.status_code, noted.status_code) == (409, 303)
        assert "Katrin Demowald war schneller. Der Stand ist jetzt: Läuft." in no.text
        assert (task.status, task.handler_id) == ("in_progress", circle.volker.id)
    assert moves(task, "take_on") + moves(task, "not_this_time") == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_handing_on_while_the_volunteer_says_it_is_done(
    app: Flask, circle: Circle, _round: int
) -> None:
    assert circle.presses(circle.volker, "take_on")().status_code == 303
    circle.fresh()
    result = {"code": "help_received", "result": "Das Fahrrad fährt."}
    done, handed = at_once(
        app,
        circle.presses(circle.volker, "task_done", **result),
        circle.proposes(circle.vroni, "hand_on"),
    )
    task = circle.fresh()
    if done.status_code == 303:
        assert handed.status_code == 409
        assert "Volker Frei war schneller. Der Stand ist jetzt: Abgeschlossen." in handed.text
        assert (task.status, told("task.ended")) == ("completed", [])
    else:
        assert (done.status_code, handed.status_code) == (404, 303)
        assert NOT_YOURS in done.text
        assert (task.status, task.handler_id) == ("in_progress", circle.vroni.id)


def test_what_was_never_ones_own_reads_the_same(circle: Circle) -> None:
    for method in ("GET", "POST"):
        texts = set()
        for referral_id in (circle.task.id, "00000000-0000-0000-0000-000000000000"):
            path = f"/referrals/{referral_id}/take_on"
            answer = circle.as_member(circle.vroni).open(path, method=method)
            assert answer.status_code == 404
            assert NOT_YOURS in answer.text
            texts.add(answer.text.split("<main")[1].split("</main>")[0])
        assert len(texts) == 1
