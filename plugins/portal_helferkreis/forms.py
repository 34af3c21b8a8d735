"""What an advisor tells a volunteer circle, and what of it a volunteer gets to see."""

from __future__ import annotations

from portal.api import N_, NAMELESS_PREVIEW, Choice, Field, Kind

TASKS: tuple[Choice, ...] = (
    ("accompaniment", N_("Begleitung zu Behörde, Arzt oder Schule")),
    ("language_tandem", N_("Sprachtandem")),
    ("homework", N_("Hilfe bei den Hausaufgaben")),
    ("flat_hunting", N_("Wohnungssuche")),
    ("bicycle", N_("Fahrradwerkstatt")),
    ("clothes", N_("Kleiderkammer")),
    ("meeting_cafe", N_("Begegnungscafé")),
    ("sports", N_("Sport und Freizeit")),
    ("forms", N_("Formulare ausfüllen")),
    ("job_mentoring", N_("Mentoring für Arbeit und Ausbildung")),
    ("interpreting", N_("Übersetzen im Gespräch")),
)
VIA_COORDINATION = "coordination"
REACHED_BY: tuple[Choice, ...] = (
    (VIA_COORDINATION, N_("Über die Koordination des Helferkreises")),
    ("meeting_point", N_("Gar nicht vorher, nur am Treffpunkt")),
    ("phone", N_("Anruf")),
    ("sms", N_("Kurznachricht")),
    ("email", N_("E-Mail")),
)

_AFTERWARDS = N_("Sieht erst, wer die Aufgabe übernommen hat.")
QUESTIONS: tuple[Field, ...] = (
    Field(key="task_kind", label=N_("Was wird gebraucht?"), kind=Kind.CHOICE, choices=TASKS),
    Field(
        key="task_text", label=N_("Was ist zu tun?"), kind=Kind.LONG_TEXT, max_length=500,
        hint=N_("Ein, zwei Sätze, ohne Namen: Ehrenamtliche lesen das vor ihrer Zusage."),
    ),
    Field(
        key="time_window", label=N_("Wann?"), max_length=120,
        hint=N_("Zum Beispiel: dienstags ab 16 Uhr, etwa zwei Stunden."),
    ),
    Field(
        key="meeting_point", label=N_("Treffpunkt"), max_length=120, required=False,
        hint=_AFTERWARDS,
    ),
    Field(
        key="with_minors", label=N_("Kinder oder Jugendliche sind dabei"), kind=Kind.YES_NO,
        required=False, hint=N_("Dann braucht es einen gültigen Helferausweis."),
    ),
    Field(
        key="reached_by", label=N_("So möchte die Person erreicht werden"), kind=Kind.CHOICE,
        choices=REACHED_BY, default=VIA_COORDINATION, hint=_AFTERWARDS,
    ),
    Field(
        key="reached_at", label=N_("Nummer oder E-Mail-Adresse dafür"), max_length=120,
        required=False, category="contact",
        hint=N_("Nur wenn die Person sie dafür nennt. Sieht erst, wer die Aufgabe übernommen hat."),
    ),
)  # fmt: skip

# The coordinator arranges the match and needs to know with whom.
DISCLOSES = ("given_name", "family_name", "municipality", "phone", "contact_way",
             "contact_language", "interpreter_needed")  # fmt: skip
PREVIEW = (*NAMELESS_PREVIEW, "task_kind", "task_text", "time_window", "with_minors")
# A volunteer: no family name, no telephone number of the record, nothing of the case.
TASK = ("given_name", "municipality", "contact_language", "task_kind", "task_text", "time_window",
        "meeting_point", "reached_by", "reached_at")  # fmt: skip
