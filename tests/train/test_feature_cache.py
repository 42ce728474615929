"""Classes are learned on from what frozen stages made of the photographs, kept in files."""

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


def silent(said: str) -> None:
    pass


def cached(plan: Recipe, data: Path, out: Path, say: object = silent) -> list[object]:
    pairs = tasks.find(plan.task).examples(open_sources([data]))
    return cache_features(plan, pairs, out, loop._fabric(plan, out), say)  # type: ignore[arg-type]


@pytest.mark.parametrize("frozen", [3, 4, 5, 7])
def test_what_is_remembered_goes_on_to_the_same_answer(frozen: int, masked: Path, tmp_path: Path) -> None:
    plan = replace(PLAN, frozen=frozen)
    torch.manual_seed(plan.seed)
    net = networks.generator("classes", "tiny").build(False, "")
    assert isinstance(net, ClassNet)
    net.eval()
    kept = cached(plan, masked, tmp_path)
    pairs = tasks.find("classes").examples(open_sources([masked]))
    whole, views = WholeMaskPairs(pairs, 64), CachedPairs(kept, views=1, seed=0, epoch=0)  # type: ignore[arg-type]
    plain = next(i for i in range(len(kept)) if np.random.default_rng((0, 0, i)).random() >= 0.5)
    with torch.no_grad():
        maps = [part.float()[None] for part in stem_features(views[plain])]
        answers = zip(net(maps, frozen), net(whole[plain]["L"][None]), strict=True)
        assert all(torch.allclose(ours, theirs, atol=2e-2) for ours, theirs in answers)
    for name in ("classes", "foreground"):
        assert torch.equal(views[plain][name], whole[plain][name][2::4, 2::4])


