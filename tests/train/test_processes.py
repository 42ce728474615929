"""Two processes train the same network as one with the same recipe."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from handtint.data.sources import open_sources
from handtint.train import checkpoint, loop, tasks
from handtint.train.batches import batches
from handtint.train.recipe import Phase, Recipe
from handtint.train.weight_averaging import trained_network

# no batch norm in either network: its statistics would be those of a process's share
PLAN = Recipe(
    "colour", network="vit-tiny", discriminator="vit-tiny", regression="l1", augment="squash", precision="32-true",
    workers=0, sample_every=0, clip=0.0, schedule="constant", lr=1e-3, ema=0.5,
    phases=(Phase(32, 1, 12), Phase(32, 1, 12, adversarial=True)),
)  # fmt: skip


def test_the_processes_share_each_batch(photos: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    for first in (0, 1, 3):
        complete = {t.step: t.batch["ab"] for t in batches(PLAN, examples, first)}
        shares = [{t.step: t.batch["ab"] for t in batches(PLAN, examples, first, rank=r, world_size=2)} for r in (0, 1)]
        assert complete.keys() == shares[0].keys() == shares[1].keys()
        assert min(complete) == first
        for step, batch in complete.items():
            assert torch.equal(batch, torch.cat([share[step] for share in shares]))


@pytest.mark.filterwarnings("ignore")
def test_two_processes_train_the_same_weights_as_one(photos: Path, tmp_path: Path) -> None:
    examples = tasks.find("colour").examples(open_sources([photos]))
    for devices in (1, 2):
        loop.train(replace(PLAN, devices=devices), examples, tmp_path / str(devices))
    one, two = (checkpoint.load(tmp_path / str(devices) / "last.ckpt") for devices in (1, 2))
    assert one is not None
    assert two is not None
    assert one["step"] == two["step"]
    for part in ("net", "averaged", "discriminator"):
        for name, tensor in one[part].items():
            if name.endswith("qkv.bias"):  # the keys' bias has no effect: Adam amplifies its rounding errors
                continue
            torch.testing.assert_close(tensor, two[part][name], atol=2e-5, rtol=1e-3, msg=f"{part}.{name}")
    L = torch.randn(1, 1, 64, 64)
    outputs = [trained_network(PLAN, tmp_path / str(devices)).eval()(L) for devices in (1, 2)]
    torch.testing.assert_close(*outputs, atol=1e-4, rtol=1e-3)
