"""Classes are trained on cached outputs of frozen stages."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from handtint.checkpoints.export import export
from handtint.data.cached_features import CachedPairs, stem_features
from handtint.data.pairs import WholeMaskPairs
from handtint.data.sources import open_sources
from handtint.errors import InputError, OptionError
from handtint.image.color.palette import voc_color
from handtint.nets.streams import ClassNet, MaskStreams
from handtint.train import checkpoint, loop, networks, recipe, tasks, weight_averaging
from handtint.train.feature_cache import FOLDER, cache_features
from handtint.train.recipe import Phase, Recipe

PLAN = Recipe(
    "classes", network="tiny", pretrained=False, precision="32-true", workers=0, save_every=3, ema=0.5, frozen=4,
    cached_views=2, copy_paste_prob=0.0, phases=(Phase(64, 2, 6),),
)  # fmt: skip


def run(plan: Recipe, data: Path, out: Path, **kwargs: object) -> dict[str, torch.Tensor]:
    examples = tasks.find(plan.task).examples(open_sources([data]))
    return loop.train(plan, examples, out, **kwargs).state_dict()  # type: ignore[arg-type]


def ignore_line(output: str) -> None:
    """Do not print a line of the training."""


def cache(plan: Recipe, data: Path, out: Path, say: object = ignore_line) -> list[object]:
    pairs = tasks.find(plan.task).examples(open_sources([data]))
    return cache_features(plan, pairs, out, loop._fabric(plan, out), say)  # type: ignore[arg-type]


@pytest.mark.parametrize("frozen", [3, 4, 5, 7])
def test_cached_features_lead_to_the_same_output(frozen: int, masked: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, frozen=frozen)
    torch.manual_seed(plan.seed)
    net = networks.generator("classes", "tiny").build(False, "")
    assert isinstance(net, ClassNet)
    net.eval()
    entries = cache(plan, masked, tmp_path)
    pairs = tasks.find("classes").examples(open_sources([masked]))
    whole, views = WholeMaskPairs(pairs, 64), CachedPairs(entries, views=1, seed=0, epoch=0)  # type: ignore[arg-type]
    unmirrored = next(i for i in range(len(entries)) if np.random.default_rng((0, 0, i)).random() >= 0.5)
    with torch.no_grad():
        maps = [part.float()[None] for part in stem_features(views[unmirrored])]
        outputs = zip(net(maps, frozen), net(whole[unmirrored]["L"][None]), strict=True)
        assert all(torch.allclose(actual, expected, atol=2e-2) for actual, expected in outputs)
    for name in ("classes", "foreground"):
        assert torch.equal(views[unmirrored][name], whole[unmirrored][name][2::4, 2::4])


def test_features_are_cached_once_for_each_recipe(masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    cache(PLAN, masked, tmp_path, output.append)
    assert len(output) == PLAN.cached_views
    cache(PLAN, masked, tmp_path, output.append)
    assert len(output) == PLAN.cached_views
    cache(replace(PLAN, seed=2), masked, tmp_path, output.append)
    assert len(output) == 2 * PLAN.cached_views


@pytest.mark.parametrize("part", ["images", "masks"])
def test_features_are_cached_again_if_a_file_was_replaced(part: str, masked: Path, tmp_path: Path) -> None:
    data, output = tmp_path / "data", list[str]()
    shutil.copytree(masked, data)
    cache(PLAN, data, tmp_path / "run", output.append)
    path = sorted((data / "voc" / part).iterdir())[1]
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    picture[40:50] = 0
    cv2.imwrite(str(path), picture)
    cache(PLAN, data, tmp_path / "run", output.append)
    assert len(output) == 2 * PLAN.cached_views


def test_features_are_those_of_the_network_that_the_run_starts_from(masked: Path, tmp_path: Path) -> None:
    run(replace(PLAN, seed=8, cached_views=1), masked, tmp_path / "first")
    plan = replace(PLAN, cached_views=1, start=str(tmp_path / "first"))
    net = weight_averaging.trained_network(plan, tmp_path / "first")
    assert isinstance(net, ClassNet)
    views = CachedPairs(cache(plan, masked, tmp_path / "next"), views=1, seed=0, epoch=0)  # type: ignore[arg-type]
    pairs = tasks.find("classes").examples(open_sources([masked]))
    unmirrored = next(i for i in range(len(pairs)) if np.random.default_rng((0, 0, i)).random() >= 0.5)
    with torch.no_grad():
        expected = net.eval().forward_stem(WholeMaskPairs(pairs, 64)[unmirrored]["L"][None], plan.frozen)
    for actual, expected_map in zip(stem_features(views[unmirrored]), expected, strict=True):
        assert torch.allclose(actual.float(), expected_map[0], rtol=0, atol=5e-3 * expected_map.abs().max().item())


def test_an_unfinished_cache_is_made_again(masked: Path, tmp_path: Path) -> None:
    cache(PLAN, masked, tmp_path)
    stem = tmp_path / FOLDER / "0" / "stem0.npy"
    complete = np.load(stem)
    (tmp_path / FOLDER / "key").unlink()
    stem.write_bytes(b"half")
    entries = cache(PLAN, masked, tmp_path)
    CachedPairs(entries, views=2, seed=0, epoch=0)[0]  # type: ignore[arg-type]
    assert np.array_equal(np.load(stem), complete)


def test_training_lowers_the_loss_and_leaves_the_frozen_stages(masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    torch.manual_seed(PLAN.seed)
    start = networks.generator("classes", "tiny").build(False, "").state_dict()
    after = run(replace(PLAN, phases=(Phase(64, 10, 6),), save_every=4), masked, tmp_path, say=output.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in output if line.startswith("step")]
    assert losses[-1] < 0.7 * losses[0]
    changed = {name[: len("pyramid.stages.0")] for name in start if not torch.equal(start[name], after[name])}
    assert {name for name in changed if name.startswith("pyramid")} == {f"pyramid.stages.{i}" for i in (4, 5, 6)}


def test_samples_are_drawn_in_vocs_colors(masked: Path, tmp_path: Path) -> None:
    examples = tasks.find("classes").examples(open_sources([masked]))
    run(replace(PLAN, sample_every=4), masked, tmp_path, sample_examples=examples)
    picture = cv2.imread(str(tmp_path / "samples" / "step-000004.png"))
    dog = np.array(voc_color(12)[::-1])
    assert (picture == dog).all(axis=2).sum() > 8 * 200  # at least the true discs


@pytest.mark.filterwarnings("ignore")
def test_two_processes_train_on_one_cache(masked: Path, tmp_path: Path) -> None:
    output: list[str] = []
    examples = tasks.find("classes").examples(open_sources([masked]))
    net = loop.train(replace(PLAN, devices=2, sample_every=0), examples, tmp_path)
    state = checkpoint.load(tmp_path / "last.ckpt")
    assert state is not None
    assert state["step"] == 2 * (len(examples) // 6)
    assert all(torch.isfinite(p).all() for p in net.parameters())
    cache(PLAN, masked, tmp_path, output.append)
    assert not output, "a run of one process uses the same cache"


def test_the_exported_network_has_the_foreground_of_the_other_run(masked: Path, tmp_path: Path) -> None:
    front = replace(PLAN, task="mask", frozen=0, phases=(Phase(32, 1, 6),))
    run(front, masked, tmp_path / "front")
    plan = replace(PLAN, foreground_run=str(tmp_path / "front"))
    run(plan, masked, tmp_path / "classes")
    net = weight_averaging.exported_network(plan, tmp_path / "classes").eval()
    assert isinstance(net, MaskStreams)
    L = torch.randn(1, 1, 64, 96)
    with torch.no_grad():
        for whole, part in zip(
            net.classes(L), weight_averaging.trained_network(plan, tmp_path / "classes").eval()(L), strict=True
        ):
            assert torch.equal(whole, part)
        for whole, part in zip(
            net.front(L), weight_averaging.trained_network(front, tmp_path / "front").eval()(L), strict=True
        ):
            assert torch.equal(whole, part)
    with pytest.raises(InputError, match="no checkpoint"):
        weight_averaging.exported_network(replace(plan, foreground_run=str(tmp_path / "nowhere")), tmp_path / "classes")
    with pytest.raises(OptionError, match="foreground_run"):
        weight_averaging.exported_network(replace(plan, foreground_run=""), tmp_path / "classes")


@pytest.mark.filterwarnings("ignore")
def test_stages_frozen_in_one_run_can_be_trained_in_the_next(masked: Path, tmp_path: Path) -> None:
    run(PLAN, masked, tmp_path / "first")
    net = weight_averaging.trained_network(PLAN, tmp_path / "first").eval()
    export(net, tmp_path / "net.onnx", ["classes", "foreground"])
    without_updates = replace(PLAN, lr=0.0, backbone_lr=0.0, weight_decay=0.0)
    run(replace(without_updates, frozen=7, start=str(tmp_path / "net.onnx")), masked, tmp_path / "frozen")
    plan = replace(without_updates, frozen=3, start=str(tmp_path / "frozen"))
    run(plan, masked, tmp_path / "free")
    free = weight_averaging.trained_network(plan, tmp_path / "free").eval()
    x = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        actual, expected = free(x)[0], net(x)[0]
    assert (actual - expected).abs().max() < 0.1 * expected.abs().max(), "statistics change, weights do not"
    norms = [m for stage in free.pyramid.stages[3:] for m in stage.modules() if isinstance(m, nn.BatchNorm2d)]
    assert not any(torch.equal(n.weight, torch.ones_like(n.weight)) for n in norms), "norms are folded"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frozen": 2}, "frozen is 2"),
        ({"cached_views": 0}, "cached_views is 0"),
        ({"phases": (Phase(32, 1, 6), Phase(64, 1, 6))}, "need the same size"),
    ],
)
def test_settings_that_exclude_a_cache_are_errors(settings: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        recipe.checked(replace(PLAN, **settings))  # type: ignore[arg-type]
