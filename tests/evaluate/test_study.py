"""The study's page, made of invented evaluations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from handtint.cli import main
from handtint.errors import InputError
from handtint.evaluate import study
from handtint.image.photo import Photo


def scores(mae: float, ratio: float) -> dict[str, Any]:
    channel = {"r2": 0.5, "explained_variance": 0.5, "mae": mae, "median_ae": mae, "mse": mae**2}
    return {
        "report": {"G": channel, "B": channel},
        "lab": {"a": channel, "b": channel},
        "psnr": 20.0,
        "ssim": 0.9,
        "ciede2000": 9.0,
        "colorfulness": {"prediction": 10.0, "truth": 20.0, "ratio": ratio, "difference": 3.0},
        "frechet": 1.25,
    }


def evaluation(folder: Path, name: str, mae: float, ratio: float, *, gray: float = 0.09) -> Path:
    predictors = {"gray": scores(gray, 0.0), "mean-colour": scores(0.088, 0.2), name: scores(mae, ratio)}
    record = {
        "run": {"photographs": 9, "recipe": f"{name}-small.toml, 90 steps", "frechet": "a network"},
        "color": {"photos": 9, "size": [224, 224], "predictors": predictors},
    }
    (folder / name).mkdir(parents=True)
    (folder / name / "colour.json").write_text(json.dumps(record))
    lines = [(row, [np.full((50, 60, 3), 40 * i, np.uint8)] * 3) for i, row in enumerate(("input", "it", "truth"), 1)]
    Photo(study.tiles(lines)).write(folder / name / study.TILES)
    return folder / name / "colour.json"


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    settings = (
        ("vit-lsgan", 0.06, 0.6),
        ("handtint", 0.05, 0.8),
        ("vit-gan", 0.07, 0.5),
        ("resnet18-unet-gan", 0.065, 0.5),
    )
    return [
        *(evaluation(tmp_path, *values) for values in settings),
        evaluation(tmp_path, "vit-discriminator-gan", 0.08, 0.1),
    ]


def test_the_page_lists_models_in_the_reports_order_with_its_figures(paths: list[Path]) -> None:
    page = study.markdown(study.read(paths), command="handtint study", figure="study.jpg")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]
    order = ["resnet18-unet-gan", "vit-discriminator-gan", "vit-gan", "vit-lsgan", "handtint"]
    report = ["model", "---", "gray", "mean-colour", *order, "resnet18-unet-gan (cited)", "vit-lsgan (cited)"]
    assert rows[: len(report)] == report
    assert "0.8596" in page
    assert "vit-lsgan-small.toml, 90 steps" in page
    assert "![Input, each model's prediction, truth](study.jpg)" in page


def test_findings_are_confirmed_or_not_by_the_scores(paths: list[Path]) -> None:
    verdicts = [row[1] for row in study.findings(study.read(paths))]
    assert verdicts == ["confirmed", "not confirmed", "confirmed"]


def test_other_photographs_and_other_files_are_rejected(paths: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="different photographs"):
        study.read([*paths, evaluation(tmp_path, "other", 0.06, 0.6, gray=0.08)])
    (tmp_path / "x.json").write_text('{"masks": {}}')
    with pytest.raises(InputError, match=r"x\.json: not an evaluation"):
        study.read([tmp_path / "x.json"])
    with pytest.raises(InputError, match="no evaluations"):
        study.read([])


def test_the_command_writes_the_page_and_its_figure(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "page" / "study.md"
    out.parent.mkdir()
    run = CliRunner().invoke(main, ["study", *map(str, paths), "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert str(tmp_path) not in out.read_text()
    picture = Photo.read(out.with_suffix(".jpg")).pixels
    assert picture.shape[0] > 7 * study.SIDE
