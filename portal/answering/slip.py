"""The Begleitblatt that a client carries to the office that was asked, and what it opens."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from flask import current_app

from portal.actor import Actor
from portal.answering.visits import Visit, opened
from portal.clients.models import Client
from portal.consents import texts
from portal.consents.sheet import phone_of, standing
from portal.documents.sheet import Code, Facts, Paragraph, Sheet, Words
from portal.links import tokens
from portal.links.commands import slip_code
from portal.links.tokens import Purpose
from portal.problems import NotFound
from portal.referrals import policy
from portal.referrals.models import Referral

PATH = "/slip"


def slip(referral: Referral, client: Client) -> Sheet:
    """Who is asked, by whom, what for, and how to answer; nothing about the client besides, not
    even a name. The caller has checked that there is somebody to answer, and a consent."""
    spoken = str(client.profile.get("contact_language") or "")
    language = texts.language_for(spoken)
    say = partial(texts.words, language=language)
    consent, sender, receiver = referral.consent, referral.sender, referral.receiver
    assert consent is not None
    address = str(current_app.config["BASE_URL"]).rstrip("/") + PATH
    asked = _listed(referral.service.public_name, receiver.full_name, phone=receiver.phone)
    by = _listed(sender.full_name, client.advisor.person.name, phone=phone_of(sender))
    blocks = (
        Paragraph(say("slip.sent")),
        Facts((
            (say("slip.recipient"), asked),
            (say("slip.sender"), by),
            (say("slip.reference"), Words(referral.reference)),
            (say("slip.request"), say(f"purposes.{consent.purpose_code}")),
            (Words(""), Words(consent.purpose)),
        )),
        Paragraph(say("slip.how", address=address)),
        Code(
            referral.reference,
            address=f"{address}?{urlencode({'reference': referral.reference})}",
            beside=f"Code: {slip_code(referral.id)}",
        ),
        Paragraph(say("slip.client")),
        Paragraph(say("slip.careful"), strong=True),
        *standing(spoken),
    )  # fmt: skip
    return Sheet(
        title=say("slip.title"), blocks=blocks, language=language, reference=referral.reference,
        footer=Words(sender.full_name),
    )  # fmt: skip


def opened_by_slip(visitor: Actor, reference: str) -> tuple[Visit, Referral]:
    """As if the office had followed its link to this referral; the code is still to be entered.
    Raises NotFound."""
    found = policy.named(Referral.reference == reference.upper())
    if found is None:
        raise NotFound
    token = tokens.make(Purpose.ANSWER, found.receiver, found.id, visitor.now)
    visit = opened(token, Purpose.ANSWER, now=visitor.now, devices={})
    return visit, policy.get_visible(visit.actor, found.id)


def _listed(*named: str, phone: str) -> Words:
    """The number stays in one piece."""
    parts = (*named, phone.replace(" ", "\N{NO-BREAK SPACE}"))
    return Words(", ".join(part for part in parts if part))
