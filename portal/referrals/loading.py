"""What comes along with a referral when it is read: each join costs every row of every list."""

from __future__ import annotations

from sqlalchemy import literal
from sqlalchemy.orm import defaultload, joinedload, lazyload, load_only, with_expression
from sqlalchemy.orm.interfaces import LoaderOption

from portal.accounts.models import Membership, Organisation, Unit
from portal.clients.models import Client
from portal.clients.policy import ALONE
from portal.consents.models import Consent
from portal.network.models import Service
from portal.referrals.models import Referral
from portal.workflow import Side

# What a referral points to points further, at what no page of a referral shows: fetched only by
# who asks for it.
NO_FURTHER = (
    defaultload(Referral.service).lazyload(Service.unit),
    defaultload(Referral.consent).lazyload(Consent.recipient),
    defaultload(Referral.handler).lazyload(Membership.unit),
)

# How one sees them who can be on one side alone; that side's unit is loaded, being one's own.
AS_SENDER: tuple[LoaderOption, ...] = (
    with_expression(Referral.seen_as, literal(Side.SENDER.value)), lazyload(Referral.sender)
)  # fmt: skip
AS_RECEIVER: tuple[LoaderOption, ...] = (
    with_expression(Referral.seen_as, literal(Side.RECEIVER.value)), lazyload(Referral.receiver)
)  # fmt: skip
AS_CLIENT: tuple[LoaderOption, ...] = (
    with_expression(Referral.seen_as, literal(Side.CLIENT.value)),
)

# What a move does not look at: who makes one needs the referral and its consent.
FOR_A_MOVE = tuple(
    lazyload(each)
    for each in (Referral.service, Referral.receiver, Referral.sender, Referral.handler,
                 Referral.municipality)
)  # fmt: skip

# What the rows of lists show, and nothing besides; on the sender's side also whose they are.
_UNIT = (
    load_only(Unit.name, Unit.active),
    defaultload(Unit.organisation).load_only(Organisation.name, Organisation.active),
)
_IN_LISTS = (
    load_only(
        Referral.reference, Referral.type, Referral.client_id, Referral.urgency,
        Referral.request_sealed, Referral.state, Referral.status, Referral.turn, Referral.next_on,
        Referral.timer_step, Referral.version, Referral.created_at, Referral.sent_at,
        Referral.acknowledged_at, Referral.closed_at, Referral.loop_closed_at,
        Referral.emergency_at,
    ),
    lazyload(Referral.handler),
    defaultload(Referral.service).load_only(Service.name, Service.neutral_name),
)  # fmt: skip
IN_OUTGOING = (
    *_IN_LISTS,
    *map(lazyload, (Referral.sender, Referral.municipality, Referral.consent)),
    defaultload(Referral.receiver).options(*_UNIT),
)
IN_INCOMING = (
    *_IN_LISTS,
    lazyload(Referral.receiver),
    defaultload(Referral.sender).options(*_UNIT),
    defaultload(Referral.consent).load_only(
        Consent.valid_until, Consent.revoked_at, Consent.refused, Consent.suspended_on
    ),
)
CLIENT = joinedload(Referral.client).options(load_only(Client.profile_sealed), *ALONE)
CLIENT_AND_ADVISOR = joinedload(Referral.client).options(
    load_only(Client.profile_sealed),
    joinedload(Client.advisor).lazyload(Membership.unit),
    lazyload(Client.municipality),
)
