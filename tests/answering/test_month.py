"""Once a month an office without an account says of all that runs there how it stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Unit
from portal.answering import month, month_views
from portal.audit import AuditEntry
from portal.demo.factory import Factory
from portal.extensions import db
from portal.links import tokens
from portal.links.tokens import Purpose
from portal.outbox import InboxItem, OutboxMessage
from portal.referrals import endings
from portal.referrals.models import Event, Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town, build_town
from tests.answering.opening import CODE, again, post, set_code
from tests.mailing.counting import statements
from tests.threads import at_once

FIRST = datetime(2026, 12, 1, 6, tzinfo=UTC)  # a Tuesday
IN_FOUR_WEEKS = (NOW + timedelta(days=28)).date()


def running(town: Town, *moves: str, service: Any = None, name: str = "Oksana") -> Referral:
    """A referral that is under way."""
    client = town.factory.client(town.advisor, given_name=name)
    sent = town.factory.sent(town.advisor, client, service or town.service)
    partner = town.stranger if service is town.other_service else town.partner
    for move in moves or ("accept", "start"):
        town.factory.move(partner, sent.id, move)
    db.session.commit()
    return sent


def asked(unit: Unit | None = None) -> int:
    """How many monthly letters were written."""
    db.session.rollback()
    count = select(func.count()).where(OutboxMessage.topic == "link.month")
    if unit is not None:
        count = count.where(OutboxMessage.unit_id == unit.id)
    return db.session.scalar(count) or 0


def events(referral: Referral) -> list[tuple[str, str | None]]:
    db.session.rollback()
    found = select(Event.action, Event.source).where(Event.referral_id == referral.id)
    return [(row.action, row.source) for row in db.session.execute(found.order_by(Event.number))]


@pytest.fixture
def list_of(town: Town) -> str:
    """The address of the list of the town's office."""
    return "/month/" + tokens.make(Purpose.MONTH, town.service.unit, town.service.unit_id, NOW)


@pytest.fixture
def known(town: Town, browser: PortalClient, list_of: str) -> PortalClient:
    """A device that has entered the office's code on the page of the list."""
    running(town, name="Erste")
    set_code(town)
    entered = browser.submit(f"{list_of}/code", {"code": CODE}, form=list_of)
    assert (entered.status_code, entered.location) == (303, list_of)
    return browser


def row(referral: Referral, **said: str) -> dict[str, str]:
    return {f"{referral.id.hex}-{key}": value for key, value in said.items()}


def listed(*referrals: Referral, **changed: int) -> list[str]:
    return [f"{each.id.hex}:{changed.get('seen', each.version)}" for each in referrals]


# --- the letter ---------------------------------------------------------------------------------


