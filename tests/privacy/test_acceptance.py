"""The list of a data protection officer (domain 3.11), each point by its number."""

from __future__ import annotations

import logging
import re
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import __version__, outbox
from portal.accounts.models import Membership
from portal.audit import AuditEntry
from portal.clients import policy as clients
from portal.clients.fields import CLIENT_FIELDS
from portal.consents import policy as consents
from portal.consents import texts
from portal.demo.factory import Factory
from portal.extensions import Model, db
from portal.mailing.letters import render
from portal.network import policy as network
from portal.privacy import commands as rights
from portal.privacy import emergency
from portal.problems import Invalid
from portal.referrals import commands, endings, policy
from portal.referrals.models import Package, Referral
from portal.registry import registry
from portal.testing.forms import forms_of
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers
from portal.testing.pages import browser
from portal.testing.town import NOW, Town
from portal.web.access import PUBLIC, access
from portal.workflow import LOCAL
from tests.documents import reading
from tests.pages.test_handover import filled
from tests.privacy.walking import addresses, every_id, office, walk

GONE = "Zugriff beendet"
TODAY = NOW.date()


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    return sqlite_app


def at(app: Flask, moment: datetime) -> None:
    """Set the clock of the portal."""
    app.extensions["portal_clock"] = lambda: moment


def office_of(app: Flask, kind: str) -> Office:
    found = office(Factory(NOW), registry().referral_type(kind))
    db.session.commit()
    return found


def last_entry() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.max(AuditEntry.id))) or 0


# --- 1 ------------------------------------------------------------------------------------
def test_01_a_partner_account_opens_only_its_own(app: Flask, town: Town) -> None:
    f = town.factory
    own = f.sent(town.advisor, town.client, town.service)
    other = f.sent(town.advisor, town.client, town.other_service)
    draft = f.draft(town.advisor, town.client, town.service)
    db.session.commit()
    assert list(db.session.scalars(policy.visible(f.actor(town.partner)))) == [own]
    listed = [page.text for page in walk(app, town.partner, ["/", "/referrals?filter=all"])]
    assert all(own.reference in text for text in listed)
    assert not any(each.reference in text for text in listed for each in (other, draft))
    assert [page.status for page in walk(app, town.partner, [f"/referrals/{own.id}"])] == [200]
    neighbours = [type(own.id)(int=own.id.int + step) for step in (-1, 1)]
    guessed: dict[str, list[Any]] = {
        "referral_id": [other.id, draft.id, own.client_id, own.consent_id, uuid4(), *neighbours],
        "client_id": [town.client.id], "consent_id": [own.consent_id, other.consent_id],
        "action": ["accept", "answer"], "need": ["childcare"],
    }  # fmt: skip
    tried = list(walk(app, town.partner, [a for a in addresses(app, guessed) if "-" in a]))
    assert len(tried) > 40
    assert {page.status for page in tried} == {403, 404}
    # 403 only where the role has no right to a page of this kind, whatever the id.
    assert {page.status for page in tried if page.address.endswith(("accept", "pulse"))} == {404}


# --- 2 ------------------------------------------------------------------------------------
def misses(town: Town, how: str) -> None:
    """Take down a consent that does not match."""
    f, unit = town.factory, town.service.unit
    if how == "for somebody else":
        f.consent(town.advisor, town.client, town.other_service.unit)
    elif how == "of another person":
        f.consent(town.advisor, f.client(town.advisor, given_name="Rahima"), unit)
    elif how == "for less":
        f.consent(town.advisor, town.client, unit, categories=["request", "person"])
    elif how == "expired":
        consent = f.consent(town.advisor, town.client, unit)
        consent.valid_until = TODAY - timedelta(days=1)
    elif how == "revoked":
        consent = f.consent(town.advisor, town.client, unit)
        endings.revoke_consent(f.actor(town.advisor), consent.id)
    elif how == "refused":
        f.consent(town.advisor, town.client, unit).refused = True
    elif how == "for talking only":
        f.consent(town.advisor, town.client, unit).kind = "secrecy_release"


@pytest.mark.parametrize("how", ["none", "for somebody else", "of another person", "for less",
                                 "expired", "revoked", "refused", "for talking only"])  # fmt: skip
