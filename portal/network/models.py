"""The places, who counsels where since when, and what organisations offer."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Unit
from portal.extensions import HasId, Model
from portal.workflow import N_, Choice

DELIVERY_MODELS: tuple[Choice, ...] = (
    ("own_municipality", N_("Kommune in Eigenregie")),
    ("municipal_association", N_("Kommunaler Verbund")),
    ("delegated_to_county", N_("Rückdelegation an den Landkreis")),
    ("delegated_to_welfare", N_("Übertragung auf freien Träger")),
)

OPEN, WAITING, CLOSED = "open", "waiting", "closed"
CAPACITIES: tuple[Choice, ...] = (
    (OPEN, N_("Nimmt an")),
    (WAITING, N_("Warteliste")),
    (CLOSED, N_("Geschlossen")),
)
CAPACITY_HOLDS = timedelta(days=60)  # then it is asked for again


class Municipality(Model):
    """A municipality; its key is the official eight-digit AGS."""

    __tablename__ = "municipality"
    ags: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20))  # gk, stadt, gemeinde
    county: Mapped[str] = mapped_column(String(100))


class Delivery(HasId, Model):
    """Who delivers Integrationsmanagement in a municipality, how, and since when."""

    __tablename__ = "delivery"
    municipality_ags: Mapped[str] = mapped_column(ForeignKey("municipality.ags"), index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    model: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    municipality: Mapped[Municipality] = relationship(lazy="joined")
    unit: Mapped[Unit] = relationship(lazy="joined")


class Service(HasId, Model):
    """What a unit offers: the thing an advisor chooses. `type` is a key of a referral type.

    `closed_until` is the day on which it takes people again, by itself.
    """

    __tablename__ = "service"
    __table_args__ = (Index("ix_service_type_unit_id", "type", "unit_id"),)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    type: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    neutral_name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(String(500), default="")
    goal_areas: Mapped[list[str]]
    waiting_weeks: Mapped[int | None]
    closed_until: Mapped[date | None]
    capacity_as_of: Mapped[date | None]
    # Working days, where they are not those of `portal.deadlines`.
    due_days: Mapped[int | None]
    expire_days: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    unit: Mapped[Unit] = relationship(lazy="joined")
    languages: Mapped[list[ServiceLanguage]] = relationship(cascade="all, delete-orphan")
    municipalities: Mapped[list[ServiceMunicipality]] = relationship(cascade="all, delete-orphan")

    @property
    def exists_still(self) -> bool:
        """Whether it is offered at all; `capacity_on` says whether there is room."""
        return self.active and self.unit.in_operation

    def capacity_on(self, day: date) -> str:
        """A key of CAPACITIES."""
        if self.closed_until is not None and day < self.closed_until:
            return CLOSED
        return WAITING if self.waiting_weeks else OPEN

    def capacity_is_old(self, day: date) -> bool:
        """Whether nobody has said for so long how it is that it may be otherwise."""
        return self.capacity_as_of is None or day - self.capacity_as_of > CAPACITY_HOLDS

    @property
    def public_name(self) -> str:
        """The name for every page but the handover and the sender's own of the referral: some
        names alone tell what somebody needs."""
        return self.neutral_name or self.name


class ServiceLanguage(Model):
    """A language in which a service can be used."""

    __tablename__ = "service_language"
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)


class ServiceMunicipality(Model):
    """A municipality a service is open to; a service without any is open to all."""

    __tablename__ = "service_municipality"
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True)
    municipality_ags: Mapped[str] = mapped_column(
        ForeignKey("municipality.ags"), primary_key=True, index=True
    )
