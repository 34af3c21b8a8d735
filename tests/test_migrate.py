"""Migrations: a stream for the core and one for each plugin, up and down on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect

from portal import migrate
from portal.extensions import db
from portal.registry import Registry, registry


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def test_models_and_migrations_agree(app: Flask) -> None:
    for stream in migrate.streams(registry()):
        assert migrate.differences(db.engine, stream) == [], stream.key


def test_the_core_comes_first_and_each_stream_has_its_own_version_table(app: Flask) -> None:
    streams = migrate.streams(registry())
    with_tables = [plugin.key for plugin in registry().plugins.values() if plugin.migrations]
    assert [stream.key for stream in streams] == ["core", *with_tables]
    assert "jobcenter" in with_tables
    assert {stream.version_table for stream in streams} <= tables()


def test_upgrading_twice_changes_nothing(app: Flask) -> None:
    assert not any(migrate.upgrade_all(db.engine, registry()).values())
    assert migrate.behind(db.engine, registry()) == []


def test_a_plugins_tables_go_and_come_back_alone(app: Flask) -> None:
    (stream,) = (s for s in migrate.streams(registry()) if s.key == "jobcenter")
    everything = tables()
    migrate.downgrade(db.engine, stream)
    assert everything - tables() == {"jobcenter_decision"}
    assert migrate.behind(db.engine, registry()) == ["jobcenter"]
    assert migrate.upgrade(db.engine, stream) == ["jobcenter_0001"]
    assert tables() == everything


def test_the_core_does_not_miss_a_plugin_that_is_gone(app: Flask) -> None:
    """Its tables stay, and nobody calls them a difference."""
    loaded = registry()
    bare = Registry(loaded.manager)
    assert "jobcenter_decision" in tables()
    assert [stream.key for stream in migrate.streams(bare)] == ["core"]
    assert migrate.behind(db.engine, bare) == []


def test_the_core_can_be_taken_down_after_its_plugins(app: Flask) -> None:
    versions = {stream.version_table for stream in migrate.streams(registry())}
    for stream in reversed(migrate.streams(registry())):
        migrate.downgrade(db.engine, stream)
    assert tables() == versions


def test_a_failing_migration_leaves_nothing_half_done(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "broken_0001.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        "revision = 'broken_0001'\ndown_revision = None\n\n\n"
        "def upgrade():\n"
        "    op.create_table('broken_one', sa.Column('id', sa.Integer(), primary_key=True))\n"
        "    raise RuntimeError('half way')\n"
    )
    stream = migrate.plugin_stream("broken", tmp_path)
    before = tables()
    with pytest.raises(RuntimeError, match="half way"):
        migrate.upgrade(db.engine, stream)
    assert tables() == before
