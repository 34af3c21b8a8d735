"""The sealed log: whatever was done to it in the database is found, and named."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from portal import audit, digests, sealing, verifying
from portal.actor import Actor
from portal.audit import AuditEntry
from portal.crypto import Keyring
from portal.database import unit_of_work
from portal.demo import start
from portal.extensions import db
from portal.sealing import KEPT_OUTSIDE, Seal, seal_all
from portal.testing.town import NOW, Town
from tests.threads import at_once

SAID = ("at", "kind", "actor_kind", "membership_id", "organisation_id", "subject_table",
        "subject_id", "client_id", "purpose", "data", "salt", "blanked")  # fmt: skip


@pytest.fixture
def log(app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of 15 entries in three seals of five."""
    monkeypatch.setattr(sealing, "BATCH", 5)
    with db.engine.connect().execution_options(writing=True) as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.commit()
    write(town.factory.actor(town.advisor), town, 15)
    assert seal_all(NOW) == 15
    tamper("CREATE TABLE kept_entry AS SELECT * FROM audit_entry",
           "CREATE TABLE kept_seal AS SELECT * FROM audit_seal")  # fmt: skip
    return ids()


def restore() -> None:
    """Back to what it was before it was tampered with."""
    tamper("DELETE FROM audit_entry", "INSERT INTO audit_entry SELECT * FROM kept_entry",
           "DELETE FROM audit_seal", "INSERT INTO audit_seal SELECT * FROM kept_seal")  # fmt: skip
    assert findings() == []


def write(actor: Actor, town: Town, number: int) -> None:
    client_id = town.client.id
    db.session.rollback()
    with unit_of_work():
        for minute in range(number):
            later = Actor(kind=actor.kind, now=NOW + timedelta(minutes=minute),
                          membership_id=actor.membership_id)  # fmt: skip
            audit.record(later, "client.changed", client_id=client_id, fields=[f"field{minute}"])


def ids() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def tamper(*statements: str, **values: Any) -> None:
    """What somebody does who has the database, and not the key file."""
    db.session.rollback()
    with db.engine.connect().execution_options(writing=True) as connection:
        for statement in statements:
            found = re.findall(r"(?<![:\w]):([a-z]+)", statement)
            connection.execute(text(statement), {name: values[name] for name in found})
        connection.commit()


def swap(one: int, other: int, *columns: str) -> None:
    """Exchange some columns of two entries."""
    names = ", ".join(columns)
    moved = [
        f"UPDATE audit_entry SET ({names}) = (SELECT {names} FROM pair WHERE id = {there}) "
        f"WHERE id = {here}"
        for here, there in ((one, other), (other, one))
    ]
    back = (
        "UPDATE audit_entry SET position = "
        "(SELECT position FROM pair WHERE pair.id = audit_entry.id) WHERE position < 0"
    )
    tamper(
        f"CREATE TEMP TABLE pair AS SELECT * FROM audit_entry WHERE id IN ({one}, {other})",
        f"UPDATE audit_entry SET position = -id WHERE id IN ({one}, {other})",
        *([] if "position" in columns else [back]),
        *moved,
        "DROP TABLE pair",
    )


def findings() -> list[str]:
    return verifying.verify().findings


def the_finding() -> str:
    (found,) = findings()
    return found


# --- what is as it was -----------------------------------------------------------------------


def test_an_untouched_log_is_good(log: list[int], town: Town) -> None:
    write(town.factory.actor(town.advisor), town, 2)
    report = verifying.verify()
    assert report.findings == []
    assert (report.sealed, report.seals, report.waiting) == (15, 3, 2)
    assert (report.blanked, report.compared) == (0, True)
    assert "15 entries in 3 seals were read; 2 wait for one." in "\n".join(report.lines())


def test_an_empty_log_is_good(app: Flask) -> None:
    assert (seal_all(NOW), findings()) == (0, [])
    assert verifying.verify().compared is False


def test_every_kind_of_entry_comes_back_as_it_was_hashed(app: Flask, town: Town) -> None:
    """Whatever a value looks like in either database, it counts as what was written."""
    actor = town.factory.actor(town.advisor)
    audit.record_read(actor, "client.read", purpose="list", ids=[town.client.id.hex])
    audit.record_read(Actor.system(NOW), "client.read", purpose="page", day=NOW.date().isoformat(),
                      umlaut="Ä", number=1, none=None, nested={"b": [1, 2], "a": 0.5})  # fmt: skip
    assert findings() == []
    assert seal_all(NOW) > 2
    assert findings() == []


