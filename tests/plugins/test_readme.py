"""The README's plugin is the real one: its source is compared with the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def section() -> str:
    _, _, rest = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Writing a plugin\n")
    return re.split(r"^## ", rest, flags=re.MULTILINE)[0]


def test_the_example_is_the_smallest_real_plugin(section: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    source = (ROOT / "plugins/portal_andere_stelle/plugin.py").read_text(encoding="utf-8")
    assert blocks[0] == source


def test_every_file_it_points_to_is_there(section: str) -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", section)
    assert len(linked) > 5
    assert [path for path in linked if not (ROOT / path).exists()] == []


def test_it_names_every_hook_that_is_not_in_the_example(section: str) -> None:
    hooks = re.findall(
        r"^def (portal_\w+)", (ROOT / "portal/hookspecs.py").read_text(), re.MULTILINE
    )
    assert [hook for hook in hooks if hook not in section] == []
