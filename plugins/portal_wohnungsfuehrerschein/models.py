"""Places in workshops, and certificates: number, hours and modules, nothing about the person."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.api import Encrypted, HasId, Model


class Registration(HasId, Model):
    """A place in one workshop. The last one of a referral is the one that counts."""

    __tablename__ = "wohnungsfuehrerschein_registration"
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    number: Mapped[int]  # their order
    starts_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(10))
    sessions: Mapped[int]
    workshop_sealed: Mapped[bytes]

    # title and place as the organiser wrote them
    workshop = Encrypted[dict[str, str]]("workshop_sealed", {})


class Certificate(HasId, Model):
    """What the organiser certified. `modules` are keys of workflow.MODULES."""

    __tablename__ = "wohnungsfuehrerschein_certificate"
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), unique=True)
    issued_on: Mapped[date]
    hours: Mapped[int]
    modules: Mapped[list[str]]
    stated_sealed: Mapped[bytes]

    # number and title as they stand on it
    stated = Encrypted[dict[str, str]]("stated_sealed", {})
