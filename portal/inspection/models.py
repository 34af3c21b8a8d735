"""Evaluations of the access log: who wants to see names, why, and what a second person said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Membership, Person
from portal.crypto import Encrypted
from portal.extensions import HasId, Model

OPEN_FOR = timedelta(hours=8)


class Evaluation(HasId, Model):
    """A part of the log, to be read with names. `about` is a reference or the key of a client."""

    __tablename__ = "log_evaluation"
    __table_args__ = (Index("ix_log_evaluation_requested_at", "requested_at", "id"),)
    requested_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    requested_at: Mapped[datetime]
    reason_sealed: Mapped[bytes]
    from_on: Mapped[date]
    until_on: Mapped[date]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    about: Mapped[str] = mapped_column(String(40), default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    decided_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    requested_by: Mapped[Membership] = relationship(foreign_keys=[requested_by_id], lazy="joined")
    decided_by: Mapped[Membership | None] = relationship(foreign_keys=[decided_by_id])
    person: Mapped[Person | None] = relationship()

    reason = Encrypted[str]("reason_sealed", "")

    @property
    def open_until(self) -> datetime | None:
        return self.decided_at + OPEN_FOR if self.approved and self.decided_at else None

    def is_open(self, now: datetime) -> bool:
        return self.open_until is not None and now < self.open_until
