"""The offices of both counties. Everything is invented: organisations end in "(Demo)"."""

from __future__ import annotations

from dataclasses import dataclass

MARKER = "Landratsamt Ortenaukreis (Demo)"  # a database with this organisation is a demo
MAIL_DOMAIN = "portal.example"

KOA = "Jobcenter Ortenaukreis, KOA (Demo)"
LRA_RM = "Landratsamt Rems-Murr-Kreis (Demo)"
IM = "Integrationsmanagement"
DELIVERY, OTHER = "delivery_organisation", "other_office"


@dataclass(frozen=True)
class Office:
    """A unit and the organisation it belongs to. Telephone numbers begin with 0000."""

    key: str
    organisation: str
    unit: str
    kind: str
    regime: str
    phone: str
    address: str

    @property
    def email(self) -> str:
        return f"{self.key.replace('_', '-')}@{MAIL_DOMAIN}"


# The offices between which the worked week is told; what waits in them belongs to its story.
OF_THE_WEEK = (
    Office("kinzigtal", MARKER, "Migrationsamt, Team Kinzigtal", DELIVERY, "gdpr",
           "0000 781 100", "Beispielstraße 1, Hausach"),
    Office("renchtal", MARKER, "Migrationsamt, Team Acher-Renchtal", DELIVERY, "gdpr",
           "0000 781 110", "Musterweg 4, Oberkirch"),
    Office("stab_og", MARKER, "Stabsstelle Integration", DELIVERY, "gdpr",
           "0000 781 120", "Beispielplatz 2, Offenburg"),
    Office("koa", KOA, "Fallmanagement Kinzigtal", "jobcenter", "sgb10",
           "0000 781 200", "Probegasse 7, Hausach"),
    Office("kita_gutach", "Kita-Büro Gutach (Demo)", "", OTHER, "gdpr",
           "0000 7833 300", "Dorfstraße 3, Gutach"),
    Office("jbh", "Jugendberufshilfe Kinzigtal (Demo)", "", OTHER, "gdpr",
           "0000 7834 310", "Schulweg 12, Wolfach"),
    Office("iq", "IQ Anerkennungsberatung (Demo)", "", OTHER, "gdpr",
           "0000 711 320", "Musterallee 20, Offenburg und online"),
    Office("wohnungsamt", "Wohnungsamt Haslach (Demo)", "", OTHER, "gdpr",
           "0000 7832 330", "Am Marktplatz 1, Haslach"),
    Office("abh", "Ausländerbehörde Ortenaukreis, Terminliste (Demo)", "", OTHER, "gdpr",
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
    Office("diakonie", "Kreisdiakonie Rems-Murr (Demo)", f"{IM} Murrhardt", DELIVERY, "dsg_ekd",
           "0000 7192 400", "Kirchgasse 5, Murrhardt"),
    Office("stab_rm", LRA_RM, "Integrationsförderung", "county", "gdpr",
           "0000 7151 410", "Musterplatz 9, Waiblingen"),
    Office("jc_rm", "Jobcenter Rems-Murr (Demo)", "Team Backnang", "jobcenter", "sgb10",
           "0000 7191 420", "Probestraße 30, Backnang"),
    Office("kita_murr", "Kita-Anmeldung Murrhardt (Demo)", "", OTHER, "gdpr",
           "0000 7192 430", "Rathausgasse 2, Murrhardt"),
    # Has no account: the advisors record what it answers.
    Office("vwv_rm", "Landessprachkurse Rems-Murr (Demo)", "VwV-Deutsch Backnang",
           "course_programme_state", "gdpr", "0000 7191 440", "Musterring 3, Backnang"),
)  # fmt: skip

_ORTENAU = (
    Office("lahr_umland", MARKER, "Migrationsamt, Team Lahr-Umland", DELIVERY, "gdpr",
           "0000 7821 130", "Beispielufer 8, Lahr"),
    Office("stadt_achern", "Stadt Achern (Demo)", IM, DELIVERY, "gdpr",
           "0000 7841 131", "Rathausring 1, Achern"),
    Office("stadt_kehl", "Stadt Kehl (Demo)", IM, DELIVERY, "gdpr",
           "0000 7851 132", "Musterbrücke 3, Kehl"),
    Office("stadt_lahr", "Stadt Lahr (Demo)", IM, DELIVERY, "gdpr",
           "0000 7821 133", "Rathausring 4, Lahr"),
    Office("stadt_offenburg", "Stadt Offenburg (Demo)", IM, DELIVERY, "gdpr",
           "0000 781 134", "Musterplatz 11, Offenburg"),
    Office("verbund_og", "Verbund Südliche Ortenau (Demo)", IM, DELIVERY, "gdpr",
           "0000 7822 135", "Probeplatz 2, Ettenheim"),
    Office("caritas_og", "Caritasverband Offenburg (Demo)", f"{IM} Gengenbach", DELIVERY, "kdg",
           "0000 7803 136", "Klosterhof 1, Gengenbach"),
    Office("koa_og", KOA, "Fallmanagement Offenburg", "jobcenter", "sgb10",
           "0000 781 210", "Musterallee 31, Offenburg"),
    Office("koa_lahr", KOA, "Fallmanagement Lahr", "jobcenter", "sgb10",
           "0000 7821 220", "Beispielufer 12, Lahr"),
    Office("koa_acher", KOA, "Fallmanagement Achern und Kehl", "jobcenter", "sgb10",
           "0000 7841 230", "Probeweg 5, Achern"),
    Office("agentur", "Agentur für Arbeit Ortenau (Demo)", "Berufsberatung", OTHER, "sgb10",
           "0000 781 240", "Musterallee 33, Offenburg"),
    Office("kita_og", "Kita-Anmeldung Offenburg (Demo)", "", OTHER, "gdpr",
           "0000 781 305", "Musterplatz 12, Offenburg"),
    Office("fsa", "Flüchtlingssozialarbeit Ortenaukreis (Demo)", "", OTHER, "gdpr",
           "0000 781 350", "Beispielplatz 6, Offenburg"),
    Office("sprachmittlung", "Sprachmittlung Ortenau (Demo)", "", OTHER, "gdpr",
           "0000 781 360", "Beispielplatz 7, Offenburg"),
    Office("sprache_og", "Sprachzentrum Offenburg (Demo)", "Kursplanung", "language_provider",
           "gdpr", "0000 781 505", "Probering 14, Offenburg"),
    Office("vwv_og", "Landessprachkurse Ortenaukreis (Demo)", "VwV-Deutsch Offenburg",
           "course_programme_state", "gdpr", "0000 781 525", "Beispielplatz 2, Offenburg"),
    Office("freundeskreis", "Freundeskreis Lahr (Demo)", "", "volunteer_group", "gdpr",
           "0000 7821 515", "Musterhof 2, Lahr"),
    Office("diakonie_og", "Diakonisches Werk Ortenau (Demo)", "Beratungsdienste", "welfare",
           "dsg_ekd", "0000 781 535", "Kirchplatz 3, Offenburg"),
    Office("jmd", "Jugendmigrationsdienst Ortenau (Demo)", "", "welfare", "gdpr",
           "0000 781 537", "Schulring 9, Offenburg"),
    Office("bildungswerk", "Bildungswerk Lahr (Demo)", "Wohnungsführerschein", "workshop", "gdpr",
           "0000 7821 545", "Musterhof 6, Lahr"),
)  # fmt: skip

_REMS_MURR = (
    Office("im_rm", LRA_RM, IM, "county", "gdpr", "0000 7151 412", "Musterplatz 9, Waiblingen"),
    Office("stadt_backnang", "Stadt Backnang (Demo)", IM, DELIVERY, "gdpr",
           "0000 7191 141", "Rathausgasse 1, Backnang"),
    Office("stadt_fellbach", "Stadt Fellbach (Demo)", IM, DELIVERY, "gdpr",
           "0000 711 142", "Rathausgasse 2, Fellbach"),
    Office("stadt_murrhardt", "Stadt Murrhardt (Demo)", "Soziales", DELIVERY, "gdpr",
           "0000 7192 143", "Rathausgasse 3, Murrhardt"),
    Office("stadt_schorndorf", "Stadt Schorndorf (Demo)", IM, DELIVERY, "gdpr",
           "0000 7181 144", "Rathausgasse 4, Schorndorf"),
    Office("stadt_waiblingen", "Stadt Waiblingen (Demo)", IM, DELIVERY, "gdpr",
           "0000 7151 145", "Rathausgasse 5, Waiblingen"),
    Office("stadt_weinstadt", "Stadt Weinstadt (Demo)", "Soziales", DELIVERY, "gdpr",
           "0000 7151 146", "Rathausgasse 6, Weinstadt"),
    Office("stadt_winnenden", "Stadt Winnenden (Demo)", "Soziales", DELIVERY, "gdpr",
           "0000 7195 147", "Rathausgasse 7, Winnenden"),
    Office("verbund_rm", "Verbund Oberes Murrtal (Demo)", IM, DELIVERY, "gdpr",
           "0000 7191 148", "Beispielweg 10, Oppenweiler"),
    Office("awo", "AWO Rems-Murr (Demo)", f"{IM} Weinstadt", DELIVERY, "gdpr",
           "0000 7151 149", "Probehof 1, Weinstadt"),
    Office("paulinenpflege", "Paulinenpflege Winnenden (Demo)", IM, DELIVERY, "dsg_ekd",
           "0000 7195 150", "Probehof 2, Winnenden"),
    Office("jc_wn", "Jobcenter Rems-Murr (Demo)", "Team Waiblingen", "jobcenter", "sgb10",
           "0000 7151 425", "Musterplatz 20, Waiblingen"),
    Office("schulsozial", "Schulsozialarbeit Backnang (Demo)", "", OTHER, "gdpr",
           "0000 7191 435", "Schulstraße 8, Backnang"),
    Office("asylblg", "Leistungsstelle AsylbLG Rems-Murr (Demo)", "", OTHER, "gdpr",
           "0000 7151 436", "Musterplatz 10, Waiblingen"),
    Office("abh_rm", "Ausländerbehörde Rems-Murr, Terminliste (Demo)", "", OTHER, "gdpr",
           "0000 7151 437", "Musterplatz 11, Waiblingen"),
    # Has no account either.
    Office("unterkunft_rm", "Unterkunftsverwaltung Rems-Murr (Demo)", "", OTHER, "gdpr",
           "0000 7151 438", "Musterplatz 12, Waiblingen"),
    Office("vhs_rm", "Volkshochschule Murrtal (Demo)", "Deutsch und Integration",
           "language_provider", "gdpr", "0000 7191 505", "Musterring 8, Backnang"),
    Office("ak_backnang", "Arbeitskreis Integration Backnang (Demo)", "", "volunteer_group",
           "gdpr", "0000 7191 515", "Marktgasse 4, Backnang"),
    Office("caritas_rm", "Caritas Rems-Murr (Demo)", "Beratungsdienste", "welfare", "kdg",
           "0000 7151 535", "Klosterweg 2, Waiblingen"),
    Office("wohnschule_rm", "Wohnschule Backnang (Demo)", "Wohnungsführerschein", "workshop",
           "gdpr", "0000 7191 545", "Musterring 9, Backnang"),
)  # fmt: skip

OFFICES = (*OF_THE_WEEK, *_ORTENAU, *_REMS_MURR)
