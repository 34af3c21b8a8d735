"""Every hook is documented, used by a real plugin, and has an effect, shown here one by one."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal import audit, hookspecs, rounds
from portal.accounts.models import Membership, Organisation
from portal.accounts.session import actor_for
from portal.api import Panel, Timer, hookimpl
from portal.audit import AuditEntry
from portal.clients.models import Client
from portal.demo.factory import Factory
from portal.extensions import db
from portal.lifecycle import Status
from portal.mailing.letters import render
from portal.network.models import Service
from portal.outbox import OutboxMessage
from portal.problems import Forbidden, Invalid
from portal.referrals.models import Referral
from portal.registry import installed_plugins, load, registry
from portal.testing.pages import UNAVAILABLE, browser
from portal.testing.town import NOW, build_town, fresh_app
from portal_jobcenter.models import Decision

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("portal_"))


@dataclass
class Office:
    """A Jobcenter with somebody who may decide, and an advisor with a client."""

    factory: Factory
    advisor: Membership
    caseworker: Membership
    client: Client
    service: Service

    def accepted(self, request: str = "course_obligation") -> Referral:
        form = {"request": request, "details": "Bitte klären."}
        referral = self.factory.sent(self.advisor, self.client, self.service, form=form)
        return self.factory.move(self.caseworker, referral.id, "accept")


def build(factory: Factory) -> Office:
    county = factory.organisation("Landratsamt (Demo)", "delivery_organisation")
    advisor = factory.member("Katrin Demowald", factory.unit(county), "advisor")
    desk = factory.unit(factory.organisation("Jobcenter (Demo)", "jobcenter"))
    office = Office(
        factory=factory,
        advisor=advisor,
        caseworker=factory.member("Karin Fallmann", desk, "partner"),
        client=factory.client(advisor),
        service=factory.service(desk, "jobcenter", "Beratung"),
    )
    db.session.commit()
    return office


@pytest.fixture
def office(factory: Factory) -> Office:
    return build(factory)


# --- the manual ---------------------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_when_returns_raises_and_shows_an_example(hook: str) -> None:
    manual = inspect.getdoc(getattr(hookspecs, hook)) or ""
    first = manual.partition("\n")[0]
    assert first.endswith(".")
    parts = [line.partition(":")[0] for line in manual.splitlines()[2:] if line[:1].isalpha()]
    assert parts == ["When", "Returns", "Raises", "Example"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_used_by_a_plugin_of_ours(hook: str) -> None:
    ours = [given for given in installed_plugins() if "/plugins/" in str(given[1].__file__)]
    users = getattr(load(ours).hook, hook).get_hookimpls()
    assert users, f"{hook} has no user: it must not ship"


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_named_where_authors_begin(hook: str) -> None:
    readme = Path(__file__).parents[1] / "README.md"
    _, _, section = readme.read_text("utf-8").partition("## Writing a plugin")
    assert hook in section


def test_every_hook_has_a_test_of_its_effect() -> None:
    tests = [name for name in globals() if name.startswith("test_portal_")]
    assert [hook for hook in HOOKS if not any(f"test_{hook}" in name for name in tests)] == []


# --- declaring ----------------------------------------------------------------------------


def test_portal_referral_types_makes_a_kind_of_handoff(office: Office) -> None:
    (kind,) = registry().types_for("jobcenter")
    assert kind.key == office.service.type
    assert office.accepted().status == Status.ACCEPTED


def test_portal_permissions_lets_only_their_roles_move(office: Office) -> None:
    referral = office.accepted()
    desk = office.service.unit
    helper = office.factory.member("Helga Hilfe", desk, "volunteer_coordinator")
    with pytest.raises(Forbidden):
        office.factory.move(helper, referral.id, "issue_obligation")
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    assert referral.state == "obligation_issued"


def test_portal_audit_kinds_can_be_recorded_and_are_shown_by_label(office: Office) -> None:
    referral = office.accepted()
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    kinds = db.session.scalars(select(AuditEntry.kind).order_by(AuditEntry.id)).all()
    assert kinds[-1] == "jobcenter.decision_recorded"
    assert audit.kind_label(kinds[-1]) == "Entscheidung des Jobcenters eingetragen"


def test_portal_messages_are_told_instead_of_the_cores_news(office: Office) -> None:
    referral = office.accepted()
    before = db.session.scalar(select(func.count()).select_from(OutboxMessage)) or 0
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    told = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()[before:]
    assert [message.topic for message in told] == ["jobcenter.obligation_issued"]
    letter = render(told[0])
    assert letter.to == (office.advisor.person.email,)
    assert "eine Verpflichtung eingetragen" in letter.text
    assert office.client.name not in letter.text


def test_portal_blueprints_are_mounted_below_the_key(app: Flask, office: Office) -> None:
    referral = office.accepted()
    path = f"/jobcenter/{referral.id}/unterlagen"
    db.session.commit()
    assert browser(app).get(path).status_code == 302
    assert browser(app, office.advisor).get(path).status_code == 200


def test_portal_panels_are_part_of_the_cores_pages(app: Flask, office: Office) -> None:
    referral = office.accepted()
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    db.session.commit()
    page = browser(app, office.advisor).get(f"/referrals/{referral.id}").text
    assert "Entscheidungen des Jobcenters" in page
    assert "Verpflichtung zum Kurs" in page
    client = browser(app, office.advisor).get(f"/clients/{office.client.id}").text
    assert "Verpflichtung durch das Jobcenter" in client


def test_portal_timers_let_the_system_move_what_is_due(factory: Factory) -> None:
    referral = offered_seat(factory)
    for day, state in ((7, "seat_offered"), (8, "waitlisted"), (9, "waitlisted")):
        rounds.attend(NOW + timedelta(days=day))
        db.session.expire_all()
        assert db.session.get_one(Referral, referral.id).state == state


def offered_seat(factory: Factory) -> Referral:
    """A seat in a course that is held for seven days."""
    town = build_town(factory, "sprachkurs")
    referral = factory.sent(town.advisor, town.client, town.service)
    seat = {"starts_on": NOW.date() + timedelta(days=40), "next_on": NOW.date() + timedelta(days=7)}
    factory.move(town.partner, referral.id, "offer_seat", seat)
    db.session.commit()
    return referral


# --- running ------------------------------------------------------------------------------


def test_portal_action_check_refuses_at_the_field_before_anything_changes(office: Office) -> None:
    referral = office.accepted("clarification")
    with pytest.raises(Invalid) as refused:
        office.factory.move(office.caseworker, referral.id, "issue_obligation")
    assert list(refused.value.errors) == ["explanation"]
    assert referral.state == Status.ACCEPTED
    data = {"explanation": "Der Kurs beginnt am Montag."}
    office.factory.move(office.caseworker, referral.id, "issue_obligation", data)
    assert referral.state == "obligation_issued"


def test_portal_action_performed_writes_in_the_same_transaction(office: Office) -> None:
    referral = office.accepted()
    db.session.commit()
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    decision = db.session.scalars(select(Decision)).one()
    assert (decision.kind, decision.subject) == ("course_obligation", "integration_course")
    db.session.rollback()
    assert db.session.scalars(select(Decision)).all() == []
    assert referral.state == Status.ACCEPTED


def test_portal_export_client_answers_in_words(office: Office) -> None:
    hook = registry().hook.portal_export_client
    assert not any(hook(client=office.client))
    referral = office.accepted()
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    dossier = {key: rows for part in hook(client=office.client) for key, rows in part.items()}
    (row,) = dossier["Entscheidungen des Jobcenters"]
    assert row["Entscheidung"] == "Verpflichtung zum Kurs"
    assert row["Was"] == "Integrationskurs"
    assert row["Datum"] == NOW.date().isoformat()


def test_portal_erase_client_removes_the_rows_of_this_client_alone(office: Office) -> None:
    other = office.factory.client(office.advisor, given_name="Yusuf")
    for client in (office.client, other):
        office.client = client
        referral = office.accepted()
        office.factory.move(office.caseworker, referral.id, "issue_obligation")
    registry().hook.portal_erase_client(client=other)
    (left,) = db.session.scalars(select(Decision))
    assert db.session.get_one(Referral, left.referral_id).client_id != other.id


def test_portal_seed_makes_demo_data_by_the_real_commands(factory: Factory) -> None:
    registry().hook.portal_seed(factory=factory)
    (decision,) = db.session.scalars(select(Decision))
    referral = db.session.get_one(Referral, decision.referral_id)
    assert referral.state == "obligation_issued"
    made = db.session.scalars(select(AuditEntry.kind).where(AuditEntry.client_id.is_not(None)))
    assert {"client.created", "consent.given", "referral.moved"} <= set(made)
    assert db.session.scalar(select(Organisation).where(Organisation.kind == "jobcenter"))


# --- when a plugin fails ------------------------------------------------------------------


def failing(**hooks: Any) -> tuple[str, ModuleType, str]:
    module = ModuleType("portal_failing")
    module.__file__ = "/nowhere/portal_failing.py"
    module.API_VERSION = 1  # type: ignore[attr-defined]
    for name, function in hooks.items():
        setattr(module, name, hookimpl(function))
    return "failing", module, "1.0"


@pytest.fixture
def with_failing(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The portal with a plugin whose panel and whose rule after a move fail."""

    def broken_query(actor: Any, **objects: Any) -> dict[str, Any]:
        return {"rows": db.session.execute(text("SELECT * FROM nowhere")).all()}

    def panels() -> list[Panel]:
        return [
            Panel(slot=slot, template="parts/ui.html", order=1, context=broken_query)
            for slot in ("referral", "client", "dashboard", "navigation")
        ]

    def performed(referral: Any, action: str, actor: Any, data: Any) -> None:
        if action == "complete":
            raise RuntimeError("the plugin's own fault")

    plugin = failing(portal_panels=panels, portal_action_performed=performed)
    yield from fresh_app(database_url, tmp_path, [*installed_plugins(), plugin])


