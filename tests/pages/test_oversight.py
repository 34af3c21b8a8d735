"""Coordinator and data protection: what lies still, who read what, and never a client's name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask

from portal.extensions import db
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
    assert "1 Vermittlungen laufen" in page
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=30)
    page = coordinator.get("/").text
    assert referral.reference in page
    assert "überfällig" in page
    assert "Kita-Büro Hausach (Demo)" in page
    assert not any(name in page for name in NAMES)
    assert coordinator.get(f"/referrals/{referral.id}").status_code == 404
    assert coordinator.get("/referrals").status_code == 404
    assert coordinator.get(f"/clients/{town.client.id}").status_code == 403


def test_every_reading_stands_in_the_log_without_content(as_member: Any, town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    auditor = as_member(member(town, "auditor"))
    advisor = as_member(town.advisor)
    advisor.get(f"/clients/{town.client.id}")
    advisor.get(f"/referrals/{referral.id}")
    log = auditor.get("/log").text
    assert "Angaben gelesen" in log
    assert "Vermittlung gelesen" in log
    assert "Katrin Demowald" in log
    assert not any(name in log for name in NAMES)
    only = auditor.get("/log?kind=client.read").text
    assert '<td class="kern-table__cell">Vermittlung gelesen' not in only
    assert auditor.get("/log?organisation=nonsense").status_code == 200
    assert auditor.get("/log?after=zzz").status_code == 404
    assert advisor.get("/log").status_code == 403


def test_the_log_is_paged(as_member: Any, town: Town) -> None:
    auditor = as_member(member(town, "auditor"))
    advisor = as_member(town.advisor)
    for _ in range(26):
        advisor.get(f"/clients/{town.client.id}")
    first = auditor.get("/log?kind=client.read").text
    assert "Ältere anzeigen" in first
    after = first.split("after=")[1].split("&")[0].split('"')[0]
    assert (
        auditor.get(f"/log?kind=client.read&after={after}").text.count("Angaben gelesen</td>") >= 1
    )
