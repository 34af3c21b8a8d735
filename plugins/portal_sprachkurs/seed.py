"""A little of the demo county: one course provider, and one seat that waits for an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.api import db
from portal_sprachkurs.models import Offer


def seed(factory: Any) -> None:
    """Nothing, where a seat was offered already."""
    if db.session.scalar(select(Offer.id).limit(1)) is not None:
        return
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    school = factory.organisation("Volkshochschule Kinzigtal (Demo)", "language_provider")
    desk = factory.unit(school, "Deutsch und Integration", phone="0000 781 500",
                        email="vhs@portal.example", address="Probegasse 2, Hausach")  # fmt: skip
    planner = factory.member("Karin Kursmuster", desk, "partner")
    service = factory.service(desk, "sprachkurs", "Integrationskurse und Alphabetisierung")

    earlier = factory.at(factory.now - timedelta(days=7))
    client = earlier.client(advisor, given_name="Oksana", family_name="Pryklad", german_level="a2")
    form = {"wanted_kind": "general", "times": ["morning"], "radius": "30", "route": "obligation"}
    referral = earlier.sent(advisor, client, service, goal_area="language", form=form)
    seat = {
        "course_name": "Integrationskurs 8",
        "course_kind": "general",
        "course_level": "a2",
        "starts_on": factory.now.date() + timedelta(days=30),
        "course_times": "Montag bis Donnerstag, 8:30 bis 12 Uhr",
        "course_place": "Probegasse 2, Hausach",
    }
    factory.at(factory.now - timedelta(days=1)).move(planner, referral.id, "offer_seat", seat)
