"""The consent of a client to share named data with one unit for one purpose."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Membership, Unit
from portal.crypto import Encrypted
from portal.extensions import HasId, Model
from portal.grants import ConsentState
from portal.workflow import N_, Choice

FORMS: tuple[Choice, ...] = (
    ("paper_signed", N_("Auf Papier unterschrieben")),
    ("screen_signed", N_("Am Bildschirm unterschrieben")),
    ("oral_documented", N_("Mündlich erklärt und dokumentiert")),
)
OCCASIONS: tuple[Choice, ...] = (
    ("outreach", N_("aufsuchende Beratung")),
    ("telephone", N_("am Telefon")),
)
KINDS: tuple[Choice, ...] = (
    ("sharing", N_("Weitergabe von Angaben")),
    ("both", N_("Weitergabe und Entbindung von der Schweigepflicht")),
    ("secrecy_release", N_("nur Entbindung von der Schweigepflicht")),
)
DIRECTIONS: tuple[Choice, ...] = (
    ("mutual", N_("in beide Richtungen: die Stelle darf antworten")),
    ("outgoing", N_("nur von der Beratung an die Stelle")),
)
PURPOSES: tuple[Choice, ...] = (
    ("advice_request", N_("Beratung zu einem Anliegen")),
    ("course_place", N_("Platz in einem Sprachkurs")),
    ("course_obligation", N_("Verpflichtung zu einem Kurs")),
    ("benefit_application", N_("Antrag auf Leistungen")),
    ("recognition", N_("Anerkennung eines Abschlusses")),
    ("childcare_school", N_("Kita oder Schule")),
    ("housing", N_("Wohnen")),
    ("volunteer_support", N_("Hilfe durch Freiwillige")),
    ("handover_regular_service", N_("Übergabe an einen Regeldienst")),
    ("appointment", N_("Termin")),
    ("other", N_("Anderes")),
)
WAYS_TO_REVOKE: tuple[Choice, ...] = (
    ("in_person", N_("in der Beratung")),
    ("telephone", N_("am Telefon")),
    ("letter", N_("schriftlich")),
)
BY_LINK: Choice = ("link", N_("von der Person selbst per Link"))  # nobody else can say so
REVOKED_VIA = (*WAYS_TO_REVOKE, BY_LINK)
DEFAULT_DAYS = 182
LONGEST_DAYS = 366
NOTICE_DAYS = 14  # its end is announced so long before
CONFIRM_WITHIN_DAYS = 10  # what was only said is to be signed by then


class ConsentSheet(HasId, Model):
    """One talk about consents, and the sheet that was shown: each recipient has a tick on it.

    `content` is the sheet as it was shown, `digest` the SHA-256 of its canonical JSON; a
    signature on the screen is sealed together with that digest.
    """

    __tablename__ = "consent_sheet"
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    form: Mapped[str] = mapped_column(String(30))
    occasion: Mapped[str] = mapped_column(String(20), default="")
    language: Mapped[str] = mapped_column(String(10), default="")
    text_version: Mapped[str] = mapped_column(String(20))
    content_sealed: Mapped[bytes]
    digest: Mapped[str] = mapped_column(String(64))
    signature_sealed: Mapped[bytes | None]
    interpreter_sealed: Mapped[bytes | None]
    explained_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    explained_on: Mapped[date]
    copy_given: Mapped[bool]
    confirm_by: Mapped[date | None]
    confirmed_on: Mapped[date | None]
    created_at: Mapped[datetime]
    explained_by: Mapped[Membership] = relationship(lazy="select")

    content = Encrypted[dict[str, Any]]("content_sealed", {})
    # {"digest": …, "strokes": […]}: proves which text was signed.
    signature = Encrypted[dict[str, Any]]("signature_sealed", {})
    interpreter = Encrypted[str]("interpreter_sealed", "")

    @property
    def is_to_be_confirmed(self) -> bool:
        return self.confirm_by is not None and self.confirmed_on is None


class Consent(HasId, Model):
    """One recipient, one purpose. `valid_until` is the last day on which it holds: what was
    agreed, or less, as long as it was only said or since the counselling ended.

    A refusal is a consent that never holds: it is kept that the client was asked, and said no.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("ix_consent_client_id_recipient_unit_id", "client_id", "recipient_unit_id"),
        # Only what will still end: else who looks for it goes through all that ever ended.
        Index(
            "ix_consent_to_announce",
            "valid_until",
            sqlite_where=text("told <> 'ended'"),
            postgresql_where=text("told <> 'ended'"),
        ),
    )
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"))
    recipient_unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("consent_sheet.id"), index=True)
    refused: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(20))
    direction: Mapped[str] = mapped_column(String(10))
    purpose_code: Mapped[str] = mapped_column(String(40))
    purpose_sealed: Mapped[bytes]
    categories: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    agreed_until: Mapped[date]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_via: Mapped[str | None] = mapped_column(String(20))
    # What the sender was told of its end: "", "ending" or "ended"; nobody is told twice.
    told: Mapped[str] = mapped_column(String(10), default="")
    # Allows nothing for now, because the client's record is restricted, or for good: it is erased.
    suspended_on: Mapped[date | None]
    recipient: Mapped[Unit] = relationship(lazy="joined")
    sheet: Mapped[ConsentSheet] = relationship(lazy="select")

    purpose = Encrypted[str]("purpose_sealed", "")

    def state_on(self, day: date) -> ConsentState:
        over = self.refused or self.suspended_on is not None or day > self.valid_until
        return ConsentState(revoked=self.revoked_at is not None, expired=over)


class ConsentTextCheck(HasId, Model):
    """A translator has read a language's sentences of a version (see `portal.consents.texts`)."""

    __tablename__ = "consent_text_check"
    __table_args__ = (UniqueConstraint("language", "version"),)
    language: Mapped[str] = mapped_column(String(10))
    version: Mapped[str] = mapped_column(String(20))
    checked_by_id: Mapped[UUID] = mapped_column(ForeignKey("membership.id"))
    checked_on: Mapped[date]
    checked_by: Mapped[Membership] = relationship(lazy="joined")