def test_every_office_is_asked_once_a_month_on_its_first_working_day(town: Town) -> None:
    running(town)
    unit = town.service.unit
    assert month.ask_due(NOW) == 1  # nobody asked in November so far: caught up
    assert month.ask_due(NOW + timedelta(days=1)) == 0
    assert month.ask_due(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == 1  # already December here
    for day in range(31):
        month.ask_due(FIRST + timedelta(days=day))
    assert asked(unit) == 2
    new_year = [datetime(2027, 1, day, 12, tzinfo=UTC) for day in range(1, 6)]
    assert [month.ask_due(day) for day in new_year] == [0, 0, 0, 1, 0]  # a holiday, a weekend
    (letter, *_) = [each for each in post() if each.subject == "Was läuft noch?"]
    assert letter.to == ("kita@portal.example",)
    assert "http://localhost/month/" in letter.text
    assert "Erste" not in letter.text
    assert unit.full_name not in letter.subject


def test_several_workers_ask_once(app: Flask, town: Town) -> None:
    running(town)
    told = at_once(app, *[lambda: month.ask_due(FIRST)] * 4)
    assert sorted(told) == [0, 0, 0, 1]
    assert asked() == 1


def test_a_worker_that_dies_in_between_has_written_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(town)

    def dies(*args: Any, **values: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(month.outbox, "enqueue", dies)
        with pytest.raises(KeyboardInterrupt):
            month.ask_due(FIRST)
    assert asked() == 0
    assert month.ask_due(FIRST) == 1


def test_who_is_asked(town: Town) -> None:
    """Those who take part by link and have something running; the others are not bothered."""
    running(town, service=town.other_service)  # an office without a mailbox
    sent = town.factory.sent(town.advisor, town.client, town.service)  # answered by nobody yet
    db.session.commit()
    assert month.ask_due(FIRST) == 0
    assert asked() == 0
    town.factory.move(town.partner, sent.id, "accept")
    town.partner.person.password = "a hash"  # somebody can log in
    db.session.commit()
    january, february, march = (FIRST + timedelta(days=days) for days in (35, 63, 91))
    assert month.ask_due(january) == 0
    set_code(town)  # and takes part by link all the same
    assert month.ask_due(february) == 1
    town.service.unit.suspect_since = NOW
    db.session.commit()
    assert month.ask_due(march) == 0


def test_those_with_an_account_find_it_in_the_portal(town: Town) -> None:
    running(town)
    month.ask_due(FIRST)
    (item,) = db.session.scalars(
        select(InboxItem)
        .join(OutboxMessage)
        .where(InboxItem.person_id == town.partner.person_id, OutboxMessage.topic == "link.month")
    )
    assert item.message.path == "/referrals?filter=running"


# --- the list -----------------------------------------------------------------------------------


def test_without_the_code_there_is_only_a_number(
    town: Town, browser: PortalClient, list_of: str
) -> None:
    found = [running(town, name=name) for name in ("Anna", "Berta")]
    page = browser.get(list_of)
    assert page.status_code == 200
    assert "laufen 2 Anfragen" in page.text
    assert "Code Ihrer Stelle" in page.text
    for referral in found:
        assert referral.reference not in page.text
    sent = browser.submit(list_of, {"row": listed(*found), **row(found[0], answer="complete")})
    assert (sent.status_code, sent.location) == (303, list_of)
    assert events(found[0])[-1][0] == "start"


def test_a_wrong_code_is_told_on_this_page(town: Town, browser: PortalClient, list_of: str) -> None:
    running(town)
    set_code(town)
    wrong = browser.submit(f"{list_of}/code", {"code": "falsch"}, form=list_of)
    assert wrong.status_code == 422
    assert "Dieser Code stimmt nicht" in wrong.text
    assert browser.submit(f"{list_of}/ask-for-code", form=list_of).status_code == 303
    db.session.rollback()
    assert "Code für Antworten per Link festlegen" in [each.subject for each in post()]


def test_three_answers_with_one_button(town: Town, known: PortalClient, list_of: str) -> None:
    goes_on, done, broken, silent = [
        running(town, name=n) for n in ("Anna", "Berta", "Cora", "Dora")
    ]
    seen = [again(each).version for each in (goes_on, done, broken, silent)]
    page = known.get(list_of).text
    for shown in ("Anna", "Berta", goes_on.reference, "Kita-Plätze", "angefragt am Mo. 23.11.2026"):
        assert shown in page
    assert "checked" not in page
    post()
    answer = known.submit(list_of, {
        "row": listed(goes_on, done, broken, silent),
        **row(goes_on, answer="confirm", confirm_next_on=str(IN_FOUR_WEEKS)),
        **row(done, answer="complete", complete_code="help_received"),
        **row(broken, answer="fail", fail_code="no_show"),
        **row(silent, fail_code="no_show"),  # nothing was chosen: nothing is said
    })  # fmt: skip
    assert answer.status_code == 303
    states = [(again(each).status, each.code, each.next_on) for each in (goes_on, done, broken)]
    assert states[0] == ("in_progress", None, IN_FOUR_WEEKS)
    assert [state[:2] for state in states[1:]] == [
        ("completed", "help_received"), ("not_completed", "no_show"),
    ]  # fmt: skip
    assert [events(each)[-1] for each in (goes_on, done, broken)] == [
        ("confirm", "link"), ("complete", "link"), ("fail", "link"),
    ]  # fmt: skip
    assert events(silent)[-1][0] == "start"
    assert again(silent).version == seen[3]
    assert "3 Antworten" in known.get(list_of).text
    letters = [each for each in post() if each.to == ("kita@portal.example",)]
    (letter,) = letters  # one for the whole list
    assert "mehreren Vorgängen" in letter.text
    assert "http://localhost/month/" in letter.text


def test_what_a_row_needs_is_asked_there(town: Town, known: PortalClient, list_of: str) -> None:
    """Done without an outcome, a day that is too far, nothing at all, what was never offered."""
    one, other = running(town, name="Anna"), running(town, name="Berta")
    again(one)
    far = str(IN_FOUR_WEEKS + timedelta(days=30))
    refused = known.submit(list_of, {
        "row": listed(one, other),
        **row(one, answer="complete"),
        **row(other, answer="confirm", confirm_next_on=str(IN_FOUR_WEEKS)),
    })  # fmt: skip
    assert refused.status_code == 422
    assert f'id="{one.id.hex}-complete_code-error"' in refused.text
    assert f'href="#row-{one.id.hex}"' in refused.text
    assert len(re.findall(r"\bchecked\b", refused.text)) == 2  # all that was chosen is still there
    assert events(other)[-1][0] == "start"  # all or nothing
    for said in ({"answer": "confirm", "confirm_next_on": far}, {"answer": "withdraw"}, {}):
        answer = known.submit(list_of, {"row": listed(one), **row(one, **said)})
        assert answer.status_code == 422
        assert "Es wurde nichts gespeichert" in answer.text
    assert events(one)[-1][0] == "start"


def test_a_row_that_changed_meanwhile_keeps_the_others(
    town: Town, known: PortalClient, list_of: str
) -> None:
    one, other = running(town, name="Anna"), running(town, name="Berta")
    seen = listed(again(one), again(other))
    town.factory.move(town.partner, one.id, "pause")
    db.session.commit()
    said = {"row": seen, **row(one, answer="complete", complete_code="help_received"),
            **row(other, answer="fail", fail_code="no_show")}  # fmt: skip
    late = known.submit(list_of, said)
    assert late.status_code == 409
    assert "war schneller" in late.text
    assert f"{one.id.hex}:{again(one).version}" in late.text  # now it has been seen
    assert events(other)[-1][0] == "start"
    town.factory.move(town.partner, other.id, "complete")  # it stands on the list no more
    db.session.commit()
    said["row"] = listed(again(one), other, seen=one.version)
    gone = known.submit(list_of, said)
    assert gone.status_code == 409
    assert other.reference in gone.text
    assert f"row-{other.id.hex}" not in gone.text
    said["row"] = listed(one)
    assert known.submit(list_of, said).status_code == 303
    assert again(one).status == "completed"


def test_two_devices_that_send_at_once_answer_once(
    app: Flask, town: Town, known: PortalClient, list_of: str
) -> None:
    found = [running(town, name=name) for name in ("Anna", "Berta")]
    said = {"row": listed(*map(again, found))}
    for each in found:
        said |= row(each, answer="complete", complete_code="help_received")  # type: ignore[arg-type]
    other: Any = app.test_client()
    other.submit(f"{list_of}/code", {"code": CODE}, form=list_of)
    with_tokens = [
        (device, {**said, "csrf_token": device.token(list_of)}) for device in (known, other)
    ]
    answers = at_once(app, *[
        lambda device=device, data=data: device.post(list_of, data=data).status_code
        for device, data in with_tokens
    ])  # fmt: skip
    assert sorted(answers) == [303, 409]
    for each in found:
        assert [action for action, _ in events(each)].count("complete") == 1


def offered(page: str, referral: Referral) -> list[str]:
    return re.findall(rf'id="{referral.id.hex}-answer-(\w+)"\s+name=', page)


def test_only_what_is_possible_is_offered(town: Town, known: PortalClient, list_of: str) -> None:
    under_way, waits, has_date = (
        running(town, *moves)
        for moves in (("accept", "start"), ("waitlist",), ("accept_with_appointment",))
    )
    running(town, "decline")
    page = known.get(list_of).text
    assert offered(page, under_way) == ["confirm", "complete", "fail"]
    assert offered(page, waits) == ["confirm"]
    assert offered(page, has_date) == ["complete", "fail"]
    assert page.count('name="row"') == 4  # with the first one
    # What would need an explanation beside it stands on the page of the request.
    assert 'value="no_show"' in page
    assert 'value="other"' not in page
    (link,) = re.findall(rf'href="(/answer/[^"]+)"[^>]*{waits.reference}', page)
    assert "Gerät vergessen" in known.get(link).text  # without another code


def test_what_needs_more_than_a_list_has_stands_on_its_own_page(
    factory: Factory, browser: PortalClient
) -> None:
    """A course ends with a level and an exam."""
    town = build_town(factory, "sprachkurs")
    course = running(town)
    set_code(town)
    address = "/month/" + tokens.make(Purpose.MONTH, town.service.unit, town.service.unit_id, NOW)
    browser.submit(f"{address}/code", {"code": CODE}, form=address)
    assert offered(browser.get(address).text, course) == ["confirm", "fail"]


def test_a_revoked_consent_takes_the_row_away(
    town: Town, known: PortalClient, list_of: str
) -> None:
    gone = running(town, name="Anna")
    endings.revoke_consent(town.factory.actor(town.advisor), gone.consent_id, "in_person")
    db.session.commit()
    page = known.get(list_of).text
    assert gone.reference not in page
    assert "Anna" not in page


def test_nothing_runs(town: Town, browser: PortalClient, list_of: str) -> None:
    assert "Bei Ihnen läuft gerade nichts" in browser.get(list_of).text
    set_code(town)
    known = browser.submit(f"{list_of}/code", {"code": CODE}, form="/slip")
    assert known.status_code == 303
    assert "Bei Ihnen läuft gerade nichts" in browser.get(list_of).text
    assert "Alles senden" not in browser.get(list_of).text


def test_a_device_is_forgotten(town: Town, known: PortalClient, list_of: str) -> None:
    assert known.submit(f"{list_of}/forget", form=list_of).status_code == 303
    assert "Code Ihrer Stelle" in known.get(list_of).text


def test_nobody_elses_rows(town: Town, known: PortalClient, list_of: str) -> None:
    theirs = running(town, service=town.other_service, name="Fremd")
    assert "Fremd" not in known.get(list_of).text
    assert theirs.reference not in known.get(list_of).text
    said = row(theirs, answer="complete", complete_code="help_received")
    for rows in (listed(theirs), ["x:1"], [f"{theirs.id.hex}:x"], [theirs.id.hex]):
        assert known.submit(list_of, {"row": rows, **said}, form=list_of).status_code == 404
    assert events(theirs)[-1][0] == "start"


def test_links_that_are_no_key(app: Flask, town: Town, known: PortalClient, list_of: str) -> None:
    unit = town.service.unit
    referral = running(town)
    other_purpose = tokens.make(Purpose.ANSWER, unit, referral.id, NOW)
    for wrong in (f"/month/{other_purpose}", list_of[:-1], list_of + "x", "/month/x",
                  list_of.replace("/month/", "/answer/")):  # fmt: skip
        assert known.get(wrong).status_code == 404
    theirs = town.other_service.unit
    foreign = "/month/" + tokens.make(Purpose.MONTH, theirs, theirs.id, NOW)
    assert "Erste" not in known.get(foreign).text  # the code of one office opens no other's
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=29)
    assert known.get(list_of).status_code == 200
    app.extensions["portal_clock"] = lambda: NOW + timedelta(days=30)
    for dead in (known.get(list_of), known.post(list_of)):
        assert dead.status_code in (400, 410)
    assert known.get(list_of).status_code == 410


def test_the_rest_stands_on_the_next_list(
    town: Town, known: PortalClient, list_of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month_views, "MOST", 2)
    running(town, name="Anna")
    running(town, name="Berta")
    first = known.get(list_of).text
    assert first.count('name="row"') == 2
    (after,) = set(re.findall(r'href="(/month/[^"]+after=[^"]+)"', first))
    second = known.get(after.replace("&amp;", "&")).text
    assert second.count('name="row"') == 1
    assert len(set(re.findall(r"VM-2026-\d{6}", first + second))) == 3


def test_a_long_list_costs_no_more_queries(town: Town, known: PortalClient, list_of: str) -> None:
    for _ in range(2):
        running(town)
    three = statements(known, list_of)
    for _ in range(27):
        running(town)
    assert known.get(list_of).text.count('name="row"') == 30
    assert statements(known, list_of) == three


def test_who_reads_the_names_is_written_down(town: Town, known: PortalClient, list_of: str) -> None:
    referral = running(town, name="Anna")
    known.get(list_of)
    db.session.rollback()
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.purpose == "list").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert entry.actor_kind == "link"
    assert entry.organisation_id == town.service.unit.organisation_id
    assert referral.id.hex in entry.data["ids"]
