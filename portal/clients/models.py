"""The client record and who is in charge of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Membership
from portal.crypto import Encrypted
from portal.extensions import HasId, Model
from portal.network.models import Municipality


class Client(HasId, Model):
    """A person who is counselled. All that tells who it is lies encrypted in `profile`."""

    __tablename__ = "client"
    __table_args__ = (Index("ix_client_advisor_id_closed_on", "advisor_id", "closed_on"),)
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    municipality_ags: Mapped[str] = mapped_column(ForeignKey("municipality.ags"), index=True)
    profile_sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    counselling_started_on: Mapped[date]
    closed_on: Mapped[date | None]
    # Until when something that the client asked for is to be answered (Art. 12 GDPR).
    request_due_on: Mapped[date | None]
    # While it lasts nothing is changed and nothing passed on (Art. 18 GDPR).
    restricted_on: Mapped[date | None]
    # Nothing is left but what statistics need, and nobody sees the row any more.
    erased_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    advisor: Mapped[Membership] = relationship(lazy="joined", foreign_keys=[advisor_id])
    municipality: Mapped[Municipality] = relationship(lazy="joined")

    # JSON-ready values by key of CLIENT_FIELDS; dates as ISO text.
    profile = Encrypted[dict[str, Any]]("profile_sealed", {})

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @property
    def name(self) -> str:
        return f"{self.profile['given_name']} {self.profile['family_name']}"

    @property
    def sort_name(self) -> str:
        return f"{self.profile['family_name']}, {self.profile['given_name']}"


class ClientToken(Model):
    """The blind index: keyed hashes of a client's names and their first letters."""

    __tablename__ = "client_token"
    token: Mapped[bytes] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True, index=True)


class Deputy(HasId, Model):
    """A colleague who acts for an advisor, for a time that always ends."""

    __tablename__ = "deputy"
    __table_args__ = (Index("ix_deputy_deputy_id_ends_on", "deputy_id", "ends_on"),)
    advisor_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"), index=True)
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    advisor: Mapped[Membership] = relationship(foreign_keys=[advisor_id], lazy="joined")
    deputy: Mapped[Membership] = relationship(foreign_keys=[deputy_id], lazy="joined")
