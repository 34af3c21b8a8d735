"""The sixty people one can sign in as. The names are plainly made up, mail goes to `.example`."""

from __future__ import annotations

from dataclasses import dataclass

from portal.demo.offices import MAIL_DOMAIN
from portal.workflow import N_

PASSWORD = "Hand-in-Hand-2026"


@dataclass(frozen=True)
class Account:
    """Somebody one can sign in as; `serves` pairs offices with roles, the first comes first.

    `try_this` is for those of the worked week; the others make the counties whole.
    """

    name: str
    serves: tuple[tuple[str, str], ...]
    try_this: str = ""

    @property
    def email(self) -> str:
        return f"{self.name.casefold().replace(' ', '.')}@{MAIL_DOMAIN}"


_OF_THE_WEEK = (
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

_FURTHER = (
    Account("Lars Lahrmuster", (("lahr_umland", "advisor"),)),
    Account("Ines Inselprobe", (("stadt_offenburg", "advisor"),)),
    Account("Clara Gengenmuster", (("caritas_og", "advisor"),)),
    Account("Remo Remsprobe", (("im_rm", "advisor"),)),
    Account("Beate Backmuster", (("stadt_backnang", "advisor"),)),
    Account("Thea Teamprobe", (("renchtal", "team_lead"), ("lahr_umland", "team_lead"))),
    Account("Rolf Leitprobe", (("im_rm", "team_lead"),)),
    Account("Silke Koordmuster", (("stab_og", "coordinator"),)),
    Account("Olaf Offenprobe", (("koa_og", "partner"),)),
    Account("Lotte Lahrprobe", (("koa_lahr", "partner"),)),
    Account("Anke Achermuster", (("koa_acher", "partner"),)),
    Account("Bodo Berufsprobe", (("agentur", "partner"),)),
    Account("Kathi Kitaprobe", (("kita_og", "partner"),)),
    Account("Frank Wechselmuster", (("fsa", "partner"),)),
    Account("Swetlana Mittelprobe", (("sprachmittlung", "partner"),)),
    Account("Sonja Sprachmuster", (("sprache_og", "partner"),)),
    Account("Edda Abendmuster", (("vwv_og", "partner"),)),
    Account("Dagmar Beiprobe", (("diakonie_og", "partner"), ("jmd", "partner"))),
    Account("Jonte Jugendmuster", (("jmd", "partner"),)),
    Account("Bea Bildungsprobe", (("bildungswerk", "partner"),)),
    Account("Jutta Jobprobe", (("jc_wn", "partner"),)),
    Account("Sina Schulmuster", (("schulsozial", "partner"),)),
    Account("Lutz Leistungsprobe", (("asylblg", "partner"),)),
    Account("Anja Titelmuster", (("abh_rm", "partner"),)),
    Account("Volkmar Kursprobe", (("vhs_rm", "partner"),)),
    Account("Carla Beratprobe", (("caritas_rm", "partner"),)),
    Account("Wolf Wohnmuster", (("wohnschule_rm", "partner"),)),
    Account("Frauke Freundprobe", (("freundeskreis", "volunteer_coordinator"),)),
    Account("Astrid Kreismuster", (("ak_backnang", "volunteer_coordinator"),)),
    Account("Fritz Freiprobe", (("freundeskreis", "volunteer"),)),
    Account("Hanna Helfmuster", (("freundeskreis", "volunteer"),)),
    Account("Bruno Helfprobe", (("ak_backnang", "volunteer"),)),
    Account("Wiebke Zeitmuster", (("helferkreis", "volunteer"),)),
    Account("Dirk Datenmuster", (("stab_rm", "auditor"),)),
)

ACCOUNTS = (*_OF_THE_WEEK, *_FURTHER)
