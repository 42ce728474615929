"""Markdown tables of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NONE = "-"  # the cell of a missing figure

Row = Sequence[str]


def number(value: float | None, digits: int = 4) -> str:
    """The cell of a figure."""
    return NONE if value is None else f"{value:z.{digits}f}"


def share(value: float | None) -> str:
    """A share of 0..1 in percent."""
    return NONE if value is None else f"{value:.0%}"


def table(header: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; all columns except the first are right-aligned."""
    separator = ["---", *("---:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in (header, separator, *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
