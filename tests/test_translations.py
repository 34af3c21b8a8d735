"""The catalogues are whole, and every page says in another language all that it says."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from flask_babel import force_locale
from jinja2 import Environment

from portal.accounts.roles import ROLES
from portal.testing import catalogues, untranslated
from portal.testing.client import PortalClient
from portal.testing.town import fresh_app
from portal.web.access import MEMBER, PERSON, PUBLIC
from portal.web.language import translate
from tests import test_access
from tests.test_access import LOADED, ROUTES, RULES, World

ROOT = Path(__file__).parent.parent
PACKAGES = [ROOT / "portal", *sorted(ROOT.glob("plugins/portal_*"))]
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)

world = test_access.world  # a world of this module's own: here it is changed

# --- the catalogues -----------------------------------------------------------------------------


@each_package
def test_everything_is_said_in_english(package: Path) -> None:
    assert list(catalogues.faults(package, "en")) == []


@each_package
def test_what_is_loaded_is_what_is_written(package: Path) -> None:
    """If not: the command in the README, or a new installation, compiles them."""
    compiled = BytesIO()
    write_mo(compiled, catalogues.read(package, "en"))
    path = catalogues.path_of(package, "en").with_suffix(".mo")
    assert path.read_bytes() == compiled.getvalue()


def test_one_german_text_has_one_english_one() -> None:
    said: dict[str, set[str]] = {}
    for package in PACKAGES:
        for message in catalogues.read(package, "en"):
            for text, english in zip(
                *map(catalogues.forms, (message.id, message.string)), strict=True
            ):
                said.setdefault(text, set()).add(english)
    assert {text: found for text, found in said.items() if text and len(found) > 1} == {}


SOURCE = """
N_("Neu"); N_("Alt"); _("Name: %(name)s"); N_("<b>Halt</b>"); N_("Wirklich?"); N_("Fehlt")
ngettext("%(num)d Tag", "%(num)d Tage", 2)
"""
CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "Neu"
msgstr "New"

#, fuzzy
msgid "Alt"
msgstr "Old"

msgid "Name: %(name)s"
msgstr "Name: %(nam)s"

msgid "<b>Halt</b>"
msgstr "Stop"

msgid "Wirklich?"
msgstr "Really."

msgid "%(num)d Tag"
msgid_plural "%(num)d Tage"
msgstr[0] "%(num)d day"
msgstr[1] "days"

msgid "Gestern"
msgstr "Yesterday"
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose catalogue is wrong in every way."""
    (tmp_path / "plugin.py").write_text(SOURCE)
    path = catalogues.path_of(tmp_path, "en")
    path.parent.mkdir(parents=True)
    path.write_text(CATALOGUE)
    return tmp_path


def test_the_check_finds_what_is_wrong(package: Path) -> None:
    assert set(catalogues.faults(package, "en")) == {
        "'Alt' has no translation",
        "'Fehlt' has no translation",
        "'Name: %(name)s': other placeholders in 'Name: %(nam)s'",
        "'<b>Halt</b>': other tags in 'Stop'",
        "'Wirklich?': ends in another way: 'Really.'",
        "'%(num)d Tag': other placeholders in 'days'",
        "'Gestern' is asked for no more",
    }


def test_the_command_brings_a_catalogue_up_to_date(package: Path) -> None:
    assert catalogues.update(package, "en") == ["Alt", "Fehlt"]
    again = catalogues.read(package, "en")
    assert again.get("Neu").string == "New"
    assert again.get("Gestern") is None
    assert not again.obsolete
    written = catalogues.path_of(package, "en").read_bytes()
    catalogues.update(package, "en")
    assert catalogues.path_of(package, "en").read_bytes() == written


