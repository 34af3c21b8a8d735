"""The access log holds what was done with the change, and what was read before it is shown."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit
from portal.audit import CORE_KINDS, AuditEntry
from portal.clients.commands import update_client
from portal.clients.models import Client
from portal.database import begin_writing, unit_of_work
from portal.extensions import db
from portal.referrals import commands
from portal.registry import registry
from portal.testing.town import NOW, Town


def entries(*kinds: str) -> list[AuditEntry]:
    statement = select(AuditEntry).order_by(AuditEntry.id)
    if kinds:
        statement = statement.where(AuditEntry.kind.in_(kinds))
    return list(db.session.scalars(statement))


class Stop(Exception):
    pass


def test_an_entry_is_rolled_back_with_its_change(town: Town) -> None:
    before = len(entries())
    db.session.rollback()

    def change() -> None:
        with unit_of_work():
            town.factory.client(town.advisor, given_name="Niemand")
            assert len(entries()) == before + 1
            raise Stop

    with pytest.raises(Stop):
        change()
    assert len(entries()) == before
    assert [c.name for c in db.session.scalars(select(Client))] == [town.client.name]


def test_an_entry_says_who_did_what_where_and_when(town: Town) -> None:
    entry = entries("client.created")[0]
    assert (entry.at, entry.actor_kind) == (NOW, "member")
    assert entry.membership_id == town.advisor.id
    assert entry.organisation_id == town.advisor.unit.organisation_id
    assert (entry.subject_table, entry.subject_id) == ("client", town.client.id)
    assert entry.client_id == town.client.id


def test_a_reading_is_kept_even_if_the_request_fails_afterwards(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    assert db.session.get_one(Client, town.client.id)  # a reading transaction is open
    audit.record_read(actor, "client.read", subject=town.client, client_id=town.client.id,
                      purpose="show")  # fmt: skip
    db.session.rollback()
    entry = entries("client.read")[0]
    assert (entry.client_id, entry.purpose) == (town.client.id, "show")


@pytest.mark.parametrize("write", [audit.record, audit.record_read])
def test_an_undeclared_kind_is_refused(town: Town, write) -> None:
    before = len(entries())
    with pytest.raises(ValueError, match=r"nobody\.declared"):
        write(town.factory.actor(town.advisor), "nobody.declared", purpose="")
    assert len(entries()) == before


def test_the_log_holds_codes_and_ids_and_no_word_about_anybody(town: Town) -> None:
    f = town.factory
    client = f.client(town.advisor, given_name="Zzname", family_name="Zzname", address="Zzweg 1")
    actor = f.actor(town.advisor)
    changed = {**client.profile, "phone": "zz 1"}
    update_client(actor, client.id, changed, client.version)
    referral = f.sent(town.advisor, client, town.service, form={"concern": "Zz"})
    f.move(town.partner, referral.id, "ask", {"question": "Zz?"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Zz"})
    f.move(town.partner, referral.id, "decline", {"code": "other", "explanation": "Zz"})
    found = entries()
    assert {"client.changed", "consent.given", "referral.moved"} <= {e.kind for e in found}
    assert [e.kind for e in found if "zz" in json.dumps(e.data).casefold()] == []


def test_every_change_of_a_referral_is_in_the_log(town: Town) -> None:
    f = town.factory
    referral = f.sent(town.advisor, town.client, town.service)
    f.move(town.advisor, referral.id, "accept", recorded_source="letter")
    commands.void(f.actor(town.lead), referral.id, {"reason": "Doppelt angelegt"})
    mine = [e for e in entries() if e.subject_id == referral.id]
    assert [(e.kind, e.data.get("action"), e.data.get("to")) for e in mine] == [
        ("referral.created", None, None),
        ("referral.moved", "send", "sent"),
        ("referral.moved", "accept", "accepted"),
        ("referral.voided", None, None),
    ]
    assert mine[2].data["recorded"] == "letter"
    assert {e.client_id for e in mine} == {town.client.id}


def test_a_writing_transaction_keeps_what_it_recorded(town: Town) -> None:
    db.session.rollback()
    begin_writing()
    audit.record(town.factory.actor(town.advisor), "client.closed", subject=town.client)
    db.session.commit()
    assert len(entries("client.closed")) == 1


def test_every_kind_has_words(sqlite_app: Flask) -> None:
    for kind in (*CORE_KINDS, *registry().audit_kinds):
        assert audit.kind_label(kind) not in ("", kind)
    assert audit.kind_label("plugin.gone") == "plugin.gone"