def test_02_sending_without_a_matching_consent_is_impossible(
    app: Flask, town: Town, how: str
) -> None:
    f = town.factory
    misses(town, how)
    draft = f.draft(town.advisor, town.client, town.service)
    db.session.commit()
    for who in (town.advisor, town.lead):
        with pytest.raises(Invalid) as caught:
            commands.perform(f.actor(who), draft.id, "send", {})
        assert set(caught.value.errors) == {"consent"}
        db.session.rollback()
    visitor = browser(app, town.advisor)
    straight = visitor.post(f"/referrals/{draft.id}/send")
    assert straight.status_code == 422
    assert "Es fehlt eine gültige Einwilligung" in straight.text
    # The page of the draft asks for the consent that is missing, and sends nothing before.
    address = f"/referrals/{draft.id}/draft"
    page = visitor.get(address).text
    assert "Freiwilligkeit, Folgen einer Ablehnung und Widerruf erklärt" in page
    form = next(form for form in forms_of(page, address) if form.path == address)
    assert form.send(visitor, {}).status_code == 422
    db.session.rollback()
    assert db.session.get_one(Referral, draft.id).status == "draft"
    assert db.session.scalars(select(Package)).all() == []


# --- 3 ------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_03_the_view_closes_within_one_minute(app: Flask, how: str) -> None:
    here, secret = office_of(app, "jobcenter"), Markers("zqalpha")
    referral = here.referral(here.client(secret), ways(here.kind.workflow)["accepted"], secret)
    consent = referral.consent
    assert consent is not None
    # The last minute of its last day, as it is counted in Germany.
    almost_midnight = datetime.combine(consent.valid_until, time(23, 59), LOCAL)
    at(app, almost_midnight)
    db.session.commit()
    page = f"/referrals/{referral.id}"
    everywhere = [page, f"{page}/complete", f"/jobcenter/{referral.id}/unterlagen", "/",
                  "/referrals", "/referrals?filter=all", "/referrals?filter=running"]  # fmt: skip
    before = list(walk(app, here.partner, everywhere))
    assert all(secret.are_in(each.text) for each in before[:1] + before[3:])
    pulse = before[0].text.split(f'hx-get="{page}/pulse?')[1].split('"')[0]
    assert 'hx-trigger="every 30s"' in before[0].text
    if how == "revoked":
        visitor = browser(app, here.advisor)
        assert visitor.post(f"/consents/{consent.id}/revoke").status_code == 303
    else:
        at(app, almost_midnight + timedelta(minutes=1))
    answer = browser(app, here.partner).get(f"{page}/pulse?{pulse}")
    assert answer.headers["HX-Refresh"] == "true"
    after = list(walk(app, here.partner, everywhere))
    assert GONE in after[0].text
    assert "0000 1" in after[0].text  # the telephone of who sent it
    assert [each.address for each in after if secret.are_in(each.text)] == []
    moved = browser(app, here.partner).post(f"{page}/complete", data={"code": "help_received"})
    assert moved.status_code == 409
    assert not secret.are_in(moved.text)


# --- 4 ------------------------------------------------------------------------------------
def test_04_each_read_of_client_data_is_in_the_log_with_purpose(app: Flask) -> None:
    here, secret = office_of(app, "helferkreis"), Markers("zqalpha")
    client = here.client(secret)
    referral = here.referral(client, ways(here.kind.workflow)["in_progress"], secret)
    new = here.referral(client, ways(here.kind.workflow)["sent"], secret)
    here.referral(client, (), secret)
    advisor = here.factory.actor(here.advisor)
    rights.record_request(advisor, client.id, {"kind": "access", "received_on": TODAY})
    refused = here.factory.consent(here.advisor, client, here.unit)
    refused.refused = True
    db.session.commit()
    ids = {**every_id(), "action": ["complete", "hand_on", "task_done", "withdraw"]}
    asked = [a for a in addresses(app, ids) if not a.startswith(("/admin", "/demo"))]
    asked += ["/referrals?filter=all", "/referrals?filter=closed"]
    readings = {member.role: 0 for member in (*here.senders, *here.receivers)}
    for member in (*here.senders, *here.receivers):
        for address in asked:
            before = last_entry()
            (page,) = walk(app, member, [address])
            if not secret.are_in(page.text):
                continue
            readings[member.role] += 1
            assert purposes_since(before, member), f"{member.role} {address}"
    assert readings["advisor"] >= 25
    assert min(readings.values()) >= 3, readings
    searched = last_entry()
    found = browser(app, here.advisor).post("/clients", data={"q": client.profile["family_name"]})
    assert secret.are_in(found.text)
    assert purposes_since(searched, here.advisor) == {"list"}
    # A volunteer sees nothing of what was only sent to the circle.
    assert [p.status for p in walk(app, here.volunteer, [f"/referrals/{new.id}"])] == [404]
    assert [p.status for p in walk(app, here.volunteer, [f"/referrals/{referral.id}"])] == [200]


