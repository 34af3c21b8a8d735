"""Consents page by page: read, signed, refused, confirmed, renewed, revoked; what follows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.consents.models import Consent
from portal.extensions import db
from portal.outbox import OutboxMessage
from portal.referrals import policy
from portal.referrals.models import DeletionRequest, Referral
from portal.testing.town import NOW, Town
from tests.pages.test_handover import filled, share_url

HTMX = {"HX-Request": "true"}
STROKES = json.dumps([[[n * 10, 100 + n] for n in range(20)]])


@pytest.fixture
def advisor(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.advisor)


@pytest.fixture
def partner(as_member: Any, town: Town) -> FlaskClient:
    return as_member(town.partner)


@pytest.fixture
def referral(town: Town) -> Referral:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return sent


def the(model: Any) -> Any:
    db.session.rollback()
    return db.session.scalars(select(model)).one()


def topics() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)))


def consent_form(**changes: str) -> dict[str, str]:
    return {
        "c-answer": "agreed",
        "c-purpose": "Damit das Kita-Büro weiter einen Platz suchen und sich melden kann.",
        "c-valid_until": "2027-05-01",
        "c-purpose_code": "childcare_school",
        "c-kind": "sharing",
        "c-direction": "mutual",
        "c-health": "y",
        "t-form": "paper_signed",
        "t-explained_on": f"{NOW:%Y-%m-%d}",
        "t-explained": "y",
        "t-copy_given": "y",
        **changes,
    }


def test_the_sheet_is_printed_before_anybody_agrees(advisor: FlaskClient, town: Town) -> None:
    form = {**filled(town.service, **{"t-language": "ti", "t-explained": ""}), "do": "sheet"}
    answer = advisor.post(share_url(town, town.service), data=form)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")
    assert "Oksana" not in answer.headers["Content-Disposition"]
    db.session.rollback()
    assert db.session.scalars(select(Consent)).all() == []
    assert db.session.scalar(
        select(AuditEntry.purpose).where(AuditEntry.purpose == "consent_sheet")
    )


def test_a_signature_on_the_screen(advisor: FlaskClient, town: Town) -> None:
    page = advisor.get(share_url(town, town.service)).text
    number = re.search(r'name="sheet" value="(EW-[A-Z2-9]{4}-[A-Z2-9]{4})"', page)
    assert number
    form = filled(town.service, **{"t-form": "screen_signed"}) | {"sheet": number[1]}
    read = advisor.post(share_url(town, town.service), data={**form, "do": "sign"}, headers=HTMX)
    assert read.status_code == 200
    assert "Oksana Pryklad" in read.text
    assert "<canvas" in read.text
    digest = re.search(r'name="signed" value="([0-9a-f]{64})"', read.text)
    assert digest
    unsigned = advisor.post(share_url(town, town.service), data={**form, "signed": digest[1]})
    assert unsigned.status_code == 422
    assert "Die Unterschrift fehlt" in unsigned.text
    signed = {**form, "signed": digest[1], "strokes": STROKES}
    s = f"s{town.service.id.hex[:8]}-"
    changed = {**signed, s + "c-purpose": "Damit das Kita-Büro etwas ganz Anderes tun kann."}
    refused = advisor.post(share_url(town, town.service), data=changed)
    assert refused.status_code == 422
    assert "seit der Unterschrift geändert" in refused.text
    assert advisor.post(share_url(town, town.service), data=signed).status_code == 303
    consent = the(Consent)
    assert consent.sheet.reference == number[1]
    assert consent.sheet.signature["digest"] == digest[1]
    copy = advisor.get(f"/consents/{consent.id}/sheet.pdf")
    assert copy.data.startswith(b"%PDF")
    again = advisor.post(share_url(town, town.service), data=signed)
    assert again.status_code == 303  # the consent at hand is used, not asked for again
    assert db.session.scalars(select(Consent)).all() == [the(Consent)]


def test_what_is_missing_before_signing_is_said_there(advisor: FlaskClient, town: Town) -> None:
    form = filled(town.service, **{"c-purpose": "zur Beratung", "t-form": ""})
    answer = advisor.post(share_url(town, town.service), data={**form, "do": "sign"}, headers=HTMX)
    assert answer.status_code == 422
    assert "mindestens 30 Zeichen" in answer.text
    assert "<html" not in answer.text


def test_one_says_no_and_the_other_is_sent_in_one_sitting(advisor: FlaskClient, town: Town) -> None:
    data = {**filled(town.service), **filled(town.other_service, **{"c-answer": "refused"})}
    answer = advisor.post(share_url(town, town.service, town.other_service), data=data)
    assert answer.status_code == 303
    page = advisor.get(answer.location).text
    assert "Die Person hat nicht zugestimmt" in page
    assert the(Referral).receiver_unit_id == town.service.unit_id
    refused = db.session.scalar(select(Consent).where(Consent.refused))
    assert refused is not None
    assert refused.recipient_unit_id == town.other_service.unit_id
    slip = advisor.get(f"/consents/{refused.id}/slip.pdf")
    assert slip.data.startswith(b"%PDF")
    assert advisor.post(f"/consents/{refused.id}/revoke").status_code == 409
    given = db.session.scalar(select(Consent).where(Consent.refused.is_(False)))
    assert given is not None
    assert advisor.get(f"/consents/{given.id}/slip.pdf").status_code == 404


def test_a_refused_draft_is_gone(advisor: FlaskClient, town: Town) -> None:
    draft = town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    form = filled(town.service, **{"c-answer": "refused"})
    assert advisor.post(f"/referrals/{draft.id}/draft", data=form).status_code == 303
    assert the(Referral).status == "cancelled"
    assert the(Referral).sent_at is None


def test_only_said_then_signed(advisor: FlaskClient, town: Town) -> None:
    said = {"t-form": "oral_documented", "t-occasion": "outreach", "t-copy_given": ""}
    advisor.post(share_url(town, town.service), data=filled(town.service, **said))
    consent = the(Consent)
    assert consent.valid_until == (NOW + timedelta(days=10)).date()
    start = advisor.get("/").text
    assert "Einwilligung bestätigen" in start
    page = advisor.get(f"/consents/{consent.id}").text
    assert "Mit Unterschrift bestätigen bis" in page
    assert advisor.post(f"/consents/{consent.id}/confirm").status_code == 303
    assert f"{the(Consent).valid_until}" == "2027-03-01"
    assert advisor.post(f"/consents/{consent.id}/confirm").status_code == 409
    assert "Einwilligung bestätigen" not in advisor.get("/").text


def test_a_consent_that_ends_is_renewed_and_the_referral_goes_on(
    advisor: FlaskClient, partner: FlaskClient, town: Town, app: Any
) -> None:
    f = town.factory
    draft = f.draft(town.advisor, town.client, town.service)
    f.consent(town.advisor, town.client, town.service.unit,
              valid_until=NOW.date() + timedelta(days=3))  # fmt: skip
    f.move(town.advisor, draft.id, "send")
    f.move(town.partner, draft.id, "accept")
    db.session.commit()
    old = the(Consent)
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=4)
    assert "Zugriff beendet" in partner.get(f"/referrals/{draft.id}").text
    assert "Einwilligung verlängern" in advisor.get("/").text
    address = f"/consents/{old.id}/renew"
    assert advisor.get(address).status_code == 200
    wrong = advisor.post(address, data=consent_form(**{"c-purpose": "zu kurz"}))
    assert (wrong.status_code, "zu kurz" in wrong.text) == (422, True)
    done = advisor.post(address, data=consent_form())
    assert done.status_code == 303
    ended = partner.get(f"/referrals/{draft.id}").text
    assert "Zugriff beendet" not in ended
    assert "Pryklad" in ended
    assert the(Referral).consent_id != old.id


def test_a_renewal_that_is_refused_leaves_the_view_closed_on_its_day(
    advisor: FlaskClient, referral: Referral
) -> None:
    address = f"/consents/{referral.consent_id}/renew"
    before = referral.consent_id
    assert advisor.post(address, data=consent_form(**{"c-answer": "refused"})).status_code == 303
    assert the(Referral).consent_id == before


def test_an_open_page_notices_within_half_a_minute(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral
) -> None:
    page = partner.get(f"/referrals/{referral.id}").text
    asks = re.search(
        r'hx-get="(/referrals/[^"]+/pulse\?seen=[^"]+)"\s+hx-trigger="every 30s"', page
    )
    assert asks
    db.session.rollback()
    before = len(db.session.scalars(select(AuditEntry)).all())
    assert "HX-Refresh" not in partner.get(asks[1]).headers
    advisor.post(f"/consents/{referral.consent_id}/revoke")
    assert partner.get(asks[1]).headers["HX-Refresh"] == "true"
    db.session.rollback()
    # Asking shows nothing, so it is no reading.
    read = [e.kind for e in db.session.scalars(select(AuditEntry)).all()[before:]]
    assert "referral.read" not in read
    assert partner.get("/referrals/00000000-0000-4000-8000-000000000000/pulse").headers[
        "HX-Refresh"
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"answer": "deleted"}, "Die Stelle hat die Löschung bestätigt"),
        ({"answer": "kept", "basis": "§ 84 SGB X, bis Ende 2030"}, "§ 84 SGB X, bis Ende 2030"),
    ],
)
def test_the_receiver_confirms_the_deletion_or_names_its_duty(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral, as_member: Any, town: Town,
    answer: dict[str, str], said: str,
) -> None:  # fmt: skip
    address = f"/referrals/{referral.id}/deletion"
    assert partner.post(address, data=answer).status_code == 404  # nobody has revoked
    advisor.post(f"/consents/{referral.consent_id}/revoke", data={"via": "telephone"})
    assert the(Consent).revoked_via == "telephone"
    assert topics().count("referral.ended") == 1
    assert "Löschung bestätigen" in partner.get("/").text
    county = town.factory.member("Tobias Testmann", town.advisor.unit, "coordinator")
    db.session.commit()
    coordinator = as_member(county)
    desk = coordinator.get("/").text
    assert "Löschung nicht bestätigt" in desk
    assert "Pryklad" not in desk
    missing = partner.post(address, data={"answer": "kept"})
    assert missing.status_code == 422
    assert "Bitte ausfüllen" in missing.text
    assert advisor.post(address, data=answer).status_code == 403
    assert as_member(town.stranger).post(address, data=answer).status_code == 404
    assert partner.post(address, data=answer).status_code == 303
    assert partner.post(address, data=answer).status_code == 409
    assert said in advisor.get(f"/referrals/{referral.id}").text
    assert "Löschung nicht bestätigt" not in coordinator.get("/").text
    assert "Löschung bestätigen" not in partner.get("/").text
    assert topics()[-1] == "referral.deletion"
    assert the(DeletionRequest).answer == answer["answer"]


def test_an_answered_referral_is_to_be_deleted_too(
    advisor: FlaskClient, partner: FlaskClient, referral: Referral, town: Town
) -> None:
    f = town.factory
    f.move(town.partner, referral.id, "accept")
    f.move(town.partner, referral.id, "complete", {"code": "help_received"})
    db.session.commit()
    advisor.post(f"/consents/{referral.consent_id}/revoke")
    page = partner.get(f"/referrals/{referral.id}").text
    assert "Zugriff beendet" in page
    assert "Löschung bestätigen" in page
    assert the(Referral).status == "completed"


def test_others_know_nothing_of_a_consent(as_member: Any, referral: Referral, town: Town) -> None:
    pages = ("", "/renew", "/sheet.pdf", "/slip.pdf")
    for member, status in ((town.colleague, 404), (town.partner, 403), (town.stranger, 403)):
        browser = as_member(member)
        for page in pages:
            assert browser.get(f"/consents/{referral.consent_id}{page}").status_code == status
        for page in ("/revoke", "/confirm", "/renew"):
            assert browser.post(f"/consents/{referral.consent_id}{page}").status_code == status


def test_a_consent_costs_few_queries(
    advisor: FlaskClient, referral: Referral, queries: Callable[[FlaskClient, str], int]
) -> None:
    assert queries(advisor, f"/consents/{referral.consent_id}") <= 10


def test_the_pulse_of_the_sender_moves_with_the_state(referral: Referral, town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    before = policy.pulse(actor, policy.get_visible(actor, referral.id))
    town.factory.move(town.partner, referral.id, "accept")
    assert policy.pulse(actor, policy.get_visible(actor, referral.id)) != before
