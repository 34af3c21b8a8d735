"""Erasure reaches every table of the core and of every plugin, and the log still proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit, verifying
from portal.accounts.models import Membership
from portal.accounts.session import actor_for
from portal.audit import AuditEntry
from portal.clients.models import Client, ClientToken
from portal.consents.models import Consent, ConsentSheet
from portal.crypto import Encrypted
from portal.demo.factory import Factory
from portal.doctor import stored_data_opens
from portal.extensions import Model, db
from portal.outbox import OutboxMessage
from portal.privacy import commands, emergency, erasure
from portal.privacy.models import PrivacyRequest
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands as referral_commands
from portal.referrals import deletions, endings
from portal.referrals.models import DeletionRequest, Package, Referral
from portal.registry import registry
from portal.sealing import seal_all
from portal.testing.journeys import Office
from portal.testing.markers import Markers
from portal.testing.pages import browser
from portal.testing.town import NOW, Town

YES = {"reason": "not_needed", "sure": True}
# As in the plugins' own tests: what these moves need to be true.
ANSWERS: dict[str, Any] = {
    "jobcenter": {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}},
    "wohnungsfuehrerschein": {
        "register": {"appointment_at": NOW}, "complete": {"code": "help_received"},
    },
}  # fmt: skip


def every_value() -> Iterator[tuple[str, Any]]:
    """`table.column` and value of all that is stored, as it lies there and decrypted."""
    for table in Model.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            yield from ((f"{table.name}.{column}", value) for column, value in row.items())
    for mapper in Model.registry.mappers:
        owner = mapper.class_
        sealed = [name for name, value in vars(owner).items() if isinstance(value, Encrypted)]
        for row in db.session.scalars(select(owner)).unique() if sealed else ():
            yield from ((f"{owner.__tablename__}.{name}", getattr(row, name)) for name in sealed)


def places_of(markers: Markers) -> set[str]:
    return {place for place, value in every_value() if markers.are_in(value)}


def closed(town: Town, client: Client) -> None:
    endings.close_client(town.factory.actor(town.advisor), client.id)


class Everything:
    """One client who went every way there is, at a partner of every kind, with marked texts."""

    def __init__(self, factory: Factory, name: str, *only: str) -> None:
        self.factory, self.markers = factory, Markers(name)
        kinds = registry().referral_types
        self.offices = [
            Office(factory, kinds[key], {}, ANSWERS.get(key, {})) for key in only or kinds
        ]
        first = self.offices[0]
        self.advisor, self.lead = first.senders
        self.client = first.client(self.markers)
        for office in self.offices:
            self._at(office)
        self._on_record()
        db.session.commit()

    def _at(self, office: Office) -> None:
        purpose = f"{self.markers.text()} {'x' * 40}"
        self.factory.consent(self.advisor, self.client, office.unit, purpose=purpose)
        office.everywhere(self.client, self.markers)

    def _on_record(self) -> None:
        """What is written about a client outside of any referral's steps."""
        actor = actor_for(self.advisor, self.factory.now)
        note = {"kind": "access", "received_on": actor.today, "note": self.markers.text()}
        asked = commands.record_request(actor, self.client.id, note)
        reason = {"outcome": "refused", "reason": self.markers.text()}
        commands.answer_request(actor, asked.id, reason)
        of_client = select(Referral).where(Referral.client_id == self.client.id)
        referral = db.session.scalars(of_client.where(Referral.consent_id.is_not(None))).first()
        assert referral is not None
        assert referral.consent is not None
        coordinator = self.factory.member("Probe Notfall", self.advisor.unit, "coordinator")
        emergency.ask(
            actor_for(coordinator, self.factory.now),
            {"reference": referral.reference, "reason": f"{self.markers.text()} {'x' * 40}"},
        )
        sheet = referral.consent.sheet
        sheet.interpreter = self.markers.text()
        sheet.signature = {"digest": "", "strokes": [self.markers.text()]}
        endings.revoke_consent(actor, referral.consent.id)
        for each in db.session.scalars(of_client):
            if (deletion := deletions.of(each)) is not None:
                deletion.basis = self.markers.text()

    def erase(self) -> None:
        actor = actor_for(self.lead, self.factory.now)
        endings.close_client(actor, self.client.id)
        erasure.erase_client(actor, self.client.id, YES)
        db.session.commit()


