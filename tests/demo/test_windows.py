"""The demo's pages: signing in with one click, several people in one browser, the mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import event

from portal import outbox
from portal.actor import Actor
from portal.extensions import db
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town, fresh_app
from portal.web.paging import PAGE
from portal.workflow import N_


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    yield from fresh_app(sqlite_url, tmp_path, DEMO="1")


@pytest.fixture
def client(app: Flask) -> PortalClient:
    found = app.test_client()
    assert isinstance(found, PortalClient)
    return found


def who(client: PortalClient, window: str = "") -> str:
    """The name in the header of a window."""
    page = client.get(f"{window}/", follow_redirects=True).text
    found = re.search(r'account-menu.*?kern-label">([^<]+)<', page, re.DOTALL)
    return found[1] if found else ""


def enter(client: PortalClient, name: str, town: Town, window: int = 0) -> str:
    """Click on an account; returns the path on which one arrives."""
    person = next(
        m.person for m in (town.advisor, town.partner, town.lead) if m.person.name == name
    )
    data = {"window": str(window)} if window else {}
    answer = client.submit(f"/demo/sign-in/{person.id}", data, form="/demo/", follow_redirects=True)
    assert answer.status_code == 200
    return str(answer.request.path)


def test_accounts_are_listed_by_role_with_one_click_each(client: PortalClient, town: Town) -> None:
    page = client.get("/demo/").text
    for name in ("Katrin Demowald", "Paula Partner", "Petra Leitmann"):
        assert page.count(f">{name}<") == 1
    assert page.index("Integrationsmanagement</h2>") < page.index("Partnerstelle</h2>")
    assert N_("Rahimas Rückfrage beantworten") in page


def test_one_click_signs_in(client: PortalClient, town: Town) -> None:
    assert enter(client, "Katrin Demowald", town) == "/"
    assert who(client) == "Katrin Demowald"
    enter(client, "Paula Partner", town)
    assert who(client) == "Paula Partner"


def test_two_windows_are_two_people(client: PortalClient, town: Town) -> None:
    enter(client, "Katrin Demowald", town)
    enter(client, "Paula Partner", town, window=7)
    assert (who(client), who(client, "/fenster/7")) == ("Katrin Demowald", "Paula Partner")

    enter(client, "Petra Leitmann", town, window=8)
    names = [who(client, window) for window in ("", "/fenster/7", "/fenster/8")]
    assert names == ["Katrin Demowald", "Paula Partner", "Petra Leitmann"]
    assert who(client, "/fenster/9") == ""


def test_a_window_keeps_its_people_inside(client: PortalClient, town: Town) -> None:
    enter(client, "Paula Partner", town, window=7)
    page = client.get("/fenster/7/").text
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert links
    assert [link for link in links if not link.startswith("/fenster/7/")] == []
    for link in links:
        if "/static/" in link:
            with client.get(link) as answer:
                assert answer.status_code == 200


def test_the_log_in_of_a_window_leads_back_into_it(client: PortalClient, town: Town) -> None:
    plain = client.get("/fenster/7/clients")
    assert urlsplit(plain.location).path.startswith("/fenster/7/")
    assert "fenster/7/clients" in plain.location.partition("next=")[2].replace("%2F", "/")
    htmx = client.get("/fenster/7/clients", headers={"HX-Request": "true"})
    assert htmx.headers["HX-Redirect"].startswith("/fenster/7/")


def test_htmx_stays_in_its_window_too(client: PortalClient, town: Town) -> None:
    token = client.token("/fenster/7/demo/")
    answer = client.post(
        f"/fenster/7/demo/sign-in/{town.partner.person_id}",
        data={"csrf_token": token}, headers={"HX-Request": "true"},
    )  # fmt: skip
    assert answer.headers["HX-Location"] == "/fenster/7/"
    assert who(client, "/fenster/7") == "Paula Partner"


def test_each_cookie_is_for_its_window_alone(client: PortalClient, town: Town) -> None:
    enter(client, "Katrin Demowald", town)
    enter(client, "Paula Partner", town, window=7)
    assert client.get_cookie("portal") is not None
    cookie = client.get_cookie("portal-7", path="/fenster/7")
    assert cookie is not None
    assert cookie.path == "/fenster/7"


@pytest.mark.parametrize("path", ["/fenster/", "/fenster/0/", "/fenster/x/", "/fenster/1234/"])
def test_there_is_no_such_window(client: PortalClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_another_window_opens_only_with_a_ticket(client: PortalClient, town: Town) -> None:
    person = town.partner.person_id
    sent = client.submit(f"/demo/sign-in/{person}", {"window": "7"}, form="/demo/")
    assert sent.status_code == 307
    ticket = sent.location.partition("ticket=")[2]
    assert client.post(f"/fenster/8/demo/arrive?ticket={ticket}").status_code == 400
    assert client.post(f"/fenster/7/demo/arrive?ticket={ticket[:-3]}abc").status_code == 400
    assert client.post("/fenster/7/demo/arrive").status_code == 400
    assert who(client, "/fenster/7") == ""


def test_a_click_needs_its_token_and_an_account(client: PortalClient, town: Town) -> None:
    path = f"/demo/sign-in/{town.partner.person_id}"
    assert client.post(path).status_code == 400
    unknown = f"/demo/sign-in/{town.client.id}"
    assert client.submit(unknown, form="/demo/").status_code == 404
    town.partner.person.active = False
    db.session.commit()
    assert client.submit(path, form="/demo/").status_code == 404


@pytest.mark.parametrize("path", ["/demo/", "/demo/mailbox"])
def test_only_on_this_machine(client: PortalClient, town: Town, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    # Somebody else's name for this machine: a proxy, or a page that rebinds its own.
    assert client.get(path, headers={"Host": "portal.example"}).status_code == 404


def test_none_of_it_exists_outside_the_demo(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    for path in ("/demo/", "/demo/mailbox", "/fenster/7/"):
        assert client.get(path).status_code == 404
    assert "demo.enter" not in sqlite_app.view_functions


def fill_mailbox(town: Town, count: int) -> None:
    actor = Actor.system(NOW)
    for number in range(count):
        outbox.enqueue(actor, "referral.news", person_id=town.advisor.person_id,
                       reference=f"VM-2026-{number:06}")  # fmt: skip
        outbox.enqueue(actor, "referral.sent", unit_id=town.partner.unit_id,
                       reference=f"VM-2026-{number:06}")  # fmt: skip
    db.session.commit()


def test_the_mailbox_shows_what_would_have_been_sent(client: PortalClient, town: Town) -> None:
    assert "Noch ist keine Nachricht entstanden" in client.get("/demo/mailbox").text
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    page = client.get("/demo/mailbox").text
    assert f"{referral.reference}: Neue Anfrage" in page
    assert "kita@portal.example" in page
    assert "Pryklad" not in page
    inside = client.get("/fenster/7/demo/mailbox").text
    assert f'href="/referrals/{referral.id}"' in page
    assert f'href="/fenster/7/referrals/{referral.id}"' in inside
    without_account = re.search(r'href="(/answer/[^"]+)"', page)
    assert without_account
    assert referral.reference in client.get(without_account[1]).text


def test_a_letter_that_leads_to_the_start_page_has_its_link(
    client: PortalClient, town: Town
) -> None:
    outbox.enqueue(Actor.system(NOW), "referral.escalated", person_id=town.lead.person_id)
    db.session.commit()
    assert re.search(r'<a class="kern-link"\s+href="/"', client.get("/demo/mailbox").text)


def test_a_letter_is_shown_as_it_would_be_sent(client: PortalClient, town: Town) -> None:
    fill_mailbox(town, 1)
    page = client.get("/demo/mailbox").text
    frames = re.findall(r'src="(/demo/mailbox/\d+)"', page)
    assert len(frames) == 2
    letter = client.get(frames[0])
    assert "VM-2026-000000" in letter.text
    assert "<style>" in letter.text
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert letter.headers["X-Frame-Options"] == "SAMEORIGIN"
    for number in ("0", "x", "9" * 30, "²"):
        assert client.get(f"/demo/mailbox/{number}").status_code == 404


def test_the_newest_message_comes_first_page_by_page(client: PortalClient, town: Town) -> None:
    fill_mailbox(town, PAGE)  # two messages each: two pages
    first = client.get("/demo/mailbox").text
    following = re.search(r'href="(/demo/mailbox\?after=\d+)"', first)
    assert following
    second = client.get(following[1]).text
    found = [re.findall(r"(?<=bold\">)VM-2026-\d{6}(?=: )", page) for page in (first, second)]
    assert [len(references) for references in found] == [PAGE, PAGE]
    assert found[0] + found[1] == sorted(found[0] + found[1], reverse=True)
    assert 'href="/demo/mailbox?after=' not in second
    assert client.get("/demo/mailbox?after=x").status_code == 404


@pytest.mark.parametrize("path", ["/demo/", "/demo/mailbox"])
def test_a_long_list_costs_no_more_queries(client: PortalClient, town: Town, path: str) -> None:
    def queries() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    fill_mailbox(town, 2)
    few = queries()
    fill_mailbox(town, 10)
    for number in range(20):
        town.factory.member(f"Probe Nummer {number}", town.partner.unit, "partner")
    db.session.commit()
    assert queries() <= few


def test_a_message_of_a_plugin_that_is_gone_is_shown_by_its_topic(
    client: PortalClient, town: Town
) -> None:
    fill_mailbox(town, 1)
    message = db.session.get_one(outbox.OutboxMessage, 1)
    message.topic = "gone.news"
    db.session.commit()
    assert "gone.news" in client.get("/demo/mailbox").text
