"""A plugin alone on a bare core: what every test of the contract begins with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, NoReturn

import pytest
from flask import Flask

from portal.demo.factory import Factory
from portal.registry import Plugin, registry
from portal.testing.journeys import Office
from portal.testing.town import NOW, fresh_app


class PluginAlone:
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
