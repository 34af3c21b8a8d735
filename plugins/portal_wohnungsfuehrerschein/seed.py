"""A little of the demo county: one organiser, one place in a workshop, one certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.api import db
from portal_wohnungsfuehrerschein.models import Registration

_TITLE = "Wohnungsführerschein Kinzigtal"


def seed(factory: Any) -> None:
    """Nothing, where somebody is in a workshop already."""
    if db.session.scalar(select(Registration.id).limit(1)) is not None:
        return
    earlier = factory.at(factory.now - timedelta(days=14))
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    school = factory.organisation("Weiterbildung Kinzigtal (Demo)", "workshop")
    desk = factory.unit(school, "Wohnungsführerschein", phone="0000 781 510",
                        email="wohnen@portal.example", address="Probegasse 2, Hausach")  # fmt: skip
    organiser = factory.member("Wanda Werkprobe", desk, "partner")
    service = factory.service(desk, "wohnungsfuehrerschein", "Wohnungsführerschein")

    def registered(given_name: str, family_name: str, starts_at: datetime) -> Any:
        client = earlier.client(advisor, given_name=given_name, family_name=family_name)
        referral = earlier.sent(advisor, client, service, goal_area="housing")
        workshop = {"workshop": _TITLE, "place": "Probegasse 2, Hausach", "language": "de",
                    "appointment_at": starts_at, "sessions": 2}  # fmt: skip
        return earlier.move(organiser, referral.id, "register", workshop)

    registered("Yusuf", "Örnek", factory.now + timedelta(days=5))
    done = registered("Karim", "Mithal", factory.now - timedelta(days=9))
    certificate = {"code": "certificate_issued", "certificate_number": "WF-0017",
                   "hours": 6, "modules": ["tenant", "heating", "waste"]}  # fmt: skip
    factory.at(factory.now - timedelta(days=2)).move(organiser, done.id, "complete", certificate)
