"""The scripts of bench/ are not run by tests; what they take from the package has to be there."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "bench").glob("*.py"))


def taken(path: Path) -> list[tuple[str, str]]:
    """The modules of the package that a script imports from, each with the name it takes."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return [(n.module, a.name) for n in nodes if n.module and n.module.startswith("handtint") for a in n.names]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_script_imports_is_there(path: Path) -> None:
    for module, name in taken(path):
        home = import_module(module)
        there = hasattr(home, name) or (hasattr(home, "__path__") and find_spec(f"{module}.{name}"))
        assert there, f"{path.name}: {module} has no {name}"


def test_most_scripts_use_the_package() -> None:
    assert sum(bool(taken(path)) for path in SCRIPTS) > len(SCRIPTS) / 2
