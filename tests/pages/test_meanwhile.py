"""What changes while a page is open: offers close, offices go, clients get another advisor.

Whoever then presses the button is told so in plain words; nothing is half done, nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.consents.models import Consent
from portal.extensions import db
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.referrals.models import Event, Package, Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.pages.test_handover import filled, share_url

TYPED = "Platz für ein Kind, 3 Jahre, ab Januar."
FULL = "nimmt zurzeit keine neuen Anfragen an"
GONE = "Dieses Angebot besteht nicht mehr"
NO_OFFICE = "Diese Stelle gibt es nicht mehr"
NOT_YOURS = "inzwischen ist jemand anderes zuständig"


@pytest.fixture
def advisor(as_member: Any, town: Town) -> PortalClient:
    return as_member(town.advisor)


def closes(town: Town, how: str) -> str:
    """End the Kita's offer in one of the ways there are; the words that say so."""
    db.session.rollback()
    unit = town.service.unit
    if how == "full":
        town.service.closed_until = NOW.date() + timedelta(days=1)
    elif how == "offer":
        town.service.active = False
    elif how == "unit":
        unit.active = False
    else:
        unit.organisation.active = False
    db.session.commit()
    return FULL if how == "full" else GONE


WAYS = pytest.mark.parametrize("how", ["full", "offer", "unit", "organisation"])


def count(*models: Any) -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def fresh(referral: Referral) -> Referral:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Referral, referral.id)


def drafted(town: Town) -> Referral:
    draft = town.factory.draft(town.advisor, town.client, town.service)
    db.session.commit()
    return draft


def sent(town: Town, *moves: str) -> Referral:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    for action in moves:
        town.factory.move(town.partner, referral.id, action)
    db.session.commit()
    return referral


# --- the offer closes ---------------------------------------------------------------------


@WAYS
def test_an_offer_closes_while_its_form_is_open(
    advisor: PortalClient, town: Town, how: str
) -> None:
    said = closes(town, how)
    for pressed in ("send", "draft"):
        form = {**filled(town.service), "do": pressed}
        answer = advisor.post(share_url(town, town.service), data=form)
        assert answer.status_code == 422
        assert said in answer.text
        assert TYPED in answer.text
        assert "Andere Stelle auswählen" in answer.text
        assert "Nur an die anderen senden" not in answer.text
    assert count(Referral, Consent, Package) == [0, 0, 0]


def test_nobody_begins_with_a_closed_offer(advisor: PortalClient, town: Town) -> None:
    said = closes(town, "offer")
    answer = advisor.get(share_url(town, town.service))
    assert answer.status_code == 303
    assert said in advisor.get(answer.location).text


def test_of_two_one_closes_and_the_other_is_sent_without_typing_again(
    advisor: PortalClient, town: Town
) -> None:
    both = {**filled(town.service), **filled(town.other_service, concern="Für die Anmeldung.")}
    said = closes(town, "unit")
    refused = advisor.post(share_url(town, town.service, town.other_service), data=both)
    assert refused.status_code == 422
    assert said in refused.text
    assert TYPED in refused.text
    assert "Für die Anmeldung." in refused.text
    assert count(Referral, Consent) == [0, 0]
    address = refused.text.split('formaction="')[1].split('"')[0].replace("&amp;", "&")
    assert address == share_url(town, town.other_service)
    assert advisor.post(address, data=both).status_code == 303
    db.session.rollback()
    (referral,) = db.session.scalars(select(Referral))
    assert (referral.status, referral.service_id) == ("sent", town.other_service.id)


def test_a_closed_offer_and_a_wrong_field_are_told_together(
    advisor: PortalClient, town: Town
) -> None:
    said = closes(town, "full")
    wrong = filled(town.service, urgency="sofort!", concern="", **{"c-valid_until": "morgen"})
    page = advisor.post(share_url(town, town.service), data=wrong).text
    prefix = f"s{town.service.id.hex[:8]}-"
    assert said in page
    for field in ("urgency", "concern", "c-valid_until"):
        assert f'id="{prefix}{field}-error"' in page


@pytest.mark.parametrize("how", ["full", "unit"])
def test_a_draft_is_not_sent_to_a_closed_offer(advisor: PortalClient, town: Town, how: str) -> None:
    draft = drafted(town)
    address = f"/referrals/{draft.id}/draft"
    said = closes(town, how)
    assert said in advisor.get(address).text
    answer = advisor.post(address, data=filled(town.service))
    assert answer.status_code == 422
    assert said in answer.text
    assert TYPED in answer.text
    assert "Andere Stelle auswählen" in answer.text
    assert fresh(draft).status == "draft"
    assert count(Consent, Package) == [0, 0]
    # What was typed can still be kept, and the draft be thrown away.
    kept = {**filled(town.service), "do": "draft"}
    assert advisor.post(address, data=kept).status_code == 303
    assert fresh(draft).request["form"]["concern"] == TYPED
    assert advisor.post(f"/referrals/{draft.id}/discard").status_code == 303


