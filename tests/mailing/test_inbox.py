"""The inbox in the portal: everybody's own, with read marks and a count in the header."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import outbox
from portal.accounts.models import Membership
from portal.audit import AuditEntry
from portal.extensions import db
from portal.outbox import InboxItem
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from portal.web.paging import PAGE
from tests.mailing.counting import statements

EMPTY = "Noch hat Ihnen niemand etwas mitzuteilen"


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def browser(app: Flask, member: Membership) -> PortalClient:
    found: PortalClient = app.test_client()  # type: ignore[assignment]
    return found.sign_in(member)


def tell(town: Town, count: int = 1, topic: str = "referral.sent", **to: Any) -> None:
    actor = town.factory.actor(town.advisor)
    to = to or {"unit_id": town.partner.unit_id}
    for number in range(count):
        outbox.enqueue(actor, topic, reference=f"VM-2026-{number:06}", **to)
    db.session.commit()


def unread(page: str) -> str:
    """The count in the header; "" if there is none."""
    link = re.search(r'<a class="kern-link inbox-link".*?</a>', page, re.DOTALL)
    assert link, "no link to the inbox"
    found = re.search(r"kern-label--small\">(\d+\+?)<", link[0])
    return found[1] if found else ""


def test_what_is_told_is_found_read_and_gone_to(app: Flask, town: Town) -> None:
    partner = browser(app, town.partner)
    assert EMPTY in partner.get("/inbox").text
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    assert unread(partner.get("/").text) == "1"
    page = partner.get("/inbox").text
    assert "Neue Anfrage" in page
    assert referral.reference in page
    assert "Pryklad" not in page
    (action,) = re.findall(r'action="(/inbox/[^"]+/open)"', page)
    for _ in range(2):  # a second click does no harm
        went = partner.post(action)
        assert (went.status_code, went.location) == (303, f"/referrals/{referral.id}")
    assert partner.get(went.location).status_code == 200
    assert unread(partner.get("/").text) == ""
    assert "Neue Anfrage" in partner.get("/inbox").text


def test_looking_marks_nothing_as_read(app: Flask, town: Town) -> None:
    tell(town)
    partner = browser(app, town.partner)
    for _ in range(2):
        assert unread(partner.get("/inbox").text) == "1"


def test_everything_is_read_at_once(app: Flask, town: Town) -> None:
    second = town.factory.member("Zora Zweite", town.partner.unit, "partner")
    tell(town, 3)
    partner = browser(app, town.partner)
    assert partner.post("/inbox/read").status_code == 303
    assert unread(partner.get("/inbox").text) == ""
    assert "Alle als gelesen" not in partner.get("/inbox").text
    assert unread(browser(app, second).get("/").text) == "3"  # everybody reads for oneself


def test_nobody_sees_another_s(app: Flask, town: Town) -> None:
    tell(town)
    (item,) = db.session.scalars(select(InboxItem))
    for other in (town.stranger, town.advisor, town.lead):
        client = browser(app, other)
        assert EMPTY in client.get("/inbox").text
        assert unread(client.get("/").text) == ""
        assert client.post(f"/inbox/{item.id}/open").status_code == 404
    db.session.rollback()
    assert item.read_at is None


@pytest.mark.parametrize("how", ["membership", "unit", "organisation"])
def test_only_while_the_membership_holds(app: Flask, town: Town, how: str) -> None:
    elsewhere = town.factory.member("Paula Partner", town.stranger.unit, "partner")
    assert elsewhere.person_id == town.partner.person_id
    tell(town)
    tell(town, unit_id=town.stranger.unit_id)
    client = browser(app, elsewhere)
    assert unread(client.get("/inbox").text) == "2"
    (item,) = db.session.scalars(
        select(InboxItem).where(InboxItem.membership_id == town.partner.id)
    )
    if how == "membership":
        town.partner.ended_on = NOW.date()
    else:
        unit = town.partner.unit
        (unit if how == "unit" else unit.organisation).active = False
    db.session.commit()
    page = client.get("/inbox").text
    assert unread(page) == "1"
    assert len(re.findall(r"/inbox/[^/\"]+/open", page)) == 1
    assert client.post(f"/inbox/{item.id}/open").status_code == 404


def test_opening_goes_there_as_whom_it_is_for(app: Flask, town: Town) -> None:
    elsewhere = town.factory.member("Paula Partner", town.stranger.unit, "partner")
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    client = browser(app, elsewhere)
    assert client.get(f"/referrals/{referral.id}").status_code == 404
    page = client.get("/inbox").text
    assert "Kita-Büro Hausach" in page
    (action,) = re.findall(r'action="(/inbox/[^"]+/open)"', page)
    went = client.post(action, follow_redirects=True)
    assert (went.status_code, went.request.path) == (200, f"/referrals/{referral.id}")


def test_volunteers_find_own_tasks_and_not_the_circle_s(app: Flask, town: Town) -> None:
    helper = town.factory.member("Vera Freiwillig", town.partner.unit, "volunteer")
    tell(town)
    client = browser(app, helper)
    assert unread(client.get("/inbox").text) == ""
    tell(town, topic="task.offered", person_id=helper.person_id, membership_id=helper.id)
    assert unread(client.get("/inbox").text) == "1"
    helper.ended_on = NOW.date()
    again = town.factory.member("Vera Freiwillig", town.advisor.unit, "volunteer")
    db.session.commit()
    assert unread(browser(app, again).get("/inbox").text) == ""


def test_links_to_an_account_stand_in_no_inbox(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    for topic in outbox.BY_MAIL_ALONE:
        outbox.enqueue(actor, topic, person_id=town.advisor.person_id, urgent=True)
    db.session.commit()
    assert db.session.scalars(select(InboxItem)).all() == []


def test_the_newest_comes_first_page_by_page(app: Flask, town: Town) -> None:
    tell(town, PAGE + 3)
    client = browser(app, town.partner)
    first = client.get("/inbox").text
    following = re.search(r'href="(/inbox\?after=[^"]+)"', first)
    assert following
    second = client.get(following[1]).text
    found = [re.findall(r"/inbox/([0-9a-f-]{36})/open", page) for page in (first, second)]
    assert [len(each) for each in found] == [PAGE, 3]
    assert len({*found[0], *found[1]}) == PAGE + 3
    assert client.get("/inbox?after=x").status_code == 404


def test_the_count_alone_is_asked_for_again(app: Flask, town: Town) -> None:
    tell(town, 2)
    client = browser(app, town.partner)
    part = client.get("/inbox/count", headers={"HX-Request": "true"})
    assert unread(part.text) == "2"
    assert "<html" not in part.text
    assert 'hx-trigger="every 60s' in part.text
    tell(town, 120)
    assert unread(client.get("/inbox/count").text) == "99+"


def test_the_count_costs_no_query(app: Flask, town: Town) -> None:
    client = browser(app, town.partner)
    pages = ("/inbox", "/", "/inbox/count")
    tell(town, 2)
    few = [statements(client, path) for path in pages]
    tell(town, 20)
    assert [statements(client, path) for path in pages] == few
    # Where they serve, with the count in it; and the page's own.
    assert (few[2], few[0]) == (1, 2)


def test_a_message_of_a_plugin_that_is_gone(app: Flask, town: Town) -> None:
    tell(town)
    (item,) = db.session.scalars(select(InboxItem))
    item.message.topic = "gone.news"
    db.session.commit()
    assert "gone.news" in browser(app, town.partner).get("/inbox").text


# --- the own wish -------------------------------------------------------------------------------
def test_a_wish_is_kept(app: Flask, town: Town) -> None:
    client = browser(app, town.partner)
    page = client.get("/account/notifications").text
    assert '<option value="at_once" selected>' in page
    assert client.post("/account/notifications", data={"mail_wish": "daily"}).status_code == 303
    assert '<option value="daily" selected>' in client.get("/account/notifications").text
    db.session.rollback()
    last = select(AuditEntry).where(AuditEntry.kind == "account.changed")
    assert db.session.scalars(last).one().data["fields"] == ["mail_wish"]


@pytest.mark.parametrize("wrong", ["", "hourly", "at_once\x00"])
def test_a_wish_that_does_not_exist(app: Flask, town: Town, wrong: str) -> None:
    client = browser(app, town.partner)
    refused = client.post("/account/notifications", data={"mail_wish": wrong})
    assert refused.status_code == 422
    assert "kern-error" in refused.text
    assert '<option value="at_once" selected>' in client.get("/account/notifications").text
