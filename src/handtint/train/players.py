"""The networks of a run with their optimisers: set up, moved turn by turn, saved and restored as one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from handtint.errors import InputError
from handtint.nets.backbone import Pyramid
from handtint.nets.plain_vit import PlainViT
from handtint.train import checkpoint
from handtint.train.kept import BEGAN, fill
from handtint.train.networks import discriminator, generator
from handtint.train.recipe import Phase, Recipe
from handtint.train.resume import began_with
from handtint.train.settle import folded, settle
from handtint.train.steps import DISCRIMINATOR, GENERATOR, Turn

ALONE = (0.9, 0.999)  # betas of Adam where no discriminator plays
State = dict[str, Any]


class Players:
    """Generator, its running average, and discriminator if the recipe has one; each with an AdamW of its own."""

    def __init__(self, recipe: Recipe, fabric: Fabric, data: str = "") -> None:
        """Make the networks from the recipe's seed and hand them to the devices. Raises OptionError, WeightsError.

        data: a digest of what is trained on, saved with the networks.
        """
        torch.manual_seed(recipe.seed)
        self._fabric, self._recipe, self._data = fabric, recipe, data
        made = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
        _freeze(made, recipe.frozen, recipe.frozen_blocks)
        self._plain = {GENERATOR: fabric.to_device(_channels_last(made))}
        optimizers = {GENERATOR: torch.optim.AdamW(_groups(made, recipe), weight_decay=recipe.weight_decay)}
        if any(phase.adversarial for phase in recipe.phases):
            judge = fabric.to_device(_channels_last(discriminator(recipe.discriminator)))
            self._plain[DISCRIMINATOR] = judge
            group = {"params": list(judge.parameters()), "peak": recipe.discriminator_rate}
            optimizers[DISCRIMINATOR] = torch.optim.AdamW([group], lr=recipe.discriminator_rate, weight_decay=0.0)
        average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self._plain[GENERATOR], multi_avg_fn=average, use_buffers=True)
        self._optimizers = optimizers
        self.nets: dict[str, nn.Module] = {}
        self._stepping: dict[str, Any] = {}
        for name, net in self._plain.items():
            self.nets[name], self._stepping[name] = fabric.setup(net, optimizers[name])

    def begin(self, phase: Phase, before: Phase | None) -> None:
        """Enter a phase; where the game changes, the generator's optimiser starts anew with the betas of that game."""
        if before is not None and before.adversarial == phase.adversarial:
            return
        self._optimizers[GENERATOR].state.clear()
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["betas"] = self._recipe.betas if phase.adversarial or name == DISCRIMINATOR else ALONE

    def set_rates(self, phase: Phase, share: float) -> None:
        """The learning rates of a step: `share` of the peaks, the generator's as the phase has them."""
        ours = phase.rate / self._recipe.rate if phase.rate else 1.0
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share * (ours if name == GENERATOR else 1.0)

    def move(self, turn: Turn) -> None:
        """One step of one network, down the loss that the turn names."""
        net, optimizer = self.nets[turn.player], self._stepping[turn.player]
        self._fabric.backward(turn.losses[turn.descend])
        if self._recipe.clip:
            self._fabric.clip_gradients(net, optimizer, max_norm=self._recipe.clip, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def average(self) -> None:
        """Let the running average follow the generator."""
        self.averaged.update_parameters(self._plain[GENERATOR])

    def state(self, step: int) -> State:
        """All that a run needs to go on from a step, as tensors and plain values."""
        state = {
            "step": step,
            **began_with(self._recipe, self._data),
            "net": self._plain[GENERATOR].state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizers[GENERATOR].state_dict(),
        }
        if DISCRIMINATOR in self._plain:
            state["discriminator"] = self._plain[DISCRIMINATOR].state_dict()
            state["discriminator_optimizer"] = self._optimizers[DISCRIMINATOR].state_dict()
        return state

    def restore(self, state: State) -> int:
        """Go back to a saved state; the step it was saved after. Raises InputError where it is of other networks."""
        try:
            self._plain[GENERATOR].load_state_dict(state["net"])
            self.averaged.load_state_dict(state["averaged"])
            self._optimizers[GENERATOR].load_state_dict(state["optimizer"])
            if DISCRIMINATOR in self._plain:
                self._plain[DISCRIMINATOR].load_state_dict(state["discriminator"])
                self._optimizers[DISCRIMINATOR].load_state_dict(state["discriminator_optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise InputError(f"the checkpoint is of other networks: {str(error).splitlines()[0]}") from error
        return int(state["step"])

    def start_from(self, start: str, given: Iterable[tuple[Any, ...]], out: Path) -> None:
        """Begin with the averaged generator of a finished run, or with exported weights.

        Norms that were folded, of a file or of stages that a run from a file left frozen, come to know what they see.
        What the run begins with is kept in `out` where it is not what `start` says. given: the arguments of some calls
        of the generator.
        Raises InputError, WeightsError.
        """
        net = self._plain[GENERATOR]
        whole = fill(net, start)
        unsettled = folded(net)
        if unsettled:
            settle(net, given)
        self.averaged.module.load_state_dict(net.state_dict())
        if (unsettled or not whole) and self._fabric.is_global_zero:
            checkpoint.save(out / BEGAN, {"averaged": self.averaged.state_dict()})


def _channels_last(net: nn.Module) -> nn.Module:
    """The layout in which convolutions are two to three times faster on CPUs."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _freeze(net: nn.Module, stages: int, blocks: int) -> None:
    """Keep the first stages of the pyramid and blocks of the ViT as they are, and what comes before them.

    Norms' statistics, too. With all blocks, the ViT is kept as a whole.
    """
    for module in net.modules():
        if isinstance(module, Pyramid) and stages:
            _keep(module.stem, *module.stages[:stages])
        elif isinstance(module, PlainViT) and blocks:
            _keep(*((module,) if blocks >= len(module.blocks) else (module.embed, *module.blocks[:blocks])))
            for placed in (module.whole, module.positions):
                placed.requires_grad_(False)


def _keep(*parts: nn.Module) -> None:
    for part in parts:
        part.requires_grad_(False).eval()


def _groups(net: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameters by their peak rates: those of pretrained backbones learn slower than what is new."""
    slow = {id(p) for m in net.modules() if isinstance(m, Pyramid | PlainViT) for p in m.parameters()}
    rate = recipe.backbone_rate if recipe.pretrained else recipe.rate
    learned = [p for p in net.parameters() if p.requires_grad]
    old, new = ([p for p in learned if (id(p) in slow) == wanted] for wanted in (True, False))
    groups = [{"params": old, "lr": rate, "peak": rate}, {"params": new, "lr": recipe.rate, "peak": recipe.rate}]
    return [group for group in groups if group["params"]]
