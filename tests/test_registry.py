"""The loader refuses what is ill-declared, and its message names the plugin and the fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Blueprint, Flask

from portal.accounts.roles import CORE_PERMISSIONS, ROLES
from portal.api import (
    NAMELESS_PREVIEW,
    Action,
    AuditKind,
    Field,
    Kind,
    MessageKind,
    Panel,
    Permission,
    ReferralType,
    Side,
    State,
    Timer,
    hookimpl,
    standard,
)
from portal.registry import PluginError, Registry, installed_plugins, load
from portal.web import panels
from portal.workflow import Workflow

Given = tuple[str, ModuleType, str]
KIND = ReferralType(
    key="library", label="Bücherei", recipient_kind="other_office", workflow=standard()
)


def plugin(key: str = "library", version: int | None = 1, **functions: Any) -> Given:
    """A plugin whose hooks return what is given, or call it if it is a function."""
    module = ModuleType(f"portal_{key}")
    module.__file__ = f"/nowhere/portal_{key}.py"
    if version is not None:
        module.API_VERSION = version  # type: ignore[attr-defined]
    for name, value in functions.items():
        function = value if callable(value) else _returning(value)
        setattr(module, name, hookimpl(function))
    return key, module, "1.0"


def _returning(value: Any) -> Callable[[], Any]:
    return lambda: value


def refusal(*plugins: Given) -> str:
    with pytest.raises(PluginError) as refused:
        load(plugins)
    return str(refused.value)


def mounting_refusal(given: Given) -> str:
    loaded = load([given])
    with pytest.raises(PluginError) as refused:
        panels.mount(Flask("portal"), loaded)
    return str(refused.value)


def test_a_well_declared_plugin_is_loaded_and_its_rights_go_to_roles() -> None:
    right = Permission(key="library.lend", label="Ausleihen", roles=("partner",))
    given = plugin(portal_referral_types=[KIND], portal_permissions=[right])
    loaded = load([given])
    assert loaded.referral_types == {"library": KIND}
    assert "library.lend" in loaded.permissions_of("partner")
    assert "library.lend" not in loaded.permissions_of("advisor")
    assert loaded.types_for("other_office") == [KIND]


def test_two_applications_share_no_plugin() -> None:
    with_library, bare = load([plugin(portal_referral_types=[KIND])]), load([])
    assert list(with_library.plugins) == ["library"]
    assert bare.plugins == {}
    assert bare.referral_types == {}


def test_no_role_has_a_right_that_nobody_declared() -> None:
    bare: Registry = load([])
    assert all(bare.permissions_of(role) <= set(CORE_PERMISSIONS) for role in ROLES)


HAS_CODE = Field(key="code", label="Grund", kind=Kind.CHOICE, choices=(("nope", "Nein"),))


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (plugin(version=None), "made for API_VERSION None, this is 1"),
        (plugin(version=2), "made for API_VERSION 2, this is 1"),
        (plugin(portal_referal_types=[KIND]), "there is no hook 'portal_referal_types'"),
        (plugin(portal_seed=lambda fabric: None), "'fabric'"),
        (plugin(portal_panels=[KIND]), "portal_panels must return Panel objects"),
        (plugin(portal_panels=lambda: 1 / 0), "portal_panels failed: division by zero"),
        (plugin(portal_referral_types=[replace(KIND, key="sprachkurs")]),
         "'sprachkurs' has a foreign prefix"),
        (plugin(portal_referral_types=[replace(KIND, key="library2")]),
         "'library2' has a foreign prefix"),
        (plugin(portal_referral_types=[KIND, KIND]), "'library' is declared twice"),
        (plugin(portal_permissions=[Permission(key="client.read", label="", roles=())]),
         "'client.read' has a foreign prefix"),
        (plugin(portal_permissions=[Permission(key="library.a", label="", roles=("reader",))]),
         "unknown role reader"),
        (plugin(portal_audit_kinds=[AuditKind(key="client.read", label="")]),
         "'client.read' has a foreign prefix"),
        (plugin(portal_messages=[
            MessageKind(topic="referral.sent", subject="", recipients=Side.SENDER)]),
         "'referral.sent' has a foreign prefix"),
        (plugin(portal_blueprints=[Blueprint("referrals", __name__)]),
         "'referrals' has a foreign prefix"),
        (plugin(portal_panels=[Panel(slot="footer", template="x.html")]),
         "there is no slot 'footer'"),
        (plugin(portal_timers=[Timer(key="overdue", every=timedelta(hours=1), run=list)]),
         "'overdue' has a foreign prefix"),
        (plugin(portal_timers=[Timer(key="library.t", every=timedelta(seconds=59), run=list)]),
         "the timer 'library.t' runs once a minute at most"),
        (plugin(portal_panels=[Panel(slot="client", template="x.html", permission="library.a")]),
         "panel 'x.html' wants the unknown permission 'library.a'"),
        (plugin(portal_referral_types=[replace(KIND, recipient_kind="library")]),
         "unknown recipient kind 'library'"),
        (plugin(portal_referral_types=[replace(KIND, discloses=("religion",))]),
         "unknown client field religion"),
        (plugin(portal_referral_types=[replace(KIND, form=(Field(key="phone", label=""),))]),
         "the form repeats the client field phone"),
        (plugin(portal_referral_types=[replace(KIND, preview=("birth_date",))]),
         "the preview names birth_date, which is not disclosed"),
        (plugin("Library"), "a key is lower-case letters, digits and underscores"),
    ],
)  # fmt: skip
def test_an_ill_declared_plugin_is_refused(given: Given, fault: str) -> None:
    said = refusal(given)
    assert f"plugin {given[0]!r}" in said
    assert fault in said


def move(**changes: Any) -> Action:
    plain: dict[str, Any] = {
        "key": "lend", "label": "Ausleihen", "sources": ("accepted",), "target": "in_progress",
        "side": Side.RECEIVER,
    }  # fmt: skip
    return Action(**{**plain, **changes})


def drawn(*actions: Action, states: tuple[State, ...] = ()) -> Workflow:
    return standard(actions=actions, states=states)


LENT = State("lent", "Ausgeliehen", "in_progress")


@pytest.mark.parametrize(
    ("workflow", "fault"),
    [
        (drawn(states=(LENT,)), "state 'lent' cannot be reached"),
        (drawn(move(target="lent"), states=(LENT, LENT)), "duplicate state 'lent'"),
        (drawn(move(), move()), "duplicate action 'lend'"),
        (drawn(move(target="lost")), "names the unknown state 'lost'"),
        (drawn(move(sources=("lost",))), "names the unknown state 'lost'"),
        (drawn(move(sources=("completed",))), "final state 'completed' has a way out: lend"),
        (drawn(move(sources=("sent",), target="paused")),
         "'lend' goes from 'sent' to 'paused': no such move"),
        (drawn(move(target="lent"), states=(State("lent", "", "borrowed"),)),
         "state 'lent' refines no status of the core"),
        (drawn(move(target="completed")), "'lend' ends as 'completed' without a code"),
        (drawn(move(target="declined", sources=("sent",), fields=(HAS_CODE,))),
         "'lend' has the unknown code 'nope'"),
        (drawn(move(fields=(HAS_CODE, HAS_CODE))), "'lend' has the field 'code' twice"),
        (Workflow(standard().states, tuple(
            a for a in standard().actions if a.key not in ("withdraw", "complete", "fail"))),
         "is a dead end: no final status can follow"),
        (Workflow(standard().states, tuple(
            a for a in standard().actions if a.key != "withdraw")), "cannot be withdrawn"),
        (Workflow((), (), initial="begin"), "unknown initial state 'begin'"),
        (drawn(move(permission="library.lend")), "wants the unknown permission 'library.lend'"),
        (drawn(move(message="library.lent")), "sends the unknown message 'library.lent'"),
    ],
)  # fmt: skip
def test_an_ill_drawn_workflow_is_refused(workflow: Workflow, fault: str) -> None:
    said = refusal(plugin(portal_referral_types=[replace(KIND, workflow=workflow)]))
    assert "plugin 'library'" in said
    assert fault in said


def test_standard_refuses_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="the standard workflow has no lend"):
        standard(without=("lend",))
    with pytest.raises(ValueError, match="the standard workflow has no borrowed"):
        standard(labels={"borrowed": "Ausgeliehen"})


def test_a_hook_without_its_marker_is_refused() -> None:
    given = plugin()
    given[1].portal_seed = lambda factory: None  # type: ignore[attr-defined]
    assert "plugin 'library': 'portal_seed' lacks @hookimpl" in refusal(given)


def test_one_key_is_one_plugin() -> None:
    assert "plugin 'library': registered twice" in refusal(plugin(), plugin())


def install(folder: Path, package: str, key: str, module: str) -> None:
    """What pip leaves of a project with one entry point."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[portal.plugins]\n{key} = {module}\n")


