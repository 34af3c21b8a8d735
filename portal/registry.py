"""Load plugins, refuse what is ill-declared by name, and freeze the rest.

pluggy alone lets most mistakes pass: a misspelt hook surfaces only in `check_pending()`, a
function without its marker never, and a second entry point of one name is dropped silently.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy
from flask import Blueprint, current_app
from sqlalchemy import Table

from portal import hookspecs, vetting
from portal.accounts.roles import CORE_PERMISSIONS, ROLES
from portal.declarations import (
    API_VERSION,
    SLOTS,
    AuditKind,
    MessageKind,
    Panel,
    Permission,
    ReferralType,
    Timer,
)
from portal.extensions import Model
from portal.lifecycle import standard
from portal.vetting import PluginError as PluginError
from portal.workflow import N_, Workflow

ENTRY_POINTS = "portal.plugins"
_STANDARD = standard()
# What remains of a handoff whose plugin is gone.
_ENDINGS = Workflow(
    _STANDARD.states,
    tuple(_STANDARD.action(key) for key in ("discard", "withdraw", "review")),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin: its key, version and the folder its package lives in."""

    key: str
    version: str
    module: ModuleType

    @property
    def package(self) -> str:
        """The import package that is the plugin: `portal_x` of `portal_x.plugin`."""
        return self.module.__name__.partition(".")[0]

    def folder(self, name: str) -> Path | None:
        """`templates`, `static` or `migrations` beside the plugin's code, where it exists.

        A plugin of one file has none: what lies beside it belongs to others.
        """
        file = Path(inspect.getfile(self.module))
        in_package = "." in self.module.__name__ or file.name == "__init__.py"
        path = file.parent / name
        return path if in_package and path.is_dir() else None

    @property
    def migrations(self) -> Path | None:
        return self.folder("migrations")

    def tables(self) -> list[Table]:
        """The tables whose classes the plugin's modules define."""
        return [
            table
            for mapper in Model.registry.mappers
            if mapper.class_.__module__.partition(".")[0] == self.package
            and isinstance(table := mapper.local_table, Table)
        ]


@dataclass
class Registry:
    """Everything plugins declared, checked. Belongs to one application, never to a module."""

    manager: pluggy.PluginManager
    plugins: dict[str, Plugin] = field(default_factory=dict)
    referral_types: dict[str, ReferralType] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    audit_kinds: dict[str, AuditKind] = field(default_factory=dict)
    messages: dict[str, MessageKind] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    blueprints: dict[str, list[Blueprint]] = field(default_factory=dict)
    panels: list[tuple[str, Panel]] = field(default_factory=list)

    @property
    def hook(self) -> Any:
        return self.manager.hook

    def permissions_of(self, role: str) -> frozenset[str]:
        """What a role may do: the core's rights and those that plugins map to it."""
        mapped = (p.key for p in self.permissions.values() if role in p.roles)
        return ROLES[role].permissions | frozenset(mapped)

    def roles_with(self, permission: str) -> list[str]:
        """The roles that have a right."""
        return [role for role in ROLES if permission in self.permissions_of(role)]

    @property
    def known_permissions(self) -> set[str]:
        """Every right there is: the core's and the plugins'."""
        return {*CORE_PERMISSIONS, *self.permissions}

    def referral_type(self, key: str) -> ReferralType:
        """The type; for a plugin that is gone, a stand-in that only lets things end."""
        return self.referral_types.get(key) or ReferralType(
            key=key,
            label=N_("Erweiterung nicht installiert"),
            recipient_kind="other_office",
            workflow=_ENDINGS,
            discloses=(),
            preview=(),
        )

    def types_of(self, plugin: str) -> list[ReferralType]:
        """The referral types that a plugin brought."""
        return [t for t in self.referral_types.values() if t.key.partition(".")[0] == plugin]

    def types_for(self, recipient_kind: str) -> list[ReferralType]:
        return [t for t in self.referral_types.values() if t.recipient_kind == recipient_kind]


def registry() -> Registry:
    """The registry of the running application."""
    loaded: Registry = current_app.extensions["portal"]
    return loaded


def installed_plugins() -> list[tuple[str, ModuleType, str]]:
    """(key, module, version) of every installed entry point. Two of one key: PluginError."""
    found: dict[str, tuple[str, ModuleType, str]] = {}
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        if entry.name in found:
            raise PluginError(f"plugin {entry.name!r}: two installed packages claim this key")
        version = entry.dist.version if entry.dist else "0"
        try:
            module = entry.load()
        except Exception as error:
            raise PluginError(f"plugin {entry.name!r} cannot be imported: {error}") from error
        found[entry.name] = (entry.name, module, version)
    return [found[key] for key in sorted(found)]


