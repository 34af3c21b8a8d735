"""A little of the demo county: two advice services, one of them under a neutral name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.api import Referral, db


def seed(factory: Any) -> None:
    """Nothing, where somebody has been referred to such a service already."""
    if db.session.scalar(select(Referral.id).where(Referral.type == "wohlfahrt").limit(1)):
        return
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    caritas = factory.organisation("Caritasverband Kinzigtal (Demo)", "welfare", "kdg")
    desk = factory.unit(caritas, "Beratungsdienste", phone="0000 7832 500",
                        email="beratungsdienste@portal.example")  # fmt: skip
    counsellor = factory.member("Maria Beratmuster", desk, "partner")
    mbe = factory.service(desk, "wohlfahrt", "Migrationsberatung für Erwachsene (MBE)",
                          languages=("de", "en", "ti"))  # fmt: skip
    factory.service(desk, "wohlfahrt", "Suchtberatung", neutral_name="Beratungsstelle Familie",
                    goal_areas=("health", "family"))  # fmt: skip

    earlier = factory.at(factory.now - timedelta(days=15))
    client = earlier.client(advisor, given_name="Samuel", family_name="Abnet",
                            contact_language="ti")  # fmt: skip
    referral = earlier.sent(advisor, client, mbe, goal_area="orientation",
                            form={"lead_role": "lead"})  # fmt: skip
    factory.at(factory.now - timedelta(days=11)).move(counsellor, referral.id, "accept")
    factory.at(factory.now - timedelta(days=3)).move(counsellor, referral.id, "start")
