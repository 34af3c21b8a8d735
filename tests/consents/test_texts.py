"""What clients read: complete in every language, never changed unseen, checked by a person."""

from __future__ import annotations

import re
import shutil
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import REGIMES, Membership
from portal.accounts.roles import ROLES
from portal.audit import AuditEntry
from portal.clients.fields import DATA_CATEGORIES
from portal.codes import LANGUAGES as CONTACT_LANGUAGES
from portal.consents import text_checks, texts
from portal.consents.models import PURPOSES
from portal.documents.sheet import Words, direction
from portal.extensions import db
from portal.problems import Conflict, Forbidden, NotFound
from portal.testing.client import PortalClient
from portal.testing.town import NOW, Town

# A version that was released says this for ever: consents name it. A change is a new version.
RELEASED: dict[str, dict[str, str]] = {
    "2026-11": {
        "de": "725e00ad9cd2ed509fc242ae773c11a30c6b458216c5d1eaf08c768266d2ba35",
        "en": "ee6722507b71006af9cd88e13def398fe4f82754ba1b6a04684288cc80abd43d",
        "uk": "c024be3b7011908098d8178bb56af7273f662e7b387540aa4dbfbe2ff2fb923f",
        "ru": "1b6f3bbb3178978c114498f5aad7140407b17095efabec3016f0866be1e27c76",
        "ar": "b1b5645be93f6127cd43827031675cdb0e92c02264083afaefc3c67ce16d64b2",
        "fa": "7228df0e6afe35c6748b9cc7633610d311a89ec9713d0ee3b4cc39e9d69bd80e",
        "tr": "3fc2ad0d81aaa732f359922c3ef0e116d21eefb6cbe2db41ff09e666f64f0f1c",
        "ti": "2938c3dae491b16be11ac3e93eda665186d5a26c59bbc89f718f189843b1cc38",
        "ku": "d97568ef75a65596f95c496e71676a01ca6bc5d496a77c775238cf04b8341c92",
    },
}
TRANSLATED = [language for language in texts.LANGUAGES if language != "de"]
ALL = [(version, language) for version in RELEASED for language in texts.LANGUAGES]
SCRIPTS = {"uk": "CYRILLIC", "ru": "CYRILLIC", "ar": "ARABIC", "fa": "ARABIC", "ti": "ETHIOPIC"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    return sqlite_app


@pytest.fixture
def coordinator(town: Town) -> Membership:
    found = town.factory.member("Konrad Kreis", town.advisor.unit, "coordinator")
    db.session.commit()
    return found


# --- the sentences -----------------------------------------------------------------------------


def test_every_version_is_pinned() -> None:
    assert {folder.name for folder in texts.FOLDER.iterdir()} == set(RELEASED)
    assert texts.CURRENT in RELEASED


@pytest.mark.parametrize(("version", "language"), ALL)
def test_a_released_version_still_says_the_same(version: str, language: str) -> None:
    assert texts.digest(version, language) == RELEASED[version][language]


def test_german_is_what_a_digest_without_a_language_is_of() -> None:
    assert texts.digest() == RELEASED[texts.CURRENT]["de"]


@pytest.mark.parametrize(("version", "language"), ALL)
def test_every_language_says_everything_with_the_same_places_to_fill(
    version: str, language: str
) -> None:
    german, other = texts.sentences("de", version), texts.sentences(language, version)
    assert list(other) == list(german)
    for key in german:
        assert sorted(PLACEHOLDER.findall(other[key])) == sorted(PLACEHOLDER.findall(german[key]))
        assert PLACEHOLDER.sub("", other[key]).count("{") == 0


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_one(language: str) -> None:
    """In its script, of about the length, and as a sentence or a label where German has one."""
    german, other = texts.sentences("de"), texts.sentences(language)
    for key, text in other.items():
        assert text == unicodedata.normalize("NFC", text).strip()
        assert text != german[key]
        assert len(text) <= 2 * len(german[key]) + 40, key
        assert (text[-1] in ".።") == (german[key][-1] == "."), key
        letters = [letter for letter in PLACEHOLDER.sub("", text) if letter.isalpha()]
        script = SCRIPTS.get(language, "LATIN")
        own = sum(unicodedata.name(letter).startswith(script) for letter in letters)
        assert own > len(letters) / 2, key


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_sentence_is_longer_than_one_reads(language: str) -> None:
    for key, text in texts.sentences(language).items():
        assert 2 <= len(text) <= 600, key


def test_there_is_a_sentence_for_everything_a_consent_names() -> None:
    keys = set(texts.sentences("de"))
    assert {f"law.{regime}" for regime, _ in REGIMES} <= keys
    named = {f"categories.{category}" for category, _ in DATA_CATEGORIES}
    assert named | {"categories.health"} == {key for key in keys if key.startswith("categories.")}
    purposes = {f"purposes.{purpose}" for purpose, _ in PURPOSES}
    assert purposes == {key for key in keys if key.startswith("purposes.")}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_law_is_named_in_every_language(language: str) -> None:
    """Numbers of articles are not translated: all of German's are there, and no other."""
    german, other = texts.sentences("de"), texts.sentences(language)
    for key in ("law.gdpr", "law.sgb10", "law.kdg", "law.dsg_ekd", "dossier.intro"):
        numbers = [sorted(re.findall(r"\d+b?", each[key])) for each in (german, other)]
        assert numbers[0] == numbers[1], key
    for key, name in (("law.sgb10", "SGB X"), ("law.kdg", "KDG"), ("law.dsg_ekd", "DSG-EKD")):
        assert name in other[key]


def test_the_languages_clients_speak_find_theirs() -> None:
    found = {key: texts.language_for(key) for key, _ in CONTACT_LANGUAGES}
    assert {key for key, language in found.items() if language} == {
        "uk", "ru", "ar", "fa", "prs", "tr", "kmr", "ti", "en"
    }  # fmt: skip
    assert (found["kmr"], found["prs"], found["de"], found["so"]) == ("ku", "fa", "", "")
    assert texts.language_for("xx") == texts.language_for("") == ""
    assert [texts.label(language) for language in ("ku", "fa")] == [
        "Kurdisch (Kurmandschi)", "Persisch (Farsi)"
    ]  # fmt: skip


def test_words_are_german_and_the_other_language() -> None:
    assert texts.words("slip.title", "tr") == Words("Begleitblatt", "Refakat kağıdı")
    assert texts.words("slip.title", "kmr") == texts.words("slip.title", "ku")
    assert texts.words("slip.title", "prs").other == texts.sentence("slip.title", "fa")
    for nobodys in ("", "de", "so", "xx"):
        assert texts.words("slip.title", nobodys) == Words("Begleitblatt")
        assert texts.sentence("slip.title", nobodys) == "Begleitblatt"


def test_what_is_put_in_stays_as_it_is() -> None:
    odd = "{sender} <b>%s</b> \\n {0.__class__}"
    said = texts.sentence("intro", "en", name=odd, sender="A", recipient="B")
    assert said.startswith(f"I, {odd}, agree: A may")
    assert "01.02.2027" in texts.sentence("validity", "uk", until=date(2027, 2, 1))
    with pytest.raises(KeyError):
        texts.sentence("validity", "uk")


@pytest.mark.parametrize("language", ["ar", "fa"])
def test_a_value_keeps_its_order_where_one_reads_from_the_right(language: str) -> None:
    assert direction(language) == "rtl"
    assert "\u20680000 1000\u2069" in texts.sentence("slip.answer", language, phone="0000 1000")
    german = texts.words("slip.answer", language, phone="0000 1000").de
    assert german == "Antwort bitte am Telefon: 0000 1000"
    named = texts.sentence("intro", "de", name="أمينة", sender="A", recipient="B")
    assert named.startswith("Ich, \u2068أمينة\u2069, bin")


# --- the check ---------------------------------------------------------------------------------


def test_a_translation_says_of_itself_whether_it_was_checked(
    town: Town, coordinator: Membership
) -> None:
    assert "noch nicht" in text_checks.note("tr").de
    check = text_checks.mark_checked(town.factory.actor(coordinator), "tr")
    assert (check.version, check.checked_on) == (texts.CURRENT, NOW.date())
    assert text_checks.note("tr") == texts.words("translation_checked", "tr", day=NOW.date())
    assert text_checks.note("uk") == texts.words("translation_unchecked", "uk")


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"coordinator"}))
def test_nobody_else_may_mark_one(town: Town, role: str) -> None:
    actor = town.factory.actor(town.factory.member("Wer Anders", town.advisor.unit, role))
    for command in (text_checks.mark_checked, text_checks.withdraw_check):
        with pytest.raises(Forbidden):
            command(actor, "tr")
    assert text_checks.check_of("tr") is None


