"""What people change about messages: read marks; administrators let what got stuck leave again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from portal import audit
from portal.accounts.models import Person
from portal.accounts.policy import require_admin
from portal.actor import Actor
from portal.extensions import db
from portal.mailing import policy
from portal.outbox import InboxItem, Mail


def read(actor: Actor, item_id: UUID) -> InboxItem:
    """Raises NotFound."""
    item = policy.get_item(actor, item_id)
    item.read_at = item.read_at or actor.now
    return item


def read_all(actor: Actor) -> None:
    """All that is in the inbox now."""
    mine = policy.inbox(actor).where(InboxItem.read_at.is_(None)).with_only_columns(InboxItem.id)
    db.session.execute(
        update(InboxItem).where(InboxItem.id.in_(mine)).values(read_at=actor.now),
        execution_options={"synchronize_session": False},
    )


def repeat(actor: Actor, mail_id: UUID) -> None:
    """Let a letter leave that used up its attempts. Raises Forbidden, NotFound."""
    require_admin(actor)
    _again(actor, [policy.get_dead_letter(actor, mail_id)])


def repeat_all(actor: Actor) -> int:
    """The same for all of them; returns how many. Raises Forbidden."""
    require_admin(actor)
    mails = list(db.session.scalars(policy.dead_letters(actor)))
    _again(actor, mails)
    return len(mails)


def trust(actor: Actor, owner_id: UUID) -> None:
    """The address was right all along: what waits for it leaves. Raises Forbidden, NotFound."""
    require_admin(actor)
    owner = policy.get_suspect(actor, owner_id)
    owner.suspect_since = None
    kind = "account.changed" if isinstance(owner, Person) else "unit.changed"
    audit.record(actor, kind, subject=owner, fields=["suspect_since"])


def _again(actor: Actor, mails: list[Mail]) -> None:
    for mail in mails:
        mail.attempts, mail.due_at, mail.error, mail.leased_until = 0, actor.now, "", None
    if mails:
        audit.record(actor, "mail.repeated", mails=[mail.id.hex for mail in mails])