def test_what_was_sealed_late_is_counted(log: list[int], town: Town) -> None:
    write(town.factory.actor(town.advisor), town, 2)
    seal_all(NOW + timedelta(days=40))
    report = verifying.verify()
    assert (report.findings, report.late) == ([], 2)
    assert "2 of them were sealed more than a day after" in "\n".join(report.lines())


# --- changed ---------------------------------------------------------------------------------


CHANGES = (
    ("kind", "'client.read'"), ("purpose", "'other'"), ("membership_id", "NULL"),
    ("subject_table", "'person'"), ("client_id", "NULL"), ("data", "'{}'"),
    ("data", """'{"fields": ["field7", "phone"]}'"""), ("at", "'2026-11-23 08:37:01+00:00'"),
    ("salt", "NULL"), ("position", "77"), ("digest", "salt"),
)  # fmt: skip


def test_a_changed_entry_is_named(log: list[int]) -> None:
    for column, value in CHANGES:
        tamper(f"UPDATE audit_entry SET {column} = {value} WHERE id = :id", id=log[7])
        found = the_finding()
        assert found.startswith(f"entry {log[7]} of 23.11.2026 09:37 (client.")
        assert ("was moved" if column == "position" else "was changed") in found
        assert "of seal 2 of 23.11.2026 09:30" in found
        restore()


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_nonsense_is_named_and_not_stumbled_over(log: list[int]) -> None:
    """SQLite keeps whatever is put into a column."""
    for column in ("data", "at", "client_id", "salt", "position", "seal_number"):
        tamper(f"UPDATE audit_entry SET {column} = 'nonsense' WHERE id = :id", id=log[7])
        assert any(found.startswith(f"entry {log[7]} of ") for found in findings()), column
        restore()


def test_what_a_forger_without_the_key_computes_does_not_help(log: list[int]) -> None:
    tamper("UPDATE audit_entry SET kind = 'client.read' WHERE id = :id", id=log[7])
    nobodys = Keyring.generate().derive("audit")
    entry = dict(db.session.execute(select(AuditEntry.__table__).where(AuditEntry.id == log[7]))
                 .mappings().one())  # fmt: skip
    digest = digests.place_digest(
        nobodys, digests.content_digest(nobodys, entry), log[7], 2, entry["position"]
    )
    tamper("UPDATE audit_entry SET digest = :digest WHERE id = :id", digest=digest, id=log[7])
    assert f"entry {log[7]} of" in the_finding()


def test_a_changed_seal_is_named(log: list[int]) -> None:
    first = "(SELECT hash FROM kept_seal WHERE number = 1)"
    for change in ("count = 4", "count = 6", f"hash = {first}",
                   "sealed_at = '2026-11-24 08:30:00+00:00'"):  # fmt: skip
        tamper(f"UPDATE audit_seal SET {change} WHERE number = 2")
        assert "seal 2 of" in findings()[0], change
        restore()


# --- removed ---------------------------------------------------------------------------------


def test_a_removed_entry_is_named(log: list[int]) -> None:
    for place in (0, 4, 5, 7, 14):
        tamper("DELETE FROM audit_entry WHERE id = :id", id=log[place])
        found = the_finding()
        assert f"removed: number {place % 5 + 1} of seal {place // 5 + 1} of" in found
        assert f"entry {log[place - 1] if place else log[1]} of 23.11.2026" in found
        assert found.startswith(f"entry {log[place]} was removed") == (place in (5, 7))
        restore()


def test_a_removed_entry_is_named_though_the_others_closed_up(log: list[int]) -> None:
    tamper(
        "DELETE FROM audit_entry WHERE id = :id",
        "UPDATE audit_entry SET position = -position WHERE seal_number = 2 AND position > 3",
        "UPDATE audit_entry SET position = -position - 1 WHERE position < 0",
        id=log[7],
    )
    assert the_finding().startswith(f"entry {log[7]} was removed: number 3 of seal 2")


def test_the_last_of_a_seal_is_missed_though_its_count_was_put_right(log: list[int]) -> None:
    tamper("DELETE FROM audit_entry WHERE id = :id",
           "UPDATE audit_seal SET count = 4 WHERE number = 2", id=log[9])  # fmt: skip
    assert the_finding().startswith("seal 2 of 23.11.2026 09:30 does not match its entries")


