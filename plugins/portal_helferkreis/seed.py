"""A little of the demo county: a circle, one task that runs and one that waits for an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from portal.api import Referral, db
from portal_helferkreis.commands import TYPE


def seed(factory: Any) -> None:
    """Nothing, where a circle was asked for somebody already."""
    if db.session.scalar(select(Referral.id).where(Referral.type == TYPE).limit(1)):
        return
    # The names of the demo county, so that there these are found and not made.
    county = factory.organisation("Landratsamt Ortenaukreis (Demo)", "delivery_organisation")
    team = factory.unit(county, "Migrationsamt, Team Kinzigtal")
    advisor = factory.member("Katrin Demowald", team, "advisor")
    group = factory.organisation("Helferkreis Wolfach (Demo)", "volunteer_group")
    circle = factory.unit(group, phone="0000 7834 510", email="helferkreis@portal.example")
    coordinator = factory.member("Vera Ehrenmuster", circle, "volunteer_coordinator")
    volunteer = factory.member("Volker Freimuster", circle, "volunteer")
    service = factory.service(circle, TYPE, "Ehrenamtliche Begleitung im Alltag")

    earlier = factory.at(factory.now - timedelta(days=8))
    for given_name, family_name, language, kind, text in (
        ("Yusuf", "Örnek", "tr", "bicycle", "Gemeinsam ein gebrauchtes Fahrrad herrichten."),
        ("Oksana", "Pryklad", "uk", "accompaniment", "Begleitung zur Anmeldung in der Schule."),
    ):
        client = earlier.client(advisor, given_name=given_name, family_name=family_name,
                                contact_language=language)  # fmt: skip
        form = {"task_kind": kind, "task_text": text, "time_window": "dienstags ab 16 Uhr",
                "meeting_point": "Rathaus Wolfach, Eingang"}  # fmt: skip
        referral = earlier.sent(advisor, client, service, goal_area="participation", form=form)
        factory.at(factory.now - timedelta(days=5)).move(coordinator, referral.id, "accept")
        proposal = {"handler": str(volunteer.id), "clearance_until": "", "client_agrees": True,
                    "next_on": factory.now.date() + timedelta(days=3)}  # fmt: skip
        proposed = factory.at(factory.now - timedelta(days=1))
        proposed.move(coordinator, referral.id, "propose", proposal)
        if kind == "bicycle":
            factory.at(factory.now - timedelta(hours=2)).move(volunteer, referral.id, "take_on")
