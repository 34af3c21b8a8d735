"""Messages leave with the change they tell of, at least once, and name nobody."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import outbox
from portal.accounts.models import Membership, Unit
from portal.clients.commands import name_deputy
from portal.codes import PARTNER_KINDS
from portal.database import unit_of_work
from portal.extensions import db
from portal.mailing.letters import Letter
from portal.mailing.sending import LEASE, deliver_due
from portal.outbox import ATTEMPTS, CORE_MESSAGES, Mail, OutboxMessage
from portal.registry import registry
from portal.testing.town import NOW, Town
from tests.threads import at_once


@dataclass
class Postbox:
    """Keeps what it is given; `breaks` is raised instead of, `dies` after taking a letter."""

    letters: list[Letter] = field(default_factory=list)
    breaks: Exception | None = None
    dies: BaseException | None = None

    def send(self, letter: Letter) -> None:
        if self.breaks:
            raise self.breaks
        self.letters.append(letter)
        if self.dies:
            raise self.dies


class Stop(Exception):
    pass


def waiting() -> list[OutboxMessage]:
    found = select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None))
    return list(db.session.scalars(found.order_by(OutboxMessage.id)))


def post(town: Town, **to: object) -> OutboxMessage:
    """A message of its own, alone in the outbox."""
    db.session.query(OutboxMessage).delete()
    outbox.enqueue(town.factory.actor(town.advisor), "referral.news", **to)  # type: ignore[arg-type]
    db.session.commit()
    return waiting()[0]


def mail_of(message: OutboxMessage) -> Mail:
    """The one mail that was made of it."""
    db.session.rollback()
    return db.session.scalars(select(Mail).where(Mail.message_id == message.id)).one()


def delivered(town: Town) -> tuple[str, ...]:
    """To whom the letters went that left now, each to one address."""
    box = Postbox()
    assert deliver_due(box, NOW) == (len(box.letters), 0)
    assert {len(letter.to) for letter in box.letters} == {1}
    return tuple(sorted(letter.to[0] for letter in box.letters))


def test_a_message_is_rolled_back_with_its_change(town: Town) -> None:
    db.session.rollback()

    def change() -> None:
        with unit_of_work():
            town.factory.sent(town.advisor, town.client, town.service)
            assert [m.topic for m in waiting()] == ["referral.sent"]
            raise Stop

    with pytest.raises(Stop):
        change()
    assert waiting() == []


def test_an_undeclared_topic_is_refused(town: Town) -> None:
    with pytest.raises(ValueError, match=r"nobody\.declared"):
        outbox.enqueue(town.factory.actor(town.advisor), "nobody.declared")


def test_what_is_delivered_is_not_delivered_again(town: Town) -> None:
    message = post(town, unit_id=town.partner.unit_id, reference="VM-2026-000001")
    box = Postbox()
    assert deliver_due(box, NOW) == (1, 0)
    assert deliver_due(box, NOW + timedelta(days=30)) == (0, 0)
    assert [letter.to for letter in box.letters] == [("kita@portal.example",)]
    assert box.letters[0].subject == "VM-2026-000001: Neues zu Ihrer Vermittlung"
    mail = mail_of(message)
    assert (mail.delivered_at, mail.attempts, mail.error) == (NOW, 1, "")
    assert mail.message.delivered_at == NOW


def test_what_fails_is_tried_again_after_ever_longer_pauses(town: Town) -> None:
    message = post(town, unit_id=town.partner.unit_id)
    broken = Postbox(breaks=ConnectionError("Oksana Pryklad"))
    moment, pauses = NOW, []
    for attempt in range(1, ATTEMPTS + 1):
        assert deliver_due(broken, moment) == (0, 1)
        mail = mail_of(message)
        assert (mail.attempts, mail.error) == (attempt, "ConnectionError")  # no text of it
        pauses.append(mail.due_at - moment)
        assert deliver_due(broken, mail.due_at - timedelta(seconds=1)) == (0, 0)
        moment = mail.due_at
    assert pauses == sorted(pauses)
    assert pauses[0] < timedelta(minutes=5)
    assert moment - NOW > timedelta(days=3)  # a weekend without a server is survived
    # Given up, but still there for the operator to see.
    assert deliver_due(Postbox(), moment + timedelta(days=30)) == (0, 0)
    assert [m.id for m in waiting()] == [message.id]


def test_a_message_that_cannot_be_written_holds_up_no_other(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    lost = OutboxMessage(topic="gone.thing", unit_id=town.partner.unit_id, created_at=NOW)
    db.session.add(lost)
    db.session.flush()
    outbox.enqueue(actor, "referral.news", unit_id=town.partner.unit_id)
    db.session.commit()
    box = Postbox()
    assert deliver_due(box, NOW) == (1, 1)
    assert len(box.letters) == 1
    assert [m.topic for m in waiting()] == ["gone.thing"]


def test_a_worker_that_dies_after_sending_sends_again_when_its_lease_is_over(town: Town) -> None:
    post(town, unit_id=town.partner.unit_id)
    box = Postbox(dies=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        deliver_due(box, NOW)
    db.session.rollback()
    box.dies = None
    assert deliver_due(box, NOW + LEASE) == (0, 0)
    assert deliver_due(box, NOW + LEASE + timedelta(seconds=1)) == (1, 0)
    assert len(box.letters) == 2  # at least once


def test_workers_side_by_side_deliver_each_message_once(app: Flask, town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    for number in range(40):
        outbox.enqueue(actor, "referral.news", unit_id=town.partner.unit_id, reference=str(number))
    db.session.commit()
    box, lock = Postbox(), threading.Lock()

    class Shared:
        def send(self, letter: Letter) -> None:
            with lock:
                box.letters.append(letter)

    def work() -> int:
        total = 0
        while any(done := deliver_due(Shared(), NOW, limit=3)):
            total += done[0]
            assert done[1] == 0
        return total

    totals = at_once(app, work, work, work)
    assert [total for total in totals if isinstance(total, BaseException)] == []
    assert sum(totals) == 40
    sent = Counter(letter.subject.partition(":")[0] for letter in box.letters)
    assert sent == Counter(str(number) for number in range(40))
    assert waiting() == []


# --- who is told --------------------------------------------------------------------------------
def test_a_unit_is_told_at_its_address_or_else_its_active_members(town: Town) -> None:
    f, unit = town.factory, town.partner.unit
    post(town, unit_id=unit.id)
    assert delivered(town) == ("kita@portal.example",)
    unit.email = ""
    f.member("Zora Zweite", unit, "partner")
    f.member("Vera Freiwillig", unit, "volunteer")
    f.member("Alt Geworden", unit, "partner").ended_on = NOW.date()
    f.member("Stil Gelegt", unit, "partner").person.active = False
    post(town, unit_id=unit.id)
    assert delivered(town) == ("paula.partner@portal.example", "zora.zweite@portal.example")


def told(membership: Membership) -> tuple[str, ...]:
    """Whom the news of a referral of this advisor reach."""
    box = Postbox()
    deliver_due(box, NOW)
    return next(letter.to for letter in box.letters if "Antwort auf Ihre" in letter.subject)


def test_the_advisor_is_told(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    db.session.commit()
    assert told(town.advisor) == ("katrin.demowald@portal.example",)


@pytest.mark.parametrize("when", ["before the news", "before they are delivered"])
@pytest.mark.parametrize("how", ["deactivated", "gone"])
def test_the_unit_is_told_when_the_advisor_is_gone(town: Town, when: str, how: str) -> None:
    def leave() -> None:
        if how == "gone":
            town.advisor.ended_on = NOW.date()
        town.advisor.person.active = False

    db.session.get_one(Unit, town.advisor.unit_id).email = "team@portal.example"
    referral = town.factory.sent(town.advisor, town.client, town.service)
    if when == "before the news":
        leave()
    town.factory.move(town.partner, referral.id, "accept")
    leave()
    db.session.commit()
    assert told(town.advisor) == ("team@portal.example",)


# --- what is said -------------------------------------------------------------------------------
def test_no_letter_names_the_client_or_the_partner(town: Town) -> None:
    f = town.factory
    client = f.client(town.advisor, given_name="Zzvorname", family_name="Zznachname")
    town.service.name = "Zzangebot"
    referral = f.sent(town.advisor, client, town.service, form={"concern": "Zzanliegen"})
    f.move(town.partner, referral.id, "ask", {"question": "Zzfrage"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Zzantwort"})
    f.move(town.partner, referral.id, "waitlist", {"note": "Zznotiz"})
    f.move(town.advisor, referral.id, "accept", recorded_source="phone")
    f.move(town.partner, referral.id, "complete", {"note": "Zznotiz"})
    # Every other topic too, of the core and of the plugins.
    for topic in (*CORE_MESSAGES, *registry().messages):
        outbox.enqueue(f.actor(town.advisor), topic, person_id=town.advisor.person_id,
                       reference=referral.reference, path=f"/referrals/{referral.id}")  # fmt: skip
    db.session.commit()
    box = Postbox()
    done, failed = deliver_due(box, NOW)
    assert (failed, len(box.letters)) == (0, done)
    # What was told of twice on this day goes out in one letter on the next.
    later, failed = deliver_due(box, NOW + timedelta(days=1))
    assert (failed, len(box.letters)) == (0, done + later)
    assert done >= len(CORE_MESSAGES) + len(registry().messages)
    types = [kind.label for kind in registry().referral_types.values()]
    marked = (
        "zzvorname",
        "zznachname",
        "zzangebot",
        "zzanliegen",
        "zzfrage",
        "zzantwort",
        "zznotiz",
    )
    forbidden = (*marked, "kita", *PARTNER_KINDS.values(), *types)
    for letter in box.letters:
        written = f"{letter.subject}\n{letter.text}\n{letter.html}".casefold()
        assert [word for word in forbidden if word.casefold() in written] == []
        assert "http://localhost/" in letter.text


def test_whoever_deputises_today_is_told_beside_the_advisor(town: Town) -> None:
    f, day = town.factory, NOW.date()
    name_deputy(f.actor(town.lead), town.advisor.id, town.colleague.id, day, day)
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "ask")
    f.at(NOW + timedelta(days=1)).move(town.partner, referral.id, "redirect")
    told = select(OutboxMessage.topic, OutboxMessage.person_id).order_by(OutboxMessage.id)
    news = [(topic, person) for topic, person in db.session.execute(told) if person]
    assert news == [
        ("referral.question", town.advisor.person_id),
        ("referral.question", town.colleague.person_id),
        ("referral.result", town.advisor.person_id),  # the deputy's day is over
    ]


def test_every_move_tells_the_other_side(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)

    def news() -> tuple[str, object]:
        last = db.session.scalar(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1))
        assert last is not None
        return last.topic, last.person_id or last.unit_id

    advisor, desk = town.advisor.person_id, town.partner.unit_id
    assert news() == ("referral.sent", desk)
    f.move(town.partner, referral.id, "ask")
    assert news() == ("referral.question", advisor)
    f.move(town.advisor, referral.id, "answer")
    assert news() == ("referral.answer", desk)
    f.move(town.partner, referral.id, "accept")
    assert news() == ("referral.answered", advisor)
    f.move(town.advisor, referral.id, "start", recorded_source="phone")
    assert news() == ("referral.recorded", desk)
    f.move(town.partner, referral.id, "complete")
    assert news() == ("referral.result", advisor)
    before = db.session.scalar(select(func.count()).select_from(OutboxMessage))
    f.move(town.advisor, referral.id, "review")  # nobody waits for this
    assert db.session.scalar(select(func.count()).select_from(OutboxMessage)) == before
