"""Two people decide about one evaluation of the log at the same moment: one of them does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actor import Actor
from portal.audit import AuditEntry
from portal.database import unit_of_work
from portal.extensions import db
from portal.inspection.commands import decide, request_evaluation
from portal.inspection.models import Evaluation
from portal.problems import Conflict
from portal.testing.town import NOW, Town
from tests.threads import at_once


@pytest.mark.parametrize("_round", range(2))
def test_it_is_decided_once(app: Flask, town: Town, _round: int) -> None:
    f, unit = town.factory, town.advisor.unit
    actors = [
        f.actor(f.member(name, unit, role))
        for name, role in (("Ada", "auditor"), ("Zoe", "auditor"), ("Kora", "coordinator"))
    ]
    asked = {"reason": "Beschwerde vom 20. November", "from_on": NOW.date(), "until_on": NOW.date()}
    evaluation_id = request_evaluation(actors[0], asked).id
    db.session.commit()

    def deciding(actor: Actor, *, approve: bool) -> Callable[[], None]:
        def run() -> None:
            with unit_of_work():
                decide(actor, evaluation_id, approve=approve)

        return run

    results = at_once(app, deciding(actors[1], approve=True), deciding(actors[2], approve=False))
    (loser,) = [result for result in results if result is not None]
    assert isinstance(loser, Conflict), loser
    db.session.expire_all()
    kept = db.session.get_one(Evaluation, evaluation_id)
    assert kept.approved is (results[0] is None)
    assert kept.decided_by_id == actors[1 if kept.approved else 2].membership_id
    decided = AuditEntry.kind.in_(("evaluation.approved", "evaluation.rejected"))
    assert db.session.scalar(select(func.count()).where(decided)) == 1
