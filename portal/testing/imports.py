"""What a plugin's modules import, read from their source: the API and themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

ALLOWED = "portal.api"
FOR_TESTS = "portal.testing"


def installed_packages() -> set[str]:
    """The import packages of all installed plugins."""
    return {entry.module.partition(".")[0] for entry in entry_points(group="portal.plugins")}


def foreign_imports(module: ModuleType, package: str, others: set[str]) -> list[str]:
    """`file:line imports x` for each import past the API, of another plugin or of `plugins.x`.

    `module` is the plugin's, `others` are the packages of all installed plugins.
    """
    file = Path(str(module.__file__))
    folder = file.parent
    # Beside a plugin of one file lies what belongs to others.
    is_package = file.name == "__init__.py" or "." in module.__name__
    faults = []
    for path in sorted(folder.rglob("*.py")) if is_package else [file]:
        is_test = path.name.startswith("test_") or "tests" in path.relative_to(folder).parts
        for line, name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            if not _allowed(name, package, others, is_test):
                faults.append(f"{path.relative_to(folder)}:{line} imports {name}")
    return faults


def _allowed(name: str, package: str, others: set[str], is_test: bool) -> bool:
    if _within(name, FOR_TESTS):
        return is_test
    if _within(name, "portal"):
        return _within(name, ALLOWED)
    top = name.partition(".")[0]
    return top != "plugins" and (top == package or top not in others)


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            # `from portal import x` imports portal.x.
            of_portal = node.module == "portal"
            names = [f"portal.{a.name}" for a in node.names] if of_portal else [node.module]
            yield from ((node.lineno, name) for name in names)
        elif isinstance(node, ast.Call) and (name := _imported_by_call(node)):
            yield node.lineno, name


def _imported_by_call(node: ast.Call) -> str:
    function = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
    imports = function in ("import_module", "__import__") and node.args
    return str(node.args[0].value) if imports and isinstance(node.args[0], ast.Constant) else ""
