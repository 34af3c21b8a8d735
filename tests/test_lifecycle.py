"""The standard workflow, the codes, the labels and the grants are those of the closed loop."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from portal import codes
from portal.drawing import workflow_errors
from portal.grants import ConsentState, Grant, receiver_grant
from portal.lifecycle import (
    APPOINTMENT,
    FINAL,
    GRACE_DAYS,
    LABELS,
    LEGAL,
    LONGEST_SILENCE_DAYS,
    OPEN,
    RECEIVER_LABELS,
    Status,
    standard,
    whose_turn,
)
from portal.workflow import Action, Field, Kind, Side, State

# The table of the closed loop, written out by hand: move, from, to, side.
UNDER_WAY = "accepted scheduled in_progress paused"
OPEN_STATES = f"sent info_needed waitlisted {UNDER_WAY}"
ENDED = "completed not_completed declined redirected expired cancelled"
TABLE = f"""
send                    | draft                                 | sent          | sender
discard                 | draft                                 | cancelled     | sender
acknowledge             | sent                                  | -             | receiver
ask                     | sent                                  | info_needed   | receiver
answer                  | info_needed                           | sent          | sender
waitlist                | sent info_needed accepted scheduled   | waitlisted    | receiver
accept                  | sent info_needed waitlisted           | accepted      | receiver
accept_with_appointment | sent info_needed                      | scheduled     | receiver
decline                 | sent info_needed waitlisted           | declined      | receiver
redirect                | sent info_needed                      | redirected    | receiver
expire                  | sent info_needed                      | expired       | system
schedule                | waitlisted accepted                   | scheduled     | receiver
no_show                 | scheduled                             | accepted      | receiver
event_cancelled         | scheduled                             | accepted      | receiver
start                   | accepted scheduled                    | in_progress   | receiver
pause                   | accepted in_progress                  | paused        | receiver
resume                  | paused                                | in_progress   | receiver
complete                | {UNDER_WAY}                           | completed     | receiver
fail                    | {UNDER_WAY}                           | not_completed | receiver
withdraw                | {OPEN_STATES}                         | cancelled     | sender
review                  | {ENDED}                               | -             | sender
confirm                 | waitlisted accepted in_progress paused | -            | receiver
"""
ROWS = {
    key: (set(sources.split()), None if target == "-" else target, side)
    for key, sources, target, side in (
        (cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()
    )
}


def test_the_standard_workflow_is_the_table() -> None:
    drawn = {
        action.key: (set(action.sources), action.target, action.side)
        for action in standard().actions
    }
    assert drawn == ROWS


def test_legal_moves_are_those_of_the_table() -> None:
    expected = {(a, to) for sources, to, _ in ROWS.values() for a in sources if to}
    assert expected == LEGAL


def test_every_status_is_a_state_of_the_standard_workflow() -> None:
    states = standard().states
    assert [state.key for state in states] == [status.value for status in Status]
    assert all(state.refines == state.key for state in states)
    assert workflow_errors(standard()) == []


def test_statuses_are_draft_open_or_final() -> None:
    assert {Status.DRAFT, *OPEN, *FINAL} == set(Status)
    assert 1 + len(OPEN) + len(FINAL) == len(Status)


STATUS_LABELS = {
    "draft": "Entwurf",
    "sent": "Gesendet, Antwort offen",
    "info_needed": "Rückfrage offen",
    "waitlisted": "Auf der Warteliste",
    "accepted": "Zugesagt",
    "scheduled": "Termin vereinbart",
    "in_progress": "Läuft",
    "paused": "Unterbrochen",
    "completed": "Abgeschlossen",
    "not_completed": "Ohne Abschluss beendet",
    "declined": "Absage",
    "redirected": "An andere Stelle verwiesen",
    "expired": "Ohne Antwort beendet",
    "cancelled": "Zurückgezogen",
    "entered_in_error": "Irrtümlich angelegt",
}
MOVE_LABELS = {
    "send": "Jetzt senden",
    "discard": "Entwurf löschen",
    "acknowledge": "Eingang bestätigen",
    "ask": "Rückfrage stellen",
    "answer": "Rückfrage beantworten",
    "waitlist": "Auf die Warteliste setzen",
    "accept": "Zusagen",
    "decline": "Absagen",
    "redirect": "Andere Stelle vorschlagen",
    "schedule": "Termin eintragen",
    "no_show": "Nicht erschienen",
    "event_cancelled": "Termin ausgefallen",
    "start": "Beginn eintragen",
    "pause": "Unterbrechen",
    "resume": "Fortsetzen",
    "complete": "Abschließen",
    "fail": "Ohne Abschluss beenden",
    "withdraw": "Zurückziehen",
    "review": "Ergebnis geprüft",
    "confirm": "Stand bestätigen",
}


def test_the_words_are_those_of_the_field() -> None:
    assert LABELS == STATUS_LABELS
    assert RECEIVER_LABELS == {"sent": "Neu"}
    workflow = standard()
    assert {key: workflow.action(key).label for key in MOVE_LABELS} == MOVE_LABELS
    assert workflow.state("sent").receiver_label == "Neu"


CODES = {
    "DECLINE": "no_capacity not_eligible not_responsible outside_area entitlement_missing "
    "missing_documents level_mismatch language_not_available childcare_missing time_conflict "
    "already_served funding_or_legal_status conflict_or_safety no_contact other",
    "CANCEL": "consent_withdrawn client_no_longer_interested solved_otherwise wrong_partner "
    "duplicate moved_away case_closed no_response other",
    "FAILURE": "could_not_contact no_show dropped_out not_eligible_after_check offer_cancelled "
    "legal_status_changed referred_elsewhere no_capacity_found other",
    "OUTCOME": "help_received help_partly_received enrolled certificate_issued application_filed "
    "advised_only client_self_reliant further_referral_recommended",
}


@pytest.mark.parametrize("name", CODES)
def test_codes_are_complete(name: str) -> None:
    listed: tuple[codes.Code, ...] = getattr(codes, name)
    assert {code.key for code in listed} == set(CODES[name].split())
    assert len({code.key for code in listed}) == len(listed)
    assert all(code.label and code.label != code.key for code in listed)
    assert {code.success for code in listed} == {name == "OUTCOME"}


@pytest.mark.parametrize(
    ("move", "name", "unoffered"),
    [
        ("decline", "DECLINE", set()),
        ("fail", "FAILURE", set()),
        ("complete", "OUTCOME", set()),
        ("withdraw", "CANCEL", {"consent_withdrawn"}),  # what the system writes, nobody chooses
    ],
)
def test_moves_that_end_ask_for_their_code(move: str, name: str, unoffered: set[str]) -> None:
    asked = standard().action(move).fields[0]
    assert (asked.key, asked.kind, asked.required) == ("code", Kind.CHOICE, True)
    assert {code for code, _ in asked.choices} == set(CODES[name].split()) - unoffered


@pytest.mark.parametrize("move", ["decline", "fail", "withdraw"])
def test_another_reason_needs_words(move: str) -> None:
    assert ("code", "other") in {field.required_if for field in standard().action(move).fields}


def test_waiting_needs_a_prospect_and_a_day_to_look_again() -> None:
    asked = {field.key: field for field in standard().action("waitlist").fields}
    assert asked["expected_on"].required_unless == "position"
    assert asked["position"].required_unless == "expected_on"
    assert asked["next_on"].required


def test_no_day_that_is_asked_for_lies_beyond_the_longest_silence() -> None:
    asked = [f for a in standard().actions for f in a.fields if f.key == "next_on"]
    assert asked
    assert all(f.days == (0, LONGEST_SILENCE_DAYS) for f in asked)
    assert all((f.default_days or 0) <= LONGEST_SILENCE_DAYS for f in asked)


# --- a plugin's own workflow ---------------------------------------------------------------
OWN = State("own.state", "Eigener", "accepted")
INTO = Action(key="own.in", label="Hinein", sources=("accepted",), target="own.state",
              side=Side.RECEIVER)  # fmt: skip


def test_an_own_state_inherits_the_moves_of_what_it_refines() -> None:
    workflow = standard(states=(OWN,), actions=(INTO,))
    assert workflow_errors(workflow) == []
    assert {a.key for a in workflow.actions_from("own.state")} == {
        a.key for a in standard().actions_from("accepted")
    }


def test_an_own_state_may_inherit_less_but_can_always_be_withdrawn() -> None:
    strict = State("own.state", "Eigener", "accepted", inherits=("start",))
    workflow = standard(states=(strict,), actions=(INTO,))
    assert {a.key for a in workflow.actions_from("own.state")} == {"start", "withdraw"}


def test_what_is_left_out_takes_its_status_along() -> None:
    workflow = standard(without=("pause", "resume"))
    assert "paused" not in {state.key for state in workflow.states}
    assert all("paused" not in action.sources for action in workflow.actions)
    assert workflow_errors(workflow) == []


@pytest.mark.parametrize(
    "wrong", [{"without": ("fly",)}, {"fields": {"fly": ()}}, {"labels": {"fly": "Fliegen"}}]
)
def test_what_the_standard_does_not_have_cannot_be_changed(wrong: dict) -> None:
    with pytest.raises(ValueError, match="fly"):
        standard(**wrong)


LEAP = Action(key="own.leap", label="Sprung", sources=("draft",), target="accepted",
              side=Side.SENDER)  # fmt: skip
MUTE = Action(key="own.end", label="Ende", sources=("accepted",), target="completed",
              side=Side.RECEIVER)  # fmt: skip
ARRANGE = Action(key="own.meet", label="Treffen", sources=("sent",), target="accepted",
                 side=Side.RECEIVER, fields=(APPOINTMENT[0],))  # fmt: skip
BABBLE = Action(key="own.end", label="Ende", sources=("accepted",), target="completed",
                side=Side.RECEIVER,
                fields=(Field(key="code", label="C", kind=Kind.CHOICE,
                              choices=(("nice", "Schön"),)),))  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"states": (State("own.x", "X", "lost"),)}, "state 'own.x' refines no status"),
        ({"actions": (LEAP,)}, "action 'own.leap' goes from 'draft' to 'accepted': no such move"),
        ({"without": ("withdraw",)}, "state 'sent' cannot be withdrawn"),
        ({"actions": (MUTE,)}, "action 'own.end' ends as 'completed' without a code"),
        ({"actions": (ARRANGE,)}, "action 'own.meet' arranges an appointment, and 'accepted' has"),
        ({"actions": (BABBLE,)}, "action 'own.end' has the unknown code 'nice'"),
        ({"states": (OWN,)}, "state 'own.state' cannot be reached"),
    ],
)
def test_a_workflow_that_contradicts_the_loop_is_named(parts: dict, error: str) -> None:
    assert any(error in found for found in workflow_errors(standard(**parts)))


# --- grants --------------------------------------------------------------------------------
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOLDS = ConsentState(revoked=False, expired=False)
REVOKED = ConsentState(revoked=True, expired=False)
EXPIRED = ConsentState(revoked=False, expired=True)
IN_GRACE = NOW - timedelta(days=GRACE_DAYS) + timedelta(seconds=1)
PAST_GRACE = NOW - timedelta(days=GRACE_DAYS)

# status: what a nameless type shows, what a full one shows; then both after the grace time
GRANTS = {
    "draft": ("nothing", "nothing", "nothing", "nothing"),
    "sent": ("preview", "package", "preview", "package"),
    "info_needed": ("preview", "package", "preview", "package"),
    "waitlisted": ("preview", "package", "preview", "package"),
    "accepted": ("package", "package", "package", "package"),
    "scheduled": ("package", "package", "package", "package"),
    "in_progress": ("package", "package", "package", "package"),
    "paused": ("package", "package", "package", "package"),
    "completed": ("package", "package", "closed", "closed"),
    "not_completed": ("package", "package", "closed", "closed"),
    "declined": ("closed", "package", "closed", "closed"),
    "redirected": ("closed", "package", "closed", "closed"),
    "expired": ("closed", "closed", "closed", "closed"),
    "cancelled": ("closed", "closed", "closed", "closed"),
    "entered_in_error": ("nothing", "nothing", "nothing", "nothing"),
}


def granted(
    status: str, *, preview: bool, consent: ConsentState | None = HOLDS, past: bool = False
) -> Grant:
    ended = PAST_GRACE if past else IN_GRACE
    closed_at = ended if status in FINAL else None
    return receiver_grant(
        status, closed_at=closed_at, now=NOW, consent=consent, preview_only=preview
    )


def test_grants_are_the_table() -> None:
    drawn = {
        status.value: tuple(
            granted(status, preview=preview, past=past).value
            for past in (False, True)
            for preview in (True, False)
        )
        for status in Status
    }
    assert drawn == GRANTS


INVISIBLE = (Status.DRAFT, Status.ENTERED_IN_ERROR)


@pytest.mark.parametrize("status", [s for s in Status if s not in INVISIBLE])
@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("past", [True, False])
def test_without_a_consent_the_view_is_closed(status: Status, preview: bool, past: bool) -> None:
    for consent in (REVOKED, ConsentState(revoked=True, expired=True), None):
        assert granted(status, preview=preview, consent=consent, past=past) is Grant.ENDED
    # What has expired shows no data either, but an ended referral keeps its reference and notes.
    expected = Grant.CLOSED if status in FINAL else Grant.ENDED
    assert granted(status, preview=preview, consent=EXPIRED, past=past) is expected


SHOWS = {Grant.NOTHING: 0, Grant.ENDED: 0, Grant.CLOSED: 1, Grant.PREVIEW: 2, Grant.PACKAGE: 3}
ACCEPTED = ("accepted", "scheduled", "in_progress", "paused")


@pytest.mark.parametrize("preview", [True, False])
def test_no_later_state_shows_more_except_by_acceptance(preview: bool) -> None:
    seen = [
        (before, after)
        for before, after in LEGAL
        if before != "draft" and after not in ACCEPTED
        and SHOWS[granted(after, preview=preview)] > SHOWS[granted(before, preview=preview)]
    ]  # fmt: skip
    assert seen == []


def test_time_and_revocation_only_take_away() -> None:
    for status, preview in itertools.product(Status, (True, False)):
        shown = SHOWS[granted(status, preview=preview)]
        assert SHOWS[granted(status, preview=preview, past=True)] <= shown
        for consent in (REVOKED, EXPIRED, None):
            assert SHOWS[granted(status, preview=preview, consent=consent)] <= shown


def test_whose_turn_it_is() -> None:
    turns = {status.value: whose_turn(status, reviewed=False) for status in Status}
    sender = {"draft", "info_needed", *ENDED.split()}
    assert {key for key, side in turns.items() if side is Side.SENDER} == sender
    assert {key for key, side in turns.items() if side is None} == {"entered_in_error"}
    assert all(whose_turn(status, reviewed=True) is None for status in FINAL)


def test_a_plugin_says_which_moves_are_offered_first() -> None:
    usual = [action.key for action in standard().actions]
    asked = [action.key for action in standard(first=("decline", "accept")).actions]
    assert asked == ["decline", "accept", *(k for k in usual if k not in ("decline", "accept"))]
    with pytest.raises(ValueError, match="knock"):
        standard(first=("knock",))
