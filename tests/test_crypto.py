"""Personal values open in their own place with their own key, and nowhere else."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from portal.clients.models import Client
from portal.config import ConfigError, load
from portal.crypto import (
    CannotDecrypt,
    Keyring,
    index_tokens,
    normalise,
    search_tokens,
    write_new_keyring,
)
from portal.extensions import Model, db
from portal.referrals.models import Appointment, Event, Package, Referral
from portal.testing.town import Town

RING = Keyring.generate()


@settings(deadline=None)
@given(plain=st.binary(), place=st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_again(plain: bytes, place: str) -> None:
    sealed = RING.encrypt(plain, place)
    assert RING.decrypt(sealed, place) == plain
    assert len(plain) < 8 or plain not in sealed


def test_sealing_twice_gives_two_values() -> None:
    assert RING.encrypt(b"same", "here") != RING.encrypt(b"same", "here")


def test_every_purpose_has_a_key_of_its_own() -> None:
    assert RING.derive("audit") == Keyring.loads(RING.dumps()).derive("audit")
    keys = {RING.derive("audit"), RING.derive("other"), RING.index, *RING.keys.values()}
    assert len({key[:12] for key in keys} | {RING.token("audit")}) == len(RING.keys) + 4


@settings(deadline=None)
@given(position=st.integers(0, 100), flip=st.integers(1, 255))
def test_a_changed_byte_is_found(position: int, flip: int) -> None:
    sealed = bytearray(RING.encrypt(b"Oksana Pryklad, 0000 123456", "client.profile.1"))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(CannotDecrypt):
        RING.decrypt(bytes(sealed), "client.profile.1")


@pytest.mark.parametrize("length", [0, 1, 8, 9, 20, 35])
def test_a_value_that_was_cut_off_is_found(length: int) -> None:
    with pytest.raises(CannotDecrypt):
        RING.decrypt(RING.encrypt(b"Oksana", "here")[:length], "here")


def test_another_key_of_the_same_id_does_not_open() -> None:
    other = replace(Keyring.generate(), active=RING.active)
    other = replace(other, keys={RING.active: next(iter(other.keys.values()))})
    with pytest.raises(CannotDecrypt, match="not of this place"):
        other.decrypt(RING.encrypt(b"x", "here"), "here")


def test_a_missing_key_is_named_as_missing() -> None:
    with pytest.raises(CannotDecrypt, match="its key is missing"):
        Keyring.generate().decrypt(RING.encrypt(b"x", "here"), "here")


def rotated(ring: Keyring) -> Keyring:
    new = Keyring.generate()
    return Keyring(new.active, {**ring.keys, **new.keys}, ring.index)


def test_after_a_rotation_the_old_is_read_and_the_new_is_written() -> None:
    old = RING.encrypt(b"Oksana", "here")
    ring = Keyring.loads(rotated(RING).dumps())
    assert ring.decrypt(old, "here") == b"Oksana"
    new = ring.encrypt(b"Oksana", "here")
    assert new[:8].decode() == ring.active != RING.active
    assert ring.token("oksana") == RING.token("oksana")  # names are found as before
    with pytest.raises(CannotDecrypt):
        RING.decrypt(new, "here")


# --- rows -----------------------------------------------------------------------------------
SEALED = [
    (mapper.class_, column.key)
    for mapper in Model.registry.mappers
    for column in mapper.columns
    if column.key.endswith("_sealed")
]


def test_all_that_tells_of_a_person_is_sealed() -> None:
    found = {(model.__tablename__, column) for model, column in SEALED}
    assert found >= {
        ("client", "profile_sealed"),
        ("consent", "purpose_sealed"),
        ("referral", "request_sealed"),
        ("package", "content_sealed"),
        ("referral_event", "data_sealed"),
        ("appointment", "place_sealed"),
    }


def test_a_value_copied_into_another_row_does_not_open(town: Town) -> None:
    other = town.factory.client(town.advisor, given_name="Andere")
    other.profile_sealed = town.client.profile_sealed
    with pytest.raises(CannotDecrypt):
        _ = other.profile


def test_a_value_copied_into_another_column_does_not_open(town: Town) -> None:
    referral = town.factory.sent(town.advisor, town.client, town.service)
    event = db.session.query(Event).filter_by(referral_id=referral.id).first()
    same_id = Appointment(id=event.id, referral_id=referral.id, starts_at=town.factory.now)
    same_id.place_sealed = event.data_sealed
    with pytest.raises(CannotDecrypt):
        _ = same_id.place


MARKERS = ("Zzmarkername", "Zzmarkerfamilie", "zzmarker@portal.example", "Zzmarkerfrage",
           "Zzmarkerantwort", "Zzmarkerort", "Zzmarkeranliegen", "Zzmarkerzweck")  # fmt: skip


def test_no_personal_word_lies_open_in_the_database(town: Town) -> None:
    f = town.factory
    client = f.client(town.advisor, given_name=MARKERS[0], family_name=MARKERS[1],
                      email=MARKERS[2])  # fmt: skip
    purpose = f"{MARKERS[7]}, damit die Stelle einen Platz anbieten kann."
    f.consent(town.advisor, client, town.service.unit, purpose=purpose)
    referral = f.sent(town.advisor, client, town.service, form={"concern": MARKERS[6]})
    f.move(town.partner, referral.id, "ask", {"question": MARKERS[3]})
    f.move(town.advisor, referral.id, "answer", {"answer": MARKERS[4]})
    f.move(town.partner, referral.id, "accept_with_appointment", {"place": MARKERS[5]})
    db.session.commit()
    dump = " ".join(everything()).casefold()
    assert "vm-2026-" in dump  # the dump does hold the rows
    assert [word for word in MARKERS if word.casefold() in dump] == []
    assert db.session.get_one(Client, client.id).name == f"{MARKERS[0]} {MARKERS[1]}"
    package = db.session.query(Package).filter_by(referral_id=referral.id).one()
    assert package.content["concern"] == MARKERS[6]
    assert db.session.get_one(Referral, referral.id).request["form"]["concern"] == MARKERS[6]


def everything() -> Iterator[str]:
    """Every value of every table as text, bytes letter by letter."""
    for table in Model.metadata.sorted_tables:
        for row in db.session.execute(text(f'SELECT * FROM "{table.name}"')):
            for value in row:
                yield value.decode("latin-1") if isinstance(value, bytes) else str(value)


# --- the key file -----------------------------------------------------------------------------
def test_the_key_file_is_the_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ring = write_new_keyring(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.loads(path.read_text()) == ring
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_new_keyring(path)
    assert path.read_bytes() == before


GOOD = json.loads(RING.dumps())


BROKEN = {
    "empty": "",
    "no JSON": "not json",
    "a list": "[]",
    "null": "null",
    "no such active key": json.dumps({**GOOD, "active": "00000000"}),
    "no keys": json.dumps({**GOOD, "keys": {}}),
    "short key": json.dumps({**GOOD, "keys": {GOOD["active"]: "c2hvcnQ="}}),
    "short id": json.dumps({**GOOD, "keys": {"id": GOOD["keys"][GOOD["active"]]}, "active": "id"}),
    "short index": json.dumps({**GOOD, "index": ""}),
    "no index": json.dumps({key: value for key, value in GOOD.items() if key != "index"}),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_key_file_stops_the_start(broken: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a key file"):
        Keyring.loads(broken)
    (tmp_path / "keys.json").write_text(broken)
    with pytest.raises(ConfigError, match=r"keys\.json"):
        load({"INSTANCE": str(tmp_path), "SECRET_KEY": "x"})


# --- the blind index ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spellings",
    [
        ("Örnek", "Ornek", "Oernek", "O\u0308rnek", "ÖRNEK"),
        ("Müller", "Mueller", "Muller", "MÜLLER"),
        ("Großmann", "Grossmann", "GROSSMANN"),
        ("Yıldız", "Yildiz", "YILDIZ"),
        ("İnci", "Inci", "inci"),
        ("Étienne", "Etienne"),
        ("Ґалина", "Ґалина".upper()),
    ],
)
def test_spellings_of_one_name_meet(spellings: tuple[str, ...]) -> None:
    assert len({tuple(normalise(spelled)) for spelled in spellings}) == 1


def test_names_are_words_whatever_stands_between_them() -> None:
    assert normalise("Anna-Lena  O'Neill, geb. Müller") == [
        "anna", "lena", "o", "neill", "geb", "muller",
    ]  # fmt: skip
    assert normalise("… 🙂 —") == []


def test_a_search_word_is_among_what_was_stored(sqlite_app: Flask) -> None:
    stored = index_tokens("Oksana Prykladenkowskaja")
    for query in ("Oks", "oksana", "Prykladenkow", "pryklad OKSANA"):
        assert set(search_tokens(query)) <= stored
    for query in ("Okx", "ksana", "Pr"):
        assert not set(search_tokens(query)) & stored


def test_the_index_tells_nothing_without_its_key(sqlite_app: Flask) -> None:
    stored = index_tokens("Oksana")
    assert {Keyring.generate().token(word) for word in ("oks", "oksana")} & stored == set()
    assert {len(token) for token in stored} == {12}


@pytest.mark.parametrize("value", [{}, {"a": [1, None, "ü"]}, {"x": "\u200f\n"}])
def test_a_sealed_value_is_read_as_it_was_set(sqlite_app: Flask, value: Any) -> None:
    package = Package(content=value)
    assert package.content == value
    package.content = {"other": 1}
    assert package.content == {"other": 1}
    assert Package().content == {}
