"""`handtint train` and `handtint export`, on the tiny network."""

import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from handtint import weights
from handtint.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings("ignore")
def test_train_then_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = cv2.imread(str(ROOT / "tests" / "photos" / "cat.jpg"))
    (tmp_path / "photos").mkdir()
    for i in range(12):
        cv2.imwrite(str(tmp_path / "photos" / f"x_{i}.png"), photo[i * 15 :, i * 15 :])
    cv2.imwrite(str(tmp_path / "photos" / "x_twin.jpg"), photo)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'task = "colour"\nnetwork = "tiny"\npretrained = false\nworkers = 0\n'
        "phases = [{size = 32, passes = 1, batch = 4}]"
    )
    words = [
        "train",
        str(recipe),
        "--data",
        str(tmp_path / "photos"),
        "--out",
        str(tmp_path / "run"),
        "--set",
        "ema=0.5",
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "1 of 13 photographs show what another shows" in done.output
    assert "step 3/3" in done.output
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr("handtint.train.publish.ASSETS", tmp_path / "assets")
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "assets" / "manifest.json")
    export = ["export", "handtint", str(tmp_path / "run"), "--recipe", str(recipe), "--data", "test"]
    done = CliRunner().invoke(main, [*export, "--average", str(recipe), str(tmp_path / "run")])
    weights.manifest.cache_clear()
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "assets" / "manifest.json").read_text())["handtint"]
    assert record["size"] == (tmp_path / "assets" / "handtint.onnx").stat().st_size
    assert (record["recipe"], record["steps"]) == ("tiny.toml + tiny.toml", 6)
    assert record["start"] == "random; averaged with random"


def test_wrong_words(tmp_path: Path) -> None:
    recipe = next((ROOT / "recipes").glob("*.toml"))
    common = ["train", str(recipe), "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(main, [*common, "--set", "nonsense"]).exit_code == 2
    assert CliRunner().invoke(main, [*common, "--set", "sede=3"]).exit_code == 2
    assert CliRunner().invoke(main, common).exit_code == 1
