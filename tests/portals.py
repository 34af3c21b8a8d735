"""A fresh portal on a real database for every test, from a template migrated once. A plugin."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from portal.testing.town import fresh_app
from tests.databases import drop_database, fresh_database


class CompiledOnce(BytecodeCache):
    """Keeps compiled templates: every test has an application of its own, and compiling the
    same templates anew for each would take a third of the time of all tests."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": CompiledOnce()}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: migrating anew for every test would take most of its time."""
    folder = tmp_path_factory.mktemp("template")
    file = folder / "portal.sqlite"
    for _ in fresh_app(f"sqlite:///{file}", folder):
        pass
    return file


@pytest.fixture(scope="session")
def postgresql_template(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same on PostgreSQL, to be cloned."""
    url = fresh_database(postgres_server)
    for _ in fresh_app(url, tmp_path_factory.mktemp("template")):
        pass
    yield url
    drop_database(url)


@pytest.fixture
def sqlite_app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """The portal with its real plugins on SQLite, for what is the same on either database."""
    file = tmp_path / "portal.sqlite"
    shutil.copy(sqlite_template, file)
    yield from fresh_app(f"sqlite:///{file}", tmp_path, migrated=True)


@pytest.fixture
def postgresql_app(
    postgres_server: str, postgresql_template: str, tmp_path: Path
) -> Iterator[Flask]:
    """The same on PostgreSQL."""
    url = fresh_database(postgres_server, template=postgresql_template)
    yield from fresh_app(url, tmp_path, migrated=True)
    drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest) -> Flask:
    """On both in turn: what the data layer's tests ask for."""
    found: Flask = request.getfixturevalue(f"{request.param}_app")
    return found
