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
from handtint.train.resume import checkpoint_identity
from handtint.train.steps import DISCRIMINATOR, GENERATOR, OptimizerStep
from handtint.train.weight_averaging import START, load_weights

BETAS = (0.9, 0.999)  # of Adam, in phases without a discriminator
State = dict[str, Any]


class TrainingState:
    """The generator, the running average of its weights, and the discriminator if there is one, each with an AdamW."""

    def __init__(self, recipe: Recipe, fabric: Fabric, data: str = "") -> None:
        """Build the networks from the recipe's seed and move them to the device. Raises OptionError, WeightsError.

        data: a digest of the training data, saved in checkpoints.
        """
        torch.manual_seed(recipe.seed)
        self._fabric, self._recipe, self._data = fabric, recipe, data
        net = generator(recipe.task, recipe.network).build(recipe.pretrained, recipe.published)
        _freeze(net, recipe.frozen, recipe.frozen_blocks)
        self._unwrapped = {GENERATOR: fabric.to_device(_channels_last(net))}
        optimizers = {GENERATOR: torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.weight_decay)}
        if any(phase.adversarial for phase in recipe.phases):
            critic = fabric.to_device(_channels_last(discriminator(recipe.discriminator)))
            self._unwrapped[DISCRIMINATOR] = critic
            group = {"params": [p for p in critic.parameters() if p.requires_grad], "peak": recipe.discriminator_lr}
            optimizers[DISCRIMINATOR] = torch.optim.AdamW([group], lr=recipe.discriminator_lr, weight_decay=0.0)
        average = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
        self.averaged = AveragedModel(self._unwrapped[GENERATOR], multi_avg_fn=average, use_buffers=True)
        self._optimizers = optimizers
        self.nets: dict[str, nn.Module] = {}
        self._wrapped_optimizers: dict[str, Any] = {}
        for name, module in self._unwrapped.items():
            self.nets[name], self._wrapped_optimizers[name] = fabric.setup(module, optimizers[name])
        if DISCRIMINATOR in self.nets:
            wrapper: Any = self.nets[DISCRIMINATOR]
            for method in ("features", "judge"):
                wrapper.mark_forward_method(method)

    def start_phase(self, phase: Phase, previous: Phase | None) -> None:
        """Start a phase; if adversarial training begins or ends, reset the generator's optimiser, with other betas."""
        if previous is not None and previous.adversarial == phase.adversarial:
            return
        self._optimizers[GENERATOR].state.clear()
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["betas"] = self._recipe.betas if phase.adversarial or name == DISCRIMINATOR else BETAS

    def set_learning_rates(self, phase: Phase, factor: float) -> None:
        """Set the learning rates to `factor` times their peaks; a phase may have its own peak for the generator."""
        phase_factor = phase.lr / self._recipe.lr if phase.lr else 1.0
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * factor * (phase_factor if name == GENERATOR else 1.0)

    def apply(self, step: OptimizerStep) -> None:
        """One optimiser step of one network, by the gradient of the loss that `step` names."""
        net, optimizer = self.nets[step.network], self._wrapped_optimizers[step.network]
        self._fabric.backward(step.losses[step.descend])
        if self._recipe.clip:
            self._fabric.clip_gradients(net, optimizer, max_norm=self._recipe.clip, error_if_nonfinite=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def average(self) -> None:
        """Update the running average of the generator's weights."""
        self.averaged.update_parameters(self._unwrapped[GENERATOR])

    def dump(self, step: int) -> State:
        """The content of a checkpoint after a step: all that a run needs to continue, as tensors and plain values."""
        state = {
            "step": step,
            **checkpoint_identity(self._recipe, self._data),
            "net": self._unwrapped[GENERATOR].state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self._optimizers[GENERATOR].state_dict(),
        }
        if DISCRIMINATOR in self._unwrapped:
            state["discriminator"] = self._unwrapped[DISCRIMINATOR].state_dict()
            state["discriminator_optimizer"] = self._optimizers[DISCRIMINATOR].state_dict()
        return state

    def restore(self, state: State) -> int:
        """Load the state of a checkpoint, and return its step. Raises InputError for one of other networks."""
        try:
            self._unwrapped[GENERATOR].load_state_dict(current_names(state["net"]))
            self.averaged.load_state_dict(current_names(state["averaged"]))
            self._optimizers[GENERATOR].load_state_dict(state["optimizer"])
            if DISCRIMINATOR in self._unwrapped:
                self._unwrapped[DISCRIMINATOR].load_state_dict(state["discriminator"])
                self._optimizers[DISCRIMINATOR].load_state_dict(state["discriminator_optimizer"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise InputError(f"the checkpoint is of other networks: {str(error).splitlines()[0]}") from error
        return int(state["step"])

    def start_from(self, start: str, inputs: Iterable[tuple[Any, ...]], out: Path) -> None:
        """Start from the averaged generator of a finished run, or from exported weights.

        The statistics of norms that an export folded into convolutions are measured again on `inputs`, the arguments of
        some calls of the generator. If the weights then differ from those of `start`, they are saved in `out`, for
        `interpolation`. Raises InputError, WeightsError.
        """
        net = self._unwrapped[GENERATOR]
        complete = load_weights(net, start)
        folded = has_folded_norms(net)
        if folded:
            recalibrate_bn(net, inputs)
        self.averaged.module.load_state_dict(net.state_dict())
        if (folded or not complete) and self._fabric.is_global_zero:
            checkpoint.save(out / START, {"averaged": self.averaged.state_dict()})


def _channels_last(net: nn.Module) -> nn.Module:
    """The network with channels last, in which convolutions are two to three times faster on CPUs."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _freeze(net: nn.Module, stages: int, blocks: int) -> None:
    """Freeze the first stages of the pyramid, the first blocks of the ViT, and the layers before both.

    Their norms keep their statistics, too. If all blocks are frozen, the whole ViT is.
    """
    for module in net.modules():
        if isinstance(module, Pyramid) and stages:
            _freeze_parts(module.stem, *module.stages[:stages])
        elif isinstance(module, PlainViT) and blocks:
            _freeze_parts(*((module,) if blocks >= len(module.blocks) else (module.embed, *module.blocks[:blocks])))
            for parameter in (module.whole, module.positions):
                parameter.requires_grad_(False)


def _freeze_parts(*parts: nn.Module) -> None:
    for part in parts:
        part.requires_grad_(False).eval()


def _groups(net: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameter groups with their peak learning rates: pretrained backbones learn more slowly than new layers."""
    pretrained_ids = {id(p) for m in net.modules() if isinstance(m, Pyramid | PlainViT) for p in m.parameters()}
    backbone_lr = recipe.backbone_lr if recipe.pretrained else recipe.lr
    trainable = [p for p in net.parameters() if p.requires_grad]
    old, new = ([p for p in trainable if (id(p) in pretrained_ids) == pretrained] for pretrained in (True, False))
    groups = [{"params": params, "lr": lr, "peak": lr} for params, lr in ((old, backbone_lr), (new, recipe.lr))]
    return [group for group in groups if group["params"]]
