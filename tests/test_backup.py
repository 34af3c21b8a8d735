"""A backup is the whole database in one file; what comes back holds nobody who was erased."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text

from portal import backup, sealing, verifying
from portal.accounts.models import Membership
from portal.app import create_app
from portal.audit import AuditEntry
from portal.cli import main
from portal.clients.models import Client
from portal.config import SETTINGS, create_instance
from portal.database import inside, unit_of_work
from portal.demo.factory import Factory
from portal.extensions import db
from portal.privacy import erased, erasure
from portal.referrals.endings import close_client
from portal.testing.town import NOW, TESTING, build_town
from tests.databases import INSTALL, find_binaries


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A migrated portal with a small town in it, whose commands run as on a real machine."""
    for setting in SETTINGS:
        monkeypatch.delenv(f"PORTAL_{setting.name}", raising=False)
    folder = tmp_path / "instance"
    create_instance(folder)
    monkeypatch.setenv("PORTAL_INSTANCE", str(folder))
    if request.param == "postgresql":
        if find_binaries() is None:
            pytest.skip(INSTALL)  # a server elsewhere does not bring the programs
        monkeypatch.setenv("PORTAL_DATABASE_URL", request.getfixturevalue("postgresql_url"))
        run("migrate")
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "portal.sqlite")
    with portal(), unit_of_work():
        town = build_town(Factory(NOW))
        Factory(NOW).sent(town.advisor, town.client, town.service)
    return folder


@pytest.fixture
def copy(instance: Path, tmp_path: Path) -> Path:
    """A backup of that town."""
    file = tmp_path / "copy"
    run("backup", str(file))
    return file


def portal() -> Any:
    return inside(create_app(TESTING))


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def names() -> list[str]:
    """Of all clients that are not erased."""
    with portal():
        found = db.session.scalars(select(Client).where(Client.erased_on.is_(None)))
        return sorted(client.name for client in found)


def erase_everybody() -> None:
    with portal():
        lead = db.session.scalars(select(Membership).where(Membership.role == "team_lead")).one()
        actor = Factory(NOW + timedelta(days=1)).actor(lead)
        ids = db.session.scalars(select(Client.id)).all()
        db.session.rollback()
        for client_id in ids:
            with unit_of_work():
                client = close_client(actor, client_id)
                erasure.erase(actor, client, "not_needed")


def add_somebody() -> None:
    with portal(), unit_of_work():
        advisor = db.session.scalars(
            select(Membership).where(Membership.role == "advisor").order_by(Membership.id)
        ).first()
        assert advisor
        Factory(NOW).client(advisor, given_name="Neu")


def test_what_was_there_comes_back(instance: Path, copy: Path) -> None:
    add_somebody()
    assert names() == ["Neu Pryklad", "Oksana Pryklad"]
    said = run("restore", str(copy), "--replace").output
    assert "tells: 0." in said
    assert names() == ["Oksana Pryklad"]
    assert "BAD" not in run("doctor").output
    with portal():
        kinds = db.session.scalars(
            select(AuditEntry.kind).where(AuditEntry.kind.startswith("backup.")).order_by("id")
        ).all()
    assert kinds == ["backup.made", "backup.restored"]


def test_who_was_erased_after_the_backup_stays_erased(instance: Path, copy: Path) -> None:
    erase_everybody()
    assert names() == []
    assert "tells: 1." in run("restore", str(copy), "--replace").output
    assert names() == []
    with portal():
        assert db.session.scalars(select(Client)).one().profile == {}
    assert run("restore", str(copy), "--replace").exit_code == 0
    assert len(erased_lines(instance)) == 1


