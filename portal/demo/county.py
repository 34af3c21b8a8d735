"""The demo's two counties: offices, what they offer, who works there and who counsels where.

Everything is invented: organisations end in "(Demo)", mail goes to `.example`, telephone
numbers begin with 0000.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.workflow import N_

MARKER = "Landratsamt Ortenaukreis (Demo)"  # a database with this organisation is a demo
PASSWORD = "Hand-in-Hand-2026"
MAIL_DOMAIN = "portal.example"


@dataclass(frozen=True)
class Office:
    """A unit and the organisation it belongs to."""

    key: str
    organisation: str
    unit: str
    kind: str
    regime: str
    phone: str
    address: str


OFFICES = (
    Office("kinzigtal", MARKER, "Migrationsamt, Team Kinzigtal", "delivery_organisation", "gdpr",
           "0000 781 100", "Beispielstraße 1, Hausach"),
    Office("renchtal", MARKER, "Migrationsamt, Team Acher-Renchtal", "delivery_organisation",
           "gdpr", "0000 781 110", "Musterweg 4, Oberkirch"),
    Office("stab_og", MARKER, "Stabsstelle Integration", "delivery_organisation", "gdpr",
           "0000 781 120", "Beispielplatz 2, Offenburg"),
    Office("koa", "Jobcenter Ortenaukreis, KOA (Demo)", "Fallmanagement Kinzigtal", "jobcenter",
           "sgb10", "0000 781 200", "Probegasse 7, Hausach"),
    Office("kita_gutach", "Kita-Büro Gutach (Demo)", "", "other_office", "gdpr",
           "0000 7833 300", "Dorfstraße 3, Gutach"),
    Office("jbh", "Jugendberufshilfe Kinzigtal (Demo)", "", "other_office", "gdpr",
           "0000 7834 310", "Schulweg 12, Wolfach"),
    Office("iq", "IQ Anerkennungsberatung (Demo)", "", "other_office", "gdpr",
           "0000 711 320", "Musterallee 20, Offenburg und online"),
    Office("wohnungsamt", "Wohnungsamt Haslach (Demo)", "", "other_office", "gdpr",
           "0000 7832 330", "Am Marktplatz 1, Haslach"),
    Office("abh", "Ausländerbehörde Ortenaukreis, Terminliste (Demo)", "", "other_office", "gdpr",
           "0000 781 340", "Beispielplatz 2, Offenburg"),
    Office("vhs", "Volkshochschule Kinzigtal (Demo)", "Deutsch und Integration",
           "language_provider", "gdpr", "0000 781 500", "Probegasse 2, Hausach"),
    Office("vwv", "Landessprachkurse Ortenaukreis (Demo)", "VwV-Deutsch Kinzigtal",
           "course_programme_state", "gdpr", "0000 7832 520", "Musterhof 8, Haslach"),
    Office("helferkreis", "Helferkreis Wolfach (Demo)", "", "volunteer_group", "gdpr",
           "0000 7834 510", "Rathausplatz 1, Wolfach"),
    Office("caritas", "Caritasverband Kinzigtal (Demo)", "Beratungsdienste", "welfare", "kdg",
           "0000 7832 530", "Klostergasse 6, Haslach"),
    Office("wohnschule", "Weiterbildung Kinzigtal (Demo)", "Wohnungsführerschein", "workshop",
           "gdpr", "0000 781 540", "Probegasse 2, Hausach"),
    Office("diakonie", "Kreisdiakonie Rems-Murr (Demo)", "Integrationsmanagement Murrhardt",
           "delivery_organisation", "dsg_ekd", "0000 7192 400", "Kirchgasse 5, Murrhardt"),
    Office("stab_rm", "Landratsamt Rems-Murr-Kreis (Demo)", "Integrationsförderung", "county",
           "gdpr", "0000 7151 410", "Musterplatz 9, Waiblingen"),
    Office("jc_rm", "Jobcenter Rems-Murr (Demo)", "Team Backnang", "jobcenter", "sgb10",
           "0000 7191 420", "Probestraße 30, Backnang"),
    Office("kita_murr", "Kita-Anmeldung Murrhardt (Demo)", "", "other_office", "gdpr",
           "0000 7192 430", "Rathausgasse 2, Murrhardt"),
    # Has no account: the advisors record what it answers.
    Office("vwv_rm", "Landessprachkurse Rems-Murr (Demo)", "VwV-Deutsch Backnang",
           "course_programme_state", "gdpr", "0000 7191 440", "Musterring 3, Backnang"),
)  # fmt: skip

OG = ("Hausach", "Haslach im Kinzigtal", "Wolfach", "Gutach (Schwarzwaldbahn)")
RENCH = ("Oberkirch", "Oppenau")
RM = ("Murrhardt", "Sulzbach an der Murr")


@dataclass(frozen=True)
class Offer:
    """A service. `purpose` is the sentence of the consents that were given for it."""

    key: str
    office: str
    type: str
    name: str
    description: str
    purpose: str
    goal_areas: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("de",)
    places: tuple[str, ...] = ()
    waiting_weeks: int | None = None
    accepts_new: bool = True
    neutral_name: str = ""


OFFERS = (
    Offer("koa", "koa", "jobcenter", "Fallmanagement und Kursverpflichtung",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.",
          "Damit die KOA den Antrag vorbereiten und einen Termin mit Sprachmittlung geben kann.",
          (), ("de", "en", "uk"), (*OG, *RENCH)),
    Offer("kita_gutach", "kita_gutach", "andere_stelle", "Kita-Platz in Gutach",
          "Anmeldung und Warteliste für Kinder ab einem Jahr.",
          "Damit das Kita-Büro das Kind vormerken und die Familie zum Kennenlernen einladen kann.",
          ("childcare",), ("de",), ("Gutach (Schwarzwaldbahn)", "Hausach", "Wolfach"), 12),
    Offer("jbh", "jbh", "andere_stelle", "Jugendberufshilfe: Schule, VABO, Ausbildung",
          "Für junge Menschen bis 27, auch ohne Abschluss.",
          "Damit die Jugendberufshilfe den Schulplatz klären und zum Erstgespräch einladen kann.",
          ("school_education", "work"), ("de", "en", "fr")),
    Offer("iq", "iq", "andere_stelle", "Anerkennung ausländischer Abschlüsse",
          "Kostenlose Beratung, auch online.",
          "Damit die Anerkennungsberatung die Unterlagen prüfen und den Weg erklären kann.",
          ("recognition", "work"), ("de", "en", "ar", "uk")),
    Offer("wohnung", "wohnungsamt", "andere_stelle", "Vormerkung für eine städtische Wohnung",
          "Warteliste der Stadt, Wartezeit meist über ein halbes Jahr.",
          "Damit das Wohnungsamt die Familie vormerken und sich bei einem Angebot melden kann.",
          ("housing",), ("de",), ("Haslach im Kinzigtal", "Hausach", "Wolfach"), 26),
    Offer("notwohnung", "wohnungsamt", "andere_stelle", "Übergangswohnung",
          "Zurzeit sind alle Übergangswohnungen belegt.",
          "Damit das Wohnungsamt einen Platz in einer Übergangswohnung suchen und anbieten kann.",
          ("housing",), ("de",), OG, None, accepts_new=False),
    Offer("termin", "abh", "andere_stelle", "Termin zur Verlängerung des Titels",
          "Terminliste, keine Rechtsberatung. Unterlagenliste mitbringen.",
          "Damit die Ausländerbehörde einen Termin vergeben und fehlende Unterlagen nennen kann.",
          ("residence", "legal_admin"), ("de", "en"), (*OG, *RENCH), 4),
    Offer("vhs", "vhs", "sprachkurs", "Integrationskurse und Alphabetisierung",
          "Kurse von A1 bis B1, auch für Menschen, die eine zweite Schrift lernen.",
          "Damit die Volkshochschule einen passenden Kurs suchen und einen Platz anbieten kann.",
          ("language",), ("de", "en"), OG, 8),
    Offer("elternkurs", "vwv", "sprachkurs.vwv", "Elternkurs mit Kinderbetreuung",
          "Deutsch am Vormittag in Haslach, die Kinder werden nebenan betreut.",
          "Damit die Kursplanung einen Platz im Elternkurs und in der Kinderbetreuung anbieten "
          "kann.", ("language",), ("de",), OG, 6),
    Offer("begleitung", "helferkreis", "helferkreis", "Ehrenamtliche Begleitung im Alltag",
          "Begleitung, Hausaufgaben, Sprachtandem, Fahrradwerkstatt.",
          "Damit der Helferkreis jemanden suchen kann, der bei dieser Aufgabe hilft.",
          (), ("de", "en"), ("Wolfach", "Hausach")),
    Offer("mbe", "caritas", "wohlfahrt", "Migrationsberatung für Erwachsene (MBE)",
          "Beratung für Menschen ab 27 Jahren, auch nach dem Integrationsmanagement.",
          "Damit die Migrationsberatung zu einem Erstgespräch einladen kann.",
          ("orientation", "family", "legal_admin", "work"), ("de", "en", "ti"), OG, 3),
    Offer("schulden", "caritas", "wohlfahrt", "Schuldnerberatung",
          "Kostenlos und vertraulich, mit Wartezeit.",
          "Damit die Beratungsstelle zu einem Erstgespräch einladen kann.",
          ("benefits_finance",), ("de",), OG, 6, neutral_name="Soziale Beratung"),
    Offer("sucht", "caritas", "wohlfahrt", "Suchtberatung",
          "Für Betroffene und Angehörige, kostenlos und vertraulich.",
          "Damit die Beratungsstelle zu einem Erstgespräch einladen kann.",
          ("health", "family"), ("de",), OG, 2, neutral_name="Beratungsstelle Familie"),
    Offer("wohnen", "wohnschule", "wohnungsfuehrerschein", "Wohnungsführerschein",
          "Zwei Samstage rund ums Mieten und Wohnen, mit Zertifikat. 15 Plätze.",
          "Damit der Veranstalter zum Workshop anmelden und über Termine informieren kann.",
          ("housing",), ("de", "en"), OG, 2),
    Offer("jc_rm", "jc_rm", "jobcenter", "Integrationsfachkraft und Leistung",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.",
          "Damit das Jobcenter den Antrag prüfen und einen Termin mit Sprachmittlung geben kann.",
          (), ("de", "en", "ar"), (*RM, "Backnang")),
    Offer("kita_murr", "kita_murr", "andere_stelle", "Kita-Platz in Murrhardt",
          "Zentrale Anmeldung aller Kindergärten der Stadt.",
          "Damit die Kita-Anmeldung das Kind vormerken und sich wegen eines Platzes melden kann.",
          ("childcare",), ("de", "en"), RM, 8),
    Offer("elternkurs_rm", "vwv_rm", "sprachkurs.vwv", "Elternkurs am Vormittag",
          "Deutsch für Eltern in Backnang, mit Kinderbetreuung.",
          "Damit die Kursplanung einen Platz im Elternkurs und in der Kinderbetreuung anbieten "
          "kann.", ("language",), ("de",), (*RM, "Backnang"), 10),
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """Somebody one can sign in as; `serves` pairs offices with roles."""

    name: str
    serves: tuple[tuple[str, str], ...]
    try_this: str

    @property
    def email(self) -> str:
        return f"{self.name.casefold().replace(' ', '.')}@{MAIL_DOMAIN}"


ACCOUNTS = (
    Account("Katrin Demowald", (("kinzigtal", "advisor"),),
            N_("Rahimas Rückfrage beantworten, ihren Kursplatz annehmen, ein Ergebnis prüfen.")),
    Account("Jonas Demobach", (("kinzigtal", "advisor"),),
            N_("Rojins Rückfrage beantworten; einen Entwurf fertig machen und senden.")),
    Account("Miriam Beispielhuber", (("renchtal", "advisor"),),
            N_("Ein anderes Team: sehen, dass Katrins Personen hier nicht auftauchen.")),
    Account("Lena Stadtprobe", (("kinzigtal", "advisor"),),
            N_("Neu im Team und noch ohne Personen: jemanden anlegen und vermitteln.")),
    Account("Marlene Musterhaus", (("diakonie", "advisor"),),
            N_("Ein freier Träger: Farhads Anerkennung und Laylas Kita-Plätze verfolgen.")),
    Account("Petra Leitmuster", (("kinzigtal", "team_lead"),),
            N_("Eine Vertretung eintragen; eine Vermittlung als Irrtum kennzeichnen.")),
    Account("Bernd Beispielberg", (("diakonie", "team_lead"),),
            N_("Eine Person an eine Kollegin oder einen Kollegen übergeben.")),
    Account("Sabine Fallprobe", (("koa", "partner"),),
            N_("Oksanas Anfrage annehmen, einen Termin geben, eine Verpflichtung aussprechen.")),
    Account("Ralf Probemann", (("koa", "partner"),),
            N_("Dieselbe Anfrage wie Sabine öffnen: wer zuerst antwortet, gewinnt.")),
    Account("Gabi Kitamuster", (("kita_gutach", "partner"),),
            N_("Die Anfrage beantworten, die seit 17 Tagen wartet.")),
    Account("Felix Doppelmuster", (("kita_gutach", "partner"), ("wohnungsamt", "partner")),
            N_("Arbeitet in zwei Stellen: oben rechts zwischen ihnen wechseln.")),
    Account("Wilma Wohnprobe", (("wohnungsamt", "partner"),),
            N_("Die Wartezeit ändern und jemanden auf die Warteliste setzen.")),
    Account("Jens Schulprobe", (("jbh", "partner"),),
            N_("Zu einem Termin „Nicht erschienen“ eintragen.")),
    Account("Nadia Musterbrief", (("iq", "partner"),),
            N_("Eine Beratung mit Ergebnis abschließen.")),
    Account("Arno Amtsmuster", (("abh", "partner"),),
            N_("Eine Rückfrage stellen oder eine andere Stelle vorschlagen.")),
    Account("Karin Kursmuster", (("vhs", "partner"),),
            N_("Bei Rahima nach der Schrift fragen; Oksana von der Warteliste holen.")),
    Account("Viola Elternprobe", (("vwv", "partner"),),
            N_("Einen Platz im Elternkurs anbieten und sehen, bis wann er frei gehalten wird.")),
    Account("Maria Beratmuster", (("caritas", "partner"),),
            N_("Familie Mithal auf die Warteliste der Schuldnerberatung setzen.")),
    Account("Wanda Werkprobe", (("wohnschule", "partner"),),
            N_("Yusuf für den Workshop am Samstag anmelden.")),
    Account("Vera Ehrenmuster", (("helferkreis", "volunteer_coordinator"),),
            N_("Für Yusufs Fahrrad jemanden aus dem Helferkreis vorschlagen.")),
    Account("Volker Freimuster", (("helferkreis", "volunteer"),),
            N_("Eine Aufgabe übernehmen, eine andere als erledigt melden.")),
    Account("Selma Stellenprobe", (("jc_rm", "partner"),),
            N_("Mykolas Wechsel der Leistung beantworten.")),
    Account("Kira Krippenmuster", (("kita_murr", "partner"),),
            N_("Ein Kind von der Warteliste holen.")),
    Account("Tobias Testmann", (("stab_rm", "coordinator"),),
            N_("Sehen, was im Landkreis liegen bleibt: Daten und Stände, nie Namen.")),
    Account("Doris Datenprobe", (("stab_og", "auditor"),),
            N_("Das Zugriffsprotokoll lesen: wer wann was getan hat, ohne Inhalte und Namen.")),
    Account("Armin Amtsprobe", (("stab_og", "admin"),),
            N_("Ein Konto einladen und im Postausgang den Link öffnen; ein Angebot ändern.")),
)  # fmt: skip


@dataclass(frozen=True)
class Mandate:
    """Who delivers Integrationsmanagement in a municipality, and since when."""

    municipality: str
    office: str
    model: str
    valid_from: str
    valid_until: str | None = None


MANDATES = (
    *(Mandate(place, "kinzigtal", "delegated_to_county", "2018-01-01") for place in OG),
    *(Mandate(place, "renchtal", "delegated_to_county", "2018-01-01") for place in RENCH),
    Mandate("Murrhardt", "diakonie", "delegated_to_welfare", "2018-01-01"),
    # Until the end of 2024 the town had joined its neighbours.
    Mandate("Sulzbach an der Murr", "diakonie", "municipal_association", "2018-01-01",
            "2024-12-31"),
    Mandate("Sulzbach an der Murr", "diakonie", "delegated_to_welfare", "2025-01-01"),
)  # fmt: skip
