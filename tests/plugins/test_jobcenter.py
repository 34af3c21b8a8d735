"""The Jobcenter plugin keeps the contract, and does what an office needs."""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

from portal.testing.contract import PluginContract
from portal_jobcenter import plugin as jobcenter


class TestContract(PluginContract):
    plugin: ClassVar[ModuleType] = jobcenter
    answers: ClassVar = {"issue_obligation": {"explanation": "Der Kurs ist vereinbart."}}
