"""What sets a code and what tries one: ten wrong ones lock it for a day."""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal import audit
from portal.accounts.models import Unit
from portal.actor import Actor
from portal.crypto import keyring
from portal.extensions import db
from portal.links.models import LinkCode
from portal.links.tokens import Holder, code_of
from portal.problems import Invalid
from portal.workflow import N_, Field, clean

ATTEMPTS = 10
LOCKED_FOR = timedelta(hours=24)
SHORTEST_CODE = 8
PIN_DIGITS = 6
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # those that are not taken for each other on paper
SLIP_LETTERS = 8

CODE_FIELDS = (
    Field(key="code", label=N_("Neuer Code"),
          hint=N_("Mindestens 8 Zeichen. Er gilt für alle in Ihrer Stelle, die Anfragen per Link "
                  "beantworten.")),
    Field(key="again", label=N_("Code wiederholen")),
)  # fmt: skip


class Attempt(StrEnum):
    """How an attempt ended."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED_NOW = "locked_now"  # the tenth: somebody is to be told
    LOCKED = "locked"


def set_code(actor: Actor, unit: Unit, data: Mapping[str, Any]) -> LinkCode:
    """The office's own code; every device that knew the one before asks again. Raises Invalid."""
    values = clean(CODE_FIELDS, data, actor.today)
    plain = _normalised(values["code"])
    if len(plain) < SHORTEST_CODE or len(set(plain)) < 4:
        raise Invalid({"code": N_("Bitte mindestens 8 Zeichen, nicht lauter gleiche.")})
    if _normalised(values["again"]) != plain:
        raise Invalid({"again": N_("Die beiden Codes sind nicht gleich.")})
    audit.record(actor, "link.code_set", subject=unit)
    return _keep(actor, unit, plain)


def give_pin(actor: Actor, holder: Holder, *, client_id: UUID | None = None) -> str:
    """A new PIN of a volunteer or a client, the one before is dead. It is kept nowhere, only its
    hash: whoever gives it shows it once."""
    pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
    _keep(actor, holder, pin)
    audit.record(actor, "link.pin_given", subject=holder, client_id=client_id)
    return pin


def end(actor: Actor, holder: Holder, *, client_id: UUID | None = None) -> None:
    """Nothing opens with the holder's code any more."""
    if (code := code_of(holder, lock=True)) is not None:
        db.session.delete(code)
        audit.record(actor, "link.ended", subject=holder, client_id=client_id)


def slip_code(referral_id: UUID) -> str:
    """The code on the Begleitblatt of a referral: it follows from the key, so that a sheet can be
    printed again, and from what `renew_slip` left, so that a lost one can be replaced."""
    left = db.session.scalar(select(LinkCode.digest).where(LinkCode.referral_id == referral_id))
    bits = int.from_bytes(keyring().token(f"slip {referral_id} {(left or b'').hex()}"))
    plain = "".join(_LETTERS[bits >> 5 * place & 31] for place in range(SLIP_LETTERS))
    return f"{plain[:4]}-{plain[4:]}"


def renew_slip(actor: Actor, referral: Holder) -> None:
    """The sheet of paper was lost: its code opens nothing any more, nor does who entered it."""
    code = _code_to_try(actor, referral)
    assert code is not None
    code.digest, code.set_at = secrets.token_bytes(12), actor.now
    code.failures, code.locked_until = 0, None
    audit.record(actor, "link.ended", subject=referral, client_id=_client_of(referral))


def try_code(actor: Actor, typed: str, holders: Sequence[Holder]) -> tuple[Attempt, Holder | None]:
    """Whose code was typed. A failure counts against the first that has one, or is a referral.
    What is locked does not open; whoever guesses at one of them does not close the others."""
    known = [(each, code) for each in holders if (code := _code_to_try(actor, each)) is not None]
    tried = [(each, code) for each, code in known if not _is_locked(actor, code)]
    plain = _normalised(typed)
    for holder, code in tried:
        if hmac.compare_digest(_expected(holder, code), _hash(holder, plain)):
            code.failures = 0
            audit.record(actor, "link.opened", subject=holder, client_id=_client_of(holder))
            return Attempt.RIGHT, holder
    wrong = Attempt.WRONG if tried == known else Attempt.LOCKED  # perhaps it was the locked one's
    if not tried:
        return wrong, None
    locking, counting = tried[0]
    counting.failures += 1
    if counting.failures < ATTEMPTS:
        return wrong, None
    counting.failures, counting.locked_until = 0, actor.now + LOCKED_FOR
    audit.record(actor, "link.locked", subject=locking, client_id=_client_of(locking))
    return Attempt.LOCKED_NOW, None


def _client_of(holder: Holder) -> UUID | None:
    """Whom an entry about this holder points to: it is blanked with that client."""
    if holder.__tablename__ == "client":
        return holder.id
    found: UUID | None = getattr(holder, "client_id", None)
    return found


def _is_locked(actor: Actor, code: LinkCode) -> bool:
    return code.locked_until is not None and code.locked_until > actor.now


def _code_to_try(actor: Actor, holder: Holder) -> LinkCode | None:
    code = code_of(holder, lock=True)
    if code is None and holder.__tablename__ == "referral":
        code = LinkCode(referral_id=holder.id, set_at=actor.now, failures=0)
        db.session.add(code)
    return code


def _keep(actor: Actor, holder: Holder, plain: str) -> LinkCode:
    code = code_of(holder, lock=True)
    if code is None:
        code = LinkCode(**{f"{holder.__tablename__}_id": holder.id})
        db.session.add(code)
    code.digest, code.set_at = _hash(holder, plain), actor.now
    code.failures, code.locked_until = 0, None
    return code


def _expected(holder: Holder, code: LinkCode) -> bytes:
    if code.referral_id is not None:
        return _hash(holder, _normalised(slip_code(code.referral_id)))
    return code.digest or b""


def _hash(holder: Holder, plain: str) -> bytes:
    return keyring().token(f"code {holder.__tablename__} {holder.id} {plain}")


def _normalised(typed: str) -> str:
    """As people copy a code from paper: small letters, gaps and hyphens do not matter."""
    return re.sub(r"[\s‐-―-]", "", unicodedata.normalize("NFC", typed)).upper()
