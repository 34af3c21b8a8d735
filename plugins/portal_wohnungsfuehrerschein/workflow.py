"""How an organiser of workshops answers: a place in one, and what was learned there."""

from __future__ import annotations

from portal.api import (
    APPOINTMENT,
    EXPLANATION,
    FAILURE,
    LANGUAGES,
    N_,
    NOTE,
    REVIEW_ON,
    Action,
    Choice,
    Field,
    Kind,
    Side,
    State,
    Status,
    choices,
    code_field,
    standard,
)

# The core's codes in an organiser's words.
REASONS: tuple[Choice, ...] = (
    ("no_capacity", N_("Kein Workshop mit freien Plätzen in Sicht")),
    ("language_not_available", N_("Nicht in einer passenden Sprache")),
    ("childcare_missing", N_("Keine Kinderbetreuung")),
    ("time_conflict", N_("Kein Workshop zu diesen Zeiten")),
    ("outside_area", N_("Zu weit entfernt")),
    ("already_served", N_("Hat schon teilgenommen")),
    ("not_responsible", N_("Das bieten wir nicht an")),
    ("no_contact", N_("Person nicht erreicht")),
    ("other", N_("Anderer Grund")),
)
OUTCOMES: tuple[Choice, ...] = (
    ("certificate_issued", N_("Zertifikat ausgestellt")),
    ("help_received", N_("Teilgenommen, ohne Zertifikat")),
    ("help_partly_received", N_("Zum Teil teilgenommen")),
)
MODULES: tuple[Choice, ...] = (
    ("tenant", N_("Rechte und Pflichten, Hausordnung")),
    ("contract", N_("Mietvertrag, Kaution, Nebenkosten")),
    ("heating", N_("Heizen, Lüften, Energie sparen")),
    ("waste", N_("Müll und Abwasser")),
    ("care", N_("Reinigung und Pflege der Wohnung")),
    ("neighbours", N_("Nachbarschaft und Ruhezeiten")),
    ("safety", N_("Brandschutz und Schäden")),
    ("search", N_("Wohnung suchen, Anruf und Besichtigung")),
    ("handover", N_("Einzug, Auszug, Übergabe")),
    ("other", N_("Anderes Thema")),
)
WHY_NOT: tuple[Choice, ...] = (
    ("full", N_("Der Workshop ist voll")),
    ("too_few", N_("Zu wenige Anmeldungen")),
    ("cancelled", N_("Der Workshop fällt aus")),
)
_CERTIFIED = ("code", "certificate_issued")

REGISTERED = State(
    "registered", N_("Angemeldet"), Status.SCHEDULED, inherits=("no_show", "fail")
)  # fmt: skip
_REGISTER = Action(
    key="register",
    label=N_("Anmelden"),
    done=N_("Angemeldet"),
    sources=(Status.SENT, Status.INFO_NEEDED, Status.WAITLISTED, Status.ACCEPTED),
    target=REGISTERED.key,
    side=Side.RECEIVER,
    fields=(
        Field(key="workshop", label=N_("Workshop"), hint=N_("Der Titel, wie er angekündigt ist.")),
        Field(key="appointment_at", label=N_("Erster Termin am"), kind=APPOINTMENT[0].kind,
              days=APPOINTMENT[0].days),
        Field(key="place", label=N_("Ort")),
        Field(key="language", label=N_("Sprache"), kind=Kind.CHOICE, choices=LANGUAGES,
              default="de"),
        Field(key="sessions", label=N_("Anzahl der Termine"), kind=Kind.INTEGER, minimum=1,
              maximum=30, default=1),
        NOTE,
    ),
)  # fmt: skip
# Named as in the core, so that the appointment ends as cancelled; here a list catches the person.
_NOT_TAKING_PLACE = Action(
    key="event_cancelled",
    label=N_("Voll oder ausgefallen"),
    done=N_("Workshop voll oder ausgefallen"),
    hint=N_("Die Person kommt auf die Warteliste für den nächsten."),
    sources=(REGISTERED.key,),
    target=Status.WAITLISTED,
    side=Side.RECEIVER,
    fields=(
        Field(key="reason", label=N_("Grund"), kind=Kind.CHOICE, choices=WHY_NOT),
        REVIEW_ON,
        NOTE,
    ),
)
# Only from a registration: whoever was not in a workshop has nothing to be certified.
_COMPLETE = Action(
    key="complete",
    label=N_("Abschließen"),
    sources=(REGISTERED.key,),
    target=Status.COMPLETED,
    side=Side.RECEIVER,
    fields=(
        code_field(N_("Ergebnis"), OUTCOMES),
        Field(key="certificate_number", label=N_("Nummer des Zertifikats"), max_length=40,
              required_if=_CERTIFIED),
        Field(key="hours", label=N_("Stunden"), kind=Kind.INTEGER, minimum=1, maximum=60,
              required_if=_CERTIFIED),
        Field(key="modules", label=N_("Themen"), kind=Kind.CHOICES, choices=MODULES,
              required_if=_CERTIFIED),
        NOTE,
    ),
)  # fmt: skip
_FAILURES = choices(
    FAILURE, "no_show", "dropped_out", "could_not_contact", "offer_cancelled",
    "referred_elsewhere", "other",
)  # fmt: skip

WORKFLOW = standard(
    # Somebody is in a workshop or is not: no talk before, no pause in between.
    without=("accept_with_appointment", "schedule", "start", "pause", "resume",
             "event_cancelled", "complete"),
    states=(REGISTERED,),
    actions=(_REGISTER, _COMPLETE, _NOT_TAKING_PLACE),
    labels={
        "accept": N_("Zusagen, Termin folgt"),
        "accepted": N_("Zugesagt, Termin folgt"),
    },
    done={"accept": N_("Zugesagt, Termin folgt")},
    first=("send", "register", "complete"),
    fields={
        "decline": (code_field(N_("Grund"), REASONS), EXPLANATION),
        "fail": (code_field(N_("Grund"), _FAILURES), EXPLANATION),
    },
)  # fmt: skip
