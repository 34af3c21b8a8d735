"""How a course provider answers: a test, a seat that is offered and taken, and what came of it."""

from __future__ import annotations

from portal.api import (
    APPOINTMENT,
    EXPLANATION,
    FAILURE,
    N_,
    NOTE,
    Action,
    Choice,
    Field,
    Kind,
    Side,
    State,
    Status,
    Workflow,
    choices,
    code_field,
    standard,
)
from portal_sprachkurs import courses

LAPSE = "lapse_seat"
TELLS_OFFER = "sprachkurs.seat_offered"
TELLS_TAKEN = "sprachkurs.seat_taken"
TELLS_FREE = "sprachkurs.seat_free"

# The core's codes in a provider's words.
REASONS: tuple[Choice, ...] = (
    ("no_capacity", N_("Kein Kurs mit freien Plätzen in Sicht")),
    ("level_mismatch", N_("Kursart oder Niveau passt nicht")),
    ("entitlement_missing", N_("Berechtigung fehlt oder ist abgelaufen")),
    ("funding_or_legal_status", N_("Zurzeit keine Zulassung oder Förderung möglich")),
    ("childcare_missing", N_("Keine Kinderbetreuung")),
    ("time_conflict", N_("Kein Kurs zu diesen Zeiten")),
    ("outside_area", N_("Zu weit entfernt")),
    ("missing_documents", N_("Unterlagen fehlen")),
    ("already_served", N_("Schon in einem Kurs")),
    ("no_contact", N_("Person nicht erreicht")),
    ("other", N_("Anderer Grund")),
)
WHY_NOT_THIS_SEAT: tuple[Choice, ...] = (
    ("times", N_("Zeiten passen nicht")),
    ("place", N_("Zu weit, oder keine Verbindung")),
    ("childcare", N_("Keine Kinderbetreuung")),
    ("cost", N_("Fahrt oder Kurs ist zu teuer")),
    ("later", N_("Möchte später beginnen")),
    ("other", N_("Anderer Grund")),
)
OUTCOMES: tuple[Choice, ...] = (
    ("certificate_issued", N_("Prüfung bestanden, Zertifikat ausgestellt")),
    ("help_received", N_("Kurs bis zum Ende besucht")),
    ("help_partly_received", N_("Kurs zum Teil besucht")),
    ("enrolled", N_("Platz erhalten, mehr wird nicht gemeldet")),
    ("further_referral_recommended", N_("Weiterer Kurs empfohlen")),
)
RESULT_LEVELS: tuple[Choice, ...] = (
    ("b1", "B1"),
    ("a2", "A2"),
    ("below_a2", N_("unter A2")),
    ("b2", "B2"),
    ("c1", "C1"),
    ("c2", "C2"),
    ("not_tested", N_("nicht geprüft")),
)
EXAMS: tuple[Choice, ...] = (
    ("passed", N_("bestanden")),
    ("failed", N_("nicht bestanden")),
    ("not_taken", N_("keine Prüfung")),
)
# A band, never hours: the duty to report absences is towards offices, not towards counselling.
ATTENDANCE: tuple[Choice, ...] = (
    ("regular", N_("regelmäßig")),
    ("irregular", N_("unregelmäßig")),
    ("stopped", N_("kommt nicht mehr")),
)

PLACEMENT_TEST_SET = State(
    "placement_test_set", N_("Einstufungstest vereinbart"), Status.SCHEDULED,
    inherits=("waitlist", "no_show", "event_cancelled", "fail"),
)  # fmt: skip
SEAT_OFFERED = State(
    "seat_offered", N_("Platz angeboten"), Status.WAITLISTED,
    inherits=("decline",), turn=Side.SENDER,
)  # fmt: skip

