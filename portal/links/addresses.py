"""Which link a letter carries for a reader who has no account."""

from __future__ import annotations

import re
from uuid import UUID

from portal.accounts.models import Membership, Person, Unit
from portal.extensions import db
from portal.links.tokens import Purpose, address
from portal.outbox import OutboxMessage, kind_of
from portal.registry import registry
from portal.workflow import Side

CODE_TOPIC, MONTH_TOPIC = "link.code", "link.month"
_OF_THE_OFFICE = {CODE_TOPIC: Purpose.CODE}
# What an office finds there by its account is by link the monthly list.
RUNNING = "/referrals?filter=running"
_REFERRAL = re.compile(r"/referrals/([0-9a-f-]{36})")


def for_reader(message: OutboxMessage, reader: Person | Unit | None) -> str:
    """The address of it; "" where an account is the only way in.

    An office's mailbox is read by some who have no account, so it gets a link whoever works there.
    A person gets one for an own task, as long as the account was never opened.
    """
    moment = message.created_at
    if isinstance(reader, Unit):
        if (purpose := _OF_THE_OFFICE.get(message.topic)) is not None:
            return address(purpose, reader, reader.id, moment)
        if message.path == RUNNING:
            return address(Purpose.MONTH, reader, reader.id, moment)
        asked = _referral_id(message)
        if asked is not None and _to_receiver(message) and message.unit_id == reader.id:
            return address(Purpose.ANSWER, reader, asked, moment)
    elif reader is not None and reader.password is None and message.membership_id is not None:
        member = db.session.get(Membership, message.membership_id)
        asked = _referral_id(message)
        if asked is not None and member is not None and is_volunteer(member):
            return address(Purpose.TASK, member, asked, moment)
    return ""


def is_volunteer(member: Membership) -> bool:
    """Whether tasks are all that this membership is for; everybody else logs in."""
    rights = registry().permissions_of(member.role)
    return "task.answer" in rights and "referral.answer" not in rights


def _referral_id(message: OutboxMessage) -> UUID | None:
    found = _REFERRAL.fullmatch(message.path)
    return UUID(found[1]) if found else None


def _to_receiver(message: OutboxMessage) -> bool:
    try:
        return kind_of(message.topic).recipients is Side.RECEIVER
    except KeyError:  # of a plugin that was uninstalled
        return False