def test_a_closed_offer_is_not_asked_again(advisor: PortalClient, town: Town) -> None:
    declined = sent(town, "decline")
    said = closes(town, "organisation")
    answer = advisor.post(f"/referrals/{declined.id}/again")
    assert answer.status_code == 303
    page = advisor.get(answer.location).text
    assert said in page
    assert "An eine andere Stelle vermitteln" in page
    assert count(Referral) == [1]


def test_the_successor_is_not_sent_when_the_offer_closes_before(
    advisor: PortalClient, town: Town
) -> None:
    declined = sent(town, "decline")
    successor = advisor.post(f"/referrals/{declined.id}/again").location
    said = closes(town, "unit")
    answer = advisor.post(successor, data=filled(town.service))
    assert answer.status_code == 422
    assert said in answer.text
    assert TYPED in answer.text
    # Beginning anew from the old one, elsewhere, is one click away.
    elsewhere = f"{share_url(town, town.other_service)}&follows={declined.id}"
    assert advisor.post(elsewhere, data=filled(town.other_service)).status_code == 303


# --- the office is gone -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "moves"),
    [("unit", ()), ("organisation", ("ask",)), ("unit", ("accept", "start")),
     ("organisation", ("waitlist",))],
)  # fmt: skip
def test_what_was_sent_to_an_office_that_is_gone_is_seen_and_withdrawn(
    as_member: Any, advisor: PortalClient, town: Town, how: str, moves: tuple[str, ...]
) -> None:
    referral = sent(town, *moves)
    town.partner.ended_on = town.factory.now.date()
    town.partner.person.active = False
    db.session.commit()
    assert NO_OFFICE not in advisor.get(f"/referrals/{referral.id}").text
    closes(town, how)
    page = advisor.get(f"/referrals/{referral.id}").text
    assert NO_OFFICE in page
    assert "vermitteln Sie an eine andere Stelle" in page
    assert "Stelle gibt es nicht mehr" in advisor.get("/referrals?filter=all").text
    form = {"code": "wrong_partner", "seen": str(referral.version)}
    assert advisor.post(f"/referrals/{referral.id}/withdraw", data=form).status_code == 303
    assert (fresh(referral).status, referral.code) == ("cancelled", "wrong_partner")
    assert NO_OFFICE not in advisor.get(f"/referrals/{referral.id}").text
    assert as_member(town.partner).get(f"/referrals/{referral.id}").status_code != 200


def test_a_consent_is_revoked_for_an_office_that_is_gone(advisor: PortalClient, town: Town) -> None:
    referral = sent(town, "accept")
    town.partner.person.active = False
    db.session.commit()
    closes(town, "organisation")
    assert advisor.post(f"/consents/{referral.consent_id}/revoke").status_code == 303
    assert (fresh(referral).status, referral.code) == ("cancelled", "consent_withdrawn")
    # The message has somewhere to go, or quietly nowhere: it does not stop the others.
    for message in db.session.scalars(select(OutboxMessage)):
        assert render(message).subject


def test_the_counselling_ends_with_an_office_that_is_gone(
    advisor: PortalClient, as_member: Any, town: Town
) -> None:
    closed, void = sent(town, "accept"), sent(town)
    closes(town, "organisation")
    reason = {"reason": "falsche Stelle"}
    answer = as_member(town.lead).post(f"/referrals/{void.id}/void", data=reason)
    assert answer.status_code == 303
    assert advisor.post(f"/clients/{town.client.id}/close").status_code == 303
    assert (fresh(closed).code, fresh(void).status) == ("case_closed", "entered_in_error")


def test_an_answer_that_came_before_the_end_can_be_written_down(
    advisor: PortalClient, town: Town
) -> None:
    referral = sent(town)
    closes(town, "unit")
    told = {"record": "1", "source": "letter", "code": "no_capacity"}
    assert advisor.post(f"/referrals/{referral.id}/decline", data=told).status_code == 303
    assert fresh(referral).status == "declined"


def test_the_form_of_an_office_that_is_gone_is_nobodys(
    as_member: Any, advisor: PortalClient, town: Town
) -> None:
    referral = sent(town)
    partner = as_member(town.partner)
    assert partner.get(f"/referrals/{referral.id}/decline").status_code == 200
    closes(town, "unit")
    form = {"code": "other", "explanation": "voll", "seen": str(referral.version)}
    answer = partner.post(f"/referrals/{referral.id}/decline", data=form)
    assert answer.status_code == 403
    assert "Ihr Konto gehört zurzeit zu keiner Stelle." in answer.text
    assert fresh(referral).status == "sent"


