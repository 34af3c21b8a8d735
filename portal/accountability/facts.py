"""What the operator's documents say of this installation, read from its code and settings.

The documents are German in every language of the interface: labels are taken as they are written
in the source, never translated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select

import portal
from portal.accounts import credentials, links
from portal.accounts.models import REGIMES, Organisation
from portal.accounts.roles import CORE_PERMISSIONS, ROLES
from portal.accounts.session import now
from portal.clients.fields import CLIENT_FIELDS, DATA_CATEGORIES
from portal.codes import PARTNER_KINDS
from portal.config import SESSION_HOURS
from portal.consents.models import CONFIRM_WITHIN_DAYS, DEFAULT_DAYS, LONGEST_DAYS
from portal.declarations import ReferralType
from portal.extensions import Model, db
from portal.lifecycle import GRACE_DAYS
from portal.privacy import emergency, retention_rules
from portal.registry import registry
from portal.workflow import LOCAL, Field

# Columns of encrypted bytes, by which the models name them (see portal.crypto.Encrypted).
SEALED = "_sealed"


@dataclass(frozen=True)
class Handoff:
    """One kind of handoff: to whom, and which data. All of them labels."""

    label: str
    recipient: str
    client_fields: tuple[str, ...]
    questions: tuple[str, ...]
    before_acceptance: tuple[str, ...] | None  # None: everything
    volunteers: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """One data category: the fields it covers, and which kinds of handoff may pass them on."""

    label: str
    fields: tuple[str, ...]
    questions: tuple[str, ...]
    handoffs: tuple[str, ...]


@dataclass(frozen=True)
class Extension:
    """A plugin with what it keeps: its tables, each with the columns that are encrypted."""

    key: str
    version: str
    labels: tuple[str, ...]
    tables: dict[str, tuple[str, ...]]


def facts() -> dict[str, Any]:
    """All that the documents' templates fill in."""
    kinds = list(registry().referral_types.values())
    return {
        "base_url": current_app.config["BASE_URL"],
        "officer": current_app.config["DATA_PROTECTION_OFFICER"],
        "version": portal.__version__,
        "released": f"{portal.RELEASED_ON:%d.%m.%Y}",
        "required": [field.label for field in CLIENT_FIELDS.values() if field.required],
        "categories": [_category(key, label, kinds) for key, label in DATA_CATEGORIES],
        "handoffs": [_handoff(kind) for kind in kinds],
        "roles": [(role.label, _rights(role.key)) for role in ROLES.values()],
        "extensions": [_extension(key) for key in registry().plugins],
        "sealed": {name: sealed_columns(name) for name in Model.metadata.tables},
        "hours": SESSION_HOURS,
        "password_length": credentials.SHORTEST_PASSWORD,
        "attempts": credentials.PER_MAIL,
        "attempt_minutes": _minutes(credentials.WINDOW.total_seconds()),
        "invitation_days": links.LIFETIME[links.INVITATION].days,
        "consent_days": DEFAULT_DAYS,
        "consent_longest_days": LONGEST_DAYS,
        "confirm_days": CONFIRM_WITHIN_DAYS,
        "grace_days": GRACE_DAYS,
        "emergency_hours": emergency.LASTS.seconds // 3600,
        "retention": retention_rules.in_force(now().astimezone(LOCAL).date()),
    }


def organisations() -> list[tuple[str, str, str]]:
    """Name, kind and regime of every body that takes part: the parties of an arrangement."""
    regimes = dict(REGIMES)
    found = db.session.scalars(select(Organisation).where(Organisation.active))
    return sorted(
        (each.name, PARTNER_KINDS[each.kind], regimes[each.data_protection_regime])
        for each in found
    )


def sealed_columns(table: str) -> tuple[str, ...]:
    columns = Model.metadata.tables[table].columns
    return tuple(column.name for column in columns if column.name.endswith(SEALED))


def _minutes(seconds: float) -> int:
    return int(seconds // 60)


def _rights(role: str) -> tuple[str, ...]:
    plugins = registry().permissions
    granted = registry().permissions_of(role)
    return (
        *(label for key, label in CORE_PERMISSIONS.items() if key in granted),
        *(plugins[key].label for key in plugins if key in granted),
    )


def _extension(key: str) -> Extension:
    plugin = registry().plugins[key]
    return Extension(
        key=key,
        version=plugin.version,
        labels=tuple(kind.label for kind in registry().types_of(key)),
        tables={table.name: sealed_columns(table.name) for table in plugin.tables()},
    )


def _handoff(kind: ReferralType) -> Handoff:
    known = CLIENT_FIELDS | {field.key: field for field in kind.form}

    def labels(keys: Iterable[str]) -> tuple[str, ...]:
        return tuple(known[key].label for key in keys)

    return Handoff(
        label=kind.label,
        recipient=PARTNER_KINDS[kind.recipient_kind],
        client_fields=labels(kind.discloses),
        questions=tuple(field.label for field in kind.form),
        before_acceptance=None if kind.preview is None else labels(kind.preview),
        volunteers=labels(kind.task or ()),
    )


def _category(key: str, label: str, kinds: list[ReferralType]) -> Category:
    def within(fields: Iterable[Field]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field.label for field in fields if field.category == key))

    asked = [field for kind in kinds for field in kind.form]
    return Category(
        label=label,
        fields=within(CLIENT_FIELDS.values()),
        questions=within(asked),
        handoffs=tuple(
            kind.label
            for kind in kinds
            if within([*(CLIENT_FIELDS[name] for name in kind.discloses), *kind.form])
        ),
    )
