"""The check that a workflow is drawn well and never contradicts the closed loop. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from portal.codes import CANCEL, DECLINE, FAILURE, OUTCOME
from portal.lifecycle import FINAL, LEGAL, OPEN, S, Status
from portal.workflow import Action, Kind, Workflow


def workflow_errors(workflow: Workflow) -> list[str]:
    """What is wrong with a plugin's workflow, in English for its author; [] if nothing."""
    unknown = [s.key for s in workflow.states if s.refines not in set(Status)]
    if unknown:
        return [f"state {key!r} refines no status of the core" for key in unknown]
    # Void happens outside the workflows, so nothing leads to its status.
    errors = [
        error
        for error in drawing_errors(workflow, FINAL)
        if error != f"state {S.ENTERED_IN_ERROR.value!r} cannot be reached"
    ]
    if errors:
        return errors
    for action in workflow.actions:
        for source in action.sources:
            before = workflow.status(source)
            after = workflow.status(action.target) if action.target else before
            if before != after and (before, after) not in LEGAL:
                errors.append(
                    f"action {action.key!r} goes from {before!r} to {after!r}: no such move"
                )
            if after != S.SCHEDULED and "appointment_at" in {field.key for field in action.fields}:
                errors.append(
                    f"action {action.key!r} arranges an appointment, and {after!r} has none"
                )
    for action in workflow.actions:
        errors += _code_errors(workflow, action)
    for state in workflow.states:
        ways = {a.key for a in workflow.actions_from(state.key)}
        if state.refines in OPEN and "withdraw" not in ways:
            errors.append(f"state {state.key!r} cannot be withdrawn")
    return errors


_CODES = {S.DECLINED: DECLINE, S.NOT_COMPLETED: FAILURE, S.COMPLETED: OUTCOME, S.CANCELLED: CANCEL}


def _code_errors(workflow: Workflow, action: Action) -> list[str]:
    """An answer that ends a referral gives a reason that statistics over all plugins know."""
    ending = Status(workflow.status(action.target)) if action.target else None
    before = {workflow.status(source) for source in action.sources}
    if ending is None or ending not in _CODES or before <= {S.DRAFT}:
        return []
    asked = next((field for field in action.fields if field.key == "code"), None)
    if asked is None or asked.kind is not Kind.CHOICE or not asked.required:
        return [f"action {action.key!r} ends as {ending.value!r} without a code"]
    known = {code.key for code in _CODES[ending]}
    unknown = [code for code, _ in asked.choices if code not in known]
    return [f"action {action.key!r} has the unknown code {code!r}" for code in unknown]


def reachable(workflow: Workflow, start: str) -> set[str]:
    """Every state that can follow `start`, itself included."""
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for action in workflow.actions_from(here):
            if action.target is not None and action.target not in seen:
                seen.add(action.target)
                todo.append(action.target)
    return seen


def drawing_errors(workflow: Workflow, final: Collection[str]) -> list[str]:
    """What is wrong with a workflow as a graph, in English for its author; [] if nothing."""
    keys = [state.key for state in workflow.states]
    known = set(keys)
    errors = [f"duplicate state {key!r}" for key in _duplicates(keys)]
    errors += [f"duplicate action {key!r}" for key in _duplicates(a.key for a in workflow.actions)]
    for action in workflow.actions:
        for key in (*action.sources, *([action.target] if action.target else [])):
            if key not in known:
                errors.append(f"action {action.key!r} names the unknown state {key!r}")
        if not action.sources:
            errors.append(f"action {action.key!r} can never happen: it has no source")
        errors += [
            f"action {action.key!r} has the field {key!r} twice"
            for key in _duplicates(field.key for field in action.fields)
        ]
    if workflow.initial not in known:
        errors.append(f"unknown initial state {workflow.initial!r}")
    if errors:
        return errors
    live = reachable(workflow, workflow.initial)
    for state in workflow.states:
        is_final = state.refines in final
        ways_out = [a.key for a in workflow.actions_from(state.key) if a.target is not None]
        if state.key not in live:
            errors.append(f"state {state.key!r} cannot be reached")
        if is_final and ways_out:
            errors.append(f"final state {state.key!r} has a way out: {', '.join(ways_out)}")
        if not is_final and not any(
            workflow.status(key) in final for key in reachable(workflow, state.key)
        ):
            errors.append(f"state {state.key!r} is a dead end: no final status can follow")
    return errors


def _duplicates(keys: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
