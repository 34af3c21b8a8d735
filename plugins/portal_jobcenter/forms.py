"""What an advisor tells the Jobcenter, and which papers each request usually needs."""

from __future__ import annotations

from portal.api import N_, Choice, Field, Kind
from portal_jobcenter.models import COURSE_OBLIGATION

REQUESTS: tuple[Choice, ...] = (
    ("first_application", N_("Hilfe beim ersten Antrag")),
    ("appointment", N_("Termin bei der zuständigen Person")),
    (COURSE_OBLIGATION, N_("Verpflichtung zu einem Sprachkurs")),
    ("recognition", N_("Anerkennung eines Abschlusses")),
    ("measure", N_("Förderung oder Maßnahme")),
    ("clarification", N_("Klärung, zum Beispiel nach einem Schreiben")),
)
DOCUMENTS: tuple[Choice, ...] = (
    ("identity", N_("Pass, Aufenthaltstitel oder Fiktionsbescheinigung")),
    ("registration", N_("Meldebescheinigung")),
    ("application", N_("Ausgefüllter Antrag")),
    ("rent", N_("Mietvertrag oder Bescheid über Nutzungsgebühr")),
    ("bank_account", N_("Kontoverbindung")),
    ("health_insurance", N_("Wahl der Krankenkasse")),
    ("end_of_asylblg", N_("Bescheid über das Ende der Leistungen nach AsylbLG")),
    ("letter", N_("Schreiben des Jobcenters, um das es geht")),
    ("language_certificate", N_("Nachweis über Deutschkenntnisse")),
    ("diploma", N_("Zeugnisse, mit Übersetzung")),
    ("cv", N_("Lebenslauf")),
)
USUALLY_NEEDED: dict[str, tuple[str, ...]] = {
    "first_application": ("identity", "registration", "application", "rent", "bank_account",
                          "health_insurance", "end_of_asylblg"),
    "appointment": ("identity", "letter"),
    COURSE_OBLIGATION: ("identity", "language_certificate"),
    "recognition": ("identity", "diploma", "cv"),
    "measure": ("identity", "cv", "diploma", "language_certificate"),
    "clarification": ("identity", "letter"),
}  # fmt: skip

# Two identifiers exist: of the household and of the person. Their formats differ between
# offices and over the years, so they are taken as they stand on the letter.
_NUMBER_HINT = N_("Nur wenn bekannt. Sichtbar für Sie und dieses Jobcenter.")

QUESTIONS: tuple[Field, ...] = (
    Field(key="request", label=N_("Worum geht es?"), kind=Kind.CHOICE, choices=REQUESTS),
    Field(
        key="details", label=N_("Was soll das Jobcenter wissen?"), kind=Kind.LONG_TEXT,
        max_length=600, required_if=("request", "clarification"),
        hint=N_("Ein bis drei Sätze. Keine Gesundheitsangaben, keine Beträge."),
    ),
    Field(
        key="reporting_on", label=N_("Meldetermin laut Einladung"), kind=Kind.DATE,
        required=False, days=(0, 366),
        hint=N_("Wer drei Meldetermine hintereinander versäumt, kann die Leistung verlieren."),
    ),
    Field(
        key="documents", label=N_("Diese Unterlagen liegen vor"), kind=Kind.CHOICES,
        choices=DOCUMENTS, category="documents_list", required=False,
        hint=N_("Nur die Liste wird weitergegeben, keine Kopien."),
    ),
    Field(
        key="household_number", label=N_("BG-Nummer"), max_length=30, category="benefits",
        required=False, hint=_NUMBER_HINT,
    ),
    Field(
        key="customer_number", label=N_("Kundennummer"), max_length=30, category="benefits",
        required=False, hint=_NUMBER_HINT,
    ),
)  # fmt: skip
