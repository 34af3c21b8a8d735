"""All a plugin may import: the names below, and API_VERSION, which it must state as its own."""

from portal import audit, outbox
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients.codes import CEFR_LEVELS
from portal.clients.models import Client
from portal.codes import DECLINE, FAILURE, LANGUAGES, OUTCOME, choices
from portal.crypto import Encrypted
from portal.declarations import (
    API_VERSION,
    NAMELESS_PREVIEW,
    AuditKind,
    MessageKind,
    Panel,
    Permission,
    ReferralType,
    Timer,
)
from portal.extensions import HasId, Model, UtcDateTime, db
from portal.grants import Grant
from portal.hookspecs import hookimpl
from portal.lifecycle import (
    APPOINTMENT,
    EXPLANATION,
    HANDLER,
    NEXT_STEP,
    NOTE,
    REVIEW_ON,
    Status,
    code_field,
    standard,
)
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals.models import Referral
from portal.referrals.packages import Item, readable
from portal.referrals.policy import get_visible, grant, visible, visible_to
from portal.web.access import MEMBER, access
from portal.web.htmx import go, page_or_part
from portal.workflow import N_, Action, Choice, Field, Kind, Side, State, Workflow
from portal.working_days import add_working_days

__all__ = [
    "API_VERSION",
    "APPOINTMENT",
    "CEFR_LEVELS",
    "DECLINE",
    "EXPLANATION",
    "FAILURE",
    "HANDLER",
    "LANGUAGES",
    "MEMBER",
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
    "Timer",
    "UtcDateTime",
    "Workflow",
    "access",
    "add_working_days",
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
    "visible_to",
]
