"""The coordinator: what lies still, and never a client's name."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, text, update

from portal.dashboard import oversight, partners
from portal.extensions import db
from portal.network.models import Service
from portal.referrals import timers
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

NAMES = ("Oksana", "Pryklad", "0000 123456")


def member(town: Town, role: str) -> Any:
    found = town.factory.member(f"Person {role}", town.advisor.unit, role)
    db.session.commit()
    return found


def test_the_coordinator_sees_what_is_late_and_nobodys_name(
    as_member: Any, town: Town, app: Flask
) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    coordinator = as_member(member(town, "coordinator"))
    page = coordinator.get("/").text
    assert "Nichts ist überfällig." in page
    assert "1 Vermittlung läuft" in page
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=30)
    page = coordinator.get("/").text
    assert referral.reference in page
    assert "überfällig" in page
    assert "Kita-Büro Hausach (Demo)" in page
    assert not any(name in page for name in NAMES)
    assert coordinator.get(f"/referrals/{referral.id}").status_code == 404
    assert coordinator.get("/referrals").status_code == 404
    assert coordinator.get(f"/clients/{town.client.id}").status_code == 403


def later(app: Flask, days: int) -> None:
    """The worker ran on every day in between."""
    for day in range(1, days + 1):
        timers.run_due(NOW + timedelta(days=day))
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=days)


def seen(browser: PortalClient, reference: str, page: str = "/") -> str:
    """What the row of a referral says its coordinator decides on."""
    row = browser.get(page).text.partition(reference)[2]
    found = re.search(r'name="seen" *value="([^"]+)"', row)
    assert found
    return found[1]


def heading(page: str, number: int) -> str:
    return re.sub(r"\s+", " ", re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.S)[number]).strip()


def test_what_was_escalated_stands_on_top_until_it_is_put_off(
    as_member: Any, town: Town, app: Flask
) -> None:
    kora = as_member(member(town, "coordinator"))
    old = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    later(app, 21)
    page = kora.get("/").text
    assert heading(page, 0) == "Eskaliert an die Koordination (1)"
    assert "Sonst ist nichts überfällig." in page
    assert 'href="tel:00002000"' in page
    mark = seen(kora, old.reference)
    form = {"next_on": "2026-12-21", "reason": "needs_time", "seen": mark}
    assert kora.get(f"/oversight/{old.id}/postpone").status_code == 200
    assert kora.post(f"/oversight/{old.id}/postpone", data=form).location == "/"
    page = kora.get("/").text
    assert "Beide Seiten erfahren es." in page
    assert "Nichts ist überfällig." in page
    assert old.reference not in page
    for someone in (town.advisor, town.partner):
        shown = as_member(someone).get(f"/referrals/{old.id}").text
        assert "Frist verschoben durch die Koordination" in shown
        assert "Die Stelle braucht mehr Zeit" in shown


def test_a_call_is_one_click(as_member: Any, town: Town, app: Flask) -> None:
    kora = as_member(member(town, "coordinator"))
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    later(app, 15)
    form = {"reached": "yes", "seen": seen(kora, referral.reference)}
    address = f"/oversight/{referral.id}/call"
    assert kora.post(address, data=form).status_code == 303
    page = kora.get("/").text
    assert "zuletzt angerufen am" in page
    again = kora.post(address, data=form)  # a double tap
    assert again.status_code == 409
    assert referral.reference in again.text
    form["seen"] = seen(kora, referral.reference)
    assert kora.post(address, data={**form, "reached": "perhaps"}).status_code == 422
    for someone in (town.advisor, town.partner):
        shown = as_member(someone).get(f"/referrals/{referral.id}").text
        assert shown.count("Am Telefon erinnert durch die Koordination") == 1


def test_a_refused_date_stands_at_its_field_and_stays(
    as_member: Any, town: Town, app: Flask
) -> None:
    kora = as_member(member(town, "coordinator"))
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    later(app, 15)
    form = {"next_on": "2026-12-25", "reason": "other", "note": "Neu & eilig",
            "seen": seen(kora, referral.reference)}  # fmt: skip
    refused = kora.post(f"/oversight/{referral.id}/postpone", data=form)
    assert refused.status_code == 422
    assert "Das ist kein Arbeitstag." in refused.text
    assert 'value="2026-12-25"' in refused.text
    assert "Neu &amp; eilig" in refused.text
    assert form["seen"] in refused.text


def test_a_suggestion_leads_the_sender_to_a_draft_there(
    as_member: Any, town: Town, app: Flask
) -> None:
    kora, katrin = as_member(member(town, "coordinator")), as_member(town.advisor)
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    later(app, 15)
    address = f"/oversight/{referral.id}/suggest"
    assert "Schulanmeldung – Schulamt (Demo)" in kora.get(address).text
    form = {"service": "x", "seen": seen(kora, referral.reference)}
    assert kora.post(address, data=form).status_code == 422
    assert kora.post(address, data={**form, "service": town.other_service.id}).status_code == 303
    said = "Die Koordination schlägt vor: Schulanmeldung"
    page = katrin.get(f"/referrals/{referral.id}").text
    assert said in page
    assert "Zurückziehen und neu senden" in page
    assert said not in as_member(town.partner).get(f"/referrals/{referral.id}").text
    katrin.post(f"/referrals/{referral.id}/withdraw", data={"code": "no_response"})
    page = katrin.get(f"/referrals/{referral.id}").text
    assert "Dorthin neu vermitteln" in page
    again = katrin.post(f"/referrals/{referral.id}/again", data={"service": town.other_service.id})
    assert again.status_code == 303
    draft = katrin.get(again.location).text
    assert "Schulanmeldung" in draft
    db.session.rollback()
    assert said not in katrin.get(f"/referrals/{referral.id}").text


def test_nothing_else_to_propose_is_said(as_member: Any, town: Town, app: Flask) -> None:
    kora = as_member(member(town, "coordinator"))
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.execute(
        update(Service).where(Service.id == town.other_service.id).values(active=False)
    )
    db.session.commit()
    page = kora.get(f"/oversight/{referral.id}/suggest").text
    assert "gibt es kein anderes Angebot dieser Art" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]


def test_long_lists_go_on_elsewhere(as_member: Any, town: Town, app: Flask) -> None:
    kora = as_member(member(town, "coordinator"))
    made = [town.factory.sent(town.advisor, town.client, town.service) for _ in range(30)]
    references = {referral.reference for referral in made}
    db.session.commit()
    for part, days in (("overdue", 15), ("escalated", 21)):
        later(app, days)
        assert f'href="/oversight/{part}"' in kora.get("/").text
        first = kora.get(f"/oversight/{part}").text
        more = re.search(rf'href="(/oversight/{part}\?after=[^"]+)"', first)
        assert more
        both = first + kora.get(more[1]).text
        assert {found for found in references if found in both} == references
    assert "Hier ist nichts mehr." in kora.get("/oversight/overdue").text
    assert kora.get("/oversight/whatever").status_code == 404


def test_how_offices_answer(as_member: Any, town: Town, app: Flask) -> None:
    kora, f = as_member(member(town, "coordinator")), town.factory
    silent = f.sent(town.advisor, town.client, town.other_service)
    few = [f.sent(town.advisor, town.client, town.service) for _ in range(5)]
    for referral in few[:4]:
        f.move(town.partner, referral.id, "accept")
    db.session.commit()
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=15)
    page = kora.get("/").text
    assert "Angebote, die lange nicht antworten" in page
    assert "Tage bis zur ersten Antwort" not in page  # four answers are too few
    f.move(town.partner, few[4].id, "accept")
    db.session.commit()
    for days, referral in enumerate(few):
        moment = NOW + timedelta(days=days)
        one = update(Referral).where(Referral.id == referral.id)
        db.session.execute(one.values(responded_at=moment))
    db.session.commit()
    with app.test_request_context():
        actor = f.at(NOW + timedelta(days=15)).actor(member(town, "coordinator"))
        [pace] = partners.paces(actor)
        assert (pace.name, pace.answers, pace.days) == ("Kita-Büro Hausach (Demo)", 5, 2)
        [silence] = partners.without_answer(actor)
        assert (silence.service.id, silence.waiting, silence.days) == (silent.service_id, 1, 11)
        assert partners.paces(f.at(NOW + timedelta(days=95)).actor(town.advisor)) == []
        assert partners.suspects(f.actor(town.advisor)) == []
    assert "Tage bis zur ersten Antwort" in kora.get("/").text


def test_addresses_that_take_nothing_are_named_and_linked_to_nothing(
    as_member: Any, town: Town, app: Flask
) -> None:
    kora = as_member(member(town, "coordinator"))
    assert "E-Mail-Adressen, die nichts annehmen" not in kora.get("/").text
    town.partner.unit.suspect_since = town.stranger.person.suspect_since = NOW
    db.session.commit()
    page = kora.get("/").text
    part = page.partition('id="suspects"')[2].partition("</section>")[0]
    assert "Kita-Büro Hausach (Demo)" in part
    assert "Stefan Fremd" in part
    assert "<a " not in part
    assert "@" not in part


@pytest.mark.parametrize(
    ("name", "since", "index"),
    [
        ("escalated", Referral.escalated_on, "ix_referral_escalated_on"),
        ("overdue", Referral.next_on, "ix_referral_turn_next_on"),
    ],
)
def test_what_needs_doing_is_found_by_an_index(
    app: Flask, town: Town, name: str, since: Any, index: str
) -> None:
    actor = town.factory.actor(member(town, "coordinator"))
    rows: Select[Any] = getattr(oversight, name)(actor).order_by(since, Referral.id)
    asked = rows.with_only_columns(Referral.id).limit(10)
    query = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = str(db.session.execute(text(f"EXPLAIN QUERY PLAN {query}")).all())
    assert index in plan
    assert "SCAN" not in plan
