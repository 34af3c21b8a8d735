"""Who is written to, and when: wishes, nights, weekends, and never twice a day about one thing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import outbox
from portal.accounts.models import Membership
from portal.extensions import db
from portal.mailing import spreading
from portal.mailing.letters import Letter
from portal.mailing.sending import LONGEST_PAUSE, Refused, deliver_due
from portal.outbox import ATTEMPTS, CORE_MESSAGES, InboxItem, Mail, OutboxMessage
from portal.referrals import endings
from portal.testing.town import NOW, Town
from portal.workflow import LOCAL

MONDAY = NOW.astimezone(LOCAL).date()


@dataclass
class Postbox:
    letters: list[Letter] = field(default_factory=list)
    breaks: Exception | None = None

    def send(self, letter: Letter) -> None:
        if self.breaks:
            raise self.breaks
        self.letters.append(letter)

    def subjects(self) -> list[str]:
        return [letter.subject for letter in self.letters]


@pytest.fixture
def box() -> Postbox:
    return Postbox()


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """An hour in Berlin, counted from the Monday on which the tests begin."""
    return datetime.combine(MONDAY + timedelta(days=days), time(hour, minute), LOCAL)


def tell(town: Town, moment: datetime, topic: str = "referral.news", **more: Any) -> None:
    to = {"person_id": town.advisor.person_id, "unit_id": town.advisor.unit_id}
    if "unit_id" in more:
        to = {}
    actor = town.factory.at(moment).actor(town.advisor)
    outbox.enqueue(actor, topic, **{"reference": "VM-2026-000001", **to, **more})
    db.session.commit()


def wish(member: Membership, wanted: str) -> None:
    member.person.mail_wish = wanted
    db.session.commit()


def test_at_night_and_on_weekends_it_waits_for_a_working_morning(town: Town, box: Postbox) -> None:
    evening = at(4, 19)  # Friday
    tell(town, evening, reference="VM-1")
    tell(town, at(5, 12), reference="VM-2")
    for quiet in (evening, at(4, 23), at(5, 12), at(6, 12), at(7, 6, 59)):
        assert deliver_due(box, quiet) == (0, 0)
    assert deliver_due(box, at(7, 7)) == (1, 0)
    assert box.subjects() == ["2 Nachrichten im Portal"]
    assert "VM-1: Neues zu Ihrer Vermittlung" in box.letters[0].text
    assert "VM-2: Neues zu Ihrer Vermittlung" in box.letters[0].html
    assert "http://localhost/inbox" in box.letters[0].text


@pytest.mark.parametrize(
    ("sunday", "morning"),
    [
        (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 3, 30, 5, tzinfo=UTC)),  # Easter
        (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 10, 26, 6, tzinfo=UTC)),
    ],
)
def test_after_the_nights_when_the_clock_changes_it_is_seven_by_the_clock(
    town: Town, box: Postbox, sunday: datetime, morning: datetime
) -> None:
    tell(town, sunday)
    assert deliver_due(box, morning - timedelta(minutes=1)) == (0, 0)
    assert deliver_due(box, morning) == (1, 0)


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (at(0, 6, 59), at(0, 7)),
        (at(0, 7), None),
        (at(0, 18, 59), None),
        (at(0, 19), at(1, 7)),
        (at(5, 8), at(7, 7)),
        # Christmas of 2026 falls on a Friday and a Saturday; Epiphany is a holiday here.
        (datetime(2026, 12, 24, 20, tzinfo=LOCAL), datetime(2026, 12, 28, 7, tzinfo=LOCAL)),
        (datetime(2027, 1, 5, 20, tzinfo=LOCAL), datetime(2027, 1, 7, 7, tzinfo=LOCAL)),
        # The nights in which the clock is changed.
        (datetime(2026, 10, 25, 2, 30, tzinfo=LOCAL), datetime(2026, 10, 26, 7, tzinfo=LOCAL)),
        (datetime(2027, 3, 28, 3, 30, tzinfo=LOCAL), datetime(2027, 3, 30, 7, tzinfo=LOCAL)),
    ],
)
def test_when_a_person_is_written_to(
    town: Town, box: Postbox, moment: datetime, due: datetime | None
) -> None:
    tell(town, moment)
    assert deliver_due(box, moment) == ((0, 0) if due else (1, 0))
    if due:
        # 29 March 2027 is Easter Monday.
        assert db.session.scalars(select(Mail.due_at)).one() == due


def test_once_a_day_all_together(town: Town, box: Postbox) -> None:
    wish(town.advisor, "daily")
    for number in range(3):
        tell(town, at(0, 9 + number), reference=f"VM-{number}")
        assert deliver_due(box, at(0, 9 + number)) == (0, 0)
    assert deliver_due(box, at(1, 7)) == (1, 0)
    assert box.subjects() == ["3 Nachrichten im Portal"]
    assert deliver_due(box, at(2, 12)) == (0, 0)


def test_one_that_waited_alone_is_a_letter_as_always(town: Town, box: Postbox) -> None:
    wish(town.advisor, "daily")
    tell(town, at(0, 9))
    assert deliver_due(box, at(1, 7)) == (1, 0)
    assert box.subjects() == ["VM-2026-000001: Neues zu Ihrer Vermittlung"]


def test_in_the_portal_alone(town: Town, box: Postbox) -> None:
    wish(town.advisor, "never")
    tell(town, NOW)
    assert deliver_due(box, NOW) == (0, 0)
    message = db.session.scalars(select(OutboxMessage)).one()
    assert message.delivered_at == NOW  # nothing is left to be done
    assert db.session.scalars(select(InboxItem.person_id)).all() == [town.advisor.person_id]


def test_a_unit_s_mailbox_gets_it_at_once_at_any_hour(town: Town, box: Postbox) -> None:
    tell(town, at(5, 23), "referral.sent", unit_id=town.partner.unit_id)
    assert deliver_due(box, at(5, 23)) == (1, 0)
    assert box.letters[0].to == ("kita@portal.example",)


@pytest.mark.parametrize("to_unit", [True, False])
def test_never_twice_a_day_about_the_same_thing(town: Town, box: Postbox, to_unit: bool) -> None:
    to = {"unit_id": town.partner.unit_id} if to_unit else {}
    tell(town, at(0, 9), **to)
    assert deliver_due(box, at(0, 9)) == (1, 0)
    tell(town, at(0, 10), **to)
    tell(town, at(0, 11), **to)
    tell(town, at(0, 11), reference="VM-2026-000002", **to)
    assert deliver_due(box, at(0, 18)) == (1, 0)
    # It is not lost: one letter on the next working day tells of both.
    assert deliver_due(box, at(1, 7)) == (1, 0)
    assert box.subjects() == [
        f"VM-2026-00000{number}: Neues zu Ihrer Vermittlung" for number in (1, 2, 1)
    ]
    assert deliver_due(box, at(3, 12)) == (0, 0)
    unread = select(InboxItem).where(InboxItem.message.has(reference="VM-2026-000001"))
    assert len(db.session.scalars(unread).all()) == 3  # in the portal stands each of them


def revoke(town: Town, moment: datetime, appointment: datetime) -> None:
    f = town.factory.at(moment)
    town.partner.unit.email = ""
    wish(town.partner, "never")
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "accept_with_appointment", {"appointment_at": appointment})
    db.session.query(OutboxMessage).delete()
    assert referral.consent_id is not None
    endings.revoke_consent(f.actor(town.advisor), referral.consent_id)
    db.session.commit()


def test_the_end_of_access_on_the_day_of_an_appointment_leaves_at_once(
    town: Town, box: Postbox
) -> None:
    revoke(town, at(5, 6), at(5, 15))  # a Saturday, early
    assert deliver_due(box, at(5, 6)) == (1, 0)
    assert box.letters[0].subject.endswith("Zugriff beendet")
    assert box.letters[0].to == ("paula.partner@portal.example",)
    assert "Telefon 0000 1000" in box.letters[0].text  # whom to ask
    assert "Widerruf" not in box.letters[0].text


def test_on_other_days_it_waits_as_everything_does(town: Town, box: Postbox) -> None:
    revoke(town, at(5, 6), at(6, 15))
    assert deliver_due(box, at(5, 6)) == (0, 0)


def test_who_leaves_while_it_waits_is_not_told(town: Town, box: Postbox) -> None:
    tell(town, at(4, 20))
    assert deliver_due(box, at(4, 20)) == (0, 0)
    town.advisor.ended_on = MONDAY + timedelta(days=5)
    db.session.commit()
    assert deliver_due(box, at(7, 7)) == (2, 0)
    assert sorted(letter.to[0] for letter in box.letters) == [
        "jonas.demobach@portal.example", "petra.leitmann@portal.example",
    ]  # fmt: skip
    # And finds it in the inbox, as the unit now does.
    readers = set(db.session.scalars(select(InboxItem.person_id)))
    assert readers == {
        town.advisor.person_id, town.colleague.person_id, town.lead.person_id,
    }  # fmt: skip


def test_one_of_a_unit_leaves_while_it_waits(town: Town, box: Postbox) -> None:
    town.partner.unit.email = ""
    second = town.factory.member("Zora Zweite", town.partner.unit, "partner")
    wish(second, "daily")
    tell(town, at(0, 9), unit_id=town.partner.unit_id)
    assert deliver_due(box, at(0, 9)) == (1, 0)
    second.ended_on = MONDAY
    db.session.commit()
    assert deliver_due(box, at(1, 7)) == (0, 0)
    assert [letter.to for letter in box.letters] == [("paula.partner@portal.example",)]
    assert db.session.scalars(select(OutboxMessage.delivered_at)).one() is not None


def test_a_volunteer_who_has_left_is_not_told_and_nobody_instead(town: Town, box: Postbox) -> None:
    helper = town.factory.member("Vera Freiwillig", town.partner.unit, "volunteer")
    actor = town.factory.actor(town.advisor)
    outbox.enqueue(actor, "task.offered", person_id=helper.person_id, membership_id=helper.id)
    helper.ended_on = MONDAY
    town.factory.member("Vera Freiwillig", town.advisor.unit, "volunteer")
    db.session.commit()
    assert deliver_due(box, NOW) == (0, 0)


def test_a_message_without_its_template_goes_to_the_dead_letters(
    app: Flask, town: Town, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(CORE_MESSAGES["referral.sent"], template="messages/gone.txt")
    monkeypatch.setitem(CORE_MESSAGES, "referral.sent", broken)
    for number, topic in enumerate(("referral.sent", "referral.news", "referral.sent")):
        tell(town, NOW, topic, reference=f"VM-{number}", unit_id=town.partner.unit_id)
    moment = NOW
    assert deliver_due(box, moment) == (1, 2)
    for _ in range(ATTEMPTS):
        moment += LONGEST_PAUSE
        deliver_due(box, moment)
    assert box.subjects() == ["VM-1: Neues zu Ihrer Vermittlung"]
    dead = db.session.scalars(select(Mail).where(Mail.delivered_at.is_(None))).all()
    assert {(mail.attempts, mail.error) for mail in dead} == {(ATTEMPTS, "TemplateNotFound")}
    assert db.session.scalars(select(OutboxMessage).where(outbox.given_up())).all() == [
        mail.message for mail in sorted(dead, key=lambda mail: mail.message_id)
    ]  # fmt: skip


def test_a_server_that_is_down_for_a_day(town: Town, box: Postbox) -> None:
    """Messages come in all day; nothing is lost and nothing doubled."""
    box.breaks = ConnectionRefusedError()
    moment, number = at(0, 8), 0
    while moment < at(1, 8):
        if moment.hour in range(8, 18) and moment.minute == 0:
            tell(town, moment, reference=f"VM-{number}", unit_id=town.partner.unit_id)
            tell(town, moment, reference=f"VM-{number}", unit_id=town.partner.unit_id)
            number += 1
        assert deliver_due(box, moment)[0] == 0
        moment += timedelta(minutes=20)
    box.breaks = None
    for _ in range(24):
        deliver_due(box, moment)
        moment += timedelta(hours=1)
    assert sorted(box.subjects()) == sorted(
        f"VM-{each}: Neues zu Ihrer Vermittlung" for each in range(number)
    )
    waiting = select(OutboxMessage).where(OutboxMessage.delivered_at.is_(None))
    assert db.session.scalars(waiting).all() == []


def test_a_repeat_of_a_letter_is_recognisable(town: Town, box: Postbox) -> None:
    class Dies(Postbox):
        def send(self, letter: Letter) -> None:
            box.letters.append(letter)
            raise KeyboardInterrupt

    wish(town.advisor, "daily")
    tell(town, at(0, 9), reference="VM-1")
    tell(town, at(0, 9), reference="VM-2")
    with pytest.raises(KeyboardInterrupt):
        deliver_due(Dies(), at(1, 7))
    assert deliver_due(box, at(1, 8)) == (1, 0)
    first, second = box.letters
    assert first == second
    assert first.token
    # One that tells of more is another letter.
    tell(town, at(1, 9), reference="VM-3")
    tell(town, at(1, 9), reference="VM-4")
    assert deliver_due(box, at(2, 7)) == (1, 0)
    assert box.letters[-1].token != first.token


def test_a_refusal_of_an_address_that_was_corrected_meanwhile(town: Town, box: Postbox) -> None:
    class Slow(Postbox):
        def send(self, letter: Letter) -> None:
            town.advisor.person.email = "new@portal.example"
            db.session.commit()
            raise Refused(550)

    tell(town, NOW)
    assert deliver_due(Slow(), NOW, limit=1) == (0, 1)
    db.session.refresh(town.advisor.person)
    assert town.advisor.person.suspect_since is None
    assert deliver_due(box, NOW) == (1, 0)
    assert box.letters[0].to == ("new@portal.example",)


def test_an_erased_client_leaves_no_letter_behind(town: Town, box: Postbox) -> None:
    wish(town.advisor, "daily")
    tell(town, NOW)
    assert deliver_due(box, NOW) == (0, 0)
    db.session.query(OutboxMessage).delete()
    db.session.commit()
    assert deliver_due(box, at(1, 7)) == (0, 0)
    assert db.session.scalars(select(Mail)).all() == db.session.scalars(select(InboxItem)).all()


def test_mornings_are_working_mornings() -> None:
    assert spreading.coming_morning(at(0, 3)) == at(0, 7)
    assert spreading.next_morning(at(0, 3)) == at(1, 7)
    assert spreading.next_morning(at(4, 12)).date() == date(2026, 11, 30)
