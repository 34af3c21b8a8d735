"""The circle keeps the contract; a volunteer sees one task, from agreeing to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Membership
from portal.clients.models import Client
from portal.extensions import db
from portal.grants import Grant
from portal.hookspecs import hookimpl
from portal.lifecycle import FINAL
from portal.mailing.letters import render
from portal.outbox import OutboxMessage
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.referrals import commands, endings, policy, tasks
from portal.referrals.models import Referral
from portal.referrals.packages import readable
from portal.registry import PluginError, load
from portal.testing.contract import PluginContract
from portal.testing.markers import Markers
from portal.testing.pages import browser
from portal.testing.town import NOW, Town, build_town
from portal_helferkreis import forms
from portal_helferkreis import plugin as helferkreis
from portal_helferkreis.workflow import WORKFLOW


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = helferkreis


@dataclass
class Circle:
    """A circle with a coordinator and two volunteers, and a client whose every value is marked."""

    town: Town
    coordinator: Membership
    volunteer: Membership
    other: Membership
    client: Client
    markers: Markers

    def asked(self, **form: Any) -> Referral:
        """Accepted by the circle."""
        f, town = self.town.factory, self.town
        texts = {"task_text": self.markers.text("task_text"),
                 "time_window": self.markers.text("time_window"),
                 "meeting_point": self.markers.text("meeting_point"),
                 "reached_at": self.markers.text("reached_at"), "reached_by": "phone"}  # fmt: skip
        referral = f.sent(town.advisor, self.client, town.service, form={**texts, **form})
        return f.move(self.coordinator, referral.id, "accept")

    def proposed(self, to: Membership | None = None, **form: Any) -> Referral:
        return self.propose(self.asked(**form), to)

    def propose(self, referral: Referral, to: Membership | None = None, **data: Any) -> Referral:
        values = {"handler": str((to or self.volunteer).id), "client_agrees": True, **data}
        return self.town.factory.move(self.coordinator, referral.id, "propose", values)

    def running(self, **form: Any) -> Referral:
        return self.town.factory.move(self.volunteer, self.proposed(**form).id, "take_on")

    def hand_on(self, referral: Referral, to: Membership, **data: Any) -> Referral:
        values = {"handler": str(to.id), "client_agrees": True, "volunteer_agreed": True, **data}
        return self.town.factory.move(self.coordinator, referral.id, "hand_on", values)

    def sees(self, member: Membership) -> set[Referral]:
        actor = self.town.factory.actor(member)
        return set(db.session.scalars(policy.visible(actor)))

    def get(self, app: Flask, member: Membership, path: str) -> tuple[int, str]:
        db.session.commit()
        answer = browser(app, member).get(path)
        return answer.status_code, answer.text

    def post(self, app: Flask, member: Membership, referral: Referral, action: str, **data: Any):
        db.session.commit()
        visitor = browser(app, member)
        path = f"/referrals/{referral.id}"
        return visitor.submit(f"{path}/{action}", data, form=path)


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def circle(app: Flask, factory) -> Circle:
    town = build_town(factory, "helferkreis")
    unit = town.service.unit
    markers = Markers("zqhelfer")
    profile = markers.profile(NOW.date())
    profile.pop("municipality", None)
    found = Circle(
        town,
        factory.member("Vera Kreis", unit, "volunteer_coordinator"),
        factory.member("Volker Frei", unit, "volunteer"),
        factory.member("Vroni Frei", unit, "volunteer"),
        factory.client(town.advisor, **profile),
        markers,
    )
    db.session.commit()
    return found


# --- the workflow -------------------------------------------------------------------------


def test_a_task_from_the_request_to_the_result(circle: Circle) -> None:
    f, referral = circle.town.factory, circle.asked()
    assert (referral.status, referral.handler_id) == ("accepted", circle.coordinator.id)
    circle.propose(referral)
    assert (referral.state, referral.status) == ("volunteer_proposed", "accepted")
    f.move(circle.volunteer, referral.id, "take_on")
    assert (referral.status, referral.handler_id) == ("in_progress", circle.volunteer.id)
    f.move(circle.volunteer, referral.id, "task_done", {"result": "Das Fahrrad fährt."})
    assert (referral.status, referral.code) == ("completed", "help_received")


def test_a_volunteer_who_declines_gives_it_back_to_the_coordinator(circle: Circle) -> None:
    referral = circle.proposed()
    circle.town.factory.move(circle.volunteer, referral.id, "not_this_time")
    assert (referral.status, referral.handler_id) == ("accepted", circle.coordinator.id)
    assert circle.sees(circle.volunteer) == set()


def test_a_decline_told_on_the_telephone_is_recorded_just_so(circle: Circle) -> None:
    referral = circle.proposed()
    circle.town.factory.move(
        circle.town.advisor, referral.id, "not_this_time", recorded_source="client"
    )
    assert referral.handler_id == circle.coordinator.id
    assert circle.sees(circle.volunteer) == set()


def test_nobody_found(circle: Circle) -> None:
    f, referral = circle.town.factory, circle.asked()
    f.move(circle.coordinator, referral.id, "fail", {"code": "no_capacity_found"})
    assert (referral.status, referral.code) == ("not_completed", "no_capacity_found")


def test_a_circle_says_that_it_is_looking_and_knows_no_break() -> None:
    labels = {state.key: state.label for state in WORKFLOW.states}
    assert labels["accepted"] == "Wir suchen jemanden"
    assert "paused" not in labels
    words = {action.key: action.label for action in WORKFLOW.actions}
    assert words["take_on"] == "Ja, ich übernehme"
    assert words["not_this_time"] == "Diesmal nicht"


@pytest.mark.parametrize("who", ["coordinator", "advisor", "other"])
def test_only_volunteers_can_be_proposed_and_only_of_this_circle(circle: Circle, who: str) -> None:
    f = circle.town.factory
    elsewhere = f.unit(f.organisation("Anderer Kreis (Demo)", "volunteer_group"))
    people = {
        "coordinator": circle.coordinator, "advisor": circle.town.advisor,
        "other": f.member("Wanda Weit", elsewhere, "volunteer"),
    }  # fmt: skip
    referral = circle.asked()
    with pytest.raises(Invalid) as refused:
        circle.propose(referral, people[who])
    assert set(refused.value.errors) == {"handler"}


def test_without_a_volunteer_nobody_can_be_proposed(circle: Circle) -> None:
    for member in (circle.volunteer, circle.other):
        member.ended_on = NOW.date()
    referral = circle.asked()
    with pytest.raises(Invalid) as refused:
        circle.propose(referral)
    assert set(refused.value.errors) == {"handler"}


def test_a_volunteer_cannot_become_the_one_who_coordinates(circle: Circle) -> None:
    f, town = circle.town.factory, circle.town
    referral = f.sent(town.advisor, circle.client, town.service)
    with pytest.raises(Invalid) as refused:
        f.move(circle.coordinator, referral.id, "accept", {"handler": str(circle.volunteer.id)})
    assert set(refused.value.errors) == {"handler"}


def test_the_client_agrees_or_nobody_is_proposed(circle: Circle) -> None:
    referral = circle.asked()
    with pytest.raises(Invalid, match="Einverständnis"):
        circle.propose(referral, client_agrees=False)
    circle.running()
    running = circle.running()
    with pytest.raises(Invalid, match="Einverständnis"):
        circle.hand_on(running, circle.other, volunteer_agreed=False)


@pytest.mark.parametrize(
    ("days", "minors", "refused"),
    [(None, False, False), (None, True, True), (1, True, False), (200, False, False),
     (0, True, True), (-1, False, True)],
)  # fmt: skip
def test_clearance_is_a_day_to_come_and_needed_for_minors(
    circle: Circle, days: int | None, minors: bool, refused: bool
) -> None:
    until = None if days is None else NOW.date() + timedelta(days=days)
    referral = circle.asked(with_minors=minors)
    if refused:
        with pytest.raises(Invalid) as found:
            circle.propose(referral, clearance_until=until)
        assert set(found.value.errors) == {"clearance_until"}
    else:
        assert circle.propose(referral, clearance_until=until).state == "volunteer_proposed"


@pytest.mark.parametrize("field", ["task_text", "time_window"])
def test_a_task_that_names_the_person_is_not_sent(circle: Circle, field: str) -> None:
    f, town = circle.town.factory, circle.town
    client = f.client(town.advisor, given_name="Oksana", family_name="Pryklad-Demo")
    for text in ("Mit Oksana zum Arzt", "Bei PRYKLAD klingeln"):
        with pytest.raises(Invalid, match="nennt den Namen"):
            f.sent(town.advisor, client, town.service, form={field: text})
    sent = f.sent(town.advisor, client, town.service, form={field: "Begleitung zum Arzt"})
    assert sent.status == "sent"


def test_a_way_that_needs_a_number_asks_for_it(circle: Circle) -> None:
    with pytest.raises(Invalid, match="Nummer oder E-Mail-Adresse"):
        circle.asked(reached_by="phone", reached_at="")
    assert circle.asked(reached_by="coordination", reached_at="").status == "accepted"


# --- what a volunteer sees ----------------------------------------------------------------

BEFORE = {"task_text", "time_window"}
AFTER = {"given_name", "task_text", "time_window", "meeting_point", "reached_at"}


def test_the_circles_yes_shows_a_volunteer_nothing(app: Flask, circle: Circle) -> None:
    referral = circle.asked()
    assert circle.sees(circle.volunteer) == set()
    assert circle.get(app, circle.volunteer, f"/referrals/{referral.id}")[0] == 404


def test_a_teaser_without_a_name_before(app: Flask, circle: Circle) -> None:
    until = NOW.date() + timedelta(days=90)
    referral = circle.propose(circle.asked(with_minors=True), clearance_until=until)
    for path in ("/", f"/referrals/{referral.id}"):
        status, html = circle.get(app, circle.volunteer, path)
        assert status == 200
        assert circle.markers.fields_in(html) <= BEFORE, path
        assert circle.markers.unescaped_in(html) is None
    assert circle.markers.fields_in(html) == BEFORE


def test_the_fields_of_the_task_afterwards(app: Flask, circle: Circle) -> None:
    referral = circle.running()
    status, html = circle.get(app, circle.volunteer, f"/referrals/{referral.id}")
    assert (status, circle.markers.fields_in(html)) == (200, AFTER)
    assert circle.markers.unescaped_in(html) is None
    assert "Hausach" in html
    actor = circle.town.factory.actor(circle.volunteer)
    read = readable(actor, policy.get_visible(actor, referral.id))
    assert {item.field.key for item in read} == set(forms.TASK)
    status, html = circle.get(app, circle.volunteer, "/")
    assert (status, circle.markers.fields_in(html)) == (200, {"given_name"})


def test_what_the_advisor_held_back_the_volunteer_does_not_see(circle: Circle) -> None:
    f, town = circle.town.factory, circle.town
    referral = f.draft(town.advisor, circle.client, town.service, withheld=["meeting_point"],
                       form={"meeting_point": "Am Brunnen"})  # fmt: skip
    f.consent(town.advisor, circle.client, town.service.unit)
    f.move(town.advisor, referral.id, "send")
    f.move(circle.coordinator, referral.id, "accept")
    circle.propose(referral)
    f.move(circle.volunteer, referral.id, "take_on")
    actor = f.actor(circle.volunteer)
    read = readable(actor, policy.get_visible(actor, referral.id))
    assert "Am Brunnen" not in [item.text for item in read]


def test_what_others_wrote_is_not_on_a_volunteers_page(app: Flask, circle: Circle) -> None:
    f, town = circle.town.factory, circle.town
    referral = f.sent(town.advisor, circle.client, town.service)
    f.move(circle.coordinator, referral.id, "ask", {"question": "Zzfrage"})
    f.move(town.advisor, referral.id, "answer", {"answer": "Zzantwort"})
    f.move(circle.coordinator, referral.id, "accept", {"note": "Zznotiz"})
    circle.propose(referral)
    f.move(circle.volunteer, referral.id, "take_on")
    _, html = circle.get(app, circle.volunteer, f"/referrals/{referral.id}")
    assert "Zz" not in html
    assert "Vera Kreis" not in html
    assert "Aufgabe übernommen" in html


def test_volunteers_of_one_circle_do_not_see_each_others_tasks(app: Flask, circle: Circle) -> None:
    mine, theirs = circle.running(), circle.proposed(circle.other)
    assert circle.sees(circle.volunteer) == {mine}
    assert circle.sees(circle.other) == {theirs}
    nothing = circle.get(app, circle.other, f"/referrals/{uuid4()}")[0]
    for action in ("", "/take_on", "/task_done", "/propose", "/accept"):
        assert circle.get(app, circle.other, f"/referrals/{mine.id}{action}")[0] == nothing == 404
    for action in ("take_on", "not_this_time", "task_done", "complete", "withdraw"):
        with pytest.raises(NotFound):
            circle.town.factory.move(circle.other, mine.id, action)


def test_a_volunteer_makes_no_move_of_the_coordinator(circle: Circle) -> None:
    f, referral = circle.town.factory, circle.running()
    for action in ("complete", "fail", "hand_on", "withdraw"):
        with pytest.raises((Forbidden, Conflict)):
            f.move(circle.volunteer, referral.id, action)
    actor = f.actor(circle.volunteer)
    possible = policy.possible_actions(actor, policy.get_visible(actor, referral.id))
    assert [action.key for action in possible] == ["task_done"]


def test_a_coordinator_does_not_agree_for_somebody(circle: Circle) -> None:
    referral = circle.proposed()
    for action in ("take_on", "not_this_time"):
        with pytest.raises(Forbidden):
            circle.town.factory.move(circle.coordinator, referral.id, action)


@pytest.mark.parametrize("how", ["task_done", "complete", "fail", "withdraw", "void"])
def test_after_the_end_there_is_nothing(app: Flask, circle: Circle, how: str) -> None:
    f, referral = circle.town.factory, circle.running()
    if how == "void":
        commands.void(f.actor(circle.town.lead), referral.id, {"reason": "Versehen"})
    else:
        by = {"task_done": circle.volunteer, "withdraw": circle.town.advisor}
        f.move(by.get(how, circle.coordinator), referral.id, how)
    assert referral.status in FINAL
    assert circle.sees(circle.volunteer) == set()
    assert circle.get(app, circle.volunteer, f"/referrals/{referral.id}")[0] == 404


@pytest.mark.parametrize("agreed", [False, True])
def test_a_task_given_to_somebody_else_is_gone(app: Flask, circle: Circle, agreed: bool) -> None:
    referral = circle.running() if agreed else circle.proposed()
    if agreed:
        circle.hand_on(referral, circle.other)
    else:
        circle.propose(referral, circle.other)
    assert circle.get(app, circle.volunteer, f"/referrals/{referral.id}")[0] == 404
    status, html = circle.get(app, circle.other, f"/referrals/{referral.id}")
    assert (status, circle.markers.fields_in(html)) == (200, AFTER if agreed else BEFORE)


@pytest.mark.parametrize("agreed", [False, True])
def test_a_revoked_consent_ends_the_access_and_says_so(
    app: Flask, circle: Circle, agreed: bool
) -> None:
    referral = circle.running() if agreed else circle.proposed()
    endings.revoke_consent(circle.town.factory.actor(circle.town.advisor), referral.consent_id)
    status, html = circle.get(app, circle.volunteer, f"/referrals/{referral.id}")
    assert status == 200
    assert "Zugriff beendet" in html
    assert "0000 1000" in html, "the sender's telephone number"
    assert circle.markers.fields_in(html) == set()
    assert "widerrufen" not in html.casefold()
    assert circle.get(app, circle.other, f"/referrals/{referral.id}")[0] == 404


def test_an_expired_consent_ends_it_too(circle: Circle) -> None:
    referral = circle.running()
    later = circle.town.factory.at(NOW + timedelta(days=200))
    actor = later.actor(circle.volunteer)
    found = policy.get_visible(actor, referral.id)
    assert policy.grant(actor, found) is Grant.ENDED
    (task,) = tasks.open_tasks(actor)
    assert (task.title, task.first_name, task.items) == ("", "", [])
    assert policy.possible_actions(actor, found) == []


def test_a_volunteer_who_left_the_circle_sees_nothing(app: Flask, circle: Circle) -> None:
    referral = circle.running()
    circle.volunteer.ended_on = NOW.date()
    assert circle.get(app, circle.volunteer, f"/referrals/{referral.id}")[0] in (403, 404)


# --- two taps -----------------------------------------------------------------------------


def test_open_and_agree(app: Flask, circle: Circle) -> None:
    referral = circle.proposed()
    _, start = circle.get(app, circle.volunteer, "/")
    assert "Meine Aufgaben" in start
    assert f'href="/referrals/{referral.id}"' in start
    _, html = circle.get(app, circle.volunteer, f"/referrals/{referral.id}")
    forms_on_page = re.findall(r'action="/referrals/[^"]+/(\w+)"', html)
    assert forms_on_page == ["take_on", "not_this_time"]
    answer = circle.post(app, circle.volunteer, referral, "take_on")
    assert (answer.status_code, answer.location) == (303, f"/referrals/{referral.id}")


def test_open_and_decline(app: Flask, circle: Circle) -> None:
    referral = circle.proposed()
    answer = circle.post(app, circle.volunteer, referral, "not_this_time")
    assert (answer.status_code, answer.location) == (303, "/")
    _, start = circle.get(app, circle.volunteer, "/")
    assert "Zurzeit haben Sie keine Aufgabe" in start


def test_a_result_without_a_sentence_is_asked_for_again(app: Flask, circle: Circle) -> None:
    referral = circle.running()
    db.session.commit()
    visitor = browser(app, circle.volunteer)
    path = f"/referrals/{referral.id}/task_done"
    answer = visitor.submit(path, {"code": "help_received", "result": ""})
    assert answer.status_code == 422
    assert "Bitte ausfüllen" in answer.text
    done = visitor.submit(path, {"code": "help_received", "result": "Es ist eingerichtet."})
    assert (done.status_code, done.location) == (303, "/")


def test_a_volunteer_has_no_list_of_the_units_requests(app: Flask, circle: Circle) -> None:
    circle.running()
    assert circle.get(app, circle.volunteer, "/referrals")[0] == 404


def test_the_coordinators_form_offers_the_volunteers_alone(app: Flask, circle: Circle) -> None:
    referral = circle.asked()
    _, html = circle.get(app, circle.coordinator, f"/referrals/{referral.id}/propose")
    options = re.findall(r"<option value=\"[0-9a-f-]{36}\">([^<]+)", html)
    assert options == ["Volker Frei", "Vroni Frei"]
    assert 'type="file"' not in html


# --- who is told --------------------------------------------------------------------------


def told(topic: str) -> list[tuple[str, ...]]:
    messages = db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == topic))
    letters = [render(message) for message in messages]
    assert not [x for x in letters if "zq" in x.subject + x.text or "Helferkreis" in x.text]
    return [letter.to for letter in letters]


def test_the_person_is_told_and_nobody_is_named(circle: Circle) -> None:
    circle.proposed()
    assert told("task.offered") == [(circle.volunteer.person.email,)]


def test_who_loses_a_task_is_told_and_who_gave_it_back_is_not(circle: Circle) -> None:
    circle.propose(circle.proposed(), circle.other)
    assert told("task.ended") == [(circle.volunteer.person.email,)]
    assert len(told("task.offered")) == 2
    circle.town.factory.move(circle.volunteer, circle.proposed().id, "not_this_time")
    assert len(told("task.ended")) == 1


def test_a_revocation_is_told_to_volunteer_and_circle(circle: Circle) -> None:
    referral = circle.running()
    endings.revoke_consent(circle.town.factory.actor(circle.town.advisor), referral.consent_id)
    assert told("task.ended") == [(circle.volunteer.person.email,)]
    assert told("referral.withdrawn") == [(circle.town.service.unit.email,)]


def test_the_circle_hears_a_volunteers_answer(circle: Circle) -> None:
    circle.town.factory.move(circle.volunteer, circle.proposed().id, "not_this_time")
    assert told("task.answered") == [(circle.town.service.unit.email,)]


def test_what_is_for_the_circle_does_not_go_to_its_volunteers(circle: Circle) -> None:
    circle.town.service.unit.email = ""
    circle.asked()
    (to,) = told("referral.sent")
    assert circle.coordinator.person.email in to
    assert not {circle.volunteer.person.email, circle.other.person.email} & set(to)


# --- what a plugin may declare ------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "preview"),
    [(("family_name",), ()), (("phone",), ()), (("nothing",), ()), (("given_name",), None)],
)
def test_a_task_that_shows_more_is_refused_at_the_start(
    task: tuple[str, ...], preview: tuple[str, ...] | None
) -> None:
    (kind,) = helferkreis.portal_referral_types()
    faulty = replace(kind, task=task, preview=preview)
    careless = ModuleType("careless")
    careless.API_VERSION = 1
    careless.portal_referral_types = hookimpl(lambda: [faulty])
    with pytest.raises(PluginError, match="volunteer"):
        load([("helferkreis", careless, "0")])
