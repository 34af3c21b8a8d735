"""A portal served on loopback, and people who use it in Chromium as their hands would."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask_security import hash_password
from playwright.sync_api import Browser
from waitress.server import create_server

from portal.demo.factory import Factory
from portal.extensions import db
from portal.testing.town import NOW, build_town, fresh_app
from tests.browser.hands import PASSWORD, Hands, Served

STATIC = {"SEND_FILE_MAX_AGE_DEFAULT": 3600}  # one browser asks for the same files all the time


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serve a town whose partner offers the given referral type, as `portal serve` does."""
    running = []
    worlds = []

    def start(type: str = "andere_stelle", **config: Any) -> Served:  # noqa: A002
        file = tmp_path / "portal.sqlite"
        shutil.copy(sqlite_template, file)
        world = fresh_app(f"sqlite:///{file}", tmp_path, migrated=True, **STATIC, **config)
        app = next(world)
        worlds.append(world)
        town = build_town(Factory(NOW, hash_password(PASSWORD)), type)
        db.session.commit()
        server = create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return Served(f"http://127.0.0.1:{server.effective_port}", town, app)

    yield start
    for server, thread in running:
        server.close()
        thread.join(5)
    for world in worlds:
        next(world, None)


@pytest.fixture
def hands(browser: Browser) -> Iterator[Callable[..., Hands]]:
    """Makes somebody with a browser profile of their own."""
    contexts = []

    def make(served: Served, name: str, *, width: int = 1280, script: bool = True) -> Hands:
        context = browser.new_context(
            locale="de-DE", timezone_id="Europe/Berlin", java_script_enabled=script,
            viewport={"width": width, "height": 900}, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(10_000)
        contexts.append(context)
        return Hands(context.new_page(), served, name, script)

    yield make
    for context in contexts:
        context.close()
