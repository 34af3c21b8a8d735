"""The demo's clock: real time, and so many days more as somebody turned it forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from flask import Flask, current_app

from portal import rounds
from portal.workflow import LOCAL
from portal.working_days import add_working_days

DAYS_AT_ONCE = 5  # working days of one press
_turning = Lock()  # two presses are ten days


def now() -> datetime:
    """What the whole portal takes for the present moment, in demo mode alone."""
    return datetime.now(UTC) + timedelta(days=days_ahead())


def days_ahead() -> int:
    """Kept beside the database, so that a demo goes on where it was left."""
    file = _file()
    return int(file.read_text()) if file.exists() else 0


def reset() -> None:
    """Back to real time: for a demo that begins anew."""
    _file().unlink(missing_ok=True)


def turn_forward() -> None:
    """Let five working days pass, and the worker do on each day what was due on it."""
    with _turning:
        today = now().astimezone(LOCAL).date()
        for _ in range((add_working_days(today, DAYS_AT_ONCE) - today).days):
            rounds.attend(now() + timedelta(days=1))
            _file().write_text(str(days_ahead() + 1))


def _file() -> Path:
    return Path(current_app.instance_path) / "demo_days_ahead"


def init_app(app: Flask) -> None:
    app.extensions["portal_clock"] = now
