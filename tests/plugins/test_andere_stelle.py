"""The smallest real plugin keeps the contract."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from portal.testing.contract import PluginContract
from portal_andere_stelle import plugin as andere_stelle


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = andere_stelle
