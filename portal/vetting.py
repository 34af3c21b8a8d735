"""What one thing that a plugin declares must be like; otherwise plugin and fault are named."""

from __future__ import annotations

from datetime import timedelta

from portal.accounts.roles import ROLES
from portal.clients.fields import CLIENT_FIELDS
from portal.codes import PARTNER_KINDS
from portal.declarations import TASK_CLIENT_FIELDS, Permission, ReferralType, Timer
from portal.drawing import workflow_errors

# Inputs and attributes of the core's own forms.
RESERVED_KEYS = frozenset({
    "back", "contact_forbidden", "csrf_token", "data", "do", "errors", "form_errors", "hidden_tag",
    "meta", "populate_obj", "process", "put_errors", "questions", "read", "record", "seen", "share",
    "source", "urgency", "validate",
})  # fmt: skip
SHORTEST = timedelta(minutes=1)  # between two runs of a timer


class PluginError(Exception):
    """A plugin declares something wrong; the message names the plugin and the fault."""


def check_own(key: str, thing: str) -> None:
    """What a plugin brings is called like the plugin."""
    if thing != key and not thing.startswith(key + "."):
        raise PluginError(f"plugin {key!r}: {thing!r} has a foreign prefix")


def check_permission(key: str, permission: Permission) -> None:
    if unknown := set(permission.roles) - set(ROLES):
        raise PluginError(f"plugin {key!r}: unknown role {', '.join(sorted(unknown))}")


def check_timer(key: str, timer: Timer) -> None:
    if timer.every < SHORTEST:
        raise PluginError(f"plugin {key!r}: the timer {timer.key!r} runs once a minute at most")


def check_type(key: str, kind: ReferralType) -> None:
    if errors := workflow_errors(kind.workflow):
        raise PluginError(f"plugin {key!r}: workflow of {kind.key!r}: {'; '.join(errors)}")
    if kind.recipient_kind not in PARTNER_KINDS:
        raise PluginError(f"plugin {key!r}: unknown recipient kind {kind.recipient_kind!r}")
    if unknown := set(kind.discloses) - set(CLIENT_FIELDS):
        raise PluginError(f"plugin {key!r}: unknown client field {', '.join(sorted(unknown))}")
    own = {question.key for question in kind.form}
    asked = own | {field.key for action in kind.workflow.actions for field in action.fields}
    if taken := asked & RESERVED_KEYS:
        raise PluginError(f"plugin {key!r}: the core needs the field key {', '.join(taken)} itself")
    if clash := own & set(CLIENT_FIELDS):
        raise PluginError(f"plugin {key!r}: the form repeats the client field {', '.join(clash)}")
    if foreign := set(kind.preview or ()) - set(kind.discloses) - own:
        named = ", ".join(sorted(foreign))
        raise PluginError(f"plugin {key!r}: the preview names {named}, which is not disclosed")
    _check_task(key, kind)


def _check_task(key: str, kind: ReferralType) -> None:
    allowed = set(TASK_CLIENT_FIELDS) & set(kind.discloses) | {q.key for q in kind.form}
    if foreign := set(kind.task or ()) - allowed:
        named = ", ".join(sorted(foreign))
        raise PluginError(f"plugin {key!r}: a volunteer may not see {named}")
    if kind.task is not None and kind.preview is None:
        raise PluginError(f"plugin {key!r}: a kind with tasks for volunteers needs a preview")
