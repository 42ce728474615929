"""A run is resumed with the recipe and the data that it was started with, or not at all unless asked."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
import torch
from click.testing import CliRunner

from handtint.cli import main
from handtint.data.sources import open_sources
from handtint.errors import InputError
from handtint.train import checkpoint, loop, tasks
from handtint.train.recipe import Phase, Recipe

PLAN = Recipe(
    "mask", network="tiny", pretrained=False, precision="32-true", workers=0, save_every=100, ema=0.5, sample_every=0,
    phases=(Phase(32, 1, 6),),
)  # fmt: skip


def ignore_line(output: str) -> None:
    """Do not print a line of the training."""


def train(plan: Recipe, data: Path, out: Path, *, changed: bool = False, say: object = ignore_line) -> None:
    examples = tasks.find("mask").examples(open_sources([data]))
    loop.train(plan, examples, out, changed=changed, say=say)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(masked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    train(PLAN, masked, out)
    return out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 1e-4}, "lr was 0.002, now is 0.0001"),
        ({"seed": 5}, "seed was 1, now is 5"),
        ({"phases": (Phase(64, 1, 6),)}, "phases was"),
        ({"ema": 0.9}, "ema was 0.5, now is 0.9"),
    ],
)
def test_resuming_with_another_recipe_is_rejected(
    change: dict[str, object], message: str, run: Path, masked: Path
) -> None:
    with pytest.raises(InputError, match=message) as error:
        train(replace(PLAN, **change), masked, run)  # type: ignore[arg-type]
    assert str(error.value).startswith(f"{run}: this run was started with another recipe or other data: ")
    assert "\n" not in str(error.value)


def test_settings_without_effect_on_the_training_may_change(run: Path, masked: Path) -> None:
    output: list[str] = []
    settings = replace(PLAN, save_every=7, log_every=3, sample_every=9, chroma_gain=1.2)
    train(settings, masked, run, say=output.append)
    assert not [line for line in output if line.startswith("step")], "it is finished already"


@pytest.mark.parametrize("part", ["images", "masks", "dataset.toml"])
def test_resuming_with_other_data_is_rejected(part: str, run: Path, masked: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(masked, data)
    train(PLAN, data, run)
    if part == "dataset.toml":
        (data / part).write_text("[[files]]\npartial = true\n")
    else:
        path = sorted((data / "voc" / part).iterdir())[1]
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        picture[40:50] = 0
        cv2.imwrite(str(path), picture)
    with pytest.raises(InputError, match="photographs, masks or"):
        train(PLAN, data, run)


def test_with_changed_a_run_is_resumed_with_another_recipe(run: Path, masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    shutil.copytree(run, tmp_path / "run")
    longer = replace(PLAN, phases=(Phase(32, 2, 6),))
    train(longer, masked, tmp_path / "run", changed=True, say=output.append)
    assert output[0].startswith("continuing with changes: phases was [{")
    first, second = (checkpoint.load(out / "last.ckpt") or {} for out in (run, tmp_path / "run"))
    assert second["step"] == 2 * first["step"]
    train(longer, masked, tmp_path / "run")


def test_a_checkpoint_without_recipe_and_data_is_resumed(run: Path, masked: Path, tmp_path: Path) -> None:
    state = checkpoint.load(run / "last.ckpt") or {}
    torch.save({key: value for key, value in state.items() if key not in ("recipe", "data")}, tmp_path / "last.ckpt")
    output: list[str] = []
    train(PLAN, masked, tmp_path, say=output.append)
    assert not [line for line in output if line.startswith("step")], "it is finished already"


def test_the_command_rejects_another_recipe_in_one_line(photos: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'task = "colour"\nnetwork = "vit-tiny"\nprecision = "32-true"\naugment = "squash"\nworkers = 0\n'
        "sample_every = 0\nphases = [{ size = 32, epochs = 1, batch = 12 }]\n"
    )
    args = ["train", str(plan), "--data", str(photos), "--out", str(tmp_path / "run"), "--all-photos"]
    first, rejected, forced = (
        CliRunner().invoke(main, [*args, *extra])
        for extra in ([], ["--set", "lr=1e-5"], ["--set", "lr=1e-5", "--changed"])
    )
    assert first.exit_code == 0, first.output
    assert rejected.exit_code == 1
    assert "lr was 0.002, now is 1e-05" in rejected.output.splitlines()[-1]
    assert forced.exit_code == 0, forced.output
