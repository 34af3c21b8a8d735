"""The access log for data protection, and names in it only by two people."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit
from portal.accounts.models import Membership
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.extensions import db
from portal.inspection.entries import about_key
from portal.inspection.models import OPEN_FOR, Evaluation
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

STAFF = ("Katrin Demowald", "Katrin")
CLIENT = ("Oksana", "Pryklad", "0000 123456")
REASON = "Beschwerde vom 20.11.: Wer hat die Angaben am Wochenende gelesen?"
WANTED = {"reason": REASON, "from_on": "2026-11-20", "until_on": "2026-11-23"}


def member(town: Town, role: str, name: str = "") -> Membership:
    db.session.rollback()
    found = town.factory.member(name or f"Person {role}", town.advisor.unit, role)
    db.session.commit()
    return found


@pytest.fixture
def auditor(as_member: Any, town: Town) -> PortalClient:
    found: PortalClient = as_member(member(town, "auditor", "Ada Prüfer"))
    return found


@pytest.fixture
def coordinator(as_member: Any, town: Town) -> PortalClient:
    found: PortalClient = as_member(member(town, "coordinator", "Kora Koordina"))
    return found


def read_by_advisor(as_member: Any, town: Town) -> None:
    assert as_member(town.advisor).get(f"/clients/{town.client.id}").status_code == 200
    db.session.rollback()


def write(town: Town, *, days: int = 0, kind: str = "client.read", client: UUID | None = None,
          subject: Any = None, ids: list[str] | None = None, by: Membership | None = None,
          purpose: str = "page") -> None:  # fmt: skip
    """An entry as any page writes it."""
    actor = town.factory.at(NOW - timedelta(days=days)).actor(by or town.advisor)
    more = {"ids": ids} if ids else {}
    db.session.rollback()
    audit.record_read(actor, kind, subject=subject, client_id=client,
                      purpose="list" if ids else purpose, **more)  # fmt: skip


def rows(page: str) -> int:
    return page.count("<time ")


def ask(auditor: PortalClient, **more: str) -> str:
    """A request; returns the path of its page."""
    made = auditor.post("/log/evaluations/new", data={**WANTED, **more})
    assert made.status_code == 303, made.text
    db.session.rollback()
    return str(made.location)


def approve(somebody: PortalClient, path: str, do: str = "approve") -> int:
    status = somebody.post(f"{path}/decide", data={"do": do}).status_code
    db.session.rollback()
    return status


# --- the log without names -------------------------------------------------------------------


def test_the_log_names_roles_and_organisations_and_nobody(
    as_member: Any, town: Town, auditor: PortalClient
) -> None:
    read_by_advisor(as_member, town)
    page = auditor.get("/log").text
    assert "Angaben gelesen" in page
    assert "Übersicht der Person" in page
    assert "Integrationsmanagement, " in page
    assert "Landratsamt Ortenaukreis (Demo)" in page
    assert town.client.id.hex[:8] in page
    assert [name for name in (*STAFF, *CLIENT) if name in page] == []


def test_who_signed_in_is_not_named_either(town: Town, auditor: PortalClient) -> None:
    db.session.rollback()
    actor = Actor.system(NOW)
    person = town.advisor.person
    audit.record(actor, "login.succeeded", subject=person)
    db.session.commit()
    page = auditor.get("/log?kind=login.succeeded").text
    assert rows(page) == 1
    assert "Ein Konto" in page
    assert [each for each in (*STAFF, person.id.hex[:8]) if each in page] == []


def test_the_log_is_filtered_by_day(town: Town, auditor: PortalClient) -> None:
    for days in (3, 2, 1):
        write(town, days=days)
    for query, found in (
        ("from_on=2026-11-20&until_on=2026-11-22", 3),
        ("from_on=2026-11-21&until_on=2026-11-21", 1),
        ("until_on=2026-11-20", 1), ("from_on=2026-11-22&kind=client.read", 1),
        ("from_on=20.11.2026&until_on=20.11.2026", 1), ("until_on=2026-11-19", 0),
    ):  # fmt: skip
        assert rows(auditor.get(f"/log?{query}").text) == found, query


def test_a_day_is_a_day_in_germany(town: Town, auditor: PortalClient) -> None:
    late = town.factory.at(NOW.replace(day=20, hour=23, minute=30)).actor(town.advisor)
    db.session.rollback()
    audit.record_read(late, "client.read", purpose="page")
    assert rows(auditor.get("/log?from_on=2026-11-21&until_on=2026-11-21").text) == 1
    assert rows(auditor.get("/log?from_on=2026-11-20&until_on=2026-11-20").text) == 0


def test_the_log_is_filtered_by_kind_and_organisation(town: Town, auditor: PortalClient) -> None:
    write(town)
    write(town, by=town.partner)
    office, county = town.partner.unit.organisation_id, town.advisor.unit.organisation_id
    assert rows(auditor.get(f"/log?kind=client.read&organisation={office.hex}").text) == 1
    assert rows(auditor.get(f"/log?kind=client.read&organisation={county.hex}").text) == 1
    assert rows(auditor.get("/log?kind=client.read").text) == 2
    assert "Kein Eintrag passt" in auditor.get("/log?kind=referral.voided").text


def test_the_log_is_filtered_by_client_lists_included(town: Town, auditor: PortalClient) -> None:
    town.factory.client(town.advisor, given_name="Andere")
    db.session.commit()
    mine, other = town.client.id, uuid4()
    write(town, client=mine)
    write(town, client=other)
    write(town, ids=[other.hex, mine.hex])
    write(town, ids=[other.hex])
    page = auditor.get(f"/log?kind=client.read&about={mine.hex[:8]}").text
    assert rows(page) == 2
    assert "2 Einträge" in page
    assert rows(auditor.get(f"/log?kind=client.read&about={mine}").text) == 2
    assert "Kein Eintrag passt" in auditor.get("/log?about=00000000").text


def test_the_log_is_filtered_by_referral(as_member: Any, town: Town, auditor: PortalClient) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    write(town, kind="referral.read", subject=referral, client=town.client.id)
    write(town, kind="referral.read", ids=[referral.id.hex, uuid4().hex])
    page = auditor.get(f"/log?about={referral.reference}&kind=referral.read").text
    assert rows(page) == 2
    assert f'href="/log?about={referral.reference}"' in page
    assert rows(auditor.get(f"/log?about={referral.reference.lower()}").text) >= 4
    of_client = auditor.get(f"/log?about={town.client.id.hex[:8]}&kind=referral.read").text
    assert rows(of_client) == 2
    assert rows(auditor.get("/log?about=VM-2026-999999").text) == 0


@pytest.mark.parametrize(
    "query",
    ["from_on=morgen", "kind=nonsense", "organisation=nonsense", "about=Oksana Pryklad",
     "about=%00", "until_on=2026-02-30"],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_said_at_the_field(auditor: PortalClient, query: str) -> None:
    answer = auditor.get(f"/log?{query}")
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert rows(answer.text) == 0


def test_the_log_is_paged_within_its_filters(town: Town, auditor: PortalClient) -> None:
    for _ in range(26):  # at one and the same moment
        write(town, client=town.client.id)
    write(town, kind="referral.read")
    first = auditor.get(f"/log?kind=client.read&about={town.client.id.hex[:8]}").text
    assert rows(first) == 25
    link = first.split('href="/log?after=')[1].split('"')[0].replace("&amp;", "&")
    assert "kind=client.read" in link
    assert rows(auditor.get(f"/log?after={link}").text) == 1
    assert auditor.get("/log?after=zzz").status_code == 404


def test_what_counts_as_a_key() -> None:
    assert about_key(" vm-2026-004711 ") == "VM-2026-004711"
    assert about_key("1A2B3C4D") == "1a2b3c4d"
    some = uuid4()
    assert about_key(str(some)) == some.hex
    for nonsense in ("", "1a2b3c4", "Oksana", "1a2b3c4d%", "VM-2026", "x" * 40):
        assert about_key(nonsense) is None, nonsense


def test_only_data_protection_reads_the_log(
    as_member: Any, town: Town, coordinator: PortalClient
) -> None:
    for somebody in (coordinator, as_member(town.advisor), as_member(town.lead)):
        assert somebody.get("/log").status_code == 403
        assert somebody.get("/log/evaluations/new").status_code == 403
    assert coordinator.get("/log/evaluations").status_code == 200


# --- evaluations -----------------------------------------------------------------------------


def test_two_people_make_the_names_readable(
    as_member: Any, town: Town, auditor: PortalClient, coordinator: PortalClient
) -> None:
    read_by_advisor(as_member, town)
    path = ask(auditor)
    waiting = auditor.get(path).text
    assert "Wartet auf eine zweite Person" in waiting
    assert "Katrin Demowald" not in waiting.split("<dl")[1]
    assert rows(waiting) == 0
    assert "1 Antrag auf Auswertung" in coordinator.get("/").text
    seen = coordinator.get(path).text
    assert REASON in seen
    assert "Freigeben" in seen
    assert approve(coordinator, path) == 303
    page = auditor.get(path).text
    assert "Katrin Demowald" in page
    assert "Freigegeben von" in page
    assert "Kora Koordina" in page
    assert [name for name in CLIENT if name in page] == []
    assert "Katrin Demowald" not in auditor.get("/log").text
    assert rows(coordinator.get(path).text) == 0
    assert "Die Namen sieht nur, wer den Antrag gestellt hat." in coordinator.get(path).text


def test_a_second_auditor_may_approve_too(
    as_member: Any, town: Town, auditor: PortalClient
) -> None:
    path = ask(auditor)
    second = as_member(member(town, "auditor", "Zoe Zweite"))
    assert "Auswertungen (1 wartet)" in second.get("/log").text
    assert approve(second, path) == 303
    assert rows(second.get(path).text) == 0
    assert rows(auditor.get(path).text) > 0


def test_nobody_approves_the_own_request(as_member: Any, town: Town, auditor: PortalClient) -> None:
    path = ask(auditor)
    assert "Freigeben" not in auditor.get(path).text
    assert approve(auditor, path) == 403
    # The same person in another role is no second person.
    other_role = town.factory.member("Ada Prüfer", town.stranger.unit, "coordinator")
    db.session.commit()
    assert approve(as_member(other_role), path) == 403
    assert the_evaluation().decided_at is None
    assert rows(auditor.get(path).text) == 0


def the_evaluation() -> Evaluation:
    db.session.rollback()
    return db.session.scalars(select(Evaluation)).one()


def test_others_cannot_approve(as_member: Any, town: Town, auditor: PortalClient) -> None:
    path = ask(auditor)
    for somebody in (town.advisor, town.lead, town.partner, member(town, "admin")):
        assert approve(as_member(somebody), path) == 403
        assert as_member(somebody).get(path).status_code == 403
    assert auditor.post(f"/log/evaluations/{uuid4()}/decide").status_code == 404
    assert auditor.get(f"/log/evaluations/{uuid4()}").status_code == 404


def test_a_rejected_request_shows_nothing(auditor: PortalClient, coordinator: PortalClient) -> None:
    path = ask(auditor)
    assert approve(coordinator, path, "reject") == 303
    page = auditor.get(path).text
    assert "Abgelehnt von" in page
    assert rows(page) == 0
    assert auditor.get(f"{path}/entries.csv").status_code == 404


def test_it_is_decided_once(
    as_member: Any, town: Town, auditor: PortalClient, coordinator: PortalClient
) -> None:
    path = ask(auditor)
    assert approve(coordinator, path, "reject") == 303
    assert approve(as_member(member(town, "auditor", "Zoe Zweite")), path) == 409
    assert the_evaluation().approved is False


def test_after_eight_hours_the_names_are_gone(
    app: Flask, auditor: PortalClient, coordinator: PortalClient
) -> None:
    path = ask(auditor)
    approve(coordinator, path)
    app.extensions["portal_clock"] = lambda: NOW + OPEN_FOR - timedelta(seconds=1)
    assert rows(auditor.get(path).text) > 0
    app.extensions["portal_clock"] = lambda: NOW + OPEN_FOR
    page = auditor.get(path).text
    assert "Abgelaufen" in page
    assert "Die acht Stunden sind vorbei." in page
    assert rows(page) == 0
    assert auditor.get(f"{path}/entries.csv").status_code == 404
    assert approve(coordinator, path) == 409


def test_an_evaluation_shows_its_part_of_the_log_alone(
    town: Town, auditor: PortalClient, coordinator: PortalClient
) -> None:
    person = town.advisor.person
    for days in (9, 2):
        write(town, days=days, client=town.client.id)
        write(town, days=days, by=town.partner)
    login = town.factory.at(NOW - timedelta(days=2)).actor(town.lead)
    audit.record(Actor.system(login.now), "login.succeeded", subject=person)
    db.session.commit()
    path = ask(auditor, person_id=person.id.hex, until_on="2026-11-22")
    approve(coordinator, path)
    page = auditor.get(path).text
    assert rows(page) == 2
    assert "Angemeldet" in page
    assert "Paula Partner" not in page.split("<table")[1]
    about = ask(auditor, about=str(town.client.id), until_on="2026-11-22")
    approve(coordinator, about)
    assert rows(auditor.get(about).text) == 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("reason", "", "Bitte ausfüllen."), ("reason", "Nur so.", "mindestens 20 Zeichen"),
     ("reason", "x" * 601, "zu lang"), ("from_on", "2026-11-24", "Das Datum liegt zu spät"),
     ("until_on", "2026-11-19", "Das Ende liegt vor dem Beginn."),
     ("from_on", "2025-01-01", "höchstens ein Jahr"), ("about", "Oksana Pryklad", "Kennung"),
     ("person_id", "nonsense", "angebotenen"), ("person_id", "0" * 32, "angebotenen")],
)  # fmt: skip
def test_what_is_missing_is_said_at_the_field_and_nothing_is_lost(
    auditor: PortalClient, field: str, value: str, told: str
) -> None:
    answer = auditor.post("/log/evaluations/new", data={**WANTED, field: value})
    assert answer.status_code == 422
    assert told in answer.text
    assert (REASON if field != "reason" else "2026-11-20") in answer.text
    db.session.rollback()
    assert db.session.scalars(select(Evaluation)).all() == []


def test_the_reason_is_encrypted_and_the_log_does_not_hold_it(auditor: PortalClient) -> None:
    ask(auditor)
    assert b"Beschwerde" not in the_evaluation().reason_sealed
    assert the_evaluation().reason == REASON
    entries = db.session.scalars(select(AuditEntry)).all()
    assert [entry for entry in entries if "Beschwerde" in str(entry.data)] == []


def test_everything_about_an_evaluation_is_in_the_log(
    auditor: PortalClient, coordinator: PortalClient
) -> None:
    rejected, path = ask(auditor), ask(auditor)
    approve(coordinator, rejected, "reject")
    approve(coordinator, path)
    auditor.get(path)
    auditor.get(f"{path}/entries.csv")
    db.session.rollback()
    found = db.session.scalars(
        select(AuditEntry).where(AuditEntry.kind.startswith("evaluation.")).order_by(AuditEntry.id)
    ).all()
    assert [entry.kind.partition(".")[2] for entry in found] == [
        "requested", "requested", "rejected", "approved", "read", "exported",
    ]  # fmt: skip
    assert {entry.purpose for entry in found} == {"evaluation"}
    assert found[-1].subject_id == UUID(path.rpartition("/")[2])
    assert found[-1].data["count"] > 0


def test_those_who_have_to_act_are_told(
    app: Flask, as_member: Any, town: Town, auditor: PortalClient, coordinator: PortalClient
) -> None:
    path = ask(auditor)
    approve(coordinator, path)
    letters = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.topic.startswith("evaluation."))
    ).all()
    with app.test_request_context():
        told = {(m.topic, *render(m).to): render(m).text for m in letters}
    assert set(told) == {
        ("evaluation.requested", "kora.koordina@portal.example"),
        ("evaluation.decided", "ada.prüfer@portal.example"),
    }
    assert all(path in text for text in told.values())
    assert [text for text in told.values() if "Beschwerde" in text] == []


# --- as a file -------------------------------------------------------------------------------


def test_an_evaluation_can_be_taken_along_as_a_table(
    as_member: Any, town: Town, auditor: PortalClient, coordinator: PortalClient
) -> None:
    town.advisor.person.name = "=1+1;Katrin"
    db.session.commit()
    read_by_advisor(as_member, town)
    path = ask(auditor)
    approve(coordinator, path)
    shown = rows(auditor.get(path).text)
    answer = auditor.get(f"{path}/entries.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert lines[0][:2] == ["Zeitpunkt", "Name"]
    (read,) = (line for line in lines if line[4] == "Angaben gelesen")
    assert read[1] == "'=1+1;Katrin"
    assert read[2:4] == ["Integrationsmanagement", "Landratsamt Ortenaukreis (Demo)"]
    assert read[5:] == ["Übersicht der Person", "Person", town.client.id.hex[:8]]
    assert len(lines) - 1 == shown + 1  # that the page was read is in the log too
    assert coordinator.get(f"{path}/entries.csv").status_code == 403


def test_a_file_is_refused_where_it_would_leave_something_out(
    town: Town, auditor: PortalClient, coordinator: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.inspection.views.MOST_LINES", 26)
    for _ in range(30):
        write(town)
    path = ask(auditor)
    approve(coordinator, path)
    page = auditor.get(path).text
    assert "Zu viele Einträge für eine Datei" in page
    assert "entries.csv" not in page
    assert auditor.get(f"{path}/entries.csv").status_code == 409


# --- cost ------------------------------------------------------------------------------------


def test_pages_cost_no_more_queries_for_more_rows(
    town: Town, auditor: PortalClient, coordinator: PortalClient, queries: Any
) -> None:
    path = ask(auditor)
    approve(coordinator, path)
    about = f"/log?from_on=2026-11-01&kind=client.read&about={town.client.id.hex[:8]}"
    pages = ["/log", about, "/log/evaluations", path]
    few = [queries(auditor, page) for page in pages]
    for number in range(25):
        by = member(town, "advisor", f"Person {number}")
        write(town, client=town.client.id, by=by)
        ask(auditor)
    many = [queries(auditor, page) for page in pages]
    assert max(many) <= 10, dict(zip(pages, many, strict=True))
    assert many <= [count + 1 for count in few]