@pytest.mark.parametrize("language", ["de", "xx", "", "kmr"])
def test_there_is_nothing_to_check_but_translations(
    town: Town, coordinator: Membership, language: str
) -> None:
    with pytest.raises(NotFound):
        text_checks.mark_checked(town.factory.actor(coordinator), language)


def test_a_mark_is_given_and_taken_back_once_and_both_are_in_the_log(
    town: Town, coordinator: Membership
) -> None:
    actor = town.factory.actor(coordinator)
    with pytest.raises(Conflict):
        text_checks.withdraw_check(actor, "tr")
    text_checks.mark_checked(actor, "tr")
    with pytest.raises(Conflict):
        text_checks.mark_checked(actor, "tr")
    text_checks.withdraw_check(actor, "tr")
    assert text_checks.check_of("tr") is None
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.kind.startswith("consent_text")).order_by(AuditEntry.id)
    ).all()
    assert [(e.kind, e.data, e.membership_id) for e in entries] == [
        (kind, {"language": "tr", "version": texts.CURRENT}, coordinator.id)
        for kind in ("consent_text.checked", "consent_text.check_withdrawn")
    ]


@pytest.mark.parametrize(
    ("changed", "holds"), [("", True), ("uk", True), ("tr", False), ("de", False)]
)
def test_a_mark_ends_when_what_was_checked_changes(
    town: Town, coordinator: Membership, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    changed: str, holds: bool,
) -> None:  # fmt: skip
    """A new version with another sentence in German or in the language itself."""
    version = f"later-{changed}"
    shutil.copytree(texts.FOLDER, tmp_path / "all")
    shutil.copytree(texts.FOLDER / texts.CURRENT, tmp_path / "all" / version)
    if changed:
        with (tmp_path / "all" / version / f"{changed}.toml").open("a") as file:
            file.write('"slip.more" = "Noch ein Satz."\n')
    monkeypatch.setattr(texts, "FOLDER", tmp_path / "all")
    check = text_checks.mark_checked(town.factory.actor(coordinator), "tr")
    assert (text_checks.check_of("tr", version) is check) == holds
    # What was printed before stays what it was.
    assert text_checks.check_of("tr", texts.CURRENT) is check


