"""A referral, its packages, its history and its appointments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from portal.accounts.models import Membership, Unit
from portal.clients.models import Client
from portal.consents.models import Consent
from portal.crypto import Encrypted
from portal.extensions import HasId, Model
from portal.lifecycle import FINAL, Status
from portal.network.models import Municipality, Service


def _some(name: str, *columns: str, where: str) -> Index:
    """An index over a part of the rows alone."""
    only = text(where)
    return Index(name, *columns, sqlite_where=only, postgresql_where=only)


class Referral(HasId, Model):
    """One handoff to one unit. `state` is the workflow's, `status` the core's it refines.

    `turn` says whose move is expected ("sender", "receiver", "" when the loop is closed) and
    `next_on` until when; every list of what is due is a query over these two. `timer_on` is the
    day of the next notice about it (None: nothing more comes by itself), `timer_step` how many
    of its timetable were given since the last move. `escalated_on` is the day on which the
    coordination was told of it, until somebody moves or the date does; `called_at` when it last
    rang up.
    """

    __tablename__ = "referral"
    __table_args__ = (
        Index("ix_referral_receiver_unit_id_turn_next_on", "receiver_unit_id", "turn", "next_on"),
        Index("ix_referral_client_id_turn_next_on", "client_id", "turn", "next_on"),
        Index("ix_referral_turn_next_on", "turn", "next_on"),
        _some("ix_referral_escalated_on", "escalated_on", where="escalated_on IS NOT NULL"),
        _some("ix_referral_without_answer", "sent_at", "service_id",
              where="responded_at IS NULL AND closed_at IS NULL"),
        _some("ix_referral_responded_at", "responded_at", where="responded_at IS NOT NULL"),
    )  # fmt: skip
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    type: Mapped[str] = mapped_column(String(60))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    sender_unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), index=True)
    receiver_unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    municipality_ags: Mapped[str] = mapped_column(ForeignKey("municipality.ags"))
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("consent.id"), index=True)
    follow_up_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("referral.id"), index=True)

    goal_area: Mapped[str] = mapped_column(String(40))
    urgency: Mapped[str] = mapped_column(String(10), default="normal")
    channel: Mapped[str] = mapped_column(String(10), default="portal")
    contact_forbidden: Mapped[bool] = mapped_column(default=False)
    # What the advisor wrote and ticked: {"form": {...}, "shared": [...]}; never the receiver's.
    request_sealed: Mapped[bytes]

    state: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(20))
    turn: Mapped[str] = mapped_column(String(10))
    next_on: Mapped[date | None]
    due_on: Mapped[date | None]
    code: Mapped[str | None] = mapped_column(String(60))
    timer_on: Mapped[date | None] = mapped_column(index=True)
    timer_step: Mapped[int] = mapped_column(default=0)
    escalated_on: Mapped[date | None]
    called_at: Mapped[datetime | None]
    no_shows: Mapped[int] = mapped_column(default=0)
    handler_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))

    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    acknowledged_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    loop_closed_at: Mapped[datetime | None]
    emergency_at: Mapped[datetime | None]  # when break-glass last opened it
    # Moves with the state alone: a note or a reading does not invalidate an open form.
    version: Mapped[int] = mapped_column(default=1)

    client: Mapped[Client] = relationship(lazy="raise")
    service: Mapped[Service] = relationship(lazy="joined")
    receiver: Mapped[Unit] = relationship(foreign_keys=[receiver_unit_id], lazy="joined")
    sender: Mapped[Unit] = relationship(foreign_keys=[sender_unit_id], lazy="joined")
    handler: Mapped[Membership | None] = relationship(lazy="joined")
    consent: Mapped[Consent | None] = relationship(lazy="joined")
    municipality: Mapped[Municipality] = relationship(lazy="joined")
    packages: Mapped[list[Package]] = relationship(order_by="Package.number", lazy="raise")

    # How the actor of the query comes to see this row: "sender", "receiver" or "client".
    seen_as: Mapped[str | None] = query_expression()

    request = Encrypted[dict[str, Any]]("request_sealed", {})

    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012

    @property
    def is_final(self) -> bool:
        return Status(self.status) in FINAL


class Package(HasId, Model):
    """What was shared: a frozen copy of consented fields, never changed, only followed.

    `content` maps a field's key to its value; `digest` is the SHA-256 of its canonical JSON.
    """

    __tablename__ = "package"
    __table_args__ = (UniqueConstraint("referral_id", "number"),)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    number: Mapped[int]
    content_sealed: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    categories: Mapped[list[str]]
    created_at: Mapped[datetime]

    content = Encrypted[dict[str, Any]]("content_sealed", {})


class Event(HasId, Model):
    """One entry of a referral's timeline: who did what when, with what they entered."""

    __tablename__ = "referral_event"
    __table_args__ = (UniqueConstraint("referral_id", "number"),)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    number: Mapped[int]  # their order: two moves may share a moment
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(60))
    side: Mapped[str] = mapped_column(String(10))
    from_state: Mapped[str | None] = mapped_column(String(60))
    to_state: Mapped[str] = mapped_column(String(60))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    source: Mapped[str | None] = mapped_column(String(20))
    data_sealed: Mapped[bytes | None]
    membership: Mapped[Membership | None] = relationship(lazy="joined")

    data = Encrypted[dict[str, Any]]("data_sealed", {})


class Appointment(HasId, Model):
    """A date of a referral. The current one is `planned`; the others keep how they ended.

    One in the place of another that was moved or called off has the same `series_id` and a
    higher `sequence`: in a calendar the two are one entry.
    """

    __tablename__ = "appointment"
    __table_args__ = (Index("ix_appointment_referral_id_state", "referral_id", "state"),)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"))
    starts_at: Mapped[datetime]
    place_sealed: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(20), default="planned")
    series_id: Mapped[UUID]
    sequence: Mapped[int]
    changed_at: Mapped[datetime]

    place = Encrypted[str]("place_sealed", "")


class DeletionRequest(HasId, Model):
    """After a revocation: asks the receiver to confirm the deletion, or to name why it keeps.

    `answer` is "deleted" or "kept"; `basis` the rule by which it is kept.
    """

    __tablename__ = "deletion_request"
    __table_args__ = (
        Index("ix_deletion_request_unit_id_answered_at", "unit_id", "answered_at"),
        Index("ix_deletion_request_answered_at_due_on", "answered_at", "due_on"),
    )
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referral.id"), unique=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    answer: Mapped[str | None] = mapped_column(String(10))
    basis_sealed: Mapped[bytes | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"))
    referral: Mapped[Referral] = relationship(lazy="raise")
    unit: Mapped[Unit] = relationship(lazy="raise")

    basis = Encrypted[str]("basis_sealed", "")


class TimerRun(Model):
    """When the timer of a plugin last ran."""

    __tablename__ = "timer_run"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    ran_at: Mapped[datetime]


class ReferenceCounter(Model):
    """The last reference number of a year."""

    __tablename__ = "reference_counter"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
