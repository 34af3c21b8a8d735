"""The first five minutes of every role, wide and on a phone: found without help, and no more seen
than the role may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.extensions import db
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.referrals.models import Referral
from portal.testing.town import NOW
from tests.browser import steps
from tests.browser.hands import PASSWORD, Hands, Served

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("width", [1280, 390])]
Serve = Callable[..., Served]
Somebody = Callable[..., Hands]
OF_THE_CLIENT = ("Pryklad", "Oksana", "0000 123456")


def test_of_an_advisor(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    town.factory.move(town.partner, referral.id, "ask", {"question": "Seit wann in Hausach?"})
    town.factory.client(town.colleague, given_name="Karim", family_name="Mithal")
    db.session.commit()
    advisor = hands(served, f"first-advisor-{width}", width=width)
    advisor.sign_in(town.advisor)
    assert advisor.sees("Guten Tag, Katrin Demowald", "Jetzt zu tun (1)", "Rückfrage offen")
    advisor.write("Person suchen", "Prykl")
    advisor.click("button", "Suchen")
    assert advisor.sees("1 Person gefunden")
    advisor.write("Person suchen", "Mithal")
    advisor.click("button", "Suchen")
    assert advisor.sees("Niemand mit diesem Namen in Ihrer Zuständigkeit")

    advisor.click("link", "Personen", within="header")
    advisor.click("link", "Person anlegen")
    advisor.write("Vorname", "Yusuf")
    advisor.click("button", "Speichern")
    assert advisor.sees("Bitte prüfen Sie Ihre Eingaben", "Bitte ausfüllen.")
    advisor.write("Nachname", "Örnek")
    advisor.choose("Gemeinde", "Hausach")
    advisor.choose("Sprache", "Türkisch")
    advisor.click("button", "Speichern")
    assert advisor.sees("Yusuf Örnek", "Noch keine Vermittlung")

    steps.open_referral(advisor, "Beantworten")
    assert advisor.sees("Seit wann in Hausach?")
    advisor.write("Ihre Antwort", "Seit Oktober.")
    advisor.click("button", "Rückfrage beantworten")
    assert advisor.sees("Gespeichert", "Gesendet, Antwort offen")
    advisor.click("link", "Hilfe", within="footer")
    assert advisor.sees("Wenn Sie vermitteln")


def test_of_a_team_lead(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    served.at(NOW + timedelta(days=22))
    lead = hands(served, f"first-lead-{width}", width=width)
    lead.sign_in(town.lead)
    assert lead.sees("Im Team liegen geblieben (1)", "Oksana Pryklad")
    lead.click("link", "Oksana Pryklad")
    lead.click("link", "Als Irrtum kennzeichnen")
    lead.click("button", "Als Irrtum kennzeichnen")
    assert lead.sees("Bitte ausfüllen.")
    lead.write("Warum ist das ein Irrtum?", "Doppelt angelegt.")
    lead.click("button", "Als Irrtum kennzeichnen")
    assert lead.sees("Irrtümlich angelegt")

    lead.click("link", "Zur Person")
    lead.choose("Zuständigkeit übergeben an", "Jonas Demobach")
    lead.click("button", "Übergeben")
    assert lead.sees("zuständig: Jonas Demobach")

    lead.click("link", "Personen", within="header")
    assert lead.sees("Pryklad, Oksana", "Jonas Demobach")
    lead.click("link", "Vertretungen")
    lead.choose("Zuständig", "Jonas Demobach")
    lead.choose("Vertretung durch", "Katrin Demowald")
    lead.write("Bis einschließlich", "2026-12-31")
    lead.click("button", "Eintragen")
    assert lead.sees("Katrin Demowald vertritt Jonas Demobach", "31.12.2026")
    lead.open("/")
    assert lead.sees("Im Team liegen geblieben (0)")


def test_of_a_coordinator(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    referral = town.factory.sent(town.advisor, town.client, town.service)
    member = town.factory.member("Kora Kreisblick", town.advisor.unit, "coordinator")
    db.session.commit()
    served.at(NOW + timedelta(days=25))
    coordinator = hands(served, f"first-coordinator-{width}", width=width)
    coordinator.sign_in(member)
    assert coordinator.sees("Überfällig bei Partnerstellen: 1", referral.reference,
                            "seit 9 Arbeitstagen überfällig", "Kita-Büro Hausach (Demo)",
                            "0000 2000")  # fmt: skip
    assert not coordinator.sees_any(*OF_THE_CLIENT)
    row = coordinator.page.locator("li.row", has_text=referral.reference)
    assert "Kita-Plätze" not in row.inner_text()
    for step in ("Anderes Angebot vorschlagen", "Frist verschieben"):
        coordinator.open("/")
        coordinator.page.get_by_role("link", name=step).click()
        coordinator.settle()
        coordinator.look()
        assert not coordinator.sees_any(*OF_THE_CLIENT), step
    coordinator.click("button", "Frist verschieben")
    assert coordinator.sees("Neue Frist: Bitte ausfüllen.")
    for path in (f"/referrals/{referral.id}", f"/clients/{town.client.id}", "/clients"):
        coordinator.open(path)
        assert not coordinator.sees_any(*OF_THE_CLIENT), path
        assert coordinator.sees("Zur Übersicht"), path


def test_of_a_partner(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    partner = hands(served, f"first-partner-{width}", width=width)
    partner.sign_in(town.partner)
    assert partner.sees("Jetzt zu tun (1)", "Kita-Plätze", "Neu")
    assert not partner.sees_any(*OF_THE_CLIENT)
    partner.click("link", "Antworten", exact=False)
    assert not partner.sees_any(*OF_THE_CLIENT)
    partner.click("link", "Absagen")
    partner.choose("Grund", "Anderer Grund")
    partner.click("button", "Absagen")
    assert partner.sees("Bitte ausfüllen.")
    partner.write("Erläuterung", "Das Haus wird umgebaut.")
    partner.click("button", "Absagen")
    assert partner.sees("Gespeichert", "Absage")
    assert not partner.sees_any(*OF_THE_CLIENT)

    partner.click("link", "Angebote", within="header")
    partner.tick("Warteliste")
    partner.write("Wartezeit in Wochen, etwa", "6")
    partner.click("button", "Stand speichern: Kita-Plätze")
    assert partner.sees("Gespeichert.")
    partner.click("link", "Anfragen", within="header")
    partner.click("link", "Beendet", exact=False)
    assert partner.sees("Kita-Plätze", "Absage")


@pytest.fixture
def circle(serve: Serve) -> tuple[Served, Membership, Membership, list[Referral]]:
    """A circle that was asked for two tasks: its coordinator and its volunteer."""
    served = steps.served_as(serve("helferkreis"), "Ehrenamtliche Begleitung im Alltag")
    town, f = served.town, served.town.factory
    vera = f.member("Vera Ehrenmuster", town.service.unit, "volunteer_coordinator")
    volker = f.member("Volker Freimuster", town.service.unit, "volunteer")
    common = {"time_window": "samstags", "meeting_point": "Rathaus"}
    tasks = (
        {"task_kind": "bicycle", "task_text": "Ein Fahrrad herrichten.", "with_minors": False},
        {"task_kind": "homework", "task_text": "Deutsch, fünfte Klasse.", "with_minors": True},
    )
    asked = [f.sent(town.advisor, town.client, town.service, form=common | task) for task in tasks]
    db.session.commit()
    return served, vera, volker, asked


Circle = tuple[Served, Membership, Membership, list[Referral]]


def test_of_a_volunteer_coordinator(circle: Circle, hands: Somebody, width: int) -> None:
    served, vera, _, asked = circle
    coordinator = hands(served, f"first-volunteers-{width}", width=width)
    coordinator.sign_in(vera)
    assert coordinator.sees("Jetzt zu tun (2)")
    assert not coordinator.sees_any(*OF_THE_CLIENT)
    coordinator.click("link", asked[1].reference)
    steps.move(coordinator, "Zusagen")
    coordinator.click("link", "Freiwillige/n vorschlagen")
    coordinator.choose("Wer übernimmt?", "Volker Freimuster")
    coordinator.tick("Die Person ist mit diesem Vorschlag einverstanden")
    coordinator.click("button", "Freiwillige/n vorschlagen")
    assert coordinator.sees("bitte nur mit gültigem Helferausweis")
    coordinator.write("Helferausweis gültig bis", "2027-11-30")
    coordinator.click("button", "Freiwillige/n vorschlagen")
    assert coordinator.sees("Gespeichert", "Freiwillige/r vorgeschlagen")
    coordinator.click("link", "Übersicht", within="header")
    assert coordinator.sees("Freiwillige/r vorgeschlagen")


def test_of_a_volunteer(circle: Circle, hands: Somebody, width: int) -> None:
    """Two taps to agree, two to decline."""
    served, vera, volker, asked = circle
    for referral in asked:
        served.town.factory.move(vera, referral.id, "accept")
        proposal = {"handler": str(volker.id), "clearance_until": NOW.date() + timedelta(days=99)}
        served.town.factory.move(vera, referral.id, "propose", proposal)
    db.session.commit()
    volunteer = hands(served, f"first-volunteer-{width}", width=width)
    volunteer.sign_in(volker)
    assert volunteer.sees("Neu für Sie (2)", "Fahrradwerkstatt", "Hilfe bei den Hausaufgaben")
    assert not volunteer.sees_any(*OF_THE_CLIENT, "Rathaus")

    volunteer.click("link", f"Ansehen und antworten: {asked[0].reference}")
    volunteer.click("button", "Ja, ich übernehme")
    assert volunteer.interactions == 2
    assert volunteer.sees("Oksana", "Rathaus", "Übernommen")
    assert not volunteer.sees_any("Pryklad", "0000 123456")

    volunteer.open("/")
    volunteer.interactions = 0
    volunteer.click("link", f"Ansehen und antworten: {asked[1].reference}")
    assert volunteer.sees("Deutsch, fünfte Klasse")
    volunteer.click("button", "Diesmal nicht")
    assert volunteer.interactions == 2
    assert volunteer.sees("Übernommen (1)", "Fahrradwerkstatt · Oksana")
    assert not volunteer.sees_any("Hausaufgaben", "Pryklad")
    volunteer.open(f"/referrals/{asked[1].id}")
    assert volunteer.sees("Hier ist nichts für Sie")


def test_of_an_auditor(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    member = town.factory.member("Rita Revision", town.advisor.unit, "auditor")
    town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    advisor = hands(served, f"read-{width}", width=width)
    advisor.sign_in(town.advisor)
    advisor.open(f"/clients/{town.client.id}")

    auditor = hands(served, f"first-auditor-{width}", width=width)
    auditor.sign_in(member)
    auditor.click("link", "Protokoll", within="header")
    assert auditor.sees("Integrationsmanagement", "Landratsamt Ortenaukreis (Demo)")
    auditor.choose("Art", "Angaben gelesen")
    auditor.click("button", "Filtern")
    assert auditor.sees("Angaben gelesen", "Übersicht der Person")
    assert not auditor.sees_any("Katrin Demowald")
    auditor.choose("Organisation", "Schulamt (Demo)")
    auditor.click("button", "Filtern")
    assert auditor.sees("Kein Eintrag passt zu dieser Auswahl.")
    assert not auditor.sees_any(*OF_THE_CLIENT)


def invitation_link() -> str:
    """What stands in the one letter that was written."""
    db.session.rollback()
    letter = render(db.session.scalars(select(OutboxMessage)).one())
    address = next(line for line in letter.text.split() if line.startswith("http"))
    return urlsplit(address).path


def test_of_an_administrator(serve: Serve, hands: Somebody, width: int) -> None:
    served = serve()
    town = served.town
    member = town.factory.member("Ada Verwaltung", town.advisor.unit, "admin")
    db.session.commit()
    admin = hands(served, f"first-admin-{width}", width=width)
    admin.sign_in(member)
    admin.click("link", "Organisationen", within="header")
    admin.click("link", "Organisation anlegen")
    admin.write("Name", "Weiterbildung Kinzigtal (Demo)")
    admin.choose("Art", "Wohnungsführerschein und Workshops")
    admin.click("button", "Anlegen")
    admin.click("link", "Stelle anlegen")
    admin.write("Name der Stelle", "Wohnungsführerschein")
    admin.write("E-Mail-Adresse der Stelle", "wohnen@portal.example")
    admin.click("button", "Anlegen")
    assert admin.sees("Wohnungsführerschein", "wohnen@portal.example")

    admin.click("link", "Angebote", within="header")
    admin.click("link", "Angebot anlegen")
    admin.choose("Stelle", "Weiterbildung Kinzigtal (Demo), Wohnungsführerschein")
    admin.choose("Art der Vermittlung", "Wohnungsführerschein und Workshops")
    admin.write("Name des Angebots", "Wohnungsführerschein im Winter")
    admin.click("button", "Speichern")
    assert admin.sees("Bitte prüfen Sie Ihre Eingaben")
    admin.tick("Wohnen")
    admin.tick("Deutsch")
    admin.click("button", "Speichern")
    assert admin.sees("Wohnungsführerschein im Winter")

    admin.click("link", "Konten", within="header")
    admin.click("link", "Person einladen")
    admin.write("Name", "Wanda Werkprobe")
    admin.write("E-Mail-Adresse", "wanda@portal.example")
    admin.choose("Stelle", "Weiterbildung Kinzigtal (Demo), Wohnungsführerschein")
    admin.choose("Rolle", "Partnerstelle")
    admin.click("button", "Einladung senden")
    assert admin.sees("Wanda Werkprobe", "Eingeladen, noch kein Passwort")

    invited = hands(served, f"first-invited-{width}", width=width)
    invited.open(invitation_link())
    invited.write("Neues Passwort", PASSWORD)
    invited.click("button", "Passwort speichern")
    invited.write("E-Mail-Adresse", "wanda@portal.example")
    invited.write("Passwort", PASSWORD)
    invited.click("button", "Anmelden")
    assert invited.sees("Guten Tag, Wanda Werkprobe", "Keine offenen Anfragen")