def test_a_backup_put_back_by_other_means_is_caught_up_before_the_portal_serves(
    instance: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase_everybody()
    lines = (instance / erased.FILE).read_bytes()
    (instance / erased.FILE).unlink()
    run("restore", str(copy), "--replace")
    assert names() == ["Oksana Pryklad"]
    (instance / erased.FILE).write_bytes(lines)
    monkeypatch.setattr("portal.serving.serve_here", lambda *_rest: None)
    monkeypatch.setattr("portal.serving.become_gunicorn", lambda *_rest: None)
    assert "erased again: 1" in run("serve", "--port", "48917").output
    assert names() == []


def erased_lines(instance: Path) -> list[str]:
    return (instance / erased.FILE).read_text().split("\n\n")


def test_data_is_given_up_only_when_asked(instance: Path, copy: Path) -> None:
    add_somebody()
    assert "--replace" in run("restore", str(copy), code=1).output
    assert len(names()) == 2


def test_a_backup_overwrites_nothing_and_holds_no_key(instance: Path, copy: Path) -> None:
    before = copy.read_bytes()
    assert "exists" in run("backup", str(copy), code=1).output
    assert copy.read_bytes() == before
    assert copy.stat().st_mode & 0o077 == 0
    assert "keys.json is not" in run("backup", str(copy.with_name("second"))).output
    assert (instance / "keys.json").read_text().encode() not in before
    assert b"Pryklad" not in before
    assert sorted(path.name for path in copy.parent.glob("*.*")) == []


def test_what_is_no_backup_is_refused(instance: Path, tmp_path: Path) -> None:
    assert "There is no file" in run("restore", str(tmp_path / "gone"), code=1).output
    other = tmp_path / "other"
    other.write_bytes(b"something else " * 1000)
    said = run("restore", str(other), "--replace", code=1).output
    assert "no backup" in said or "pg_restore" in said
    assert names() == ["Oksana Pryklad"]


def test_a_backup_of_a_newer_portal_is_refused(instance: Path, tmp_path: Path) -> None:
    with portal(), unit_of_work():
        db.session.execute(text("UPDATE core_alembic_version SET version_num = 'core_9999'"))
    newer = tmp_path / "newer"
    with portal():
        backup.make(newer)
    with portal(), unit_of_work():
        db.session.execute(text("UPDATE core_alembic_version SET version_num = 'core_0001'"))
    assert "newer version of core" in run("restore", str(newer), "--replace", code=1).output
    assert names() == ["Oksana Pryklad"]


def test_nothing_is_replaced_under_a_portal_that_runs(instance: Path, copy: Path) -> None:
    add_somebody()
    app = create_app(TESTING)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Client)) == 2
        db.session.rollback()  # as a portal that waits for the next request
        assert "Stop the portal" in run("restore", str(copy), "--replace", code=1).output
        db.session.remove()
        db.engine.dispose()
    assert len(names()) == 2


def test_other_keys_are_noticed(instance: Path, copy: Path) -> None:
    (instance / "keys.json").unlink()
    create_instance(instance)
    assert "put back the keys.json" in run("restore", str(copy), "--replace", code=1).output


def test_the_log_begins_where_it_ended_then(instance: Path, copy: Path) -> None:
    run("worker", "--once")
    run("restore", str(copy), "--replace")
    with portal():
        sealing.seal_all(NOW)
        assert verifying.verify().findings == []


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_a_damaged_copy_is_refused(instance: Path, copy: Path) -> None:
    content = bytearray(copy.read_bytes())
    content[40_000:60_000] = bytes(20_000)
    copy.write_bytes(content)
    run("restore", str(copy), "--replace", code=1)
    assert names() == ["Oksana Pryklad"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_a_backup_is_one_file_that_anybody_can_open(instance: Path, copy: Path) -> None:
    with sqlite3.connect(copy) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert database.execute("SELECT count(*) FROM client").fetchone() == (1,)
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("instance", ["postgresql"], indirect=True)
def test_without_its_programs_postgresql_says_what_is_missing(
    instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "DEBIAN", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    said = run("backup", str(tmp_path / "copy"), code=1).output
    assert "pg_dump is missing" in said
    assert not (tmp_path / "copy").exists()


# --- portal retention -------------------------------------------------------------------------


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_retention_is_run_by_hand_once_a_day(instance: Path) -> None:
    assert "Nothing is over" in run("retention", "--dry-run").output
    with portal(), unit_of_work():
        client = db.session.scalars(select(Client)).one()
        client.closed_on = NOW.date() - timedelta(days=700)
    assert "closed_client: 1" in run("retention", "--dry-run").output
    assert names() == ["Oksana Pryklad"]
    assert "closed_client: 1" in run("retention").output
    assert names() == []
    assert "done already" in run("retention").output
