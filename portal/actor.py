"""Who acts: a member, a link, the client or the system, at which moment, and for which side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from portal.workflow import LOCAL, N_, Choice, Side


class ActorKind(StrEnum):
    MEMBER = "member"
    LINK = "link"
    CLIENT = "client"
    SYSTEM = "system"


SOURCES: tuple[Choice, ...] = (
    ("phone", N_("telefonisch von der Stelle")),
    ("email", N_("per E-Mail von der Stelle")),
    ("letter", N_("per Brief von der Stelle")),
    ("client", N_("von der Person erzählt")),
)


LINK = "link"  # the source of what was answered without an account


@dataclass(frozen=True, kw_only=True)
class Actor:
    """An argument of every command; `now` comes with it, so that nobody reads a clock.

    `recorded_for` is set when a member records what another side said; `source` then says
    how it became known (a key of SOURCES). Who acts by a link has LINK for a source, sees one
    referral alone (`only`), and while it is not `proven` by a code less of it than a member.
    """

    kind: ActorKind
    now: datetime
    name: str = ""
    person_id: UUID | None = None
    membership_id: UUID | None = None
    unit_id: UUID | None = None
    organisation_id: UUID | None = None
    role: str = ""
    permissions: frozenset[str] = field(default_factory=frozenset)
    recorded_for: Side | None = None
    source: str | None = None
    only: UUID | None = None  # a referral's id
    client_id: UUID | None = None  # of the client who acts
    proven: bool = True

    @property
    def today(self) -> date:
        return self.now.astimezone(LOCAL).date()

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def recording(self, side: Side, source: str) -> Actor:
        """The same actor, writing down what the other side said."""
        return replace(self, recorded_for=side, source=source)

    @classmethod
    def system(cls, now: datetime) -> Actor:
        return cls(kind=ActorKind.SYSTEM, now=now, name="Hand in Hand")
