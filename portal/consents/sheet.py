"""The sheet that a client reads and signs: one section for each recipient, in two languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import current_app

from portal.accounts.models import Membership, Unit
from portal.actor import Actor
from portal.clients.models import Client
from portal.consents import text_checks, texts
from portal.consents.models import Consent, ConsentSheet
from portal.consents.terms import Talk, Terms
from portal.documents.record import from_data, signed
from portal.documents.sheet import (
    Block,
    Code,
    Facts,
    Heading,
    Paragraph,
    Sheet,
    Signature,
    Ticks,
    Words,
)
from portal.extensions import db

_TITLES = {"sharing": "title.sharing", "both": "title.both", "secrecy_release": "title.release"}
_RELEASES = ("both", "secrecy_release")


_Say = Callable[..., Words]


def _say(language: str, key: str, **values: Any) -> Words:
    return texts.words(key, language, **values)


def consent_sheet(
    actor: Actor, client: Client, talk: Talk, answers: Sequence[Terms], reference: str
) -> Sheet:
    """What is shown and printed before anybody agrees; the ticks say what was answered."""
    advisor = db.session.get_one(Membership, actor.membership_id)
    language = texts.language_for(talk.language)

    say = partial(_say, language)
    sender = advisor.unit.full_name
    phone = phone_of(advisor.unit)
    blocks: list[Block] = []
    if len(answers) > 1:
        blocks.append(Paragraph(say("several_recipients")))
    for terms in answers:
        blocks += _section(say, client, terms, sender)
    blocks += [Paragraph(say(f"{key}")) for key in ("voluntary", "refusal_consequence")]
    blocks.append(Paragraph(say("revoke", phone=phone)))
    blocks.append(Paragraph(say("after_revoke")))
    blocks.append(Paragraph(say("controller", sender=sender, contact=_officer(sender))))
    if talk.interpreter:
        blocks.append(Paragraph(say("interpreter", interpreter=talk.interpreter)))
    if talk.confirm_by is not None:
        blocks.append(Paragraph(say("oral", day=talk.explained_on,
                                    confirm_by=talk.confirm_by)))  # fmt: skip
    else:
        lines = (say("signature.place_day"), say("signature.client"),
                 say("signature.advisor"))  # fmt: skip
        blocks.append(Signature(lines, drawn_on=1))
    blocks.append(Code(reference))
    blocks += standing(talk.language)
    return Sheet(
        title=say(_title(answers)), blocks=tuple(blocks), language=language, reference=reference,
        footer=Words(f"{sender} · {reference}"),
    )  # fmt: skip


def phone_of(unit: Unit) -> str:
    return unit.phone or current_app.config["CONTACT"] or unit.full_name


def _officer(sender: str) -> str:
    """Whom to ask about data protection; without one of its own the office itself."""
    return str(current_app.config["DATA_PROTECTION_OFFICER"] or sender)


def _section(say: _Say, client: Client, terms: Terms, sender: str) -> list[Block]:
    recipient = terms.recipient.full_name
    blocks: list[Block] = [Heading(Words(recipient))]
    if terms.kind != "secrecy_release":
        blocks.append(Paragraph(say("intro", name=client.name, sender=sender, recipient=recipient)))
        blocks.append(Paragraph(say(f"direction.{terms.direction}")))
    if terms.kind in _RELEASES:
        blocks.append(Paragraph(say(f"release.{terms.direction}")))
    categories = [say(f"categories.{key}") for key in terms.categories]
    blocks.append(
        Facts((
            (say("purpose_heading"), say(f"purposes.{terms.purpose_code}")),
            (Words(""), Words(terms.purpose)),
            (say("categories_heading"), joined(categories)),
        ))
    )  # fmt: skip
    blocks.append(Paragraph(say("validity", until=terms.valid_until)))
    if "health" in terms.categories:
        blocks.append(Paragraph(say("health_explicit"), strong=True))
    regime = terms.recipient.organisation.data_protection_regime
    blocks.append(Paragraph(say(f"law.{regime}")))
    blocks.append(Ticks(((say("agree"), terms.agreed), (say("refuse"), not terms.agreed))))
    return blocks


def _title(answers: Sequence[Terms]) -> str:
    kinds = {terms.kind for terms in answers}
    return _TITLES[kinds.pop()] if len(kinds) == 1 else "title.both"


def joined(parts: Sequence[Words]) -> Words:
    return Words(", ".join(p.de for p in parts), ", ".join(p.other for p in parts if p.other))


def standing(spoken: str) -> list[Block]:
    """What the reader must know of the translation."""
    language = texts.language_for(spoken)
    if not language:
        return []
    keys = ["german_leads", *(["persian_for_dari"] if spoken == "prs" else [])]
    notes = [texts.words(key, language) for key in keys]
    return [Paragraph(text_checks.note(language)), *map(Paragraph, notes)]


def recorded_sheet(sheet: ConsentSheet) -> Sheet:
    """The sheet as it was shown, with the signature that was drawn under it."""
    shown = from_data(sheet.content)
    return signed(shown, sheet.signature["strokes"]) if sheet.signature else shown


def refusal_slip(consent: Consent) -> Sheet:
    """The Begleitblatt for a client who did not agree: to be carried and shown by oneself."""
    sheet = consent.sheet
    language = texts.language_for(sheet.language)

    say = partial(_say, language)
    sender = sheet.explained_by.unit
    blocks = (
        Paragraph(say("slip.intro")),
        Facts((
            (say("slip.recipient"), Words(consent.recipient.full_name)),
            (say("slip.reference"), Words(sheet.reference)),
            (say("slip.request"), say(f"purposes.{consent.purpose_code}")),
            (Words(""), Words(consent.purpose)),
            (say("slip.sender"), Words(f"{sender.full_name}, {sheet.explained_by.person.name}")),
        )),
        Paragraph(say("slip.answer", phone=phone_of(sender))),
        Paragraph(say("slip.client")),
        Code(sheet.reference),
        *standing(sheet.language),
    )  # fmt: skip
    return Sheet(
        title=say("slip.title"), blocks=blocks, language=language, reference=sheet.reference,
        footer=Words(sender.full_name),
    )  # fmt: skip
