"""The disclosure sheet, the dossier over all organisations, and what a client takes along."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit
from portal.clients.models import Client
from portal.demo.factory import Factory
from portal.documents.sheet import Facts, Heading, Paragraph, Sheet, Table, Words
from portal.extensions import db
from portal.network.models import Service
from portal.privacy import commands
from portal.privacy.disclosure import disclosure_sheet
from portal.privacy.dossier import dossier, portable
from portal.privacy.paper import dossier_sheet
from portal.referrals import deletions, endings
from portal.referrals.models import Referral
from portal.testing.pages import browser
from portal.testing.town import NOW, Town
from tests.documents import reading


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """Reading only; what writes is tested on both."""
    return sqlite_app


def later(town: Town, days: int) -> Factory:
    return town.factory.at(NOW + timedelta(days=days))


def partner_of(town: Town, kind: str, type: str, name: str) -> tuple[Service, Any]:  # noqa: A002
    office = town.factory.unit(town.factory.organisation(name, kind), phone="0000 3000")
    return (
        town.factory.service(office, type, f"Angebot {name}", neutral_name="Beratung"),
        town.factory.member(f"Mitglied {name}", office, "partner"),
    )


def words_of(sheet: Sheet) -> list[Words]:
    found = [sheet.title, sheet.footer]
    for block in sheet.blocks:
        match block:
            case Heading() | Paragraph():
                found.append(block.words)
            case Facts():
                found += [words for row in block.rows for words in row]
            case Table():
                found += [*block.head, *(words for row in block.rows for words in row)]
            case _:
                pass
    return found


def german(sheet: Sheet) -> str:
    return "\n".join(words.de for words in words_of(sheet))


def sheet_of(town: Town, days: int = 0) -> Sheet:
    db.session.commit()
    client = db.session.get_one(Client, town.client.id)
    return disclosure_sheet(later(town, days).actor(town.advisor), client)


# --- the disclosure sheet -----------------------------------------------------------------


def test_nothing_was_passed_on_yet(town: Town) -> None:
    town.factory.draft(town.advisor, town.client, town.service)
    assert "Bisher wurde nichts weitergegeben." in german(sheet_of(town))


def test_who_got_what_when_why_until_when(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    later(town, 1).move(town.partner, referral.id, "accept")
    sheet = sheet_of(town, 2)
    said = german(sheet)
    assert "Kita-Büro Hausach (Demo)" in said
    assert "Vorname, Nachname" in said
    assert "Telefon" in said
    assert "Name und Geburtsdatum" in said
    assert "23.11.2026" in said
    assert "Termin mit der Person vereinbaren" in said  # the purpose
    assert "24.05.2027" in said  # until when
    assert "Läuft" in said
    assert "0000 1000" in said  # whom to call to stop it
    assert "Nachname, Geburtsdatum" not in said  # was empty
    # No value, only what it was.
    assert "0000 123456" not in said
    assert sheet.language == "uk"
    assert any(words.other and words.other != words.de for words in words_of(sheet))


def test_before_it_said_yes_an_office_saw_no_name(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    said = german(sheet_of(town))
    assert "Vorname" not in said
    assert "Gemeinde, Sprache" in said
    later(town, 1).move(town.partner, referral.id, "decline", {"code": "no_capacity"})
    said = german(sheet_of(town, 2))
    assert "Vorname" not in said
    assert "Beendet" in said
    assert "24.11.2026" in said  # closed at once, without days of grace


def test_what_was_sent_later_stands_there_too(town: Town) -> None:
    from_draft = town.factory.draft(town.advisor, town.client, town.service, withheld=["phone"])
    town.factory.consent(town.advisor, town.client, town.service.unit)
    town.factory.move(town.advisor, from_draft.id, "send")
    later(town, 1).move(town.partner, from_draft.id, "ask", {"question": "Wie erreichbar?"})
    answer = {"text": "Am Telefon", "release": ["phone"]}
    later(town, 2).move(town.advisor, from_draft.id, "answer", answer)
    later(town, 3).move(town.partner, from_draft.id, "accept")
    said = german(sheet_of(town, 4))
    assert "23.11.2026, 25.11.2026" in said
    assert "Telefon" in said


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [(None, "noch nicht bestätigt"), ({"answer": "deleted"}, "hat bestätigt, dass sie die Angaben"),
     ({"answer": "kept", "basis": "§ 84 SGB X, zehn Jahre"}, "§ 84 SGB X, zehn Jahre")],
)  # fmt: skip
def test_after_a_revocation_it_says_what_became_of_it(
    town: Town, answer: dict[str, Any] | None, sentence: str
) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    assert referral.consent_id is not None
    endings.revoke_consent(town.factory.actor(town.advisor), referral.consent_id)
    if answer:
        deletions.answer(town.factory.actor(town.partner), referral.id, answer)
    said = german(sheet_of(town))
    assert "Widerrufen" in said
    assert sentence in said


def test_an_expired_consent_has_ended_and_a_frozen_record_rests(town: Town) -> None:
    town.factory.sent(town.advisor, town.client, town.service)
    assert "Beendet" in german(sheet_of(town, 200))
    commands.restrict_client(town.factory.actor(town.advisor), town.client.id)
    said = german(sheet_of(town))
    assert "Ruht: Die Nutzung ist eingeschränkt" in said
    assert "Läuft" not in said


def test_the_office_is_named_whatever_its_name_tells(town: Town) -> None:
    """It is the client's own sheet; the neutral name of a service is for everybody else."""
    service, _ = partner_of(town, "welfare", "wohlfahrt", "Suchtberatung (Demo)")
    town.factory.sent(town.advisor, town.client, service)
    assert "Suchtberatung (Demo)" in german(sheet_of(town))