def test_two_installed_packages_of_one_key_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "first", "library", "json")
    install(tmp_path, "second", "library", "csv")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match="plugin 'library': two installed packages claim this"):
        installed_plugins()


def test_an_installed_plugin_that_cannot_be_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "first", "library", "portal_library_is_not_here")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match="plugin 'library' cannot be imported: No module named"):
        installed_plugins()


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("public", "the view 'library.shelf' is open to everybody"),
        ("library.read", "the view 'library.shelf' wants the unknown right 'library.read'"),
    ],
)
def test_a_view_with_a_wrong_rule_is_refused(rule: str, fault: str) -> None:
    pages = Blueprint("library", __name__)

    def shelf() -> str:
        return ""

    shelf.access_rule = rule  # type: ignore[attr-defined]
    pages.add_url_rule("/shelf", view_func=shelf)
    assert f"plugin 'library': {fault}" in mounting_refusal(plugin(portal_blueprints=[pages]))


def test_a_view_that_looks_like_a_static_file_is_refused() -> None:
    pages = Blueprint("library", __name__)
    pages.add_url_rule("/x", endpoint="static", view_func=lambda: "")
    assert "is not a view" in mounting_refusal(plugin(portal_blueprints=[pages]))


def test_a_missing_template_is_refused() -> None:
    panel = Panel(slot="client", template="library/none.html")
    said = mounting_refusal(plugin(portal_panels=[panel]))
    assert said == "plugin 'library': there is no template 'library/none.html'"


def test_a_plugin_of_one_file_owns_nothing_beside_it() -> None:
    found = load([plugin(portal_referral_types=[replace(KIND, preview=NAMELESS_PREVIEW[:0])])])
    assert found.plugins["library"].migrations is None
    assert found.plugins["library"].package == "portal_library"


def test_a_referral_of_a_plugin_that_is_gone_only_ends() -> None:
    stand_in = load([]).referral_type("library")
    assert stand_in.label == "Erweiterung nicht installiert"
    assert stand_in.discloses == ()
    sides = {action.side for action in stand_in.workflow.actions}
    assert Side.RECEIVER not in sides
