"""A portal served on loopback, and people who use it in Chromium as their hands would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Browser, Locator, Page
from waitress.server import create_server

from portal.accounts.models import Membership
from portal.demo.factory import Factory
from portal.extensions import db
from portal.testing.town import NOW, Town, build_town, fresh_app

PASSWORD = "nur fuer tests, lang genug"
SHOTS = Path(".artifacts/screenshots")
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


@dataclass
class Served:
    """A running portal and the town in it."""

    address: str
    town: Town
    app: Flask


@pytest.fixture
def serve(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[[str], Served]]:
    """Serve a town whose partner offers the given referral type, as `portal serve` does."""
    running = []
    worlds = []

    def start(type: str) -> Served:  # noqa: A002
        world = fresh_app(sqlite_url, tmp_path)
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


class Hands:
    """Somebody at a screen: every click, choice and text counts as one interaction, and every
    page that is reached is checked for accessibility and kept as a picture."""

    def __init__(self, page: Page, served: Served, name: str, script: bool) -> None:
        self.page, self.served, self.name, self.script = page, served, name, script
        self.interactions = 0
        self.visited: list[str] = []

    def open(self, path: str) -> None:
        self.page.goto(self.served.address + path)
        self.look()

    def sign_in(self, member: Membership) -> None:
        self.open("/")
        self.page.get_by_label("E-Mail").fill(member.person.email)
        self.page.get_by_label("Passwort").fill(PASSWORD)
        self.page.get_by_role("button", name="Anmelden").click()
        self.page.wait_for_load_state()
        assert "login" not in self.page.url
        self.look()

    def click(self, role: str, name: str, *, exact: bool = True, within: str = "main") -> None:
        self._do(self.page.locator(within).get_by_role(role, name=name, exact=exact).first)  # type: ignore[arg-type]

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label).first.select_option(label=option)
        self.interactions += 1

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)
        self.interactions += 1

    def tick(self, label: str, *, exact: bool = False) -> None:
        self.page.get_by_label(label, exact=exact).first.check()
        self.interactions += 1

    def _do(self, target: Locator) -> None:
        target.click()
        self.interactions += 1
        self.page.wait_for_load_state("networkidle")
        self.look()

    def sees(self, text: str) -> bool:
        return text in self.page.locator("main").inner_text()

    def look(self) -> None:
        """Check the page as it stands and keep its picture."""
        self.page.wait_for_load_state("networkidle")
        if self.script:  # axe itself is a script; the same pages are checked with it
            self._check()
        self.visited.append(self.page.url)
        SHOTS.mkdir(parents=True, exist_ok=True)
        number = f"{len(self.visited):02}"
        self.page.screenshot(path=SHOTS / f"{self.name}-{number}.png", full_page=True)

    def _check(self) -> None:
        found = Axe().run(self.page, options=AXE)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"


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
