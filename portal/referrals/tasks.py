"""A volunteer's own tasks: what the list and the page of one may say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal import audit
from portal.actor import Actor
from portal.extensions import db
from portal.grants import Grant
from portal.referrals import packages, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.workflow import Field

MOST = 50  # more than anybody can have


@dataclass(frozen=True)
class Task:
    """One task as its volunteer may read it now; without a title where nothing may be read."""

    referral: Referral
    grant: Grant
    title: str
    field: Field | None  # whose value the title is
    first_name: str
    items: list[packages.Item]  # the rest
    days_late: int

    @property
    def agreed(self) -> bool:
        return self.grant is Grant.TASK


def open_tasks(actor: Actor) -> list[Task]:
    """The tasks one was asked for or has taken on, the most urgent first."""
    found = db.session.scalars(
        policy.visible(actor)
        .where(Referral.closed_at.is_(None))
        .order_by(Referral.next_on, Referral.id)
        .limit(MOST)
    ).all()
    contents = packages.contents_of([referral.id for referral in found])
    return [task_of(actor, referral, contents.get(referral.id, {})) for referral in found]


def task_of(actor: Actor, referral: Referral, content: dict[str, Any]) -> Task:
    """Of a referral that the actor may see; `content` is that of its package."""
    kind = registry().referral_type(referral.type)
    grant = policy.grant(actor, referral)
    items = packages.granted_items(kind, content, grant)
    title = next((item for item in items if item.field in kind.form), None)
    name = next((item for item in items if item.field.key == "given_name"), None)
    return Task(
        referral=referral,
        grant=grant,
        title=title.text if title else "",
        field=title.field if title else None,
        first_name=name.text if name else "",
        items=[item for item in items if item not in (title, name)],
        days_late=(actor.today - referral.next_on).days if referral.next_on else 0,
    )


def note_read(actor: Actor, shown: Iterable[Task]) -> None:
    """A list that shows first names is a reading of each, kept as one entry."""
    named = [task.referral.id for task in shown if task.first_name]
    audit.note_lists(actor, {"referral.read": named})
