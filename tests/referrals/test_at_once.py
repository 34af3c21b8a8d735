"""Two people acting at the same moment: one wins, the other is told, nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actor import Actor
from portal.audit import AuditEntry
from portal.clients.commands import update_client
from portal.clients.models import Client
from portal.database import unit_of_work
from portal.extensions import db
from portal.grants import Grant
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Invalid, Problem
from portal.referrals import commands, endings, packages, policy
from portal.referrals.models import Event, ReferenceCounter, Referral
from portal.testing.town import NOW, Town
from tests.threads import at_once

ROUNDS = range(2)  # threads do not always start in the same order


def job(command: Callable[..., Any], *args: Any, **details: Any) -> Callable[[], None]:
    """A command in a unit of work of its own, as a view runs it."""

    def run() -> None:
        with unit_of_work():
            command(*args, **details)

    return run


def refused(results: list[Any]) -> list[Problem]:
    """The refusals; anything else that was raised fails the test."""
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Problem):
            raise result
    return [result for result in results if isinstance(result, Problem)]


def sent(town: Town) -> UUID:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return referral.id


def fresh(referral_id: UUID) -> Referral:
    db.session.expire_all()
    return db.session.get_one(Referral, referral_id)


def actors(town: Town) -> tuple[Actor, Actor]:
    f = town.factory
    return f.actor(town.partner), f.actor(f.member("Pia Zweite", town.partner.unit, "partner"))


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_accepts_while_another_declines(app: Flask, town: Town, _round: int) -> None:
    first, second = actors(town)
    referral_id = sent(town)
    version = fresh(referral_id).version
    decline = {"code": "no_capacity"}
    accept = {"next_on": NOW.date()}
    results = at_once(
        app,
        job(commands.perform, first, referral_id, "accept", accept, version),
        job(commands.perform, second, referral_id, "decline", decline, version),
    )
    (loser,) = refused(results)
    assert isinstance(loser, Conflict)
    referral = fresh(referral_id)
    accepted = results[0] is None
    assert referral.status == ("accepted" if accepted else "declined")
    # The slower one is told who was faster, and what it is now.
    winner = "Paula Partner" if accepted else "Pia Zweite"
    assert loser.message.startswith(f"{winner} war schneller.")
    assert loser.message.endswith("Zugesagt." if accepted else "Absage.")
    moves = select(func.count()).where(Event.referral_id == referral_id, Event.from_state == "sent")
    assert db.session.scalar(moves) == 1
    kept = select(func.count()).where(
        AuditEntry.subject_id == referral_id, AuditEntry.kind == "referral.moved"
    )
    assert db.session.scalar(kept) == 2  # sent, and one answer
    news = select(func.count()).where(OutboxMessage.person_id == town.advisor.person_id)
    assert db.session.scalar(news) == 1


def test_the_same_answer_twice_is_one_answer(app: Flask, town: Town) -> None:
    first, second = actors(town)
    referral_id = sent(town)
    data = {"next_on": NOW.date()}
    results = at_once(
        app,
        *(job(commands.perform, actor, referral_id, "accept", data, 2) for actor in (
            first, second, first,
        )),
    )  # fmt: skip
    assert [type(result) for result in refused(results)] == [Conflict, Conflict]
    assert fresh(referral_id).version == 3


@pytest.mark.parametrize("_round", ROUNDS)
def test_new_drafts_have_numbers_of_their_own(app: Flask, town: Town, _round: int) -> None:
    # The first of the year too, which makes the counter.
    assert db.session.get(ReferenceCounter, NOW.year) is None
    actor, client_id = town.factory.actor(town.advisor), town.client.id
    create = job(commands.create_referral, actor, client_id, town.service.id,
                 goal_area="childcare", form={"concern": "Ein Platz."})  # fmt: skip
    assert refused(at_once(app, create, create, create, create)) == []
    references = db.session.scalars(select(Referral.reference).order_by(Referral.reference)).all()
    assert references == [f"VM-2026-{number:06d}" for number in range(1, 5)]


def closed(town: Town, referral: Referral) -> bool:
    """Whether the partner reads nothing any more."""
    partner = town.factory.actor(town.partner)
    mine = policy.get_visible(partner, referral.id)
    return policy.grant(partner, mine) is Grant.ENDED


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_revocation_closes_the_view_whoever_was_faster(
    app: Flask, town: Town, _round: int
) -> None:
    partner, _ = actors(town)
    advisor = town.factory.actor(town.advisor)
    referral_id = sent(town)
    consent_id = fresh(referral_id).consent_id
    results = at_once(
        app,
        job(endings.revoke_consent, advisor, consent_id),
        job(commands.perform, partner, referral_id, "accept", {"next_on": NOW.date()}),
    )
    assert results[0] is None
    assert all(isinstance(refusal, Conflict) for refusal in refused(results))
    referral = fresh(referral_id)
    assert (referral.status, referral.code) == ("cancelled", "consent_withdrawn")
    assert closed(town, referral)


@pytest.mark.parametrize("_round", ROUNDS)
def test_nothing_is_sent_on_a_consent_that_is_being_revoked(
    app: Flask, town: Town, _round: int
) -> None:
    f = town.factory
    draft = f.draft(town.advisor, town.client, town.service)
    consent = f.consent(town.advisor, town.client, town.service.unit)
    db.session.commit()
    advisor, lead = f.actor(town.advisor), f.actor(town.lead)
    results = at_once(
        app,
        job(endings.revoke_consent, lead, consent.id),
        job(commands.perform, advisor, draft.id, "send", {}),
    )
    assert results[0] is None
    referral = fresh(draft.id)
    if refused(results):
        assert isinstance(results[1], Invalid)
        assert (referral.status, packages.latest(referral)) == ("draft", None)
    else:
        assert (referral.status, closed(town, referral)) == ("cancelled", True)


@pytest.mark.parametrize("_round", ROUNDS)
def test_adding_data_and_revoking_do_not_wait_for_each_other_for_good(
    app: Flask, town: Town, _round: int
) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service, withheld=["phone"])
    f.move(town.partner, referral.id, "ask")
    db.session.commit()
    answer = {"answer": "Die Nummer.", "release": ["phone"]}
    consent_id, referral_id = referral.consent_id, referral.id
    results = at_once(
        app,
        job(commands.perform, f.actor(town.advisor), referral_id, "answer", answer),
        job(endings.revoke_consent, f.actor(town.lead), consent_id),
    )
    assert results[1] is None
    assert len(refused(results)) <= 1
    referral = fresh(referral_id)
    assert (referral.status, closed(town, referral)) == ("cancelled", True)


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_consent_is_revoked_once(app: Flask, town: Town, _round: int) -> None:
    f = town.factory
    consent_id = fresh(sent(town)).consent_id
    revoke = [
        job(endings.revoke_consent, f.actor(member), consent_id)
        for member in (town.advisor, town.lead)
    ]
    (loser,) = refused(at_once(app, *revoke))
    assert isinstance(loser, Conflict)
    entries = select(func.count()).where(AuditEntry.kind == "consent.revoked")
    assert db.session.scalar(entries) == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_change_one_record(app: Flask, town: Town, _round: int) -> None:
    f, profile, version = town.factory, dict(town.client.profile), town.client.version
    client_id = town.client.id
    names = {"advisor": "Vonberatung", "lead": "Vonleitung"}
    change = [
        job(update_client, f.actor(member), client_id, {**profile, "family_name": name}, version)
        for member, name in ((town.advisor, names["advisor"]), (town.lead, names["lead"]))
    ]
    results = at_once(app, *change)
    (loser,) = refused(results)
    assert isinstance(loser, Conflict)
    assert "Inzwischen hat jemand anderes" in loser.message
    db.session.expire_all()
    kept = names["advisor" if results[0] is None else "lead"]
    assert db.session.get_one(Client, client_id).profile["family_name"] == kept
