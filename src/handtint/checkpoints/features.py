"""Pooled features of pictures, for the Frechet distance."""

from __future__ import annotations

import numpy as np
import torch

from handtint.checkpoints.published import load_pyramid
from handtint.nets.backbone import Pyramid
from handtint.types import Array

NAME = "EfficientNet-Lite0, ImageNet, last stage pooled to 320 values (not the Inception FID)"


class Features:
    """A picture to the output of EfficientNet-Lite0's last stage, averaged over the picture's area."""

    name = NAME

    def __init__(self) -> None:
        """Load the network, and limit torch to one thread: more would be slower on single pictures.

        Raises WeightsError without the package that contains its weights.
        """
        torch.set_num_threads(1)
        self._net = load_pyramid(Pyramid()).eval()

    def __call__(self, rgb: Array) -> Array:
        """RGB (H, W, 3) uint8, sides multiples of 32 -> (320,) float32."""
        x = torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None].float()
        with torch.inference_mode():
            last = self._net((x - 127) / 128)[-1]  # (1, 320, H / 32, W / 32)
        return last.mean(dim=(0, 2, 3)).numpy()
