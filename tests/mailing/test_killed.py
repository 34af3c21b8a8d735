"""Workers killed at any moment lose nothing, and repeat at most what was in their hands."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from select import select as select_ready

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import outbox
from portal.actor import Actor
from portal.demo.factory import Factory
from portal.extensions import db
from portal.outbox import Mail, OutboxMessage
from portal.testing.town import build_town
from tests.mailing.mailserver import MailServer, running

ROOT = Path(__file__).parents[2]
KILLS, AT_ONCE = 100, 5
EACH_ROUND = 6  # messages that are written before each five of them


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with running(tmp_path / "mail") as found:
        yield found


def environment(app: Flask, server: MailServer) -> dict[str, str]:
    url = app.config["SQLALCHEMY_DATABASE_URI"].render_as_string(hide_password=False)
    return {
        **os.environ,
        "PORTAL_INSTANCE": str(app.config["INSTANCE"]),
        "PORTAL_DATABASE_URL": url,
        "PORTAL_KEYS": app.config["KEYRING"].dumps(),
        "PORTAL_SECRET_KEY": "for tests only",
        "PORTAL_SMTP_HOST": "127.0.0.1",
        "PORTAL_SMTP_PORT": str(server.port),
        "PORTAL_SMTP_SECURITY": "none",
        "PORTAL_SMTP_SENDER": "portal@county.example",
    }


@contextmanager
def nursery(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.mailing.nursery"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=settings, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def start(nest: subprocess.Popen[str]) -> int:
    assert nest.stdin is not None
    assert nest.stdout is not None
    nest.stdin.write("one\n")
    nest.stdin.flush()
    return int(nest.stdout.readline())


def kill(number: int) -> None:
    """And wait until it is gone, with its connections."""
    process = os.pidfd_open(number)
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select_ready([process], [], [])
    finally:
        os.close(process)


def write_messages(first: int, unit_id: object) -> None:
    system = Actor.system(datetime.now(UTC))
    for number in range(first, first + EACH_ROUND):
        outbox.enqueue(system, "referral.news", unit_id=unit_id, reference=f"VM-{number:06}")  # type: ignore[arg-type]  # a UUID
    db.session.commit()


def let_leases_run_out() -> None:
    """What ten minutes do."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    db.session.execute(update(Mail).where(Mail.leased_until.is_not(None)).values(leased_until=past))
    db.session.commit()


def test_a_hundred_kills_lose_nothing(app: Flask, server: MailServer) -> None:
    town = build_town(Factory(datetime.now(UTC)))
    db.session.commit()
    chance = random.Random(6172026)
    written, kills, seen = 0, 0, set[str]()
    with nursery(environment(app, server)) as nest:
        while kills < KILLS:
            write_messages(written, town.partner.unit_id)
            written += EACH_ROUND
            workers = [start(nest) for _ in range(AT_ONCE)]
            # Until some letters left, and then in the middle of whatever they are doing.
            server.wait_for(chance.randint(0, EACH_ROUND))
            for worker in workers:
                kill(worker)
                kills += 1
            let_leases_run_out()
            found = select(Mail.error).where(Mail.attempts > 1).distinct()
            seen |= set(db.session.scalars(found))
            db.session.rollback()
    # One more, that is not killed: the command as an operator types it.
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", "worker", "--once"],
        cwd=ROOT, env=environment(app, server), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    db.session.rollback()
    waiting = select(OutboxMessage.id).where(OutboxMessage.delivered_at.is_(None))
    assert db.session.scalars(waiting).all() == []
    arrived = Counter(letter["Subject"].partition(":")[0] for letter in server.taken())
    assert set(arrived) == {f"VM-{number:06}" for number in range(written)}
    # Each of the killed had one letter in hand at most; a repeat carries the same number.
    repeated = sum(times - 1 for times in arrived.values())
    assert repeated <= kills
    tokens = {letter["Message-ID"] for letter in server.taken()}
    assert len(tokens) == written
    assert seen <= {""}, "a worker that was killed said nothing of it"
