"""Runs in an environment of its own, see test_third_party: a library's referral, in three acts.

python drive_library.py installed|gone|again <instance folder>
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from portal import migrate
from portal.accounts.models import Membership
from portal.app import create_app
from portal.config import create_instance
from portal.demo.factory import Factory
from portal.extensions import db
from portal.network.commands import load_municipalities
from portal.referrals.models import Referral
from portal.referrals.policy import get_visible, possible_actions
from portal.testing.pages import browser
from portal.testing.town import NOW, TESTING, build_town


@contextmanager
def portal(folder: Path) -> Iterator[Factory]:
    app = create_app({**TESTING, "INSTANCE": str(folder)})
    app.extensions["portal_clock"] = lambda: NOW
    with app.app_context():
        migrate.upgrade_all(db.engine, app.extensions["portal"])
        yield Factory(NOW)
        db.session.commit()


def member(role: str) -> Membership:
    names = {"advisor": "Katrin Demowald", "partner": "Paula Partner"}
    found = db.session.scalars(select(Membership)).all()
    return next(m for m in found if m.person.name == names[role])


def referrals() -> list[Referral]:
    return list(db.session.scalars(select(Referral).order_by(Referral.reference)))


def installed(factory: Factory) -> None:
    """One referral is handed over, answered and reviewed; another one is under way."""
    load_municipalities()
    town = build_town(factory, "buecherei")
    whole = factory.sent(town.advisor, town.client, town.service, form={"wish": "circle"})
    for action in ("accept", "complete"):
        factory.move(town.partner, whole.id, action)
    factory.move(town.advisor, whole.id, "review")
    assert whole.loop_closed_at is not None
    under_way = factory.sent(town.advisor, town.client, town.service)
    factory.move(town.partner, under_way.id, "accept")
    db.session.commit()
    page = read("partner", f"/referrals/{under_way.id}")
    assert "Bücherei" in page
    assert "Was wird gewünscht?" in page
    assert "Pryklad" in page


def gone(factory: Factory) -> None:
    """The core works on: lists and pages open, the partner has no moves, nothing was lost."""
    assert [referral.status for referral in referrals()] == ["completed", "accepted"]
    for referral in referrals():
        for role in ("advisor", "partner"):
            assert referral.reference in read(role, "/referrals?filter=all")
            page = read(role, f"/referrals/{referral.id}")
            assert "Erweiterung nicht installiert" in page
            assert "Gern, kommen Sie vorbei" not in page
    partner = factory.actor(member("partner"))
    assert possible_actions(partner, get_visible(partner, referrals()[1].id)) == []


def again(factory: Factory) -> None:
    """The plugin is back and finds its data; the referral goes on where it stood."""
    under_way = referrals()[1]
    assert "Bücherei" in read("partner", f"/referrals/{under_way.id}")
    factory.move(member("partner"), under_way.id, "complete")
    assert under_way.status == "completed"


def read(role: str, path: str) -> str:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    visitor = browser(app, member(role))
    db.session.commit()  # a page writes that it was read; nobody may hold an older view
    response = visitor.get(path)
    assert response.status_code == 200, f"{path}: {response.status_code}"
    return response.text


if __name__ == "__main__":
    act, instance = sys.argv[1], Path(sys.argv[2])
    create_instance(instance)
    with portal(instance) as the_factory:
        {"installed": installed, "gone": gone, "again": again}[act](the_factory)
