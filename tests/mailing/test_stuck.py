"""What did not leave is seen, and can be sent again, by the administration alone."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from portal import outbox
from portal.accounts.models import Membership
from portal.audit import AuditEntry
from portal.extensions import db
from portal.mailing.letters import Letter
from portal.mailing.sending import LONGEST_PAUSE, Refused, deliver_due
from portal.outbox import ATTEMPTS, InboxItem, Mail
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from tests.mailing.counting import statements


class Postbox:
    def __init__(self, breaks: Exception | None = None) -> None:
        self.breaks, self.letters = breaks, list[Letter]()

    def send(self, letter: Letter) -> None:
        if self.breaks:
            raise self.breaks
        self.letters.append(letter)


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


@pytest.fixture
def admin(town: Town) -> Membership:
    found = town.factory.member("Ada Verwaltung", town.advisor.unit, "admin")
    found.person.mail_wish = "never"
    db.session.commit()
    return found


@pytest.fixture
def client(app: Flask, admin: Membership) -> PortalClient:
    found: PortalClient = app.test_client()  # type: ignore[assignment]
    return found.sign_in(admin)


def tell(town: Town, count: int = 1) -> None:
    for number in range(count):
        outbox.enqueue(town.factory.actor(town.advisor), "referral.sent",
                       unit_id=town.partner.unit_id, reference=f"VM-2026-{number:06}")  # fmt: skip
    db.session.commit()


def give_up(town: Town, count: int = 1) -> None:
    """Letters that used up their attempts."""
    tell(town, count)
    moment = NOW
    for _ in range(ATTEMPTS):
        deliver_due(Postbox(RuntimeError()), moment)
        moment += LONGEST_PAUSE
    db.session.rollback()


def test_a_dead_letter_is_seen_and_sent_again(
    app: Flask, town: Town, client: PortalClient, admin: Membership
) -> None:
    assert "Nichts ist liegen geblieben" in client.get("/admin/mail").text
    give_up(town, 2)
    page = client.get("/admin/mail").text
    assert page.count("RuntimeError") == 2
    assert "kita@portal.example" in page
    actions = re.findall(r'action="(/admin/mail/[0-9a-f-]{36}/repeat)"', page)
    assert len(actions) == 2
    assert client.post(actions[0]).status_code == 303
    box = Postbox()
    assert deliver_due(box, NOW) == (1, 0)
    assert client.post(actions[0]).status_code == 404  # it has left
    assert client.post("/admin/mail/repeat").status_code == 303
    assert deliver_due(box, NOW) == (1, 0)
    assert len({letter.subject for letter in box.letters}) == 2
    kinds = db.session.scalars(select(AuditEntry.kind).order_by(AuditEntry.id)).all()
    assert kinds.count("mail.repeated") == 2
    assert client.post("/admin/mail/repeat").status_code == 303  # there is none left


def test_what_still_has_attempts_is_not_listed(town: Town, client: PortalClient) -> None:
    tell(town)
    deliver_due(Postbox(RuntimeError()), NOW)
    assert "RuntimeError" not in client.get("/admin/mail").text
    db.session.rollback()
    mail = db.session.scalars(select(Mail)).one()
    assert client.post(f"/admin/mail/{mail.id}/repeat").status_code == 404


def refuse(town: Town) -> None:
    """The office has nobody but its mailbox, and that takes nothing."""
    town.partner.ended_on = NOW.date()
    tell(town)
    assert deliver_due(Postbox(Refused(550)), NOW) == (0, 1)
    db.session.rollback()


def test_a_suspect_address_is_told_of(town: Town, client: PortalClient, admin: Membership) -> None:
    assert "Jede Adresse nimmt E-Mails an" in client.get("/admin/mail").text
    refuse(town)
    page = client.get("/admin/mail").text
    assert "kita@portal.example" in page
    assert "1 E-Mail wartet" in page
    assert "nimmt nichts mehr an" in client.get(f"/admin/units/{town.partner.unit_id}").text
    told = db.session.scalars(select(InboxItem).where(InboxItem.person_id == admin.person_id))
    assert [item.message.topic for item in told] == ["address.suspect"]
    assert "Eine E-Mail-Adresse nimmt nichts mehr an" in client.get("/inbox").text


def test_a_corrected_address_gets_what_waited(town: Town, client: PortalClient) -> None:
    refuse(town)
    form = {"name": "Kita", "email": "neu@portal.example", "active": "y"}
    assert client.post(f"/admin/units/{town.partner.unit_id}", data=form).status_code == 303
    assert "Jede Adresse nimmt E-Mails an" in client.get("/admin/mail").text
    box = Postbox()
    assert deliver_due(box, NOW) == (1, 0)
    assert box.letters[0].to == ("neu@portal.example",)


def test_another_name_does_not_make_the_address_good(town: Town, client: PortalClient) -> None:
    refuse(town)
    form = {"name": "Kita", "email": "kita@portal.example", "active": "y"}
    assert client.post(f"/admin/units/{town.partner.unit_id}", data=form).status_code == 303
    assert deliver_due(Postbox(), NOW) == (0, 0)


def test_an_address_that_was_right_all_along(town: Town, client: PortalClient) -> None:
    refuse(town)
    path = f"/admin/mail/addresses/{town.partner.unit_id}/trust"
    assert client.post(path).status_code == 303
    assert client.post(path).status_code == 404
    box = Postbox()
    assert deliver_due(box, NOW) == (1, 0)
    assert box.letters[0].to == ("kita@portal.example",)


def test_a_person_s_address_too(town: Town, client: PortalClient) -> None:
    town.advisor.person.suspect_since = NOW
    db.session.commit()
    page = client.get("/admin/mail").text
    assert town.advisor.person.email in page
    assert "0 E-Mails warten" in page
    path = f"/admin/people/{town.advisor.person_id}"
    assert "nimmt nichts mehr an" in client.get(path).text
    form = {"name": town.advisor.person.name, "email": "neu@portal.example"}
    assert client.post(path, data=form).status_code == 303
    db.session.rollback()
    assert town.advisor.person.suspect_since is None


def test_many_suspects_cost_no_more_queries(town: Town, client: PortalClient) -> None:
    few = statements(client, "/admin/mail")
    for number in range(12):
        member = town.factory.member(f"Probe Nummer {number}", town.partner.unit, "partner")
        member.person.suspect_since = NOW
    give_up(town, 5)
    assert statements(client, "/admin/mail") == few