def load(plugins: Iterable[tuple[str, ModuleType, str]] | None = None) -> Registry:
    """A checked registry of the given plugins, or of all installed ones. Raises PluginError."""
    manager = pluggy.PluginManager("portal")
    manager.add_hookspecs(hookspecs)
    loaded = Registry(manager)
    for key, module, version in installed_plugins() if plugins is None else plugins:
        if key in loaded.plugins:
            raise PluginError(f"plugin {key!r}: registered twice")
        _check_module(key, module)
        try:
            manager.register(module, name=key)
            manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(f"plugin {key!r}: {error}") from error
        loaded.plugins[key] = Plugin(key, version, module)
    for key in loaded.plugins:
        _declare(loaded, key)
    for key, plugin in loaded.plugins.items():
        _check_tables(key, plugin)
        _check_actions(loaded, key)
        _check_permissions(loaded, key)
    return loaded


def _check_module(key: str, module: ModuleType) -> None:
    if not key.isidentifier() or key != key.lower():
        raise PluginError(f"plugin {key!r}: a key is lower-case letters, digits and underscores")
    version = getattr(module, "API_VERSION", None)
    if version != API_VERSION:
        raise PluginError(
            f"plugin {key!r}: made for API_VERSION {version!r}, this is {API_VERSION}"
        )
    for name, value in vars(module).items():
        if name.startswith("portal_") and inspect.isfunction(value):
            if not hasattr(hookspecs, name):
                raise PluginError(f"plugin {key!r}: there is no hook {name!r}")
            if not hasattr(value, "portal_impl"):
                raise PluginError(f"plugin {key!r}: {name!r} lacks @hookimpl")
        elif hasattr(value, "portal_impl") and not hasattr(hookspecs, name):
            raise PluginError(f"plugin {key!r}: there is no hook {name!r}")


def _declare(loaded: Registry, key: str) -> None:
    for kind in _declared(loaded, key, "portal_referral_types", ReferralType):
        vetting.check_type(key, kind)
        loaded.referral_types[_new(key, kind.key, loaded.referral_types)] = kind
    for permission in _declared(loaded, key, "portal_permissions", Permission):
        vetting.check_permission(key, permission)
        loaded.permissions[_new(key, permission.key, loaded.permissions)] = permission
    for audit_kind in _declared(loaded, key, "portal_audit_kinds", AuditKind):
        loaded.audit_kinds[_new(key, audit_kind.key, loaded.audit_kinds)] = audit_kind
    for timer in _declared(loaded, key, "portal_timers", Timer):
        vetting.check_timer(key, timer)
        loaded.timers[_new(key, timer.key, loaded.timers)] = timer
    for message in _declared(loaded, key, "portal_messages", MessageKind):
        loaded.messages[_new(key, message.topic, loaded.messages)] = message
    for blueprint in _declared(loaded, key, "portal_blueprints", Blueprint):
        vetting.check_own(key, blueprint.name)
        loaded.blueprints.setdefault(key, []).append(blueprint)
    for panel in _declared(loaded, key, "portal_panels", Panel):
        if panel.slot not in SLOTS:
            raise PluginError(f"plugin {key!r}: there is no slot {panel.slot!r}")
        loaded.panels.append((key, panel))
    loaded.panels.sort(key=lambda owned: (owned[1].order, owned[0]))


def _declared(loaded: Registry, key: str, hook: str, expected: type[T]) -> list[T]:
    implementation: Callable[[], list[T]] | None = getattr(loaded.plugins[key].module, hook, None)
    try:
        things = implementation() if implementation else []
    except Exception as error:
        raise PluginError(f"plugin {key!r}: {hook} failed: {error}") from error
    for thing in things:
        if not isinstance(thing, expected):
            raise PluginError(f"plugin {key!r}: {hook} must return {expected.__name__} objects")
    return things


def _new(key: str, thing: str, known: dict[str, Any]) -> str:
    vetting.check_own(key, thing)
    if thing in known:
        raise PluginError(f"plugin {key!r}: {thing!r} is declared twice")
    return thing


def _check_tables(key: str, plugin: Plugin) -> None:
    for table in plugin.tables():
        if not table.name.startswith(f"{key}_"):
            raise PluginError(f"plugin {key!r}: the table {table.name!r} has a foreign prefix")


def _check_actions(loaded: Registry, key: str) -> None:
    for kind in loaded.types_of(key):
        for action in kind.workflow.actions:
            if action.message and action.message not in loaded.messages:
                raise PluginError(
                    f"plugin {key!r}: action {action.key!r} sends the unknown message "
                    f"{action.message!r}"
                )


def _check_permissions(loaded: Registry, key: str) -> None:
    known = loaded.known_permissions
    wanted = [
        (f"action {action.key!r}", action.permission)
        for kind in loaded.types_of(key)
        for action in kind.workflow.actions
    ]
    wanted += [
        (f"panel {p.template!r}", p.permission) for owner, p in loaded.panels if owner == key
    ]
    for where, permission in wanted:
        if permission and permission not in known:
            raise PluginError(
                f"plugin {key!r}: {where} wants the unknown permission {permission!r}"
            )
