"""The operator's documents: who reads them, true for this installation, and complete."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, render_template

from portal import RELEASED_ON
from portal.accountability.facts import SEALED, Extension
from portal.accountability.views import DOCUMENTS
from portal.accounts.roles import CORE_PERMISSIONS, ROLES
from portal.clients.fields import CLIENT_FIELDS, DATA_CATEGORIES
from portal.config import SESSION_HOURS
from portal.demo.factory import Factory
from portal.extensions import Model, db
from portal.privacy import retention_rules
from portal.registry import registry
from portal.testing.town import NOW, Town

PUBLIC = ("/documents/information", "/accessibility")
RESTRICTED = ("/documents/processing", "/documents/impact", "/documents/joint")
READERS = {"coordinator", "auditor", "admin"}
GAP = "[vom Betreiber zu ergänzen:"


class Parts(HTMLParser):
    """What a page is made of: its text, what stands in <code>, headings, ids and languages."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.codes: set[str] = set()
        self.headings: list[int] = []
        self.ids: Counter[str] = Counter()
        self.pointed_to: set[str] = set()
        self.languages: list[tuple[str, str]] = []
        self.unscoped = 0
        self._inside = ""
        self.feed(page)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self._inside = tag
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if (name := has.get("id")) is not None:
            self.ids[name] += 1
        if (label := has.get("aria-labelledby")) is not None:
            self.pointed_to.add(label)
        if (language := has.get("lang")) is not None:
            self.languages.append((tag, language))
        self.unscoped += tag == "th" and "scope" not in has

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        if self._inside == "code":
            self.codes.add(data)


def article(page: str) -> str:
    """The document itself, without the frame around it."""
    return page[page.index("<article") : page.index("</article>")]


@pytest.fixture
def auditor(as_member: Any, town: Town) -> Any:
    member = town.factory.member("Doris Datenschutz", town.advisor.unit, "auditor")
    db.session.commit()
    return as_member(member)


@pytest.fixture
def record(auditor: Any) -> str:
    """The record of processing."""
    return article(auditor.get("/documents/processing").text)


# --- who reads them -----------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_who_answers_for_the_portal_reads_all(as_member: Any, town: Town, role: str) -> None:
    member = town.factory.member(f"Person {role}", town.advisor.unit, role)
    db.session.commit()
    reader = as_member(member)
    expected = 200 if role in READERS else 403
    for address in ("/documents", *RESTRICTED):
        assert reader.get(address).status_code == expected, address
    for address in PUBLIC:
        assert reader.get(address).status_code == 200, address
    assert ("/documents" in reader.get("/").text.split('"')) is (role in READERS)


def test_two_are_open_to_everybody(app: Flask) -> None:
    nobody = app.test_client()
    for address in PUBLIC:
        assert nobody.get(address).status_code == 200
    for address in ("/documents", *RESTRICTED, "/documents/nothing"):
        assert nobody.get(address).location.startswith("/login?next=")
    links = nobody.get("/login").text.split('"')
    assert set(PUBLIC) <= set(links)


def test_the_list_leads_to_each_and_to_nothing_else(auditor: Any) -> None:
    links = auditor.get("/documents").text.split('"')
    assert {*PUBLIC, *RESTRICTED} <= set(links)
    for address in ("/documents/nothing", "/documents/accessibility", "/documents/parts"):
        assert auditor.get(address).status_code == 404


# --- complete -------------------------------------------------------------------------------


def test_every_table_and_every_encrypted_column_is_in_the_record(record: str) -> None:
    told = Parts(record).codes
    core = [
        mapper.local_table
        for mapper in Model.registry.mappers
        if mapper.class_.__module__.startswith("portal.")
    ]
    assert len(core) > 20
    for table in core:
        assert table.name in told, f"processing.html says nothing of the table {table.name}"
        for column in table.columns:
            if column.name.endswith(SEALED):
                assert column.name in told
    there = [table for plugin in registry().plugins.values() for table in plugin.tables()] + core
    names = {table.name for table in there} | {c.name for table in there for c in table.columns}
    assert told <= names, "the record tells of what is gone"


def test_every_plugin_describes_its_own_tables(record: str) -> None:
    described = {
        part.partition(" ")[0]: Parts(part).codes
        for part in record.split(">Erweiterung ")[1:]
    }  # fmt: skip
    for key, plugin in registry().plugins.items():
        for table in plugin.tables():
            sealed = {c.name for c in table.columns if c.name.endswith(SEALED)}
            assert {table.name, *sealed} <= described[key]
    assert len(described) >= 3
    assert "was die Erweiterung" not in record


def test_what_a_plugin_does_not_describe_is_a_gap(app: Flask) -> None:
    stranger = Extension("fremd", "1", ("Fremdes",), {"fremd_loan": ("note_sealed",)})
    with app.test_request_context():
        said = render_template("accountability/undescribed.html", extension=stranger)
    assert GAP in said
    assert {"fremd_loan", "note_sealed"} == Parts(said).codes


