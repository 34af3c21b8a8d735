"""The keyed hashes of the access log: of what an entry says, and of the place it was given.

The key comes from the key file: whoever has the database alone can compute none of them.
"""

from __future__ import annotations

import hmac
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from portal.crypto import keyring

SALT_BYTES = 16
PUBLIC = ("at", "kind", "actor_kind", "membership_id", "organisation_id", "subject_table",
          "purpose")  # fmt: skip
BLANKED = "~"  # what an id in a list begins with once it was blanked

Entry = Mapping[Any, Any]


def key() -> bytes:
    return keyring().derive("audit")


def mac(secret: bytes, what: str, *parts: bytes) -> bytes:
    """A keyed hash; `what` keeps one kind of it from passing for another."""
    return hmac.digest(secret, b"\0".join((what.encode(), *parts)), "sha256")


def content_digest(secret: bytes, entry: Entry) -> bytes:
    """Of what an entry says; b"" for what cannot be the portal's."""
    if entry["salt"] is not None:
        personal = personal_digest(secret, entry)
    elif entry["client_id"] or entry["subject_id"] or entry["data"]:
        return b""
    else:
        personal = entry["blanked"] or b""
    return mac(secret, "entry", personal, _canonical([entry[name] for name in PUBLIC]))


def personal_digest(secret: bytes, entry: Entry) -> bytes:
    """Of what points to a client; with the salt gone, nobody can try ids against it."""
    salt, data = entry["salt"], entry["data"]
    if "ids" in data:
        data = {**data, "ids": [id_digest(secret, salt, each) for each in data["ids"]]}
    said = _canonical([entry["client_id"], entry["subject_id"], data])
    return mac(secret, "personal", salt, said)


def id_digest(secret: bytes, salt: bytes, each: str) -> str:
    """What an id in a list counts as: one that was blanked is replaced by just that."""
    if each.startswith(BLANKED):
        return each
    return BLANKED + mac(secret, "id", salt, each.encode()).hex()


def place_digest(secret: bytes, content: bytes, entry_id: int, seal: int, position: int) -> bytes:
    """Of an entry at its place; takes the place of its first digest when it is sealed."""
    return mac(secret, "place", content, struct.pack(">qqq", entry_id, seal, position))


def _plain(value: datetime | UUID) -> str:
    return value.hex if isinstance(value, UUID) else value.astimezone(UTC).isoformat()


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain)


def _canonical(values: list[Any]) -> bytes:
    return _ENCODER.encode(values).encode()
