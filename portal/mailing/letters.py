"""What a letter says: as text and as HTML, in the reader's language, and nobody's name but ours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, gettext

from portal.accounts.models import Membership, Person, Unit
from portal.extensions import db
from portal.links.addresses import for_reader
from portal.mailing.spreading import addressees
from portal.outbox import Mail, OutboxMessage, kind_of

_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Letter:
    """A rendered message; `to` may be empty when nobody is left to read it.

    `token` is the same for a repeat of the same letter, so that it can be recognised.
    """

    to: tuple[str, ...]
    subject: str
    text: str
    html: str = ""
    token: str = ""


def render(message: OutboxMessage) -> Letter:
    """The letter as it would leave now, to everybody it goes to: for looking at."""
    readers = addressees(message)
    languages = {_language(each) for each in readers}
    # In the language that all of them chose, else in German.
    language = languages.pop() if len(languages) == 1 else "de"
    reader = readers[0] if len(readers) == 1 else None
    return _letter([message], tuple(each.email for each in readers), language, "", reader)


def of_mails(mails: list[Mail]) -> Letter:
    """One letter of all of these; they are for the same reader."""
    reader = mails[0].person or mails[0].unit
    assert reader is not None
    digest = hashlib.sha256(b"".join(sorted(mail.id.bytes for mail in mails))).hexdigest()[:32]
    # A message may have been written anew for the same reader: it is told of once.
    messages = {(m.topic, m.reference, m.path): m for m in (mail.message for mail in mails)}
    return _letter(list(messages.values()), (reader.email,), _language(reader), digest, reader)


def _letter(
    messages: list[OutboxMessage], to: tuple[str, ...], language: str, token: str,
    reader: Person | Unit | None,
) -> Letter:  # fmt: skip
    with force_locale(language):
        if len(messages) == 1:
            subject, body = _one(messages[0], reader)
        else:
            subject, body = _several(messages, reader)
        context = {
            "subject": subject,
            "language": language,
            "signed": _signed(messages),
            "address": _base(),
            "county": current_app.config["COUNTY"],
            "contact": current_app.config["CONTACT"],
        }
        text = render_template("messages/letter.txt", body=body.strip(), **context)
        html = render_template("messages/letter.html", paragraphs=_paragraphs(body), **context)
    return Letter(to, subject, text, html, token)


def _one(message: OutboxMessage, reader: Person | Unit | None) -> tuple[str, str]:
    kind = kind_of(message.topic)
    subject = gettext(kind.subject)
    body = render_template(
        kind.template, subject=subject, reference=message.reference,
        link=_base() + message.path, person_id=message.person_id,
        without_account=for_reader(message, reader), has_account=_has_account(reader),
    )  # fmt: skip
    return (f"{message.reference}: {subject}" if message.reference else subject), body


def _several(messages: list[OutboxMessage], reader: Person | Unit | None) -> tuple[str, str]:
    subject = gettext("%(number)s Nachrichten im Portal", number=len(messages))
    told = [
        (message.reference, gettext(_subject(message)), for_reader(message, reader))
        for message in messages
    ]
    body = render_template(
        "messages/several.txt", subject=subject, told=told, link=f"{_base()}/inbox",
        has_account=_has_account(reader) or not all(link for _, _, link in told),
    )  # fmt: skip
    return subject, body


def _has_account(reader: Person | Unit | None) -> bool:
    """Whether logging in may help: a mailbox is read by many, and some of them may be able to."""
    return not isinstance(reader, Person) or reader.password is not None


def _subject(message: OutboxMessage) -> str:
    try:
        return kind_of(message.topic).subject
    except KeyError:
        return message.topic  # of a plugin that was uninstalled


def _signed(messages: list[OutboxMessage]) -> Membership | None:
    """The advisor behind all of it, if there is one: whom a reader may ring up."""
    signers = {message.signed_by_id for message in messages}
    signer = signers.pop() if len(signers) == 1 else None
    return db.session.get(Membership, signer) if signer else None


def _paragraphs(body: str) -> list[dict[str, Any]]:
    """The text in blocks; one that is a link and nothing else is drawn as one."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", body) if block.strip()]
    return [
        {"text": block, "is_link": bool(_LINK.fullmatch(block)), "is_list": block.startswith("- ")}
        for block in blocks
    ]


def _language(reader: Person | Unit) -> str:
    return reader.language if isinstance(reader, Person) else "de"


def _base() -> str:
    return str(current_app.config["BASE_URL"]).rstrip("/")