def test_nothing_that_was_written_about_a_client_is_left_anywhere(app: Flask) -> None:
    # Long enough not to turn up in encrypted bytes by chance.
    gone = Everything(Factory(NOW), "zqagone")
    stays = Everything(Factory(NOW), "zybstays", "jobcenter")
    read_by_everybody(app, gone)
    seal_all(NOW)
    db.session.rollback()
    before = places_of(stays.markers)
    # The markers reach every sealed column of the core that speaks of a client.
    assert {
        "client.profile", "consent.purpose", "consent_sheet.content", "consent_sheet.interpreter",
        "consent_sheet.signature", "referral.request", "package.content", "referral_event.data",
        "appointment.place", "deletion_request.basis", "privacy_request.note",
        "privacy_request.reason", "emergency_access.reason",
    } <= places_of(gone.markers)  # fmt: skip
    assert {place.partition("_")[0] for place in places_of(gone.markers)} > {
        "jobcenter", "sprachkurs", "wohnungsfuehrerschein",
    }  # fmt: skip
    gone.erase()
    assert places_of(gone.markers) == set()
    assert places_of(stays.markers) == before
    seal_all(NOW + timedelta(minutes=5))
    report = verifying.verify()
    assert report.findings == []
    assert report.blanked > 50
    assert stored_data_opens()
    pages_still_stand(app, gone)


def read_by_everybody(app: Flask, world: Everything) -> None:
    """So that the log has entries of pages and of lists."""
    for member in (world.advisor, world.lead, *(office.partner for office in world.offices)):
        visitor = browser(app, member)
        for page in ("/", "/referrals?filter=all"):
            assert visitor.get(page).status_code == 200
    assert browser(app, world.advisor).get(f"/clients/{world.client.id}").status_code == 200


def pages_still_stand(app: Flask, world: Everything) -> None:
    """Start pages, lists, and every page of a referral that its receiver still reaches."""
    team = world.advisor.unit
    county = [world.factory.member(f"Probe {role}", team, role)
              for role in ("coordinator", "auditor", "admin")]  # fmt: skip
    of_client = select(Referral).where(Referral.client_id == world.client.id)
    ids = [(r.id, r.receiver_unit_id) for r in db.session.scalars(of_client)]
    db.session.commit()
    for member in (world.advisor, world.lead, *county):
        assert browser(app, member).get("/").status_code == 200
    for page in (f"/clients/{world.client.id}", f"/referrals/{ids[0][0]}"):
        assert browser(app, world.advisor).get(page).status_code == 404
    assert world.markers.name not in browser(app, county[1]).get("/log").text
    seen = 0
    for office in world.offices:
        assert browser(app, office.volunteer).get("/").status_code == 200
        visitor = browser(app, office.partner)
        assert visitor.get("/").status_code == 200
        for referral_id in (id_ for id_, unit_id in ids if unit_id == office.unit.id):
            answer = visitor.get(f"/referrals/{referral_id}")
            assert answer.status_code in (200, 404)  # a draft was never theirs
            assert not world.markers.are_in(answer.text)
            seen += answer.status_code == 200
    assert seen > 50


# --- what stays ---------------------------------------------------------------------------


@pytest.fixture
def sent(town: Town) -> Referral:
    found = town.factory.sent(town.advisor, town.client, town.service)
    db.session.commit()
    return found


def erase(town: Town, **data: Any) -> None:
    lead = town.factory.actor(town.lead)
    erasure.erase_client(lead, town.client.id, {**YES, **data})
    db.session.commit()


def test_what_stays_counts_and_points_to_nobody(town: Town, sent: Referral) -> None:
    closed(town, town.client)
    erase(town)
    client = db.session.get_one(Client, town.client.id)
    assert (client.erased_on, client.profile) == (NOW.date(), {})
    assert client.municipality_ags == "08317041"
    assert db.session.scalars(select(ClientToken)).all() == []
    referral = db.session.get_one(Referral, sent.id)
    assert (referral.status, referral.code) == ("cancelled", "case_closed")
    assert referral.request == {"form": {}, "shared": []}
    assert db.session.scalars(select(Package)).all() == []
    consent = db.session.scalars(select(Consent)).one()
    assert consent.recipient_unit_id == town.service.unit_id
    assert (consent.purpose, consent.valid_from, consent.revoked_at) == ("", NOW.date(), None)
    sheet = db.session.scalars(select(ConsentSheet)).one()
    assert (sheet.form, sheet.content, sheet.digest) == ("paper_signed", {}, "")


