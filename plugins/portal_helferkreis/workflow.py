"""How a circle answers: it looks for somebody, proposes, and a volunteer says yes or not."""

from __future__ import annotations

from dataclasses import replace

from portal.api import (
    DECLINE,
    EXPLANATION,
    FAILURE,
    HANDLER,
    N_,
    OUTCOME,
    Action,
    Field,
    Kind,
    Side,
    State,
    Status,
    choices,
    code_field,
    standard,
)

COORDINATES = "referral.answer"
VOLUNTEERS = "task.answer"
LONGEST_CLEARANCE_DAYS = 366 * 5

VOLUNTEER_PROPOSED = State(
    "volunteer_proposed",
    N_("Freiwillige/r vorgeschlagen"),
    Status.ACCEPTED,
    inherits=("fail",),
)

_VOLUNTEER = replace(
    HANDLER, label=N_("Wer übernimmt?"), required=True, roles=("volunteer",),
    hint=N_("Ehrenamtliche Ihres Helferkreises mit eigenem Zugang."),
)  # fmt: skip
_CLEARANCE = Field(
    key="clearance_until", label=N_("Helferausweis gültig bis"), kind=Kind.DATE, required=False,
    days=(1, LONGEST_CLEARANCE_DAYS),
    hint=N_("Pflicht, wenn Kinder oder Jugendliche dabei sind. Nur das Datum, keine Unterlagen."),
)  # fmt: skip
CLIENT_AGREES = Field(
    key="client_agrees", label=N_("Die Person ist mit diesem Vorschlag einverstanden"),
    kind=Kind.YES_NO,
)  # fmt: skip
VOLUNTEER_AGREED = Field(
    key="volunteer_agreed", label=N_("Die oder der Ehrenamtliche hat mir zugesagt"),
    kind=Kind.YES_NO,
)  # fmt: skip
_ANSWER_UNTIL = Field(
    key="next_on", label=N_("Antwort bitte bis"), kind=Kind.DATE, default_days=5, days=(0, 30)
)
_RESULT = Field(
    key="result", label=N_("Ergebnis in einem Satz"), hint=N_("Nur was für die Beratung nötig ist.")
)

PROPOSE = Action(
    key="propose", label=N_("Freiwillige/n vorschlagen"), done=N_("Freiwillige/r vorgeschlagen"),
    sources=(Status.ACCEPTED, VOLUNTEER_PROPOSED.key), target=VOLUNTEER_PROPOSED.key,
    side=Side.RECEIVER, permission=COORDINATES,
    fields=(_VOLUNTEER, _CLEARANCE, CLIENT_AGREES, _ANSWER_UNTIL),
)  # fmt: skip
TAKE_ON = Action(
    key="take_on", label=N_("Ja, ich übernehme"), done=N_("Aufgabe übernommen"),
    sources=(VOLUNTEER_PROPOSED.key,), target=Status.IN_PROGRESS,
    side=Side.RECEIVER, permission=VOLUNTEERS,
)  # fmt: skip
NOT_THIS_TIME = Action(
    key="not_this_time", label=N_("Diesmal nicht"), done=N_("Diesmal nicht"),
    sources=(VOLUNTEER_PROPOSED.key,), target=Status.ACCEPTED,
    side=Side.RECEIVER, permission=VOLUNTEERS,
)  # fmt: skip
# A volunteer who leaves cannot be asked twice, and the next one has agreed before this is entered:
# the client is never without somebody in between.
HAND_ON = Action(
    key="hand_on", label=N_("An andere Person weitergeben"), done=N_("Weitergegeben"),
    sources=(Status.IN_PROGRESS,), target=Status.IN_PROGRESS,
    side=Side.RECEIVER, permission=COORDINATES,
    fields=(_VOLUNTEER, _CLEARANCE, CLIENT_AGREES, VOLUNTEER_AGREED),
)  # fmt: skip
TASK_DONE = Action(
    key="task_done", label=N_("Aufgabe ist erledigt"), done=N_("Aufgabe erledigt"),
    sources=(Status.IN_PROGRESS,), target=Status.COMPLETED,
    side=Side.RECEIVER, permission=VOLUNTEERS,
    hint=N_("Danach sehen Sie die Angaben zu dieser Aufgabe nicht mehr."),
    fields=(
        code_field(
            N_("Hat es geholfen?"), choices(OUTCOME, "help_received", "help_partly_received")
        ),
        _RESULT,
    ),
)  # fmt: skip

_COMPLETE = code_field(
    N_("Ergebnis"),
    choices(OUTCOME, "help_received", "help_partly_received", "client_self_reliant",
            "further_referral_recommended"),
)  # fmt: skip
_DECLINE = code_field(
    N_("Grund"),
    choices(DECLINE, "no_capacity", "outside_area", "not_responsible", "language_not_available",
            "time_conflict", "conflict_or_safety", "other"),
)  # fmt: skip
_FAIL = code_field(
    N_("Grund"),
    choices(FAILURE, "no_capacity_found", "could_not_contact", "no_show", "dropped_out", "other"),
)

WORKFLOW = standard(
    # A circle keeps no list, no appointments and no breaks: it finds somebody, or says so.
    without=("waitlist", "accept_with_appointment", "schedule", "no_show", "event_cancelled",
             "start", "pause", "resume"),
    states=(VOLUNTEER_PROPOSED,),
    actions=(TAKE_ON, NOT_THIS_TIME, PROPOSE, TASK_DONE, HAND_ON),
    first=("send", "accept", "propose", "take_on", "not_this_time", "task_done"),
    labels={"accepted": N_("Wir suchen jemanden")},
    done={"accept": N_("Zugesagt: wir suchen jemanden")},
    fields={
        "decline": (_DECLINE, EXPLANATION),
        "complete": (_COMPLETE, _RESULT),
        "fail": (_FAIL, EXPLANATION),
    },
)  # fmt: skip
