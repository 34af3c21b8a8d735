"""All a plugin may import: the names below, and API_VERSION, which it must state as its own."""

from portal import audit, outbox
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients.models import Client
from portal.codes import DECLINE, FAILURE, OUTCOME, choices
from portal.crypto import Encrypted
from portal.declarations import (
    API_VERSION,
    NAMELESS_PREVIEW,
    AuditKind,
    MessageKind,
    Panel,
    Permission,
    ReferralType,
)
from portal.extensions import HasId, Model, UtcDateTime, db
from portal.hookspecs import hookimpl
from portal.lifecycle import (
    EXPLANATION,
    NEXT_STEP,
    NOTE,
    REVIEW_ON,
    Grant,
    Status,
    code_field,
    standard,
)
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals.models import Referral
from portal.referrals.packages import Item, readable
from portal.referrals.policy import get_visible, grant, visible
from portal.web.access import access
from portal.web.htmx import go, page_or_part
from portal.workflow import N_, Action, Choice, Field, Kind, Side, State

__all__ = [
    "API_VERSION",
    "DECLINE",
    "EXPLANATION",
    "FAILURE",
    "NAMELESS_PREVIEW",
    "NEXT_STEP",
    "NOTE",
    "N_",
    "OUTCOME",
    "REVIEW_ON",
    "Action",
    "Actor",
    "AuditKind",
    "Choice",
    "Client",
    "Conflict",
    "Encrypted",
    "Field",
    "Forbidden",
    "Grant",
    "HasId",
    "Invalid",
    "Item",
    "Kind",
    "MessageKind",
    "Model",
    "NotFound",
    "Panel",
    "Permission",
    "Referral",
    "ReferralType",
    "Side",
    "State",
    "Status",
    "UtcDateTime",
    "access",
    "audit",
    "choices",
    "code_field",
    "current_actor",
    "db",
    "get_visible",
    "go",
    "grant",
    "hookimpl",
    "outbox",
    "page_or_part",
    "readable",
    "standard",
    "visible",
]