def test_every_category_field_and_question_is_in_the_record(record: str) -> None:
    text = Parts(record).text
    questions = [f for kind in registry().referral_types.values() for f in kind.form]
    for label in dict(DATA_CATEGORIES).values():
        assert label in text
    for field in (*CLIENT_FIELDS.values(), *questions):
        assert field.label in text


def test_every_role_and_right_is_in_the_record(record: str) -> None:
    text = Parts(record).text
    labels = [*CORE_PERMISSIONS.values(), *(p.label for p in registry().permissions.values())]
    for label in (*labels, *(role.label for role in ROLES.values())):
        assert label in text


def test_every_rule_of_deletion_is_where_it_is_looked_for(app: Flask, record: str) -> None:
    sheet = app.test_client().get("/documents/information").text
    rules = retention_rules.in_force(NOW.date())
    assert len(rules) > 5
    for text in (Parts(record).text, Parts(sheet).text):
        for rule in rules:
            assert rule.label in text
            assert rule.keep is None or rule.keep.label in text


def test_every_kind_of_handoff_is_on_the_sheet_for_everybody(app: Flask) -> None:
    text = Parts(app.test_client().get("/documents/information").text).text
    for kind in registry().referral_types.values():
        assert kind.label in text
        for key in kind.discloses:
            assert CLIENT_FIELDS[key].label in text


# --- true for this installation ---------------------------------------------------------------


def test_what_is_configured_is_filled_in(app: Flask, auditor: Any) -> None:
    def read(address: str) -> str:
        return Parts(article(auditor.get(address).text)).text

    addresses = (*PUBLIC, *RESTRICTED)
    for address in addresses:
        assert GAP in read(address)
    assert f"{GAP} Name des Landkreises]" in read("/documents/processing")
    app.config.update(COUNTY="Landratsamt Musterkreis", CONTACT="hilfe@kreis.example",
                      BASE_URL="https://portal.kreis.example",
                      DATA_PROTECTION_OFFICER="dsb@kreis.example")  # fmt: skip
    for address in addresses:
        assert "Landratsamt Musterkreis" in read(address)
        assert f"{GAP} Name des Landkreises]" not in read(address)
    for address in ("/documents/processing", "/documents/information", "/accessibility"):
        assert "hilfe@kreis.example" in read(address)
    assert "https://portal.kreis.example" in read("/accessibility")
    for address in ("/documents/processing", "/documents/information"):
        assert "dsb@kreis.example" in read(address)
    assert f"nach {SESSION_HOURS} Stunden" in read("/documents/information")
    assert f"am {RELEASED_ON:%d.%m.%Y}" in read("/accessibility")


def test_the_parties_are_the_organisations_that_take_part(auditor: Any, town: Town) -> None:
    factory = Factory(NOW)
    gone = factory.organisation("Früher dabei (Demo)", "other_office")
    gone.active = False
    db.session.commit()
    text = Parts(auditor.get("/documents/joint").text).text
    assert "Landratsamt Ortenaukreis (Demo)" in text
    assert "Kita-Büro Hausach (Demo)" in text
    assert "Früher dabei" not in text


def test_what_is_not_there_yet_is_said(auditor: Any) -> None:
    text = Parts(article(auditor.get("/documents/impact").text)).text
    assert "Zweiter Faktor bei der Anmeldung. (noch nicht vorhanden)" in text


# --- German, and well made ----------------------------------------------------------------------


@pytest.mark.parametrize("address", [*PUBLIC, *RESTRICTED])
def test_whoever_reads_english_gets_the_same_document(auditor: Any, address: str) -> None:
    german = auditor.get(address).text
    assert auditor.post("/account/language", data={"language": "en"}).status_code == 303
    english = auditor.get(address).text
    assert article(english) == article(german)
    assert {("html", "en"), ("article", "de")} <= set(Parts(english).languages)
    assert "kern-alert--info" in english.partition("<article")[0]  # says that it is German
    assert "kern-alert--info" not in german


@pytest.mark.parametrize("address", ["/documents", *PUBLIC, *RESTRICTED])
def test_each_is_well_made(auditor: Any, address: str) -> None:
    page = Parts(auditor.get(address).text)
    assert page.headings.count(1) == 1
    for above, below in zip(page.headings, page.headings[1:], strict=False):
        assert below <= above + 1
    assert [name for name, times in page.ids.items() if times > 1] == []
    assert page.pointed_to <= set(page.ids)
    assert page.unscoped == 0


def test_each_document_has_a_template_of_its_name(app: Flask) -> None:
    for key in DOCUMENTS:
        assert app.jinja_env.get_template(f"accountability/{key}.html")
