"""How an advice service answers: yes, later or no, and that the first talk took place.

No field of a receiver takes free text: what is said in counselling never flows back.
"""

from __future__ import annotations

from portal.api import (
    APPOINTMENT,
    DECLINE,
    FAILURE,
    HANDLER,
    N_,
    NEXT_STEP,
    OUTCOME,
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

# A question before the answer, out of a list.
ASKS: tuple[Choice, ...] = (
    ("interpreting", N_("Bringt die Person eine Sprachmittlung mit?")),
    ("reachable", N_("Wie und wann ist die Person erreichbar?")),
    ("deadline", N_("Gibt es eine Frist, bis wann?")),
    ("elsewhere", N_("Ist die Person schon in einer anderen Beratung?")),
)

FIRST_APPOINTMENT_KEPT = State(
    "first_appointment_kept", N_("Erstgespräch wahrgenommen"), Status.IN_PROGRESS
)
# Takes the place of the standard's start: counselling begins with the first talk.
START = Action(
    key="start",
    label=N_("Erstgespräch hat stattgefunden"),
    done=N_("Erstgespräch wahrgenommen"),
    sources=(Status.ACCEPTED, Status.SCHEDULED),
    target=FIRST_APPOINTMENT_KEPT.key,
    side=Side.RECEIVER,
    permission="referral.answer",
    fields=(
        Field(key="started_on", label=N_("Am"), kind=Kind.DATE, default_days=0, days=(-366, 0)),
    ),
)

_WHEN = tuple(field for field in APPOINTMENT if field.kind is Kind.DATETIME)
_EXCUSED = Field(key="excused", label=N_("Entschuldigt"), kind=Kind.YES_NO, required=False)
_EXPECTED_ON = Field(key="expected_on", label=N_("Voraussichtlich ab"), kind=Kind.DATE,
                     days=(0, 730))  # fmt: skip
_DECLINE = code_field(
    N_("Grund"),
    choices(DECLINE, "no_capacity", "not_responsible", "outside_area", "already_served",
            "language_not_available", "conflict_or_safety", "no_contact"),
)  # fmt: skip
_FAIL = code_field(
    N_("Grund"), choices(FAILURE, "could_not_contact", "no_show", "dropped_out", "offer_cancelled")
)

WORKFLOW = standard(
    # Redirecting and pausing would have to say why.
    without=("start", "redirect", "pause", "resume"),
    states=(FIRST_APPOINTMENT_KEPT,),
    actions=(START,),
    first=("start",),
    fields={
        "ask": (Field(key="question", label=N_("Ihre Frage"), kind=Kind.CHOICE, choices=ASKS),),
        "waitlist": (_EXPECTED_ON, REVIEW_ON),
        "accept": (HANDLER, NEXT_STEP),
        "accept_with_appointment": (*_WHEN, HANDLER),
        "schedule": _WHEN,
        "no_show": (_EXCUSED, NEXT_STEP),
        "event_cancelled": (NEXT_STEP,),
        "confirm": (REVIEW_ON,),
        "decline": (_DECLINE,),
        "complete": (
            code_field(N_("Ergebnis"), choices(OUTCOME, "help_received", "advised_only")),
        ),
        "fail": (_FAIL,),
    },
)
