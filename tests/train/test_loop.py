"""Tiny runs of every task: the loss falls, and a resumed run equals an uninterrupted one."""

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
    """Stops a training between two steps."""


CACHED = replace(TINY, task="classes", frozen=4, cached_views=2, phases=(Phase(64, 2, 6),))


@pytest.mark.parametrize("plan", [TINY, replace(TINY, task="mask"), CACHED], ids=lambda plan: plan.task)
def test_a_resumed_run_equals_an_uninterrupted_one(plan: Recipe, photos: Path, masked: Path, tmp_path: Path) -> None:
    data = photos if plan.task == "colour" else masked
    uninterrupted = run(plan, data, tmp_path / "whole")

    def stop(line: str) -> None:
        if line.startswith("step 3/"):
            raise StopError

    with pytest.raises(StopError):
        run(plan, data, tmp_path / "parts", say=stop)
    resumed = run(plan, data, tmp_path / "parts")
    assert uninterrupted.keys() == resumed.keys()
    for name in uninterrupted:
        assert torch.equal(uninterrupted[name], resumed[name]), name


def test_training_lowers_the_loss(masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    plan = replace(TINY, task="mask", phases=(Phase(64, 8, 6),), save_every=4, copy_paste_prob=0.0)
    run(plan, masked, tmp_path, say=output.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in output]
    assert losses[-1] < 0.7 * losses[0]
    assert not list(tmp_path.glob("*.partial"))


def test_frozen_stages_do_not_change(masked: Path, tmp_path: Path) -> None:
    plan = replace(TINY, task="mask", frozen=5)
    torch.manual_seed(plan.seed)
    start = networks.generator("mask", "tiny").build(False, "").state_dict()
    after = run(plan, masked, tmp_path)
    changed = {name for name in start if not torch.equal(start[name], after[name])}
    pyramid = {name.removeprefix("backbone.pyramid.")[:8] for name in changed if name.startswith("backbone.pyramid")}
    assert pyramid == {"stages.5", "stages.6"}, "norms' statistics included"
    assert any(name.startswith("backbone.blocks") for name in changed)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("task", ["colour", "mask", "classes"])
def test_a_run_can_start_from_exported_weights(task: str, photos: Path, masked: Path, tmp_path: Path) -> None:
    data, plan = photos if task == "colour" else masked, replace(CACHED if task == "classes" else TINY, task=task)
    first = run(plan, data, tmp_path / "first")
    net = networks.generator(task, "tiny").build(False, "").eval()
    net.load_state_dict(first)
    export(net, tmp_path / "net.onnx", list(tasks.find(task).outputs[: 2 if task == "classes" else None]))
    without_updates = replace(plan, start=str(tmp_path / "net.onnx"), lr=0.0, weight_decay=0.0, interpolation=0.5)
    restored = networks.generator(task, "tiny").build(False, "").eval()
    restored.load_state_dict(run(without_updates, data, tmp_path / "again"))
    x = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        actual, expected = (output[0] if isinstance(output, tuple) else output for output in (restored(x), net(x)))
    assert (actual - expected).abs().max() < 0.1 * expected.abs().max(), "statistics change, weights do not"


def test_balanced_classes_are_drawn_more_often(masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    plan = replace(TINY, task="mask", balance=4.0, phases=(Phase(32, 1, 6),))  # all show a dog: each is drawn twice
    run(plan, masked, tmp_path, say=output.append)
    count = len(tasks.find("mask").examples(open_sources([masked])))
    assert output[-1].startswith(f"step {2 * count // 6}/{2 * count // 6} ")


def test_settings_of_a_recipe_can_be_overridden() -> None:
    plan = recipe.load(RECIPES[0], {"seed": "7", "network": "tiny", "lr": "0.5"})
    assert (plan.seed, plan.network, plan.lr) == (7, "tiny", 0.5)
    with pytest.raises(OptionError, match="'sede'"):
        recipe.load(RECIPES[0], {"sede": "7"})
    with pytest.raises(InputError, match="nowhere"):
        recipe.load(Path("nowhere.toml"))
    with pytest.raises(OptionError, match="'poetry'"):
        tasks.find("poetry")
