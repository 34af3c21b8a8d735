"""The command line: what it makes, what it says, and how it ends when something is wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask_security import verify_password
from sqlalchemy import create_engine, inspect, text

from portal import __version__, config, doctor, migrate, serving
from portal.accounts.models import Person
from portal.app import create_app
from portal.cli import main
from portal.config import SETTINGS
from portal.crypto import write_new_keyring
from portal.demo import start as start_demo
from portal.demo.accounts import ACCOUNTS, PASSWORD
from portal.demo.seed import seed
from portal.extensions import db
from portal.registry import installed_plugins

PORTAL = [sys.executable, "-m", "portal.cli"]
ADMIN = ["create-admin", "--name", "Armin Amt", "--mail", "Armin@portal.example",
         "--organisation", "Landratsamt", "--password", "a long enough secret"]  # fmt: skip


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of nobody else, and an instance folder that does not exist yet."""
    for setting in SETTINGS:
        monkeypatch.delenv(f"PORTAL_{setting.name}", raising=False)
    folder = tmp_path / "instance"
    monkeypatch.setenv("PORTAL_INSTANCE", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was made ready and is only copied."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    nobodys = {f"PORTAL_{setting.name}": None for setting in SETTINGS}
    run("demo", "--no-serve", "--instance", str(folder), env=nobodys)
    return folder


@pytest.fixture
def demo(made_once: Path, instance: Path) -> Path:
    shutil.copytree(made_once, instance)
    return instance


@pytest.fixture
def week_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of the worked week, without the nine months around it: made in a tenth of the time."""
    monkeypatch.setattr(start_demo, "seed", partial(seed, whole=False))


def run(*arguments: str, code: int = 0, **options: object) -> Result:
    """Run a command as its own process would; what it says is `output`."""
    result = CliRunner().invoke(main, arguments, **options)  # type: ignore[arg-type]
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def counts(folder: Path, name: str = "portal.sqlite") -> dict[str, int]:
    engine = create_engine(f"sqlite:///{folder / name}")
    with engine.connect() as connection:
        found = {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar() or 0
            for table in inspect(connection).get_table_names()
        }
    engine.dispose()
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


# --- init, migrate ---------------------------------------------------------------------------


def test_init_makes_what_is_missing_and_overwrites_nothing(instance: Path) -> None:
    said = run("init").output
    assert str(instance / "keys.json") in said
    before = {path.name: path.read_bytes() for path in instance.iterdir()}
    assert "nothing was changed" in run("init").output
    assert {path.name: path.read_bytes() for path in instance.iterdir()} == before


def test_migrate_says_what_it_did(instance: Path) -> None:
    run("init")
    said = run("migrate").output
    assert "core: core_0001" in said
    assert "jobcenter: jobcenter_0001" in said
    assert "82 municipalities added" in said
    again = run("migrate").output
    assert "core: nothing to do" in again
    assert "municipalities" not in again


def test_a_revision_is_drafted(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    assert "no revision is needed" in run("migrate", "--draft", "nothing new").output
    (instance / "portal.sqlite").unlink()
    empty = tmp_path / "migrations"
    empty.mkdir()
    monkeypatch.setattr(migrate, "CORE_MIGRATIONS", empty)
    # The core's alone: a plugin's tables lean on the core's, which do not exist now.
    monkeypatch.setattr("portal.registry.installed_plugins", list)
    assert "drafted" in run("migrate", "--draft", "All tables").output
    drafted = empty / "core_0001.py"
    assert drafted.read_text().startswith('"""All tables."""')
    assert "op.create_table(" in drafted.read_text()
    assert "core: core_0001" in run("migrate").output


def test_there_is_no_such_stream() -> None:
    run("init")
    said = run("migrate", "--draft", "x", "--stream", "gone", code=1).output
    assert "There is no stream 'gone'" in said


# --- plugins, create-admin, worker -----------------------------------------------------------


def test_plugins_are_described_for_programs() -> None:
    described = {p["key"]: p for p in json.loads(run("plugins", "--json").output)}
    assert set(described) == {key for key, _, _ in installed_plugins()}
    jobcenter = described["jobcenter"]
    assert jobcenter["version"] == __version__
    kind = jobcenter["referral_types"][0]
    assert {"key": "obligation_issued", "label": "Verpflichtung ausgesprochen",
            "refines": "in_progress"} in kind["states"]  # fmt: skip
    send = next(move for move in kind["moves"] if move["key"] == "send")
    assert (send["from"], send["to"], send["side"]) == (["draft"], "sent", "sender")
    assert all(p["key"].startswith("jobcenter.") for p in jobcenter["permissions"])
    assert jobcenter["permissions"]


def test_plugins_are_described_for_people() -> None:
    said = run("plugins").output
    assert f"andere_stelle {__version__}" in said
    assert "obligation_issued (receiver)" in said


def test_the_first_administrator(instance: Path) -> None:
    run("init")
    run("migrate")
    said = run(*ADMIN).output
    assert "armin@portal.example can sign in" in said
    with create_app().app_context():
        person = db.session.query(Person).one()
        membership = person.memberships[0]
        assert (membership.role, membership.unit.organisation.name) == ("admin", "Landratsamt")
        assert verify_password("a long enough secret", person.password)
        db.engine.dispose()
    assert counts(instance)["outbox_message"] == 0
    assert counts(instance)["audit_entry"] > 0


def test_an_administrator_is_asked_for_what_is_not_given(instance: Path) -> None:
    run("init")
    run("migrate")
    typed = "Armin Amt\narmin@portal.example\na long enough secret\na long enough secret\n"
    said = run("create-admin", input=typed).output
    assert "secret" not in said
    second = [*ADMIN[:3], "--mail", "other@portal.example"]
    run(*second, env={"PORTAL_ADMIN_PASSWORD": "a long enough secret"})
    assert counts(instance)["organisation"] == 1
    assert counts(instance)["person"] == 2


@pytest.mark.parametrize(
    ("position", "value", "told"),
    [(8, "short", "12 Zeichen"), (4, "no address", "E-Mail-Adresse"), (2, "\u202ename", "Zeichen")],
)
def test_what_an_administrator_may_not_be(
    instance: Path, position: int, value: str, told: str
) -> None:
    run("init")
    run("migrate")
    arguments = [*ADMIN]
    arguments[position] = value
    assert told in run(*arguments, code=1).output
    assert counts(instance)["person"] == counts(instance)["organisation"] == 0


def test_an_address_is_an_administrator_once(instance: Path) -> None:
    run("init")
    run("migrate")
    run(*ADMIN)
    assert "gibt es schon ein Konto" in run(*ADMIN, code=1).output


def test_the_worker_delivers_what_is_due(demo: Path) -> None:
    delivered = run("worker", "--once").output
    assert "Neue Anfrage" in delivered
    assert "failed 0" in delivered
    assert run("worker", "--once").output == ""


# --- doctor ----------------------------------------------------------------------------------


def test_a_healthy_installation(instance: Path) -> None:
    run("init")
    run("migrate")
    said = run("doctor").output
    assert "BAD" not in said
    for part in ("Only its owner", "plugin loads", "database answers", "write-ahead", "keys open"):
        assert part in said


def test_the_doctor_finds_what_is_wrong(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "run `portal init`" in run("doctor", code=1).output
    run("init")
    (instance / "keys.json").chmod(0o644)
    monkeypatch.setenv("PORTAL_BASE_URL", "http://portal.example")
    monkeypatch.setattr(doctor, "VENDOR_FILES", ("kern.min.css", "gone.css"))
    said = run("doctor", code=1).output
    assert "Others can read" in said
    assert "without encryption" in said
    assert "lacks gone.css" in said
    assert "Migrations are missing (core" in said
    assert "4 things are wrong" in said


def test_the_doctor_finds_a_package_changed_after_it_was_frozen(demo: Path) -> None:
    assert "stands as it was frozen" in run("doctor", code=0).output
    with sqlite3.connect(demo / "portal.sqlite") as database:
        database.execute("UPDATE package SET digest = ? WHERE number = 1", ("0" * 64,))
    assert "changed after they were frozen" in run("doctor", code=1).output


def test_the_doctor_finds_the_wrong_keys(demo: Path) -> None:
    (demo / "keys.json").unlink()
    write_new_keyring(demo / "keys.json")
    assert "The keys do not open" in run("doctor", code=1).output
    refused = run("demo", "--no-serve", "--instance", str(demo), code=1).output
    assert "portal demo --reset" in refused


# --- what people do wrong --------------------------------------------------------------------


@pytest.mark.parametrize("command", ["migrate", "serve", "worker", "doctor"])
def test_before_init_every_command_says_what_to_do(command: str) -> None:
    assert "portal init" in run(command, code=1).output


@pytest.mark.parametrize("command", ["migrate", "serve", "worker --once", "doctor"])
def test_a_database_out_of_reach_is_one_sentence(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    url = f"postgresql://portal:hush@127.0.0.1:{free_port()}/portal"
    monkeypatch.setenv("PORTAL_DATABASE_URL", url)
    said = run(*command.split(), code=1).output
    assert "database" in said
    assert "hush" not in said


def test_a_broken_plugin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [*installed_plugins(), installed_plugins()[0]]
    monkeypatch.setattr("portal.registry.installed_plugins", lambda: found)
    assert "registered twice" in run("plugins", code=1).output


def test_serving_waits_for_migrations() -> None:
    run("init")
    assert "portal migrate" in run("serve", "--port", str(free_port()), code=1).output


def test_a_port_of_somebody_else() -> None:
    run("init")
    run("migrate")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        for command in ("serve", "demo"):
            assert f"Port {port} is taken" in run(command, "--port", port, code=1).output


def test_a_demo_is_not_served_to_others(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_port())
    said = run("serve", "--host", "0.0.0.0", "--port", port, code=1).output
    assert "This is a demo: it is not served at 0.0.0.0" in said
    assert "holds the demo, for this machine alone" in run("doctor").output
    monkeypatch.setenv("PORTAL_BASE_URL", "https://portal.example")
    assert "not served at https://portal" in run("serve", "--port", port, code=1).output
    assert "whose password everybody knows" in run("doctor", code=1).output


def test_demo_mode_is_not_served_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    run("init")
    run("migrate")
    monkeypatch.setenv("PORTAL_DEMO", "1")
    said = run("serve", "--host", "0.0.0.0", "--port", str(free_port()), code=1).output
    assert "not served at 0.0.0.0" in said


# --- demo ------------------------------------------------------------------------------------


def test_the_demo_is_made_once_and_anew_on_request(instance: Path, week_alone: None) -> None:
    first = run("demo", "--no-serve", "--instance", str(instance)).output
    assert PASSWORD in first
    assert " steps, until " in first
    for account in ACCOUNTS:
        assert account.email in first
    hints = [line for line in first.splitlines() if line.startswith("      ")]
    assert len(hints) == sum(bool(account.try_this) for account in ACCOUNTS)
    before = counts(instance)
    assert before["referral"] >= 60
    assert before["audit_entry"] > 300
    assert before["outbox_message"] > 100

    assert "there already" in run("demo", "--no-serve", "--instance", str(instance)).output
    assert counts(instance) == before

    engine = create_engine(f"sqlite:///{instance / 'portal.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox_message"))
    engine.dispose()
    run("demo", "--no-serve", "--instance", str(instance))
    assert counts(instance)["outbox_message"] == 0  # what was done is kept

    assert (
        "Starting anew" in run("demo", "--no-serve", "--reset", "--instance", str(instance)).output
    )
    assert counts(instance) == before


@pytest.mark.postgres
def test_the_demo_on_postgresql(
    instance: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch, week_alone: None
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", postgresql_url)
    run("demo", "--no-serve", "--instance", str(instance))
    assert "there already" in run("demo", "--no-serve", "--instance", str(instance)).output
    assert (
        "Starting anew" in run("demo", "--no-serve", "--reset", "--instance", str(instance)).output
    )
    assert not (instance / "portal.sqlite").exists()


@pytest.mark.parametrize("more", [[], ["--reset"]])
def test_a_real_portal_is_left_alone(instance: Path, more: list[str]) -> None:
    run("init")
    run("migrate")
    run(*ADMIN)
    before = counts(instance)
    said = run("demo", "--no-serve", "--instance", str(instance), *more, code=1).output
    assert "holds a real portal" in said
    assert counts(instance) == before


def test_an_instance_that_is_still_empty_can_become_a_demo(
    instance: Path, week_alone: None
) -> None:
    run("init")
    run("migrate")
    run("demo", "--no-serve", "--instance", str(instance))
    assert counts(instance)["person"] == len(ACCOUNTS)


def test_settings_for_others_do_not_reach_the_demo(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_BASE_URL", "https://portal.example")
    monkeypatch.setenv("PORTAL_TRUSTED_PROXIES", "2")
    run("demo", "--no-serve", "--instance", str(demo))
    assert counts(demo)["client"] == 400


# --- as processes ----------------------------------------------------------------------------


@pytest.fixture
def process(instance: Path) -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for one in started:
        if one.poll() is None:
            one.kill()
        one.communicate()


def start(process: list[subprocess.Popen[str]], *arguments: str) -> subprocess.Popen[str]:
    one = subprocess.Popen(
        [*PORTAL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    process.append(one)
    return one


def until(one: subprocess.Popen[str], words: str) -> str:
    """Read what a process says until these words; fails when it ends before."""
    assert one.stdout is not None
    said = ""
    for line in one.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def answer(url: str) -> str:
    with urllib.request.urlopen(url) as response:
        return str(response.read().decode())


def test_the_demo_is_served_and_ends_cleanly(
    process: list[subprocess.Popen[str]], demo: Path
) -> None:
    port = free_port()
    one = start(process, "demo", "--port", str(port), "--instance", str(demo))
    said = until(one, "Stop with Ctrl+C")
    assert f"http://127.0.0.1:{port}/demo/" in said
    assert '"ok"' in answer(f"http://127.0.0.1:{port}/readyz")
    assert "Katrin Demowald" in answer(f"http://127.0.0.1:{port}/demo/")
    one.send_signal(signal.SIGTERM)
    assert one.wait(timeout=20) == 0


@pytest.mark.postgres
def test_postgresql_is_served_by_two_workers(
    process: list[subprocess.Popen[str]], instance: Path, postgresql_url: str,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setenv("PORTAL_DATABASE_URL", postgresql_url)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run("init")
    run("migrate")
    port = free_port()
    one = start(process, "serve", "--port", str(port))
    said = until(one, "Booting worker") + until(one, "Booting worker")
    assert "gunicorn" in said
    assert '"ok"' in answer(f"http://127.0.0.1:{port}/readyz")
    one.send_signal(signal.SIGTERM)
    assert one.wait(timeout=40) == 0
    assert not list((tmp_path / "home").rglob("*.sock*"))


def test_a_worker_ends_when_asked(process: list[subprocess.Popen[str]], demo: Path) -> None:
    one = start(process, "worker")
    until(one, "delivered")
    one.send_signal(signal.SIGTERM)
    one.communicate(timeout=20)
    assert one.returncode == 0


def test_the_command_is_installed() -> None:
    command = shutil.which("portal", path=str(Path(sys.executable).parent))
    assert command is not None
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"portal, version {__version__}\n"


def test_a_free_port_is_free() -> None:
    serving.require_free("127.0.0.1", free_port())
    with pytest.raises(serving.CannotServe, match="Cannot serve at"):
        serving.require_free("192.0.2.1", 8000)


def test_settings_file_names_are_what_the_docs_say() -> None:
    assert (config.KEY_FILE, config.SETTINGS_FILE) == ("keys.json", "portal.env")
