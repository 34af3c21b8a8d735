"""One changed, removed, inserted or swapped entry among 100,000 is found, and named."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import insert, select

from portal import audit, digests, sealing, verifying
from portal.audit import AuditEntry
from portal.extensions import db
from portal.testing.town import NOW, Town

NUMBER = {"sqlite": 100_000, "postgresql": 20_000}  # one takes its time; the rules are the same
AT_ONCE = 10_000


def fill(town: Town, number: int) -> int:
    """A long log, written a block at a time; returns the id before the first."""
    secret = digests.key()
    like = audit._row(
        town.factory.actor(town.advisor), "client.read", None, town.client.id, "page", {}
    )
    last = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first()
    db.session.rollback()
    with db.engine.connect().execution_options(writing=True) as connection:
        for start in range(0, number, AT_ONCE):
            rows = [{**like, "at": NOW + timedelta(minutes=n)}
                    for n in range(start, start + AT_ONCE)]  # fmt: skip
            for row in rows:
                row["digest"] = digests.content_digest(secret, row)
            connection.execute(insert(AuditEntry), rows)
        connection.commit()
    return last or 0


def test_each_is_named_among_many(app: Flask, town: Town) -> None:
    number = NUMBER[db.engine.dialect.name]
    before = fill(town, number)
    assert sealing.seal_all(NOW + timedelta(days=100)) == before + number

    places = (number // 10 * tenth + tenth for tenth in (1, 4, 7, 9))
    changed, removed, one, other = (before + place for place in places)
    names = "kind, at, actor_kind, client_id, purpose, data, salt, digest, seal_number"
    copy = f"SELECT {names}, 1001 FROM audit_entry WHERE id = {before}"
    with db.engine.connect().execution_options(writing=True) as connection:
        for statement in (
            f"UPDATE audit_entry SET purpose = 'other' WHERE id = {changed}",
            f"DELETE FROM audit_entry WHERE id = {removed}",
            f"INSERT INTO audit_entry ({names}, position) {copy}",
            f"UPDATE audit_entry SET id = -1 WHERE id = {one}",
            f"UPDATE audit_entry SET id = {one} WHERE id = {other}",
            f"UPDATE audit_entry SET id = {other} WHERE id = -1",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()
    found = verifying.verify().findings
    assert [line.split(" of ")[0] for line in found] == [
        f"entry {before + number + 1}", f"entry {changed}",
        f"entry {removed} was removed: number {removed % sealing.BATCH}",
        f"entry {other}", f"entry {one}",
    ]  # fmt: skip
    assert "was inserted into seal 1 of" in found[0]
    assert "was changed" in found[1]
    assert [line.rpartition(") ")[2] for line in found[3:]] == ["were swapped"] * 2