def test_the_pages_show_both_languages_and_take_the_mark(
    app: Flask, coordinator: Membership
) -> None:
    browser: Any = app.test_client()
    assert isinstance(browser, PortalClient)
    browser.sign_in(coordinator)
    assert browser.get("/").text.count('href="/texts"') == 1
    overview = browser.get("/texts").text
    assert overview.count("noch nicht von einer Übersetzerin oder einem Übersetzer") == 8
    page = browser.get("/texts/ar").text
    assert page.count('lang="de" dir="ltr"') == page.count('lang="ar" dir="rtl"')
    assert texts.sentences("de")["slip.client"] in page
    assert texts.sentences("ar")["slip.client"] in page
    assert 'lang="ti" dir="ltr"' in browser.get("/texts/ti").text

    answer = browser.submit("/texts/ar/check", form="/texts/ar")
    assert (answer.status_code, answer.location) == (303, "/texts/ar")
    assert "Geprüft am Mo. 23.11.2026 durch Konrad Kreis" in browser.get("/texts/ar").text
    assert "am Mo. 23.11.2026 durch Konrad Kreis" in browser.get("/texts").text
    assert browser.submit("/texts/ar/check", form="/texts/ar").status_code == 409
    assert browser.submit("/texts/ar/withdraw", form="/texts/ar").status_code == 303
    assert "durch Konrad Kreis" not in browser.get("/texts").text
    for nothing in ("/texts/de", "/texts/xx", "/texts/kmr"):
        assert browser.get(nothing).status_code == 404


def test_the_pages_are_nobody_elses(app: Flask, town: Town) -> None:
    browser: Any = app.test_client()
    browser.sign_in(town.advisor)
    assert 'href="/texts"' not in browser.get("/").text
    for address in ("/texts", "/texts/ar"):
        assert browser.get(address).status_code == 403