def test_a_failing_panel_reads_unavailable_and_the_page_lives(with_failing: Flask) -> None:
    office = build(Factory(NOW))
    referral = office.accepted()
    office.factory.move(office.caseworker, referral.id, "issue_obligation")
    db.session.commit()
    for path in ("/", f"/clients/{office.client.id}", f"/referrals/{referral.id}"):
        answer = browser(with_failing, office.advisor).get(path)
        assert answer.status_code == 200
        # The navigation on every page, and the slot of the page itself.
        assert answer.text.count(UNAVAILABLE) == 2
    assert "Verpflichtung zum Kurs" in answer.text


def test_a_failing_write_is_no_write_at_all(with_failing: Flask) -> None:
    office = build(Factory(NOW))
    referral_id = office.accepted().id
    db.session.commit()
    with pytest.raises(RuntimeError, match="the plugin's own fault"):
        office.factory.move(office.caseworker, referral_id, "complete")
    db.session.rollback()
    assert db.session.get_one(Referral, referral_id).state == Status.ACCEPTED
    assert db.session.scalars(select(Decision)).all() == []
    actor = actor_for(office.caseworker, NOW)
    assert actor.may("referral.answer")


def test_a_failing_timer_stops_neither_the_round_nor_the_next(
    database_url: str, tmp_path: Path
) -> None:
    ran: list[str] = []

    def run(actor: Any) -> list[Any]:
        ran.append(actor.name)
        raise RuntimeError("the plugin's own fault")

    timers = [Timer(key="failing.first", every=timedelta(hours=1), run=run)]
    plugin = failing(portal_timers=lambda: timers)
    for _ in fresh_app(database_url, tmp_path, [plugin, *installed_plugins()]):
        referral = offered_seat(Factory(NOW))
        for minutes in (0, 59, 60):
            rounds.attend(NOW + timedelta(days=8, minutes=minutes))
        # Once an hour, also when it fails: not at every round.
        assert len(ran) == 2
        assert db.session.get_one(Referral, referral.id).state == "waitlisted"
