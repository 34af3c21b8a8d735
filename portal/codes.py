"""The codes of answers and endings: a stable identifier, a German label, whose doing it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.workflow import N_, Choice


class By(StrEnum):
    """Whose doing an ending was: not the same, and never mixed up in a statistic."""

    CLIENT = "client"
    PARTNER = "partner"
    SYSTEM = "system"


@dataclass(frozen=True)
class Code:
    key: str
    label: str
    by: By
    success: bool = False


def choices(codes: tuple[Code, ...], *only: str) -> tuple[Choice, ...]:
    """Codes as choices of a field: all of them, or those named in `only`, in that order."""
    labels = {code.key: code.label for code in codes}
    return tuple((key, labels[key]) for key in only or labels)


C, P, Y = By.CLIENT, By.PARTNER, By.SYSTEM

DECLINE = (
    Code("no_capacity", N_("Keine freien Plätze"), P),
    Code("not_eligible", N_("Voraussetzungen nicht erfüllt"), P),
    Code("not_responsible", N_("Nicht zuständig"), P),
    Code("outside_area", N_("Außerhalb unseres Gebiets"), P),
    Code("entitlement_missing", N_("Berechtigung fehlt oder ist abgelaufen"), Y),
    Code("missing_documents", N_("Unterlagen fehlen"), C),
    Code("level_mismatch", N_("Sprachniveau passt nicht"), P),
    Code("language_not_available", N_("Sprachmittlung fehlt"), P),
    Code("childcare_missing", N_("Kinderbetreuung fehlt"), Y),
    Code("time_conflict", N_("Zeiten passen nicht"), C),
    Code("already_served", N_("Schon in Beratung oder im Kurs"), C),
    Code("funding_or_legal_status", N_("Finanzierung oder Rechtslage lässt es nicht zu"), Y),
    Code("conflict_or_safety", N_("Interessenkonflikt oder Sicherheit"), P),
    Code("no_contact", N_("Person nicht erreicht"), C),
    Code("other", N_("Anderer Grund"), P),
)
CANCEL = (
    Code("consent_withdrawn", N_("Einwilligung widerrufen"), C),
    Code("client_no_longer_interested", N_("Person möchte nicht mehr"), C),
    Code("solved_otherwise", N_("Hat sich anders gelöst"), C),
    Code("wrong_partner", N_("Falsche Stelle gewählt"), Y),
    Code("duplicate", N_("Doppelt angelegt"), Y),
    Code("moved_away", N_("Weggezogen"), C),
    Code("case_closed", N_("Beratung beendet"), Y),
    Code("no_response", N_("Keine Antwort"), P),
    Code("other", N_("Anderer Grund"), Y),
)
FAILURE = (
    Code("could_not_contact", N_("Person nicht erreicht"), C),
    Code("no_show", N_("Nicht erschienen"), C),
    Code("dropped_out", N_("Abgebrochen"), C),
    Code("not_eligible_after_check", N_("Nach Prüfung Voraussetzungen nicht erfüllt"), P),
    Code("offer_cancelled", N_("Angebot ausgefallen"), P),
    Code("legal_status_changed", N_("Rechtslage hat sich geändert"), Y),
    Code("referred_elsewhere", N_("An andere Stelle verwiesen"), P),
    Code("no_capacity_found", N_("Niemand gefunden, der übernehmen kann"), P),
    Code("other", N_("Anderer Grund"), P),
)
POSTPONED: tuple[Choice, ...] = (
    ("needs_time", N_("Die Stelle braucht mehr Zeit")),
    ("absent", N_("Urlaub, Krankheit oder Personalwechsel")),
    ("waits_for_others", N_("Es wartet auf eine dritte Stelle")),
    ("agreed", N_("Mit beiden Seiten so verabredet")),
    ("other", N_("Anderer Grund")),
)
OUTCOME = (
    Code("help_received", N_("Hilfe erhalten"), P, success=True),
    Code("help_partly_received", N_("Hilfe teilweise erhalten"), P, success=True),
    Code("enrolled", N_("Platz erhalten"), P, success=True),
    Code("certificate_issued", N_("Bescheinigung ausgestellt"), P, success=True),
    Code("application_filed", N_("Antrag gestellt"), P, success=True),
    Code("advised_only", N_("Nur beraten"), P, success=True),
    Code("client_self_reliant", N_("Person kommt allein zurecht"), C, success=True),
    Code("further_referral_recommended", N_("Weitere Vermittlung empfohlen"), P, success=True),
)

# What an organisation's service is of (domain.md 4.6); referral types name the kind they go to.
PARTNER_KINDS: dict[str, str] = {
    "jobcenter": N_("Jobcenter"),
    "employment_agency": N_("Agentur für Arbeit"),
    "language_provider": N_("Sprachkursträger"),
    "course_programme_state": N_("Landesprogramm VwV Deutsch"),
    "volunteer_group": N_("Helferkreis"),
    "welfare": N_("Wohlfahrtsverband"),
    "workshop": N_("Wohnungsführerschein und Workshops"),
    "other_office": N_("Andere Stelle"),
    "delivery_organisation": N_("Integrationsmanagement"),
    "county": N_("Landkreis"),
}

GOAL_AREAS: tuple[Choice, ...] = (
    ("language", N_("Spracherwerb")),
    ("work", N_("Arbeit und Ausbildung")),
    ("recognition", N_("Anerkennung")),
    ("school_education", N_("Schule und Bildung")),
    ("childcare", N_("Kita und Kinderbetreuung")),
    ("housing", N_("Wohnen")),
    ("benefits_finance", N_("Leistungen und Finanzen")),
    ("residence", N_("Aufenthalt")),
    ("family", N_("Familie")),
    ("health", N_("Gesundheit")),
    ("participation", N_("Gesellschaftliche Teilhabe")),
    ("orientation", N_("Alltag und Orientierung")),
    ("legal_admin", N_("Behörden und Schriftverkehr")),
)
# What clients speak and in what services can be used: BCP 47 tags with the names used in
# German counselling; CLDR lacks prs, kmr and mnk.
LANGUAGES: tuple[Choice, ...] = (
    ("uk", N_("Ukrainisch")),
    ("ru", N_("Russisch")),
    ("ar", N_("Arabisch")),
    ("fa", N_("Persisch (Farsi)")),
    ("prs", N_("Dari")),
    ("ps", N_("Paschtu")),
    ("tr", N_("Türkisch")),
    ("kmr", N_("Kurdisch (Kurmandschi)")),
    ("ckb", N_("Kurdisch (Sorani)")),
    ("ti", N_("Tigrinya")),
    ("am", N_("Amharisch")),
    ("so", N_("Somali")),
    ("de", N_("Deutsch")),
    ("en", N_("Englisch")),
    ("fr", N_("Französisch")),
    ("ur", N_("Urdu")),
    ("pa", N_("Punjabi")),
    ("sq", N_("Albanisch")),
    ("sr", N_("Serbisch")),
    ("mk", N_("Mazedonisch")),
    ("ro", N_("Rumänisch")),
    ("rom", N_("Romanes")),
    ("ka", N_("Georgisch")),
    ("zh", N_("Chinesisch")),
    ("ha", N_("Hausa")),
    ("wo", N_("Wolof")),
    ("mnk", N_("Mandinka")),
)
URGENCIES: tuple[Choice, ...] = (
    ("normal", N_("Normal")),
    ("soon", N_("Bald, es gibt eine Frist")),
    ("urgent", N_("Dringend")),
)
