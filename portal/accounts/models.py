"""Organisations with their units, people, and who serves where in which role."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask_security.core import UserMixin
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.extensions import HasId, Model
from portal.workflow import N_, Choice

REGIMES: tuple[Choice, ...] = (
    ("gdpr", N_("DSGVO")),
    ("sgb10", N_("Sozialdatenschutz (SGB X)")),
    ("kdg", N_("KDG (katholisch)")),
    ("dsg_ekd", N_("DSG-EKD (evangelisch)")),
)
MAIL_WISHES: tuple[Choice, ...] = (
    ("at_once", N_("Sofort, jede Nachricht einzeln")),
    ("daily", N_("Einmal am Tag, alles zusammen")),
    ("never", N_("Nur im Portal, keine E-Mails")),
)


LONGEST_PASSWORD = 200  # hashing takes memory for every letter, and argon2 ends at 4096


class Organisation(HasId, Model):
    """A body with its own responsibility for data; `kind` is a key of PARTNER_KINDS."""

    __tablename__ = "organisation"
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    data_protection_regime: Mapped[str] = mapped_column(String(20), default="gdpr")
    active: Mapped[bool] = mapped_column(default=True)
    units: Mapped[list[Unit]] = relationship(back_populates="organisation", order_by="Unit.name")


class Unit(HasId, Model):
    """A team or office of an organisation: what referrals are addressed to."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("organisation_id", "name"),)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(50), default="")
    email: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    suspect_since: Mapped[datetime | None]  # its mail address refused a letter for good
    # When it was last considered for the monthly letter that asks what still runs there.
    month_asked_on: Mapped[date | None] = mapped_column(index=True)
    organisation: Mapped[Organisation] = relationship(back_populates="units", lazy="joined")

    @property
    def in_operation(self) -> bool:
        """Whether anybody can still act there."""
        return self.active and self.organisation.active

    @property
    def full_name(self) -> str:
        """Organisation and unit; the unit is left out where it adds nothing."""
        own = self.name
        return self.organisation.name if own == self.organisation.name else (
            f"{self.organisation.name}, {own}"
        )  # fmt: skip


class Person(HasId, Model, UserMixin):
    """Somebody with an account. What they may do hangs on memberships, not on the person."""

    __tablename__ = "person"
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    # Held in every session; a new value ends them all.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(5), default="de")
    mail_wish: Mapped[str] = mapped_column(String(10), default="at_once")  # key of MAIL_WISHES
    suspect_since: Mapped[datetime | None]  # the mail address refused a letter for good
    last_login_at: Mapped[datetime | None]
    # Who gave this account another address: somebody else has to open it again.
    held_by_id: Mapped[UUID | None]
    # The secret in the address of the own calendar, as a hash.
    calendar_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    calendar_made_at: Mapped[datetime | None]
    memberships: Mapped[list[Membership]] = relationship(back_populates="person")

    # Flask-Security asks for its own kind of roles; ours hang on memberships.
    roles: tuple[object, ...] = ()


class Membership(HasId, Model):
    """One person in one unit in one role, until it ends. It is what acts, and what is named."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_unit_id_role", "unit_id", "role"),)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str] = mapped_column(String(40))
    ended_on: Mapped[date | None]
    person: Mapped[Person] = relationship(back_populates="memberships", lazy="joined")
    unit: Mapped[Unit] = relationship(lazy="joined")


class FailedLogin(Model):
    """A log-in that failed, kept for minutes to slow guessing down; `key` is a hash."""

    __tablename__ = "failed_login"
    __table_args__ = (Index("ix_failed_login_key_at", "key", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