def purposes_since(number: int, member: Membership) -> set[str]:
    db.session.rollback()
    new = select(AuditEntry.purpose).where(
        AuditEntry.id > number, AuditEntry.membership_id == member.id,
        AuditEntry.kind.in_(("client.read", "referral.read")),
    )  # fmt: skip
    return set(db.session.scalars(new)) - {""}


# --- 5 ------------------------------------------------------------------------------------
def test_05_an_admin_reads_no_content_without_break_glass(app: Flask, town: Town) -> None:
    f, secret = town.factory, Markers("zqalpha")
    profile = secret.profile(TODAY)
    profile.pop("municipality", None)
    client = f.client(town.advisor, **profile)
    referral = f.sent(town.advisor, client, town.service, form={"concern": secret.text()})
    admin = f.member("Armin Amtsprobe", town.advisor.unit, "admin")
    auditor = f.member("Doris Datenprobe", town.advisor.unit, "auditor")
    db.session.commit()
    shown = [page for page in walk(app, admin, addresses(app, every_id())) if page.shown]
    assert len(shown) > 20
    assert [page.address for page in shown if secret.are_in(page.text)] == []
    request = emergency.ask(f.actor(admin), {
        "reference": referral.reference, "reason": "Die Person ist nicht nach Hause gekommen.",
    })  # fmt: skip
    db.session.commit()
    page = f"/emergency/{request.id}"
    assert [each.status for each in walk(app, admin, [page])] == [404]
    emergency.decide(f.actor(auditor), request.id, approve=True)
    db.session.commit()
    pages = list(walk(app, admin, addresses(app, every_id())))
    assert [each.address for each in pages if secret.are_in(each.text)] == [page]
    at(app, NOW + timedelta(hours=2))
    assert [each.status for each in walk(app, admin, [page])] == [404]


# --- 6 ------------------------------------------------------------------------------------
def test_06_the_dossier_of_a_client_with_data_in_three_organisations(app: Flask) -> None:
    f, secret = Factory(NOW), Markers("zqalpha")
    types = registry().referral_types
    offices = [office(f, types[key])
               for key in ("andere_stelle", "sprachkurs", "wohnungsfuehrerschein")]  # fmt: skip
    client = offices[0].client(secret)
    for each, state in zip(offices, ("completed", "seat_offered", "completed"), strict=True):
        if each is not offices[0]:
            f.consent(each.advisor, client, each.unit)
        each.referral(client, ways(each.kind.workflow)[state], secret)
    rights.record_request(f.actor(offices[0].advisor), client.id, {
        "kind": "access", "received_on": TODAY, "note": secret.text(),
    })  # fmt: skip
    db.session.commit()
    advisor = browser(app, offices[0].advisor)
    before = last_entry()
    answer = advisor.get(f"/clients/{client.id}/dossier.json")
    told = answer.json
    assert told is not None
    assert {each["recipient"] for each in told["referrals"]} == {
        each.unit.full_name for each in offices
    }  # fmt: skip
    assert len(told["consents"]) == 3
    assert all(each["shared"][0]["fields"] for each in told["referrals"])
    assert len({each["title"] for each in told["partners"]}) == 3  # what plugins keep themselves
    # Whatever anybody wrote down, on either side, is in it.
    assert [text for text in secret.texts if text not in answer.text] == []
    assert {"Stelle sprachkurs (Probe) (Partnerstelle)"} < {
        line["who"] for each in told["referrals"] for line in each["history"]
    }
    assert purposes_since(before, offices[0].advisor) == {"dossier"}
    paper = reading.text(advisor.get(f"/clients/{client.id}/dossier.pdf").data)
    assert all(each.unit.full_name in paper for each in offices)
    assert [text for text in secret.texts if text not in paper] == []
    for each in offices:
        assert browser(app, each.partner).get(f"/clients/{client.id}/dossier.json").status_code == (
            403
        )


# --- 8 ------------------------------------------------------------------------------------
ADDRESS = re.compile(r'(?:href|action|src|hx-\w+)="([^"]*)"')


class Listener:
    """A browser that keeps what others may come to know of: addresses, titles, file names."""

    def __init__(self, app: Flask, member: Membership) -> None:
        self.visitor = browser(app, member)
        self.heard: list[str] = []

    def __call__(self, address: str, data: Any = None) -> TestResponse:
        ask = self.visitor.get if data is None else self.visitor.post
        answer = ask(address, **({} if data is None else {"data": data}))
        self.heard += [address, str(answer.headers)]
        if answer.mimetype == "application/pdf":
            self.heard.append(reading.title(answer.data))
        elif answer.mimetype == "text/html":
            self.heard += ADDRESS.findall(answer.text)
            self.heard += re.findall(r"<title>[^<]*", answer.text)
        return answer


