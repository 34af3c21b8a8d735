"""The sheet "Wer hat was von mir bekommen?": who received what, when, why, until when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Unit
from portal.actor import Actor
from portal.clients.models import Client
from portal.consents import texts
from portal.consents.sheet import joined, phone_of, standing
from portal.declarations import ReferralType
from portal.documents.sheet import Block, Facts, Heading, Paragraph, Sheet, Words
from portal.extensions import db
from portal.grants import Grant
from portal.lifecycle import GRACE_DAYS, UNDER_WAY, Status
from portal.referrals import packages, policy
from portal.referrals.models import DeletionRequest, Event, Package, Referral
from portal.registry import registry
from portal.workflow import LOCAL

_CLOSES_AT_ONCE = (Status.CANCELLED, Status.EXPIRED, Status.ENTERED_IN_ERROR)

_Say = Callable[..., Words]


def disclosure_sheet(actor: Actor, client: Client) -> Sheet:
    """For the hands of the client: German beside the language the client speaks."""
    spoken = client.profile.get("contact_language", "")
    language = texts.language_for(spoken)
    say: _Say = partial(_say, language)
    unit = db.session.get_one(Unit, client.unit_id)
    blocks: list[Block] = [Paragraph(say("disclosure.intro"))]
    received = sent_referrals(actor, client)
    blocks += recipients(actor, language, received)
    if received:
        stop = say("disclosure.how_to_stop", sender=unit.full_name, phone=phone_of(unit))
        blocks.append(Paragraph(stop, strong=True))
    blocks += [Paragraph(say("disclosure.rights")), *standing(spoken)]
    footer = Words(f"{unit.full_name} · {actor.today:%d.%m.%Y}")
    return Sheet(title=say("disclosure.title"), blocks=tuple(blocks), language=language,
                 footer=footer)  # fmt: skip


def _say(language: str, key: str, **values: str) -> Words:
    return texts.words(key, language, **values)


def sent_referrals(actor: Actor, client: Client) -> Sequence[Referral]:
    """Everything that ever left the office, also what was sent in error; the newest first."""
    return db.session.scalars(
        policy.visible(actor)
        .where(Referral.client_id == client.id, Referral.sent_at.is_not(None))
        .options(selectinload(Referral.packages))
        .order_by(Referral.sent_at.desc(), Referral.id)
    ).all()


def recipients(
    actor: Actor, language: str, received: Sequence[Referral], level: int = 2
) -> list[Block]:
    """A section for each referral, with a heading of this level."""
    say: _Say = partial(_say, language)
    if not received:
        return [Paragraph(say("disclosure.nothing"))]
    ids = [referral.id for referral in received]
    asked, accepted = _deletions(ids), _accepted(received)
    blocks: list[Block] = []
    for referral in received:
        blocks.append(Heading(Words(referral.receiver.full_name), level))
        blocks.append(_facts(say, actor.today, referral, in_full=referral.id in accepted))
        if (deletion := asked.get(referral.id)) is not None:
            blocks.append(Paragraph(_answer(say, deletion)))
    return blocks


def _deletions(referral_ids: Sequence[UUID]) -> dict[UUID, DeletionRequest]:
    statement = select(DeletionRequest).where(DeletionRequest.referral_id.in_(referral_ids))
    return {request.referral_id: request for request in db.session.scalars(statement)}


def _accepted(received: Sequence[Referral]) -> set[UUID]:
    """Whose receiver ever saw more than a preview: at once, or since it said yes."""
    kinds = {referral.id: registry().referral_type(referral.type) for referral in received}
    moves = db.session.execute(
        select(Event.referral_id, Event.to_state).where(Event.referral_id.in_(kinds)).distinct()
    )
    said_yes = {id_ for id_, state in moves if _opens(kinds[id_], state)}
    return said_yes | {id_ for id_, kind in kinds.items() if kind.preview is None}


def _opens(kind: ReferralType, state: str) -> bool:
    known = {each.key: each.refines for each in kind.workflow.states}
    # Of a plugin that is gone nobody can tell: then it is said rather than left out.
    return known.get(state, Status.ACCEPTED) in (*UNDER_WAY, Status.COMPLETED)


def _facts(say: _Say, today: date, referral: Referral, *, in_full: bool) -> Facts:
    labels, categories = _what(referral, in_full=in_full)
    consent = referral.consent
    purpose = say(f"purposes.{consent.purpose_code}") if consent else Words("–")
    days = ", ".join(_day(package) for package in referral.packages)
    rows = [
        (say("disclosure.what"), joined([say(f"categories.{key}") for key in categories])),
        (Words(""), Words(", ".join(labels))),
        (say("disclosure.when"), Words(days)),
        (say("disclosure.why"), purpose),
        (Words(""), Words(consent.purpose if consent else "")),
        (say("disclosure.until"), Words(f"{_until(referral, in_full=in_full):%d.%m.%Y}")),
        (say("disclosure.state"), _state(say, today, referral)),
    ]
    return Facts(tuple(row for row in rows if row[1].de))


def _what(referral: Referral, *, in_full: bool) -> tuple[list[str], list[str]]:
    """Field labels and categories of all that the receiver could ever read."""
    kind = registry().referral_type(referral.type)
    content = {key: value for each in referral.packages for key, value in each.content.items()}
    items = packages.granted_items(kind, content, Grant.PACKAGE if in_full else Grant.PREVIEW)
    return [item.field.label for item in items], sorted(packages.categories_of(items))


def _day(package: Package) -> str:
    return f"{package.created_at.astimezone(LOCAL):%d.%m.%Y}"


def _until(referral: Referral, *, in_full: bool) -> date:
    """The last day on which the receiver could read it, or will be able to."""
    consent = referral.consent
    assert referral.sent_at is not None
    ends = [consent.valid_until] if consent else [referral.sent_at.date()]
    if consent and consent.revoked_at:
        ends.append(consent.revoked_at.astimezone(LOCAL).date())
    if referral.closed_at:
        closed = referral.closed_at.astimezone(LOCAL).date()
        at_once = not in_full or referral.status in _CLOSES_AT_ONCE
        ends.append(closed if at_once else closed + timedelta(days=GRACE_DAYS))
    return min(ends)


def _state(say: _Say, today: date, referral: Referral) -> Words:
    consent = referral.consent
    if consent is None or referral.is_final or consent.valid_until < today:
        revoked = consent is not None and consent.revoked_at is not None
        return say("disclosure.revoked" if revoked else "disclosure.ended")
    return say("disclosure.restricted" if consent.suspended_on else "disclosure.running")


def _answer(say: _Say, deletion: DeletionRequest) -> Words:
    if deletion.answer == "deleted":
        return say("disclosure.deletion_confirmed")
    if deletion.answer == "kept":
        return say("disclosure.kept", basis=deletion.basis)
    return say("disclosure.deletion_open")
