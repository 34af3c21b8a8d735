"""One-time links to an account: signed, short-lived, and dead as soon as the password changes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from portal.accounts.models import Person
from portal.extensions import db

PATH = "/account/password/"
INVITATION, RESET = "invitation", "reset"
# An invitation may wait for somebody who begins on Monday; a reset is asked for and used.
LIFETIME = {INVITATION: timedelta(days=7), RESET: timedelta(hours=24)}


def make(secret: str, person: Person, purpose: str, moment: datetime) -> str:
    payload = [purpose, person.id.hex, int(moment.timestamp()), _state(person)]
    return str(_serializer(secret).dumps(payload))


def read(secret: str, token: str, moment: datetime) -> tuple[Person, str] | None:
    """Whose link this is and what for; None if it is forged, too old or used."""
    try:
        purpose, person_id, issued_at, state = _serializer(secret).loads(token)
    except BadData:
        return None
    person = db.session.get(Person, UUID(person_id))
    if person is None or not person.active:
        return None
    if moment.timestamp() - issued_at > LIFETIME[purpose].total_seconds():
        return None
    return (person, purpose) if hmac.compare_digest(state, _state(person)) else None


def _state(person: Person) -> str:
    """Changes with the password and with every log-out, and tells nothing about either."""
    text = f"{person.fs_uniquifier} {person.password}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="account link")
