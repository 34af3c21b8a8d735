"""Requests with their month, corrections that reach receivers, and the record that is frozen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actor import Actor
from portal.audit import AuditEntry
from portal.clients.commands import update_client
from portal.clients.models import Client
from portal.consents import commands as consents
from portal.database import unit_of_work
from portal.extensions import db
from portal.grants import Grant
from portal.outbox import OutboxMessage
from portal.privacy import commands, policy
from portal.privacy.models import KINDS
from portal.privacy.rectification import open_corrections, pass_on_correction
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands as referrals
from portal.referrals import endings, history, packages
from portal.referrals import policy as referral_policy
from portal.referrals.models import Event, Package, Referral
from portal.testing.pages import browser
from portal.testing.town import NOW, Town
from portal.workflow import Side
from tests.threads import at_once

TODAY = NOW.date()


@pytest.fixture
def sent(town: Town) -> Referral:
    town.factory.consent(town.advisor, town.client, town.service.unit)
    found = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return found


def actor(town: Town, who: str = "advisor") -> Actor:
    return town.factory.actor(getattr(town, who))


def change(town: Town, **fields: Any) -> Client:
    profile = {"given_name": "Oksana", "family_name": "Pryklad", "municipality": "08317041",
               "contact_language": "uk", "phone": "0000 123456", **fields}  # fmt: skip
    client = db.session.get_one(Client, town.client.id)
    return update_client(actor(town), client.id, profile, client.version)


def seen(town: Town, who: str, referral: Referral) -> Referral:
    db.session.flush()
    return referral_policy.get_visible(actor(town, who), referral.id)


def topics() -> list[str]:
    rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [row.topic for row in rows]


# --- requests -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "due"),
    [(date(2026, 11, 23), date(2026, 12, 23)), (date(2026, 12, 15), date(2027, 1, 15)),
     (date(2027, 1, 31), date(2027, 2, 28)), (date(2028, 1, 30), date(2028, 2, 29)),
     (date(2026, 12, 31), date(2027, 1, 31))],
)  # fmt: skip
def test_a_month_ends_on_the_same_day_or_the_last(received: date, due: date) -> None:
    assert commands.month_after(received) == due


@pytest.mark.parametrize("kind", [key for key, _ in KINDS])
def test_what_is_asked_is_taken_down_and_answered(app: Flask, town: Town, kind: str) -> None:
    data = {"kind": kind, "received_on": TODAY - timedelta(days=3), "note": "Bitte bald."}
    asked = commands.record_request(actor(town), town.client.id, data)
    assert (asked.due_on, asked.note) == (date(2026, 12, 20), "Bitte bald.")
    version = town.client.version
    db.session.refresh(town.client)
    # An open form of the record stays valid.
    assert (town.client.request_due_on, town.client.version) == (date(2026, 12, 20), version)
    answer = {"outcome": "partly", "reason": "Das Protokoll ist schon gelöscht."}
    commands.answer_request(actor(town, "lead"), asked.id, answer)
    db.session.commit()
    asked = policy.get_visible(actor(town), asked.id)
    assert (asked.answered_on, asked.outcome) == (TODAY, "partly")
    assert asked.reason == "Das Protokoll ist schon gelöscht."
    assert policy.of_client(actor(town), town.client) == [asked]
    assert town.client.request_due_on is None
    about = select(AuditEntry.kind).where(AuditEntry.subject_id == asked.id)
    kinds = db.session.scalars(about.order_by(AuditEntry.id)).all()
    assert kinds == ["privacy.requested", "privacy.answered"]


@pytest.mark.parametrize(
    ("data", "field"),
    [({"kind": ""}, "kind"), ({"kind": "everything"}, "kind"),
     ({"received_on": None}, "received_on"),
     ({"received_on": TODAY + timedelta(days=1)}, "received_on"),
     ({"received_on": TODAY - timedelta(days=91)}, "received_on"), ({"note": "x" * 2001}, "note"),
     ({"note": "abc\u202edef"}, "note")],
)  # fmt: skip
def test_a_wrong_entry_is_refused_at_its_field(
    town: Town, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        commands.record_request(
            actor(town), town.client.id, {"kind": "access", "received_on": TODAY, **data}
        )
    assert set(refused.value.errors) == {field}


@pytest.mark.parametrize(
    ("data", "field"),
    [({"outcome": ""}, "outcome"), ({"outcome": "refused"}, "reason"),
     ({"outcome": "partly", "reason": " "}, "reason")],
)  # fmt: skip
def test_an_answer_says_why_unless_all_was_done(
    town: Town, data: dict[str, Any], field: str
) -> None:
    asked = commands.record_request(
        actor(town), town.client.id, {"kind": "objection", "received_on": TODAY}
    )
    with pytest.raises(Invalid) as refused:
        commands.answer_request(actor(town), asked.id, data)
    assert set(refused.value.errors) == {field}
    commands.answer_request(actor(town), asked.id, {"outcome": "granted"})
    with pytest.raises(Conflict):
        commands.answer_request(actor(town), asked.id, {"outcome": "granted"})


def test_what_is_asked_stands_on_the_start_page_until_it_is_answered(
    app: Flask, town: Town
) -> None:
    data = {"kind": "access", "received_on": TODAY - timedelta(days=3)}
    asked = commands.record_request(actor(town), town.client.id, data)
    db.session.commit()
    name = town.client.name
    advisor, colleague = browser(app, town.advisor), browser(app, town.colleague)
    page = advisor.get("/").text
    assert name in page
    assert "Antwort fällig am So. 20.12.2026" in page
    assert name not in colleague.get("/").text
    db.session.rollback()
    commands.answer_request(actor(town), asked.id, {"outcome": "granted"})
    db.session.commit()
    assert "Antwort fällig" not in advisor.get("/").text


def test_requests_are_of_the_own_clients(town: Town) -> None:
    asked = commands.record_request(
        actor(town), town.client.id, {"kind": "access", "received_on": TODAY}
    )
    db.session.flush()
    assert policy.get_visible(actor(town, "lead"), asked.id) is asked
    for who in ("colleague", "stranger", "partner"):
        with pytest.raises(NotFound):
            policy.get_visible(actor(town, who), asked.id)
    for who in ("advisor", "lead", "partner"):
        assert db.session.scalars(policy.overseen(actor(town, who))).all() == []
    data = {"kind": "access", "received_on": TODAY}
    with pytest.raises(NotFound):
        commands.record_request(actor(town, "colleague"), town.client.id, data)
    with pytest.raises(Forbidden):
        commands.record_request(actor(town, "partner"), town.client.id, data)


# --- rectification ------------------------------------------------------------------------


def test_what_changed_since_is_offered_and_passed_on(town: Town, sent: Referral) -> None:
    assert open_corrections([seen(town, "advisor", sent)]) == []
    change(town, phone="0000 999", address="Am Bach 1")
    (correction,) = open_corrections([seen(town, "advisor", sent)])
    (found,) = correction.changes  # the address was never shared
    assert (found.field.key, found.now) == ("phone", "0000 999")
    package = pass_on_correction(actor(town), sent.id)
    db.session.commit()
    assert package.number == 2
    first, second = (
        p.content for p in db.session.scalars(select(Package).order_by(Package.number))
    )
    assert second == {**first, "phone": "0000 999"}
    assert open_corrections([seen(town, "advisor", sent)]) == []
    assert topics()[-1] == "referral.rectified"
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.kind, last.data) == ("referral.rectified", {"fields": ["phone"]})


@pytest.mark.parametrize("side", [Side.SENDER, Side.RECEIVER])
def test_the_timeline_says_to_both_which_fields(town: Town, sent: Referral, side: Side) -> None:
    change(town, phone="0000 999")
    pass_on_correction(actor(town), sent.id)
    db.session.flush()
    entry = history.timeline(sent, side, Grant.PACKAGE)[-1]
    assert (entry.label, entry.details) == ("Angaben berichtigt", [("Angaben", "Telefon")])


def test_a_move_is_told_by_the_name_of_the_place(town: Town, sent: Referral) -> None:
    change(town, municipality="08317040")
    (correction,) = open_corrections([seen(town, "advisor", sent)])
    (found,) = correction.changes
    assert found.now == "Haslach im Kinzigtal"


def test_what_is_gone_from_the_record_leaves_the_package(town: Town, sent: Referral) -> None:
    change(town, phone="")
    (correction,) = open_corrections([seen(town, "advisor", sent)])
    assert [(c.field.key, c.now) for c in correction.changes] == [("phone", "")]
    assert "phone" not in pass_on_correction(actor(town), sent.id).content


def test_who_hides_is_told_to_nobody_any_more(town: Town, sent: Referral) -> None:
    """A record that by now names a shelter takes the place back from who holds it."""
    change(town, accommodation_type="women_shelter")
    (correction,) = open_corrections([seen(town, "advisor", sent)])
    assert [change.field.key for change in correction.changes] == ["municipality"]
    assert "municipality" not in pass_on_correction(actor(town), sent.id).content


def test_a_correction_adds_nothing(town: Town) -> None:
    town.factory.consent(town.advisor, town.client, town.service.unit)
    draft = town.factory.draft(town.advisor, town.client, town.service, withheld=["phone"])
    referrals.perform(actor(town), draft.id, "send", {})
    change(town, phone="0000 999", email="o@example.org", given_name="Oksana Maria")
    package = pass_on_correction(actor(town), draft.id)
    before = db.session.scalars(select(Package).where(Package.number == 1)).one()
    assert package.content.keys() == before.content.keys()
    assert package.content["given_name"] == "Oksana Maria"


def test_a_correction_needs_the_consent_that_covers_it(town: Town, sent: Referral) -> None:
    change(town, phone="0000 999")
    later = replace(actor(town), now=NOW + timedelta(days=200))
    with pytest.raises(Invalid) as refused:
        pass_on_correction(later, sent.id)
    assert set(refused.value.errors) == {"consent"}


def test_who_passes_a_correction_on(town: Town, sent: Referral) -> None:
    with pytest.raises(Conflict, match="nichts zu berichtigen"):
        pass_on_correction(actor(town), sent.id)
    change(town, phone="0000 999")
    with pytest.raises(Forbidden):
        pass_on_correction(actor(town, "partner"), sent.id)
    with pytest.raises(NotFound):
        pass_on_correction(actor(town, "colleague"), sent.id)
    assert db.session.scalars(select(Event).where(Event.action == "rectify")).all() == []
    referrals.perform(actor(town), sent.id, "withdraw", {"code": "duplicate"})
    assert open_corrections([seen(town, "advisor", sent)]) == []
    with pytest.raises(Conflict, match="läuft nicht mehr"):
        pass_on_correction(actor(town), sent.id)


# --- restriction --------------------------------------------------------------------------


def test_a_frozen_record_is_kept_and_nothing_else(town: Town, sent: Referral) -> None:
    draft = town.factory.draft(town.advisor, town.client, town.service)
    commands.restrict_client(actor(town), town.client.id)
    db.session.commit()
    with pytest.raises(Conflict, match="eingeschränkt"):
        change(town, phone="0000 999")
    db.session.rollback()
    with pytest.raises(Conflict, match="eingeschränkt"):
        town.factory.draft(town.advisor, town.client, town.service)
    with pytest.raises(Conflict, match="eingeschränkt"):
        referrals.change_draft(actor(town), draft.id, form={}, withheld=[])
    with pytest.raises(Conflict, match="eingeschränkt"):
        town.factory.consent(town.advisor, town.client, town.service.unit)
    with pytest.raises(Invalid) as refused:  # the consent at hand allows nothing now
        referrals.perform(actor(town), draft.id, "send", {})
    assert set(refused.value.errors) == {"consent"}
    with pytest.raises(Conflict, match="eingeschränkt"):
        pass_on_correction(actor(town), sent.id)
    with pytest.raises(Conflict, match="bereits"):
        commands.restrict_client(actor(town), town.client.id)


def test_the_view_of_the_receiver_closes_and_opens_again(town: Town, sent: Referral) -> None:
    def granted() -> Grant:
        return referral_policy.grant(actor(town, "partner"), seen(town, "partner", sent))

    before = granted()
    assert before in (Grant.PREVIEW, Grant.PACKAGE)
    commands.restrict_client(actor(town), town.client.id)
    db.session.commit()
    assert granted() is Grant.ENDED
    assert packages.readable(actor(town, "partner"), seen(town, "partner", sent)) == []
    with pytest.raises(Conflict, match="eingeschränkt"):
        town.factory.move(town.partner, sent.id, "accept")
    commands.lift_restriction(actor(town, "lead"), town.client.id)
    db.session.commit()
    assert granted() is before
    assert topics()[-2:] == ["referral.restricted", "referral.unrestricted"]
    with pytest.raises(Conflict, match="nicht eingeschränkt"):
        commands.lift_restriction(actor(town), town.client.id)
    town.factory.move(town.partner, sent.id, "accept")


def test_while_it_lasts_one_can_withdraw_and_revoke(town: Town, sent: Referral) -> None:
    other = town.factory.sent(town.advisor, town.client, town.other_service)
    commands.restrict_client(actor(town), town.client.id)
    db.session.commit()
    mine = seen(town, "advisor", sent)
    assert [a.key for a in referral_policy.possible_actions(actor(town), mine)] == ["withdraw"]
    assert referral_policy.recordable_actions(actor(town), mine) == []
    referrals.perform(actor(town), sent.id, "withdraw", {"code": "duplicate"})
    assert other.consent_id is not None
    endings.revoke_consent(actor(town), other.consent_id)
    db.session.commit()
    assert seen(town, "advisor", other).code == "consent_withdrawn"


def test_who_freezes_a_record(town: Town) -> None:
    for who in ("colleague", "stranger", "partner"):
        with pytest.raises((NotFound, Forbidden)):
            commands.restrict_client(actor(town, who), town.client.id)
    commands.restrict_client(actor(town, "lead"), town.client.id)
    commands.lift_restriction(actor(town), town.client.id)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    assert [e.kind for e in entries][-2:] == ["client.restricted", "client.unrestricted"]


def test_a_consent_that_ends_meanwhile_is_announced_afterwards(town: Town, sent: Referral) -> None:
    commands.restrict_client(actor(town), town.client.id)
    db.session.commit()
    late = Actor.system(NOW + timedelta(days=200))
    assert endings.announce(late) == 0
    commands.lift_restriction(actor(town), town.client.id)
    db.session.commit()
    assert endings.announce(late) == 1


def test_pages_say_that_it_is_restricted(app: Flask, town: Town, sent: Referral) -> None:
    commands.restrict_client(actor(town), town.client.id)
    db.session.commit()
    advisor, partner = browser(app, town.advisor), browser(app, town.partner)
    page = advisor.get(f"/clients/{town.client.id}").text
    assert "Die Verarbeitung ist eingeschränkt seit" in page
    assert f"/clients/{town.client.id}/edit" not in page
    assert f"/clients/{town.client.id}/handover" not in page
    assert "Verarbeitung eingeschränkt" in advisor.get("/clients").text
    assert advisor.get(f"/clients/{town.client.id}/handover").status_code == 409
    assert "nur zurückziehen" in advisor.get(f"/referrals/{sent.id}").text
    received = partner.get(f"/referrals/{sent.id}").text
    assert "Die Verarbeitung ist eingeschränkt" in received
    assert "Kita-Plätze" in received
    assert "Oksana" not in received
    assert "0000 123456" not in received


@pytest.mark.parametrize("round_", range(2))  # threads do not always start in the same order
def test_freezing_while_somebody_sends(app: Flask, town: Town, round_: int) -> None:
    """Whoever is first: afterwards the receiver sees nothing."""
    draft = town.factory.draft(town.advisor, town.client, town.service)
    town.factory.consent(town.advisor, town.client, town.service.unit)
    db.session.commit()
    lead, advisor, client_id, draft_id = actor(town, "lead"), actor(town), town.client.id, draft.id

    def freeze() -> None:
        with unit_of_work():
            commands.restrict_client(lead, client_id)

    def send() -> None:
        with unit_of_work():
            referrals.perform(advisor, draft_id, "send", {})

    frozen, outcome = at_once(app, freeze, send)
    assert frozen is None
    assert outcome is None or isinstance(outcome, Invalid | Conflict)
    db.session.expire_all()
    found = db.session.get_one(Referral, draft_id)
    assert (found.sent_at is None) == (outcome is not None)
    if found.sent_at is not None:
        assert referral_policy.grant(actor(town, "partner"), found) is Grant.ENDED


def test_a_consent_cannot_slip_in_beside_the_restriction(town: Town) -> None:
    """What was typed before the record was frozen is not taken down after."""
    stale = town.client
    commands.restrict_client(actor(town, "lead"), stale.id)
    db.session.commit()
    with pytest.raises(Conflict, match="eingeschränkt"):
        consents.give_consent(
            actor(town), stale.id, town.service.unit,
            {"purpose": "Damit das Kita-Büro einen Platz suchen kann.", "categories": ["person"],
             "valid_until": TODAY + timedelta(days=90), "form": "paper_signed", "explained": True,
             "copy_given": True},
        )  # fmt: skip
