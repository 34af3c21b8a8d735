"""A plugin of strangers: its own small project, installed beside the core, and removed again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LIBRARY = HERE / "library"
CLI = "from portal.cli import main; main()"


class Environment:
    """A fresh environment that sees the core of this one, and into which pip installs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=False)
        packages = next(folder.glob("lib/python*/site-packages"))
        core = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})"
        (packages / "core.pth").write_text(core + "\n")

    def python(self, *arguments: str | Path, instance: Path | None = None) -> str:
        """What the program prints. Raises with its errors if it fails."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PORTAL_", "PYTHON"))}
        if instance:
            clean["PORTAL_INSTANCE"] = str(instance)
        command = [self.folder / "bin" / "python", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=clean, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pip(self, *arguments: str | Path) -> None:
        self.python("-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)

    def install(self, project: Path) -> None:
        offline = ("--no-deps", "--no-build-isolation", "--no-index")
        self.pip("install", *offline, project)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    # pip builds in the folder it is given.
    return shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("__*"))


def test_a_plugin_takes_fewer_than_60_lines_in_all() -> None:
    files = [path for path in LIBRARY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.name for path in files} == {"pyproject.toml", "portal_buecherei.py"}
    assert sum(len(path.read_text().splitlines()) for path in files) < 60


def test_it_comes_goes_and_comes_back(
    environment: Environment, library: Path, tmp_path: Path
) -> None:
    instance = tmp_path / "instance"
    drive = HERE / "drive_library.py"

    environment.install(library)
    environment.python(drive, "installed", instance)
    told = json.loads(environment.python("-c", CLI, "plugins", "--json", instance=instance))
    assert "buecherei" in json.dumps(told)

    environment.pip("uninstall", "--yes", "portal-buecherei")
    environment.python(drive, "gone", instance)

    environment.install(library)
    environment.python(drive, "again", instance)


def test_it_keeps_the_contract(environment: Environment, library: Path, tmp_path: Path) -> None:
    """As its authors would run it: in their project, with nothing of ours but `portal`."""
    environment.install(library)
    (tests := tmp_path / "tests").mkdir()
    (tests / "test_contract.py").write_text(
        "import portal_buecherei\n"
        "from portal.testing.contract import PluginContract\n\n\n"
        "class TestContract(PluginContract):\n"
        "    plugin = portal_buecherei\n"
    )
    quiet = ("-q", "-p", "no:cacheprovider", "--rootdir", tests)
    out = environment.python("-m", "pytest", *quiet, tests)
    assert " passed in " in out
    assert "skipped" not in out
