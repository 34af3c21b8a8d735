"""Who asks for an evaluation of the log, who may approve it, and who then reads names."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, false, select
from sqlalchemy.orm import defaultload

from portal.accounts.models import Membership
from portal.actor import Actor
from portal.extensions import db
from portal.inspection.models import Evaluation
from portal.problems import NotFound

READ = "audit.read"
APPROVE = "audit.approve"


def visible(actor: Actor) -> Select[Evaluation]:
    """All of them, for whoever may ask for one or approve one: they check each other."""
    further = defaultload(Evaluation.requested_by).lazyload(Membership.unit)
    statement = select(Evaluation).options(further)
    return statement if actor.may(APPROVE) else statement.where(false())


def waiting(actor: Actor) -> Select[Evaluation]:
    """What the actor could decide."""
    others = Membership.person_id != actor.person_id
    return visible(actor).where(
        Evaluation.decided_at.is_(None), Evaluation.requested_by.has(others)
    )


def get_visible(actor: Actor, evaluation_id: UUID, *, lock: bool = False) -> Evaluation:
    """Raises NotFound. `lock` makes a second decision wait for the first."""
    statement = visible(actor).where(Evaluation.id == evaluation_id)
    if lock:
        statement = statement.with_for_update(of=Evaluation)
        statement = statement.execution_options(populate_existing=True)
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def is_own(actor: Actor, evaluation: Evaluation) -> bool:
    """By person: somebody with two offices is still one."""
    return evaluation.requested_by.person_id == actor.person_id


def may_decide(actor: Actor, evaluation: Evaluation) -> bool:
    return (
        actor.may(APPROVE) and evaluation.decided_at is None and not is_own(actor, evaluation)
    )  # fmt: skip


def may_read(actor: Actor, evaluation: Evaluation) -> bool:
    """The names: for whoever asked, as long as it is open. Who approved has given a reason to."""
    return actor.may(READ) and is_own(actor, evaluation) and evaluation.is_open(actor.now)
