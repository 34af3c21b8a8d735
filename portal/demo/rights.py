"""What the demo's clients asked for about their data, and the one break-glass access."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from portal.actor import Actor
from portal.demo.county import County
from portal.extensions import db
from portal.privacy import commands, emergency
from portal.referrals.models import Referral


@dataclass(frozen=True)
class Request:
    """What somebody asked their advisor for, on a day counted from the worked Monday."""

    client: str
    day: int
    kind: str
    note: str
    answered: int | None = None
    outcome: str = "granted"
    reason: str = ""


REQUESTS = (
    Request("karim", -33, "rectification", "Die Telefonnummer hat sich geändert.", answered=-32),
    Request("emine", -26, "erasure", "Angaben zum früheren Beruf sollen weg.", answered=-19,
            outcome="partly", reason="Im Verlauf der abgeschlossenen Vermittlung bleibt die "
            "Angabe bis zum Ende der Aufbewahrungsfrist stehen."),
    Request("rahima", -24, "access", "Möchte wissen, welche Stelle was bekommen hat."),
    Request("yusuf", -5, "objection", "Die Ausländerbehörde soll nichts vom Fahrrad erfahren."),
)  # fmt: skip

OPENED, ASKS, APPROVES = "samuel", "Silke Koordmuster", "Doris Datenprobe"
WHY = "Die Beraterin ist im Krankenhaus, das Wohnungsamt braucht bis heute Mittag eine Antwort."


def happenings(county: County) -> Iterator[tuple[datetime, Callable[[datetime], object]]]:
    """Each with its moment."""
    for number, request in enumerate(REQUESTS):
        asked = _Asked(county, request)
        yield county.moment(county.open_day(request.day), 90 + number), asked.record
        if request.answered is not None:
            yield county.moment(county.open_day(request.answered), 90 + number), asked.answer
    day = county.open_day(-12)
    opening = _Opening(county)
    yield county.moment(day, 60), opening.ask
    yield county.moment(day, 72), opening.approve
    yield county.moment(day, 101), opening.end


class _Asked:
    """One request on its way: which row it became."""

    def __init__(self, county: County, request: Request) -> None:
        self.county = county
        self.request = request
        self.id: UUID

    def record(self, moment: datetime) -> None:
        actor = self.county.factory.at(moment).actor(self.county.advisors[self.request.client])
        data = {"kind": self.request.kind, "received_on": moment.date(), "note": self.request.note}
        client = self.county.clients[self.request.client]
        self.id = commands.record_request(actor, client.id, data).id

    def answer(self, moment: datetime) -> None:
        actor = self.county.factory.at(moment).actor(self.county.advisors[self.request.client])
        said = {"outcome": self.request.outcome, "reason": self.request.reason}
        commands.answer_request(actor, self.id, said)


class _Opening:
    """Break-glass: somebody asks, a second person approves, and it ends before its time."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.id: UUID

    def ask(self, moment: datetime) -> None:
        client = self.county.clients[OPENED]
        first = select(Referral.reference).where(
            Referral.client_id == client.id, Referral.sent_at.is_not(None)
        )
        reference = db.session.scalar(first.order_by(Referral.reference).limit(1))
        data = {"reference": reference, "reason": WHY}
        self.id = emergency.ask(self._actor(ASKS, moment), data).id

    def approve(self, moment: datetime) -> None:
        emergency.decide(self._actor(APPROVES, moment), self.id, approve=True)

    def end(self, moment: datetime) -> None:
        emergency.end(self._actor(ASKS, moment), self.id)

    def _actor(self, name: str, moment: datetime) -> Actor:
        return self.county.factory.at(moment).actor(self.county.members[name])