def test_all_entries_of_a_seal_are_missed(log: list[int]) -> None:
    tamper("DELETE FROM audit_entry WHERE seal_number = 2")
    assert the_finding() == "all 5 entries of seal 2 of 23.11.2026 09:30 were removed"


def test_a_seal_with_its_entries_is_missed(log: list[int]) -> None:
    tamper("DELETE FROM audit_entry WHERE seal_number = 2",
           "DELETE FROM audit_seal WHERE number = 2")  # fmt: skip
    assert the_finding() == "seals were removed before seal 3 of 23.11.2026 09:30: 2 to 2"


def test_a_seal_alone_is_missed(log: list[int]) -> None:
    tamper("DELETE FROM audit_seal WHERE number = 2")
    found = findings()
    assert len(found) == 6
    assert found[0].startswith(f"entry {log[5]} of")
    assert "there is no seal 2" in found[0]


def test_the_end_cannot_be_cut_off(log: list[int]) -> None:
    for left in (2, 1, 0):
        tamper(f"DELETE FROM audit_entry WHERE seal_number > {left}",
               f"DELETE FROM audit_seal WHERE number > {left}")  # fmt: skip
        found = the_finding()
        assert "the last entries were removed: audit_seal.json tells of seal 3" in found
        assert f"ends with seal {left}" in found


def test_the_end_cannot_be_replaced(log: list[int], town: Town) -> None:
    """Cut off, and grown again by the portal itself."""
    tamper("DELETE FROM audit_entry WHERE seal_number = 3",
           "DELETE FROM audit_seal WHERE number = 3")  # fmt: skip
    kept = kept_file()
    before = kept.read_text()
    write(town.factory.actor(town.advisor), town, 5)
    seal_all(NOW)
    kept.write_text(before)
    assert the_finding() == "seal 3 is not the one that audit_seal.json tells of"


def test_a_copy_of_the_seal_that_cannot_be_read_is_told(log: list[int]) -> None:
    for nonsense in ("", "{}", '{"seal": 1, "hash": "zz"}', '{"seal": null, "hash": ""}'):
        kept_file().write_text(nonsense)
        assert the_finding() == "audit_seal.json cannot be read"
    kept_file().unlink()
    report = verifying.verify()
    assert report.findings == []
    assert "whether the end was cut off cannot be told" in "\n".join(report.lines())


def kept_file() -> Path:
    found: Path = sealing._file()
    return found


# --- inserted --------------------------------------------------------------------------------


def forge(original: int, seal: int | None, position: int | None) -> int:
    """A row that says what another one says, at a place of its own; returns its id."""
    names = ", ".join((*SAID, "digest"))
    tamper(f"INSERT INTO audit_entry ({names}, seal_number, position) "
           f"SELECT {names}, {seal or 'NULL'}, {position or 'NULL'} FROM audit_entry "
           f"WHERE id = {original}")  # fmt: skip
    return ids()[-1]


def test_an_entry_put_at_the_end_of_a_seal_is_named(log: list[int]) -> None:
    new = forge(log[7], 2, 6)
    assert the_finding().startswith(f"entry {new} of 23.11.2026 09:37 (client.changed) was insert")


def test_an_entry_put_between_others_is_named(log: list[int]) -> None:
    tamper("UPDATE audit_entry SET position = -position WHERE seal_number = 2 AND position > 2",
           "UPDATE audit_entry SET position = 1 - position WHERE position < 0")  # fmt: skip
    new = forge(log[12], 2, 3)
    assert the_finding().startswith(f"entry {new} of")
    assert "was inserted into seal 2" in the_finding()


def test_an_entry_in_a_seal_that_does_not_exist_is_named(log: list[int]) -> None:
    new = forge(log[7], 4, 1)
    assert the_finding().startswith(f"entry {new} of")
    assert the_finding().endswith("there is no seal 4")


def test_an_entry_that_is_not_sealed_yet_cannot_be_made_up_either(
    log: list[int], town: Town
) -> None:
    """Only a removal goes unnoticed before the worker comes by."""
    write(town.factory.actor(town.advisor), town, 2)
    new = forge(log[7], None, None)
    tamper("UPDATE audit_entry SET kind = 'client.read' WHERE id = :id", id=new)
    assert "not sealed yet, was inserted or changed" in the_finding()
    assert the_finding().startswith(f"entry {new} of")
    seal_all(NOW)
    assert the_finding().startswith(f"entry {new} of 23.11.2026 09:37 (client.read) was changed")


