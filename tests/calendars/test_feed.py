"""Appointments in people's own calendars: which, for whom, and that changes change the entry."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from icalendar import Calendar, Event
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from portal.accounts import commands as accounts
from portal.accounts.models import Membership
from portal.audit import AuditEntry
from portal.calendars import commands, feed
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import Status
from portal.referrals import effects
from portal.referrals.commands import void
from portal.referrals.endings import revoke_consent
from portal.referrals.models import Appointment, Referral
from portal.registry import registry
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from portal.workflow import LOCAL

NEXT_WEEK = datetime(2026, 12, 1, 10, tzinfo=LOCAL)
ADDRESS = re.compile(r'value="http://localhost(/calendar/[\w-]{43}\.ics)"')


def browser(app: Flask, member: Membership) -> PortalClient:
    made: PortalClient = app.test_client()
    return made.sign_in(member)


def address_of(member: Membership, factory: Factory) -> str:
    """The address of this member's calendar, as the account page makes it."""
    db.session.rollback()
    token = commands.make_address(factory.actor(member), member.person)
    db.session.commit()
    return f"/calendar/{token}.ics"


def fetch(app: Flask, address: str) -> list[Event]:
    """What a calendar program reads, without any session."""
    answer = app.test_client().get(address)
    assert answer.status_code == 200
    return events(answer)


def events(answer: TestResponse) -> list[Event]:
    calendar = Calendar.from_ical(answer.data)
    assert calendar.errors == []
    assert [event.errors for event in calendar.events] == [[] for _ in calendar.events]
    assert calendar.to_ical() == answer.data
    return calendar.events


def scheduled(town: Town, at: datetime = NEXT_WEEK) -> Referral:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, referral.id, "accept_with_appointment",
           {"appointment_at": at, "place": "Beratungsstelle, Zimmer 12"})  # fmt: skip
    db.session.commit()
    return referral


# --- the address ----------------------------------------------------------------------------------


def test_an_address_is_made_shown_once_renewed_and_revoked(app: Flask, town: Town) -> None:
    client = browser(app, town.advisor)
    assert "Sie haben zurzeit keine Adresse." in client.get("/account/calendar").text
    first = ADDRESS.search(client.submit("/account/calendar").text)
    assert first is not None
    again = client.get("/account/calendar").text
    assert ADDRESS.search(again) is None
    assert "angelegt am Mo. 23.11.2026" in again
    assert fetch(app, first[1]) == []

    second = ADDRESS.search(client.submit("/account/calendar").text)
    assert second is not None
    assert app.test_client().get(first[1]).status_code == 404
    assert fetch(app, second[1]) == []

    assert client.submit("/account/calendar/revoke", form="/account/calendar").status_code == 303
    assert app.test_client().get(second[1]).status_code == 404
    assert "Sie haben zurzeit keine Adresse." in client.get("/account/calendar").text
    client.post("/account/calendar/revoke", data={"csrf_token": client.token("/account/calendar")})
    db.session.rollback()
    found = select(AuditEntry.kind).where(AuditEntry.kind.startswith("calendar."))
    kinds = db.session.scalars(found.order_by(AuditEntry.id)).all()
    assert kinds == ["calendar.made", "calendar.made", "calendar.revoked"]


def test_the_secret_is_kept_nowhere(app: Flask, town: Town) -> None:
    address = address_of(town.advisor, town.factory)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 43
    fetch(app, address)
    assert app.test_client().get(f"/calendar/{token}x.ics").status_code == 404
    db.session.rollback()
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            assert token not in str(tuple(row)), table.name


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "\u00e4", "..%2f", "a b", "x" * 5000])
def test_a_wrong_address_is_nobodys(app: Flask, town: Town, token: str) -> None:
    address_of(town.advisor, town.factory)
    assert app.test_client().get(f"/calendar/{token}.ics").status_code == 404


def test_nobody_without_an_address_is_found_by_none(app: Flask, town: Town) -> None:
    assert town.advisor.person.calendar_digest is None
    assert app.test_client().get("/calendar/None.ics").status_code == 404
    assert app.test_client().get("/calendar/.ics").status_code == 404


@pytest.mark.parametrize("how", ["deactivated", "other mail"])
def test_a_closed_account_has_no_calendar_not_even_when_it_is_opened_again(
    app: Flask, town: Town, how: str
) -> None:
    f = town.factory
    scheduled(town)
    address = address_of(town.advisor, f)
    admin = f.member("Ada Admin", f.unit(f.organisation("Stab (Demo)", "county")), "admin")
    person = town.advisor.person
    if how == "deactivated":
        accounts.deactivate_person(f.actor(admin), person.id)
    else:
        data = {"name": person.name, "email": "neu@portal.example", "language": "de"}
        accounts.change_person(f.actor(admin), person.id, data)
    db.session.commit()
    assert app.test_client().get(address).status_code == 404
    person.active = True
    db.session.commit()
    assert app.test_client().get(address).status_code == 404


