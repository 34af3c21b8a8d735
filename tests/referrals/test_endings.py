"""Consents end: announced two weeks before, told of on the day after, renewed, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import rounds
from portal.actor import Actor
from portal.consents import terms
from portal.consents.models import Consent
from portal.extensions import db
from portal.grants import Grant
from portal.mailing.letters import Letter
from portal.outbox import OutboxMessage
from portal.problems import Conflict
from portal.referrals import endings, policy
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town
from tests.threads import at_once


class Post:
    """Keeps letters, as a mail server would."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


@pytest.fixture
def running(town: Town) -> Referral:
    """Accepted; its consent ends in 20 days."""
    f = town.factory
    draft = f.draft(town.advisor, town.client, town.service)
    f.consent(town.advisor, town.client, town.service.unit,
              valid_until=NOW.date() + timedelta(days=20))  # fmt: skip
    f.move(town.advisor, draft.id, "send")
    f.move(town.partner, draft.id, "accept")
    db.session.commit()
    return draft


def told() -> list[str]:
    db.session.rollback()
    about = select(OutboxMessage.topic).where(OutboxMessage.topic.like("consent.%"))
    return list(db.session.scalars(about.order_by(OutboxMessage.id)))


def work(days: int) -> Post:
    post = Post()
    rounds.run(NOW + timedelta(days=days), post, thorough=True)
    return post


def test_an_ending_is_announced_once_and_told_once(running: Referral, town: Town) -> None:
    assert [work(day) and told() for day in (5, 6, 7)] == [
        [], ["consent.ending"], ["consent.ending"],
    ]  # fmt: skip
    # By then the next step is overdue, too: that is told besides.
    letters = [letter for letter in work(21).letters if "Einwilligung" in letter.subject]
    assert told() == ["consent.ending", "consent.ended"]
    assert [letter.to for letter in letters] == [(town.advisor.person.email,)]
    text = letters[0].subject + letters[0].text
    assert running.reference in text
    assert "Pryklad" not in text
    work(22)
    assert told() == ["consent.ending", "consent.ended"]


def test_what_has_ended_is_not_announced(running: Referral, town: Town) -> None:
    town.factory.move(town.advisor, running.id, "withdraw")
    db.session.commit()
    work(10)
    assert told() == []


def test_several_workers_tell_once(app: Flask, running: Referral) -> None:
    results = at_once(app, lambda: work(10), lambda: work(10))
    assert [r for r in results if isinstance(r, Exception)] == []
    assert told() == ["consent.ending"]


def grant_on(town: Town, referral: Referral, day: int) -> Grant:
    db.session.rollback()
    partner = town.factory.actor(town.partner)
    later = Actor(**{**vars(partner), "now": NOW + timedelta(days=day)})
    return policy.grant(later, policy.get_visible(later, referral.id))


def renewed(town: Town, old: Consent, day: int, **changed: Any) -> Consent:
    actor = town.factory.actor(town.advisor)
    later = Actor(**{**vars(actor), "now": NOW + timedelta(days=day)})
    entered = {
        "form": "paper_signed", "explained": True, "copy_given": True, "health": True,
        "purpose": old.purpose, "categories": old.categories, "answer": "agreed",
        "valid_until": later.today + timedelta(days=100), **changed,
    }  # fmt: skip
    talk = terms.talk_of(entered, later.today)
    wanted = terms.terms_of(town.client, old.recipient, entered, later.today)
    new = endings.renew_consent(later, old.id, talk, wanted)
    db.session.commit()
    return new


def test_the_view_closes_with_the_consent_and_opens_with_the_next(
    running: Referral, town: Town
) -> None:
    old = running.consent
    assert old is not None
    assert [grant_on(town, running, day) for day in (20, 21)] == [Grant.PACKAGE, Grant.ENDED]
    renewed(town, db.session.get_one(Consent, old.id), 22)
    assert grant_on(town, running, 22) is Grant.PACKAGE


def test_a_narrower_consent_opens_nothing_more(running: Referral, town: Town) -> None:
    old = running.consent
    assert old is not None
    renewed(town, old, 5, categories=["person"])
    assert db.session.get_one(Referral, running.id).consent_id == old.id
    assert grant_on(town, running, 21) is Grant.ENDED


def test_what_was_revoked_is_not_renewed(running: Referral, town: Town) -> None:
    consent = running.consent
    assert consent is not None
    endings.revoke_consent(town.factory.actor(town.advisor), consent.id)
    db.session.commit()
    with pytest.raises(Conflict):
        renewed(town, consent, 1)


def test_no_consent_outlives_the_counselling(running: Referral, town: Town) -> None:
    endings.close_client(town.factory.actor(town.advisor), town.client.id)
    db.session.commit()
    consent = db.session.scalars(select(Consent)).one()
    assert consent.valid_until == NOW.date()
