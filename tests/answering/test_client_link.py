"""A client's own link: nothing before the PIN, the own affairs after it, and stopping a consent."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actor import Actor, ActorKind
from portal.answering import client_links, standing
from portal.answering.client_links import Given
from portal.answering.visits import opened
from portal.audit import AuditEntry
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.consents import texts
from portal.consents.models import Consent
from portal.database import begin_writing
from portal.documents.pdf import pdf
from portal.documents.sheet import Code, Sheet, Words
from portal.extensions import db
from portal.grants import Grant
from portal.lifecycle import Status
from portal.links import tokens
from portal.links.models import LinkCode
from portal.links.tokens import Purpose
from portal.outbox import OutboxMessage
from portal.privacy import commands as privacy
from portal.privacy.dossier import dossier
from portal.privacy.erasure import erase
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands, endings, policy
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.documents import reading
from tests.mailing.counting import statements
from tests.threads import at_once

EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def give(town: Town, client: Client | None = None) -> Given:
    given = client_links.give(town.factory.actor(town.advisor), (client or town.client).id)
    db.session.commit()
    return given


def path_of(given: Given) -> str:
    return given.address.removeprefix("http://localhost")


@pytest.fixture
def given(town: Town, referral: Referral) -> Given:
    return give(town)


@pytest.fixture
def path(given: Given) -> str:
    return path_of(given)


def enter(browser: PortalClient, path: str, pin: str) -> Any:
    return browser.submit(f"{path}/pin", {"pin": pin}, form=path)


@pytest.fixture
def inside(browser: PortalClient, given: Given, path: str) -> PortalClient:
    """A device that has entered the PIN."""
    assert enter(browser, path, given.pin).status_code == 303
    return browser


def themselves(town: Town, *, proven: bool = True) -> Actor:
    return Actor(kind=ActorKind.CLIENT, now=NOW, client_id=town.client.id, proven=proven)


def messages(topic: str) -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == topic)))


# --- the PIN ---------------------------------------------------------------------------------


def test_before_the_pin_there_is_nothing(
    town: Town, browser: PortalClient, path: str, referral: Referral
) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200
    assert "Будь ласка, введіть свій PIN-код." in answer.text
    for secret in (town.client.profile["given_name"], town.client.profile["family_name"],
                   town.service.name, referral.receiver.full_name, referral.reference,
                   referral.sender.full_name, town.advisor.person.name):  # fmt: skip
        assert secret not in answer.text
    stop = f"{path}/consents/{referral.consent_id}/stop"
    assert browser.get(stop).status_code == 303
    assert browser.submit(stop, form=path).location == path
    assert db.session.get_one(Consent, referral.consent_id).revoked_at is None


def test_the_right_pin_opens_for_half_an_hour(
    app: Flask, browser: PortalClient, path: str, given: Given
) -> None:
    assert enter(browser, path, given.pin).location == path
    assert "Ваші найближчі зустрічі" in browser.get(path).text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(minutes=29)
    assert "Ваші найближчі зустрічі" in browser.get(path).text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(minutes=31)
    assert "Ваші найближчі зустрічі" not in browser.get(path).text


def test_a_pin_may_be_typed_as_an_arabic_keyboard_writes_it(
    browser: PortalClient, path: str, given: Given
) -> None:
    assert enter(browser, path, given.pin.translate(EASTERN)).status_code == 303


def test_a_wrong_pin_is_said_so_at_the_field_and_none_is_not_counted(
    browser: PortalClient, path: str, given: Given
) -> None:
    answer = enter(browser, path, "00")
    assert answer.status_code == 422
    assert "PIN-код неправильний." in answer.text
    assert 'value="00"' in answer.text
    assert enter(browser, path, " ").status_code == 422
    assert db.session.scalars(select(LinkCode)).one().failures == 1
    assert enter(browser, path, given.pin).status_code == 303


def test_ten_wrong_ones_lock_it_and_the_advisor_is_told(
    app: Flask, town: Town, browser: PortalClient, path: str, given: Given
) -> None:
    for _ in range(9):
        assert "PIN-код неправильний." in enter(browser, path, "00").text
    assert messages("link.client_locked") == []
    assert "Посилання заблоковано" in enter(browser, path, "00").text
    assert "Посилання заблоковано" in enter(browser, path, given.pin).text
    (message,) = messages("link.client_locked")
    assert message.person_id == town.advisor.person_id
    assert message.path == f"/clients/{town.client.id}/link"
    advisor: Any = app.test_client()
    assert "Gesperrt bis" in advisor.sign_in(town.advisor).get(message.path).text
    app.extensions["portal_clock"] = lambda: NOW + timedelta(hours=25)
    assert enter(browser, path, given.pin).status_code == 303


def test_whoever_passes_the_telephone_on_closes_the_page_before(
    inside: PortalClient, path: str
) -> None:
    answer = inside.submit(f"{path}/leave", form=path)
    assert answer.location == f"{path}?said=left"
    page = inside.get(answer.location).text
    assert "Сторінку закрито." in page
    assert "Ваші найближчі зустрічі" not in page


# --- the link --------------------------------------------------------------------------------


def test_an_altered_link_is_none(browser: PortalClient, path: str) -> None:
    assert browser.get(path[:-2] + "xx").status_code == 404
    assert browser.get("/my/nothing").status_code == 404


def test_an_old_link_is_dead(app: Flask, inside: PortalClient, path: str) -> None:
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=182)
    answer = inside.get(path)
    assert answer.status_code == 410
    assert "Це посилання більше не діє" in answer.text
    assert inside.get(f"{path}?said=stopped").status_code == 410


def test_a_new_pin_ends_the_link_before_also_where_it_was_open(
    town: Town, inside: PortalClient, path: str
) -> None:
    new = give(town)
    assert inside.get(path).status_code == 410
    assert "Будь ласка, введіть" in inside.get(path_of(new)).text


def test_the_advisor_gives_it_once_and_takes_it_back(
    app: Flask, town: Town, browser: PortalClient, referral: Referral
) -> None:
    advisor: Any = app.test_client()
    advisor.sign_in(town.advisor)
    page = f"/clients/{town.client.id}/link"
    assert f'href="{page}"' in advisor.get(f"/clients/{town.client.id}").text
    assert "zurzeit keinen Link" in advisor.get(page).text
    assert db.session.scalars(select(LinkCode)).all() == []
    answer = advisor.submit(page)
    assert answer.status_code == 200
    pin = re.search(r'id="pin">(\d{3} \d{3})<', answer.text)
    address = re.search(r'id="address">http://localhost(/my/[\w.-]+)<', answer.text)
    assert pin
    assert address
    for sentence in ("Ihr eigener Link", "Ваше власне посилання", "getrennt vom Link"):
        assert sentence in answer.text
    later = advisor.get(page).text
    assert pin[1] not in later
    assert "/my/" not in later
    assert "einen Link seit Mo. 23.11.2026. Er gilt bis Mo. 24.05.2027" in later
    assert enter(browser, address[1], pin[1]).status_code == 303
    assert advisor.submit(f"{page}/end", form=page).location == page
    assert browser.get(address[1]).status_code == 410
    db.session.rollback()
    kinds = set(db.session.scalars(select(AuditEntry.kind)))
    assert {"link.pin_given", "link.ended"} <= kinds


def test_the_picture_on_the_sheet_is_the_link(town: Town) -> None:
    given = give(town)
    printed = pdf(Sheet(title=Words("Link"), blocks=(Code(given.address),)))
    assert reading.qr_codes(printed) == [given.address]
    assert given.qr == Code(given.address).svg


@pytest.mark.parametrize("who", ["colleague", "partner"])
def test_nobody_else_gives_one(app: Flask, town: Town, given: Given, who: str) -> None:
    stranger: Any = app.test_client()
    stranger.sign_in(getattr(town, who))
    expected = 404 if who == "colleague" else 403
    page = f"/clients/{town.client.id}/link"
    assert stranger.get(page).status_code == expected
    with pytest.raises(NotFound if who == "colleague" else Forbidden):
        client_links.give(town.factory.actor(getattr(town, who)), town.client.id)
    with pytest.raises(NotFound if who == "colleague" else Forbidden):
        client_links.end(town.factory.actor(getattr(town, who)), town.client.id)


def test_after_the_counselling_there_is_no_link(
    app: Flask, town: Town, inside: PortalClient, path: str
) -> None:
    endings.close_client(town.factory.actor(town.advisor), town.client.id)
    db.session.commit()
    assert inside.get(path).status_code == 404
    with pytest.raises(Conflict):
        give(town)
    advisor: Any = app.test_client()
    page = advisor.sign_in(town.advisor).get(f"/clients/{town.client.id}/link").text
    assert "Die Beratung ist beendet." in page
    assert "machen" not in page


def test_erasing_takes_the_pin_along(town: Town, inside: PortalClient, path: str) -> None:
    actor = town.factory.actor(town.advisor)
    assert dossier(actor, town.client)["counselling"]["own_link_since"] is not None
    inside.get(path)
    db.session.rollback()
    log = dossier(actor, db.session.get_one(Client, town.client.id))["access_log"]
    assert "Sie selbst (per Link)" in {entry["who"] for entry in log}
    client = endings.close_client(actor, town.client.id)
    erase(actor, client, "duty")
    db.session.commit()
    assert db.session.scalars(select(LinkCode)).all() == []
    assert inside.get(path).status_code == 404


# --- what the page shows ---------------------------------------------------------------------


def test_it_shows_where_everything_stands_and_nothing_besides(
    town: Town, inside: PortalClient, path: str, referral: Referral
) -> None:
    f = town.factory
    told = {"appointment_at": NOW + timedelta(days=3), "place": "Rathaus, Zimmer 4",
            "note": "Bitte nur vormittags anrufen."}  # fmt: skip
    f.move(town.partner, referral.id, "accept_with_appointment", told)
    draft = f.draft(town.advisor, town.client, town.other_service)
    other = f.client(town.advisor, given_name="Amina", family_name="Fremdling")
    foreign = f.sent(town.advisor, other, town.other_service)
    db.session.commit()
    page = inside.get(path).text
    for shown in (
        referral.receiver.full_name, referral.reference, town.service.public_name,
        "Die Stelle hat zugesagt. Ein Termin ist vereinbart.", "Установа погодилася.",
        "26.11.2026", "09:30", "Rathaus, Zimmer 4", "24.05.2027", "Name und Geburtsdatum",
        "Зупинити", "0000 1000",
    ):  # fmt: skip
        assert shown in page
    for hidden in (
        "nur vormittags", "Ein Beispiel, kurz und ohne Namen.", draft.reference,
        town.other_service.unit.full_name, "Amina", "Fremdling", foreign.reference,
        town.partner.person.name, town.client.name, "0000 123456",
    ):  # fmt: skip
        assert hidden not in page
    assert "<title>Hand in Hand</title>" in page
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.actor_kind == "client").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert (entry.kind, entry.purpose, entry.client_id) == ("client.read", "link", town.client.id)


@pytest.mark.parametrize(
    ("spoken", "language", "direction"),
    [("ar", "ar", "rtl"), ("prs", "fa", "rtl"), ("ti", "ti", "ltr"), ("de", "", "ltr")],
)
def test_it_is_in_the_clients_language(
    app: Flask, town: Town, spoken: str, language: str, direction: str
) -> None:
    client = town.factory.client(town.advisor, contact_language=spoken, given_name="Nour")
    town.factory.sent(town.advisor, client, town.service)
    given = give(town, client)
    browser: Any = app.test_client()
    path = path_of(given)
    spoken_in = f'lang="{language or "de"}"'
    for page in (browser.get(path).text,
                 enter(browser, path, given.pin) and browser.get(path).text):  # fmt: skip
        found = re.findall(r'<\w+[^>]*lang="\w+"[^>]*dir="\w+"', page)
        assert any(spoken_in in tag and f'dir="{direction}"' in tag for tag in found)
        assert all('dir="ltr"' in tag for tag in found if 'lang="de"' in tag)
        assert f'class="sheet sheet--{direction}"' in page


def test_every_status_has_its_words() -> None:
    """What was never sent is not shown, so a draft has none."""
    said = {key for key in texts.sentences("de") if key.startswith("link.status.")}
    assert said == {f"link.status.{status}" for status in Status if status is not Status.DRAFT}


def test_reading_and_stopping_while_the_record_is_restricted(
    town: Town, inside: PortalClient, path: str, referral: Referral
) -> None:
    actor = town.factory.actor(town.advisor)
    privacy.restrict_client(actor, town.client.id)
    db.session.commit()
    assert "Die Nutzung ist eingeschränkt." in inside.get(path).text
    with pytest.raises(Conflict):
        give(town)
    stop = f"{path}/consents/{referral.consent_id}/stop"
    assert inside.submit(stop).location == f"{path}?said=stopped"


def test_more_to_show_costs_no_more_queries(town: Town, inside: PortalClient, path: str) -> None:
    before = statements(inside, path)
    for _ in range(3):
        more = town.factory.sent(town.advisor, town.client, town.other_service)
        town.factory.move(town.stranger, more.id, "accept_with_appointment")
    db.session.commit()
    assert statements(inside, path) <= before + 2  # the other office, and its organisation


# --- stopping --------------------------------------------------------------------------------


def test_a_client_stops_a_consent(
    app: Flask, town: Town, inside: PortalClient, path: str, referral: Referral
) -> None:
    town.factory.move(town.partner, referral.id, "accept_with_appointment",
                      {"appointment_at": NOW + timedelta(hours=4)})  # fmt: skip
    db.session.commit()
    stop = f"{path}/consents/{referral.consent_id}/stop"
    asked = inside.get(stop)
    assert referral.receiver.full_name in asked.text
    assert db.session.get_one(Consent, referral.consent_id).revoked_at is None
    assert inside.submit(stop).location == f"{path}?said=stopped"
    db.session.rollback()
    db.session.refresh(referral)
    assert referral.status == "cancelled"
    assert referral.consent is not None
    assert (referral.consent.revoked_at, referral.consent.revoked_via) == (NOW, "link")
    seen = policy.get_visible(town.factory.actor(town.partner), referral.id)
    assert policy.grant(town.factory.actor(town.partner), seen) is Grant.ENDED
    (told,) = messages("consent.revoked")
    assert (told.person_id, told.path) == (town.advisor.person_id, f"/clients/{town.client.id}")
    (ended,) = messages("referral.ended")
    assert (ended.unit_id, ended.urgent) == (town.partner.unit_id, True)
    page = inside.get(f"{path}?said=stopped").text
    assert "Зупинено." in page
    assert "Наразі жодна згода не діє." in page
    partner: Any = app.test_client()
    assert "Link" not in partner.sign_in(town.partner).get(f"/referrals/{referral.id}").text
    advisor: Any = app.test_client()
    shown = advisor.sign_in(town.advisor).get(f"/consents/{referral.consent_id}").text
    assert "von der Person selbst per Link" in shown


def test_the_second_device_is_told(inside: PortalClient, path: str, referral: Referral) -> None:
    stop = f"{path}/consents/{referral.consent_id}/stop"
    token = inside.token(stop)
    assert inside.post(stop, data={"csrf_token": token}).status_code == 303
    late = inside.post(stop, data={"csrf_token": token})
    assert late.status_code == 409
    assert "Це вже зупинено." in late.text
    assert inside.get(stop).status_code == 409
    assert len(messages("consent.revoked")) == 1


def test_two_devices_at_once_stop_it_once(app: Flask, town: Town, referral: Referral) -> None:
    consent_id, actor = referral.consent_id, themselves(town)
    assert consent_id is not None

    def stop() -> None:
        begin_writing()  # as every POST does
        standing.stop(actor, consent_id)
        db.session.commit()

    found = at_once(app, stop, stop)
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "NoneType"]
    assert len(messages("consent.revoked")) == 1


def test_somebody_elses_consent_is_not_there(town: Town, inside: PortalClient, path: str) -> None:
    other = town.factory.client(town.advisor, given_name="Amina")
    consent = town.factory.consent(town.advisor, other, town.service.unit)
    db.session.commit()
    stop = f"{path}/consents/{consent.id}/stop"
    assert inside.get(stop).status_code == 404
    assert inside.submit(stop, form=path).status_code == 404
    assert db.session.get_one(Consent, consent.id).revoked_at is None


# --- what the actor may ----------------------------------------------------------------------


def test_a_client_sees_the_own_row_and_may_nothing_else(town: Town, referral: Referral) -> None:
    draft = town.factory.draft(town.advisor, town.client, town.other_service)
    other = town.factory.client(town.advisor, given_name="Amina")
    foreign = town.factory.sent(town.advisor, other, town.other_service)
    db.session.commit()
    actor = themselves(town)
    assert list(db.session.scalars(clients.visible(actor))) == [town.client]
    assert [each.client_id for each in db.session.scalars(consents.visible(actor))] == [
        town.client.id
    ]
    seen = db.session.scalars(policy.visible(actor)).all()
    assert [(each.id, each.seen_as) for each in seen] == [(referral.id, "client")]
    assert policy.possible_actions(actor, seen[0]) == []
    assert policy.recordable_actions(actor, seen[0]) == []
    for hidden in (draft, foreign):
        with pytest.raises(NotFound):
            policy.get_visible(actor, hidden.id)
    with pytest.raises(Forbidden):
        commands.perform(actor, referral.id, "withdraw", {"code": "other"})
    with pytest.raises(Forbidden):
        privacy.restrict_client(actor, town.client.id)
    with pytest.raises(Forbidden):
        endings.close_client(actor, town.client.id)
    with pytest.raises(Forbidden):
        commands.create_referral(actor, town.client.id, town.service.id, goal_area="other", form={})


def test_without_the_pin_not_even_oneself(town: Town, referral: Referral) -> None:
    actor = themselves(town, proven=False)
    for statement in (clients.visible(actor), consents.visible(actor), policy.visible(actor)):
        assert db.session.scalars(statement).all() == []
    assert referral.consent_id is not None
    with pytest.raises(NotFound):
        endings.revoke_consent(actor, referral.consent_id, "link")


def test_nobody_revokes_as_if_it_were_the_client(town: Town, referral: Referral) -> None:
    assert referral.consent_id is not None
    with pytest.raises(Invalid):
        endings.revoke_consent(town.factory.actor(town.advisor), referral.consent_id, "link")
    with pytest.raises(Invalid):
        endings.revoke_consent(themselves(town), referral.consent_id, "letter")


def test_a_link_for_something_else_opens_no_page_of_a_client(
    town: Town, browser: PortalClient, referral: Referral
) -> None:
    answering = tokens.make(Purpose.ANSWER, town.partner.unit, referral.id, NOW)
    assert browser.get(f"/my/{answering}").status_code == 404
    given = give(town)
    token = given.address.rpartition("/")[2]
    assert browser.get(f"/answer/{token}").status_code == 404
    with pytest.raises(NotFound):
        opened(token, Purpose.ANSWER, now=NOW, devices={})
