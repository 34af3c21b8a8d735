"""The codes behind links: of an office, of a volunteer, of a client, and of one referral's slip."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import HasId, Model


class LinkCode(HasId, Model):
    """What somebody without an account types to see more than a nameless preview.

    Of exactly one holder. `digest` is a keyed hash: whoever has the database alone guesses
    nothing, however short a PIN is. Of a referral it is what made its code another one: the code on
    the Begleitblatt follows from the key. `failures` are those since the last right one.
    """

    __tablename__ = "link_code"
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("unit.id"), unique=True)
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("membership.id"), unique=True)
    client_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), unique=True
    )
    referral_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("referral.id", ondelete="CASCADE"), unique=True
    )
    digest: Mapped[bytes | None]
    set_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
