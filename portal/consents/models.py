"""The consent of a client to share named data with one unit for one purpose."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Unit
from portal.crypto import Encrypted
from portal.extensions import HasId, Model
from portal.grants import ConsentState
from portal.workflow import N_, Choice

FORMS: tuple[Choice, ...] = (
    ("paper_signed", N_("Auf Papier unterschrieben")),
    ("oral_documented", N_("Mündlich erklärt und dokumentiert")),
)
DEFAULT_DAYS = 182
LONGEST_DAYS = 366


class Consent(HasId, Model):
    """One recipient, one purpose. `valid_until` is the last day on which it holds."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_client_id_recipient_unit_id", "client_id",
                            "recipient_unit_id"),)  # fmt: skip
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    recipient_unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    purpose_sealed: Mapped[bytes]
    categories: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    form: Mapped[str] = mapped_column(String(30))
    explained_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    recipient: Mapped[Unit] = relationship(lazy="joined")

    purpose = Encrypted[str]("purpose_sealed", "")

    def state_on(self, day: date) -> ConsentState:
        return ConsentState(revoked=self.revoked_at is not None, expired=day > self.valid_until)
