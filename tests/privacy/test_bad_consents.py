"""Consents that are wrong, or become wrong meanwhile: said at the field, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.consents import commands as consents
from portal.consents.models import Consent, ConsentSheet
from portal.consents.terms import talk_of, terms_of
from portal.database import unit_of_work
from portal.demo.factory import PURPOSE
from portal.extensions import db
from portal.grants import Grant
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Invalid, Problem
from portal.referrals import commands, deletions, endings, packages, policy
from portal.referrals.models import DeletionRequest, Package, Referral
from portal.testing.client import PortalClient
from portal.testing.pages import browser
from portal.testing.town import NOW, Town
from portal.workflow import LOCAL
from tests.pages.test_handover import filled, share_url
from tests.threads import at_once

TODAY = NOW.date()
ROUNDS = range(2)  # threads do not always start in the same order
SCRIPTS = ("Bitte einen Platz ab Januar. ", "Будь ласка, місце для дитини. ", "مكان في الروضة. ",
           "ቦታ ንቘልዓ የድሊ። ", "请帮我找一个幼儿园的名额。 ")  # fmt: skip


@pytest.fixture
def advisor(app: Flask, town: Town) -> PortalClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return browser(app, town.advisor)


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Flask:
    """SQLite, unless a test asks for both."""
    both = getattr(request, "param", "sqlite")
    found: Flask = request.getfixturevalue(f"{both}_app")
    return found


BOTH = pytest.mark.parametrize(
    "app", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def count(*models: Any) -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


# --- what is entered ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({"c-valid_until": "2026-11-22"}, "Das Datum liegt zu früh. Frühestens:"),
        ({"c-valid_until": "2028-03-01"}, "Das Datum liegt zu spät. Spätestens:"),
        ({"c-valid_until": "2027-02-29"}, "Diese Angabe hat die falsche Form."),
        ({"t-explained_on": "2026-11-08"}, "Das Datum liegt zu früh. Frühestens:"),
        ({"t-explained_on": "2026-11-24"}, "Das Datum liegt zu spät. Spätestens:"),
        ({"c-purpose": "Zur Beratung und zu allem, was dabei nötig werden kann."},
         "Das ist zu allgemein, um gültig zu sein."),
        ({"c-purpose": "soweit ERFORDERLICH, an diese Stelle und an andere"},
         "Das ist zu allgemein, um gültig zu sein."),
        ({"c-purpose": "Kita-Platz"}, "mindestens 30 Zeichen"),
        ({"c-purpose": "x" * 501}, "Der Text ist zu lang."),
        ({"t-explained": ""}, "Ohne Erklärung gilt die Einwilligung nicht."),
    ],
)  # fmt: skip
def test_a_wrong_consent_is_told_at_its_field_and_nothing_is_lost(
    advisor: PortalClient, town: Town, entered: dict[str, str], said: str
) -> None:
    answer = advisor.post(share_url(town, town.service), data=filled(town.service, **entered))
    assert answer.status_code == 422
    ((name, value),) = entered.items()
    name = name if name.startswith("t-") else f"s{town.service.id.hex[:8]}-{name}"
    assert said in at_field(answer.text, name)
    assert value in unescape(answer.text)
    assert "Platz für ein Kind, 3 Jahre, ab Januar." in answer.text
    assert count(Referral, Consent, ConsentSheet, Package) == [0, 0, 0, 0]


def at_field(html: str, name: str) -> str:
    """What stands at one control: the error it is described by."""
    described = html.split(f'name="{name}"')[1].split(">")[0]
    described += html.split(f'name="{name}"')[0].rpartition("<")[2]
    ids = described.split('aria-describedby="')[1].split('"')[0].split()
    return " ".join(html.split(f'id="{each}"')[1].split("</p>")[0] for each in ids)


def test_no_consent_is_longer_than_the_counselling(advisor: PortalClient, town: Town) -> None:
    town.client.counselling_started_on = date(2024, 3, 1)
    db.session.commit()
    form = filled(town.service, **{"c-valid_until": "2027-11-01"})
    answer = advisor.post(share_url(town, town.service), data=form)
    assert answer.status_code == 422
    name = f"s{town.service.id.hex[:8]}-c-valid_until"
    assert "Länger als die Beratung kann sie nicht gelten." in at_field(answer.text, name)
    assert "2027-11-01" in answer.text
    assert count(Consent) == [0]


def test_one_record_names_one_recipient(town: Town) -> None:
    """Two units never share a consent, and one unit never has two answers on a sheet."""
    actor = town.factory.actor(town.advisor)
    talk = talk_of({"form": "paper_signed", "explained": True, "copy_given": True}, TODAY)
    data = {"purpose": PURPOSE, "valid_until": TODAY + timedelta(days=9), "categories": ["person"]}
    desk, other = town.service.unit, town.other_service.unit
    twice = [terms_of(town.client, desk, data, TODAY) for _ in range(2)]
    with pytest.raises(Invalid):
        consents.record_answers(actor, town.client, talk, twice)
    db.session.rollback()
    each = [terms_of(town.client, unit, data, TODAY) for unit in (desk, other)]
    made = consents.record_answers(actor, town.client, talk, each)
    assert [consent.recipient_unit_id for consent in made] == [desk.id, other.id]
    recipient = Consent.__table__.columns["recipient_unit_id"]
    assert not recipient.nullable  # one, and only one
    # What was agreed for one of them opens nothing for the other.
    endings.revoke_consent(actor, made[0].id)
    draft = town.factory.draft(town.advisor, town.client, town.service)
    with pytest.raises(Invalid):
        commands.perform(actor, draft.id, "send", {})


def test_a_note_of_twenty_thousand_characters_in_five_scripts(
    advisor: PortalClient, town: Town
) -> None:
    note = ("".join(SCRIPTS) * 200)[:20_000].strip()
    form = filled(town.service, concern=note)
    answer = advisor.post(share_url(town, town.service), data=form)
    assert answer.status_code == 422
    name = f"s{town.service.id.hex[:8]}-concern"
    message = at_field(answer.text, name)
    assert f"Der Text ist zu lang. ({len(note)} / " in message
    assert note in unescape(answer.text)
    assert count(Referral, Consent) == [0, 0]
    # As long as is allowed it goes through, to the letter.
    most = int(message.split(" / ")[1].split(")")[0])
    allowed = note[:most].strip()
    kept = advisor.post(share_url(town, town.service), data=filled(town.service, concern=allowed))
    assert kept.status_code == 303
    db.session.rollback()
    package = db.session.scalars(select(Package)).one()
    assert package.content["concern"] == allowed


# --- what changes meanwhile ---------------------------------------------------------------
def test_revoking_twice(advisor: PortalClient, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    address = f"/consents/{referral.consent_id}/revoke"
    assert advisor.post(address, data={"via": "telephone"}).status_code == 303
    before = count(OutboxMessage, DeletionRequest)
    again = advisor.post(address, data={"via": "letter"})
    assert again.status_code == 409
    assert "bereits widerrufen" in again.text
    assert count(OutboxMessage, DeletionRequest) == before
    consent = db.session.get_one(Consent, referral.consent_id)
    assert consent.revoked_via == "telephone"  # as it was told first


@pytest.mark.parametrize("minutes", [0, 1])
def test_sending_at_midnight_on_a_consent_that_ends(
    app: Flask, advisor: PortalClient, town: Town, minutes: int
) -> None:
    f = town.factory
    f.consent(town.advisor, town.client, town.service.unit, valid_until=TODAY)
    draft = f.draft(town.advisor, town.client, town.service, form={"concern": "Bis Mitternacht."})
    db.session.commit()
    late = datetime.combine(TODAY, time(23, 59, 30), LOCAL)
    app.extensions["portal_clock"] = lambda: late
    address = f"/referrals/{draft.id}/draft"
    page = advisor.get(address).text
    assert "Widerruf erklärt" not in page  # the consent at hand is enough
    app.extensions["portal_clock"] = lambda: late + timedelta(minutes=minutes)
    form = {key: value for key, value in filled(town.service, concern="Bis Mitternacht.").items()
            if "c-" not in key and not key.startswith("t-")}  # fmt: skip
    answer = advisor.post(address, data=form)
    db.session.rollback()
    status = db.session.get_one(Referral, draft.id).status
    if not minutes:
        assert (answer.status_code, status) == (303, "sent")
        return
    assert (answer.status_code, status) == (422, "draft")
    # The day has passed: the page asks for a new consent, and keeps what was typed.
    assert "Widerruf erklärt" in answer.text
    assert "Bis Mitternacht." in answer.text
    assert count(Package) == [0]
    straight = advisor.post(f"/referrals/{draft.id}/send")
    assert straight.status_code == 422
    assert "Es fehlt eine gültige Einwilligung" in straight.text


def test_a_package_stays_what_was_agreed_when_the_record_changes(
    advisor: PortalClient, town: Town
) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "accept")
    db.session.commit()
    package = packages.latest(referral)
    assert package is not None
    digest = package.digest
    changed = {**town.client.profile, "phone": "0000 987654", "email": "neu@portal.example",
               "seen": "1"}  # fmt: skip
    assert advisor.post(f"/clients/{town.client.id}/edit", data=changed).status_code == 303
    db.session.rollback()
    db.session.expire_all()
    kept = packages.latest(db.session.get_one(Referral, referral.id))
    assert kept is not None
    assert (kept.number, kept.digest) == (1, digest)
    assert packages.digest_of(kept.content) == digest
    partner = browser(advisor.application, town.partner)
    shown = partner.get(f"/referrals/{referral.id}").text
    assert "0000 123456" in shown
    assert "0000 987654" not in shown
    assert "neu@portal.example" not in shown


def test_a_draft_sends_todays_record_and_still_only_what_was_ticked(town: Town) -> None:
    f = town.factory
    draft = f.draft(town.advisor, town.client, town.service)
    f.consent(town.advisor, town.client, town.service.unit)
    profile = dict(town.client.profile)
    town.client.profile = {**profile, "phone": "0000 987654", "children_ages": "3"}
    db.session.flush()
    sent = commands.perform(f.actor(town.advisor), draft.id, "send", {})
    package = packages.latest(sent)
    assert package is not None
    assert package.content["phone"] == "0000 987654"
    assert "children_ages" not in package.content


# --- two at once: what `tests/referrals/test_at_once.py` leaves open -----------------------
def job(command: Callable[..., Any], *args: Any) -> Callable[[], None]:
    def run() -> None:
        with unit_of_work():
            command(*args)

    return run


def under_way(town: Town) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    db.session.commit()
    return referral


@BOTH
@pytest.mark.parametrize("_round", ROUNDS)
@pytest.mark.parametrize("action", ["complete", "decline", "ask"])
def test_revoking_while_the_receiver_ends_it(
    app: Flask, town: Town, action: str, _round: int
) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    if action == "complete":
        f.move(town.partner, referral.id, "accept")
    db.session.commit()
    advisor, partner = f.actor(town.advisor), f.actor(town.partner)
    data = {"code": "help_received" if action == "complete" else "no_capacity", "question": "Wann?"}
    results = at_once(
        app,
        job(endings.revoke_consent, advisor, referral.consent_id),
        job(commands.perform, partner, referral.id, action, data),
    )
    assert results[0] is None
    assert results[1] is None or isinstance(results[1], Conflict)
    db.session.expire_all()
    again = db.session.get_one(Referral, referral.id)
    assert again.is_final
    assert policy.grant(partner, policy.get_visible(partner, again.id)) is Grant.ENDED
    assert packages.readable(partner, policy.get_visible(partner, again.id)) == []
    assert count(DeletionRequest) == [1]


@BOTH
def test_a_renewal_and_a_revocation_at_once_leave_nothing_open_on_the_old_one(
    app: Flask, town: Town
) -> None:
    f, referral = town.factory, under_way(town)
    actor, unit = f.actor(town.advisor), town.service.unit
    data = {"purpose": PURPOSE, "valid_until": TODAY + timedelta(days=90),
            "categories": ["person", "contact", "communication", "request"]}  # fmt: skip
    talk = talk_of({"form": "paper_signed", "explained": True, "copy_given": True}, TODAY)
    terms = terms_of(town.client, unit, data, TODAY)
    old, lead = referral.consent_id, f.actor(town.lead)
    results = at_once(
        app,
        job(endings.revoke_consent, lead, old),
        job(endings.renew_consent, actor, old, talk, terms),
    )
    assert results[0] is None
    assert results[1] is None or isinstance(results[1], Problem)
    db.session.rollback()
    again, partner = db.session.get_one(Referral, referral.id), f.actor(town.partner)
    shown = packages.readable(partner, policy.get_visible(partner, again.id))
    if results[1] is None and again.consent_id != old:
        # The client said yes anew, and that was first: it runs on what was agreed then.
        assert again.consent is not None
        assert again.consent.revoked_at is None
    else:
        assert shown == []


@BOTH
@pytest.mark.parametrize("_round", ROUNDS)
def test_the_deletion_is_confirmed_once(app: Flask, town: Town, _round: int) -> None:
    f, referral = town.factory, under_way(town)
    second = f.actor(f.member("Pia Zweite", town.partner.unit, "partner"))
    endings.revoke_consent(f.actor(town.advisor), referral.consent_id or town.client.id)
    db.session.commit()
    results = at_once(app, *(
        job(deletions.answer, actor, referral.id, {"answer": "deleted"})
        for actor in (f.actor(town.partner), second)
    ))  # fmt: skip
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
