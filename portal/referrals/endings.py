"""When a consent ends, is renewed or soon runs out, and when the counselling ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from portal import audit
from portal.actor import Actor, ActorKind
from portal.clients import policy as clients
from portal.clients.models import Client
from portal.consents import commands as consent_commands
from portal.consents import policy as consents
from portal.consents.models import BY_LINK, NOTICE_DAYS, WAYS_TO_REVOKE, Consent
from portal.consents.terms import Talk, Terms
from portal.extensions import db
from portal.problems import Conflict, Invalid
from portal.referrals import commands, deletions, messages, packages, policy
from portal.referrals.models import Referral
from portal.workflow import N_, Side

AT_ONCE = 200  # consents of one round of the worker; the next round goes on


def revoke_consent(actor: Actor, consent_id: UUID, via: str = "in_person") -> Consent:
    """End a consent at once. Open referrals that rest on it are withdrawn by the system, and
    whoever received something under it is asked to confirm the deletion.

    A client needs no right to end the own one, and the advisor is told of it.

    Raises NotFound, Forbidden, Conflict, Invalid.
    """
    by_client = actor.kind is ActorKind.CLIENT
    if not by_client:
        clients.require(actor, "consent.write")
    consent = consents.get_visible(actor, consent_id, lock=True)
    if consent.revoked_at is not None:
        raise Conflict(N_("Diese Einwilligung ist bereits widerrufen."))
    if consent.refused:
        raise Conflict(N_("Diese Einwilligung wurde nie gegeben."))
    if via not in dict((BY_LINK,) if by_client else WAYS_TO_REVOKE):
        raise Invalid({"via": N_("Bitte eine der angebotenen Möglichkeiten wählen.")})
    consent.revoked_at = actor.now
    consent.revoked_via = via
    audit.record(actor, "consent.revoked", subject=consent, client_id=consent.client_id, via=via)
    rests = Referral.consent_id == consent.id
    _withdraw_all(actor, rests, "consent_withdrawn")
    deletions.ask(actor, db.session.scalars(policy.visible(_system(actor)).where(rests)))
    if by_client:
        messages.tell_advisor(actor, "consent.revoked", consent.client_id,
                              reference=consent.sheet.reference)  # fmt: skip
    return consent


def renew_consent(
    actor: Actor, consent_id: UUID, talk: Talk, terms: Terms, *, reference: str = "",
    signed_digest: str = "",
) -> Consent:  # fmt: skip
    """A new consent in the place of one that ends; what is open rests on the new one.

    Raises NotFound, Forbidden, Conflict, and what `consents.commands.record_answers` raises.
    """
    old = consents.get_visible(actor, consent_id, lock=True)
    if old.revoked_at is not None or old.refused:
        raise Conflict(N_("Diese Einwilligung gilt nicht mehr. Bitte neu vermitteln."))
    if terms.recipient.id != old.recipient_unit_id:
        raise Invalid({"": N_("Eine Verlängerung gilt für dieselbe Stelle.")})
    client = clients.get_visible(actor, old.client_id)
    new = consent_commands.record_answers(
        actor, client, talk, [terms], reference=reference, signed_digest=signed_digest
    )[0]
    if new.refused:
        return new
    for referral in _resting(actor, Referral.consent_id == old.id):
        package = packages.latest(referral)
        if package is None or set(package.categories) <= set(new.categories):
            referral.consent_id = new.id
            referral.consent = new
    return new


def close_client(actor: Actor, client_id: UUID) -> Client:
    """End the counselling: what is still open is withdrawn, and no consent outlives it.

    Raises NotFound, Conflict.
    """
    clients.require(actor, "client.write")
    client = clients.get_visible(actor, client_id)
    if client.closed_on is not None:
        raise Conflict(N_("Die Beratung ist bereits beendet."))
    close(actor, client)
    return client


def close(actor: Actor, client: Client) -> None:
    """The same for the system, too; who may close was checked by the caller."""
    client.closed_on = actor.today
    audit.record(actor, "client.closed", subject=client, client_id=client.id)
    _withdraw_all(actor, Referral.client_id == client.id, "case_closed")
    for consent in db.session.scalars(select(Consent).where(Consent.client_id == client.id)):
        consent.valid_until = min(consent.valid_until, actor.today)


def to_announce(system: Actor) -> Select[Consent]:
    """Consents that have ended, or end within two weeks while something open rests on them, and
    of which the sender was not told yet."""
    ended = Consent.valid_until < system.today
    soon = Consent.valid_until <= system.today + timedelta(days=NOTICE_DAYS)
    rests = (
        select(Referral.id)
        .where(Referral.consent_id == Consent.id, Referral.closed_at.is_(None),
               Referral.sent_at.is_not(None))
        .exists()
    )  # fmt: skip
    return (
        select(Consent)
        .where(Consent.told != "ended", soon)
        .where(Consent.revoked_at.is_(None), Consent.refused.is_(False))
        .where(Consent.suspended_on.is_(None))  # cannot be renewed now
        .where(or_(ended, and_(Consent.told == "", rests)))
        .order_by(Consent.valid_until, Consent.id)
    )


def announce(system: Actor) -> int:
    """Tell senders of them, of each ending once. Returns how many were told of."""
    # Another worker may be telling of the same at this moment.
    waiting = to_announce(system).with_for_update(of=Consent, skip_locked=True)
    count = 0
    for consent in db.session.scalars(waiting.limit(AT_ONCE)).all():
        consent.told = "ended" if consent.valid_until < system.today else "ending"
        rests = and_(Referral.consent_id == consent.id, Referral.sent_at.is_not(None))
        for resting in _resting(system, rests)[:1]:
            messages.tell_sender(system, f"consent.{consent.told}", resting)
            count += 1
    return count


def _resting(actor: Actor, criterion: ColumnElement[bool]) -> Sequence[Referral]:
    """What is open, whoever asks: the right to the consent or the client was checked."""
    return db.session.scalars(
        policy.visible(_system(actor))
        .where(criterion, Referral.closed_at.is_(None))
        .with_for_update(of=Referral, key_share=True)
    ).all()


def _withdraw_all(actor: Actor, criterion: ColumnElement[bool], code: str) -> None:
    """The system withdraws every open referral of a kind; drafts are discarded."""
    for referral in _resting(actor, criterion):
        commands.withdraw(_system(actor), referral, code)


def _system(actor: Actor) -> Actor:
    return Actor.system(actor.now).recording(Side.SENDER, "client")
