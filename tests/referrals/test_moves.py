"""Every move of every workflow: made where it exists, refused everywhere else, by real commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal import registry
from portal.actor import Actor
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import Status
from portal.problems import Conflict, Forbidden, NotFound, Problem
from portal.referrals import commands, policy, questions
from portal.referrals.models import Referral
from portal.testing.town import NOW, Town, build_town, fresh_app
from portal.workflow import Action, Kind, Side, Workflow

LOADED = registry.load()
TYPES = LOADED.referral_types
ALL_KEYS = sorted({a.key for kind in TYPES.values() for a in kind.workflow.actions} | {"fly"})
VOIDED = Status.ENTERED_IN_ERROR.value


def way_to(workflow: Workflow, state: str) -> list[Action]:
    """The fewest moves that lead from a draft to the state."""
    todo: deque[tuple[str, list[Action]]] = deque([(workflow.initial, [])])
    seen = {workflow.initial}
    while todo:
        here, way = todo.popleft()
        if here == state:
            return way
        for action in workflow.actions_from(here):
            # Not by way of "discard": what was never sent nobody else sees.
            if action.target and action.target not in seen and action.key != "discard":
                seen.add(action.target)
                todo.append((action.target, [*way, action]))
    raise AssertionError(f"no way to {state}")


def actor_of(town: Town, side: Side) -> Actor:
    f = town.factory
    return {
        Side.SENDER: f.actor(town.advisor),
        Side.RECEIVER: f.actor(town.partner),
        Side.CLIENT: f.actor(town.advisor).recording(Side.CLIENT, "client"),
        Side.SYSTEM: Actor.system(f.now),
    }[side]


def make(town: Town, actor: Actor, referral: Referral, action: Action) -> None:
    fields = questions.fields_of(referral, action)
    words = {field.key: "Beispiel" for field in fields if field.kind is Kind.TEXT}
    answers = {**words, **town.factory.answers(fields)}
    commands.perform(actor, referral.id, action.key, answers)


def bring_to(town: Town, state: str) -> Referral:
    referral = town.factory.draft(town.advisor, town.client, town.service)
    town.factory.consent(town.advisor, town.client, town.service.unit)
    workflow = TYPES[referral.type].workflow
    if state == VOIDED:
        return commands.void(town.factory.actor(town.lead), referral.id, {"reason": "Versehen"})
    for action in way_to(workflow, state):
        make(town, actor_of(town, action.side), referral, action)
    assert referral.state == state
    assert referral.status == workflow.status(state)
    return referral


def attempt(town: Town, actor: Actor, referral: Referral, key: str) -> type[Problem] | None:
    """Try a move and undo it; returns the kind of refusal, None if it was made."""
    workflow = TYPES[referral.type].workflow
    action = next((a for a in workflow.actions if a.key == key), None)
    savepoint = db.session.begin_nested()
    try:
        if action is None:
            commands.perform(actor, referral.id, key, {})
        else:
            make(town, actor, referral, action)
            assert referral.state == (action.target or referral.state)
            assert referral.status == workflow.status(referral.state)
    except Problem as refusal:
        return type(refusal)
    else:
        return None
    finally:
        savepoint.rollback()


def check_state(town: Town, state: str) -> None:
    referral = bring_to(town, state)
    workflow = TYPES[referral.type].workflow
    f = town.factory
    advisor, partner, stranger = (
        f.actor(member) for member in (town.advisor, town.partner, town.stranger)
    )
    recording = advisor.recording(Side.RECEIVER, "phone")
    seen_by_partner = state not in (workflow.initial, VOIDED)
    offered = {Side.SENDER: set(), Side.RECEIVER: set()}  # type: dict[Side, set[str]]
    assert {attempt(town, stranger, referral, key) for key in ("accept", "fly")} == {NotFound}
    assert attempt(town, recording, referral, "fly") is Conflict
    for key in ALL_KEYS:
        here = next((a for a in workflow.actions_from(state) if a.key == key), None)
        if here and key == "review" and referral.loop_closed_at:
            # Who withdraws has nothing left to look at.
            assert attempt(town, advisor, referral, key) is Conflict, (state, key)
            continue
        if here is None:
            assert attempt(town, advisor, referral, key) is Conflict, (state, key)
            refusal = Conflict if seen_by_partner else NotFound
            assert attempt(town, partner, referral, key) is refusal, (state, key)
            continue
        assert attempt(town, actor_of(town, here.side), referral, key) is None, (state, key)
        if here.side in offered:
            offered[here.side].add(key)
        if here.side is Side.RECEIVER:
            assert attempt(town, recording, referral, key) is None, (state, key)
        else:
            assert attempt(town, recording, referral, key) is Forbidden, (state, key)
        for wrong, side in ((advisor, Side.SENDER), (partner, Side.RECEIVER)):
            if here.side is not side:
                refusal = Forbidden if side is Side.SENDER or seen_by_partner else NotFound
                assert attempt(town, wrong, referral, key) is refusal, (state, key)
    # What is offered is what is allowed.
    mine = policy.get_visible(advisor, referral.id)
    assert {a.key for a in policy.possible_actions(advisor, mine)} == offered[Side.SENDER]
    recordable = {a.key for a in policy.recordable_actions(advisor, mine)}
    assert recordable == offered[Side.RECEIVER]
    if seen_by_partner:
        theirs = policy.get_visible(partner, referral.id)
        assert {a.key for a in policy.possible_actions(partner, theirs)} == offered[Side.RECEIVER]


def check_every_state(kind: str) -> None:
    # In one portal: a new one for every state would spend its time on preparing queries.
    town = build_town(Factory(NOW), kind)
    db.session.commit()
    for state in TYPES[kind].workflow.states:
        check_state(town, state.key)
        db.session.rollback()


# The others ask for rows of their own tables (a course, a volunteer), which their own tests make:
# `PluginContract` walks through their workflows and tries every move in every state.
@pytest.mark.parametrize("kind", ["andere_stelle", "jobcenter"])
def test_every_move_from_every_state(sqlite_app: Flask, kind: str) -> None:
    check_every_state(kind)


@pytest.fixture
def postgresql_app(postgresql_url: str, tmp_path: Path) -> Iterator[Flask]:
    yield from fresh_app(postgresql_url, tmp_path)


@pytest.mark.postgres
def test_the_same_on_postgresql(postgresql_app: Flask) -> None:
    check_every_state("andere_stelle")


def test_every_plugin_is_held_to_the_contract() -> None:
    """A plugin without a contract test would have moves that nobody has tried."""
    tests = Path(__file__).parents[1] / "plugins"
    for key in LOADED.plugins:
        written = (tests / f"test_{key}.py").read_text()
        assert f"from portal_{key} import plugin" in written, key
        assert "(PluginContract)" in written, key
