"""The contract every plugin keeps, as a test class: subclass it, name the plugin, run pytest.

    class TestLibrary(PluginContract):
        plugin = portal_library

The plugin runs alone on a bare core. A failure names the plugin and its fault.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, func, inspect, select, text

from portal import migrate
from portal.actor import Actor
from portal.clients.models import Client
from portal.demo.factory import Factory
from portal.extensions import Model, db
from portal.problems import Conflict, NotFound
from portal.referrals import commands
from portal.referrals.models import Referral
from portal.registry import registry
from portal.testing import catalogues
from portal.testing.forms_contract import FormsContract
from portal.testing.imports import foreign_imports, installed_packages
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers, opened_rows, raw_rows
from portal.testing.pages_contract import PagesContract
from portal.testing.town import NOW, fresh_app
from portal.workflow import Action


class PluginContract(FormsContract, PagesContract):
    """What it is made of, its tables, its workflow, and what it keeps of people."""

    # --- what it is made of ---------------------------------------------------------------

    def test_it_loads_alone(self, portal: Flask) -> None:
        assert list(registry().plugins) == [self._key]

    def test_it_imports_only_the_api(self) -> None:
        package = self._plugin.package
        self._none(foreign_imports(self.plugin, package, installed_packages() - {package}))

    def test_its_templates_lie_below_its_key(self) -> None:
        folder = self._plugin.folder("templates")
        for child in folder.iterdir() if folder else ():
            if child.name != self._key:
                self._fault(f"templates/{child.name} belongs into templates/{self._key}/")

    def test_its_catalogues_say_everything(self) -> None:
        if folder := self._plugin.folder("translations"):
            for language in catalogues.TRANSLATED:
                self._none(catalogues.faults(folder.parent, language))

    # --- its tables -----------------------------------------------------------------------

    def test_its_models_equal_its_migrations(self, portal: Flask) -> None:
        own = {table.name for table in self._plugin.tables()}
        for name in own:
            if not name.startswith(f"{self._key}_"):
                self._fault(f"the table {name!r} has a foreign prefix")
        if self._plugin.migrations is None:
            self._none(f"the table {name!r} has no migration" for name in sorted(own))
            return
        stream = migrate.plugin_stream(self._key, self._plugin.migrations)
        differences = migrate.differences(db.engine, stream)
        self._none(f"models and migrations differ: {difference}" for difference in differences)
        made = {name for name in _tables(db.engine) if stream.owns(name)}
        unknown = made - set(Model.metadata.tables) - {stream.version_table}
        self._none(f"a migration makes {name!r}, which no model has" for name in sorted(unknown))

    def test_its_downgrade_leaves_nothing(self, portal: Flask, tmp_path: Path) -> None:
        if self._plugin.migrations is None:
            return
        stream = migrate.plugin_stream(self._key, self._plugin.migrations)
        with_plugin = _schema(db.engine)
        migrate.downgrade(db.engine, stream)
        left = _schema(db.engine)
        (bare_folder := tmp_path / "bare").mkdir()
        bare = _bare_schema(bare_folder) | {stream.version_table}
        self._none(f"the downgrade leaves {name!r}" for name in sorted(left - bare))
        self._none(f"the downgrade removes {name!r}" for name in sorted(bare - left))
        migrate.upgrade(db.engine, stream)
        if _schema(db.engine) != with_plugin:
            self._fault("up, down and up again does not lead to the same tables")

    # --- its workflow ---------------------------------------------------------------------

    def test_every_action_goes_where_the_workflow_says(self, portal: Flask) -> None:
        for office in self._offices():
            client = office.client()
            for state, way in ways(office.kind.workflow).items():
                referral = office.referral(client, way)
                for action in office.kind.workflow.actions_from(state):
                    with db.session.begin_nested() as one_try:
                        self._goes_to(office, referral, action, action.target or state)
                        one_try.rollback()

    def _goes_to(self, office: Office, referral: Referral, action: Action, target: str) -> None:
        before = str(referral.state)
        if action.target is None and not office.is_possible(referral, action):
            return  # acknowledging and reviewing happen once; a withdrawal counts as reviewed
        try:
            office.perform(referral, action)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
            reason = f"{type(error).__name__}: {error}"
            self._fault(f"{action.key!r} fails in state {before!r}: {reason}")
        if referral.state != target:
            self._fault(f"{action.key!r} leads from {before!r} to {referral.state!r}")

    def test_every_other_action_is_refused(self, portal: Flask) -> None:
        for office in self._offices():
            workflow, client = office.kind.workflow, office.client()
            for state, way in ways(workflow).items():
                referral = office.referral(client, way)
                for action in workflow.actions:
                    if state not in action.sources:
                        self._refused(office, referral, action)

    def _refused(self, office: Office, referral: Referral, action: Action) -> None:
        before = str(referral.state)
        values = office.factory.answers(action.fields)
        try:
            # The receiver of a draft does not even see it.
            with pytest.raises((Conflict, NotFound)):
                commands.perform(office.actor_for(action), referral.id, action.key, values)
        except pytest.fail.Exception:
            self._fault(f"{action.key!r} is not refused in state {before!r}")
        if referral.state != before:
            self._fault(f"the refused {action.key!r} changes the state {before!r}")

    def test_its_timers_make_their_moves_and_come_to_an_end(self, portal: Flask) -> None:
        for office in self._offices():
            office.everywhere(office.client(), Markers("zqtimer"))
        system = Actor.system(NOW + timedelta(days=366))
        for timer in registry().timers.values():
            for referral, key in list(timer.run(system)):
                try:
                    commands.perform(system, referral.id, key, {}, referral.version)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
                    reason = f"{type(error).__name__}: {error}"
                    self._fault(f"the timer {timer.key!r} cannot {key!r}: {reason}")
            if list(timer.run(system)):
                self._fault(f"the timer {timer.key!r} never comes to an end")

    # --- what it keeps --------------------------------------------------------------------

    def test_free_text_is_stored_encrypted(self, portal: Flask) -> None:
        for office in self._offices():
            markers = Markers("zqgone")
            office.everywhere(office.client(markers), markers)
            self._none(
                f"{column} keeps free text in the clear"
                for column, value in raw_rows(self._key)
                if markers.are_in(value)
            )

    def test_erasure_leaves_no_trace(self, portal: Flask) -> None:
        for office in self._offices():
            gone, stays = Markers("zqgone"), Markers("zystays")
            client, other = office.client(gone), office.client(stays)
            ids = [client.id, *(r.id for r in office.everywhere(client, gone).values())]
            office.everywhere(other, stays)
            of_other = _rows_about(self._key, other)
            registry().hook.portal_erase_client(client=client)
            db.session.commit()
            values = [*raw_rows(self._key), *opened_rows(self._key)]
            self._none(
                f"erasing a client leaves a trace in {column}"
                for column, value in values
                if gone.are_in(value) or value in ids
            )
            if _rows_about(self._key, other) != of_other:
                self._fault("erasing one client removes what is known of another")

    def test_seeding_twice_equals_once(self, portal: Flask) -> None:
        counts = []
        for _ in range(2):
            registry().hook.portal_seed(factory=Factory(NOW))
            db.session.commit()
            counts.append(_counts(db.engine))
        once, twice = counts
        self._none(f"seeding twice adds to {name!r}" for name in once if once[name] != twice[name])


def _rows_about(key: str, client: Client) -> int:
    ids = db.session.scalars(select(Referral.id).where(Referral.client_id == client.id)).all()
    return sum(1 for _, value in raw_rows(key) if value in ids or value == client.id)


def _tables(engine: Engine) -> list[str]:
    return inspect(engine).get_table_names()


def _schema(engine: Engine) -> set[str]:
    """The names of all tables and indexes, the database's own aside."""
    names = text("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    with engine.connect() as connection:
        return set(connection.scalars(names))


def _bare_schema(folder: Path) -> set[str]:
    for _ in fresh_app(f"sqlite:///{folder / 'portal.sqlite'}", folder, plugins=[]):
        found = _schema(db.engine)
    return found


def _counts(engine: Engine) -> dict[str, int]:
    known = [Model.metadata.tables[n] for n in _tables(engine) if n in Model.metadata.tables]
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in known
        }
