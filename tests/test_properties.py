"""Every pure function of pictures, of the language of --keep, of options and recipes has a property test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOME = ROOT / "src" / "handtint"
MODULES = sorted(
    [*(HOME / "image").rglob("*.py"), *(HOME / "keep").glob("*.py"), HOME / "options.py", HOME / "recipe.py"]
)
WITHOUT = {
    "matting.matte": "takes seconds, and an extra that not every install has",
    "matting.require": "asks the installation, not its arguments",
}


def functions(path: Path) -> list[str]:
    """The public functions of a module, as "module.function"."""
    found = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    return [f"{path.stem}.{node.name}" for node in found if not node.name.startswith("_")]


def used_in_properties() -> set[str]:
    """What the tests that hypothesis feeds make use of, as it is written there."""
    used: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for test in ast.walk(ast.parse(path.read_text())):
            if isinstance(test, ast.FunctionDef) and any("given(" in ast.unparse(d) for d in test.decorator_list):
                used |= {ast.unparse(node) for node in ast.walk(test) if isinstance(node, ast.Attribute | ast.Name)}
    return used


USED = used_in_properties()


@pytest.mark.parametrize("name", [name for path in MODULES for name in functions(path)])
def test_each_function_has_a_property(name: str) -> None:
    package = {"parser": "keep", "terms": "keep", "hints": "keep", "options": ""}
    module, _, function = name.partition(".")
    spelled = {name, f"{package.get(module, module)}.{function}".strip(".")}
    assert spelled & USED or name in WITHOUT, f"{name}: add a property test, or say why there is none"
