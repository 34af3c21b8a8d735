"""The coordinator's start page: what is left lying in the county, without a name.

And the log for data protection: who did or read what, without content.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import func, select

from portal import audit
from portal.accounts.models import Membership, Organisation, Person, Unit
from portal.actor import Actor
from portal.extensions import db
from portal.referrals import history, policy
from portal.referrals.models import Referral
from portal.registry import registry
from portal.web.access import access
from portal.web.paging import page_of
from portal.workflow import Side
from portal.working_days import working_days_between

bp = Blueprint("oversight", __name__)

ESCALATED_AFTER = 5  # working days past the date on which somebody should have acted
SHOWN = 25


def start(actor: Actor) -> str:
    """Overdue first, the longest at the top; then where it piles up."""
    late = db.session.scalars(
        policy.overseen(actor)
        .where(Referral.turn != "", Referral.closed_at.is_(None), Referral.next_on < actor.today)
        .order_by(Referral.next_on, Referral.id)
        .limit(SHOWN)
    ).all()
    rows = [
        {
            "referral": referral,
            "label": registry().referral_type(referral.type).label,
            "state": history.state_label(referral),
            "days": working_days_between(referral.next_on, actor.today),
        }
        for referral in late
        if referral.next_on
    ]
    return render_template(
        "dashboard/coordinator.html", rows=rows, counts=_counts(actor),
        units=_by_unit(actor), escalated_after=ESCALATED_AFTER,
    )  # fmt: skip


def _counts(actor: Actor) -> Any:
    late = Referral.next_on < actor.today
    return db.session.execute(
        policy.overseen(actor)
        .where(Referral.closed_at.is_(None))
        .with_only_columns(
            func.count().label("open"),
            func.count().filter(late, Referral.turn == Side.RECEIVER).label("receiver_late"),
            func.count().filter(late, Referral.turn == Side.SENDER).label("sender_late"),
        )
    ).one()


def _by_unit(actor: Actor) -> list[tuple[Unit, int, int]]:
    """Receiving units with open referrals: how many are open, and how many of them late."""
    late = func.count().filter(Referral.next_on < actor.today, Referral.turn == Side.RECEIVER)
    rows = db.session.execute(
        policy.overseen(actor)
        .join(Unit, Unit.id == Referral.receiver_unit_id)
        .where(Referral.closed_at.is_(None))
        .with_only_columns(Referral.receiver_unit_id, func.count(), late)
        .group_by(Referral.receiver_unit_id)
        .order_by(late.desc(), func.count().desc())
        .limit(SHOWN)
    ).all()
    units = {
        unit.id: unit
        for unit in db.session.scalars(select(Unit).where(Unit.id.in_([r[0] for r in rows])))
    }
    return [(units[unit_id], running, overdue) for unit_id, running, overdue in rows]


@bp.get("/log")
@access("audit.read")
def log() -> str:
    """The access log, newest first, by kind and organisation."""
    entry = audit.AuditEntry
    statement = select(entry)
    kinds = sorted({**audit.CORE_KINDS, **{k: a.label for k, a in registry().audit_kinds.items()}}
                   .items(), key=lambda item: item[1])  # fmt: skip
    kind = request.args.get("kind", "")
    organisation = request.args.get("organisation", "")
    if kind in dict(kinds):
        statement = statement.where(entry.kind == kind)
    organisations = db.session.execute(
        select(Organisation.id, Organisation.name).order_by(Organisation.name)
    ).all()
    chosen = next((row.id for row in organisations if str(row.id) == organisation), None)
    if chosen:
        statement = statement.where(entry.organisation_id == chosen)
    page = page_of(statement, entry.id, after=request.args.get("after"), newest_first=True)
    return render_template(
        "dashboard/log.html", page=page, who=_members(page.rows), kinds=kinds, kind=kind,
        kind_label=audit.kind_label, organisations=organisations, organisation=organisation,
    )  # fmt: skip


def _members(entries: list[audit.AuditEntry]) -> dict[Any, tuple[str, str]]:
    """Names of staff in the entries, with their organisation; never of clients."""
    ids = {entry.membership_id for entry in entries if entry.membership_id}
    rows = db.session.execute(
        select(Membership.id, Person.name, Organisation.name)
        .join(Person, Person.id == Membership.person_id)
        .join(Unit, Unit.id == Membership.unit_id)
        .join(Organisation, Organisation.id == Unit.organisation_id)
        .where(Membership.id.in_(ids))
    )
    # Somebody who signs in does so as a person, not yet as a member of an office.
    people = {e.subject_id for e in entries if e.subject_table == Person.__tablename__}
    names = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
    return {member: (name, office) for member, name, office in rows} | {
        person: (name, "") for person, name in names
    }
