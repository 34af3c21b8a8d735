"""Signed links: for one purpose, of one holder, for some weeks, and what they know a device by."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from portal.accounts.models import Membership, Unit
from portal.extensions import db
from portal.links.models import LinkCode
from portal.problems import NotFound


class Purpose(StrEnum):
    """What a link is for; it opens nothing else."""

    ANSWER = "a"  # an office answers one referral
    TASK = "t"  # a volunteer answers one task
    MONTH = "m"  # an office says of everything that runs how it stands
    CODE = "c"  # an office chooses its code: once
    CLIENT = "p"  # a client looks at what is under way


LIFETIME = {
    Purpose.ANSWER: timedelta(days=45),  # every reminder brings a new one
    Purpose.TASK: timedelta(days=45),
    Purpose.MONTH: timedelta(days=30),
    Purpose.CODE: timedelta(days=7),
    Purpose.CLIENT: timedelta(days=182),
}
PATHS = {
    Purpose.ANSWER: "/answer/",
    Purpose.TASK: "/answer/",
    Purpose.MONTH: "/month/",
    Purpose.CODE: "/code/",
    Purpose.CLIENT: "/my/",
}
# Whose link dies with the code it came with: a chosen code uses its link up, a new PIN ends the
# link before.
_OF_ONE_CODE = (Purpose.CODE, Purpose.CLIENT)
_PACKED = struct.Struct("!c16s16sI8s")  # purpose, holder, subject, issued at, state of the holder


class Holder(Protocol):
    """Whoever a link or a code belongs to: a unit, a membership, a client; of a slip a referral."""

    __tablename__: str
    id: UUID


@dataclass(frozen=True)
class Link:
    """What a link says, its signature being right. Whether it still holds is asked separately."""

    purpose: Purpose
    holder_id: UUID
    subject_id: UUID  # the referral; the holder again where there is none
    issued_at: datetime
    state: bytes

    def has_expired(self, now: datetime) -> bool:
        return now >= self.issued_at + LIFETIME[self.purpose]

    def fits(self, holder: Holder) -> bool:
        """Whether the holder is still reached where the link was sent, and has not used it up."""
        return hmac.compare_digest(self.state, _state(self.purpose, holder))


def make(purpose: Purpose, holder: Holder, subject_id: UUID, moment: datetime) -> str:
    """The token; `address` makes an address of it."""
    said = _PACKED.pack(purpose.encode(), holder.id.bytes, subject_id.bytes,
                        int(moment.timestamp()), _state(purpose, holder))  # fmt: skip
    return _signer().sign(base64_encode(said)).decode()


def read(token: str) -> Link:
    """Raises NotFound for what was never made here, or was altered."""
    try:
        said = _PACKED.unpack(base64_decode(_signer().unsign(token)))
    except (BadSignature, ValueError, struct.error) as forged:
        raise NotFound from forged
    purpose, holder, subject, issued, state = said
    return Link(Purpose(purpose.decode()), UUID(bytes=holder), UUID(bytes=subject),
                datetime.fromtimestamp(issued, UTC), state)  # fmt: skip


def address(purpose: Purpose, holder: Holder, subject_id: UUID, moment: datetime) -> str:
    """The whole address as it stands in a letter."""
    base = str(current_app.config["BASE_URL"]).rstrip("/")
    return f"{base}{PATHS[purpose]}{make(purpose, holder, subject_id, moment)}"


def code_of(holder: Holder, *, lock: bool = False) -> LinkCode | None:
    """`lock` as for everything that is about to be counted or changed."""
    column = getattr(LinkCode, f"{holder.__tablename__}_id")
    statement = db.select(LinkCode).where(column == holder.id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found: LinkCode | None = db.session.scalar(statement)
    return found


def device_key(holder: Holder, moment: datetime) -> str:
    """What a device keeps after a right code; dead as soon as the code is another one."""
    return _signer("device").sign(f"{holder.id.hex}.{int(moment.timestamp())}."
                                  f"{_code_state(holder)}").decode()  # fmt: skip


def is_known(holder: Holder, key: str, now: datetime, lasts: timedelta) -> bool:
    """Whether the device that shows this key entered the holder's code within `lasts`."""
    try:
        whose, since, state = _signer("device").unsign(key).decode().split(".")
        age = now.timestamp() - int(since)
    except (BadSignature, ValueError):
        return False
    same = hmac.compare_digest(state, _code_state(holder))
    return same and whose == holder.id.hex and 0 <= age < lasts.total_seconds()


def _state(purpose: Purpose, holder: Holder) -> bytes:
    """Changes with the address that a link was sent to, and tells nothing of it."""
    text = f"{purpose} {holder.id}"
    if isinstance(holder, Unit):
        text += f" {holder.email}"
    elif isinstance(holder, Membership):
        text += f" {holder.person.email}"
    if purpose in _OF_ONE_CODE:
        text += f" {_code_state(holder)}"
    return _digest(text)[:8]


def _code_state(holder: Holder) -> str:
    code = code_of(holder)
    if code is None or code.digest is None:
        return "none"
    return _digest(f"code {code.digest!r} {code.set_at.timestamp()}").hex()[:16]


def _digest(text: str) -> bytes:
    secret = str(current_app.secret_key)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def _signer(use: str = "link") -> Signer:
    secret = str(current_app.secret_key)
    return Signer(secret, salt=f"portal.links {use}", digest_method=hashlib.sha256)
