"""What a plugin declares about itself: frozen data, validated once by the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portal.actor import Actor
from portal.workflow import Field, Side, Workflow

API_VERSION = 1

# What a receiver that decides on capacity sees before it accepts: nobody's name.
NAMELESS_PREVIEW = ("municipality", "contact_language", "interpreter_needed")

# All of the client record that a volunteer may ever see: whom one meets, where, in what language.
TASK_CLIENT_FIELDS = ("given_name", *NAMELESS_PREVIEW)


@dataclass(frozen=True, kw_only=True)
class ReferralType:
    """One kind of handoff.

    key             `<plugin>` or `<plugin>.<thing>`
    label           German, in the advisor's words
    recipient_kind  what a service must be of to receive it (a key of codes.PARTNER_KINDS)
    workflow        usually `standard(...)`
    form            questions about this request; their values travel in the package
    discloses       client fields this handoff needs; consent and advisor may only take away
    preview         fields shown before acceptance; None: the whole package, for partners
                    that must check eligibility
    task            fields a volunteer sees who agreed; before, those of them in the preview. The
                    first question of the form among them is the task's title. Volunteers agree
                    by a move past `accepted`. None: nothing for volunteers
    narrow          a further SQL criterion on what an actor sees (AND), or None
    goal_areas      needs (keys of codes.GOAL_AREAS) under which advisors find such services;
                    without any it is never offered
    """

    key: str
    label: str
    recipient_kind: str
    workflow: Workflow
    form: tuple[Field, ...] = ()
    discloses: tuple[str, ...] = ("given_name", "family_name", "phone", *NAMELESS_PREVIEW)
    preview: tuple[str, ...] | None = NAMELESS_PREVIEW
    task: tuple[str, ...] | None = None
    narrow: Callable[[Actor], Any] | None = None
    goal_areas: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A right of a plugin and the core roles that have it."""

    key: str
    label: str
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AuditKind:
    """A kind of audit entry. `personal`: its data must be blanked when the client is erased."""

    key: str
    label: str
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class MessageKind:
    """A message about a referral to the side `recipients`, sent by an action that names it.

    The template, a text file, gets `subject`, `reference` and `link`; never a client's name.
    """

    topic: str
    subject: str
    recipients: Side
    template: str = "messages/notice.txt"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of a page: `context(actor, **objects)` gives the template's variables.

    Slots: `navigation`, `dashboard`, `client` (gets `client` and its `referrals`, as far as
    the actor sees them), `referral` and, for a volunteer instead of it, `task` (get `referral`).
    A context of None leaves the panel out.
    """

    slot: str
    template: str
    permission: str = ""
    order: int = 100
    context: Callable[..., Mapping[str, Any] | None] = field(default=lambda actor, **objects: {})


@dataclass(frozen=True, kw_only=True)
class Timer:
    """What the system does by itself, `every` so often and by one worker at a time.

    `run(actor)` gives the referrals whose time has come, each with the key of the system's move,
    which the core makes in a transaction of its own; not if somebody was faster.
    """

    key: str
    every: timedelta
    run: Callable[[Actor], Iterable[tuple[Any, str]]]


SLOTS = ("navigation", "dashboard", "client", "referral", "task")