def test_08_no_personal_data_in_mails_addresses_titles_and_technical_logs(
    app: Flask, town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Markers("zqalpha")
    profile = {**secret.profile(TODAY), "municipality": "08317041"}
    advisor, partner = Listener(app, town.advisor), Listener(app, town.partner)
    made = advisor("/clients/new", profile)
    assert made.status_code == 303
    assert advisor("/clients/new", profile).status_code == 422  # somebody of this name is there
    client = made.location
    for name in ("", "/edit", "/privacy", "/disclosures", "/disclosures.pdf", "/dossier.pdf",
                 "/dossier.json", "/portability.json", "/handover", "/close"):  # fmt: skip
        assert advisor(client + name).status_code == 200
    assert secret.are_in(advisor("/clients", {"q": profile["family_name"]}).text)
    asked = {"kind": "objection", "received_on": str(TODAY), "note": secret.text()}
    assert advisor(f"{client}/privacy", asked).status_code == 303
    share = f"{client}/handover/childcare/share?service={town.service.id}"
    form = filled(town.service, concern=secret.text(), **{"c-purpose": secret.text() + "x" * 30})
    assert advisor(share, {**form, "do": "sheet"}).mimetype == "application/pdf"
    assert advisor(share, {**form, "t-explained": ""}).status_code == 422
    assert advisor(share, form).status_code == 303
    db.session.rollback()
    referral = db.session.scalars(select(Referral)).one()
    page = f"/referrals/{referral.id}"
    for who, action, data in (
        (partner, "ask", {"question": secret.text()}),
        (advisor, "answer", {"answer": secret.text()}),
        (partner, "accept", {"note": secret.text(), "next_on": str(TODAY)}),
        (partner, "complete", {"note": secret.text(), "code": "nonsense"}),
        (partner, "fail", {"code": "other", "explanation": secret.text()}),
        (partner, "complete", {"code": "help_received", "note": secret.text()}),
        (advisor, "review", {"plan_change": secret.text()}),
        (advisor, "nonsense", {"plan_change": secret.text()}),
    ):  # fmt: skip
        who(f"{page}/{action}", data)
        assert secret.are_in(who(page).text)
        who("/referrals?filter=all")
    assert advisor(f"/consents/{referral.consent_id}/sheet.pdf").status_code == 200
    assert advisor(f"/consents/{referral.consent_id}/revoke", {}).status_code == 303

    @access(PUBLIC)
    def breaks() -> str:
        raise ValueError(f"{profile}")

    app.testing, app.view_functions["dashboard.help"] = False, breaks
    assert advisor("/help").status_code == 500
    assert not secret.are_in("\n".join(advisor.heard + partner.heard))
    db.session.rollback()
    for topic in (*outbox.CORE_MESSAGES, *registry().messages):
        outbox.enqueue(town.factory.actor(town.advisor), topic, person_id=town.advisor.person_id,
                       reference=referral.reference, path=page)  # fmt: skip
    db.session.commit()
    letters = [render(each) for each in db.session.scalars(select(outbox.OutboxMessage))]
    assert len(letters) > len(outbox.CORE_MESSAGES) + 5
    assert not secret.are_in(letters)
    printed = "".join(capfd.readouterr()) + caplog.text
    assert "ValueError" in printed  # the technical log is where it is looked for
    assert not secret.are_in(printed)


# --- 11 -----------------------------------------------------------------------------------
# Art. 9 GDPR, and why somebody fled: what is not asked cannot be passed on.
NEVER = ("religi", "konfession", "glaube", "kirche", "moschee", "faith", "ethni", "volksgr",
         "stamm", "rasse", "race", "herkunft", "hautfarbe", "sexual", "weltanschau", "politi",
         "gewerkschaft", "fluchtgrund", "fluchtgründ", "fluchtweg", "fluchtroute", "asylgr",
         "verfolg", "persecut", "anhörung", "folter", "straftat", "vorstraf")  # fmt: skip


def test_11_nothing_asks_for_religion_ethnicity_or_the_reason_of_asylum(app: Flask) -> None:
    asked = [("client", field) for field in CLIENT_FIELDS.values()]
    for kind in registry().referral_types.values():
        asked += [(kind.key, field) for field in kind.form]
        asked += [(kind.key, field) for action in kind.workflow.actions for field in action.fields]
    assert len(asked) > 150
    words = {
        (where, field.key): f"{field.key} {field.label} {' '.join(k for k, _ in field.choices)}"
        for where, field in asked
    }
    columns = {
        (table.name, column.name): column.name
        for table in Model.metadata.sorted_tables for column in table.columns
    }  # fmt: skip
    found = [(place, word) for place, text in {**words, **columns}.items() for word in NEVER
             if word in text.casefold()]  # fmt: skip
    assert found == []


# --- 12 -----------------------------------------------------------------------------------
def test_12_texts_are_versioned_and_translated(app: Flask, town: Town) -> None:
    consent = town.factory.consent(town.advisor, town.client, town.service.unit)
    db.session.commit()
    assert consent.sheet.text_version == texts.CURRENT
    assert {"uk", "ru", "ar", "fa", "tr", "en", "ti", "ku"} < set(texts.LANGUAGES)
    german = texts.sentences("de")
    for language in set(texts.LANGUAGES) - {"de"}:
        other = texts.sentences(language)
        assert other.keys() == german.keys()
        assert len([key for key in german if other[key] == german[key]]) < len(german) / 10
    visitor, pages = browser(app), {}
    for language in ("de", "en"):
        visitor.post("/language", data={"language": language})
        pages[language] = visitor.get("/documents/information").text
        assert f'<html lang="{language}"' in pages[language]
        # Which version it is stands on it.
        assert f"Hand in Hand {__version__}" in pages[language].split("document__state")[1]
    assert pages["de"].split("<main")[1] != pages["en"].split("<main")[1]


# --- 14 -----------------------------------------------------------------------------------
class County:
    """Somebody in every role that has to do with people, a client and a running referral."""

    def __init__(self, f: Factory, name: str) -> None:
        self.name, self.secret = name, Markers(name)
        team = f.unit(f.organisation(f"Landratsamt {name}", "delivery_organisation"), "Team")
        desk = f.unit(f.organisation(f"Kita-Büro {name}", "other_office"))
        circle = f.unit(f.organisation(f"Helferkreis {name}", "volunteer_group"))
        self.advisor = f.member(f"{name} beratung", team, "advisor")
        self.partner = f.member(f"{name} partner", desk, "partner")
        self.volunteer = f.member(f"{name} freiwillig", circle, "volunteer")
        self.members = [
            self.advisor, f.member(f"{name} leitung", team, "team_lead"), self.partner,
            f.member(f"{name} ehrenamt", circle, "volunteer_coordinator"), self.volunteer,
        ]  # fmt: skip
        profile = {key: value for key, value in self.secret.profile(TODAY).items()
                   if key != "municipality"}  # fmt: skip
        self.client = f.client(self.advisor, **profile)
        desk_offer = f.service(desk, "andere_stelle", f"Platz {name}")
        help_offer = f.service(circle, "helferkreis", f"Hilfe {name}")
        self.referral = f.sent(self.advisor, self.client, desk_offer)
        task = f.sent(self.advisor, self.client, help_offer)
        f.move(self.members[3], task.id, "accept")
        f.move(self.members[3], task.id, "propose",
               {"handler": str(self.volunteer.id), "client_agrees": True})  # fmt: skip


def test_14_two_counties_see_nothing_of_each_other(app: Flask) -> None:
    f = Factory(NOW)
    here, there = County(f, "zqhier"), County(f, "zqdort")
    db.session.commit()
    ids = every_id()
    for member in here.members:
        actor = f.actor(member)
        rows = [
            *db.session.scalars(clients.visible(actor)),
            *db.session.scalars(consents.visible(actor)),
        ]
        assert {row.id for row in rows} & {there.client.id, there.referral.consent_id} == set()
        seen_by = db.session.scalars(policy.visible(actor)).all()
        assert {row.client_id for row in seen_by} <= {here.client.id}
        editable = db.session.scalars(network.editable(actor)).all()
        assert {service.unit_id for service in editable} <= {member.unit_id}
        pages = list(walk(app, member, addresses(app, ids)))
        assert len([page for page in pages if page.shown]) > 5
        # Of the other county one reads which offers there are, where one may refer to them.
        leaks = {page.address for page in pages if there.name in page.text}
        assert {address for address in leaks if "/handover" not in address} == set(), member.role
        assert [page.address for page in pages if re.search(rf"{there.name}\d", page.text)] == []
        people = [each.person.name for each in there.members]
        assert [page.address for page in pages for name in people if name in page.text] == []
        logs = [page for page in pages if page.address == "/log" or "/log/" in page.address]
        assert {page.status for page in logs} == {403}
