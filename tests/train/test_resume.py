"""A run that goes on does so by the recipe and the data that it began with, or says that it does not."""

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


def silent(said: str) -> None:
    pass


def train(plan: Recipe, data: Path, out: Path, *, changed: bool = False, say: object = silent) -> None:
    examples = tasks.find("mask").examples(open_sources([data]))
    loop.train(plan, examples, out, changed=changed, say=say)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def begun(masked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    train(PLAN, masked, out)
    return out


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"lr": 1e-4}, "lr was 0.002, now is 0.0001"),
        ({"seed": 5}, "seed was 1, now is 5"),
        ({"phases": (Phase(64, 1, 6),)}, "phases was"),
        ({"ema": 0.9}, "ema was 0.5, now is 0.9"),
    ],
)
def test_another_recipe_is_refused(change: dict[str, object], word: str, begun: Path, masked: Path) -> None:
    with pytest.raises(InputError, match=word) as caught:
        train(replace(PLAN, **change), masked, begun)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{begun}: this run began with another recipe or other data: ")
    assert "\n" not in str(caught.value)


def test_what_only_reads_reports_or_exports_may_change(begun: Path, masked: Path) -> None:
    train(replace(PLAN, save_every=7, log_every=3, sample_every=9, chroma_gain=1.2), masked, begun)


@pytest.mark.parametrize("part", ["images", "masks", "dataset.toml"])
def test_other_data_is_refused(part: str, begun: Path, masked: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(masked, data)
    train(PLAN, data, begun)
    if part == "dataset.toml":
        (data / part).write_text("[[files]]\npartial = true\n")
    else:
        path = sorted((data / "voc" / part).iterdir())[1]
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        picture[40:50] = 0
        cv2.imwrite(str(path), picture)
    with pytest.raises(InputError, match="photographs, masks or"):
        train(PLAN, data, begun)


def test_it_goes_on_all_the_same_when_asked(begun: Path, masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    shutil.copytree(begun, tmp_path / "run")
    longer = replace(PLAN, phases=(Phase(32, 2, 6),))
    train(longer, masked, tmp_path / "run", changed=True, say=said.append)
    assert said[0].startswith("goes on changed: phases was [{")
    first, second = (checkpoint.load(out / "last.ckpt") or {} for out in (begun, tmp_path / "run"))
    assert second["step"] == 2 * first["step"]
    train(longer, masked, tmp_path / "run")


def test_a_checkpoint_that_does_not_say_what_it_is_of_goes_on(begun: Path, masked: Path, tmp_path: Path) -> None:
    state = checkpoint.load(begun / "last.ckpt") or {}
    torch.save({key: value for key, value in state.items() if key not in ("recipe", "data")}, tmp_path / "last.ckpt")
    train(PLAN, masked, tmp_path)


def test_the_command_says_so_in_one_line(photos: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'task = "colour"\nnetwork = "vit-tiny"\nprecision = "32-true"\naugment = "squash"\nworkers = 0\n'
        "sample_every = 0\nphases = [{ size = 32, epochs = 1, batch = 12 }]\n"
    )
    words = ["train", str(plan), "--data", str(photos), "--out", str(tmp_path / "run"), "--all-photos"]
    first, refused, forced = (
        CliRunner().invoke(main, [*words, *more])
        for more in ([], ["--set", "lr=1e-5"], ["--set", "lr=1e-5", "--changed"])
    )
    assert first.exit_code == 0, first.output
    assert refused.exit_code == 1
    assert "lr was 0.002, now is 1e-05" in refused.output.splitlines()[-1]
    assert forced.exit_code == 0, forced.output
