"""The access log: who did or read what, when, and for what purpose. Append-only.

Codes and ids only, never a name and never free text. An entry is written with a keyed hash of
what it says, so that nobody who has the database alone can write or change one; `portal.sealing`
then gives it a place that cannot be changed either. What points to a client goes into that hash
by a salted hash of its own: `blank` can take it away and the entry still holds.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    cast,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal import digests
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
    "calendar.made": N_("Kalenderadresse angelegt"),
    "calendar.revoked": N_("Kalenderadresse widerrufen"),
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
    "client.restricted": N_("Verarbeitung eingeschränkt"),
    "client.unrestricted": N_("Einschränkung aufgehoben"),
    "privacy.requested": N_("Anliegen zum Datenschutz eingetragen"),
    "privacy.answered": N_("Anliegen zum Datenschutz beantwortet"),
    "retention.finished": N_("Löschlauf"),
    "mail.repeated": N_("Nachricht noch einmal verschickt"),
    "backup.made": N_("Sicherung angefertigt"),
    "backup.restored": N_("Sicherung wiederhergestellt"),
    "deputy.named": N_("Vertretung eingetragen"),
    "deputy.ended": N_("Vertretung beendet"),
    "consent.given": N_("Einwilligung aufgenommen"),
    "consent.refused": N_("Ablehnung festgehalten"),
    "consent.confirmed": N_("Mündliche Einwilligung bestätigt"),
    "consent.revoked": N_("Einwilligung widerrufen"),
    "consent_text.checked": N_("Übersetzung als geprüft vermerkt"),
    "consent_text.check_withdrawn": N_("Prüfvermerk einer Übersetzung zurückgenommen"),
    "emergency.asked": N_("Notzugriff beantragt"),
    "emergency.approved": N_("Notzugriff freigegeben"),
    "emergency.refused": N_("Notzugriff nicht freigegeben"),
    "emergency.ended": N_("Notzugriff beendet"),
    "deletion.answered": N_("Löschung bestätigt oder Aufbewahrung begründet"),
    "referral.created": N_("Vermittlung angelegt"),
    "referral.moved": N_("Schritt einer Vermittlung"),
    "referral.read": N_("Vermittlung gelesen"),
    "referral.voided": N_("Als Irrtum gekennzeichnet"),
    "link.code_set": N_("Code für Antworten per Link festgelegt"),
    "link.pin_given": N_("PIN für einen Link vergeben"),
    "link.opened": N_("Link mit Code oder PIN geöffnet"),
    "link.locked": N_("Link nach zehn falschen Codes gesperrt"),
    "link.ended": N_("Link widerrufen"),
    "evaluation.requested": N_("Auswertung des Protokolls beantragt"),
    "evaluation.approved": N_("Auswertung freigegeben"),
    "evaluation.rejected": N_("Auswertung abgelehnt"),
    "evaluation.read": N_("Auswertung gelesen"),
    "evaluation.exported": N_("Auswertung als Datei geholt"),
    "figures.exported": N_("Kennzahlen als Datei geholt"),
    "referral.rectified": N_("Berichtigung weitergegeben"),
    "referral.attended": N_("Eingriff der Koordination"),
}

# What an entry is for, in words. Plugins bring codes of their own, shown as they are.
PURPOSES: dict[str, str] = {
    "counselling": N_("Beratung"),
    "sharing": N_("Weitergabe mit Einwilligung"),
    "referral": N_("Vermittlung"),
    "list": N_("Liste"),
    "page": N_("Übersicht der Person"),
    "edit": N_("Angaben bearbeiten"),
    "duplicate": N_("Doppelte Einträge vermeiden"),
    "handover": N_("Vermittlung vorbereiten"),
    "sender": N_("Vermittlung verfolgen"),
    "receiver": N_("Anfrage bearbeiten"),
    "task": N_("Aufgabe erledigen"),
    "link": N_("Per Link gelesen"),
    "revoke": N_("Widerruf"),
    "emergency": N_("Notzugriff"),
    "consent": N_("Einwilligung ansehen"),
    "consent_sheet": N_("Einwilligungsblatt"),
    "slip": N_("Begleitblatt"),
    "close": N_("Beratung beenden"),
    "evaluation": N_("Auswertung des Protokolls"),
    "figures": N_("Kennzahlen"),
    "privacy": N_("Anliegen zum Datenschutz"),
    "disclosures": N_("Blatt über Weitergaben"),
    "dossier": N_("Auskunft"),
    "portability": N_("Daten zum Mitnehmen"),
}
# Whoever writes says what for by what is written; a plugin's entries belong to a referral.
_WRITING = {"client": "counselling", "consent": "sharing", "privacy": "privacy"}
LIST = "list"  # the purpose of an entry for all rows of a list; data["ids"] says which


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over some of the entries: it costs the others nothing."""
    only = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=only, postgresql_where=only)


