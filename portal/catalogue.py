"""What is installed, described for programs: kinds of handoff, their states and moves, rights."""

from __future__ import annotations

from typing import Any

from portal.registry import Plugin, Registry


def described(loaded: Registry) -> list[dict[str, Any]]:
    """Every plugin with what it brings, ready for JSON."""
    return [_described(loaded, plugin) for plugin in loaded.plugins.values()]


def _described(loaded: Registry, plugin: Plugin) -> dict[str, Any]:
    def own(key: str) -> bool:
        return key == plugin.key or key.startswith(plugin.key + ".")

    return {
        "key": plugin.key,
        "version": plugin.version,
        "referral_types": [
            {
                "key": kind.key,
                "label": kind.label,
                "states": [
                    {"key": state.key, "label": state.label, "refines": state.refines}
                    for state in kind.workflow.states
                ],
                "moves": [
                    {"key": action.key, "label": action.label, "from": list(action.sources),
                     "to": action.target, "side": action.side}
                    for action in kind.workflow.actions
                ],
            }
            for kind in loaded.referral_types.values()
            if own(kind.key)
        ],
        "permissions": [
            {"key": permission.key, "label": permission.label, "roles": list(permission.roles)}
            for permission in loaded.permissions.values()
            if own(permission.key)
        ],
    }  # fmt: skip