# --- swapped ---------------------------------------------------------------------------------


def test_two_swapped_entries_are_named(log: list[int]) -> None:
    """What they say or where they stand, with their hashes or without; in one seal or in two."""
    for columns in (SAID, ("seal_number", "position")):
        for also in ((), ("digest",)):
            for one, other in ((6, 8), (6, 12)):
                swap(log[one], log[other], *columns, *also)
                found = findings()
                assert found, (columns, also, one, other)
                for line in found:
                    assert f"entry {log[one]} of" in line
                    assert f"entry {log[other]} of" in line
                    assert line.endswith("were swapped")
                restore()


def test_two_swapped_numbers_are_named(log: list[int]) -> None:
    tamper("UPDATE audit_entry SET id = -1 WHERE id = :one",
           "UPDATE audit_entry SET id = :one WHERE id = :other",
           "UPDATE audit_entry SET id = :other WHERE id = -1",
           one=log[6], other=log[12])  # fmt: skip
    assert all(line.endswith("were swapped") for line in findings())
    assert f"entry {log[6]} of 23.11.2026 09:42" in findings()[0]


def test_a_copy_of_another_entry_is_a_change_and_no_swap(log: list[int]) -> None:
    names = ", ".join(SAID)
    tamper(f"UPDATE audit_entry SET ({names}) = (SELECT {names} FROM audit_entry AS o "
           "WHERE o.id = :other) WHERE id = :one", one=log[6], other=log[12])  # fmt: skip
    assert the_finding().startswith(
        f"entry {log[6]} of 23.11.2026 09:42 (client.changed) was chang"
    )


def test_several_findings_are_all_named_and_a_wrong_key_is_suspected(
    app: Flask, log: list[int]
) -> None:
    tamper("UPDATE audit_entry SET kind = 'client.read' WHERE id = :id", id=log[1])
    tamper("DELETE FROM audit_entry WHERE id = :id", id=log[6])
    swap(log[11], log[12], *SAID)
    found = findings()
    assert [re.findall(r"was changed|was removed|were swapped", line)[0] for line in found] == [
        "was changed", "was removed", "were swapped", "were swapped",
    ]  # fmt: skip
    app.extensions["portal_keyring"] = Keyring.generate()
    report = verifying.verify()
    assert len(report.findings) == verifying.MOST
    assert "Is the key file the right one?" in "\n".join(report.lines())


# --- sealing ---------------------------------------------------------------------------------


def test_sealing_twice_seals_nothing_twice(log: list[int]) -> None:
    before = digests_of_all()
    assert seal_all(NOW) == 0
    assert digests_of_all() == before


def digests_of_all() -> list[Any]:
    db.session.rollback()
    columns = (AuditEntry.seal_number, AuditEntry.position, AuditEntry.digest)
    return list(db.session.execute(select(*columns).order_by(AuditEntry.id)))


@pytest.mark.parametrize("_round", range(3))
def test_of_several_workers_one_seals(
    app: Flask, log: list[int], town: Town, _round: int
) -> None:  # fmt: skip
    write(town.factory.actor(town.advisor), town, 12)
    results = at_once(app, *[lambda: seal_all(NOW)] * 3)
    assert all(isinstance(result, int) for result in results), results
    seal_all(NOW)  # whoever was second may have left the rest to the others
    report = verifying.verify()
    assert (report.findings, report.sealed, report.waiting) == ([], 27, 0)