def test_a_plugin_brings_its_own_catalogue(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found without configuration; and the core's words stay the core's."""
    package = tmp_path / "portal_leihladen"
    path = catalogues.path_of(package, "en")
    path.parent.mkdir(parents=True)
    (package / "__init__.py").write_text("""\
\"\"\"A plugin that says two things.\"\"\"
from portal.api import N_

API_VERSION = 1
WORDS = (N_("Leihkarte"), N_("Einwilligung"))
""")
    path.write_text(
        CATALOGUE[:67]
        + """
msgid "Leihkarte"
msgstr "Borrower’s card"

msgid "Einwilligung"
msgstr "Okay"
"""
    )
    assert catalogues.update(package, "en") == []
    monkeypatch.syspath_prepend(tmp_path)
    plugin = importlib.import_module("portal_leihladen")
    for _app in fresh_app(sqlite_url, tmp_path, [("leihladen", plugin, "1")]):
        with force_locale("en"):
            assert [translate(text) for text in plugin.WORDS] == ["Borrower’s card", "Consent"]
    for _app in fresh_app(sqlite_url, tmp_path, [], migrated=True):
        with force_locale("en"):
            assert [translate(text) for text in plugin.WORDS] == ["Leihkarte", "Consent"]


# --- the source ---------------------------------------------------------------------------------

MARKS = {"N_", "_", "_l", "gettext", "ngettext"}
LABELS = {"label", "hint", "subject", "title", "done", "receiver_label", "description"}
GERMAN = re.compile(
    r"\b(und|nicht|bitte|für|sie|ihre?[mnrs]?|eine[mnrs]?|keine?|wird|werden|sind|ist|oder|auch"
    r"|über|nach|zur|zum|beim|noch|schon|wenn|der|das|dem|mit|von|vom|bei|seit|bis|ab)\b"
    r"|[äöüÄÖÜß]\w",
    re.IGNORECASE,
)
LETTERS = re.compile(r"[^\W\d_]{2}")
# German in every language: what people must not type, and what is written down for an office.
NAMED = {"COMMON", "VAGUE", "PURPOSE"}
# Documents for German authorities; the pages say so and are marked as German.
DOCUMENTS = ("accountability", "processing.html")
# Papers for people whose data it is: German, beside sentences that are translated by hand.
PAPERS = ("dossier.py", "disclosure.py")
CODE = [
    path
    for package in PACKAGES
    for path in sorted(package.rglob("*.py"))
    if not {"demo", "testing"} & set(path.parts) and path.name not in ("seed.py", "cli.py", *PAPERS)
]
TEMPLATES = [
    path
    for package in PACKAGES
    for path in sorted(package.glob("templates/**/*.*"))
    if not set(DOCUMENTS) & set(path.parts)
]


def hidden_in_code(tree: ast.Module) -> Iterator[str]:
    """Labels and German texts that are marked for no catalogue."""
    marked: set[ast.AST] = set()
    for node in ast.walk(tree):
        if (
            (isinstance(node, ast.Call) and getattr(node.func, "id", "") in MARKS)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))  # docstring
            or (isinstance(node, ast.keyword) and node.arg == "source")  # a statute
            or (isinstance(node, ast.FunctionDef) and "export" in node.name)  # a German dossier
            or (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in NAMED)
        ):
            marked |= set(ast.walk(node))
    for node in ast.walk(tree):
        labelled = node.value if isinstance(node, ast.keyword) and node.arg in LABELS else None
        for text, wanted in ((node, GERMAN), (labelled, LETTERS)):
            said = text.value if isinstance(text, ast.Constant) and text not in marked else None
            if isinstance(said, str) and wanted.search(said):
                yield said


def hidden_in_template(source: str) -> list[str]:
    """Texts, labels and strings that pass through no catalogue."""
    data, strings, opened, before = [], [], [], ""
    for _line, kind, value in Environment().lex(source):
        if kind == "data":
            data.append(value)
        elif kind == "operator" and value == "(":
            opened.append(before in MARKS)
        elif kind == "operator" and value == ")":
            opened.pop()
        elif kind == "string" and not any(opened):
            strings.append(value[1:-1])
        before = before if kind == "whitespace" else value
    shown = untranslated.Shown("".join(data)).texts if "<" in source else data
    words = [text for text in shown if LETTERS.search(text) and '="' not in text]
    called = re.compile(r"\b[A-ZÄÖÜ][a-zäöüß]|[äöüß]")
    return words + [
        s for s in strings if called.search(s) and not re.fullmatch(r"\w+Field|Hand in Hand", s)
    ]


def test_no_german_is_hidden_in_the_code() -> None:
    found = {path.name: list(hidden_in_code(ast.parse(path.read_text()))) for path in CODE}
    assert {name: texts for name, texts in found.items() if texts} == {}
    planted = 'Field(key="x", label="Name"); say("Bitte nicht."); N_("Bitte nicht.")'
    assert list(hidden_in_code(ast.parse(planted))) == ["Name", "Bitte nicht."]


def test_no_german_is_hidden_in_a_template() -> None:
    found = {path.name: hidden_in_template(path.read_text()) for path in TEMPLATES}
    assert {name: texts for name, texts in found.items() if texts} == {}
    planted = '<p title="Oben" class="a">Text {{ _("Gut") }} {{ badge("Neu", "info") }}</p>'
    assert hidden_in_template(planted) == ["Oben", "Text", "Neu"]


# --- the pages ----------------------------------------------------------------------------------


def reader(world: World, role: str | None) -> PortalClient:
    """Somebody of this role who reads the portal in another language."""
    client = world.as_(role)
    chosen = {"language": untranslated.LANGUAGE}
    assert client.post("/account/language" if role else "/language", data=chosen).status_code == 303
    return client


@pytest.fixture(scope="module")
def typed(world: World) -> set[str]:
    untranslated.mark_translations()
    return {*untranslated.stored_texts(), "Oksana", "Pryklad"}


def allowed(role: str | None, method: str) -> Iterator[tuple[str, str, str]]:
    """The routes open to a role; /demo/mailbox holds letters, each in its reader's language."""
    rights = {MEMBER, PERSON, PUBLIC, *LOADED.permissions_of(role)} if role else {PUBLIC}
    for route in ROUTES:
        if route[1] == method and RULES[route[0]] in rights and route[2] != "/demo/mailbox":
            yield route


def shown(left: dict[str, list[str]]) -> str:
    return "\n".join(f"{path}: {found}" for path, found in left.items() if found)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_page_can_be_translated(world: World, typed: set[str], role: str | None) -> None:
    browser, left = reader(world, role), {}
    for endpoint, method, path in allowed(role, "GET"):
        page = browser.get(world.address(endpoint, method, path))
        if page.mimetype == "text/html" and not page.location:
            left[path] = untranslated.left_in(page.text, typed)
    assert not any(left.values()), shown(left)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_refused_can_be_translated(world: World, typed: set[str], role: str) -> None:
    """Every form sent empty: complaints, refusals, and what is said when it worked all the same."""
    left = {}
    for endpoint, method, path in allowed(role, "POST"):
        if not path.startswith("/demo"):
            address = world.address(endpoint, method, path)
            page = reader(world, role).post(address, data={}, follow_redirects=True)
            left[path] = untranslated.left_in(page.text, typed)
    assert not any(left.values()), shown(left)
