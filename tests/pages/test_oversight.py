"""The coordinator: what lies still, and never a client's name."""

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
