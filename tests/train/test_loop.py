"""Tiny runs of every task: they learn, and a resumed run is the run that was never stopped."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handtint.checkpoints.export import export
from handtint.data.sources import open_sources
from handtint.errors import InputError, OptionError
from handtint.train import loop, networks, recipe, shipped, tasks
from handtint.train.recipe import Phase, Recipe

RECIPES = sorted(shipped.FOLDER.glob("*.toml"))
TINY = Recipe(
    "colour", network="tiny", pretrained=False, precision="32-true", workers=0, save_every=3, ema=0.5,
    phases=(Phase(32, 1, 6), Phase(64, 1, 6)),
)  # fmt: skip


def run(plan: Recipe, data: Path, out: Path, **kwargs: object) -> dict[str, torch.Tensor]:
    examples = tasks.find(plan.task).examples(open_sources([data]))
    return loop.train(plan, examples, out, **kwargs).state_dict()  # type: ignore[arg-type]


class StopError(Exception):
    pass


KEPT = replace(TINY, task="classes", frozen=4, cached_views=2, phases=(Phase(64, 2, 6),))


@pytest.mark.parametrize("plan", [TINY, replace(TINY, task="mask"), KEPT], ids=lambda plan: plan.task)
def test_a_resumed_run_is_the_run_never_stopped(plan: Recipe, photos: Path, masked: Path, tmp_path: Path) -> None:
    data = photos if plan.task == "colour" else masked
    whole = run(plan, data, tmp_path / "whole")

    def stop(said: str) -> None:
        if said.startswith("step 3/"):
            raise StopError

    with pytest.raises(StopError):
        run(plan, data, tmp_path / "parts", say=stop)
    resumed = run(plan, data, tmp_path / "parts")
    assert whole.keys() == resumed.keys()
    for name in whole:
        assert torch.equal(whole[name], resumed[name]), name


def test_training_lowers_the_loss(masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    plan = replace(TINY, task="mask", phases=(Phase(64, 8, 6),), save_every=4, copy_paste_prob=0.0)
    run(plan, masked, tmp_path, say=said.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in said]
    assert losses[-1] < 0.7 * losses[0]
    assert not list(tmp_path.glob("*.partial"))


def test_frozen_stages_stay_as_they_are(masked: Path, tmp_path: Path) -> None:
    plan = replace(TINY, task="mask", frozen=5)
    torch.manual_seed(plan.seed)
    start = networks.generator("mask", "tiny").build(False, "").state_dict()
    after = run(plan, masked, tmp_path)
    moved = {name for name in start if not torch.equal(start[name], after[name])}
    pyramid = {name.removeprefix("backbone.pyramid.")[:8] for name in moved if name.startswith("backbone.pyramid")}
    assert pyramid == {"stages.5", "stages.6"}, "norms' statistics included"
    assert any(name.startswith("backbone.blocks") for name in moved)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", ["colour", "mask", "classes"])
def test_a_run_begins_with_exported_weights(task: str, photos: Path, masked: Path, tmp_path: Path) -> None:
    data, plan = photos if task == "colour" else masked, replace(KEPT if task == "classes" else TINY, task=task)
    first = run(plan, data, tmp_path / "first")
    net = networks.generator(task, "tiny").build(False, "").eval()
    net.load_state_dict(first)
    export(net, tmp_path / "net.onnx", list(tasks.find(task).outputs[: 2 if task == "classes" else None]))
    still = replace(plan, start=str(tmp_path / "net.onnx"), lr=0.0, weight_decay=0.0, interpolation=0.5)
    again = networks.generator(task, "tiny").build(False, "").eval()
    again.load_state_dict(run(still, data, tmp_path / "again"))
    x = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        ours, theirs = (answer[0] if isinstance(answer, tuple) else answer for answer in (again(x), net(x)))
    assert (ours - theirs).abs().max() < 0.1 * theirs.abs().max(), "statistics move on, weights do not"


def test_rare_classes_come_more_often(masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    plan = replace(TINY, task="mask", balance=4.0, phases=(Phase(32, 1, 6),))  # all show a dog: each comes twice
    run(plan, masked, tmp_path, say=said.append)
    count = len(tasks.find("mask").examples(open_sources([masked])))
    assert said[-1].startswith(f"step {2 * count // 6}/{2 * count // 6} ")


def test_settings_from_the_command_line() -> None:
    plan = recipe.load(RECIPES[0], {"seed": "7", "network": "tiny", "lr": "0.5"})
    assert (plan.seed, plan.network, plan.lr) == (7, "tiny", 0.5)
    with pytest.raises(OptionError, match="'sede'"):
        recipe.load(RECIPES[0], {"sede": "7"})
    with pytest.raises(InputError, match="nowhere"):
        recipe.load(Path("nowhere.toml"))
    with pytest.raises(OptionError, match="'poetry'"):
        tasks.find("poetry")