class AuditEntry(Model):
    """One entry. `data` holds codes and ids. One that was blanked has `blanked` for its `salt`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_kind_at", "kind", "at"),
        Index("ix_audit_entry_organisation_id_at", "organisation_id", "at"),
        Index("ix_audit_entry_membership_id_at", "membership_id", "at"),
        Index("ix_audit_entry_client_id_at", "client_id", "at"),
        Index("ix_audit_entry_subject_id_at", "subject_id", "at"),
        _some("ix_audit_entry_list", "id", where=f"purpose = '{LIST}'"),
        _some("ix_audit_entry_open", "id", where="seal_number IS NULL"),
        _some("ix_audit_entry_place", "seal_number", "position", unique=True,
              where="seal_number IS NOT NULL"),
    )  # fmt: skip
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
    salt: Mapped[bytes | None]
    blanked: Mapped[bytes | None]
    digest: Mapped[bytes]
    seal_number: Mapped[int | None]
    position: Mapped[int | None]


_WRITE = insert(AuditEntry)  # made once: every page that names somebody writes


def kind_label(kind: str) -> str:
    plugins = registry().audit_kinds
    return plugins[kind].label if kind in plugins else CORE_KINDS.get(kind, kind)


def purpose_label(purpose: str) -> str:
    return PURPOSES.get(purpose, purpose)


def _row(
    actor: Actor, kind: str, subject: Any, client_id: UUID | None, purpose: str,
    data: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    if kind not in CORE_KINDS and kind not in registry().audit_kinds:
        raise ValueError(f"undeclared audit kind {kind!r}")
    if "ids" in data and purpose != LIST:
        raise ValueError(f"ids of a list have the purpose {LIST!r}")
    if client_id is not None and not purpose:
        purpose = _WRITING.get(kind.partition(".")[0], "referral")
    row: dict[str, Any] = {
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
        "salt": os.urandom(digests.SALT_BYTES),
        "blanked": None,
    }
    return {**row, "digest": digests.content_digest(digests.key(), row)}


def record(
    actor: Actor, kind: str, *, subject: Any = None, client_id: UUID | None = None,
    purpose: str = "", **data: Any,
) -> None:  # fmt: skip
    """Write an entry in the caller's transaction. `data`: codes and ids, JSON-ready."""
    db.session.connection().execute(_WRITE, [_row(actor, kind, subject, client_id, purpose, data)])


def note_client(actor: Actor, client: Any, purpose: str) -> None:
    """A page that shows a client was read; see `record_read`."""
    record_read(actor, "client.read", subject=client, client_id=client.id, purpose=purpose)


def note_lists(actor: Actor, ids_of: Mapping[str, Collection[UUID]]) -> None:
    """Lists that name people were read: by kind of entry the ids of their rows, an entry each.

    See `record_read`.
    """
    _write([_row(actor, kind, None, None, LIST, {"ids": [each.hex for each in ids]})
            for kind, ids in ids_of.items() if ids])  # fmt: skip


def record_read(
    actor: Actor, kind: str, *, subject: Any = None, client_id: UUID | None = None,
    purpose: str, **data: Any,
) -> None:  # fmt: skip
    """Write that something was read, in a transaction of its own.

    Called before the answer leaves: if this raises, nothing is shown. On SQLite the caller
    must not be writing itself (after a refused form: roll back first); it would wait for its
    own lock.
    """
    _write([_row(actor, kind, subject, client_id, purpose, data)])


def _write(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if (
        db.engine.dialect.name == "sqlite"
        and db.session().in_transaction()
        and db.session.connection().get_execution_options().get("writing")
    ):
        raise RuntimeError("roll back before a page that was asked for by a POST is drawn")
    with db.engine.connect().execution_options(writing=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.execute(_WRITE, rows)
        connection.commit()


def lists_naming(*ids: str) -> ColumnElement[bool]:
    """The criterion for entries of lists in which one of these ids stood (or one so beginning)."""
    said = cast(AuditEntry.data, String)
    return and_(AuditEntry.purpose == LIST, or_(*(said.contains(f'"{each}') for each in ids)))


def blank(client_id: UUID) -> int:
    """Take away what points to a client, in the caller's transaction; the seals still hold.

    Returns how many entries there were. It stays known that somebody did something, and when.
    """
    table: Table = AuditEntry.__table__  # type: ignore[assignment]  # declared wider
    secret, connection = digests.key(), db.session.connection()
    about = or_(table.c.client_id == client_id, table.c.subject_id == client_id)
    entries = list(connection.execute(select(table).where(about)).mappings())
    ids = {client_id.hex} | {
        entry["subject_id"].hex
        for entry in entries
        if entry["subject_id"] and entry["subject_table"] == "referral"
    }
    shortened = []
    for entry in connection.execute(select(table).where(lists_naming(*ids))).mappings():
        left = [digests.id_digest(secret, entry["salt"], each) if each in ids else each
                for each in entry["data"]["ids"]]  # fmt: skip
        if all(each.startswith(digests.BLANKED) for each in left):
            entries.append(entry)
        else:
            shortened.append({"entry": entry["id"], "said": {**entry["data"], "ids": left}})
    blanked = [{"entry": e["id"], "hash": digests.personal_digest(secret, e)} for e in entries]
    one = update(table).where(table.c.id == bindparam("entry"))
    if shortened:
        connection.execute(one.values(data=bindparam("said")), shortened)
    if blanked:
        nothing: dict[str, Any] = {"client_id": None, "subject_id": None, "data": {}, "salt": None}
        connection.execute(one.values(**nothing, blanked=bindparam("hash")), blanked)
    return len(shortened) + len(blanked)