def test_the_answer_is_for_calendar_programs_alone(app: Flask, town: Town) -> None:
    scheduled(town)
    client = browser(app, town.stranger)  # a browser with a session of somebody else
    answer = client.get(address_of(town.advisor, town.factory))
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(events(answer)) == 1
    lines = answer.data.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or len(line) > 75 for line in lines)


@pytest.mark.parametrize("found", [True, False])
def test_no_log_names_the_secret(
    app: Flask, town: Town, capsys: pytest.CaptureFixture[str], found: bool
) -> None:
    """Also not where the portal itself fails: the tables of the appointments are gone."""
    address = address_of(town.advisor, town.factory)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    app.config["TESTING"] = False  # or a failure would reach the test itself
    if found:
        db.session.execute(text("ALTER TABLE appointment RENAME TO lost"))
        db.session.commit()
    else:
        token = token[::-1]
    answer = app.test_client().get(f"/calendar/{token}.ics")
    assert answer.status_code in ((500, 503) if found else (404,))
    written = capsys.readouterr()
    assert token not in written.out + written.err
    assert ("calendars.subscribed" in written.out + written.err) is found


def test_nothing_is_noted_of_a_fetch_and_nothing_written(app: Flask, town: Town) -> None:
    scheduled(town)
    address = address_of(town.advisor, town.factory)
    before = db.session.scalars(select(AuditEntry.id)).all()
    fetch(app, address)
    db.session.rollback()
    assert db.session.scalars(select(AuditEntry.id)).all() == before


# --- what is in it --------------------------------------------------------------------------------


def test_it_says_when_and_nothing_of_whom_or_where(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    answer = app.test_client().get(address_of(town.partner, town.factory))
    (event,) = events(answer)
    assert {str(key) for key in event} == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "SUMMARY", "STATUS"
    }  # fmt: skip
    assert event["SUMMARY"] == f"Termin Portal {referral.reference}"
    assert event.start == NEXT_WEEK
    assert (event.sequence, event["STATUS"]) == (0, "CONFIRMED")
    for word in ("Oksana", "Pryklad", "Zimmer", "Kita", "Hausach", "Demowald", str(referral.id)):
        assert word not in answer.text


