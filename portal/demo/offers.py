"""What the offices offer to those who refer, and the sentence of the consents given for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.demo.mandates import (
    GENGENBACH,
    KINZIGTAL,
    LAHR_UMLAND,
    MURRTAL,
    ORTENAU,
    REMS_MURR,
    REMSTAL,
    RENCHTAL,
    SOUTH,
    UPPER_MURR,
)

UPPER = ("Murrhardt", "Backnang", *UPPER_MURR, *MURRTAL)  # the upper half of the Rems-Murr-Kreis
TO_COUNSELLOR = "Damit die Beratungsstelle zu einem Erstgespräch einladen kann."
TO_JOBCENTER = (
    "Damit das Jobcenter den Antrag prüfen und einen Termin mit Sprachmittlung geben kann."
)
TO_KOA = "Damit die KOA den Antrag vorbereiten und einen Termin mit Sprachmittlung geben kann."
TO_COURSE = "Damit der Kursträger einen passenden Kurs suchen und einen Platz anbieten kann."
TO_CIRCLE = "Damit der Helferkreis jemanden suchen kann, der bei dieser Aufgabe hilft."
TO_WORKSHOP = "Damit der Veranstalter zum Workshop anmelden und über Termine informieren kann."
TO_ALIENS_OFFICE = (
    "Damit die Ausländerbehörde einen Termin vergeben und fehlende Unterlagen nennen kann."
)


@dataclass(frozen=True)
class Offer:
    """A service. `places` are municipalities or a whole county; without any it is open to all."""

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
    closed_days: int | None = None  # from the worked Monday
    neutral_name: str = ""
    said_days_ago: int = 0  # how open it is

    def reach(self, counties: Mapping[str, str]) -> list[str]:
        """Where people may live who come here; `counties` names that of each municipality."""
        chosen = set(self.places)
        return [
            place
            for place, county in counties.items()
            if not chosen or place in chosen or county in chosen
        ]


_OF_THE_WEEK = (
    Offer("koa", "koa", "jobcenter", "Fallmanagement und Kursverpflichtung",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_KOA,
          (), ("de", "en", "uk"), (*KINZIGTAL, "Oberkirch", "Oppenau")),
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
          ("housing",), ("de",), KINZIGTAL, None, closed_days=44),
    Offer("termin", "abh", "andere_stelle", "Termin zur Verlängerung des Titels",
          "Terminliste, keine Rechtsberatung. Unterlagenliste mitbringen.", TO_ALIENS_OFFICE,
          ("residence", "legal_admin"), ("de", "en"),
          (*KINZIGTAL, *RENCHTAL, *LAHR_UMLAND, *GENGENBACH, *SOUTH), 4),
    Offer("vhs", "vhs", "sprachkurs", "Integrationskurse und Alphabetisierung",
          "Kurse von A1 bis B1, auch für Menschen, die eine zweite Schrift lernen.",
          "Damit die Volkshochschule einen passenden Kurs suchen und einen Platz anbieten kann.",
          ("language",), ("de", "en"), KINZIGTAL, 8),
    Offer("elternkurs", "vwv", "sprachkurs.vwv", "Elternkurs mit Kinderbetreuung",
          "Deutsch am Vormittag in Haslach, die Kinder werden nebenan betreut.",
          "Damit die Kursplanung einen Platz im Elternkurs und in der Kinderbetreuung anbieten "
          "kann.", ("language",), ("de",), KINZIGTAL, 6),
    Offer("begleitung", "helferkreis", "helferkreis", "Ehrenamtliche Begleitung im Alltag",
          "Begleitung, Hausaufgaben, Sprachtandem, Fahrradwerkstatt.", TO_CIRCLE,
          (), ("de", "en"), ("Wolfach", "Hausach", "Oberwolfach")),
    Offer("mbe", "caritas", "wohlfahrt", "Migrationsberatung für Erwachsene (MBE)",
          "Beratung für Menschen ab 27 Jahren, auch nach dem Integrationsmanagement.",
          "Damit die Migrationsberatung zu einem Erstgespräch einladen kann.",
          ("orientation", "family", "legal_admin", "work"), ("de", "en", "ti"), KINZIGTAL, 3),
    Offer("schulden", "caritas", "wohlfahrt", "Schuldnerberatung",
          "Kostenlos und vertraulich, mit Wartezeit.", TO_COUNSELLOR,
          ("benefits_finance",), ("de",), KINZIGTAL, 6, neutral_name="Soziale Beratung",
          said_days_ago=75),
    Offer("sucht", "caritas", "wohlfahrt", "Suchtberatung",
          "Für Betroffene und Angehörige, kostenlos und vertraulich.", TO_COUNSELLOR,
          ("health", "family"), ("de",), KINZIGTAL, 2, neutral_name="Beratungsstelle Familie"),
    Offer("wohnen", "wohnschule", "wohnungsfuehrerschein", "Wohnungsführerschein",
          "Zwei Samstage rund ums Mieten und Wohnen, mit Zertifikat. 15 Plätze.", TO_WORKSHOP,
          ("housing",), ("de", "en"), KINZIGTAL, 2),
    Offer("jc_rm", "jc_rm", "jobcenter", "Integrationsfachkraft und Leistung",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_JOBCENTER,
          (), ("de", "en", "ar"), UPPER),
    Offer("kita_murr", "kita_murr", "andere_stelle", "Kita-Platz in Murrhardt",
          "Zentrale Anmeldung aller Kindergärten der Stadt.",
          "Damit die Kita-Anmeldung das Kind vormerken und sich wegen eines Platzes melden kann.",
          ("childcare",), ("de", "en"), ("Murrhardt", "Sulzbach an der Murr"), 8),
    Offer("elternkurs_rm", "vwv_rm", "sprachkurs.vwv", "Elternkurs am Vormittag",
          "Deutsch für Eltern in Backnang, mit Kinderbetreuung.",
          "Damit die Kursplanung einen Platz im Elternkurs und in der Kinderbetreuung anbieten "
          "kann.", ("language",), ("de",), UPPER, 10),
)  # fmt: skip

_ORTENAU = (
    Offer("koa_og", "koa_og", "jobcenter", "Fallmanagement Offenburg",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_KOA,
          (), ("de", "en", "ar", "uk"),
          ("Offenburg", *GENGENBACH, "Durbach", "Hohberg", "Ortenberg", "Schutterwald")),
    Offer("koa_lahr", "koa_lahr", "jobcenter", "Fallmanagement Lahr",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_KOA,
          (), ("de", "en", "tr"), ("Lahr/Schwarzwald", *LAHR_UMLAND, *SOUTH)),
    Offer("koa_acher", "koa_acher", "jobcenter", "Fallmanagement Achern und Kehl",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_KOA,
          (), ("de", "fr"), ("Achern", "Kehl", *RENCHTAL)),
    Offer("agentur", "agentur", "andere_stelle", "Beratung zu Beruf und Ausbildung",
          "Auch für Menschen, die noch keine Leistungen des Jobcenters bekommen.",
          "Damit die Berufsberatung den Stand klären und zu einem Gespräch einladen kann.",
          ("work", "recognition"), ("de", "en"), (ORTENAU,), 3),
    Offer("kita_og", "kita_og", "andere_stelle", "Kita-Platz in Offenburg und Umgebung",
          "Zentrale Anmeldung, auch für Gengenbach und Schutterwald.",
          "Damit die Kita-Anmeldung das Kind vormerken und sich wegen eines Platzes melden kann.",
          ("childcare",), ("de",),
          ("Offenburg", *GENGENBACH, *LAHR_UMLAND, "Appenweier", "Oberkirch"), 16),
    Offer("fsa", "fsa", "andere_stelle", "Übergabe aus der vorläufigen Unterbringung",
          "Was läuft, was offen ist: vor und nach dem Umzug in die Anschlussunterbringung.",
          "Damit der Umzug vorbereitet wird und laufende Angelegenheiten nicht verloren gehen.",
          ("housing", "legal_admin"), ("de", "en", "tr", "prs"), (ORTENAU,)),
    Offer("sprachmittlung", "sprachmittlung", "andere_stelle", "Sprachmittlung für Gespräche",
          "Für Termine bei Behörden, Schulen und Kitas, bitte zwei Wochen vorher.",
          "Damit für das Gespräch jemand mit der passenden Sprache gefunden werden kann.",
          ("legal_admin", "participation", "school_education"), ("ar", "fa", "tr", "uk", "ti"),
          (ORTENAU,), 2),
    Offer("sprache_og", "sprache_og", "sprachkurs", "Integrationskurse in Offenburg und Lahr",
          "Vormittags, nachmittags und abends, mit Einstufungstest.", TO_COURSE,
          ("language",), ("de", "en", "fr"), (ORTENAU,), 6),
    Offer("bsk_og", "sprache_og", "sprachkurs", "Berufssprachkurse B2 und C1",
          "Mit Berechtigung von Jobcenter oder Agentur für Arbeit.", TO_COURSE,
          ("language", "work"), ("de",), (ORTENAU,), 10),
    Offer("vwv_og", "vwv_og", "sprachkurs.vwv", "Abendkurs neben der Arbeit",
          "Zweimal in der Woche ab 18 Uhr in Offenburg, bis C1.", TO_COURSE,
          ("language", "work"), ("de",), (ORTENAU,), 4),
    Offer("freundeskreis", "freundeskreis", "helferkreis", "Tandems, Wohnungssuche, Formulare",
          "Dreißig Ehrenamtliche in Lahr und den Nachbargemeinden.", TO_CIRCLE,
          (), ("de", "en", "fr"), ("Lahr/Schwarzwald", *LAHR_UMLAND, *SOUTH, "Offenburg")),
    Offer("mbe_og", "diakonie_og", "wohlfahrt", "Migrationsberatung für Erwachsene (MBE)",
          "Beratung für Menschen ab 27 Jahren in Offenburg, Lahr und Kehl.",
          "Damit die Migrationsberatung zu einem Erstgespräch einladen kann.",
          ("orientation", "family", "legal_admin", "residence"), ("de", "en", "ru", "uk"),
          (ORTENAU,), 4),
    Offer("schwangere", "diakonie_og", "wohlfahrt", "Schwangerschaftsberatung",
          "Vertraulich, auf Wunsch ohne Namen.", TO_COUNSELLOR,
          ("family", "health"), ("de", "en"), (ORTENAU,), 1,
          neutral_name="Beratungsstelle Familie"),
    Offer("jmd", "jmd", "wohlfahrt", "Jugendmigrationsdienst (JMD)",
          "Für junge Menschen von 12 bis 26 Jahren: Schule, Ausbildung, Alltag.", TO_COUNSELLOR,
          ("orientation", "work", "family"), ("de", "en", "ar"), (ORTENAU,), 2),
    Offer("wohnen_lahr", "bildungswerk", "wohnungsfuehrerschein", "Wohnungsführerschein Lahr",
          "Sechs Stunden an zwei Abenden, beginnt ab elf Anmeldungen.", TO_WORKSHOP,
          ("housing", "orientation"), ("de", "en"), (ORTENAU,), 3),
)  # fmt: skip

_REMS_MURR = (
    Offer("jc_wn", "jc_wn", "jobcenter", "Integrationsfachkraft und Leistung Waiblingen",
          "Erstantrag, Termin, Verpflichtung zum Kurs, Maßnahmen.", TO_JOBCENTER,
          (), ("de", "en", "tr"),
          ("Waiblingen", "Fellbach", "Schorndorf", "Weinstadt", "Winnenden", *REMSTAL)),
    Offer("schulsozial", "schulsozial", "andere_stelle", "Schulplatz und Übergang in den Beruf",
          "Vorbereitungsklassen, VABO, Praktikum: in Backnang und den Gemeinden ringsum.",
          "Damit die Schulsozialarbeit den Schulplatz klären und die Familie einladen kann.",
          ("school_education", "work"), ("de", "en"), (REMS_MURR,), 2),
    Offer("asylblg", "asylblg", "andere_stelle", "Leistungen nach dem AsylbLG",
          "Wechsel der Leistung, Krankenschein, Nutzungsgebühr.",
          "Damit die Leistungsstelle den Wechsel klären und einen Termin geben kann.",
          ("benefits_finance", "legal_admin"), ("de", "en"), (REMS_MURR,)),
    Offer("abh_rm", "abh_rm", "andere_stelle", "Termin bei der Ausländerbehörde",
          "Terminliste, keine Rechtsberatung. Unterlagenliste mitbringen.", TO_ALIENS_OFFICE,
          ("residence", "legal_admin"), ("de",), (*UPPER, *REMSTAL), 6),
    Offer("unterkunft_rm", "unterkunft_rm", "andere_stelle", "Unterkunft: Umzug und Zimmer",
          "Nur was das Haus betrifft: Zimmer, Schlüssel, Umzug.",
          "Damit die Unterkunftsverwaltung den Umzug und das passende Zimmer planen kann.",
          ("housing",), ("de",), (REMS_MURR,)),
    Offer("vhs_rm", "vhs_rm", "sprachkurs", "Integrationskurse in Backnang",
          "Von der Alphabetisierung bis B1, mit Einstufungstest.", TO_COURSE,
          ("language",), ("de", "en"), (REMS_MURR,), 7),
    Offer("ak_backnang", "ak_backnang", "helferkreis", "Begleitung und Sprachtandem",
          "Ehrenamtliche aus Backnang und dem Murrtal.", TO_CIRCLE,
          (), ("de", "en"), UPPER),
    Offer("mbe_rm", "caritas_rm", "wohlfahrt", "Migrationsberatung für Erwachsene (MBE)",
          "Beratung für Menschen ab 27 Jahren in Waiblingen und Backnang.",
          "Damit die Migrationsberatung zu einem Erstgespräch einladen kann.",
          ("orientation", "family", "legal_admin"), ("de", "en", "ar"), (REMS_MURR,), 5),
    Offer("psz_rm", "caritas_rm", "wohlfahrt", "Psychosoziales Zentrum",
          "Für Menschen, die Schweres erlebt haben.", TO_COUNSELLOR,
          ("health", "family"), ("de", "en", "fa"), (REMS_MURR,), 12,
          neutral_name="Beratungsstelle Familie"),
    Offer("wohnen_rm", "wohnschule_rm", "wohnungsfuehrerschein", "Wohnungsführerschein Backnang",
          "Drei Abende: Mietrecht, Müll und Energie, Nachbarschaft.", TO_WORKSHOP,
          ("housing", "participation"), ("de",), (REMS_MURR,), 4),
)  # fmt: skip

OFFERS = (*_OF_THE_WEEK, *_ORTENAU, *_REMS_MURR)
