"""Photo -> Segmentation: VOC classes and foreground."""

from __future__ import annotations

import numpy as np

from handtint.image.view import network_view
from handtint.types import Array, Engine, Float, Segmentation


def segment(pixels: Array, engine: Engine, *, side: int, gain: float | None = None) -> Segmentation:
    """What stands where in a photo (H, W) or (H, W, 3)."""
    L, x = network_view(pixels, side, gain)
    h, w = L.shape
    classes, front, features = engine.run(x)
    return Segmentation(
        _softmax(classes[0, :, : h // 4, : w // 4]),
        _sigmoid(front[0, 0, : h // 2, : w // 2]),
        features[0, :, : h // 4, : w // 4],
    )


def _softmax(logits: Float) -> Float:
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def _sigmoid(logits: Float) -> Float:
    return np.float32(1) / (np.float32(1) + np.exp(-logits))
