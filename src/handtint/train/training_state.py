"""Everything that changes during a run: networks, averaged weights and optimisers, as one state."""

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
from handtint.nets.hybrid import current_names
from handtint.nets.plain_vit import PlainViT
from handtint.train import checkpoint
from handtint.train.networks import discriminator, generator
from handtint.train.recalibrate_bn import has_folded_norms, recalibrate_bn
from handtint.train.recipe import Phase, Recipe
from handtint.train.resume import began_with
from handtint.train.steps import DISCRIMINATOR, GENERATOR, OptimizerStep
from handtint.train.weight_averaging import START, fill

BETAS = (0.9, 0.999)  # of Adam, in phases without a discriminator
State = dict[str, Any]


class TrainingState:
    """The generator, the running average of its weights, and the discriminator if there is one, each with an AdamW."""

    def __init__(self, recipe: Recipe, fabric: Fabric, data: str = "") -> None:
        """Build the networks from the recipe's seed and move them to the device. Raises OptionError, WeightsError.

        data: a digest of what is trained on, saved with the networks.
        """
        torch.manual_seed(recipe.seed)
        self._fabric, self._recipe, self._data = fabric, recipe, data
        net = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
        _freeze(net, recipe.frozen, recipe.frozen_blocks)
        self._plain = {GENERATOR: fabric.to_device(_channels_last(net))}
        optimizers = {GENERATOR: torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.weight_decay)}
        if any(phase.adversarial for phase in recipe.phases):
            critic = fabric.to_device(_channels_last(discriminator(recipe.discriminator)))
            self._plain[DISCRIMINATOR] = critic
            group = {"params": [p for p in critic.parameters() if p.requires_grad], "peak": recipe.discriminator_lr}
            optimizers[DISCRIMINATOR] = torch.optim.AdamW([group], lr=recipe.discriminator_lr, weight_decay=0.0)
        average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self._plain[GENERATOR], multi_avg_fn=average, use_buffers=True)
        self._optimizers = optimizers
        self.nets: dict[str, nn.Module] = {}
        self._stepping: dict[str, Any] = {}
        for name, plain in self._plain.items():
            self.nets[name], self._stepping[name] = fabric.setup(plain, optimizers[name])

    def begin(self, phase: Phase, before: Phase | None) -> None:
        """Enter a phase; when a discriminator comes or goes, the generator's optimiser starts anew with other betas."""
        if before is not None and before.adversarial == phase.adversarial:
            return
        self._optimizers[GENERATOR].state.clear()
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["betas"] = self._recipe.betas if phase.adversarial or name == DISCRIMINATOR else BETAS

    def set_rates(self, phase: Phase, share: float) -> None:
        """Set the learning rates of a step: `share` of the peak rates, where the phase may have a peak of its own."""
        factor = phase.lr / self._recipe.lr if phase.lr else 1.0
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share * (factor if name == GENERATOR else 1.0)

    def apply(self, step: OptimizerStep) -> None:
        """One optimiser step of one network, down the loss that `step` names."""
        net, optimizer = self.nets[step.network], self._stepping[step.network]
        self._fabric.backward(step.losses[step.descend])
        if self._recipe.clip:
            self._fabric.clip_gradients(net, optimizer, max_norm=self._recipe.clip, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def average(self) -> None:
        """Update the running average of the generator's weights."""
        self.averaged.update_parameters(self._plain[GENERATOR])

    def dump(self, step: int) -> State:
        """What a checkpoint saves after a step: all that a run needs to continue, as tensors and plain values."""
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
        """Continue from a saved state; the step it was saved after. Raises InputError for one of other networks."""
        try:
            self._plain[GENERATOR].load_state_dict(current_names(state["net"]))
            self.averaged.load_state_dict(current_names(state["averaged"]))
            self._optimizers[GENERATOR].load_state_dict(state["optimizer"])
            if DISCRIMINATOR in self._plain:
                self._plain[DISCRIMINATOR].load_state_dict(state["discriminator"])
                self._optimizers[DISCRIMINATOR].load_state_dict(state["discriminator_optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise InputError(f"the checkpoint is of other networks: {str(error).splitlines()[0]}") from error
        return int(state["step"])

    def start_from(self, start: str, inputs: Iterable[tuple[Any, ...]], out: Path) -> None:
        """Start from the averaged generator of a finished run, or from exported weights.

        Norms that an export folded into convolutions get statistics again, measured on `inputs`, the arguments of some
        calls of the generator. Weights that are then not just those of `start` are saved in `out`, for `interpolation`.
        Raises InputError, WeightsError.
        """
        net = self._plain[GENERATOR]
        whole = fill(net, start)
        folded = has_folded_norms(net)
        if folded:
            recalibrate_bn(net, inputs)
        self.averaged.module.load_state_dict(net.state_dict())
        if (folded or not whole) and self._fabric.is_global_zero:
            checkpoint.save(out / START, {"averaged": self.averaged.state_dict()})


def _channels_last(net: nn.Module) -> nn.Module:
    """The layout in which convolutions are two to three times faster on CPUs."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _freeze(net: nn.Module, stages: int, blocks: int) -> None:
    """Freeze the first stages of the pyramid and blocks of the ViT, and the layers before them.

    Their norms keep their statistics, too. With all blocks, the whole ViT is frozen.
    """
    for module in net.modules():
        if isinstance(module, Pyramid) and stages:
            _freeze_parts(module.stem, *module.stages[:stages])
        elif isinstance(module, PlainViT) and blocks:
            _freeze_parts(*((module,) if blocks >= len(module.blocks) else (module.embed, *module.blocks[:blocks])))
            for placed in (module.whole, module.positions):
                placed.requires_grad_(False)


def _freeze_parts(*parts: nn.Module) -> None:
    for part in parts:
        part.requires_grad_(False).eval()


def _groups(net: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups by peak rate: pretrained backbones learn more slowly than new layers."""
    slow = {id(p) for m in net.modules() if isinstance(m, Pyramid | PlainViT) for p in m.parameters()}
    rate = recipe.backbone_lr if recipe.pretrained else recipe.lr
    learned = [p for p in net.parameters() if p.requires_grad]
    old, new = ([p for p in learned if (id(p) in slow) == wanted] for wanted in (True, False))
    groups = [{"params": old, "lr": rate, "peak": rate}, {"params": new, "lr": recipe.lr, "peak": recipe.lr}]
    return [group for group in groups if group["params"]]
