"""What a client asked for about the own data, and by when it must be answered."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Unit
from portal.clients.models import Client
from portal.crypto import Encrypted
from portal.extensions import HasId, Model
from portal.workflow import N_, Choice

KINDS: tuple[Choice, ...] = (
    ("access", N_("Auskunft (Art. 15 DSGVO)")),
    ("rectification", N_("Berichtigung (Art. 16 DSGVO)")),
    ("erasure", N_("Löschung (Art. 17 DSGVO)")),
    ("restriction", N_("Einschränkung (Art. 18 DSGVO)")),
    ("portability", N_("Daten zum Mitnehmen (Art. 20 DSGVO)")),
    ("objection", N_("Widerspruch (Art. 21 DSGVO)")),
)
OUTCOMES: tuple[Choice, ...] = (
    ("granted", N_("Erfüllt")),
    ("partly", N_("Teilweise erfüllt")),
    ("refused", N_("Nicht erfüllt")),
)


class PrivacyRequest(HasId, Model):
    """A request under Art. 15 to 21 GDPR. `unit_id` is the office that has to answer it."""

    __tablename__ = "privacy_request"
    __table_args__ = (Index("ix_privacy_request_answered_on_due_on", "answered_on", "due_on"),)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(20))
    received_on: Mapped[date]
    due_on: Mapped[date]
    note_sealed: Mapped[bytes | None]
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    answered_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason_sealed: Mapped[bytes | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    client: Mapped[Client] = relationship(lazy="raise")
    unit: Mapped[Unit] = relationship(lazy="raise")

    note = Encrypted[str]("note_sealed", "")
    reason = Encrypted[str]("reason_sealed", "")

    @property
    def reference(self) -> str:
        """What stands in lists instead of a name."""
        return f"DS-{self.id.hex[:8].upper()}"
