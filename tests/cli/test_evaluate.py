"""`handtint evaluate` on a few photographs."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from handtint.cli import main

ROOT = Path(__file__).parents[2]


def test_colour_prints_tables_and_writes_files(tmp_path: Path) -> None:
    args = ["evaluate", "colour", str(ROOT / "tests" / "photos"), "--size", "64", "--out", str(tmp_path)]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    for text in ("Protocol `report`", "Protocol `lab`", "gray", "mean-colour", "ViT-LSGAN (cited)"):
        assert text in run.output
    scores = json.loads((tmp_path / "colour.json").read_text())["color"]
    assert scores["photos"] == 2
    assert set(scores["predictors"]) == {"gray", "mean-colour", "handtint"}
    assert (tmp_path / "colour.md").exists()
    assert cv2.imread(str(tmp_path / "colour.png")) is not None


def test_colour_has_faces_and_sources_in_json() -> None:
    args = ["evaluate", "colour", str(ROOT / "tests" / "photos"), "--size", "64", "--faces", "--json"]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    scores = json.loads(run.stdout)
    assert set(scores["faces"]["predictors"]) == {"truth", "handtint", "handtint, no closer look"}
    assert scores["color"]["sources"]["photos"]["handtint"]["photos"] == 2
    assert scores["faces"]["faces"] >= 1
    assert scores["color"]["people"]["handtint"]["photos"] == scores["faces"]["with_faces"]


@pytest.mark.parametrize("flags", [[], ["--no-truth"]])
def test_gray_photographs_are_evaluated_by_their_faces_alone(flags: list[str], tmp_path: Path, sample: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.jpg").write_bytes(sample.read_bytes())
    args = ["evaluate", "colour", str(tmp_path / "old"), "--out", str(tmp_path / "out"), *flags]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    assert "errors are left out" in run.output
    assert "skin-like" in run.output
    assert "MAE" not in run.output
    scores = json.loads((tmp_path / "out" / "colour.json").read_text())
    assert "color" not in scores
    assert set(scores["faces"]["predictors"]) == {"handtint", "handtint, no closer look"}
    assert cv2.imread(str(tmp_path / "out" / "colour.png")) is not None


def test_masks_writes_scores_for_gray_and_colour(tmp_path: Path) -> None:
    (tmp_path / "voc" / "images").mkdir(parents=True)
    (tmp_path / "voc" / "masks").mkdir()
    photo = cv2.imread(str(ROOT / "tests" / "photos" / "astronaut.jpg"))
    cv2.imwrite(str(tmp_path / "voc" / "images" / "voc_1.png"), photo)
    mask = np.zeros(photo.shape[:2], np.uint8)
    mask[40:, 60:400] = 15
    cv2.imwrite(str(tmp_path / "voc" / "masks" / "voc_1.png"), mask)
    run = CliRunner().invoke(main, ["evaluate", "masks", str(tmp_path), "--out", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    scores = json.loads((tmp_path / "out" / "masks.json").read_text())["masks"]["handtint-mask"]
    assert set(scores) == {"gray", "colour"}
    assert scores["gray"]["foreground"]["photos"] == 1


@pytest.mark.parametrize("task", ["colour", "masks"])
def test_nothing_to_evaluate_is_an_error_in_one_line(task: str, tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["evaluate", task, str(tmp_path)])
    assert run.exit_code == 1
    assert "no photographs" in run.output
    assert CliRunner().invoke(main, ["evaluate", task, str(tmp_path / "gone")]).exit_code == 1


def test_colour_names_the_missing_extra_first_and_masks_need_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("skimage", "handtint.evaluate"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("skimage", "skimage.color", "skimage.metrics"):
        monkeypatch.setitem(sys.modules, name, None)
    run = CliRunner().invoke(main, ["evaluate", "colour", str(tmp_path / "nowhere")])
    assert run.exit_code == 1
    assert "measuring colours needs `pip install 'handtint[evaluate]'`" in run.output
    run = CliRunner().invoke(main, ["evaluate", "masks", str(tmp_path / "nowhere")])
    assert "nowhere: neither a folder nor a tar shard" in run.output
