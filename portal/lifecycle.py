"""The closed loop: statuses, legal moves and the standard workflow.

Pure. The vocabulary is HL7 FHIR `Task.status` as the SDOH Clinical Care guide uses it for
closed-loop referrals; every plugin's workflow refines it and never contradicts it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from portal.codes import CANCEL, DECLINE, FAILURE, OUTCOME, choices
from portal.workflow import N_, Action, Choice, Field, Kind, Side, State, Workflow


class Status(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    INFO_NEEDED = "info_needed"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered_in_error"


S = Status
UNANSWERED = (S.SENT, S.INFO_NEEDED)
BEFORE_ACCEPTANCE = (S.SENT, S.INFO_NEEDED, S.WAITLISTED)
UNDER_WAY = (S.ACCEPTED, S.SCHEDULED, S.IN_PROGRESS, S.PAUSED)
OPEN = (*BEFORE_ACCEPTANCE, *UNDER_WAY)
FINAL = (
    S.COMPLETED,
    S.NOT_COMPLETED,
    S.DECLINED,
    S.REDIRECTED,
    S.EXPIRED,
    S.CANCELLED,
    S.ENTERED_IN_ERROR,
)

LABELS: dict[Status, str] = {
    S.DRAFT: N_("Entwurf"),
    S.SENT: N_("Gesendet, Antwort offen"),
    S.INFO_NEEDED: N_("Rückfrage offen"),
    S.WAITLISTED: N_("Auf der Warteliste"),
    S.ACCEPTED: N_("Zugesagt"),
    S.SCHEDULED: N_("Termin vereinbart"),
    S.IN_PROGRESS: N_("Läuft"),
    S.PAUSED: N_("Unterbrochen"),
    S.COMPLETED: N_("Abgeschlossen"),
    S.NOT_COMPLETED: N_("Ohne Abschluss beendet"),
    S.DECLINED: N_("Absage"),
    S.REDIRECTED: N_("An andere Stelle verwiesen"),
    S.EXPIRED: N_("Ohne Antwort beendet"),
    S.CANCELLED: N_("Zurückgezogen"),
    S.ENTERED_IN_ERROR: N_("Irrtümlich angelegt"),
}
RECEIVER_LABELS = {S.SENT: N_("Neu")}


# --- Dates that moves set; who is reminded of them when is in `portal.deadlines` ----------
DRAFT_WAITS = 2  # working days: finish a draft, or delete it
REVIEW_WITHIN = 5  # working days: the sender looks at the result
NEXT_STEP_DAYS = 14  # calendar days: proposed date of the next step
LONGEST_SILENCE_DAYS = 30  # calendar days: no open referral is longer without a next date
GRACE_DAYS = 14  # calendar days: how long a receiver may still read a final referral's package


# --- The fields moves ask for ------------------------------------------------------------
OTHER = ("code", "other")
EXPLANATION = Field(
    key="explanation",
    label=N_("Erläuterung"),
    required_if=OTHER,
    hint=N_("Nur was für den Schritt nötig ist. Pflicht bei „Anderer Grund“."),
)
NOTE = Field(
    key="note",
    label=N_("Mitteilung an die andere Stelle"),
    kind=Kind.LONG_TEXT,
    required=False,
    max_length=1000,
    hint=N_("Nur was für den Schritt nötig ist."),
)
HANDLER = Field(
    key="handler",
    label=N_("Wer kümmert sich?"),
    kind=Kind.MEMBER,
    required=False,
    hint=N_("Ohne Auswahl: wer antwortet."),
)
NEXT_STEP = Field(
    key="next_on",
    label=N_("Nächster Schritt bis"),
    kind=Kind.DATE,
    default_days=NEXT_STEP_DAYS,
    days=(0, LONGEST_SILENCE_DAYS),
)
APPOINTMENT = (
    Field(
        key="appointment_at",
        label=N_("Termin am"),
        kind=Kind.DATETIME,
        days=(0, 366),
    ),
    Field(key="place", label=N_("Ort"), required=False),
)
REVIEW_ON = Field(
    key="next_on",
    label=N_("Wieder prüfen am"),
    kind=Kind.DATE,
    default_days=28,
    days=(0, LONGEST_SILENCE_DAYS),
)


def code_field(label: str, codes: tuple[Choice, ...], key: str = "code") -> Field:
    return Field(key=key, label=label, kind=Kind.CHOICE, choices=codes)


# --- The standard workflow ----------------------------------------------------------------
def _sender(key: str, label: str, sources: tuple[str, ...], target: str | None, *fields: Field,
            hint: str = "") -> Action:  # fmt: skip
    permission = "referral.send"
    return Action(key=key, label=label, sources=sources, target=target, side=Side.SENDER,
                  fields=fields, permission=permission, hint=hint)  # fmt: skip


def _receiver(key: str, label: str, sources: tuple[str, ...], target: str | None, *fields: Field,
              hint: str = "") -> Action:  # fmt: skip
    permission = "referral.answer"
    return Action(key=key, label=label, sources=sources, target=target, side=Side.RECEIVER,
                  fields=fields, permission=permission, hint=hint)  # fmt: skip


# In the order in which they are offered: what comes next first, what ends it last.
_ACTIONS: tuple[Action, ...] = (
    _sender("send", N_("Jetzt senden"), (S.DRAFT,), S.SENT),
    _sender("discard", N_("Entwurf löschen"), (S.DRAFT,), S.CANCELLED),
    _sender(
        "answer", N_("Rückfrage beantworten"), (S.INFO_NEEDED,), S.SENT,
        # The receiver reads it before the decision, when it may not know the name yet.
        Field(key="answer", label=N_("Ihre Antwort"), kind=Kind.LONG_TEXT, max_length=2000,
              hint=N_("Nur was für den Schritt nötig ist, ohne Namen.")),
        # Its choices are what the sender held back; the referral fills them in.
        Field(key="release", label=N_("Zusätzlich weitergeben"), kind=Kind.CHOICES,
              required=False),
    ),
    _receiver(
        "accept", N_("Zusagen"), BEFORE_ACCEPTANCE, S.ACCEPTED, HANDLER, NEXT_STEP, NOTE
    ),
    _receiver(
        "accept_with_appointment", N_("Zusagen mit Termin"), UNANSWERED, S.SCHEDULED,
        *APPOINTMENT, HANDLER, NOTE,
    ),
    _receiver(
        "schedule", N_("Termin eintragen"), (S.WAITLISTED, S.ACCEPTED), S.SCHEDULED,
        *APPOINTMENT, NOTE,
    ),
    _receiver(
        "start", N_("Beginn eintragen"), (S.ACCEPTED, S.SCHEDULED), S.IN_PROGRESS,
        Field(key="started_on", label=N_("Beginn am"), kind=Kind.DATE, default_days=0,
              days=(-366, 366)),
        NOTE,
    ),
    _receiver("resume", N_("Fortsetzen"), (S.PAUSED,), S.IN_PROGRESS, NOTE),
    _receiver(
        "complete", N_("Abschließen"), UNDER_WAY, S.COMPLETED,
        code_field(N_("Ergebnis"), choices(OUTCOME)), NOTE,
    ),
    _receiver(
        "no_show", N_("Nicht erschienen"), (S.SCHEDULED,), S.ACCEPTED,
        Field(key="excused", label=N_("Entschuldigt"), kind=Kind.YES_NO, required=False),
        NEXT_STEP, NOTE,
    ),
    _receiver(
        "event_cancelled", N_("Termin ausgefallen"), (S.SCHEDULED,), S.ACCEPTED, NEXT_STEP, NOTE
    ),
    _receiver(
        "confirm", N_("Stand bestätigen"), (S.WAITLISTED, S.ACCEPTED, S.IN_PROGRESS, S.PAUSED),
        None, REVIEW_ON, NOTE, hint=N_("Es bleibt vorerst, wie es ist."),
    ),
    _receiver("acknowledge", N_("Eingang bestätigen"), (S.SENT,), None),
    _receiver(
        "ask", N_("Rückfrage stellen"), (S.SENT,), S.INFO_NEEDED,
        Field(key="question", label=N_("Ihre Frage"), kind=Kind.LONG_TEXT, max_length=1000,
              hint=N_("Fragen Sie nur, was Sie für Ihre Entscheidung brauchen.")),
    ),
    _receiver(
        "waitlist", N_("Auf die Warteliste setzen"),
        (S.SENT, S.INFO_NEEDED, S.ACCEPTED, S.SCHEDULED), S.WAITLISTED,
        Field(key="expected_on", label=N_("Voraussichtlich ab"), kind=Kind.DATE,
              days=(0, 730), required_unless="position"),
        Field(key="position", label=N_("Platz auf der Liste"), kind=Kind.INTEGER,
              minimum=1, required=False, required_unless="expected_on"),
        REVIEW_ON, NOTE,
    ),
    _receiver(
        "redirect", N_("Andere Stelle vorschlagen"), UNANSWERED, S.REDIRECTED,
        Field(key="suggestion", label=N_("Welche Stelle passt besser?"),
              hint=N_("Die Beratung vermittelt neu, mit eigener Einwilligung.")),
        NOTE,
    ),
    _receiver(
        "decline", N_("Absagen"), BEFORE_ACCEPTANCE, S.DECLINED,
        code_field(N_("Grund"), choices(DECLINE)), EXPLANATION,
    ),
    _receiver(
        "pause", N_("Unterbrechen"), (S.ACCEPTED, S.IN_PROGRESS), S.PAUSED,
        Field(key="reason", label=N_("Grund")), REVIEW_ON,
    ),
    _receiver(
        "fail", N_("Ohne Abschluss beenden"), UNDER_WAY, S.NOT_COMPLETED,
        code_field(N_("Grund"), choices(FAILURE)), EXPLANATION,
    ),
    Action(key="expire", label=N_("Ohne Antwort beenden"), sources=UNANSWERED, target=S.EXPIRED,
           side=Side.SYSTEM),
    _sender(
        "withdraw", N_("Zurückziehen"), OPEN, S.CANCELLED,
        code_field(N_("Grund"), tuple(c for c in choices(CANCEL) if c[0] != "consent_withdrawn")),
        EXPLANATION,
        hint=N_("Die andere Stelle sieht ab sofort nur noch, dass zurückgezogen wurde."),
    ),
    _sender(
        "review", N_("Ergebnis geprüft"), tuple(s for s in FINAL if s != S.ENTERED_IN_ERROR), None,
        Field(key="plan_change", label=N_("Was ändert sich im Integrationsplan?"),
              kind=Kind.LONG_TEXT, required=False, max_length=1000,
              hint=N_("Leer heißt: nichts weiter.")),
    ),
)  # fmt: skip

_STATES = tuple(
    State(status.value, LABELS[status], status.value, RECEIVER_LABELS.get(status, ""))
    for status in Status
)

# What connects two statuses anywhere connects them for every plugin: loop.md's table.
LEGAL: frozenset[tuple[str, str]] = frozenset(
    (source, action.target)
    for action in _ACTIONS
    if action.target is not None
    for source in action.sources
)


def standard(
    *,
    without: tuple[str, ...] = (),
    states: tuple[State, ...] = (),
    actions: tuple[Action, ...] = (),
    labels: dict[str, str] | None = None,
    done: dict[str, str] | None = None,
    fields: dict[str, tuple[Field, ...]] | None = None,
    first: tuple[str, ...] = (),
) -> Workflow:
    """The standard workflow, less the actions `without`, plus a plugin's own.

    `labels` renames states and actions by key, `done` what the timeline says of an action,
    `fields` replaces what it asks for. A status that nothing leads to any more disappears. An
    own state inherits the moves of the status it refines, unless it names the ones it wants
    (`State.inherits`). Actions are offered as here, own ones last, those named in `first` first.
    """
    renamed, told, replaced = labels or {}, done or {}, fields or {}
    actions_known = {action.key for action in _ACTIONS}
    unknown = {*without, *told, *replaced} - actions_known
    unknown |= set(renamed) - actions_known - {state.key for state in _STATES}
    unknown |= set(first) - actions_known - {a.key for a in actions}
    if unknown:
        raise ValueError(f"the standard workflow has no {', '.join(sorted(unknown))}")
    kept = [
        replace(
            action,
            label=renamed.get(action.key, action.label),
            done=told.get(action.key, action.done),
            fields=replaced.get(action.key, action.fields),
            sources=action.sources + _inheriting(states, action),
        )
        for action in _ACTIONS
        if action.key not in without
    ]
    all_actions = sorted((*kept, *actions), key=lambda a: (*first, a.key).index(a.key))
    targets = {action.target for action in all_actions} | {S.DRAFT, S.ENTERED_IN_ERROR}
    core = [
        replace(state, label=renamed.get(state.key, state.label))
        for state in _STATES
        if state.key in targets
    ]
    gone = {state.key for state in _STATES} - {state.key for state in core}
    trimmed = (
        replace(action, sources=tuple(s for s in action.sources if s not in gone))
        for action in all_actions
    )
    return Workflow((*core, *states), tuple(a for a in trimmed if a.sources))


def _inheriting(states: tuple[State, ...], action: Action) -> tuple[str, ...]:
    return tuple(
        state.key
        for state in states
        if state.refines in action.sources
        and (state.inherits is None or action.key in (*state.inherits, "withdraw", "review"))
        and action.target != state.key
    )


def whose_turn(status: str, reviewed: bool) -> Side | None:
    """Which side the next move is expected of; None when the loop is closed."""
    if status in (S.DRAFT, S.INFO_NEEDED):
        return Side.SENDER
    if status in FINAL:
        return None if reviewed or status == S.ENTERED_IN_ERROR else Side.SENDER
    return Side.RECEIVER
