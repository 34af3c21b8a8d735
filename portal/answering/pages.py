"""What the page behind a link shows: as much of a referral as link and code allow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.accounts.models import Membership
from portal.answering import quick
from portal.answering.visits import Visit
from portal.clients.models import Client
from portal.codes import GOAL_AREAS
from portal.extensions import db
from portal.grants import Grant
from portal.links.tokens import Purpose, code_of
from portal.referrals import deletions, history, listing, packages, policy, tasks
from portal.referrals.models import Appointment, Referral
from portal.registry import registry
from portal.web.language import translate, words
from portal.web.panels import panels
from portal.workflow import LOCAL, Side

_NO_APPOINTMENTS = (Grant.NOTHING, Grant.ENDED, Grant.TEASER)


def referral_page(visit: Visit, referral: Referral) -> tuple[dict[str, Any], Grant]:
    """The context of the page, and what of the referral it shows."""
    actor = visit.actor
    grant = policy.grant(actor, referral)
    kind = registry().referral_type(referral.type)
    package = packages.latest(referral)
    content = package.content if package else {}
    is_task = visit.link.purpose is Purpose.TASK
    items = packages.granted_items(kind, content, grant)
    timeline = []
    appointments: list[Appointment] = []
    if visit.proof is not None:
        timeline = history.timeline(
            referral, Side.RECEIVER, grant, actor.membership_id if is_task else None
        )
        if grant not in _NO_APPOINTMENTS:
            appointments = list(db.session.scalars(
                select(Appointment).where(Appointment.referral_id == referral.id)
                .order_by(Appointment.starts_at)
            ))  # fmt: skip
    area = dict(GOAL_AREAS).get(referral.goal_area, referral.goal_area)
    context: dict[str, Any] = {
        "visit": visit,
        "referral": referral,
        "grant": grant,
        "is_task": is_task,
        "task": tasks.task_of(actor, referral, content) if is_task else None,
        "area": area,
        "items": items,
        "state": history.state_label(referral, Side.RECEIVER),
        "mood": listing.mood(referral),
        "timeline": timeline,
        "appointments": appointments,
        "advisor": _advisor(referral),
        "quick_answers": quick.possible(actor, referral),
        "actions": policy.possible_actions(actor, referral) if visit.proof else [],
        "has_code": code_of(visit.holder) is not None,
        "may_open_account": visit.proof is not None and visit.proof.id == visit.holder.id,
        "deletion": deletions.of(referral) if grant is Grant.ENDED and not is_task else None,
        "panels_here": panels("task", actor, referral=referral) if is_task else [],
        "to_copy": _to_copy(referral, area, items) if grant is Grant.PACKAGE else "",
    }  # fmt: skip
    return context, grant


def _advisor(referral: Referral) -> Membership | None:
    """Whom one may ring up about it."""
    found: Membership | None = db.session.scalar(
        select(Membership)
        .join(Client, Client.advisor_id == Membership.id)
        .where(Client.id == referral.client_id)
    )
    return found


def _to_copy(referral: Referral, area: str, items: list[packages.Item]) -> str:
    """All that was shared as lines of text, for an office that keeps its own records."""
    sent = f"{referral.sent_at.astimezone(LOCAL):%d.%m.%Y}" if referral.sent_at else ""
    lines = [referral.reference, sent, referral.sender.full_name, translate(area)]
    lines += [f"{translate(item.field.label)}: {words(item.text)}" for item in items]
    return "\n".join(line for line in lines if line)
