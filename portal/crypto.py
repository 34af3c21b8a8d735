"""Encryption of personal fields, and the blind index by which names are found.

AES-256-GCM; every value is bound to its table, column and row, so that a value copied
into another row does not open. A stored value reads: key id (8 bytes) · nonce (12) · sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

KEY_ID_BYTES = 8
NONCE_BYTES = 12
PREFIXES = range(3, 9)  # letters of a name that a search may begin with

T = TypeVar("T")


class CannotDecrypt(Exception):
    """The value is not of this row, was changed, or its key is missing."""


@dataclass(frozen=True)
class Keyring:
    """The keys: `active` encrypts, all decrypt, `index` makes the blind index."""

    active: str
    keys: dict[str, bytes]
    index: bytes

    @classmethod
    def generate(cls) -> Keyring:
        key_id = secrets.token_hex(KEY_ID_BYTES // 2)
        return cls(key_id, {key_id: secrets.token_bytes(32)}, secrets.token_bytes(32))

    @classmethod
    def loads(cls, text: str) -> Keyring:
        """Read what `dumps` wrote. Raises ValueError with a reason."""
        try:
            data = json.loads(text)
            keys = {key_id: base64.b64decode(key) for key_id, key in data["keys"].items()}
            ring = cls(data["active"], keys, base64.b64decode(data["index"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"not a key file: {error}") from error
        if ring.active not in ring.keys:
            raise ValueError("not a key file: the active key is missing")
        if any(len(key) != 32 for key in (*ring.keys.values(), ring.index)):
            raise ValueError("not a key file: a key is not 32 bytes")
        if any(len(key_id.encode()) != KEY_ID_BYTES for key_id in ring.keys):
            raise ValueError(f"not a key file: a key's id is not {KEY_ID_BYTES} letters")
        return ring

    def dumps(self) -> str:
        keys = {key_id: base64.b64encode(key).decode() for key_id, key in self.keys.items()}
        index = base64.b64encode(self.index).decode()
        return json.dumps({"active": self.active, "keys": keys, "index": index}, indent=1)

    def encrypt(self, plain: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.active]).encrypt(nonce, plain, place.encode())
        return self.active.encode() + nonce + sealed

    def decrypt(self, stored: bytes, place: str) -> bytes:
        key = self.keys.get(stored[:KEY_ID_BYTES].decode("ascii", "replace"))
        if key is None:
            raise CannotDecrypt(f"{place}: its key is missing")
        nonce, sealed = stored[KEY_ID_BYTES:][:NONCE_BYTES], stored[KEY_ID_BYTES + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, sealed, place.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut off
            raise CannotDecrypt(f"{place}: the value is not of this place") from error

    def derive(self, purpose: str) -> bytes:
        """A key of its own for something else, the same as long as `index` is."""
        # No word that is looked up has a NUL in it: this is never anybody's token.
        return hmac.digest(self.index, b"\0" + purpose.encode(), "sha256")

    def token(self, word: str) -> bytes:
        """The blind index of one normalised word or prefix, 12 bytes."""
        return hmac.new(self.index, word.encode(), hashlib.sha256).digest()[:12]


def write_new_keyring(path: Path) -> Keyring:
    """Create the key file, readable by its owner alone. An existing one is never touched."""
    ring = Keyring.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(ring.dumps())
    return ring


def keyring() -> Keyring:
    """The keys of the running application."""
    ring: Keyring = current_app.extensions["portal_keyring"]
    return ring


class Encrypted(Generic[T]):
    """A JSON value, kept encrypted in the bytes column named `column`.

    `note = Encrypted[str]("note_sealed", default="")` beside
    `note_sealed: Mapped[bytes | None]`; the row's id is set when the object is made.
    """

    def __init__(self, column: str, default: T) -> None:
        self.column = column
        self.default = default

    @overload
    def __get__(self, row: None, owner: type) -> Encrypted[T]: ...
    @overload
    def __get__(self, row: object, owner: type) -> T: ...
    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        stored = getattr(row, self.column)
        if stored is None:
            return self.default
        # Decrypted once per loaded value: a list shows a name more than once.
        cached = row.__dict__.get("_opened_" + self.column)
        if cached is not None and cached[0] is stored:
            return cached[1]
        value = json.loads(keyring().decrypt(stored, self._place(row)))
        row.__dict__["_opened_" + self.column] = (stored, value)
        return value

    def __set__(self, row: Any, value: T) -> None:
        plain = json.dumps(value, ensure_ascii=False).encode()
        setattr(row, self.column, keyring().encrypt(plain, self._place(row)))

    def _place(self, row: Any) -> str:
        return f"{row.__tablename__}.{self.column}.{row.id}"


def normalise(text: str) -> list[str]:
    """The words of a name as they are compared: Örnek, Ornek and Oernek are the same word."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss").replace("ı", "i"))
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return [_fold_umlauts(word) for word in letters.split()]


def _fold_umlauts(word: str) -> str:
    for spelled, folded in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        word = word.replace(spelled, folded)
    return word


def index_tokens(text: str) -> set[bytes]:
    """What is stored to find `text` again: its words and their first 3 to 8 letters."""
    ring = keyring()
    forms = {form for word in normalise(text) for form in (word, *(word[:n] for n in PREFIXES))}
    return {ring.token(form) for form in forms}


def search_tokens(query: str) -> list[bytes]:
    """What to look for: every word of the query must be met (at most its first 8 letters)."""
    ring = keyring()
    return [ring.token(word[: PREFIXES[-1]]) for word in normalise(query)]