def test_it_is_in_the_language_of_its_owner(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    address = address_of(town.advisor, town.factory)
    town.advisor.person.language = "en"
    db.session.commit()
    (event,) = fetch(app, address)
    assert event["SUMMARY"] == f"Portal appointment {referral.reference}"


def test_everybody_finds_the_own_and_nobody_anothers(app: Flask, town: Town) -> None:
    scheduled(town)
    f = town.factory
    county = f.unit(town.advisor.unit.organisation, "Koordination")
    others = [f.member(f"Zz {role}", county, role) for role in
              ("coordinator", "auditor", "admin", "volunteer", "advisor", "partner")]  # fmt: skip
    db.session.commit()
    sees = {town.advisor: 1, town.lead: 1, town.partner: 1, town.colleague: 0, town.stranger: 0}
    for member, count in {**sees, **dict.fromkeys(others, 0)}.items():
        assert len(fetch(app, address_of(member, f))) == count, member.role


def test_who_serves_in_two_offices_finds_both_in_one_calendar(app: Flask, town: Town) -> None:
    f = town.factory
    scheduled(town)
    second = f.sent(town.advisor, town.client, town.other_service)
    f.move(town.stranger, second.id, "accept_with_appointment", {"appointment_at": NEXT_WEEK})
    both = Membership(person_id=town.partner.person_id, unit_id=town.stranger.unit_id,
                      role="partner")  # fmt: skip
    db.session.add(both)
    db.session.commit()
    address = address_of(town.partner, f)
    assert len(fetch(app, address)) == 2
    both.ended_on = NOW.date()
    db.session.commit()
    assert len(fetch(app, address)) == 1


@pytest.mark.parametrize("ended", ["membership", "unit", "organisation"])
def test_who_serves_nowhere_any_more_has_an_empty_calendar(
    app: Flask, town: Town, ended: str
) -> None:
    scheduled(town)
    address = address_of(town.partner, town.factory)
    if ended == "membership":
        town.partner.ended_on = NOW.date()
    elif ended == "unit":
        town.partner.unit.active = False
    else:
        town.partner.unit.organisation.active = False
    db.session.commit()
    assert fetch(app, address) == []


def test_another_advisor_takes_the_appointments_over(app: Flask, town: Town) -> None:
    scheduled(town)
    before = address_of(town.advisor, town.factory)
    after = address_of(town.colleague, town.factory)
    town.client.advisor_id = town.colleague.id
    db.session.commit()
    assert fetch(app, before) == []
    assert len(fetch(app, after)) == 1


def test_after_an_expired_consent_the_partner_sees_no_date(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    partner = address_of(town.partner, town.factory)
    advisor = address_of(town.advisor, town.factory)
    assert referral.consent is not None
    referral.consent.valid_until = NOW.date() - timedelta(days=1)
    db.session.commit()
    assert fetch(app, partner) == []
    assert len(fetch(app, advisor)) == 1


# --- changes --------------------------------------------------------------------------------------


def postponed(town: Town, referral: Referral, at: datetime, now: datetime = NOW) -> None:
    """As a partner does it: the one is called off, and another one arranged."""
    f = town.factory.at(now)
    f.move(town.partner, referral.id, "event_cancelled")
    f.move(town.partner, referral.id, "schedule", {"appointment_at": at})
    db.session.commit()


def test_a_moved_appointment_is_the_same_entry(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    addresses = [address_of(member, town.factory) for member in (town.advisor, town.partner)]
    before = [fetch(app, address) for address in addresses]
    later = NEXT_WEEK + timedelta(days=2)
    postponed(town, referral, later, NOW + timedelta(hours=1))
    postponed(town, referral, later + timedelta(hours=1), NOW + timedelta(hours=2))
    for address, [old] in zip(addresses, before, strict=True):
        (new,) = fetch(app, address)
        assert new["UID"] == old["UID"]
        assert (old.sequence, new.sequence) == (0, 4)
        assert (old.start, new.start) == (NEXT_WEEK, later + timedelta(hours=1))
        assert new["STATUS"] == "CONFIRMED"
        assert (old.stamp, new.stamp) == (NOW, NOW + timedelta(hours=2))


def test_a_date_in_the_place_of_another_is_the_same_entry(app: Flask, town: Town) -> None:
    """A plugin's move may arrange anew without calling off."""
    referral = scheduled(town)
    address = address_of(town.advisor, town.factory)
    (old,) = fetch(app, address)
    anew = registry().referral_type(referral.type).workflow.action("schedule")
    values = {"appointment_at": NEXT_WEEK + timedelta(days=3)}
    partner = town.factory.actor(town.partner)
    effects.apply(partner, referral, anew, values, Status.SCHEDULED)
    db.session.commit()
    (new,) = fetch(app, address)
    assert (new["UID"], new.start) == (old["UID"], NEXT_WEEK + timedelta(days=3))
    assert (new.sequence > old.sequence, new["STATUS"]) == (True, "CONFIRMED")


def test_a_cancelled_appointment_is_the_same_entry_for_thirty_days(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    address = address_of(town.partner, town.factory)
    (old,) = fetch(app, address)
    town.factory.move(town.partner, referral.id, "event_cancelled")
    db.session.commit()
    (off,) = fetch(app, address)
    assert (off["UID"], off.sequence, off["STATUS"]) == (old["UID"], 1, "CANCELLED")
    assert off.start == old.start
    for days, count in ((30, 1), (31, 0)):
        app.extensions["portal_clock"] = lambda days=days: NOW + timedelta(days=days)
        assert len(fetch(app, address)) == count


def test_after_a_no_show_the_next_appointment_is_another_entry(app: Flask, town: Town) -> None:
    referral = scheduled(town, NOW + timedelta(hours=1))
    address = address_of(town.advisor, town.factory)
    (missed,) = fetch(app, address)
    f = town.factory.at(NOW + timedelta(hours=3))
    f.move(town.partner, referral.id, "no_show", {"excused": True})
    f.move(town.partner, referral.id, "schedule", {"appointment_at": NEXT_WEEK})
    db.session.commit()
    first, second = fetch(app, address)
    assert (first["UID"], first.start) == (missed["UID"], missed.start)
    assert (second["UID"] != first["UID"], second.sequence) == (True, 0)


def test_what_has_taken_place_stays_for_thirty_days(app: Flask, town: Town) -> None:
    scheduled(town)
    address = address_of(town.advisor, town.factory)
    for days, count in ((30, 1), (31, 0)):
        moment = NEXT_WEEK + timedelta(days=days)
        app.extensions["portal_clock"] = lambda moment=moment: moment
        assert len(fetch(app, address)) == count


@pytest.mark.parametrize("how", ["withdrawn", "revoked"])
def test_the_end_of_a_referral_cancels_its_appointment_on_both_sides(
    app: Flask, town: Town, how: str
) -> None:
    referral = scheduled(town)
    addresses = [address_of(member, town.factory) for member in (town.advisor, town.partner)]
    if how == "withdrawn":
        town.factory.move(town.advisor, referral.id, "withdraw")
    else:
        assert referral.consent_id is not None
        revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    db.session.commit()
    for address in addresses:
        (event,) = fetch(app, address)
        assert (event["STATUS"], event.sequence) == ("CANCELLED", 1)


def test_what_was_an_error_leaves_the_partners_calendar(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    address = address_of(town.partner, town.factory)
    void(town.factory.actor(town.lead), referral.id, {"reason": "Falsche Person ausgewählt."})
    db.session.commit()
    assert fetch(app, address) == []


# --- the nights of the clock change ---------------------------------------------------------------

NIGHTS = [
    # 29 March 2026: after 1:59 comes 3:00
    (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20260329T015900"),
    (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20260329T030000"),
    (datetime(2026, 3, 29, 7, 0, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20260329T090000"),
    # 25 October 2026: after 2:59 comes 2:00
    (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20261025T015900"),
    (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20261025T023000"),
    (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "DTSTART:20261025T013000Z"),
    (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20261025T030000"),
]


@pytest.mark.parametrize(("moment", "line"), NIGHTS)
def test_the_moment_is_right_in_both_nights_of_the_clock_change(
    moment: datetime, line: str
) -> None:
    entry = feed.Entry(uuid4(), 0, "VM-2026-000001", moment, NOW, False)
    written = feed.written([entry], name="x", title="Termin Portal")
    assert line.encode() in written.split(b"\r\n")
    calendar = Calendar.from_ical(written)
    (event,) = calendar.events
    assert event.start.astimezone(UTC) == moment
    # The same by the rules in the file alone, for programs that know no zone by its name.
    (zone,) = calendar.timezones
    if "TZID" in line:
        naive = event.start.replace(tzinfo=None)
        assert naive.replace(tzinfo=zone.to_tz(lookup_tzid=False)).astimezone(UTC) == moment


@pytest.mark.parametrize(("day", "hours"), [((2027, 1, 15), 1), ((2027, 7, 15), 2),
                                            ((2040, 7, 15), 2)])  # fmt: skip
def test_the_zone_holds_for_other_years(day: tuple[int, int, int], hours: int) -> None:
    calendar = Calendar.from_ical(feed.written([], name="x", title="x"))
    (zone,) = calendar.timezones
    local = datetime(*day, 12, tzinfo=zone.to_tz(lookup_tzid=False))
    assert local.utcoffset() == timedelta(hours=hours)


# --- a file for one -------------------------------------------------------------------------------


def file_of(referral: Referral) -> str:
    series = db.session.scalars(
        select(Appointment.series_id).where(Appointment.referral_id == referral.id)
    ).first()
    return f"/referrals/{referral.id}/appointments/{series}.ics"


def test_one_appointment_is_a_file(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    path = file_of(referral)
    for member in (town.advisor, town.partner):
        client = browser(app, member)
        page = client.get(f"/referrals/{referral.id}").text
        assert path in page
        answer = client.get(path)
        assert answer.content_type == "text/calendar; charset=utf-8"
        assert answer.headers["Content-Disposition"] == (
            f"attachment; filename=Termin-{referral.reference}.ics"
        )
        (event,) = events(answer)
        assert event.start == NEXT_WEEK
    (subscribed,) = fetch(app, address_of(town.partner, town.factory))
    assert subscribed == event


def test_the_file_of_a_moved_appointment_is_the_new_one(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    path = file_of(referral)
    later = NEXT_WEEK + timedelta(days=1)
    postponed(town, referral, later)
    (event,) = events(browser(app, town.advisor).get(path))
    assert (event.start, event.sequence) == (later, 2)
    page = browser(app, town.advisor).get(f"/referrals/{referral.id}").text
    assert page.count(path) == 1


def test_anothers_file_is_not_found(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    path = file_of(referral)
    for member in (town.stranger, town.colleague):
        assert browser(app, member).get(path).status_code == 404
    advisor = browser(app, town.advisor)
    assert advisor.get(f"/referrals/{referral.id}/appointments/{uuid4()}.ics").status_code == 404
    assert advisor.get(path.replace(str(referral.id), str(uuid4()))).status_code == 404


def test_after_a_revocation_the_partners_file_says_that_it_is_off(app: Flask, town: Town) -> None:
    referral = scheduled(town)
    assert referral.consent_id is not None
    revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    db.session.commit()
    client = browser(app, town.partner)
    (event,) = events(client.get(file_of(referral)))
    assert event["STATUS"] == "CANCELLED"
    assert "In den Kalender" not in client.get(f"/referrals/{referral.id}").text
