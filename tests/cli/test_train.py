"""`handtint train` and `handtint export`, on the tiny network."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from handtint import weights
from handtint.cli import main
from handtint.errors import OptionError
from handtint.train import shipped

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings("ignore")
def test_a_run_is_trained_and_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = cv2.imread(str(ROOT / "tests" / "photos" / "cat.jpg"))
    (tmp_path / "photos").mkdir()
    for i in range(12):
        cv2.imwrite(str(tmp_path / "photos" / f"x_{i}.png"), photo[i * 15 :, i * 15 :])
    cv2.imwrite(str(tmp_path / "photos" / "x_twin.jpg"), photo)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'task = "colour"\nnetwork = "tiny"\npretrained = false\nworkers = 0\n'
        "phases = [{size = 32, epochs = 1, batch = 4}]"
    )
    args = [
        "train",
        str(recipe),
        "--data",
        str(tmp_path / "photos"),
        "--out",
        str(tmp_path / "run"),
        "--set",
        "ema=0.5",
    ]
    run = CliRunner().invoke(main, args)
    assert run.exit_code == 0, run.output
    assert "1 of 13 photographs are near duplicates of others" in run.output
    assert "step 3/3" in run.output
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr("handtint.train.publish.ASSETS", tmp_path / "assets")
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "assets" / "manifest.json")
    export = ["export", "handtint", str(tmp_path / "run"), "--recipe", str(recipe), "--data", "test"]
    run = CliRunner().invoke(main, [*export, "--average", str(recipe), str(tmp_path / "run")])
    weights.manifest.cache_clear()
    assert run.exit_code == 0, run.output
    record = json.loads((tmp_path / "assets" / "manifest.json").read_text())["handtint"]
    assert record["size"] == (tmp_path / "assets" / "handtint.onnx").stat().st_size
    assert (record["recipe"], record["steps"]) == ("tiny.toml + tiny.toml", 6)
    assert record["start"] == "random; averaged with random"


def test_invalid_settings_are_wrong_usage(tmp_path: Path) -> None:
    recipe = shipped.find("vit-lsgan")
    common = ["train", str(recipe), "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(main, [*common, "--set", "nonsense"]).exit_code == 2
    assert CliRunner().invoke(main, [*common, "--set", "sede=3"]).exit_code == 2
    assert CliRunner().invoke(main, common).exit_code == 1


def test_recipes_of_the_package_are_listed_without_torch() -> None:
    code = "import sys, handtint.cli as c\ntry: c.main(['train', '--list'])\nfinally: assert 'torch' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = dict(line.split(maxsplit=1) for line in run.stdout.splitlines())
    assert sorted(lines) == list(shipped.names())
    assert lines["vit-lsgan"] == "The report's final model: a vision transformer as generator, least squares."
    assert all(len(summary) > 20 for summary in lines.values())


def test_a_recipe_is_found_by_name_or_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped_file = shipped.FOLDER / "vit-lsgan.toml"
    assert shipped.find("vit-lsgan") == shipped.find("recipes/vit-lsgan.toml") == shipped_file
    assert shipped.find("mine.toml") == Path("mine.toml")
    Path("recipes").mkdir()
    Path("recipes/vit-lsgan.toml").touch()
    assert shipped.find("recipes/vit-lsgan.toml") == Path("recipes/vit-lsgan.toml")
    with pytest.raises(OptionError, match=r"vit-lsgn: neither a file nor a recipe.*did you mean vit-lsgan"):
        shipped.find("vit-lsgn")
    run = CliRunner().invoke(main, ["train", "vit-lsgn", "--data", "x", "--out", "run"])
    assert run.exit_code == 2
