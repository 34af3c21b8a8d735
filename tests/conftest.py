"""Fixtures of every test: a fresh portal on a real database, and a factory on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.testing.town import fresh_app

pytest_plugins = ["tests.databases", "tests.browser.browser", "portal.testing.fixtures"]


@pytest.fixture
def app(database_url: str, tmp_path) -> Iterator[Flask]:
    """The portal with its real plugins, migrated, on SQLite and on PostgreSQL in turn."""
    yield from fresh_app(database_url, tmp_path)


@pytest.fixture
def sqlite_app(sqlite_url: str, tmp_path) -> Iterator[Flask]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    yield from fresh_app(sqlite_url, tmp_path)
