"""What the operator asks: alive, ready, how many messages wait; also without a database."""

from __future__ import annotations

import socket
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from portal import outbox
from portal.actor import Actor
from portal.app import create_app
from portal.crypto import Keyring
from portal.extensions import db
from portal.testing.town import NOW, TESTING, Town


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def app_on(url: str, folder: Path) -> Flask:
    keys = Keyring.generate().dumps()
    return create_app({**TESTING, "INSTANCE": str(folder), "DATABASE_URL": url, "KEYS": keys})


def test_a_working_portal_says_so(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"status": "ok"})


def test_waiting_messages_are_counted(app: Flask, town: Town) -> None:
    outbox.enqueue(Actor.system(NOW), "referral.news", person_id=town.advisor.person_id)
    db.session.commit()
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    assert "portal_outbox_waiting 1.0" in answer.text
    assert "portal_outbox_given_up 0.0" in answer.text
    for name in ("Demowald", "Pryklad", "Kita"):
        assert name not in answer.text


def test_a_database_out_of_reach(tmp_path: Path) -> None:
    app = app_on(f"postgresql://portal@127.0.0.1:{closed_port()}/portal", tmp_path)
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json == {"status": "unavailable", "database": "unreachable"}
    assert client.get("/metrics").status_code == 503


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"this is not a database" * 100)
    client = app_on(f"sqlite:///{tmp_path / 'broken.sqlite'}", tmp_path).test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/metrics").status_code == 503


def test_an_empty_database_is_reachable_and_not_ready(tmp_path: Path) -> None:
    client = app_on(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path).test_client()
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json is not None
    assert "core" in ready.json["migrations_missing"]
    assert client.get("/metrics").status_code == 503


def test_one_missing_stream_is_named(sqlite_app: Flask) -> None:
    db.session.execute(text("DROP TABLE jobcenter_alembic_version"))
    db.session.commit()
    ready = sqlite_app.test_client().get("/readyz")
    assert ready.json == {"status": "unavailable", "migrations_missing": ["jobcenter"]}
