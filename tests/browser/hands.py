"""Somebody at a screen: clicks, chooses and writes by what is to be read there, and looks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from portal.accounts.models import Membership
from portal.testing.town import Town

PASSWORD = "nur fuer tests, lang genug"
SHOTS = Path(".artifacts/screenshots")
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
_AXE = Axe()
_FOUND = r"""options => axe.run(options).then(results => results.violations.map(
    found => `${found.id}: ${found.help}\n  ` + found.nodes.map(node => node.html).join("\n  ")))"""
_DIFFERS = re.compile(r'[0-9a-f-]{32,36}|VM-\d{4}-\d{6}|(?<=value=")[^"]{60,}(?=")')
# Text in a column so narrow that its words break: whoever drew it forgot where it would stand.
_SQUEEZED = """() => [...document.querySelectorAll("main *")].filter(each => {
    const own = [...each.childNodes].filter(node => node.nodeType === Node.TEXT_NODE);
    const { width } = each.getBoundingClientRect();
    return own.map(node => node.data.trim()).join("").length > 20 && width > 1 && width < 80;
}).map(each => each.outerHTML)"""
# What htmx leaves on the page while it works.
_LOOKED_AT: set[tuple[str, int, bool]] = set()
_AT_WORK = ".htmx-request, .htmx-swapping, .htmx-settling"


@dataclass
class Served:
    """A running portal and the town in it."""

    address: str
    town: Town
    app: Flask

    def at(self, moment: datetime) -> None:
        """Move the portal's clock."""
        self.app.extensions["portal_clock"] = lambda: moment


class Hands:
    """Every click, choice and text counts as one interaction, and every page that is reached is
    checked for accessibility and kept as a picture."""

    def __init__(self, page: Page, served: Served, name: str, script: bool = True) -> None:
        self.page, self.served, self.name, self.script = page, served, name, script
        self.interactions = 0
        self.visited: list[str] = []

    def open(self, path: str) -> None:
        self.page.goto(self.served.address + path)
        self.look()

    def sign_in(self, member: Membership) -> None:
        self.page.goto(self.served.address + "/")
        self.page.get_by_label("E-Mail").fill(member.person.email)
        self.page.get_by_label("Passwort").fill(PASSWORD)
        self.page.get_by_role("button", name="Anmelden").click()
        self.settle()
        assert "login" not in self.page.url
        self.look()

    def click(self, role: str, name: str, *, exact: bool = True, within: str = "main") -> None:
        self.press(self.page.locator(within).get_by_role(role, name=name, exact=exact).first)  # type: ignore[arg-type]

    def press(self, target: Locator) -> None:
        target.click()
        self.interactions += 1
        self.settle()
        self.look()

    def row(self, text: str) -> Locator:
        """The line of a list in which this is written."""
        return self.page.locator("main").get_by_role("listitem").filter(has_text=text)

    def choose(self, label: str, option: str) -> None:
        self._field(label).select_option(label=option)
        self.interactions += 1

    def write(self, label: str, text: str) -> None:
        self._field(label).fill(text)
        self.interactions += 1

    def tick(self, label: str) -> None:
        """A box is called by the beginning of what stands beside it."""
        self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first.check()
        self.interactions += 1

    def _field(self, label: str) -> Locator:
        whole = re.compile(rf"^\s*{re.escape(label)}\s*(– optional)?\s*$")
        return self.page.locator("main").get_by_label(whole).first

    def reads(self) -> str:
        return self.page.locator("main").inner_text()

    def sees(self, *texts: str) -> bool:
        return all(text in self.reads() for text in texts)

    def sees_any(self, *texts: str) -> bool:
        """Of what must not be seen: anywhere in the page, shown or hidden."""
        whole = self.page.content()
        return any(text in whole for text in texts)

    def settle(self) -> None:
        """Until the page stands still: loaded, and nothing asked for by htmx is on its way."""
        self.page.wait_for_load_state()
        expect(self.page.locator(_AT_WORK)).to_have_count(0)

    def look(self) -> None:
        """Check the page as it stands and keep its picture; once is enough for one that is the
        same to the letter, but for ids."""
        self.visited.append(self.page.url)
        same = (_DIFFERS.sub("", self.page.content()), self._width, self.script)
        if same in _LOOKED_AT:
            return
        if self.script:  # axe itself is a script; the same pages are checked with it
            self._check()
        SHOTS.mkdir(parents=True, exist_ok=True)
        number = f"{len(self.visited):02}"
        self.page.screenshot(path=SHOTS / f"{self.name}-{number}.png", full_page=True)
        _LOOKED_AT.add(same)

    @property
    def _width(self) -> int:
        return (self.page.viewport_size or {"width": 0})["width"]

    def _check(self) -> None:
        self.page.evaluate(_AXE.axe_script)
        found = self.page.evaluate(_FOUND, AXE)
        assert not found, "\n".join((self.page.url, *found))
        too_wide = self.page.evaluate("document.documentElement.scrollWidth") - self._width
        assert too_wide <= 0, f"{self.page.url} is {too_wide} px too wide"
        assert self.page.evaluate(_SQUEEZED) == [], self.page.url
        assert self.page.locator("h1").count() == 1, self.page.url
