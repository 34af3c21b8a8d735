"""What points to an erased client leaves the log, and the log still proves itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal import audit, verifying
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.database import unit_of_work
from portal.extensions import db
from portal.sealing import seal_all
from portal.testing.town import NOW, Town


class Vermittlung:
    """Stands for a referral: an entry only looks at table and id."""

    __tablename__ = "referral"

    def __init__(self) -> None:
        self.id = uuid4()


@pytest.fixture
def other(town: Town) -> Client:
    found = town.factory.client(town.advisor, given_name="Andere")
    db.session.commit()
    return found


@pytest.fixture
def referral(app: Flask, town: Town, other: Client) -> Vermittlung:
    """Read, moved, and seen in lists, alone and among others."""
    made = Vermittlung()
    actor = town.factory.actor(town.advisor)
    client_id, other_id = town.client.id, other.id
    db.session.rollback()
    with unit_of_work():
        audit.record(actor, "referral.created", subject=made, client_id=client_id)
        audit.record(actor, "referral.moved", subject=made, client_id=client_id, action="send")
    audit.record_read(actor, "client.read", client_id=client_id, purpose="page")
    audit.record_read(actor, "client.read", client_id=other_id, purpose="page")
    audit.record_read(actor, "client.read", purpose="list", ids=[client_id.hex, other_id.hex])
    audit.record_read(actor, "client.read", purpose="list", ids=[client_id.hex])
    audit.record_read(actor, "referral.read", purpose="list", ids=[made.id.hex, uuid4().hex])
    return made


def erase(client_id: UUID) -> int:
    db.session.rollback()
    with unit_of_work():
        return audit.blank(client_id)


def stored() -> str:
    """Everything in the table, as it lies there."""
    db.session.rollback()
    rows = db.session.execute(text("SELECT * FROM audit_entry ORDER BY id")).all()
    return " ".join(str(value).replace("-", "") for row in rows for value in row)


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


@pytest.mark.parametrize("sealed_before", [True, False])
def test_nothing_points_to_the_client_any_more(
    town: Town, referral: Vermittlung, other: Client, sealed_before: bool
) -> None:
    client_id, other_id = town.client.id, other.id
    if sealed_before:
        seal_all(NOW)
    before = len(entries())
    assert client_id.hex in stored()
    assert erase(client_id) == 7  # client.created too
    assert client_id.hex not in stored()
    assert referral.id.hex not in stored()
    assert other_id.hex in stored()
    assert len(entries()) == before
    seal_all(NOW)
    report = verifying.verify()
    assert (report.findings, report.blanked, report.sealed) == ([], 5, before)
    assert "5 of them were blanked" in "\n".join(report.lines())
    assert erase(client_id) == 0


def test_it_stays_known_that_somebody_did_something(
    town: Town, referral: Vermittlung, other: Client
) -> None:
    others = [other.id.hex]
    erase(town.client.id)
    moved = next(entry for entry in entries() if entry.kind == "referral.moved")
    assert (moved.at, moved.membership_id, moved.purpose) == (NOW, town.advisor.id, "referral")
    assert (moved.client_id, moved.subject_id, moved.data, moved.salt) == (None, None, {}, None)
    lists = [e.data["ids"] for e in entries() if e.kind == "client.read" and "ids" in e.data]
    assert [[each for each in ids if not each.startswith("~")] for ids in lists] == [others]


@pytest.mark.parametrize(
    "change",
    ["client_id = '{id}'", "data = '{{\"fields\": []}}'", "blanked = NULL", "salt = digest"],
)
def test_a_blanked_entry_cannot_be_given_to_somebody_else(
    town: Town, referral: Vermittlung, other: Client, change: str
) -> None:
    seal_all(NOW)
    other_id = other.id
    erase(town.client.id)
    number = next(entry.id for entry in entries() if entry.kind == "referral.moved")
    value = other_id.hex if db.engine.dialect.name == "sqlite" else str(other_id)
    tamper(f"UPDATE audit_entry SET {change.format(id=value)} WHERE id = {number}")
    (found,) = verifying.verify().findings
    assert found.startswith(f"entry {number} of")
    assert "was changed" in found


def test_nobody_without_the_key_can_blank(town: Town, referral: Vermittlung, other: Client) -> None:
    seal_all(NOW)
    listed = next(e for e in entries() if len(e.data.get("ids", ())) == 2)
    number = listed.id
    tamper(f'UPDATE audit_entry SET data = \'{{"ids": ["~00", "~00"]}}\' WHERE id = {number}')
    (found,) = verifying.verify().findings
    assert found.startswith(f"entry {number} of")


def tamper(statement: str) -> None:
    db.session.rollback()
    with db.engine.connect().execution_options(writing=True) as connection:
        connection.exec_driver_sql(statement)
        connection.commit()


def test_ids_of_a_list_have_one_place(town: Town) -> None:
    actor: Any = town.factory.actor(town.advisor)
    with pytest.raises(ValueError, match="purpose 'list'"):
        audit.record_read(actor, "client.read", purpose="page", ids=["x"])
