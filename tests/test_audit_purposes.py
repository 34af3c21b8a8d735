"""Each reading and each change of a client's data is in the log, with what it was for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import audit
from portal.accounts.roles import ROLES
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.extensions import db
from portal.registry import registry
from portal.testing.town import Town
from portal.web.access import MEMBER
from tests import test_access, test_architecture
from tests.test_access import LOADED, ROUTES, RULES, World

world = test_access.world  # a world of this module's own: here it is read and changed
CALLS = {"record": "purpose", "record_read": "purpose", "note_client": 2}


def last_entry() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.max(AuditEntry.id))) or 0


def written_since(entry: int) -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.id > entry)))


def names(world: World) -> tuple[str, ...]:
    client = db.session.get_one(Client, world.mine["client_id"])
    return client.profile["given_name"], client.profile["family_name"]


def tells_of(answer: TestResponse, words: tuple[str, ...]) -> bool:
    if not (answer.mimetype.startswith("text/") or answer.is_json):
        return answer.status_code == 200  # a sheet to print
    return any(word in answer.text for word in words)


def about(entry: AuditEntry, world: World) -> bool:
    """Whether an entry says that this client's data was read, alone or in a list."""
    mine = {world.mine[key].hex for key in ("client_id", "referral_id", "draft_id")}
    named = {entry.client_id and entry.client_id.hex, *entry.data.get("ids", ())}
    return bool(mine & named)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_names_a_client_is_in_the_log(world: World, role: str) -> None:
    rights = LOADED.permissions_of(role) | {MEMBER}
    words = names(world)
    browser = world.as_(role)
    silent, told = [], 0
    for endpoint, method, path in ROUTES:
        if method != "GET" or RULES[endpoint] not in rights:
            continue
        for draft in (False, True):
            ids = {"referral_id": world.mine["draft_id"]} if draft else {}
            before = last_entry()
            answer = browser.get(world.address(endpoint, method, path, **ids))
            if not tells_of(answer, words):
                continue
            told += 1
            noted = [entry for entry in written_since(before) if about(entry, world)]
            if not any(entry.purpose for entry in noted):
                silent.append(path)
    assert silent == []
    assert (told > 0) == (role in ("advisor", "team_lead", "partner"))


def test_a_search_and_a_refused_form_are_in_the_log(world: World) -> None:
    advisor = world.as_("advisor")
    words = names(world)
    client_id = world.mine["client_id"]
    for path, data in (
        ("/clients", {"q": words[1]}),
        (f"/clients/{client_id}/edit", {"given_name": words[0]}),
        ("/clients/new", {"given_name": words[0], "family_name": words[1]}),
    ):
        before = last_entry()
        answer = advisor.post(path, data=data)
        assert tells_of(answer, words), path
        assert any(entry.purpose for entry in written_since(before) if about(entry, world)), path


def test_whatever_concerns_a_client_has_a_purpose_in_words(app: Flask, town: Town) -> None:
    actor, client_id = town.factory.actor(town.advisor), town.client.id
    for kind in (*audit.CORE_KINDS, *registry().audit_kinds):
        audit.record(actor, kind, client_id=client_id)
    db.session.commit()
    purposes = set(db.session.scalars(
        select(AuditEntry.purpose).where(AuditEntry.client_id == client_id)
    ))  # fmt: skip
    assert "" not in purposes
    assert purposes <= set(audit.PURPOSES)


def literal_purposes() -> Iterator[tuple[str, str]]:
    """Every purpose that the core's code names."""
    for path, tree in test_architecture.TREES.items():
        if "plugins" in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from ((path.name, purpose) for purpose in _purposes(node, node.func.attr))


def _purposes(call: ast.Call, name: str) -> Iterator[str]:
    place: Any = CALLS.get(name)
    given: list[ast.expr] = []
    if isinstance(place, str):
        given = [keyword.value for keyword in call.keywords if keyword.arg == place]
    elif place is not None:
        given = call.args[place : place + 1]
    yield from (str(v.value) for v in given if isinstance(v, ast.Constant) and v.value)


def test_every_purpose_has_words() -> None:
    found = set(literal_purposes())
    assert len(found) > 10
    assert {(file, purpose) for file, purpose in found if purpose not in audit.PURPOSES} == set()
