"""A little of the demo county: one office, and one obligation that it spoke out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.api import db
from portal_jobcenter.models import COURSE_OBLIGATION, Decision


def seed(factory: Any) -> None:
    """Nothing, where a Jobcenter has spoken out an obligation already."""
    issued = select(Decision.id).where(Decision.kind == COURSE_OBLIGATION)
    if db.session.scalar(issued.limit(1)) is not None:
        return
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    office = factory.organisation("Jobcenter Ortenaukreis, KOA (Demo)", "jobcenter", "sgb10")
    desk = factory.unit(office, "Fallmanagement Kinzigtal")
    caseworker = factory.member("Sabine Fallprobe", desk, "partner")
    service = factory.service(desk, "jobcenter", "Fallmanagement und Kursverpflichtung")

    # Whole weeks back, so that an office was open.
    earlier = factory.at(factory.now - timedelta(days=14))
    client = earlier.client(advisor, given_name="Oleh", family_name="Zrazok")
    referral = earlier.sent(
        advisor, client, service, goal_area="language", form={"request": COURSE_OBLIGATION}
    )
    later = factory.at(factory.now - timedelta(days=7))
    later.move(caseworker, referral.id, "accept")
    later.move(caseworker, referral.id, "issue_obligation")