def test_the_receiver_is_asked_to_erase_too(app: Flask, town: Town, sent: Referral) -> None:
    town.factory.move(town.partner, sent.id, "accept")
    town.factory.move(town.partner, sent.id, "complete")
    db.session.commit()
    closed(town, town.client)
    erase(town)
    told = db.session.scalars(select(OutboxMessage)).all()
    assert [(m.topic, m.reference) for m in told] == [("referral.ended", sent.reference)]
    partner = browser(app, town.partner)
    app.config["WTF_CSRF_ENABLED"] = False
    db.session.rollback()
    assert "Löschung bestätigen" in partner.get(f"/referrals/{sent.id}").text
    answer = partner.post(f"/referrals/{sent.id}/deletion", data={"answer": "deleted"})
    assert answer.status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(DeletionRequest)).one().answer == "deleted"
    # Nobody of the sender's side is told of somebody who is not there any more.
    assert len(db.session.scalars(select(OutboxMessage)).all()) == 1
    coordinator = town.factory.member("Kora Kreis", town.advisor.unit, "coordinator")
    db.session.commit()
    assert browser(app, coordinator).get("/").status_code == 200


def test_that_somebody_was_erased_by_whom_and_why_stays_in_the_log(town: Town) -> None:
    closed(town, town.client)
    erase(town, reason="unlawful")
    about = audit.AuditEntry.subject_id == town.client.id
    entries = db.session.scalars(select(AuditEntry).where(about)).all()
    assert [(e.kind, e.membership_id, e.data) for e in entries] == [
        ("client.erased", town.lead.id, {"reason": "unlawful"})
    ]
    of_client = select(AuditEntry).where(AuditEntry.client_id == town.client.id)
    assert db.session.scalars(of_client).all() == []


# --- who may, and when --------------------------------------------------------------------


@pytest.mark.parametrize("who", ["advisor", "partner", "stranger"])
def test_only_the_team_lead_erases(town: Town, who: str) -> None:
    closed(town, town.client)
    member: Membership = getattr(town, who)
    with pytest.raises((Forbidden, NotFound)):
        erasure.erase_client(town.factory.actor(member), town.client.id, YES)


def test_a_lead_of_another_team_finds_nobody(town: Town) -> None:
    elsewhere = town.factory.member("Lea Leitend", town.partner.unit, "team_lead")
    with pytest.raises(NotFound):
        erasure.erase_client(town.factory.actor(elsewhere), town.client.id, YES)


@pytest.mark.parametrize(
    ("data", "field"),
    [({"sure": False}, "sure"), ({"sure": None}, "sure"), ({"reason": ""}, "reason"),
     ({"reason": "weil"}, "reason")],
)  # fmt: skip
def test_it_is_said_why_and_meant(town: Town, data: dict[str, Any], field: str) -> None:
    closed(town, town.client)
    with pytest.raises(Invalid) as refused:
        erase(town, **data)
    assert set(refused.value.errors) == {field}


def test_a_counselling_that_runs_is_not_erased_unless_the_client_asked(
    town: Town, sent: Referral
) -> None:
    with pytest.raises(Conflict, match="Die Beratung läuft noch"):
        erase(town)
    asked = commands.record_request(
        town.factory.actor(town.advisor), town.client.id,
        {"kind": "erasure", "received_on": NOW.date(), "note": "Alles löschen"},
    )  # fmt: skip
    db.session.commit()
    erase(town)
    client = db.session.get_one(Client, town.client.id)
    assert (client.closed_on, client.erased_on) == (NOW.date(), NOW.date())
    asked = db.session.get_one(PrivacyRequest, asked.id)
    assert (asked.outcome, asked.answered_on, asked.note) == ("granted", NOW.date(), "")
    assert db.session.get_one(Referral, sent.id).status == "cancelled"


def test_whoever_asked_something_else_gets_the_answer_first(town: Town) -> None:
    advisor = town.factory.actor(town.advisor)
    data = {"kind": "access", "received_on": NOW.date()}
    asked = commands.record_request(advisor, town.client.id, data)
    closed(town, town.client)
    with pytest.raises(Conflict, match="Ein anderes Anliegen"):
        erase(town)
    commands.answer_request(advisor, asked.id, {"outcome": "granted"})
    erase(town)


def test_what_is_restricted_is_kept(town: Town) -> None:
    closed(town, town.client)
    commands.restrict_client(town.factory.actor(town.advisor), town.client.id)
    with pytest.raises(Conflict, match="eingeschränkt"):
        erase(town)


def test_erasing_twice_finds_nobody(town: Town) -> None:
    closed(town, town.client)
    erase(town)
    with pytest.raises(NotFound):
        erase(town)


def test_what_was_sent_in_error_is_not_asked_for(town: Town, sent: Referral) -> None:
    """Its page is gone for the receiver, who could never answer."""
    referral_commands.void(town.factory.actor(town.lead), sent.id, {"reason": "Falsche Person"})
    closed(town, town.client)
    erase(town)
    open_ones = deletions.open_for(town.factory.actor(town.partner))
    assert db.session.scalars(open_ones).all() == []
