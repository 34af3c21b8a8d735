"""Seats that were offered and what a course provider reported: nothing about single days."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.api import Encrypted, HasId, Model

OPEN, TAKEN = "open", "taken"
PLACEMENT_TEST, PROGRESS, FINAL = "placement_test", "progress", "final"


class Offer(HasId, Model):
    """A seat held until `answer_until`. `answer` is a key of commands.ANSWERS."""

    __tablename__ = "sprachkurs_offer"
    __table_args__ = (Index("ix_sprachkurs_offer_answer_answer_until", "answer", "answer_until"),)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    number: Mapped[int]  # their order: two may be made on one day
    kind: Mapped[str] = mapped_column(String(30))
    level: Mapped[str] = mapped_column(String(10))
    starts_on: Mapped[date]
    answer_until: Mapped[date]
    answer: Mapped[str] = mapped_column(String(20), default=OPEN)
    answered_on: Mapped[date | None]
    course_sealed: Mapped[bytes]

    # name, times, place as the provider wrote them
    course = Encrypted[dict[str, str]]("course_sealed", {})


class Result(HasId, Model):
    """One report: of a placement test, of a module or the attendance, or of the end."""

    __tablename__ = "sprachkurs_result"
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    reported_on: Mapped[date]
    level: Mapped[str | None] = mapped_column(String(20))
    module: Mapped[int | None]
    attendance: Mapped[str | None] = mapped_column(String(20))
    exam: Mapped[str | None] = mapped_column(String(20))
