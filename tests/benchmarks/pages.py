"""What is compared: each page of the portal with its bare twin, and the accepting of a referral."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from uuid import UUID

from flask import Flask

from portal.accounts.session import MEMBERSHIP, SIGNED_IN_AT
from tests.benchmarks.county import Place
from tests.benchmarks.served import Answer, Visitor

SUBJECTS = 5  # advisors or units that are asked for in turn, so that no page is always the same
QUERY = "pryk"
_LINKED = re.compile(r'href="(/(?:clients|referrals)/[0-9a-f-]{36})"')


class TwinsDiffer(Exception):
    """The two applications do not show the same: nothing that was measured would mean anything."""


@dataclass(frozen=True)
class Call:
    """One request to each of the two: by whom, and to which addresses. The portal's search is
    posted, so that no name stands in an address."""

    member: UUID
    portal: str
    bare: str
    search: str = ""


@dataclass(frozen=True)
class Page:
    name: str
    calls: tuple[Call, ...]
    is_list: bool = False


def pages_of(place: Place) -> tuple[Page, ...]:
    advisors = [a for a in place.advisors if place.running.get(a)][:SUBJECTS]
    partners = list(place.partners.items())[:SUBJECTS]
    return (
        Page("advisor's start page", _each(advisors, "/", "/start/{}"), is_list=True),
        Page("client list", _each(advisors, "/clients", "/clients-of/{}"), is_list=True),
        Page("client search",
             tuple(Call(a, "/clients", f"/clients-of/{a}?q={QUERY}", QUERY) for a in advisors),
             is_list=True),
        Page("client page", tuple(_same(a, f"/clients/{place.clients[a][0]}") for a in advisors)),
        Page("referral page",
             tuple(_same(a, f"/referrals/{place.running[a][0]}") for a in advisors)),
        Page("receiver's inbox",
             tuple(Call(member, "/referrals", f"/inbox/{unit}") for unit, member in partners),
             is_list=True),
    )  # fmt: skip


def _each(members: list[UUID], portal: str, bare: str) -> tuple[Call, ...]:
    return tuple(Call(member, portal, bare.format(member)) for member in members)


def _same(member: UUID, path: str) -> Call:
    return Call(member, path, path)


def cookies_of(app: Flask, place: Place, member: UUID) -> dict[str, str]:
    """The session of a member who has signed in."""
    values = {"_user_id": place.uniquifiers[member], "_fresh": True, MEMBERSHIP: member.hex,
              SIGNED_IN_AT: time.time()}  # fmt: skip
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return {app.config["SESSION_COOKIE_NAME"]: signer.dumps(values)}


class Compared:
    """Asks both in turn, each member of the portal with a session of one's own."""

    def __init__(self, app: Flask, place: Place, portal_port: int, bare_port: int) -> None:
        self._app = app
        self._place = place
        self._portal_port = portal_port
        self._bare = Visitor(bare_port)
        self._visitors: dict[UUID, Visitor] = {}
        self._unanswered = iter(place.unanswered)

    def visitor(self, member: UUID) -> Visitor:
        if member not in self._visitors:
            cookies = cookies_of(self._app, self._place, member)
            self._visitors[member] = Visitor(self._portal_port, cookies)
        return self._visitors[member]

    def ask(self, call: Call) -> tuple[Answer, Answer]:
        """The portal's answer and the twin's."""
        visitor = self.visitor(call.member)
        if call.search:
            data = {"q": call.search, "csrf_token": visitor.token(call.portal)}
            portal = visitor.post(call.portal, data)
        else:
            portal = visitor.get(call.portal)
        answers = portal, self._bare.get(call.bare)
        _require(200, answers, call)
        return answers

    def check(self, page: Page) -> None:
        """Raises TwinsDiffer unless both show the same clients and referrals, and some."""
        for call in page.calls:
            portal, bare = (linked_rows(answer.text) for answer in self.ask(call))
            if portal != bare or not portal:
                raise TwinsDiffer(f"{page.name}, {call}: {sorted(portal ^ bare)[:4]}")

    def accept(self) -> tuple[Answer, Answer]:
        """A referral accepted in the portal, and another one in the twin."""
        (here, unit), (there, _) = next(self._unanswered), next(self._unanswered)
        visitor = self.visitor(self._place.partners[unit])
        path = f"/referrals/{here}/accept"
        form = visitor.get(path).text
        data = {"csrf_token": visitor.token(path), "seen": "2", "next_on": _proposed_day(form)}
        answers = visitor.post(path, data), self._bare.post(f"/referrals/{there}/accept", {})
        _require(303, answers, path)
        return answers


def _require(status: int, answers: tuple[Answer, Answer], what: object) -> None:
    portal, bare = (answer.status for answer in answers)
    if (portal, bare) != (status, status):
        raise TwinsDiffer(f"{what}: the portal answers {portal}, its twin {bare}")


def _proposed_day(form: str) -> str:
    found = re.search(r'name="next_on"[^>]* value="([0-9-]+)"', form)
    assert found
    return found[1]


def linked_rows(html: str) -> set[str]:
    """The addresses of the clients and referrals that a page leads to."""
    return set(_LINKED.findall(html))
