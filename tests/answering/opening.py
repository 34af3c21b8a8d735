"""How a test opens a link: the letters that leave, the link in one, the code of an office."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from portal.extensions import db
from portal.links import commands as links
from portal.mailing.letters import Letter
from portal.mailing.sending import deliver_due
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

LINK = re.compile(r"http://localhost(/(?:answer|code)/\S+)")
CODE = "Kita 2026 Hausach"


@dataclass
class Postbox:
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


def post(moment: datetime = NOW) -> list[Letter]:
    """All letters that leave now."""
    box = Postbox()
    deliver_due(box, moment)
    return box.letters


def link_in(letter: Letter) -> str:
    found = LINK.search(letter.text)
    assert found, letter.text
    return found[1]


def with_code(town: Town, browser: PortalClient, address: str) -> None:
    """The office has a code, and this device knows it."""
    set_code(town)
    answer = browser.submit(f"{address}/code", {"code": CODE}, form=address)
    assert answer.status_code == 303


def set_code(town: Town) -> None:
    db.session.rollback()
    links.set_code(town.factory.actor(town.partner), town.partner.unit,
                   {"code": CODE, "again": CODE})  # fmt: skip
    db.session.commit()


def again(referral: Referral) -> Referral:
    db.session.rollback()
    db.session.refresh(referral)
    return referral
