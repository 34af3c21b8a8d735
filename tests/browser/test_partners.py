"""The other partners' handoffs in Chromium, each with its own steps, from click to closed loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.referrals.models import Referral
from portal.testing.town import NOW
from tests.browser import steps
from tests.browser.hands import Hands, Served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("widths", [(1280, 390), (390, 1280)], ids=["to-phone", "to-wide"]),
]
Serve = Callable[..., Served]
Somebody = Callable[..., Hands]
Widths = tuple[int, int]  # the sender's screen and the receiver's


def the_referral() -> str:
    """The path of the one referral in the portal."""
    db.session.rollback()
    return f"/referrals/{db.session.scalars(select(Referral.id)).one()}"


def test_to_a_language_course(serve: Serve, hands: Somebody, widths: Widths) -> None:
    served = steps.served_as(serve("sprachkurs"), "Integrationskurse und Alphabetisierung")
    town = served.town
    db.session.commit()
    advisor = hands(served, f"sprachkurs-advisor-{widths[0]}", width=widths[0])
    advisor.sign_in(town.advisor)

    def questions(form: Hands) -> None:
        form.choose("Gewünschter Kurs", "Alphabetisierungskurs")
        form.choose("Zugang zum Kurs", "Verpflichtung durch Amt oder Jobcenter")
        form.tick("vormittags")
        form.choose("Wie weit weg?", "bis 30 Minuten Fahrt")
        form.tick("Einverstanden: Kursträger meldet")

    steps.hand_over(advisor, "Spracherwerb", "Integrationskurse", questions)

    school = hands(served, f"sprachkurs-school-{widths[1]}", width=widths[1])
    school.sign_in(town.partner)
    school.click("link", "Antworten", exact=False)
    assert school.sees("Vorschau ohne Namen", "Alphabetisierungskurs", "Hausach")
    assert not school.sees_any("Pryklad", "Oksana", "0000 123456")

    def invitation(form: Hands) -> None:
        form.write("Termin am", "2026-11-26T09:00")
        form.write("Ort", "Probegasse 2, Raum 4")

    steps.move(school, "Zum Einstufungstest einladen", invitation)
    assert school.sees("Einstufungstest vereinbart", "Oksana", "Pryklad", "0000 123456")
    advisor.open(the_referral())
    assert advisor.sees("Einstufungstest vereinbart", "26.11.2026, 09:00", "Probegasse 2, Raum 4")

    served.at(NOW + timedelta(days=4))

    def seat(form: Hands) -> None:
        form.write("Kurs", "Alphabetisierung 3")
        form.choose("Kursart", "Alphabetisierungskurs")
        form.choose("Niveau", "A1")
        form.write("Beginn am", "2026-12-07")
        form.write("Zeiten", "Montag bis Donnerstag, 8:30 bis 12 Uhr")
        form.write("Ort", "Probegasse 2")
        form.choose("Ergebnis des Einstufungstests", "A1")

    steps.move(school, "Platz anbieten", seat)
    assert school.sees("Die andere Seite ist dran")
    advisor.open("/")
    assert advisor.sees("Platz angeboten")
    steps.open_referral(advisor, "Oksana Pryklad")
    assert advisor.sees("Angebotener Kursplatz", "Antwort offen", "Montag bis Donnerstag")
    steps.move(advisor, "Platz annehmen")
    assert advisor.sees("angenommen", "Der Kurs soll beginnen bis")

    served.at(NOW + timedelta(days=15))
    school.open(the_referral())
    steps.move(school, "Kursbeginn eintragen")

    def progress(form: Hands) -> None:
        form.write("Abgeschlossenes Modul", "1")
        form.choose("Teilnahme", "regelmäßig")

    steps.move(school, "Zwischenstand melden", progress)

    def result(form: Hands) -> None:
        form.choose("Ergebnis", "Kurs bis zum Ende besucht")
        form.choose("Erreichtes Niveau", "A2")
        form.choose("Prüfung", "keine Prüfung")

    steps.move(school, "Abschließen", result)
    advisor.open(the_referral())
    assert advisor.sees("Meldungen des Kursträgers", "Modul 1 abgeschlossen", "Niveau A2")
    steps.close_the_loop(advisor, the_referral())


def test_to_a_volunteer_circle(serve: Serve, hands: Somebody, widths: Widths) -> None:
    served = steps.served_as(serve("helferkreis"), "Ehrenamtliche Begleitung im Alltag")
    town = served.town
    circle = town.service.unit
    vera = town.factory.member("Vera Ehrenmuster", circle, "volunteer_coordinator")
    volker = town.factory.member("Volker Freimuster", circle, "volunteer")
    db.session.commit()
    advisor = hands(served, f"helferkreis-advisor-{widths[0]}", width=widths[0])
    advisor.sign_in(town.advisor)

    def questions(form: Hands) -> None:
        form.choose("Was wird gebraucht?", "Begleitung zu Behörde, Arzt oder Schule")
        form.write("Was ist zu tun?", "Begleitung zur Anmeldung in der Schule.")
        form.write("Wann?", "dienstags ab 16 Uhr")
        form.write("Treffpunkt", "Rathaus Hausach, Eingang")
        form.choose("So möchte die Person erreicht werden", "Kurznachricht")
        form.write("Nummer oder E-Mail-Adresse dafür", "0000 777888")

    steps.hand_over(advisor, "Gesellschaftliche Teilhabe", "Ehrenamtliche Begleitung", questions)

    coordinator = hands(served, f"helferkreis-coordinator-{widths[1]}", width=widths[1])
    coordinator.sign_in(vera)
    coordinator.click("link", "Antworten", exact=False)
    assert coordinator.sees("Begleitung zur Anmeldung in der Schule.")
    assert not coordinator.sees_any("Pryklad", "Oksana", "0000 123456", "0000 777888")
    steps.move(coordinator, "Zusagen")
    assert coordinator.sees("Wir suchen jemanden", "Pryklad")

    def proposal(form: Hands) -> None:
        form.choose("Wer übernimmt?", "Volker Freimuster")
        form.tick("Die Person ist mit diesem Vorschlag einverstanden")

    steps.move(coordinator, "Freiwillige/n vorschlagen", proposal)
    assert coordinator.sees("Freiwillige/r vorgeschlagen")

    volunteer = hands(served, f"helferkreis-volunteer-{widths[1]}", width=390)
    volunteer.sign_in(volker)
    secrets = ("Pryklad", "0000 123456")  # the client's record is nobody's business here
    before = ("Oksana", "Rathaus", "0000 777888", *secrets)
    assert volunteer.sees("Begleitung zu Behörde, Arzt oder Schule", "Neu für Sie (1)")
    assert not volunteer.sees_any(*before)
    volunteer.click("link", "Ansehen und antworten", exact=False)
    assert volunteer.sees("dienstags ab 16 Uhr", "Hausach", "Ukrainisch")
    assert not volunteer.sees_any(*before)
    volunteer.click("button", "Ja, ich übernehme")
    assert volunteer.interactions == 2
    assert volunteer.sees("Oksana", "Ukrainisch", "Hausach", "dienstags ab 16 Uhr",
                          "Rathaus Hausach, Eingang", "Kurznachricht", "0000 777888")  # fmt: skip
    assert not volunteer.sees_any(*secrets)

    advisor.open(the_referral())
    assert advisor.sees("Läuft", "Volker Freimuster")

    def done(form: Hands) -> None:
        form.choose("Hat es geholfen?", "Hilfe erhalten")
        form.write("Ergebnis in einem Satz", "Die Anmeldung ist abgegeben.")

    volunteer.open(the_referral())
    volunteer.click("link", "Aufgabe ist erledigt")
    done(volunteer)
    volunteer.click("button", "Aufgabe ist erledigt")
    assert volunteer.sees("Zurzeit haben Sie keine Aufgabe")
    assert not volunteer.sees_any("Oksana", *secrets)
    volunteer.open(the_referral())
    assert volunteer.sees("Hier ist nichts für Sie")
    assert not volunteer.sees_any("Oksana", "Schule", *secrets)

    advisor.open(the_referral())
    assert advisor.sees("Abgeschlossen", "Die Anmeldung ist abgegeben.")
    steps.close_the_loop(advisor, the_referral())


def test_to_an_advice_service(serve: Serve, hands: Somebody, widths: Widths) -> None:
    telling, neutral = "Suchtberatung", "Beratungsstelle Familie"
    served = steps.served_as(serve("wohlfahrt"), telling, neutral)
    town = served.town
    overseer = town.factory.member("Kora Kreisblick", town.advisor.unit, "coordinator")
    db.session.commit()
    advisor = hands(served, f"wohlfahrt-advisor-{widths[0]}", width=widths[0])
    advisor.sign_in(town.advisor)

    def questions(form: Hands) -> None:
        form.choose("Themenbereich", "Persönliche Lage")

    steps.hand_over(advisor, "Gesundheit", telling, questions)
    assert advisor.sees(neutral)
    assert not advisor.sees_any(telling)  # on the client's page others may look over the shoulder
    for path in ("/", "/referrals"):
        advisor.open(path)
        assert not advisor.sees_any(telling)
    advisor.open(the_referral())
    assert advisor.sees(telling)

    desk = hands(served, f"wohlfahrt-desk-{widths[1]}", width=widths[1])
    desk.sign_in(town.partner)
    assert desk.sees(neutral)
    assert not desk.sees_any(telling)
    desk.click("link", "Antworten", exact=False)
    assert desk.sees("Vorschau ohne Namen", "Persönliche Lage")
    assert not desk.sees_any(telling, "Pryklad", "Oksana")

    def appointment(form: Hands) -> None:
        form.write("Termin am", "2026-12-03T10:00")

    steps.move(desk, "Zusagen mit Termin", appointment)
    assert desk.sees("Oksana", "Pryklad", "0000 123456")
    assert not desk.sees_any(telling)

    served.at(NOW + timedelta(days=10, hours=4))
    desk.open(the_referral())
    steps.move(desk, "Erstgespräch hat stattgefunden")
    advisor.open(the_referral())
    assert advisor.sees("Erstgespräch wahrgenommen", "03.12.2026, 10:00", "wahrgenommen")

    coordinator = hands(served, f"wohlfahrt-coordinator-{widths[0]}", width=widths[0])
    coordinator.sign_in(overseer)
    assert not coordinator.sees_any(telling, "Pryklad", "Oksana")

    def result(form: Hands) -> None:
        form.choose("Ergebnis", "Hilfe erhalten")

    desk.open(the_referral())
    steps.move(desk, "Abschließen", result)
    steps.close_the_loop(advisor, the_referral())


def test_to_a_workshop(serve: Serve, hands: Somebody, widths: Widths) -> None:
    served = steps.served_as(serve("wohnungsfuehrerschein"), "Wohnungsführerschein")
    town = served.town
    db.session.commit()
    advisor = hands(served, f"workshop-advisor-{widths[0]}", width=widths[0])
    advisor.sign_in(town.advisor)

    def questions(form: Hands) -> None:
        form.tick("einfaches Deutsch")
        form.tick("abends")

    steps.hand_over(advisor, "Wohnen", "Wohnungsführerschein", questions)

    organiser = hands(served, f"workshop-organiser-{widths[1]}", width=widths[1])
    organiser.sign_in(town.partner)
    organiser.click("link", "Antworten", exact=False)
    assert organiser.sees("einfaches Deutsch", "abends")
    assert not organiser.sees_any("Pryklad", "Oksana")

    def registration(form: Hands) -> None:
        form.write("Workshop", "Wohnungsführerschein im Winter")
        form.write("Erster Termin am", "2026-11-30T18:00")
        form.write("Ort", "Familienzentrum Hausach")
        form.write("Anzahl der Termine", "3")

    steps.move(organiser, "Anmelden", registration)
    assert organiser.sees("Angemeldet", "Platz im Workshop", "Pryklad")
    advisor.open(the_referral())
    assert advisor.sees("Wohnungsführerschein im Winter", "30.11.2026, 18:00",
                        "Familienzentrum Hausach")  # fmt: skip

    def certificate(form: Hands) -> None:
        form.choose("Ergebnis", "Zertifikat ausgestellt")
        form.write("Nummer des Zertifikats", "WF-0017")
        form.write("Stunden", "9")
        form.tick("Rechte und Pflichten, Hausordnung")
        form.tick("Heizen, Lüften, Energie sparen")

    organiser.click("link", "Abschließen")
    certificate(organiser)
    organiser.click("button", "Abschließen")
    assert organiser.sees("Der Workshop hat noch nicht begonnen.")

    served.at(NOW + timedelta(days=22))
    organiser.open(the_referral())
    steps.move(organiser, "Abschließen", certificate)
    assert organiser.sees("Zertifikat", "WF-0017")
    advisor.open(the_referral())
    assert advisor.sees("Zertifikat", "WF-0017", "Heizen, Lüften, Energie sparen")
    steps.close_the_loop(advisor, the_referral())
