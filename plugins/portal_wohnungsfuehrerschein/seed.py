"""A little of the demo county: one organiser, one place in a workshop, one certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.api import db
from portal_wohnungsfuehrerschein.models import Registration

_TITLE = "Wohnungsführerschein Kinzigtal"


def seed(factory: Any) -> None:
    """Nothing, where somebody is in a workshop already."""
    if db.session.scalar(select(Registration.id).limit(1)) is not None:
        return
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    school = factory.organisation("Weiterbildung Kinzigtal (Demo)", "workshop")
    desk = factory.unit(school, "Wohnungsführerschein")
    organiser = factory.member("Wanda Werkprobe", desk, "partner")
    service = factory.service(desk, "wohnungsfuehrerschein", "Wohnungsführerschein")

    def referral(days_ago: int, given_name: str) -> Any:
        then = factory.at(factory.now - timedelta(days=days_ago))
        client = then.client(advisor, given_name=given_name, family_name="Zrazok")
        return then.sent(advisor, client, service, goal_area="housing")

    def register(days_ago: int, referral_id: Any, starts_at: Any) -> None:
        then = factory.at(factory.now - timedelta(days=days_ago))
        workshop = {"workshop": _TITLE, "place": "Probegasse 2, Hausach", "language": "de",
                    "appointment_at": starts_at, "sessions": 2}  # fmt: skip
        then.move(organiser, referral_id, "register", workshop)

    coming, done = referral(8, "Taras"), referral(40, "Solomija")
    register(3, coming.id, factory.now + timedelta(days=5))
    register(33, done.id, factory.now - timedelta(days=17))
    certificate = {"code": "certificate_issued", "certificate_number": "WF-2026-0017",
                   "hours": 6, "modules": ["tenant", "heating", "waste"]}  # fmt: skip
    factory.at(factory.now - timedelta(days=9)).move(organiser, done.id, "complete", certificate)
