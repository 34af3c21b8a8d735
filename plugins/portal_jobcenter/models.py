"""What a Jobcenter decided about a referral: the kind of decision, never amounts or sanctions."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.api import Encrypted, HasId, Model

COURSE_OBLIGATION = "course_obligation"  # also what an advisor asks for
MEASURE_OFFERED = "measure_offered"
APPOINTMENT_ONLY = "appointment_only"


class Decision(HasId, Model):
    """One decision. `subject` is a key of courses.COURSES or of workflow.MEASURES."""

    __tablename__ = "jobcenter_decision"
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    subject: Mapped[str | None] = mapped_column(String(30))
    decided_on: Mapped[date]
    next_review_on: Mapped[date | None]
    note_sealed: Mapped[bytes | None]

    note = Encrypted[str]("note_sealed", "")
