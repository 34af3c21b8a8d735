"""Settings: where they come from, which wins, and what is refused with a sentence."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal import config
from portal.config import SETTINGS, ConfigError, create_instance, is_loopback, load


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(f"PORTAL_{setting.name}", raising=False)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "instance"
    create_instance(folder)
    monkeypatch.setenv("PORTAL_INSTANCE", str(folder))
    return folder


def write(instance: Path, *lines: str) -> None:
    (instance / config.SETTINGS_FILE).write_text("\n".join(lines))


def test_an_instance_is_made_once(tmp_path: Path) -> None:
    made = create_instance(tmp_path / "instance")
    assert [path.name for path in made] == ["keys.json", "secret_key", "portal.env"]
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = [path.read_bytes() for path in made]
    assert create_instance(tmp_path / "instance") == []
    assert [path.read_bytes() for path in made] == before


def test_a_fresh_settings_file_explains_every_setting_and_sets_none(instance: Path) -> None:
    lines = (instance / config.SETTINGS_FILE).read_text().splitlines()
    assert all(line.startswith("#") or not line for line in lines)
    for setting in SETTINGS[1:]:
        assert f"# PORTAL_{setting.name}={setting.default}" in lines


def test_without_anything_it_is_sqlite_in_the_instance_folder(instance: Path) -> None:
    values = load()
    assert values["SQLALCHEMY_DATABASE_URI"].database == str(instance / "portal.sqlite")
    assert values["DEMO"] is False


def test_code_wins_over_environment_over_file(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(instance, "PORTAL_COUNTY=Datei", "", "# ein Kommentar", "CONTACT = a=b ")
    assert (load()["COUNTY"], load()["CONTACT"]) == ("Datei", "a=b")
    monkeypatch.setenv("PORTAL_COUNTY", "Umgebung")
    assert load()["COUNTY"] == "Umgebung"
    assert load({"COUNTY": "Aufruf"})["COUNTY"] == "Aufruf"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("PORTAL_COUNTRY=x", "line 2: not a setting: PORTAL_COUNTRY"),
        ("just words", "line 2: not a setting: just words"),
        ("PORTAL_INSTANCE=/elsewhere", "line 2: not a setting: PORTAL_INSTANCE"),
    ],
)
def test_a_line_that_is_no_setting_is_named(instance: Path, line: str, told: str) -> None:
    write(instance, "# first", line)
    with pytest.raises(ConfigError, match=told):
        load()


@pytest.mark.parametrize("prefix", ["postgresql://", "postgres://", "postgresql+psycopg://"])
def test_every_way_to_write_postgresql(instance: Path, prefix: str) -> None:
    values = load({"DATABASE_URL": f"{prefix}portal:secret@db/portal"})
    assert values["SQLALCHEMY_DATABASE_URI"].drivername == "postgresql+psycopg"
    assert values["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"] == {"connect_timeout": 5}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "nonsense:secret", "no database address"),
        ("DATABASE_URL", "mysql://user:secret@db/portal", "only sqlite and postgresql"),
        ("BASE_URL", "portal.example", "is no address"),
        ("TRUSTED_PROXIES", "one", "is no number"),
        ("TRUSTED_PROXIES", "-1", "is no number"),
        ("KEYS", "{}", "PORTAL_KEYS: not a key file"),
        ("KEYS", "secret", "PORTAL_KEYS: not a key file"),
    ],
)
def test_what_cannot_be_used_is_refused(instance: Path, name: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        load({name: value})
    assert "secret" not in str(refused.value)


def test_without_keys_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `portal init`"):
        load({"INSTANCE": str(tmp_path)})


@pytest.mark.parametrize(
    "more",
    [{"BASE_URL": "https://portal.example"}, {"BASE_URL": "http://10.0.0.5:8000"},
     {"TRUSTED_PROXIES": "1"}],
)  # fmt: skip
def test_a_demo_stays_on_this_machine(instance: Path, more: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="PORTAL_DEMO"):
        load({"DEMO": "1", **more})
    assert load({"DEMO": "1"})["DEMO"] is True


def test_encryption_on_the_way_changes_the_cookie(instance: Path) -> None:
    plain, sealed = load(), load({"BASE_URL": "https://portal.example"})
    assert (plain["SESSION_COOKIE_NAME"], plain["SESSION_COOKIE_SECURE"]) == ("portal", False)
    assert sealed["SESSION_COOKIE_NAME"] == "__Host-portal"
    assert sealed["SESSION_COOKIE_SECURE"] is True


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("127.0.0.1", True), ("127.0.0.1:8000", True), ("localhost", True), ("[::1]:80", True),
        ("http://localhost:8000/x", True), ("portal.example", False), ("0.0.0.0", False),
        ("127.0.0.1.portal.example", False), ("http://[broken", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_this_machine(address: str, here: bool) -> None:
    assert is_loopback(address) is here
