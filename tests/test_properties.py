"""Every pure function of pictures, of the language of --keep, of options and recipes has a property test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "handtint"
MODULES = sorted(
    [
        *(PACKAGE / "image").rglob("*.py"),
        *(PACKAGE / "keep").glob("*.py"),
        PACKAGE / "options.py",
        PACKAGE / "recipe.py",
    ]
)
EXCEPTIONS = {
    "matting.matte": "takes seconds, and needs an extra",
    "matting.require": "depends on the installation, not on its arguments",
}


def functions(path: Path) -> list[str]:
    """The public functions of a module, as "module.function"."""
    nodes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    return [f"{path.stem}.{node.name}" for node in nodes if not node.name.startswith("_")]


def used_in_properties() -> set[str]:
    """The names that tests with hypothesis use, as they are written there."""
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for test in ast.walk(ast.parse(path.read_text())):
            if isinstance(test, ast.FunctionDef) and any("given(" in ast.unparse(d) for d in test.decorator_list):
                names |= {ast.unparse(node) for node in ast.walk(test) if isinstance(node, ast.Attribute | ast.Name)}
    return names


USED = used_in_properties()


@pytest.mark.parametrize("name", [name for path in MODULES for name in functions(path)])
def test_each_public_function_has_a_property_test(name: str) -> None:
    package = {"parser": "keep", "terms": "keep", "hints": "keep", "options": ""}
    module, _, function = name.partition(".")
    spellings = {name, f"{package.get(module, module)}.{function}".strip(".")}
    assert spellings & USED or name in EXCEPTIONS, f"{name}: add a property test, or say why there is none"
