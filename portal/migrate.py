"""Migrations: one Alembic stream and one version table for the core and for each plugin.

Separate version tables, because labels in a shared one break the moment a plugin is
uninstalled. A stream is a folder of revision files; there is no env.py, this module is it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from portal.extensions import Model
from portal.registry import Registry

_PACKAGED = Path(__file__).parent / "_migrations"
CORE_MIGRATIONS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[1] / "migrations"


@dataclass(frozen=True)
class Stream:
    """A stream of migrations: `key` is "core" or a plugin's; it owns the tables `owns` says."""

    key: str
    folder: Path
    owns: Callable[[str], bool]

    @property
    def version_table(self) -> str:
        return f"{self.key}_alembic_version"

    @property
    def script(self) -> ScriptDirectory:
        return ScriptDirectory(str(self.folder), version_locations=[str(self.folder)])

    @property
    def head(self) -> str | None:
        return self.script.get_current_head()


def plugin_stream(key: str, folder: Path) -> Stream:
    return Stream(key, folder, lambda table: table.startswith(f"{key}_"))


def streams(registry: Registry) -> list[Stream]:
    """The core's stream first: plugins' foreign keys point to the core."""
    keys = tuple(registry.plugins)

    def is_core(table: str) -> bool:
        return not any(table.startswith(f"{key}_") for key in keys)

    own = [plugin_stream(p.key, p.migrations) for p in registry.plugins.values() if p.migrations]
    return [Stream("core", CORE_MIGRATIONS, is_core), *own]


def _options(stream: Stream) -> dict[str, Any]:
    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        if kind != "table":
            return True
        # Tables in the database that no loaded model knows belong to uninstalled plugins.
        return name in Model.metadata.tables and stream.owns(name or "")

    def include_object(_thing: Any, name: str | None, kind: str, *_further: Any) -> bool:
        return stream.owns(name or "") if kind == "table" else True

    return {
        "version_table": stream.version_table,
        "target_metadata": Model.metadata,
        "render_as_batch": True,
        "compare_type": True,
        "include_name": include_name,
        "include_object": include_object,
    }


def upgrade(engine: Engine, stream: Stream, to: str = "heads") -> list[str]:
    """Bring the stream to `to`; returns the ids of the revisions applied."""
    return _run(engine, stream, lambda rev, ctx: stream.script._upgrade_revs(to, rev))


def downgrade(engine: Engine, stream: Stream, to: str = "base") -> list[str]:
    return _run(engine, stream, lambda rev, ctx: stream.script._downgrade_revs(to, rev))


def _run(engine: Engine, stream: Stream, fn: Callable[[Any, Any], Any]) -> list[str]:
    applied: list[str] = []

    def note(**info: Any) -> None:
        applied.append(info["step"].up_revision_id)

    with _writing(engine) as connection:
        environment = EnvironmentContext(Config(), stream.script, fn=fn)
        with environment:
            options = _options(stream) | {"on_version_apply": note}
            environment.configure(connection=connection, **options)
            with environment.begin_transaction():
                environment.run_migrations()
        connection.commit()
    return applied


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(writing=True) as connection:
        yield connection


def upgrade_all(engine: Engine, registry: Registry) -> dict[str, list[str]]:
    """Core first, then every plugin; returns what was applied by stream."""
    return {stream.key: upgrade(engine, stream) for stream in streams(registry)}


def behind(engine: Engine, registry: Registry) -> list[str]:
    """Keys of the streams whose database is not at their head."""
    late = []
    with engine.connect() as connection:
        for stream in streams(registry):
            context = MigrationContext.configure(
                connection, opts={"version_table": stream.version_table}
            )
            if context.get_current_revision() != stream.head:
                late.append(stream.key)
    return late


def differences(engine: Engine, stream: Stream) -> list[Any]:
    """Where the stream's tables and its models disagree; [] if nowhere."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_options(stream))
        return list(compare_metadata(context, Model.metadata))


def write_revision(engine: Engine, stream: Stream, message: str, revision: str) -> Path:
    """Draft the revision file that brings the stream's tables to its models."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_options(stream))
        script = produce_migrations(context, Model.metadata)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    options: dict[str, Any] = {"render_as_batch": True}
    up, down = (
        # Revisions must not depend on classes that may be renamed later.
        render_python_code(ops, **options).replace("portal.extensions.UtcDateTime", "sa.DateTime")
        for ops in (script.upgrade_ops, script.downgrade_ops)
    )
    path = stream.folder / f"{revision}.py"
    path.write_text(
        f'"""{message}."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
        f"revision = {revision!r}\ndown_revision = {stream.head!r}\n\n\n"
        f"def upgrade() -> None:\n    {up.strip()}\n\n\n"
        f"def downgrade() -> None:\n    {down.strip()}\n"
    )
    return path
