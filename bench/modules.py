"""The module list of docs/architecture.md, made from the docstrings: python bench/modules.py [--check]

Writes it between the two marks in that file; with --check only says, and fails, where the file has another.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE, PAGE = ROOT / "src" / "handtint", ROOT / "docs" / "architecture.md"
START, END = "<!-- modules: `make architecture` writes this list -->\n", "<!-- end of modules -->\n"


def summary(path: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    lines = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0].split()
    text = " ".join(lines)
    return text.partition(". ")[0].removesuffix(".")


def entries(folder: Path, depth: int = 0) -> Iterator[str]:
    """A line for each module and package of a folder, packages last, those below them indented."""
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield f"{'  ' * depth}{path.name:<{26 - 2 * depth}} {summary(path)}"
    for inner in sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file()):
        name = f"{inner.name}/"
        yield f"{'  ' * depth}{name:<{26 - 2 * depth}} {summary(inner / '__init__.py')}"
        yield from entries(inner, depth + 1)


def updated(text: str) -> str:
    """The page with the list as it should be."""
    lines = "\n".join(entries(SOURCE))
    head, rest = text.split(START)
    return f"{head}{START}```\n{lines}\n```\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write the list, or check it."""
    before = PAGE.read_text(encoding="utf-8")
    after = updated(before)
    if "--check" not in sys.argv:
        PAGE.write_text(after, encoding="utf-8")
    elif before != after:
        sys.exit(f"{PAGE.relative_to(ROOT)}: the list of modules is out of date: run `make architecture`")


if __name__ == "__main__":
    main()
