"""README.md keeps its word: commands, roles, settings, links and the example are compared."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from portal import registry
from portal.accounts.roles import ROLES
from portal.cli import main
from portal.config import SETTINGS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def section(heading: str) -> str:
    """What stands below a heading; headings inside of fenced blocks do not count."""
    found: list[str] = []
    inside = fenced = False
    for line in README.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and line.startswith("## "):
            inside = line == f"## {heading}"
        elif inside:
            found.append(line)
    return "\n".join(found)


def table(heading: str) -> list[list[str]]:
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_one_command_does_everything(heading: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", section(heading), re.DOTALL)
    assert section(heading).count("```") == 2
    assert len(blocks) == 1
    assert blocks[0].count("\n") == 1
    assert blocks[0].startswith("python3 -m venv .venv && ")
    assert "--require-hashes" in blocks[0]


def test_roles_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): (row[1], set(re.findall(r"`([^`]+)`", row[2])))
            for row in table("Roles")}  # fmt: skip
    assert told == {role.key: (role.label, set(role.permissions)) for role in ROLES.values()}


def test_settings_are_those_of_the_code() -> None:
    told = [tuple(cell.strip("`") for cell in row) for row in table("Configuration")]
    assert told == [(f"PORTAL_{s.name}", s.default, s.purpose) for s in SETTINGS]


def test_commands_are_those_of_the_code() -> None:
    told = {row[0].strip("`").removeprefix("portal ") for row in table("Operation")}
    assert isinstance(main, click.Group)
    assert told == set(main.commands)


def test_plugins_are_named() -> None:
    listed = section("Where is what")
    for key in registry.load().plugins:
        assert f"portal_{key}/" in listed


def test_files_that_are_linked_or_listed_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
    listed = re.findall(r"\b[a-z_]+\.py\b", section("Where is what"))
    missing = [name for name in listed if not list((ROOT / "portal").rglob(name))]
    assert missing == []


def test_the_example_is_the_plugin_itself() -> None:
    example = re.search(r"```python\n(.*?)```", section("Writing a plugin"), re.DOTALL)
    assert example
    assert example[1] == (ROOT / "plugins/portal_andere_stelle/plugin.py").read_text("utf-8")


def test_it_claims_no_command_that_does_not_exist() -> None:
    named = set(re.findall(r"`portal ([a-z-]+)", README + (ROOT / "CHANGELOG.md").read_text()))
    assert named <= set(main.commands)