_TEST_LEVEL = Field(
    key="test_level", label=N_("Ergebnis des Einstufungstests"), kind=Kind.CHOICE,
    choices=courses.LEVELS, required=False, hint=N_("Nur wenn es einen Test gab."),
)  # fmt: skip
_SET_TEST = Action(
    key="set_placement_test",
    label=N_("Zum Einstufungstest einladen"),
    done=N_("Zum Einstufungstest eingeladen"),
    sources=(Status.SENT, Status.INFO_NEEDED, Status.WAITLISTED, Status.ACCEPTED,
             PLACEMENT_TEST_SET.key),
    target=PLACEMENT_TEST_SET.key,
    side=Side.RECEIVER,
    fields=(APPOINTMENT[0], Field(key="place", label=N_("Ort")), NOTE),
)  # fmt: skip
_TAKE = Action(
    key="take_seat",
    label=N_("Platz annehmen"),
    done=N_("Platz angenommen"),
    hint=N_("Bitte erst eintragen, wenn die Person zugesagt hat."),
    sources=(SEAT_OFFERED.key,),
    target=Status.ACCEPTED,
    side=Side.SENDER,
    message=TELLS_TAKEN,
    fields=(NOTE,),
)
_REFUSE = Action(
    key="refuse_seat",
    label=N_("Platz nicht annehmen"),
    done=N_("Platz nicht angenommen"),
    hint=N_("Die Person bleibt auf der Warteliste."),
    sources=(SEAT_OFFERED.key,),
    target=Status.WAITLISTED,
    side=Side.SENDER,
    message=TELLS_FREE,
    fields=(
        Field(key="reason", label=N_("Grund"), kind=Kind.CHOICE, choices=WHY_NOT_THIS_SEAT),
        NOTE,
    ),
)
_LAPSE = Action(
    key=LAPSE,
    label=N_("Platzangebot verfallen"),
    sources=(SEAT_OFFERED.key,),
    target=Status.WAITLISTED,
    side=Side.SYSTEM,
    message=TELLS_FREE,
)
_PROGRESS = Action(
    key="report_progress",
    label=N_("Zwischenstand melden"),
    done=N_("Zwischenstand gemeldet"),
    sources=(Status.IN_PROGRESS,),
    target=Status.IN_PROGRESS,  # a sign of life: the next one is expected anew
    side=Side.RECEIVER,
    fields=(
        Field(key="module", label=N_("Abgeschlossenes Modul"), kind=Kind.INTEGER, minimum=1,
              maximum=12, required_unless="attendance"),
        Field(key="level", label=N_("Erreichtes Niveau"), kind=Kind.CHOICE,
              choices=courses.LEVELS, required=False),
        Field(key="attendance", label=N_("Teilnahme"), kind=Kind.CHOICE, choices=ATTENDANCE,
              required=False,
              hint=N_("Nur wenn die Person damit einverstanden ist. Keine Fehltage.")),
    ),
)  # fmt: skip
_COMPLETE = (
    code_field(N_("Ergebnis"), OUTCOMES),
    Field(key="level", label=N_("Erreichtes Niveau"), kind=Kind.CHOICE, choices=RESULT_LEVELS),
    Field(key="exam", label=N_("Prüfung"), kind=Kind.CHOICE, choices=EXAMS),
    NOTE,
)
_FAILURES = choices(
    FAILURE, "no_show", "dropped_out", "not_eligible_after_check", "offer_cancelled",
    "legal_status_changed", "could_not_contact", "referred_elsewhere", "other",
)  # fmt: skip


def _offer(kinds: tuple[Choice, ...]) -> Action:
    return Action(
        key="offer_seat",
        label=N_("Platz anbieten"),
        done=N_("Platz angeboten"),
        hint=N_("Bis zum Ende der Frist bleibt der Platz frei, danach verfällt das Angebot."),
        sources=(Status.SENT, Status.INFO_NEEDED, Status.WAITLISTED, Status.ACCEPTED,
                 PLACEMENT_TEST_SET.key, SEAT_OFFERED.key),
        target=SEAT_OFFERED.key,
        side=Side.RECEIVER,
        message=TELLS_OFFER,
        fields=(
            Field(key="course_name", label=N_("Kurs")),
            Field(key="course_kind", label=N_("Kursart"), kind=Kind.CHOICE, choices=kinds),
            Field(key="course_level", label=N_("Niveau"), kind=Kind.CHOICE,
                  choices=courses.LEVELS),
            Field(key="starts_on", label=N_("Beginn am"), kind=Kind.DATE, days=(1, 366)),
            Field(key="course_times", label=N_("Zeiten"),
                  hint=N_("Zum Beispiel: Montag bis Donnerstag, 8:30 bis 12 Uhr.")),
            Field(key="course_place", label=N_("Ort")),
            Field(key="next_on", label=N_("Antwort bis"), kind=Kind.DATE, default_days=7,
                  days=(1, 30), hint=N_("Höchstens zehn Arbeitstage.")),
            _TEST_LEVEL,
            NOTE,
        ),
    )  # fmt: skip


def drawn(kinds: tuple[Choice, ...]) -> Workflow:
    """The workflow of a provider that has courses of these kinds."""
    return standard(
        # Its only appointment before the course is the test.
        without=("accept_with_appointment", "schedule"),
        states=(PLACEMENT_TEST_SET, SEAT_OFFERED),
        actions=(_offer(kinds), _SET_TEST, _TAKE, _REFUSE, _PROGRESS, _LAPSE),
        labels={
            "accepted": N_("Angemeldet"),
            "accept": N_("Anmelden"),
            "start": N_("Kursbeginn eintragen"),
            "in_progress": N_("Kurs läuft"),
            "no_show": N_("Nicht zum Test erschienen"),
            "event_cancelled": N_("Test ausgefallen"),
        },
        done={"accept": N_("Angemeldet"), "start": N_("Kurs begonnen")},
        first=("send", "take_seat", "refuse_seat", "start", "offer_seat", "set_placement_test"),
        fields={
            "waitlist": (*standard().action("waitlist").fields, _TEST_LEVEL),
            "decline": (code_field(N_("Grund"), REASONS), EXPLANATION),
            "complete": _COMPLETE,
            "fail": (code_field(N_("Grund"), _FAILURES), EXPLANATION),
        },
    )


WORKFLOW = drawn(courses.FEDERAL)
STATE_WORKFLOW = drawn(courses.STATE)
