"""`portal audit verify`, as an operator runs it beside the worker."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.config import SETTINGS

ADMIN = ["create-admin", "--name", "Armin Amt", "--mail", "armin@portal.example",
         "--organisation", "Landratsamt", "--password", "a long enough secret"]  # fmt: skip


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for setting in SETTINGS:
        monkeypatch.delenv(f"PORTAL_{setting.name}", raising=False)
    folder = tmp_path / "instance"
    monkeypatch.setenv("PORTAL_INSTANCE", str(folder))
    run("init")
    run("migrate")
    run(*ADMIN)
    return folder


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_an_operator_is_told_that_all_is_well(instance: Path) -> None:
    said = run("audit", "verify")
    assert "0 entries in 0 seals were read; 6 wait for one." in said
    assert "There is no audit_seal.json" in said
    run("worker", "--once")
    kept = json.loads((instance / "audit_seal.json").read_text())
    said = run("audit", "verify")
    assert "entries in 1 seals were read; 0 wait for one." in said
    assert kept["hash"] in said
    assert "audit_seal.json" not in said
    run("worker", "--once")
    assert json.loads((instance / "audit_seal.json").read_text()) == kept


def test_an_operator_is_told_what_is_wrong(instance: Path) -> None:
    run("worker", "--once")
    with sqlite3.connect(instance / "portal.sqlite") as database:
        database.execute("UPDATE audit_entry SET kind = 'login.failed' WHERE id = 2")
    said = run("audit", "verify", code=1)
    assert "BAD  entry 2 of " in said
    assert "(login.failed) was changed" in said
    assert "Error: The access log is not as it was written." in said
