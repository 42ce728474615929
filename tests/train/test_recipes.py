"""Every recipe loads, and tiny forms of its architectures train for a few steps, stop, and resume exactly."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handtint.data.sources import open_sources
from handtint.errors import InputError, OptionError
from handtint.train import checkpoint, loop, recipe, shipped, tasks, weight_averaging
from handtint.train.networks import DISCRIMINATORS, GENERATORS
from handtint.train.recipe import Phase, Recipe
from handtint.train.weight_averaging import trained_network

RECIPES = sorted(shipped.FOLDER.glob("*.toml"))
SMALL = [path for path in RECIPES if path.stem.endswith("-small")]


def tiny(path: Path) -> Recipe:
    """The recipe with the tiny forms of its networks, a few steps of each kind of phase."""
    plan = recipe.load(path)
    kinds = sorted({phase.adversarial for phase in plan.phases})
    hybrids = {"lite0": "tiny", "lite0-vits": "tiny-vit"}
    network = hybrids.get(plan.network) or plan.network.removesuffix("-small") + "-tiny"
    discriminator = plan.discriminator and plan.discriminator.removesuffix("-small") + "-tiny"
    phases = tuple(Phase(32, 1, 12, adversarial=adversarial) for adversarial in kinds)
    return replace(
        plan, network=network, discriminator=discriminator, pretrained=False, start="", interpolation=1.0,
        precision="32-true", workers=0, save_every=1, log_every=2, sample_every=4, phases=phases,
    )  # fmt: skip


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_names_a_known_task_and_known_networks(path: Path) -> None:
    plan = recipe.load(path)
    tasks.find(plan.task)
    assert plan.network in GENERATORS[plan.task]
    assert plan.discriminator in (*DISCRIMINATORS, "")
    assert plan.phases


def test_recipes_of_the_report_have_its_hyperparameters() -> None:
    for path in RECIPES:
        plan = recipe.load(path)
        if path.stem.startswith(("vit", "resnet")) and not path.stem.endswith("-small"):
            first, second = plan.phases
            assert (first.size, first.epochs, first.batch, first.lr, first.adversarial) == (224, 20, 16, 1e-4, False)
            assert (
                second.size,
                second.epochs,
                second.batch,
                second.lr or plan.lr,
            ) == (224, 20, 16, 2e-4)
            assert (plan.discriminator_lr, plan.betas, plan.l1_weight) == (2e-4, (0.5, 0.999), 100.0)
            assert (plan.weight_decay, plan.schedule, plan.clip, plan.regression) == (0.0, "constant", 0.0, "l1")


class StopError(Exception):
    """Stops a training between two steps."""


@pytest.mark.parametrize("path", SMALL, ids=lambda p: p.stem)
def test_each_architecture_trains_and_a_resumed_run_equals_an_uninterrupted_one(
    path: Path, photos: Path, tmp_path: Path
) -> None:
    plan = tiny(path)
    examples = tasks.find(plan.task).examples(open_sources([photos]))
    output: list[str] = []
    loop.train(plan, examples, tmp_path / "whole", sample_examples=examples[:2], say=output.append)
    assert "loss_G_GAN" in output[-1]
    assert "loader" in output[-1]
    for last_step in (2, 4):  # at the end of the first phase, and in the adversarial one

        def stop(text: str, last_step: int = last_step) -> None:
            if text.startswith(f"step {last_step}/"):
                raise StopError

        with pytest.raises(StopError):
            loop.train(plan, examples, tmp_path / "parts", say=stop)
    loop.train(plan, examples, tmp_path / "parts")
    uninterrupted, resumed = (checkpoint.load(tmp_path / name / "last.ckpt") for name in ("whole", "parts"))
    assert uninterrupted is not None
    assert resumed is not None
    assert (
        uninterrupted.keys()
        == resumed.keys()
        >= {"net", "averaged", "optimizer", "discriminator", "discriminator_optimizer"}
    )
    assert_equal(uninterrupted, resumed)
    assert sorted(p.name for p in (tmp_path / "whole" / "samples").iterdir()) == ["step-000004.png", "step-000006.png"]
    assert not list(tmp_path.rglob("*.partial"))


def assert_equal(a: object, b: object, key_path: str = "") -> None:
    """Equal, to the last bit of every tensor."""
    if isinstance(a, torch.Tensor):
        assert isinstance(b, torch.Tensor)
        assert torch.equal(a, b), key_path
    elif isinstance(a, dict):
        assert isinstance(b, dict)
        assert a.keys() == b.keys(), key_path
        for key in a:
            assert_equal(a[key], b[key], f"{key_path}.{key}")
    elif isinstance(a, list | tuple):
        for i, pair in enumerate(zip(a, b, strict=True)):  # type: ignore[call-overload]
            assert_equal(*pair, f"{key_path}[{i}]")
    else:
        assert a == b, key_path


def test_adversarial_training_starts_from_the_weights_of_another_run(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    game = tiny(next(p for p in RECIPES if p.stem == "handtint-gan"))
    head = replace(game, discriminator="", phases=(Phase(32, 1, 12),))
    loop.train(head, examples, tmp_path / "head")
    adversarial = replace(game, start=str(tmp_path / "head"), lr=0.0, backbone_lr=0.0, ema=0.0)
    loop.train(adversarial, examples, tmp_path / "game")
    before, after = (
        trained_network(head, tmp_path / "head").state_dict(),
        trained_network(game, tmp_path / "game").state_dict(),
    )
    for name, tensor in before.items():
        if "running" not in name and "num_batches" not in name:
            assert torch.equal(tensor, after[name]), name
    with pytest.raises(InputError, match="no checkpoint"):
        loop.train(replace(adversarial, start=str(tmp_path / "gone")), examples, tmp_path / "other")


def test_interpolated_weights_lie_between_the_first_and_the_last(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    game = tiny(next(p for p in RECIPES if p.stem == "handtint-gan"))
    head = replace(game, discriminator="", phases=(Phase(32, 1, 12),))
    loop.train(head, examples, tmp_path / "head")
    plan = replace(game, start=str(tmp_path / "head"))
    loop.train(plan, examples, tmp_path / "game")
    start, end = (
        trained_network(head, tmp_path / "head").state_dict(),
        trained_network(plan, tmp_path / "game").state_dict(),
    )
    mixed = trained_network(replace(plan, interpolation=0.25), tmp_path / "game").state_dict()
    floats = [name for name, tensor in end.items() if tensor.is_floating_point()]
    assert any((start[name] - end[name]).abs().max() > 1e-4 for name in floats)
    for name in floats:
        torch.testing.assert_close(mixed[name], 0.75 * start[name] + 0.25 * end[name])
    with pytest.raises(OptionError, match="interpolation"):
        recipe.checked(replace(game, interpolation=0.5))


def test_a_vit_can_be_added_to_a_trained_network(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    plain_plan = replace(
        tiny(next(p for p in RECIPES if p.stem == "handtint-colour")), phases=(Phase(32, 1, 12),), ema=0.0
    )
    loop.train(plain_plan, examples, tmp_path / "alone")
    start = trained_network(plain_plan, tmp_path / "alone").state_dict()
    both = replace(plain_plan, network="tiny-vit", start=str(tmp_path / "alone"), frozen=7)
    for blocks, unchanged in ((1, ("embed", "blocks.0")), (2, ("embed", "blocks", "norms"))):
        plan, out = replace(both, frozen_blocks=blocks), tmp_path / str(blocks)
        loop.train(plan, examples, out)
        initial, end = (
            trained_network(replace(plan, interpolation=0.0), out).state_dict(),
            trained_network(plan, out).state_dict(),
        )
        assert not initial["backbone.join.weight"].any()
        for name in (name for name in start if start[name].is_floating_point()):
            assert torch.equal(initial[name], start[name]), name
        changed = {name for name in end if not torch.equal(initial[name], end[name])}
        assert not [name for name in changed if name.startswith("backbone.pyramid")]
        assert {"backbone.join.weight", "backbone.blocks.0.qkv.weight", "head.ab.weight"} <= changed
        vit = {name for name in end if name.startswith("backbone.companion") and name.endswith("weight")}
        assert vit - changed == {name for name in vit if name.split("companion.")[1].startswith(unchanged)}


def test_chroma_gain_multiplies_the_exported_colours(photos: Path, tmp_path: Path) -> None:
    plan = tiny(next(p for p in RECIPES if p.stem == "handtint-colour"))
    loop.train(plan, tasks.find("colour").examples(open_sources([photos])), tmp_path)
    L = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        unscaled, vivid = (
            weight_averaging.exported_network(replace(plan, chroma_gain=v), tmp_path).eval()(L) for v in (1.0, 1.5)
        )
    torch.testing.assert_close(vivid, 1.5 * unscaled)
    with pytest.raises(OptionError, match="chroma_gain"):
        weight_averaging.exported_network(
            replace(plan, task="mask", chroma_gain=1.5), _mask_run(plan, tmp_path / "mask")
        )


def test_runs_are_averaged_weight_by_weight(photos: Path, tmp_path: Path) -> None:
    plan = tiny(next(p for p in RECIPES if p.stem == "handtint-colour"))
    examples = tasks.find("colour").examples(open_sources([photos]))
    plans = [replace(plan, seed=seed, chroma_gain=1.5) for seed in (1, 2, 3)]
    runs = [(each, tmp_path / str(each.seed)) for each in plans]
    each = [loop.train(recipe_, examples, folder).state_dict() for recipe_, folder in runs]
    mean = weight_averaging.averaged_network(runs).state_dict()
    for name in (name for name in mean if mean[name].is_floating_point()):
        torch.testing.assert_close(mean[name], sum(state[name] for state in each) / 3)
    L = torch.randn(1, 1, 64, 64)
    with torch.no_grad():
        vivid = weight_averaging.exported_network(*runs[0], runs[1:]).eval()(L)
        torch.testing.assert_close(vivid, 1.5 * weight_averaging.averaged_network(runs).eval()(L))
    with pytest.raises(OptionError, match="for mask, expected"):
        weight_averaging.averaged_network([runs[0], (replace(plan, task="mask"), tmp_path)])


def _mask_run(plan: Recipe, out: Path) -> Path:
    net = GENERATORS["mask"][plan.network].build(False, "")
    checkpoint.save(
        out / weight_averaging.CHECKPOINT, {"averaged": {f"module.{k}": v for k, v in net.state_dict().items()}}
    )
    return out


def test_a_checkpoint_of_another_network_is_rejected(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    plan = replace(tiny(SMALL[0]), discriminator="", phases=(Phase(32, 1, 12),), sample_every=0)
    loop.train(plan, examples, tmp_path)
    with pytest.raises(InputError, match="another recipe"):
        loop.train(replace(plan, network="vit-tiny"), examples, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gan": "'wgan'"}, "gan is 'wgan'"),
        ({"devices": "3"}, "shared among 3 devices"),
        ({"discriminator": "''"}, "needs a discriminator"),
        ({"perceptual_weight": "1.0"}, "perceptual_weight needs the features of a projected discriminator"),
        ({"phases": "[{size = 100, epochs = 1, batch = 2}]"}, "not a multiple of 32"),
        ({"phases": "[{sise = 96, epochs = 1, batch = 2}]"}, "'sise'"),
        ({"phases": "[{size = 96}]"}, "missing"),
    ],
)
def test_contradicting_settings_are_errors(change: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        recipe.load(SMALL[0], change)


def test_unknown_networks_are_errors(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    for name, change in (("network", {"network": "vgg"}), ("discriminator", {"discriminator": "judge"})):
        with pytest.raises(OptionError, match=f"{name}: unknown"):
            loop.train(replace(tiny(SMALL[0]), **change), examples, tmp_path)  # type: ignore[arg-type]