def test_writing_goes_on_while_it_is_sealed(app: Flask, log: list[int], town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    client_id = town.client.id

    def read() -> None:
        for _ in range(20):
            audit.record_read(actor, "client.read", client_id=client_id, purpose="page")

    def seal() -> None:
        for _ in range(10):
            seal_all(NOW)

    results = at_once(app, read, read, seal)
    assert results == [None, None, None]
    seal_all(NOW)
    report = verifying.verify()
    assert (report.findings, report.sealed, report.waiting) == ([], 55, 0)


@pytest.mark.parametrize(
    "app", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_an_entry_that_commits_late_joins_the_next_seal(app: Flask, town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    row = audit._row(actor, "client.read", None, None, "page", {})
    seal_all(NOW)
    with db.engine.connect() as slow:
        number = slow.scalar(insert(AuditEntry).values(row).returning(AuditEntry.id))
        audit.record_read(actor, "client.read", purpose="page")
        assert seal_all(NOW) == 1
        slow.commit()
    assert seal_all(NOW) == 1
    late = db.session.get_one(AuditEntry, number)
    assert late.seal_number == db.session.scalar(select(func.max(Seal.number)))
    assert findings() == []


def test_the_worker_seals_once_a_minute(log: list[int], town: Town) -> None:
    write(town.factory.actor(town.advisor), town, 1)
    assert sealing.seal_due(NOW + timedelta(seconds=59)) == 0
    assert sealing.seal_due(NOW + timedelta(seconds=60)) == 1
    assert sealing.seal_due(NOW + timedelta(seconds=120)) == 0
    assert db.session.scalar(select(func.max(Seal.number))) == 4


def test_sealing_goes_on_where_no_file_can_be_written(
    log: list[int], town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept_file()
    path.unlink()
    path.with_suffix(".new").mkdir()
    write(town.factory.actor(town.advisor), town, 1)
    assert seal_all(NOW) == 1
    said = capsys.readouterr().out
    assert "seal not kept" in said
    assert db.session.scalar(select(Seal.hash).where(Seal.number == 4)).hex() in said
    assert not path.exists()


def test_the_copy_outside_tells_no_more_than_the_seal(log: list[int]) -> None:
    last = db.session.get_one(Seal, 3)
    assert kept_file().name == KEPT_OUTSIDE
    assert json.loads(kept_file().read_text()) == {"seal": 3, "hash": last.hash.hex()}


def test_a_demo_that_begins_anew_begins_a_log_of_its_own(log: list[int]) -> None:
    db.session.rollback()
    start.empty_database()
    assert not kept_file().exists()


# --- dropping what is too old ----------------------------------------------------------------


@pytest.fixture
def year(log: list[int], town: Town) -> None:
    """Two further seals, one and two months later."""
    for month in (1, 2):
        write(town.factory.actor(town.advisor), town, 5)
        seal_all(NOW + timedelta(days=30 * month))


def drop(days: int) -> int:
    db.session.rollback()
    with unit_of_work():
        return sealing.drop_before(NOW + timedelta(days=days), NOW.date() + timedelta(days=365))


def test_old_entries_are_dropped_and_the_rest_holds(year: None, log: list[int]) -> None:
    assert drop(0) == 0
    assert drop(1) == 15
    assert verifying.verify().findings == []
    kept = db.session.scalars(select(Seal).order_by(Seal.number)).all()
    assert [(seal.number, seal.dropped_on) for seal in kept] == [
        (3, date(2027, 11, 23)), (4, None), (5, None),
    ]  # fmt: skip
    assert not set(log) & set(ids())
    assert drop(1) == 0
    assert drop(31) == 5
    report = verifying.verify()
    assert (report.findings, report.sealed, report.seals) == ([], 5, 1)
    assert drop(365) == 5
    assert (findings(), ids()) == ([], [])


def test_the_chain_goes_on_after_everything_was_dropped(year: None, town: Town) -> None:
    assert drop(365) == 25
    write(town.factory.actor(town.advisor), town, 3)
    seal_all(NOW + timedelta(days=400))
    report = verifying.verify()
    assert (report.findings, report.sealed) == ([], 3)


def test_nobody_else_can_drop_the_beginning(year: None) -> None:
    tamper("DELETE FROM audit_entry WHERE seal_number <= 2",
           "DELETE FROM audit_seal WHERE number < 2",
           "UPDATE audit_seal SET dropped_on = '2027-01-01', dropped_hash = hash WHERE number = 2",
           )  # fmt: skip
    assert findings() == [
        "seals were removed before seal 2 of 23.11.2026 09:30: 1 to 1",
        "all 5 entries of seal 2 of 23.11.2026 09:30 were removed",
    ]


def test_more_cannot_be_taken_after_a_drop(year: None) -> None:
    drop(1)
    tamper("DELETE FROM audit_entry WHERE seal_number = 4",
           "UPDATE audit_seal SET dropped_on = '2027-01-01' WHERE number = 4")  # fmt: skip
    assert "all 5 entries of seal 4 of" in the_finding()


def test_an_entry_put_back_into_what_was_dropped_is_named(year: None) -> None:
    drop(1)
    new = forge(ids()[0], 3, 1)
    assert the_finding().startswith(f"entry {new} of")
    assert the_finding().endswith("there is no seal 3")
