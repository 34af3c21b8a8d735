"""The coordination's three steps: what they change, whom they tell, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.database import unit_of_work
from portal.extensions import db
from portal.grants import Grant
from portal.network.models import Service, ServiceMunicipality
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands, coordination, history, timers
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town
from portal.workflow import Side
from tests.threads import at_once

DUE = date(2026, 12, 7)  # ten working days after NOW
LATE = datetime(2026, 12, 14, 9, tzinfo=UTC)  # the day of the escalation
REASON = {"reason": "needs_time"}
Step = Callable[[Actor, UUID, dict[str, Any], str], Referral]
STEPS: list[tuple[Step, dict[str, Any]]] = [
    (coordination.call, {"reached": "yes"}),
    (coordination.postpone, {"next_on": date(2026, 12, 21), **REASON}),
    (coordination.suggest, {"service": "?"}),
]


def coordinator(town: Town, name: str = "Klara Kreis") -> Membership:
    found = town.factory.member(name, town.advisor.unit, "coordinator")
    db.session.commit()
    return found


def on(town: Town, member: Membership, now: datetime = LATE) -> Actor:
    return replace(town.factory.actor(member), now=now)


def sent(town: Town) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return referral


def fresh(referral_id: UUID) -> Referral:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Referral, referral_id)


def told(referral: Referral) -> set[tuple[str, UUID | None, UUID | None]]:
    rows = db.session.execute(
        select(OutboxMessage.topic, OutboxMessage.unit_id, OutboxMessage.person_id).where(
            OutboxMessage.reference == referral.reference, OutboxMessage.created_at == LATE
        )
    )
    return {(topic, unit, person) for topic, unit, person in rows}


def lines(referral: Referral, side: Side) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (entry.label, [(label, str(text)) for label, text in entry.details])
        for entry in history.timeline(fresh(referral.id), side, Grant.PACKAGE)
        if entry.event.action.startswith("coordinator_")
    ]


def escalate(referral: Referral) -> None:
    """The worker, day by day."""
    for days in range(1, (LATE - NOW).days + 1):
        timers.run_due(NOW + timedelta(days=days))
    assert fresh(referral.id).escalated_on == LATE.date()


def test_an_escalation_stands_until_somebody_moves(app: Flask, town: Town) -> None:
    coordinator(town)
    referral = sent(town)
    escalate(referral)
    commands.perform(on(town, town.partner), referral.id, "accept", {"next_on": date(2026, 12, 28)})
    db.session.commit()
    assert fresh(referral.id).escalated_on is None


def test_a_call_is_kept_for_both_sides_and_tells_nobody(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    before = referral.version
    actor = on(town, klara)
    coordination.call(actor, referral.id, {"reached": "no"}, coordination.mark(referral))
    db.session.commit()
    kept = [("Am Telefon erinnert durch die Koordination", [
        ("Angerufen", "Kita-Büro Hausach (Demo)"), ("Ergebnis", "nicht erreicht"),
    ])]  # fmt: skip
    assert lines(referral, Side.SENDER) == lines(referral, Side.RECEIVER) == kept
    now = fresh(referral.id)
    # A form that is open at the office still holds.
    assert (now.called_at, now.version, now.next_on, told(now)) == (LATE, before, DUE, set())
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.at == LATE)).one()
    assert (entry.kind, entry.subject_id, entry.data) == (
        "referral.attended", referral.id, {"action": "coordinator_call"},
    )  # fmt: skip


def test_another_date_starts_the_timers_anew_and_tells_both(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    escalate(referral)
    mark = coordination.mark(fresh(referral.id))
    values = {"next_on": date(2026, 12, 21), "reason": "other", "note": "Neue Kraft ab Montag"}
    coordination.postpone(on(town, klara), referral.id, values, mark)
    db.session.commit()
    now = fresh(referral.id)
    assert (now.due_on, now.next_on, now.escalated_on) == (values["next_on"],) * 2 + (None,)
    assert now.timer_on == date(2026, 12, 16)  # three working days before it
    assert told(now) >= {
        ("referral.postponed", town.partner.unit_id, None),
        ("referral.postponed", town.advisor.unit_id, town.advisor.person_id),
    }
    kept = [("Frist verschoben durch die Koordination", [
        ("Neue Frist", "21.12.2026"), ("Grund", "Anderer Grund"),
        ("In wenigen Worten", "Neue Kraft ab Montag"),
    ])]  # fmt: skip
    assert lines(referral, Side.SENDER) == lines(referral, Side.RECEIVER) == kept


def test_of_what_is_under_way_only_the_next_date_moves(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    town.factory.move(town.partner, referral.id, "accept", {"next_on": date(2026, 12, 1)})
    db.session.commit()
    mark = coordination.mark(fresh(referral.id))
    values = {"next_on": date(2026, 12, 21), **REASON}
    coordination.postpone(on(town, klara), referral.id, values, mark)
    db.session.commit()
    now = fresh(referral.id)
    assert (now.due_on, now.next_on) == (DUE, date(2026, 12, 21))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "needs_time"}, "next_on"),
        ({"next_on": date(2026, 12, 14), **REASON}, "next_on"),  # today
        ({"next_on": date(2027, 1, 14), **REASON}, "next_on"),  # in 31 days
        ({"next_on": date(2026, 12, 25), **REASON}, "next_on"),  # Christmas
        ({"next_on": date(2026, 12, 19), **REASON}, "next_on"),  # a Saturday
        ({"next_on": date(2026, 12, 21)}, "reason"),
        ({"next_on": date(2026, 12, 21), "reason": "whatever"}, "reason"),
        ({"next_on": date(2026, 12, 21), "reason": "other"}, "note"),
        ({"next_on": date(2026, 12, 21), "reason": "other", "note": "x" * 121}, "note"),
    ],
)
def test_a_date_that_does_not_hold_is_refused(
    app: Flask, town: Town, values: dict[str, Any], field: str
) -> None:
    referral, klara = sent(town), coordinator(town)
    with pytest.raises(Invalid) as refused:
        coordination.postpone(on(town, klara), referral.id, values, coordination.mark(referral))
    assert set(refused.value.errors) == {field}
    assert fresh(referral.id).next_on == DUE


def test_a_date_never_comes_nearer(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    actor, values = on(town, klara, NOW), {"next_on": date(2026, 12, 7), **REASON}
    with pytest.raises(Invalid) as refused:
        coordination.postpone(actor, referral.id, values, coordination.mark(referral))
    assert "07.12.2026" in refused.value.errors["next_on"]


def test_another_service_is_a_suggestion_to_the_sender_alone(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    actor = on(town, klara)
    chosen = {"service": str(town.other_service.id)}
    coordination.suggest(actor, referral.id, chosen, coordination.mark(referral))
    db.session.commit()
    label = "Anderes Angebot vorgeschlagen durch die Koordination"
    assert lines(referral, Side.SENDER) == [
        (label, [("Angebot", "Schulanmeldung – Schulamt (Demo)")])
    ]
    assert lines(referral, Side.RECEIVER) == []
    assert told(fresh(referral.id)) == {
        ("referral.suggested", town.advisor.unit_id, town.advisor.person_id)
    }
    assert (fresh(referral.id).service_id, fresh(referral.id).status) == (town.service.id, "sent")
    timeline = history.timeline(fresh(referral.id), Side.SENDER, Grant.PACKAGE)
    found = coordination.suggested(timeline)
    assert found is not None
    assert found.id == town.other_service.id
    db.session.get_one(Service, found.id).active = False
    db.session.flush()
    assert coordination.suggested(timeline) is None


def test_only_what_could_take_the_person_is_proposed(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    f = town.factory
    here, elsewhere = referral.municipality_ags, "08317065"
    assert here != elsewhere
    office = f.unit(f.organisation("Viele Angebote (Demo)", "other_office"))
    reaches = f.service(office, "andere_stelle", "Auch hier")
    far = f.service(office, "andere_stelle", "Nur dort")
    full = f.service(office, "andere_stelle", "Zurzeit voll")
    other_need = f.service(office, "andere_stelle", "Anderes Anliegen")
    other_kind = f.service(office, "wohlfahrt", "Andere Art")
    db.session.add_all([
        ServiceMunicipality(service_id=reaches.id, municipality_ags=here),
        ServiceMunicipality(service_id=far.id, municipality_ags=elsewhere),
    ])  # fmt: skip
    full.closed_until = date(2027, 3, 1)
    other_need.goal_areas = ["recognition"]
    db.session.commit()
    actor = on(town, klara)
    names = {service.name for service in coordination.alternatives(actor, fresh(referral.id))}
    assert names == {"Auch hier", "Schulanmeldung"}
    mark = coordination.mark(fresh(referral.id))
    for service in (far, full, other_need, other_kind, town.service):
        with pytest.raises(Invalid) as refused:
            coordination.suggest(actor, referral.id, {"service": str(service.id)}, mark)
        assert set(refused.value.errors) == {"service"}


@pytest.mark.parametrize(("step", "values"), STEPS)
def test_only_a_coordinator_of_what_was_sent(
    app: Flask, town: Town, step: Step, values: dict[str, Any]
) -> None:
    referral, klara = sent(town), coordinator(town)
    draft = town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    for member in (town.advisor, town.lead, town.partner):
        with pytest.raises(Forbidden):
            step(on(town, member), referral.id, values, coordination.mark(referral))
    for gone in (uuid4(), draft.id):
        with pytest.raises(NotFound):
            step(on(town, klara), gone, values, "")


@pytest.mark.parametrize(("step", "values"), STEPS)
def test_an_answer_in_between_is_told(
    app: Flask, town: Town, step: Step, values: dict[str, Any]
) -> None:
    referral, klara = sent(town), coordinator(town)
    mark, actor = coordination.mark(referral), on(town, klara)
    town.factory.move(town.partner, referral.id, "accept", {"next_on": date(2026, 12, 10)})
    db.session.commit()
    with pytest.raises(Conflict, match="Zugesagt, Frist 10"):
        step(actor, referral.id, values, mark)
    town.factory.move(town.advisor, referral.id, "withdraw", {"code": "solved_otherwise"})
    db.session.commit()
    with pytest.raises(Conflict, match=r"wartet inzwischen auf niemanden.*Zurückgezogen"):
        step(actor, referral.id, values, coordination.mark(fresh(referral.id)))
    assert lines(referral, Side.SENDER) == []


def test_what_is_restricted_is_left_alone(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    actor = on(town, klara)
    assert referral.consent is not None
    referral.consent.suspended_on = NOW.date()
    db.session.commit()
    assert db.session.scalars(coordination.waiting(actor)).all() == []
    with pytest.raises(Conflict):
        coordination.call(actor, referral.id, {"reached": "yes"}, coordination.mark(referral))


@pytest.mark.parametrize("_round", range(3))
def test_two_coordinators_at_once_are_one(app: Flask, town: Town, _round: int) -> None:
    referral = sent(town)
    mark, referral_id = coordination.mark(referral), referral.id
    actors = [on(town, coordinator(town, name)) for name in ("Klara Kreis", "Karl Kreis")]
    db.session.commit()

    def put_off(actor: Actor, day: int) -> None:
        with unit_of_work():
            values = {"next_on": date(2026, 12, day), **REASON}
            coordination.postpone(actor, referral_id, values, mark)

    results = at_once(app, lambda: put_off(actors[0], 21), lambda: put_off(actors[1], 22))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert len(lines(referral, Side.SENDER)) == 1


def test_whoever_is_slower_hears_of_a_move_and_not_of_a_call(app: Flask, town: Town) -> None:
    referral, klara = sent(town), coordinator(town)
    seen = referral.version
    town.factory.move(town.partner, referral.id, "accept", {"next_on": date(2026, 12, 10)})
    db.session.commit()
    mark = coordination.mark(fresh(referral.id))
    coordination.call(on(town, klara), referral.id, {"reached": "yes"}, mark)
    db.session.commit()
    with pytest.raises(Conflict, match="Paula Partner war schneller"):
        commands.perform(on(town, town.advisor), referral.id, "withdraw",
                         {"code": "other"}, seen)  # fmt: skip
