"""The written report: it contains all scores, and cited figures are marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handtint.errors import OutputError
from handtint.evaluate.baselines import baselines
from handtint.evaluate.color import evaluate_color
from handtint.evaluate.masks import evaluate_masks
from handtint.evaluate.report import CITATION, REFERENCE, document, markdown, write_report


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    photos = [(str(i), rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)) for i in range(3)]
    labels = np.zeros((12, 12), np.uint8)
    labels[3:8, 3:8] = 15
    foreground = (labels > 0).astype(np.uint8)
    masks = evaluate_masks(
        [(n, p, labels, foreground) for n, p in photos], lambda _: (labels, foreground.astype(np.float32))
    )
    color = evaluate_color(photos, baselines([photos[0][1]]))
    return document(run={"data": "noise", "seed": 0}, color=color, masks={"perfect": masks})


def tables(text: str) -> list[list[list[str]]]:
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()] for block in blocks]


def test_the_files_contain_the_record(record: dict[str, Any], tmp_path: Path) -> None:
    data, text = write_report(record, tmp_path / "new")
    assert json.loads(data.read_text()) == record
    assert text.read_text() == markdown(record)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["evaluation.json", "evaluation.md"]


def test_tables_are_rectangular_and_have_the_scores(record: dict[str, Any]) -> None:
    parsed = tables(markdown(record))
    assert len(parsed) == 5
    for table in parsed:
        assert len({len(row) for row in table}) == 1
    report, lab, pictures, masks, classes = parsed
    gray = record["color"]["predictors"]["gray"]
    assert [row[0] for row in report[2:]] == ["gray", "mean-colour", *(f"{name} (cited)" for name in REFERENCE)]
    assert [row[0] for row in lab[2:]] == [row[0] for row in pictures[2:]] == ["gray", "mean-colour"]
    assert report[2][1:] == [f"{v:z.4f}" for channel in gray["report"].values() for v in channel.values()]
    assert lab[2][1:] == [f"{v:z.4f}" for channel in gray["lab"].values() for v in channel.values()]
    assert [row[:2] for row in masks[2:]] == [["perfect", "gray"], ["perfect", "colour"]]
    assert {row[0]: row[1] for row in classes[2:]}["person"] == "1.0000"
    assert {row[0]: row[1] for row in classes[2:]}["sheep"] == "-"


def test_cited_figures_have_their_source(record: dict[str, Any]) -> None:
    text = markdown(record)
    assert CITATION in text
    assert "| ViT-LSGAN (cited) | 0.9856 | 0.9859 | 0.0157 | 0.0075 | 0.0010 | 0.8596 |" in text
    assert record["color"]["cited"] == {"source": CITATION, "report": REFERENCE}


def test_parts_of_the_record_are_optional(record: dict[str, Any]) -> None:
    assert markdown(document()) == "# Evaluation\n"
    assert tables(markdown(document(masks=record["masks"]))) == tables(markdown(record))[3:]


def test_names_are_escaped_in_tables(record: dict[str, Any]) -> None:
    scores = record["color"]["predictors"]["gray"]
    color = {**record["color"], "predictors": {"a|b\nc": scores}}
    assert "| a\\|b c |" in markdown(document(color=color))


def test_an_unwritable_folder_is_an_error(record: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_report(record, tmp_path / "file")
