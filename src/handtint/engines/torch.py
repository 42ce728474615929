"""Networks run by PyTorch on the CPU, for those that are not available as ONNX."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from handtint.errors import WeightsError
from handtint.types import Float


class TorchEngine:
    """A torch network with one input (n, c, h, w) float32 and a tuple of outputs."""

    def __init__(self, net: nn.Module, *, threads: int = 0) -> None:
        """threads: 0 for torch's default, one per core."""
        self._net = net.eval()
        if threads:
            torch.set_num_threads(threads)

    def run(self, x: Float) -> tuple[Float, ...]:
        """(n, c, h, w) float32 -> the network's outputs, float32."""
        with torch.inference_mode():
            outputs = self._net(torch.from_numpy(np.ascontiguousarray(x, np.float32)))
        return tuple(output.numpy() for output in outputs)


def deeplab_engine(*, threads: int = 0) -> TorchEngine:
    """torchvision's DeepLabv3 with its published weights. Raises WeightsError if they are not available."""
    from handtint.nets.deeplab import deeplab

    try:
        return TorchEngine(deeplab(pretrained=True), threads=threads)
    except (OSError, RuntimeError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"deeplabv3-resnet101: its weights cannot be downloaded or loaded: {first}") from error
