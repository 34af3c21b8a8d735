"""The demo counties: built whole once for a session, copied for every module that looks at them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.crypto import Keyring
from portal.database import unit_of_work
from portal.demo.seed import seed
from portal.extensions import db
from portal.testing.town import NOW, fresh_app


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The database and the keys that open it."""
    folder = tmp_path_factory.mktemp("built")
    file, keys = folder / "portal.sqlite", Keyring.generate().dumps()
    for _ in fresh_app(f"sqlite:///{file}", folder, DEMO="1", KEYS=keys):
        db.session.rollback()  # what was read before: on SQLite a read cannot become a write
        with unit_of_work():
            seed(NOW, "a hash")
    return file, keys


@pytest.fixture(scope="module")
def county(built: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Both counties at the beginning of the worked week; tests only read them."""
    original, keys = built
    folder = tmp_path_factory.mktemp("county")
    file = folder / "portal.sqlite"
    shutil.copy(original, file)
    yield from fresh_app(f"sqlite:///{file}", folder, migrated=True, DEMO="1", KEYS=keys)
