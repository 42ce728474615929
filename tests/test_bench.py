"""The scripts of bench/ are not run by tests, but what they import from the package must exist."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "bench").glob("*.py"))


def package_imports(path: Path) -> list[tuple[str, str]]:
    """The imports of a script from the package: (module, name)."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return [(n.module, a.name) for n in nodes if n.module and n.module.startswith("handtint") for a in n.names]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_everything_that_a_script_imports_exists(path: Path) -> None:
    for module, name in package_imports(path):
        imported = import_module(module)
        exists = hasattr(imported, name) or (hasattr(imported, "__path__") and find_spec(f"{module}.{name}"))
        assert exists, f"{path.name}: {module} has no {name}"


def test_most_scripts_use_the_package() -> None:
    assert sum(bool(package_imports(path)) for path in SCRIPTS) > len(SCRIPTS) / 2
