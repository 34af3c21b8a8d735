"""The course plugin keeps the contract, and does what a provider and an advisor need."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from portal.testing.contract import PluginContract
from portal_sprachkurs import plugin as sprachkurs


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = sprachkurs
