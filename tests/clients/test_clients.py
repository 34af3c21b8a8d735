"""The client record: who sees it, how it is found, who is in charge."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Membership
from portal.clients import commands, policy
from portal.clients.fields import CLIENT_FIELDS, DATA_CATEGORIES
from portal.clients.models import Client, ClientToken, Deputy
from portal.demo.factory import Factory
from portal.extensions import db
from portal.problems import Conflict, Forbidden, Invalid, NotFound
from portal.testing.town import NOW, Town, build_town

TODAY = NOW.date()
PLAIN = {"given_name": "Ayşe", "family_name": "Örnek", "municipality": "08317041",
         "contact_language": "tr"}  # fmt: skip


def found(town: Town, query: str, who: Membership | None = None) -> list[str]:
    actor = town.factory.actor(who or town.advisor)
    return [client.name for client in commands.search(actor, query)]


# --- the record -------------------------------------------------------------------------
def test_a_new_client_is_its_makers(town: Town) -> None:
    client = commands.create_client(town.factory.actor(town.advisor), PLAIN)
    assert (client.advisor_id, client.unit_id) == (town.advisor.id, town.advisor.unit_id)
    assert (client.counselling_started_on, client.closed_on) == (TODAY, None)
    assert client.name == "Ayşe Örnek"
    assert client.municipality_ags == PLAIN["municipality"]


@pytest.mark.parametrize("who", ["partner", "stranger"])
def test_only_advisors_make_and_change_clients(town: Town, who: str) -> None:
    actor = town.factory.actor(getattr(town, who))
    with pytest.raises(Forbidden):
        commands.create_client(actor, PLAIN)
    with pytest.raises(Forbidden):
        commands.update_client(actor, town.client.id, PLAIN, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("given_name", ""),
        ("family_name", "x" * 201),
        ("given_name", "\u202eanaskO"),
        ("given_name", "a\x00b"),
        ("municipality", "00000000"),
        ("contact_language", "klingon"),
        ("birth_date", TODAY + timedelta(days=1)),
        ("birth_date", date(1, 1, 1)),
        ("adults", 0),
        ("adults", 10**12),
        ("further_languages", ["uk", "klingon"]),
    ],
)
def test_what_breaks_a_rule_is_told_at_its_field(sqlite_app: Flask, key: str, value: Any) -> None:
    town = build_town(Factory(NOW))
    actor = town.factory.actor(town.advisor)
    for attempt in (
        lambda data: commands.create_client(actor, data),
        lambda data: commands.update_client(actor, town.client.id, data, town.client.version),
    ):
        with pytest.raises(Invalid) as caught:
            attempt({**PLAIN, key: value})
        assert set(caught.value.errors) == {key}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "Robert'); DROP TABLE client;--",
                                  "ፍቅርተ", "علي", "—", "🙂", "\u200b"])  # fmt: skip
def test_every_name_can_be_kept_and_changed(town: Town, name: str) -> None:
    actor = town.factory.actor(town.advisor)
    client = commands.create_client(actor, {**PLAIN, "given_name": name, "family_name": name})
    assert client.name == f"{name} {name}"
    commands.update_client(actor, client.id, client.profile | {"birth_date": None}, client.version)
    db.session.commit()
    assert db.session.get_one(Client, client.id).name == f"{name} {name}"


def test_changing_needs_the_version_one_has_seen(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    seen = town.client.version
    commands.update_client(actor, town.client.id, {**PLAIN, "phone": "1"}, seen)
    assert town.client.version == seen + 1
    with pytest.raises(Conflict, match="Inzwischen hat jemand anderes"):
        commands.update_client(actor, town.client.id, {**PLAIN, "phone": "2"}, seen)
    assert town.client.profile["phone"] == "1"


def test_a_changed_name_is_found_by_the_new_one_only(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    commands.update_client(actor, town.client.id, PLAIN, town.client.version)
    assert found(town, "Pryklad") == []
    assert found(town, "Ornek") == ["Ayşe Örnek"]


def test_every_field_has_a_category_that_a_consent_can_name() -> None:
    known = {key for key, _ in DATA_CATEGORIES}
    assert {field.category for field in CLIENT_FIELDS.values()} <= known - {"request"}


@pytest.mark.parametrize("word", ["religion", "ethnic", "health", "diagnos", "asylum", "criminal",
                                  "orientation", "whereabouts"])  # fmt: skip
def test_what_must_not_be_kept_has_no_field(word: str) -> None:
    assert [key for key in CLIENT_FIELDS if word in key] == []


# --- search -------------------------------------------------------------------------------
def name(town: Town, given: str, family: str, advisor: Membership | None = None) -> Client:
    return town.factory.client(advisor or town.advisor, given_name=given, family_name=family)


@pytest.mark.parametrize("query", ["Örnek", "Ornek", "oernek", "ÖRN", "orn", "ayse ornek",
                                   "Örnek Ayşe", "  ornek,  AYŞE "])  # fmt: skip
def test_spellings_of_a_name_meet(town: Town, query: str) -> None:
    name(town, "Ayşe", "Örnek")
    assert found(town, query) == ["Ayşe Örnek"]


@pytest.mark.parametrize(("kept", "query"), [("Yıldız", "yildiz"), ("Yildiz", "Yıldız"),
                                             ("İnci", "inci"), ("Großmann", "grossm"),
                                             ("Grossmann", "GROß")])  # fmt: skip
def test_letters_of_other_alphabets_meet(town: Town, kept: str, query: str) -> None:
    name(town, "Test", kept)
    assert found(town, query) == [f"Test {kept}"]


def test_every_word_must_be_met_by_the_beginning_of_one(town: Town) -> None:
    name(town, "Anna-Lena", "Müller")
    assert found(town, "lena mul") == ["Anna-Lena Müller"]
    for other in ("ena", "lena schmidt", "ller", "annalena"):
        assert found(town, other) == []


def test_long_words_are_compared_to_their_end(town: Town) -> None:
    name(town, "A", "Abdurrahmanzadeh")
    name(town, "B", "Abdurrahmanoglu")
    assert found(town, "abdurrah") == ["B Abdurrahmanoglu", "A Abdurrahmanzadeh"]
    assert found(town, "abdurrahmanz") == ["A Abdurrahmanzadeh"]
    assert found(town, "Abdurrahmanzadehx") == []


def test_what_is_found_goes_from_a_to_z(town: Town) -> None:
    for given, family in (("Zoe", "Beta"), ("Adam", "Beta"), ("Mia", "Ärta")):
        name(town, given + "test", family)
    assert found(town, "beta") == ["Adamtest Beta", "Zoetest Beta"]


def test_search_and_duplicate_warning_tell_nothing_of_invisible_clients(town: Town) -> None:
    name(town, "Ayşe", "Örnek", town.colleague)
    data = {"given_name": "Ayse", "family_name": "Oernek"}
    everybody = {
        "advisor": town.advisor, "colleague": town.colleague, "lead": town.lead,
        "partner": town.partner, "stranger": town.stranger,
    }  # fmt: skip
    for who, member in everybody.items():
        actor = town.factory.actor(member)
        sees = who in ("colleague", "lead")
        assert bool(commands.search(actor, "ornek")) == sees
        assert bool(commands.possible_duplicates(actor, data)) == sees


def test_half_a_name_is_no_duplicate(town: Town) -> None:
    actor = town.factory.actor(town.advisor)
    for data in ({}, {"given_name": "Oksana"}, {"given_name": "…", "family_name": "Pryklad"}):
        assert commands.possible_duplicates(actor, data) == []
    twin = {"given_name": "Oksana", "family_name": "Pryklad"}
    assert commands.possible_duplicates(actor, twin) == [town.client]


def test_a_name_without_a_letter_leaves_no_trace_in_the_index(town: Town) -> None:
    before = db.session.scalar(select(func.count()).select_from(ClientToken))
    name(town, "🙂", "—")
    assert db.session.scalar(select(func.count()).select_from(ClientToken)) == before


# --- who is in charge -----------------------------------------------------------------------
def test_a_team_lead_hands_a_client_to_a_colleague(town: Town) -> None:
    f = town.factory
    commands.assign_client(f.actor(town.lead), town.client.id, town.colleague.id)
    assert policy.get_visible(f.actor(town.colleague), town.client.id) is town.client
    with pytest.raises(NotFound):
        policy.get_visible(f.actor(town.advisor), town.client.id)
    with pytest.raises(Forbidden):
        commands.assign_client(f.actor(town.colleague), town.client.id, town.advisor.id)


@pytest.mark.parametrize("who", ["partner", "gone", "inactive"])
def test_nobody_else_can_be_put_in_charge(town: Town, who: str) -> None:
    f = town.factory
    if who == "partner":
        member = town.partner
    else:
        member = f.member("Nicht Mehr", town.advisor.unit, "advisor")
        member.ended_on = TODAY if who == "gone" else None
        member.person.active = who != "inactive"
        db.session.flush()
    with pytest.raises(Invalid) as caught:
        commands.assign_client(f.actor(town.lead), town.client.id, member.id)
    assert set(caught.value.errors) == {"advisor_id"}


@pytest.mark.parametrize(
    ("start", "end", "key"),
    [
        (0, -1, "ends_on"),
        (5, 4, "ends_on"),
        (-9, -1, "ends_on"),
        (0, 367, "ends_on"),
    ],
)
def test_a_deputyship_ends_after_it_began_and_within_a_year(
    town: Town, start: int, end: int, key: str
) -> None:
    actor = town.factory.actor(town.advisor)
    days = (TODAY + timedelta(days=start), TODAY + timedelta(days=end))
    with pytest.raises(Invalid) as caught:
        commands.name_deputy(actor, town.advisor.id, town.colleague.id, *days)
    assert set(caught.value.errors) == {key}


def test_one_names_deputies_for_oneself_and_a_lead_for_the_team(town: Town) -> None:
    f = town.factory
    with pytest.raises(Forbidden):
        commands.name_deputy(f.actor(town.colleague), town.advisor.id, town.colleague.id,
                             TODAY, TODAY)  # fmt: skip
    with pytest.raises(Invalid):
        commands.name_deputy(f.actor(town.advisor), town.advisor.id, town.advisor.id, TODAY, TODAY)
    with pytest.raises(Invalid):
        commands.name_deputy(f.actor(town.advisor), town.advisor.id, town.partner.id, TODAY, TODAY)
    commands.name_deputy(f.actor(town.lead), town.advisor.id, town.colleague.id, TODAY, TODAY)
    assert policy.get_visible(f.actor(town.colleague), town.client.id) is town.client


def test_a_deputyship_can_be_ended_by_those_it_concerns(town: Town) -> None:
    f = town.factory
    outsider = f.member("Olaf Außen", f.unit(town.advisor.unit.organisation, "B"), "team_lead")
    until = TODAY + timedelta(days=9)
    row = commands.name_deputy(f.actor(town.advisor), town.advisor.id, town.colleague.id, TODAY,
                               until)  # fmt: skip
    for other in (outsider, town.partner):
        with pytest.raises(NotFound):
            commands.end_deputy(f.actor(other), row.id)
    commands.end_deputy(f.actor(town.colleague), row.id)
    db.session.flush()
    assert db.session.scalars(select(Deputy)).one().ends_on < TODAY
    with pytest.raises(NotFound):
        policy.get_visible(f.actor(town.colleague), town.client.id)
