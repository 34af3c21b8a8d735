"""The daily run deletes what is over and nothing else, reports it, and goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from portal import audit, outbox, sealing, verifying
from portal.accounts.models import FailedLogin
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.consents.models import Consent, ConsentSheet
from portal.database import unit_of_work
from portal.demo.factory import Factory
from portal.extensions import db
from portal.outbox import Mail, OutboxMessage
from portal.privacy import erased, erasure, retention
from portal.privacy.models import PrivacyRequest
from portal.privacy.replay import erase_again
from portal.privacy.retention import RetentionRun, run_due, would_delete
from portal.privacy.retention_rules import RULES, Period, in_force
from portal.privacy.retention_steps import STEPS
from portal.referrals.endings import close_client, revoke_consent
from portal.referrals.models import Referral
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town
from portal.workflow import LOCAL
from tests.threads import at_once

TODAY = NOW.astimezone(LOCAL).date()
KEPT = {rule.key: rule.keep for rule in RULES if rule.keep}


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), LOCAL).astimezone(UTC)


def report(run: RetentionRun | None) -> dict[str, tuple[int, date | None, date | None]]:
    assert run is not None
    return {each.rule: (each.count, each.oldest, each.newest) for each in run.deletions}


def run_on(day: date) -> dict[str, tuple[int, date | None, date | None]]:
    db.session.rollback()
    return report(run_due(at(day), "worker"))


def closed(town: Town, day: date) -> Client:
    """A client whose counselling ended on that day."""
    client = town.factory.client(town.advisor)
    db.session.commit()
    with unit_of_work():
        close_client(town.factory.at(at(day)).actor(town.advisor), client.id)
    return client


def is_erased(client: Client) -> bool:
    db.session.rollback()
    return client.erased_on is not None


# --- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "since", "last"),
    [
        (Period(months=12), date(2026, 3, 15), date(2027, 3, 15)),
        (Period(months=12), date(2028, 2, 29), date(2029, 2, 28)),
        (Period(months=12), date(2027, 2, 28), date(2028, 2, 28)),
        (Period(months=36), date(2025, 2, 28), date(2028, 2, 28)),
        (Period(months=1), date(2026, 12, 31), date(2027, 1, 31)),
        (Period(days=30), date(2028, 2, 1), date(2028, 3, 2)),
        (Period(), date(2026, 5, 5), date(2026, 5, 5)),
    ],
)
def test_a_period_ends_with_the_end_of_a_day(period: Period, since: date, last: date) -> None:
    assert period.last_day(since) == last
    assert period.newest_over(last) < since <= period.newest_over(last + timedelta(days=1))


@given(
    st.builds(Period, months=st.integers(0, 70), days=st.just(0))
    | st.builds(Period, days=st.integers(0, 400)),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
)
def test_the_limit_is_where_periods_end(period: Period, today: date) -> None:
    newest = period.newest_over(today)
    assert period.last_day(newest) < today <= period.last_day(newest + timedelta(days=1))


def test_the_table_is_dated_and_complete() -> None:
    keys = [rule.key for rule in in_force(TODAY)]
    assert len(keys) == len(set(keys)) == len({rule.key for rule in RULES})
    assert set(STEPS) <= set(KEPT)
    assert in_force(date(2018, 5, 24)) == []
    assert all(rule.source and rule.outcome for rule in RULES)


# --- what is due and nothing else ---------------------------------------------------------------


@pytest.mark.parametrize("ended", [date(2027, 3, 15), date(2028, 2, 29), date(2027, 12, 31)])
def test_a_closed_client_is_erased_on_the_day_after_the_year(town: Town, ended: date) -> None:
    last = Period(months=12).last_day(ended)
    due, later = closed(town, ended), closed(town, ended + timedelta(days=2))
    assert run_on(last) == {}
    assert not is_erased(due)
    assert run_on(last + timedelta(days=1)) == {"closed_client": (1, ended, ended)}
    assert is_erased(due)
    assert not is_erased(later)
    assert due.profile == {}
    assert later.profile
    assert not is_erased(town.client), "somebody who is counselled"


@pytest.mark.parametrize("why", ["restricted", "asked"])
def test_who_contests_or_asks_is_not_erased_yet(town: Town, why: str) -> None:
    client = closed(town, TODAY - timedelta(days=500))
    if why == "restricted":
        client.restricted_on = TODAY
    else:
        db.session.add(
            PrivacyRequest(client_id=client.id, unit_id=client.unit_id, kind="access",
                           received_on=TODAY, due_on=TODAY, recorded_by_id=town.advisor.id)
        )  # fmt: skip
    db.session.commit()
    assert run_on(TODAY) == {}
    assert not is_erased(client)


def consents(town: Town) -> dict[str, Consent]:
    """One that expired, one that was revoked before it did, one that was refused, all alone."""
    f, found = town.factory, {}
    for name in ("expired", "revoked", "refused"):
        found[name] = f.consent(town.advisor, f.client(town.advisor), town.service.unit)
    db.session.commit()
    with unit_of_work():
        revoke_consent(f.actor(town.advisor), found["revoked"].id)
    found["refused"].refused = True
    db.session.commit()
    return found


def test_consents_are_kept_three_years_after_they_ended(town: Town) -> None:
    found = consents(town)
    ends = {"revoked": TODAY, "refused": TODAY, "expired": found["expired"].valid_until}
    ids = {name: consent.id for name, consent in found.items()}
    sheets = {consent.sheet_id for consent in found.values()}
    keep = KEPT["consent"]
    assert run_on(keep.last_day(TODAY)) == {}
    assert run_on(keep.last_day(TODAY) + timedelta(days=1)) == {"consent": (2, TODAY, TODAY)}
    assert set(db.session.scalars(select(Consent.id))) == {ids["expired"]}
    over = keep.last_day(ends["expired"]) + timedelta(days=1)
    assert run_on(over)["consent"][0] == 1
    assert db.session.scalars(select(ConsentSheet.id)).all() == []
    assert len(sheets) == 3


def test_a_sheet_stays_while_another_consent_stands_on_it(town: Town) -> None:
    found = consents(town)
    shared, gone = found["expired"].sheet_id, found["revoked"].sheet_id
    found["refused"].sheet_id = shared
    db.session.commit()
    assert run_on(KEPT["consent"].last_day(TODAY) + timedelta(days=1))["consent"][0] == 2
    left = set(db.session.scalars(select(ConsentSheet.id)))
    assert (shared in left, gone in left) == (True, False)


def test_a_referral_outlives_its_consent_and_shows_nothing(town: Town) -> None:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    with unit_of_work():
        revoke_consent(town.factory.actor(town.advisor), sent.consent_id)
    run_on(KEPT["consent"].last_day(TODAY) + timedelta(days=1))
    db.session.rollback()
    assert sent.consent_id is None


def test_what_is_counted_goes_after_five_years(town: Town) -> None:
    client, f = town.client, town.factory
    f.sent(town.advisor, client, town.service)
    f.sent(town.colleague, f.client(town.colleague), town.service)
    db.session.commit()
    with unit_of_work():
        close_client(f.actor(town.advisor), client.id)
    assert run_on(TODAY + timedelta(days=400))["closed_client"][0] == 1
    counted = select(func.count()).select_from(Referral)
    assert db.session.scalar(counted) == 2
    last = KEPT["referral_metadata"].last_day(TODAY)
    client_id = client.id
    assert "referral_metadata" not in run_on(last)
    assert run_on(last + timedelta(days=1))["referral_metadata"] == (1, TODAY, TODAY)
    assert db.session.scalar(counted) == 1
    assert db.session.get(Client, client_id) is None


def test_the_log_loses_whole_seals_from_the_front_and_still_verifies(app: Flask) -> None:
    system = Factory(NOW)
    for days in (0, 1, 40):
        with unit_of_work():
            member = system.member("Wer", system.unit(system.organisation("Amt", "other_office")),
                                   "auditor")  # fmt: skip
            audit.record(system.at(NOW + timedelta(days=days)).actor(member), "account.changed")
        sealing.seal_all(NOW + timedelta(days=days))
    last = KEPT["audit"].last_day(TODAY)
    run_on(last)
    first = select(func.min(AuditEntry.at)).where(AuditEntry.kind == "account.changed")
    assert db.session.scalar(first) == NOW
    assert run_on(last + timedelta(days=1))["audit"] == (1, TODAY, TODAY)
    assert db.session.scalar(first) == NOW + timedelta(days=1)
    db.session.rollback()
    assert verifying.verify().findings == []


def test_messages_go_thirty_days_after_they_were_delivered(town: Town) -> None:
    town.factory.sent(town.advisor, town.client, town.service)
    town.factory.sent(town.advisor, town.client, town.other_service)
    db.session.commit()
    delivered, waiting = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    delivered.delivered_at = NOW
    delivered_id, waiting_id = delivered.id, waiting.id
    db.session.commit()
    last = TODAY + timedelta(days=30)
    assert run_on(last) == {}
    assert run_on(last + timedelta(days=1)) == {"outbox": (1, TODAY, TODAY)}
    assert db.session.scalars(select(OutboxMessage.id)).all() == [waiting_id]
    db.session.add(Mail(message_id=waiting_id, unit_id=town.partner.unit_id, due_at=NOW,
                        attempts=outbox.ATTEMPTS))  # fmt: skip
    db.session.commit()
    assert run_on(last + timedelta(days=2))["outbox"][0] == 1, "nobody will ever deliver it"
    assert delivered_id != waiting_id


def test_failed_logins_of_yesterday_go(app: Flask) -> None:
    for day in (TODAY - timedelta(days=1), TODAY):
        db.session.add(FailedLogin(key="x", at=at(day)))
    db.session.commit()
    yesterday = TODAY - timedelta(days=1)
    assert run_on(TODAY) == {"failed_login": (1, yesterday, yesterday)}


# --- the run ----------------------------------------------------------------------------------


def test_the_days_of_a_report_are_the_oldest_and_the_newest(town: Town) -> None:
    days = [TODAY - timedelta(days=n) for n in (600, 400, 500)]
    for day in days:
        closed(town, day)
    assert run_on(TODAY)["closed_client"] == (3, min(days), max(days))
    run = db.session.scalars(select(RetentionRun)).one()
    assert (run.day, run.started_by, run.finished_at) == (TODAY, "worker", at(TODAY))
    assert db.session.scalar(
        select(AuditEntry.data).where(AuditEntry.kind == "retention.finished")
    ) == {"run": TODAY.isoformat()}


def test_a_second_run_on_the_same_day_does_nothing(town: Town) -> None:
    assert run_on(TODAY) == {}
    late = closed(town, TODAY - timedelta(days=600))
    assert run_due(at(TODAY, 20), "command") is None
    assert not is_erased(late)
    assert run_on(TODAY + timedelta(days=1))["closed_client"][0] == 1


def test_a_dry_run_says_the_same_and_changes_nothing(town: Town) -> None:
    client = closed(town, TODAY - timedelta(days=600))
    said = [(each.rule, each.count, each.oldest) for each in would_delete(at(TODAY))]
    assert said == [("closed_client", 1, client.closed_on)]
    assert not is_erased(client)
    assert db.session.scalars(select(RetentionRun)).all() == []
    assert run_on(TODAY) == {"closed_client": (1, client.closed_on, client.closed_on)}


def test_a_run_that_was_killed_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = [closed(town, TODAY - timedelta(days=600)) for _ in range(3)]
    real, done = erasure.erase, []

    def killed(*arguments: Any) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(real(*arguments))

    monkeypatch.setattr(erasure, "erase", killed)
    with pytest.raises(KeyboardInterrupt):
        run_due(at(TODAY), "worker")
    assert sorted(map(is_erased, clients)) == [False, True, True]
    assert db.session.scalars(select(RetentionRun)).one().finished_at is None
    monkeypatch.setattr(erasure, "erase", real)
    assert run_on(TODAY)["closed_client"][0] == 3
    assert all(map(is_erased, clients))


def test_one_that_cannot_be_erased_keeps_no_other(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [closed(town, TODAY - timedelta(days=600)) for _ in range(3)]
    stuck = sorted(client.id for client in clients)[1]
    real = erasure.erase

    def refuse(actor: Any, client: Client, reason: str) -> None:
        real(actor, client, reason)
        if client.id == stuck:
            raise ValueError("a plugin cannot")

    monkeypatch.setattr(erasure, "erase", refuse)
    assert run_on(TODAY)["closed_client"][0] == 2
    run = db.session.scalars(select(RetentionRun)).one()
    assert [each.failed for each in run.deletions] == [1]
    assert {client.id for client in clients if not is_erased(client)} == {stuck}
    assert stuck not in erased.noted()
    monkeypatch.setattr(erasure, "erase", real)
    assert run_on(TODAY + timedelta(days=1))["closed_client"][0] == 1


def test_several_workers_make_one_report(app: Flask, town: Town) -> None:
    clients = [closed(town, TODAY - timedelta(days=600)) for _ in range(4)]
    jobs: list[Callable[[], Any]] = [lambda: bool(run_due(at(TODAY), "worker"))] * 3
    assert sorted(at_once(app, *jobs)) == [False, False, True]
    assert all(map(is_erased, clients))
    assert report(db.session.scalars(select(RetentionRun)).one())["closed_client"][0] == 4


# --- the list outside of the database -----------------------------------------------------------


def test_an_erasure_is_written_down_once_it_is_committed(town: Town, tmp_path: Path) -> None:
    client = closed(town, TODAY - timedelta(days=600))
    actor = town.factory.actor(town.lead)
    db.session.rollback()
    erasure.erase(actor, client, "not_needed")
    with db.session.begin_nested():
        pass  # a savepoint is no commit
    assert erased.noted() == {}
    db.session.rollback()
    db.session.commit()
    assert erased.noted() == {}
    erasure.erase(actor, client, "not_needed")
    db.session.commit()
    assert erased.noted() == {client.id: "not_needed"}
    lines = (tmp_path / erased.FILE).read_text().split()
    assert (tmp_path / erased.FILE).stat().st_mode & 0o077 == 0
    assert "".join(lines).count(client.id.hex) == 1
    assert json.loads("".join(lines))["day"] == TODAY.isoformat()


def test_what_is_missing_in_the_list_is_added_and_a_torn_line_skipped(
    town: Town, tmp_path: Path
) -> None:
    client = closed(town, TODAY - timedelta(days=600))
    run_on(TODAY)
    (tmp_path / erased.FILE).write_text('{"client": "torn')
    run_on(TODAY + timedelta(days=1))
    assert set(erased.noted()) == {client.id}


def test_who_is_back_is_erased_again_even_if_counselled_then(town: Town) -> None:
    sent = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    erased.note_erased(town.client.id, TODAY, "not_needed")
    db.session.commit()
    assert erase_again(NOW) == 1
    assert is_erased(town.client)
    assert (town.client.closed_on, sent.status) == (TODAY, "cancelled")
    assert erase_again(NOW) == 0


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture
def auditor(app: Flask, town: Town) -> PortalClient:
    member = town.factory.member("Doris Datenschutz", town.advisor.unit, "auditor")
    db.session.commit()
    client: PortalClient = app.test_client()  # type: ignore[assignment]  # set by fresh_app
    return client.sign_in(member)


def test_the_auditor_reads_rules_and_reports(auditor: PortalClient, town: Town) -> None:
    page = auditor.get("/retention").text
    assert "Noch nie wurde gelöscht" in page
    for rule in RULES:
        assert rule.label in page
    closed(town, TODAY - timedelta(days=600))
    run_on(TODAY)
    page = auditor.get("/retention").text
    assert "Noch nie wurde gelöscht" not in page
    assert "1 gelöscht" in page
    assert "Pryklad" not in page
    assert "/retention" in auditor.get("/").text


def test_a_run_that_is_not_finished_says_so(auditor: PortalClient) -> None:
    db.session.add(RetentionRun(day=TODAY, started_by="command", started_at=NOW))
    db.session.commit()
    page = auditor.get("/retention").text
    assert "Noch nicht fertig" in page
    assert "Nichts war fällig" not in page
    assert retention.run_due(NOW, "worker") is not None
    assert "Nichts war fällig" in auditor.get("/retention").text
