"""All a plugin may import: the names below, and API_VERSION, which it must state as its own."""

from portal import audit, outbox
from portal.accounts.session import current_actor
from portal.actor import Actor
from portal.clients.models import Client
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
from portal.lifecycle import LEGAL, Status, standard
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals.models import Referral
from portal.referrals.policy import get_visible, visible
from portal.web.access import access
from portal.web.htmx import go, page_or_part
from portal.workflow import Action, Field, Kind, N_, Side, State

__all__ = [
    "API_VERSION",
    "LEGAL",
    "NAMELESS_PREVIEW",
    "Action",
    "Actor",
    "AuditKind",
    "Client",
    "Conflict",
    "Encrypted",
    "Field",
    "Forbidden",
    "HasId",
    "Invalid",
    "Kind",
    "MessageKind",
    "Model",
    "N_",
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
    "current_actor",
    "db",
    "get_visible",
    "go",
    "hookimpl",
    "outbox",
    "page_or_part",
    "standard",
    "visible",
]
