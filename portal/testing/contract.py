"""The contract every plugin keeps, as a test class: subclass it, name the plugin, run pytest.

    class TestLibrary(PluginContract):
        plugin = portal_library

The plugin runs alone on a bare core. A failure names the plugin and its fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, NoReturn

import pytest
from flask import Flask
from sqlalchemy import Engine, func, inspect, select, text

from portal import migrate
from portal.accounts.models import Membership
from portal.clients.models import Client
from portal.demo.factory import Factory
from portal.extensions import Model, db
from portal.lifecycle import UNDER_WAY
from portal.problems import Conflict, NotFound
from portal.referrals import commands
from portal.referrals.models import Referral
from portal.registry import Plugin, registry
from portal.testing import pages
from portal.testing.imports import foreign_imports, installed_packages
from portal.testing.journeys import Office, ways
from portal.testing.markers import Markers, opened_rows, raw_rows
from portal.testing.town import NOW, fresh_app
from portal.web.access import MEMBER, PERSON, rule_of
from portal.workflow import Action


class PluginContract:
    """`plugin` is the module that the entry point names; the rest is for the rare case.

    `key`      where the package is not called `portal_<key>`
    `form`     answers for the form, where a plain value would break a rule of the plugin
    `answers`  the same for moves: {"lend": {"card": "A-17"}}
    """

    plugin: ClassVar[ModuleType]
    key: ClassVar[str] = ""
    form: ClassVar[Mapping[str, Any]] = {}
    answers: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @property
    def _key(self) -> str:
        return self.key or self._plugin.package.removeprefix("portal_")

    @property
    def _plugin(self) -> Plugin:
        return Plugin(self.key, "0", self.plugin)

    def _fault(self, found: str) -> NoReturn:
        pytest.fail(f"plugin {self._key!r}: {found}", pytrace=False)

    def _none(self, faults: Iterable[str]) -> None:
        if found := list(dict.fromkeys(faults)):
            self._fault("; ".join(found))

    @pytest.fixture
    def portal(self, tmp_path: Path) -> Iterator[Flask]:
        """A bare core with this plugin alone, on SQLite."""
        plugins = [(self._key, self.plugin, "0")]
        url = f"sqlite:///{tmp_path / 'portal.sqlite'}"
        yield from fresh_app(url, tmp_path, plugins, WTF_CSRF_ENABLED=False)

    def _offices(self) -> list[Office]:
        factory = Factory(NOW)
        kinds = registry().types_of(self._key)
        return [Office(factory, kind, self.form, self.answers) for kind in kinds]

    # --- what it is made of ---------------------------------------------------------------

    def test_it_loads_alone(self, portal: Flask) -> None:
        assert list(registry().plugins) == [self._key]

    def test_it_imports_only_the_api(self) -> None:
        folder = Path(str(self.plugin.__file__)).parent
        package = self._plugin.package
        others = installed_packages() - {package}
        self._none(foreign_imports(folder, package, others))

    def test_its_templates_lie_below_its_key(self) -> None:
        folder = self._plugin.folder("templates")
        for child in folder.iterdir() if folder else ():
            if child.name != self._key:
                self._fault(f"templates/{child.name} belongs into templates/{self._key}/")

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
        self._none(f"models and migrations differ: {d}" for d in migrate.differences(db.engine, stream))
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
                for action in office.kind.workflow.actions_from(state):
                    referral = office.referral(client, way)
                    try:
                        office.perform(referral, action)
                    except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault
                        self._fault(
                            f"{action.key!r} fails in state {state!r}: "
                            f"{type(error).__name__}: {error}"
                        )
                    if referral.state != (action.target or state):
                        self._fault(f"{action.key!r} leads from {state!r} to {referral.state!r}")

    def test_every_other_action_is_refused(self, portal: Flask) -> None:
        for office in self._offices():
            workflow, client = office.kind.workflow, office.client()
            for state, way in ways(workflow).items():
                referral = office.referral(client, way)
                for action in workflow.actions:
                    if state not in action.sources:
                        self._refused(office, referral, action)

    def _refused(self, office: Office, referral: Referral, action: Action) -> None:
        before = referral.state
        values = office.factory.answers(action.fields)
        try:
            # The receiver of a draft does not even see it.
            with pytest.raises((Conflict, NotFound)):
                commands.perform(office.actor_for(action), referral.id, action.key, values)
        except pytest.fail.Exception:
            self._fault(f"{action.key!r} is not refused in state {before!r}")
        if referral.state != before:
            self._fault(f"the refused {action.key!r} changes the state {before!r}")

    # --- its pages ------------------------------------------------------------------------

    def test_its_routes_need_a_login(self, portal: Flask) -> None:
        ids = [referral.id for office in self._offices()
               for referral in office.everywhere(office.client(), Markers("zq")).values()]  # fmt: skip
        with portal.test_request_context():
            login = portal.url_for("accounts.login")
        for rule in pages.routes(portal, self._key):
            for path in pages.paths(portal, rule, ids[:1]):
                for method in pages.methods(rule):
                    response = pages.browser(portal).open(path, method=method)
                    if response.status_code != 302 or login not in response.location:
                        self._fault(f"{method} {rule} does not ask for a login")

    def test_strangers_get_404(self, portal: Flask) -> None:
        for office in self._offices():
            client = office.client()
            found = office.everywhere(client, Markers("zq"))
            ids = [*(r.id for r in found.values()), client.id, *pages.row_ids(self._key)]
            for rule in pages.routes(portal, self._key):
                if rule.arguments:
                    for path in pages.paths(portal, rule, ids):
                        self._closed_to(portal, office, rule, path)
                    self._open_to_somebody(portal, office, rule, ids)

    def _closed_to(self, portal: Flask, office: Office, rule: Any, path: str) -> None:
        wanted = rule_of(portal.view_functions[rule.endpoint], of_plugin=True)
        for stranger in office.strangers:
            allowed = wanted in (MEMBER, PERSON) or office.factory.actor(stranger).may(str(wanted))
            for method in pages.methods(rule):
                status = pages.browser(portal, stranger).open(path, method=method).status_code
                if status != (404 if allowed else 403):
                    self._fault(f"{method} {rule} answers {status} to a stranger ({stranger.role})")

    def _open_to_somebody(self, portal: Flask, office: Office, rule: Any, ids: list[Any]) -> None:
        """A page that nobody can open proves nothing."""
        if "GET" in pages.methods(rule):
            paths = pages.paths(portal, rule, ids)
            for member in (office.advisor, office.partner):
                visitor = pages.browser(portal, member)
                if any(visitor.get(path).status_code == 200 for path in paths):
                    return
            self._fault(f"GET {rule} opens for nobody: neither sender nor receiver")

    def test_nothing_undisclosed_is_rendered(self, portal: Flask) -> None:
        for office in self._offices():
            kind = office.kind
            before = set(kind.discloses if kind.preview is None else kind.preview)
            markers = Markers("zq")
            client = office.client(markers)
            for state, referral in office.everywhere(client, markers).items():
                open_yet = state_opens(office, state)
                allowed = set(kind.discloses) if open_yet else before
                self._shows_only(portal, office, referral, markers, allowed, f"in state {state!r}")
            self._hides_what_was_held_back(portal, office)
            self._hides_after_revocation(portal, office)

    def _hides_what_was_held_back(self, portal: Flask, office: Office) -> None:
        db.session.rollback()
        markers = Markers("zq")
        everything = [*office.kind.discloses, *(field.key for field in office.kind.form)]
        way = next(w for s, w in ways(office.kind.workflow).items() if state_opens(office, s))
        referral = office.referral(office.client(markers), way, withheld=everything)
        db.session.commit()
        names = {"given_name", "family_name"}
        self._shows_only(portal, office, referral, markers, names, "though it was held back")

    def _hides_after_revocation(self, portal: Flask, office: Office) -> None:
        db.session.rollback()
        markers = Markers("zq")
        client = office.client(markers)
        for referral in office.everywhere(client, markers).values():
            if referral.consent_id and referral.closed_at is None:
                commands.revoke_consent(office.factory.actor(office.advisor), referral.consent_id)
                break
        db.session.commit()
        for referral in db.session.scalars(select(Referral).where(Referral.client_id == client.id)):
            self._shows_only(portal, office, referral, markers, set(), "after the consent was revoked")

    def _shows_only(
        self, portal: Flask, office: Office, referral: Referral, markers: Markers,
        allowed: set[str], when: str,
    ) -> None:  # fmt: skip
        for path, html in self._pages_for(portal, office.partner, referral):
            if shown := markers.fields_in(html) - allowed:
                self._fault(f"{path} shows the receiver {', '.join(sorted(shown))} {when}")

    def _pages_for(
        self, portal: Flask, member: Membership, referral: Referral
    ) -> Iterator[tuple[str, str]]:
        core = ["/", f"/referrals/{referral.id}", f"/clients/{referral.client_id}"]
        ids = [referral.id, *pages.row_ids(self._key)]
        db.session.rollback()
        return pages.opened(portal, self._key, member, core, ids)

    def test_text_is_escaped(self, portal: Flask) -> None:
        for office in self._offices():
            markers = Markers("zq")
            client = office.client(markers)
            for referral in office.everywhere(client, markers).values():
                for member in (office.advisor, office.partner):
                    for path, html in self._pages_for(portal, member, referral):
                        if found := markers.unescaped_in(html):
                            self._fault(f"{path} shows text unescaped: {found}")
                        if pages.UNAVAILABLE in html:
                            self._fault(f"a panel on {path} fails")

    # --- what it keeps --------------------------------------------------------------------

    def test_free_text_is_stored_encrypted(self, portal: Flask) -> None:
        for office in self._offices():
            markers = Markers("zq")
            office.everywhere(office.client(markers), markers)
            self._none(
                f"{column} keeps free text in the clear"
                for column, value in raw_rows(self._key)
                if markers.are_in(value)
            )

    def test_erasure_leaves_no_trace(self, portal: Flask) -> None:
        for office in self._offices():
            gone, stays = Markers("zq"), Markers("zy")
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


def state_opens(office: Office, state: str) -> bool:
    """Whether somebody said yes on the way to this state: then the package is open."""
    workflow = office.kind.workflow
    passed = [state, *(a.target for a in ways(workflow)[state] if a.target)]
    return any(workflow.status(one) in UNDER_WAY for one in passed)


def _rows_about(key: str, client: Client) -> int:
    ids = set(db.session.scalars(select(Referral.id).where(Referral.client_id == client.id)))
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
    with engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(Model.metadata.tables[name])) or 0
            for name in _tables(engine)
            if name in Model.metadata.tables
        }
