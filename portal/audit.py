"""The access log: who did or read what, when, and for what purpose. Append-only.

Codes and ids only, never a name and never free text: what is not in it need not be erased.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.actor import Actor
from portal.extensions import Model, db
from portal.registry import registry
from portal.workflow import N_

CORE_KINDS: dict[str, str] = {
    "account.created": N_("Konto angelegt"),
    "account.changed": N_("Konto geändert"),
    "account.deactivated": N_("Konto stillgelegt"),
    "account.reactivated": N_("Konto wieder geöffnet"),
    "account.invited": N_("Link zum Konto verschickt"),
    "account.password_changed": N_("Passwort geändert"),
    "account.logged_out_everywhere": N_("Überall abgemeldet"),
    "login.succeeded": N_("Angemeldet"),
    "login.failed": N_("Anmeldung gescheitert"),
    "membership.added": N_("Rolle vergeben"),
    "membership.ended": N_("Rolle beendet"),
    "organisation.changed": N_("Organisation geändert"),
    "unit.changed": N_("Stelle geändert"),
    "delivery.changed": N_("Zuständigkeit in einer Gemeinde geändert"),
    "service.changed": N_("Angebot geändert"),
    "client.created": N_("Person angelegt"),
    "client.changed": N_("Angaben geändert"),
    "client.closed": N_("Beratung beendet"),
    "client.assigned": N_("Zuständigkeit geändert"),
    "client.read": N_("Angaben gelesen"),
    "client.erased": N_("Angaben gelöscht"),
    "deputy.named": N_("Vertretung eingetragen"),
    "deputy.ended": N_("Vertretung beendet"),
    "consent.given": N_("Einwilligung aufgenommen"),
    "consent.revoked": N_("Einwilligung widerrufen"),
    "referral.created": N_("Vermittlung angelegt"),
    "referral.moved": N_("Schritt einer Vermittlung"),
    "referral.read": N_("Vermittlung gelesen"),
    "referral.voided": N_("Als Irrtum gekennzeichnet"),
}


class AuditEntry(Model):
    """One entry. `data` holds codes and ids."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_client_id_at", "client_id", "at"),
        Index("ix_audit_entry_at", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    actor_kind: Mapped[str] = mapped_column(String(10))
    membership_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    subject_table: Mapped[str | None] = mapped_column(String(60))
    subject_id: Mapped[UUID | None]
    client_id: Mapped[UUID | None]
    purpose: Mapped[str] = mapped_column(String(60), default="")
    data: Mapped[dict[str, Any]]


def kind_label(kind: str) -> str:
    plugins = registry().audit_kinds
    return plugins[kind].label if kind in plugins else CORE_KINDS.get(kind, kind)


def _row(
    actor: Actor, kind: str, subject: Any, client_id: UUID | None, purpose: str,
    data: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    if kind not in CORE_KINDS and kind not in registry().audit_kinds:
        raise ValueError(f"undeclared audit kind {kind!r}")
    return {
        "at": actor.now,
        "kind": kind,
        "actor_kind": actor.kind.value,
        "membership_id": actor.membership_id,
        "organisation_id": actor.organisation_id,
        "subject_table": getattr(subject, "__tablename__", None),
        "subject_id": getattr(subject, "id", None),
        "client_id": client_id,
        "purpose": purpose,
        "data": data,
    }


def record(
    actor: Actor, kind: str, *, subject: Any = None, client_id: UUID | None = None,
    purpose: str = "", **data: Any,
) -> None:  # fmt: skip
    """Write an entry in the caller's transaction. `data`: codes and ids, JSON-ready."""
    db.session.execute(insert(AuditEntry), [_row(actor, kind, subject, client_id, purpose, data)])


def note_client(actor: Actor, client: Any, purpose: str) -> None:
    """A page that shows a client was read; see `record_read`."""
    record_read(actor, "client.read", subject=client, client_id=client.id, purpose=purpose)


def record_read(
    actor: Actor, kind: str, *, subject: Any = None, client_id: UUID | None = None,
    purpose: str, **data: Any,
) -> None:  # fmt: skip
    """Write that something was read, in a transaction of its own.

    Called before the answer leaves: if this raises, nothing is shown. On SQLite the caller
    must not be writing itself (after a refused form: roll back first); it would wait for its
    own lock.
    """
    if (
        db.engine.dialect.name == "sqlite"
        and db.session().in_transaction()
        and db.session.connection().get_execution_options().get("writing")
    ):
        raise RuntimeError("roll back before a page that was asked for by a POST is drawn")
    row = _row(actor, kind, subject, client_id, purpose, data)
    with db.engine.connect().execution_options(writing=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.execute(insert(AuditEntry), [row])
        connection.commit()
