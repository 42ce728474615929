"""Markdown tables of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NONE = "-"  # stands where there is no figure

Row = Sequence[str]


def number(value: float | None, digits: int = 4) -> str:
    """A figure as a cell has it."""
    return NONE if value is None else f"{value:z.{digits}f}"


def share(value: float | None) -> str:
    """A share of 0..1 in percent."""
    return NONE if value is None else f"{value:.0%}"


def table(heads: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; all columns but the first are figures."""
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in (heads, rule, *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
