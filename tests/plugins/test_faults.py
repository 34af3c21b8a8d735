"""A fault in a plugin is caught by name: the message says which plugin and what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from portal.testing.contract import PluginContract
from tests.plugins.faults import FAULTS, Fault, plant, sound_copy

SOUND = "sound"


def _contract(name: str) -> str:
    module = f"importlib.import_module('portal_{name}')"
    return f"class Test_{name}(PluginContract):\n    plugin = {module}\n"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """What the contract says of every copy: (copy, test): message, "" for a passed test.

    One process for all: every copy has a name and tables of its own.
    """
    folder = tmp_path_factory.mktemp("copies")
    sound_copy(SOUND, folder)
    for fault in FAULTS:
        plant(fault, folder)
    names = (SOUND, *(fault.name for fault in FAULTS))
    head = "import importlib\n\nfrom portal.testing.contract import PluginContract\n\n\n"
    file = folder / "test_copies.py"
    file.write_text(head + "\n\n".join(_contract(name) for name in names))
    asked = [f"{file}::Test_{fault.name}::test_{fault.test}" for fault in FAULTS]
    report = folder / "report.xml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder,
         "--junitxml", report, f"{file}::Test_{SOUND}", *asked],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    return {
        (case.attrib["classname"].rpartition("Test_")[2], case.attrib["name"]): _said(case)
        for case in ElementTree.parse(report).iter("testcase")
    }


def _said(case: ElementTree.Element) -> str:
    said = [*case.iter("failure"), *case.iter("error")]
    return " ".join(f"{one.attrib.get('message', '')} {one.text}" for one in said)


def test_the_sample_without_a_fault_keeps_the_contract(
    verdicts: dict[tuple[str, str], str],
) -> None:
    own = {test: said for (name, test), said in verdicts.items() if name == SOUND}
    assert set(own) == {name for name in dir(PluginContract) if name.startswith("test_")}
    assert {test: said for test, said in own.items() if said} == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_caught_by_name(fault: Fault, verdicts: dict[tuple[str, str], str]) -> None:
    said = verdicts[fault.name, f"test_{fault.test}"]
    assert f"plugin {fault.name!r}" in said
    assert fault.says in said
