"""Hints of true colours improve a colouring, and the evaluation measures by how much."""

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


def test_hints_are_true_colours_and_depend_on_the_name_alone() -> None:
    rgb = two_colors()
    sampled = hints.true_colors("a", rgb, 20)
    assert sampled == hints.true_colors("a", rgb, 20)
    assert sampled[:5] == hints.true_colors("a", rgb, 5)
    assert sampled != hints.true_colors("b", rgb, 20)
    assert {hint.partition("=")[2] for hint in sampled} == {"#1e2878", "#e6aa6e"}
    for hint in sampled:
        x = int(hint[1:].split(",")[0])
        assert hint.endswith("#1e2878") == (x < 32)


def test_more_hints_give_a_higher_psnr(tinter: Tinter) -> None:
    evaluation = hints.HintEvaluation({"ours": tinter}, Options(keep="all", provenance=False))
    with pytest.raises(InputError, match="no photographs"):
        evaluation.result()
    evaluation.add("a", two_colors())
    output = evaluation.result()
    values = dict(zip(output["counts"], output["psnr"]["ours"], strict=True))
    assert values[10] > values[1] > values[0]
    assert values[100] > values[0] + 3
    page = markdown(document(hints=output))
    assert "| ours: gain | 0.00 |" in page


def test_the_command_prints_tables_and_json(tinter: Tinter, tmp_path: Path) -> None:
    Photo(two_colors()).write(tmp_path / "a.png")
    args = ["evaluate", "colour", str(tmp_path), "--hints", "--size", "64"]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.stderr
    assert "PSNR in dB with so many colours known" in run.stdout
    output = json.loads(CliRunner().invoke(main, [*args, "--json"]).stdout)["hints"]
    assert output["counts"] == list(hints.COUNTS)
