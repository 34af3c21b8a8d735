"""The house rules that can be read off the files; who imports whom is checked by lint-imports."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect

from portal.extensions import Model, db

ROOT = Path(__file__).parents[1]
LONGEST = 320  # lines; past that a module is two things
TOP = {"portal", "plugins", "migrations", "tests"}
VAGUE = {"utils", "util", "helpers", "helper", "services", "base", "common", "manager", "misc"}
RULES = {"commands", "policy", "models"}
OF_A_REQUEST = {"request", "session", "current_user", "g"}


def tracked(*patterns: str) -> list[Path]:
    """The files of the project: what git has or would have."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


if not (ROOT / ".git").exists():
    pytest.skip("read off the checkout, which this is not", allow_module_level=True)

MODULES = tracked("portal/*.py", "plugins/*.py")
TREES = {path: ast.parse(path.read_text()) for path in MODULES}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of everything a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def test_there_is_something_to_read() -> None:
    assert len(MODULES) > 60


def test_no_folder_stands_beside_the_four() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert {folder for folder in folders if not folder.startswith(".")} == TOP


def test_a_module_is_one_thing_and_short() -> None:
    long = {name(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: lines for path, lines in long.items() if lines > LONGEST} == {}


def test_a_module_is_named_for_what_it_is_about() -> None:
    parts = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & VAGUE == set()


def test_a_module_begins_with_what_its_job_is() -> None:
    # Of an empty one that makes a folder a package too.
    silent = [name(path) for path, tree in TREES.items() if not ast.get_docstring(tree)]
    assert silent == []
    shouting = [
        name(path)
        for path, tree in TREES.items()
        if not (ast.get_docstring(tree) or "").split("\n\n")[0].rstrip().endswith((".", ":"))
    ]
    assert shouting == []


def test_rules_know_no_request() -> None:
    touched = {
        (name(path), what)
        for path, tree in TREES.items()
        if path.stem in RULES
        for module, what in imported(tree)
        if what in OF_A_REQUEST and module.startswith(("flask", "portal.accounts.session"))
    }
    assert touched == set()


def test_commands_never_commit() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in TREES.items()
        if path.stem in (RULES - {"models"})
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert found == []


def test_nobody_but_the_lifecycle_of_a_command_sets_a_state() -> None:
    setters = {
        name(path)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr in ("state", "status")
        and isinstance(target.value, ast.Name)
        and target.value.id in ("referral", "old", "new")
    }
    assert setters == {"portal/referrals/commands.py"}


def test_referrals_and_clients_are_read_through_their_policy() -> None:
    """A view or a plugin never selects from these tables past `visible`."""
    guarded = {"Client", "Referral", "Consent"}
    found = [
        f"{name(path)}: {function.name}"
        for path, tree in TREES.items()
        if path.stem.endswith("views")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        and guarded & set(_selected(function))
        and not {"in_charge", "as_sender", "as_receiver"} & _names(function)
    ]
    assert found == []


def _names(function: ast.FunctionDef) -> set[str]:
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def _selected(function: ast.FunctionDef) -> Iterator[str]:
    """The tables that a function asks for whole rows of."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "select":
            yield from (part.id for part in node.args if isinstance(part, ast.Name))


def test_nothing_is_left_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "X" * 3 + " ", "NotImplemented" + "Error")
    found = [
        f"{name(path)}: {word}"
        for path in tracked("*.py", "*.html", "*.css", "*.js")
        for word in words
        if word in path.read_text()
    ]
    assert found == []


def test_exceptions_from_the_rules_give_their_reason() -> None:
    silent = [
        f"{name(path)}:{number}"
        for path in tracked("*.py")
        if "/migrations/" not in f"/{name(path)}"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.rstrip().endswith("# no" + "qa") or line.rstrip().endswith("# type: ig" + "nore")
    ]
    assert silent == []


def test_every_contract_of_imports_is_known_to_the_layers() -> None:
    """A new plugin is put under the same rules as the others."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    plugins = {
        target.partition(".")[0]
        for target in settings["project"]["entry-points"]["portal.plugins"].values()
    }
    linter = settings["tool"]["importlinter"]
    assert plugins <= set(linter["root_packages"])
    for contract in linter["contracts"]:
        if contract["name"].startswith("plugins:"):
            assert plugins <= set(contract.get("source_modules") or contract["modules"])


def test_every_reference_to_another_row_can_be_followed_quickly(sqlite_app: Flask) -> None:
    """A foreign key whose target can be looked up from begins an index."""
    inspector = inspect(db.engine)
    slow = []
    for table in Model.metadata.sorted_tables:
        indexed = [index["column_names"] for index in inspector.get_indexes(table.name)]
        indexed += [c["column_names"] for c in inspector.get_unique_constraints(table.name)]
        indexed.append(inspector.get_pk_constraint(table.name)["constrained_columns"])
        leading = {columns[0] for columns in indexed if columns}
        slow += [
            f"{table.name}.{column}"
            for column in ("client_id", "referral_id", "person_id", "receiver_unit_id")
            if column in table.c and column not in leading and table.name != "outbox_message"
        ]
    assert slow == []