@pytest.mark.parametrize("language", ["de", "ar", "prs", "so"])
def test_the_pdf_is_accessible_in_every_language(app: Flask, town: Town, language: str) -> None:
    client = town.factory.client(town.advisor, contact_language=language, family_name="Beispiel")
    referral = town.factory.sent(town.advisor, client, town.service)
    town.factory.move(town.partner, referral.id, "accept")
    db.session.commit()
    answer = browser(app, town.advisor).get(f"/clients/{client.id}/disclosures.pdf")
    assert answer.mimetype == "application/pdf"
    assert reading.is_accessible(answer.data)
    text = reading.text(answer.data)
    assert "Wer hat was von mir bekommen?" in text
    assert "Kita-Büro Hausach (Demo)" in text


# --- the dossier --------------------------------------------------------------------------


@pytest.fixture
def three(town: Town) -> list[Referral]:
    """The client has data in three organisations, one of which keeps a register of its own."""
    jobcenter, clerk = partner_of(town, "jobcenter", "jobcenter", "Jobcenter Probe (Demo)")
    school, teacher = partner_of(town, "language_provider", "sprachkurs", "VHS Probe (Demo)")
    f = town.factory
    kita = f.sent(town.advisor, town.client, town.service)
    f.move(town.partner, kita.id, "accept_with_appointment",
           {"appointment_at": NOW + timedelta(days=3), "place": "Zimmer 7",
            "note": "Bitte Impfpass mitbringen."})  # fmt: skip
    office = f.sent(town.advisor, town.client, jobcenter, form={
        "request": "course_obligation", "details": "Bitte klären."})  # fmt: skip
    f.move(clerk, office.id, "accept")
    f.move(clerk, office.id, "issue_obligation", {"explanation": "Kurs passt zum Ziel."})
    course = f.sent(town.advisor, town.client, school)
    f.move(teacher, course.id, "decline", {"code": "level_mismatch"})
    data = {"kind": "access", "received_on": NOW.date(), "note": "Was wisst ihr?"}
    commands.record_request(f.actor(town.advisor), town.client.id, data)
    db.session.commit()
    return [kita, office, course]


def told(town: Town) -> dict[str, Any]:
    db.session.rollback()
    client = db.session.get_one(Client, town.client.id)
    return dossier(town.factory.actor(town.advisor), client)


def test_the_dossier_goes_over_all_organisations(app: Flask, town: Town, three: Any) -> None:
    browser(app, town.advisor).get(f"/clients/{town.client.id}")
    browser(app, town.partner).get("/referrals?filter=all")
    found = told(town)
    json.dumps(found)
    assert found["person"]["contact_language"] == {"label": "Sprache", "text": "Ukrainisch"}
    assert found["person"]["municipality"]["text"] == town.client.municipality.name
    by_recipient = {each["recipient"]: each for each in found["referrals"]}
    assert set(by_recipient) == {
        "Kita-Büro Hausach (Demo)", "Jobcenter Probe (Demo)", "VHS Probe (Demo)",
    }  # fmt: skip
    kita = by_recipient["Kita-Büro Hausach (Demo)"]
    assert kita["shared"][0]["fields"]["given_name"] == {"label": "Vorname", "text": "Oksana"}
    assert kita["appointments"][0]["place"] == "Zimmer 7"
    details = [d["text"] for entry in kita["history"] for d in entry["details"]]
    assert "Bitte Impfpass mitbringen." in details
    declined = by_recipient["VHS Probe (Demo)"]
    assert declined["state"] == "Absage"
    assert found["partners"][0]["title"] == "Entscheidungen des Jobcenters"
    assert "Kurs passt zum Ziel." in json.dumps(found["partners"], ensure_ascii=False)
    assert found["privacy_requests"][0]["note"] == "Was wisst ihr?"
    assert {m["to"] for m in found["messages"]} >= {"Kita-Büro Hausach (Demo)"}
    log = {(entry["who"], entry["purpose"]) for entry in found["access_log"]}
    assert ("Landratsamt Ortenaukreis (Demo), Team Kinzigtal (Integrationsmanagement)",
            "Übersicht der Person") in log  # fmt: skip
    assert ("Kita-Büro Hausach (Demo) (Partnerstelle)", "Liste") in log


