"""What each rule of the table deletes: a query for what is due, and a way to remove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, case, delete, func, or_, select, update

from portal import sealing
from portal.accounts.models import FailedLogin
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.consents.models import Consent, ConsentSheet
from portal.extensions import Model, db
from portal.outbox import OutboxMessage, given_up
from portal.privacy import erasure
from portal.privacy.models import PrivacyRequest
from portal.referrals.models import Referral
from portal.sealing import Seal
from portal.workflow import LOCAL

Query = Select[*tuple[Any, ...]]

BATCH = 1000  # rows of one transaction, so that nobody waits long for it
REASON = "retention"  # of an erasure, in the log


@dataclass(frozen=True)
class Step:
    """How a rule is carried out. `due` asks, for the latest day that is over, for the key of what
    is to go and for the moments it is counted from; the earliest of them counts."""

    due: Callable[[date], Query]
    remove: Callable[[Actor, list[Any], date], None]
    batch: int | None = BATCH


def _until(day: date) -> datetime:
    """The first moment after a day."""
    return datetime.combine(day + timedelta(days=1), time.min, LOCAL)


def _held() -> ColumnElement[bool]:
    """The criterion on Client: nothing may go, since it is contested or still to be answered."""
    asked = select(PrivacyRequest.client_id).where(
        PrivacyRequest.answered_on.is_(None), PrivacyRequest.kind != "erasure"
    )
    return or_(Client.restricted_on.is_not(None), Client.id.in_(asked))


def _closed_clients(over: date) -> Query:
    return (
        select(Client.id, Client.closed_on)
        .where(Client.closed_on <= over, Client.erased_on.is_(None), ~_held())
        .with_for_update(of=Client)
    )


def _erase(system: Actor, ids: list[UUID], _over: date) -> None:
    for client_id in ids:
        erasure.erase(system, db.session.get_one(Client, client_id), REASON)


def _erased_clients(over: date) -> Query:
    since = func.coalesce(Client.closed_on, Client.erased_on)
    return select(Client.id, since).where(Client.erased_on.is_not(None), since <= over)


def _remove_clients(_system: Actor, ids: list[UUID], _over: date) -> None:
    _delete_with_all_that_refers_to(Client.__table__, ids)  # type: ignore[arg-type]  # declared wider


def _delete_with_all_that_refers_to(table: Table, ids: list[Any]) -> None:
    """The plugins' rows, too: what is left of them after an erasure points to nobody."""
    if not ids:
        return
    for child in Model.metadata.tables.values():
        for column in child.columns:
            if not column.references(table.c.id):
                continue
            theirs = column.in_(ids)
            if "id" in child.c:
                further = list(db.session.scalars(select(child.c.id).where(theirs)))
                _delete_with_all_that_refers_to(child, further)
            else:
                db.session.execute(delete(child).where(theirs))
    db.session.execute(delete(table).where(table.c.id.in_(ids)))


def _ended_consents(over: date) -> Query:
    """A refusal never held: it is counted from the day on which it was said."""
    ended = case((Consent.refused, Consent.created_at), else_=Consent.revoked_at)
    expired = case((Consent.refused.is_(False), Consent.valid_until))
    held = select(Client.id).where(_held())
    return select(Consent.id, ended, expired).where(
        or_(ended < _until(over), expired <= over), Consent.client_id.not_in(held)
    )


def _remove_consents(_system: Actor, ids: list[UUID], _over: date) -> None:
    """With the sheets on which no other consent stands."""
    rests = update(Referral).where(Referral.consent_id.in_(ids))
    db.session.execute(rests.values(consent_id=None))
    theirs = select(Consent.sheet_id).where(Consent.id.in_(ids))
    sheets = list(db.session.scalars(theirs.distinct()))
    db.session.execute(delete(Consent).where(Consent.id.in_(ids)))
    used = select(Consent.sheet_id)
    unused = delete(ConsentSheet).where(ConsentSheet.id.in_(sheets), ConsentSheet.id.not_in(used))
    db.session.execute(unused)


def _sealed_entries(over: date) -> Query:
    old = select(Seal.number).where(Seal.sealed_at < _until(over))
    return select(AuditEntry.id, AuditEntry.at).where(AuditEntry.seal_number.in_(old))


def _drop_entries(system: Actor, _ids: list[int], over: date) -> None:
    sealing.drop_before(_until(over), system.today)


def _old_messages(over: date) -> Query:
    lost = case((given_up(), OutboxMessage.created_at))
    settled = func.coalesce(OutboxMessage.delivered_at, lost)
    return select(OutboxMessage.id, settled).where(settled < _until(over))


def _failed_logins(over: date) -> Query:
    return select(FailedLogin.id, FailedLogin.at).where(FailedLogin.at < _until(over))


def _removes(model: Any) -> Callable[[Actor, list[Any], date], None]:
    def remove(_system: Actor, ids: list[Any], _over: date) -> None:
        db.session.execute(delete(model).where(model.id.in_(ids)))

    return remove


STEPS: dict[str, Step] = {
    "closed_client": Step(_closed_clients, _erase, batch=1),
    "consent": Step(_ended_consents, _remove_consents),
    "referral_metadata": Step(_erased_clients, _remove_clients, batch=1),
    "audit": Step(_sealed_entries, _drop_entries, batch=None),
    "outbox": Step(_old_messages, _removes(OutboxMessage)),
    "failed_login": Step(_failed_logins, _removes(FailedLogin)),
}
