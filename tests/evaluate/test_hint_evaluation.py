"""Known colours bring a colouring nearer to the truth, and the figures say by how much."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from handtint.cli import main
from handtint.errors import InputError
from handtint.evaluate import hints
from handtint.evaluate.report import document, markdown
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter


def two_colors() -> np.ndarray:
    """Dark blue on the left, light orange on the right."""
    rgb = np.empty((64, 64, 3), np.uint8)
    rgb[:, :32], rgb[:, 32:] = (30, 40, 120), (230, 170, 110)
    return rgb


def test_points_are_true_and_the_same_for_the_same_name() -> None:
    rgb = two_colors()
    said = hints.true_colors("a", rgb, 20)
    assert said == hints.true_colors("a", rgb, 20)
    assert said[:5] == hints.true_colors("a", rgb, 5)
    assert said != hints.true_colors("b", rgb, 20)
    assert {hint.partition("=")[2] for hint in said} == {"#1e2878", "#e6aa6e"}
    for hint in said:
        x = int(hint[1:].split(",")[0])
        assert hint.endswith("#1e2878") == (x < 32)


def test_known_colors_help_and_more_help_more(tinter: Tinter) -> None:
    found = hints.HintEvaluation({"ours": tinter}, Options(keep="all", provenance=False))
    with pytest.raises(InputError, match="no photographs"):
        found.result()
    found.add("a", two_colors())
    said = found.result()
    values = dict(zip(said["counts"], said["psnr"]["ours"], strict=True))
    assert values[10] > values[1] > values[0]
    assert values[100] > values[0] + 3
    page = markdown(document(hints=said))
    assert "| ours: gain | 0.00 |" in page


def test_the_command_prints_tables_and_json(tinter: Tinter, tmp_path: Path) -> None:
    Photo(two_colors()).write(tmp_path / "a.png")
    words = ["evaluate", "colour", str(tmp_path), "--hints", "--size", "64"]
    ran = CliRunner().invoke(main, words)
    assert ran.exit_code == 0, ran.stderr
    assert "PSNR in dB with so many colours known" in ran.stdout
    said = json.loads(CliRunner().invoke(main, [*words, "--json"]).stdout)["hints"]
    assert said["counts"] == list(hints.COUNTS)