def test_it_is_in_words_and_names_no_staff(town: Town, three: Any) -> None:
    said = json.dumps(told(town), ensure_ascii=False)
    for code in ("level_mismatch", "course_obligation", "accept_with_appointment", "08317041",
                 "paper_signed", "client.read", "uk\"", "granted"):  # fmt: skip
        assert code not in said, code
    for member in (town.advisor, town.partner):
        assert member.person.name not in said


def test_the_paper_says_the_same(town: Town, three: Any) -> None:
    found, client = told(town), db.session.get_one(Client, town.client.id)
    said = german(dossier_sheet(town.factory.actor(town.advisor), client, found))
    for text in (
        "Oksana", "Ukrainisch", "Zimmer 7", "Bitte Impfpass mitbringen.", "Kurs passt zum Ziel.",
        "Was wisst ihr?", "Jobcenter Probe (Demo)", "VHS Probe (Demo)", "23.12.2026",
        "http://localhost/documents/information", "keine automatische Entscheidung",
    ):  # fmt: skip
        assert text in said, text
    assert "2026-11-23" not in said
    assert "None" not in said


def test_a_client_of_whom_nothing_is_known_yet(app: Flask, town: Town) -> None:
    browser_ = browser(app, town.advisor)
    answer = browser_.get(f"/clients/{town.client.id}/dossier.pdf")
    assert reading.is_accessible(answer.data)
    assert "Nichts gespeichert." in reading.text(answer.data)
    assert browser_.get(f"/clients/{town.client.id}/dossier.json").json["referrals"] == []


def test_one_click_makes_pdf_and_json(app: Flask, town: Town, three: Any) -> None:
    visitor = browser(app, town.advisor)
    paper = visitor.get(f"/clients/{town.client.id}/dossier.pdf")
    assert reading.is_accessible(paper.data)
    assert "Bitte Impfpass mitbringen." in reading.text(paper.data)
    data = visitor.get(f"/clients/{town.client.id}/dossier.json")
    assert data.json["format"] == "hand-in-hand/dossier"
    for answer in (paper, data):
        name = answer.headers["Content-Disposition"]
        assert "Auskunft" in name
        assert "Pryklad" not in name
    db.session.rollback()
    reads = db.session.scalars(
        select(audit.AuditEntry).where(audit.AuditEntry.purpose == "dossier")
    ).all()
    assert len(reads) == 2


def test_a_plugin_that_fails_stops_it(town: Town, three: Any, monkeypatch: Any) -> None:
    """Half an answer would be wrong."""
    from portal_jobcenter import plugin

    def broken(client: Client) -> dict[str, Any]:
        raise RuntimeError("defekt")

    monkeypatch.setattr(plugin.commands, "export", broken)
    with pytest.raises(RuntimeError, match="defekt"):
        told(town)


def test_of_a_plugin_that_is_gone_its_words_stay(town: Town, three: list[Referral]) -> None:
    three[1].type = "verschwunden"
    db.session.commit()
    said = json.dumps(told(town)["referrals"], ensure_ascii=False)
    assert "Bitte klären." in said
    assert "Kurs passt zum Ziel." in said


# --- to take along ------------------------------------------------------------------------


def test_what_the_client_provided_is_for_programs_too(town: Town, three: Any) -> None:
    client = db.session.get_one(Client, town.client.id)
    found = portable(town.factory.actor(town.advisor), client)
    assert found["person"]["contact_language"] == {
        "label": "Sprache", "value": "uk", "text": "Ukrainisch",
    }  # fmt: skip
    answers = [request["answers"] for request in found["requests"]]
    assert any(a.get("details", {}).get("value") == "Bitte klären." for a in answers)
    said = json.dumps(found, ensure_ascii=False)
    assert "Impfpass" not in said  # what others wrote is in the dossier
