"""What clients see behind their own link, in their language, and the PIN that opens it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.answering.visits import Visit
from portal.clients.models import Client
from portal.consents import policy as consents
from portal.consents import texts
from portal.consents.models import BY_LINK, Consent
from portal.consents.sheet import phone_of
from portal.consents.sheet import standing as notes_on_translation
from portal.documents.sheet import Block, Facts, Heading, Paragraph, Sheet, Words
from portal.extensions import db
from portal.links import commands as links
from portal.links.commands import Attempt
from portal.privacy.disclosure import recipients, sent_referrals
from portal.problems import NotFound
from portal.referrals import endings, messages
from portal.referrals.models import Appointment, Referral
from portal.workflow import LOCAL

_Say = Callable[..., Words]


@dataclass(frozen=True)
class Standing:
    """The page: where everything stands, what can be stopped, and who received what."""

    sheet: Sheet
    stoppable: list[tuple[Consent, Facts]]
    received: Sheet


def spoken_by(client: Client) -> str:
    return str(client.profile.get("contact_language", ""))


def say_to(client: Client) -> _Say:
    """Every sentence in German and in the client's language."""
    return partial(_say, texts.language_for(spoken_by(client)))


def _say(language: str, key: str, **values: Any) -> Words:
    return texts.words(key, language, **values)


def standing(actor: Actor, client: Client) -> Standing:
    say, language = say_to(client), texts.language_for(spoken_by(client))
    sent = sent_referrals(actor, client)
    unit = db.session.get_one(Unit, client.unit_id)
    blocks: list[Block] = [
        Paragraph(say("link.intro")),
        Paragraph(say("link.help", sender=unit.full_name, phone=phone_of(unit))),
        Heading(say("link.requests")),
        *_requests(say, sent),
        Heading(say("link.appointments")),
        *_appointments(say, actor, sent),
    ]
    received = [*recipients(actor, language, sent), *notes_on_translation(spoken_by(client))]
    return Standing(
        sheet=Sheet(title=say("link.title"), blocks=tuple(blocks), language=language),
        stoppable=[(each, _agreed(say, each)) for each in _holding(actor, client)],
        received=Sheet(
            title=say("disclosure.title"), blocks=tuple(received), language=language
        ),
    )  # fmt: skip


def _requests(say: _Say, sent: Sequence[Referral]) -> list[Block]:
    """The status alone: what offices and advisors write to each other is theirs."""
    if not sent:
        return [Paragraph(say("link.no_requests"))]
    blocks: list[Block] = []
    for referral in sent:
        blocks.append(Heading(Words(referral.receiver.full_name), 3))
        blocks.append(
            Facts((
                (say("link.service"), Words(referral.service.public_name)),
                (say("disclosure.state"), say(f"link.status.{referral.status}")),
                (say("slip.reference"), Words(referral.reference)),
            ))
        )  # fmt: skip
    return blocks


def _appointments(say: _Say, actor: Actor, sent: Sequence[Referral]) -> list[Block]:
    """From today on: who is late still finds the place."""
    running = {referral.id: referral for referral in sent if not referral.is_final}
    found = db.session.scalars(
        select(Appointment)
        .where(Appointment.referral_id.in_(running), Appointment.state == "planned")
        .where(Appointment.starts_at >= datetime.combine(actor.today, time.min, LOCAL))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    blocks: list[Block] = []
    for appointment in found:
        moment = appointment.starts_at.astimezone(LOCAL)
        rows = [(say("disclosure.who"), Words(running[appointment.referral_id].receiver.full_name))]
        if appointment.place:
            rows.append((say("link.place"), Words(appointment.place)))
        blocks += [
            Heading(say("link.moment", day=moment.date(), time=f"{moment:%H:%M}"), 3),
            Facts(tuple(rows)),
        ]
    return blocks or [Paragraph(say("link.no_appointments"))]


def _holding(actor: Actor, client: Client) -> Sequence[Consent]:
    """What can be ended: also what rests while the record is restricted."""
    return db.session.scalars(
        consents.visible(actor)
        .where(Consent.client_id == client.id, Consent.revoked_at.is_(None))
        .where(Consent.refused.is_(False), Consent.valid_until >= actor.today)
        .order_by(Consent.created_at.desc(), Consent.id)
    ).all()


def _agreed(say: _Say, consent: Consent) -> Facts:
    rows = (
        (say("disclosure.why"), say(f"purposes.{consent.purpose_code}")),
        (Words(""), Words(consent.purpose)),
        (say("disclosure.until"), Words(f"{consent.valid_until:%d.%m.%Y}")),
    )
    return Facts(tuple(row for row in rows if row[1].de))


def get_consent(actor: Actor, consent_id: UUID) -> Consent:
    """One that was given, whether it still holds or not. Raises NotFound."""
    consent = consents.get_visible(actor, consent_id)
    if consent.refused:
        raise NotFound
    return consent


def stop(actor: Actor, consent_id: UUID) -> None:
    """As in the counselling office, and as final. Raises NotFound, Conflict."""
    endings.revoke_consent(actor, consent_id, BY_LINK[0])


def try_pin(visit: Visit, typed: str) -> Attempt:
    """Whether it is the client's. The caller commits in any case, since it was counted."""
    attempt, _ = links.try_code(visit.actor, _in_our_digits(typed), visit.codes_of)
    if attempt is Attempt.LOCKED_NOW:
        client_id = visit.holder.id
        messages.tell_advisor(visit.actor, "link.client_locked", client_id,
                              path=f"/clients/{client_id}/link")  # fmt: skip
    return attempt


def _in_our_digits(typed: str) -> str:
    """A telephone that is set to Arabic or Persian writes ١٢٣ or ۱۲۳."""
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in typed[:100])
