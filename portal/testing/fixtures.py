"""Pytest fixtures over an `app` fixture: a factory, and a small town. A pytest plugin."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.demo.factory import Factory
from portal.extensions import db
from portal.testing.town import NOW, Town, build_town


@pytest.fixture
def factory(app: Flask) -> Factory:
    return Factory(NOW)


@pytest.fixture
def town(factory: Factory) -> Town:
    found = build_town(factory)
    db.session.commit()
    return found