def test_looks_are_taken_once_and_again_for_another_recipe(masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    cached(PLAN, masked, tmp_path, said.append)
    assert len(said) == PLAN.cached_views
    cached(PLAN, masked, tmp_path, said.append)
    assert len(said) == PLAN.cached_views
    cached(replace(PLAN, seed=2), masked, tmp_path, said.append)
    assert len(said) == 2 * PLAN.cached_views


@pytest.mark.parametrize("part", ["images", "masks"])
def test_looks_are_taken_again_where_a_file_was_replaced(part: str, masked: Path, tmp_path: Path) -> None:
    data, said = tmp_path / "data", list[str]()
    shutil.copytree(masked, data)
    cached(PLAN, data, tmp_path / "run", said.append)
    path = sorted((data / "voc" / part).iterdir())[1]
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    picture[40:50] = 0
    cv2.imwrite(str(path), picture)
    cached(PLAN, data, tmp_path / "run", said.append)
    assert len(said) == 2 * PLAN.cached_views


def test_looks_are_those_of_the_stages_that_the_run_starts_from(masked: Path, tmp_path: Path) -> None:
    run(replace(PLAN, seed=8, cached_views=1), masked, tmp_path / "first")
    plan = replace(PLAN, cached_views=1, start=str(tmp_path / "first"))
    net = weight_averaging.trained_network(plan, tmp_path / "first")
    assert isinstance(net, ClassNet)
    views = CachedPairs(cached(plan, masked, tmp_path / "next"), views=1, seed=0, epoch=0)  # type: ignore[arg-type]
    pairs = tasks.find("classes").examples(open_sources([masked]))
    plain = next(i for i in range(len(pairs)) if np.random.default_rng((0, 0, i)).random() >= 0.5)
    with torch.no_grad():
        theirs = net.eval().forward_stem(WholeMaskPairs(pairs, 64)[plain]["L"][None], plan.frozen)
    for ours, their in zip(stem_features(views[plain]), theirs, strict=True):
        assert torch.allclose(ours.float(), their[0], rtol=0, atol=5e-3 * their.abs().max().item())


def test_looks_begun_and_not_finished_are_taken_again(masked: Path, tmp_path: Path) -> None:
    cached(PLAN, masked, tmp_path)
    (tmp_path / FOLDER / "key").unlink()
    (tmp_path / FOLDER / "0" / "stem0.npy").write_bytes(b"half")
    kept = cached(PLAN, masked, tmp_path)
    CachedPairs(kept, views=2, seed=0, epoch=0)[0]  # type: ignore[arg-type]


def test_it_learns_and_its_first_stages_stay(masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    torch.manual_seed(PLAN.seed)
    start = networks.generator("classes", "tiny").build(False, "").state_dict()
    after = run(replace(PLAN, phases=(Phase(64, 10, 6),), save_every=4), masked, tmp_path, say=said.append)
    losses = [float(line.split("loss ")[1].split()[0]) for line in said if line.startswith("step")]
    assert losses[-1] < 0.7 * losses[0]
    moved = {name[: len("pyramid.stages.0")] for name in start if not torch.equal(start[name], after[name])}
    assert {name for name in moved if name.startswith("pyramid")} == {f"pyramid.stages.{i}" for i in (4, 5, 6)}


def test_samples_are_drawn_in_vocs_colors(masked: Path, tmp_path: Path) -> None:
    shown = tasks.find("classes").examples(open_sources([masked]))
    run(replace(PLAN, sample_every=4), masked, tmp_path, sample_examples=shown)
    picture = cv2.imread(str(tmp_path / "samples" / "step-000004.png"))
    dog = np.array(voc_color(12)[::-1])
    assert (picture == dog).all(axis=2).sum() > 8 * 200  # the true discs, at the least


@pytest.mark.filterwarnings("ignore")
def test_two_processes_learn_from_what_one_has_looked_at(masked: Path, tmp_path: Path) -> None:
    said: list[str] = []
    examples = tasks.find("classes").examples(open_sources([masked]))
    net = loop.train(replace(PLAN, devices=2, sample_every=0), examples, tmp_path)
    state = checkpoint.load(tmp_path / "last.ckpt")
    assert state is not None
    assert state["step"] == 2 * (len(examples) // 6)
    assert all(torch.isfinite(p).all() for p in net.parameters())
    cached(PLAN, masked, tmp_path, said.append)
    assert not said, "its cache serves a run of one process, too"


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
def test_stages_that_a_run_from_a_file_left_frozen_can_learn_in_the_next(masked: Path, tmp_path: Path) -> None:
    run(PLAN, masked, tmp_path / "first")
    net = weight_averaging.trained_network(PLAN, tmp_path / "first").eval()
    export(net, tmp_path / "net.onnx", ["classes", "foreground"])
    still = replace(PLAN, lr=0.0, backbone_lr=0.0, weight_decay=0.0)
    run(replace(still, frozen=7, start=str(tmp_path / "net.onnx")), masked, tmp_path / "frozen")
    plan = replace(still, frozen=3, start=str(tmp_path / "frozen"))
    run(plan, masked, tmp_path / "free")
    free = weight_averaging.trained_network(plan, tmp_path / "free").eval()
    x = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        ours, theirs = free(x)[0], net(x)[0]
    assert (ours - theirs).abs().max() < 0.1 * theirs.abs().max(), "statistics move on, weights do not"
    norms = [m for stage in free.pyramid.stages[3:] for m in stage.modules() if isinstance(m, nn.BatchNorm2d)]
    assert not any(torch.equal(n.weight, torch.ones_like(n.weight)) for n in norms), "as the file had them"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"frozen": 2}, "frozen is 2"),
        ({"cached_views": 0}, "cached_views is 0"),
        ({"phases": (Phase(32, 1, 6), Phase(64, 1, 6))}, "one size"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_named(changes: dict[str, object], word: str) -> None:
    with pytest.raises(OptionError, match=word):
        recipe.checked(replace(PLAN, **changes))  # type: ignore[arg-type]