# --- the client gets another advisor ------------------------------------------------------

Press = Callable[[PortalClient, Town, Referral, Referral], TestResponse]


def edit(browser: PortalClient, town: Town, *_: Referral) -> TestResponse:
    db.session.rollback()
    changed = {**town.client.profile, "phone": "0000 999", "seen": str(town.client.version)}
    return browser.post(f"/clients/{town.client.id}/edit", data=changed)


def share(browser: PortalClient, town: Town, *_: Referral) -> TestResponse:
    return browser.post(share_url(town, town.service), data=filled(town.service))


def send_draft(browser: PortalClient, town: Town, draft: Referral, _: Referral) -> TestResponse:
    return browser.post(f"/referrals/{draft.id}/draft", data=filled(town.service))


def answer_question(browser: PortalClient, _: Town, __: Referral, asked: Referral) -> TestResponse:
    form = {"answer": "Drei Jahre.", "seen": str(asked.version)}
    return browser.post(f"/referrals/{asked.id}/answer", data=form)


def withdraw(browser: PortalClient, _: Town, __: Referral, asked: Referral) -> TestResponse:
    return browser.post(f"/referrals/{asked.id}/withdraw", data={"code": "duplicate"})


def revoke(browser: PortalClient, _: Town, __: Referral, asked: Referral) -> TestResponse:
    return browser.post(f"/consents/{asked.consent_id}/revoke")


def close(browser: PortalClient, town: Town, *_: Referral) -> TestResponse:
    return browser.post(f"/clients/{town.client.id}/close")


PRESSES = pytest.mark.parametrize(
    "press", [edit, share, send_draft, answer_question, withdraw, revoke, close],
    ids=lambda press: press.__name__,
)  # fmt: skip


def state_of(*referrals: Referral) -> list[Any]:
    db.session.rollback()
    db.session.expire_all()
    rows = [db.session.get_one(Referral, referral.id) for referral in referrals]
    profile = db.session.get_one(Client, rows[0].client_id).profile
    kept = [profile, *((row.status, row.version, row.request) for row in rows)]
    return [*kept, *count(Referral, Consent, Package, Event)]


@PRESSES
def test_the_former_advisor_is_told_and_writes_nothing(
    as_member: Any, advisor: PortalClient, town: Town, press: Press
) -> None:
    draft, asked = drafted(town), sent(town, "ask")
    assert advisor.get(f"/referrals/{asked.id}/answer").status_code == 200
    to = {"advisor_id": str(town.colleague.id)}
    lead = as_member(town.lead)
    assert lead.post(f"/clients/{town.client.id}/assign", data=to).status_code == 303
    before = state_of(draft, asked)
    for headers in ({}, {"HTTP_HX_REQUEST": "true"}):
        advisor.environ_base |= headers
        answer = press(advisor, town, draft, asked)
        assert answer.status_code == 404
        assert NOT_YOURS in answer.text
        assert not any(name in answer.text for name in ("Oksana", "Pryklad", "Jonas Demobach"))
        assert state_of(draft, asked) == before
    db.session.rollback()
    # Neither is it noted as something that happened to her.
    entries = select(AuditEntry.kind).where(AuditEntry.membership_id == town.advisor.id)
    assert "client.changed" not in set(db.session.scalars(entries))


@PRESSES
def test_the_new_advisor_goes_on_where_the_other_was(
    as_member: Any, town: Town, press: Press
) -> None:
    draft, asked = drafted(town), sent(town, "ask")
    to = {"advisor_id": str(town.colleague.id)}
    as_member(town.lead).post(f"/clients/{town.client.id}/assign", data=to)
    assert press(as_member(town.colleague), town, draft, asked).status_code == 303


def test_whoever_keeps_the_case_as_a_deputy_loses_nothing(as_member: Any, town: Town) -> None:
    """The page may still be shown, so the form goes through as if nothing had happened."""
    draft, asked = drafted(town), sent(town, "ask")
    as_member(town.lead).post(
        f"/clients/{town.client.id}/assign", data={"advisor_id": str(town.colleague.id)}
    )
    form = {"advisor_id": str(town.colleague.id), "deputy_id": str(town.advisor.id),
            "starts_on": "2026-11-23", "ends_on": "2026-11-27"}  # fmt: skip
    assert as_member(town.colleague).post("/deputies", data=form).status_code == 303
    advisor = as_member(town.advisor)
    assert answer_question(advisor, town, draft, asked).status_code == 303
    refused = advisor.post(
        f"/referrals/{draft.id}/draft", data=filled(town.service, wanted_by="31.02.2027")
    )
    assert refused.status_code == 422
    assert TYPED in refused.text
