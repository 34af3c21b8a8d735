"""A consent names one recipient, one purpose and what it covers, or it is not taken down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.models import Membership
from portal.clients.fields import DATA_CATEGORIES
from portal.consents import commands, policy
from portal.consents.models import LONGEST_DAYS, Consent
from portal.extensions import db
from portal.problems import Forbidden, Invalid, NotFound
from portal.testing.town import NOW, Town

TODAY = NOW.date()
GOOD: dict[str, Any] = {
    "purpose": "Damit das Kita-Büro einen Platz für das Kind ab Januar suchen kann.",
    "categories": ["person", "contact"],
    "valid_until": TODAY + timedelta(days=90),
    "form": "paper_signed",
    "explained": True,
    "copy_given": True,
}


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On one database; referrals test on both that a consent is asked for."""
    return sqlite_app


def give(town: Town, who: Membership | None = None, **changed: Any) -> Consent:
    actor = town.factory.actor(who or town.advisor)
    return commands.give_consent(actor, town.client.id, town.service.unit, {**GOOD, **changed})


def test_what_was_agreed_is_kept(town: Town) -> None:
    consent = give(town)
    db.session.commit()
    kept = db.session.get_one(Consent, consent.id)
    assert kept.purpose == GOOD["purpose"]
    # What is asked for is part of every consent, ticked or not.
    assert kept.categories == ["contact", "person", "request"]
    assert (kept.valid_from, kept.valid_until) == (TODAY, GOOD["valid_until"])
    assert (kept.recipient_unit_id, kept.sheet.explained_by_id) == (
        town.service.unit_id, town.advisor.id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("purpose", ""),
        ("purpose", "Für die Kita."),
        ("purpose", "Zur Beratung und allem, was damit zusammenhängt."),
        ("purpose", "Zur Aufgabenerledigung der beteiligten Stellen im Landkreis."),
        ("purpose", "Für alles, soweit erforderlich, bis auf Weiteres und überall."),
        ("purpose", "An alle Partner im Netzwerk, damit sie helfen können."),
        ("purpose", "x" * 501),
        ("categories", []),
        ("categories", ["person", "shoe_size"]),
        ("valid_until", None),
        ("valid_until", TODAY - timedelta(days=1)),
        ("valid_until", TODAY + timedelta(days=LONGEST_DAYS + 1)),
        ("form", "by_nodding"),
        ("explained", False),
        ("explained", None),
        ("copy_given", False),
        ("kind", "everything"),
        ("direction", "sideways"),
        ("purpose_code", "curiosity"),
        ("language", "tlh"),
        ("explained_on", TODAY + timedelta(days=1)),
        ("explained_on", TODAY - timedelta(days=15)),
        ("answer", "perhaps"),
    ],
)
def test_what_is_too_vague_or_too_long_is_no_consent(town: Town, key: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        give(town, **{key: value})
    assert set(caught.value.errors) == {key}


@pytest.mark.parametrize("who", ["partner", "stranger"])
def test_partners_take_down_no_consents(town: Town, who: str) -> None:
    with pytest.raises(Forbidden):
        give(town, getattr(town, who))


def test_nobody_consents_for_somebody_elses_client(town: Town) -> None:
    with pytest.raises(NotFound):
        give(town, town.colleague)
    assert give(town, town.lead).client_id == town.client.id


def test_who_sees_a_consent(town: Town) -> None:
    consent = give(town)
    db.session.flush()
    for member, sees in (
        (town.advisor, True), (town.lead, True), (town.colleague, False), (town.partner, False),
        (town.stranger, False),
    ):  # fmt: skip
        actor = town.factory.actor(member)
        assert (consent in db.session.scalars(policy.visible(actor)).all()) == sees
        if sees:
            assert policy.get_visible(actor, consent.id) is consent
        else:
            with pytest.raises(NotFound):
                policy.get_visible(actor, consent.id)


def test_a_consent_holds_to_its_last_day(town: Town) -> None:
    consent = give(town)
    until = consent.valid_until
    days = [TODAY, until, until + timedelta(days=1)]
    assert [consent.state_on(day).expired for day in days] == [False, False, True]
    consent.revoked_at = NOW
    assert consent.state_on(TODAY).revoked


def test_the_longest_that_covers_everything_is_taken(town: Town) -> None:
    def covering(*wanted: str) -> Consent | None:
        db.session.flush()
        return policy.covering(town.client.id, town.service.unit_id, wanted, TODAY)

    narrow = give(town, categories=["contact"], valid_until=TODAY + timedelta(days=300))
    short = give(town, valid_until=TODAY + timedelta(days=10))
    long = give(town, valid_until=TODAY + timedelta(days=20))
    assert covering("contact", "request") is narrow
    assert covering("contact", "person") is long
    long.revoked_at = NOW
    assert covering("contact", "person") is short
    assert covering("contact", "person", "household") is None
    everything = give(town, categories=[key for key, _ in DATA_CATEGORIES], health=True)
    assert covering("contact", "person", "household") is everything
