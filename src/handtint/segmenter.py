"""Segmentation: a photo -> VOC classes and foreground, by networks of several kinds."""

from __future__ import annotations

import cv2
import numpy as np

from handtint.errors import WeightsError
from handtint.image.arrays import resize
from handtint.image.color.view import color_view, network_view, normalized
from handtint.model import Kind
from handtint.types import Array, Engine, Float, Segmentation


def segment(
    pixels: Array, engine: Engine, *, side: int, gain: float | None = None, kind: Kind = "full"
) -> Segmentation:
    """The segmentation of a photo (H, W) or (H, W, 3). side: the input has about side * side pixels.

    kind: the network's input -> its outputs:
    "full"   (1, 1, h, w) lightness -> logits of classes and of the foreground, features
    "color"  (1, 3, h, w) normalised as for ImageNet -> the same three
    "alpha"  (1, 3, s, s) normalised as for ImageNet -> the foreground's alpha, (1, 1, s, s)
    "isnet"  the same, with (1, 3, s, s) in -0.5..0.5 (Qin et al. 2022, IS-Net)
    "plain"  (1, 3, h, w) in 0..1 -> the foreground's alpha
    Raises WeightsError if the outputs are different.
    """
    if kind == "full":
        L, x = network_view(pixels, side, gain)
        return _full(engine.run(x), L.shape, x.shape[2:])
    size = resize.fit(pixels.shape[:2], side)
    if kind in ("alpha", "isnet"):
        size = getattr(engine, "sides", None) or (side, side)  # the size that the file fixes, or the usual square
    L, rgb = color_view(pixels, size, gain)
    outputs = engine.run(_to_training_range(rgb, kind))
    if kind == "color":
        return _full(outputs, size, size)
    foreground = _alpha(outputs[0])
    return Segmentation(None, foreground, _plain_features(L, foreground))


def _to_training_range(rgb: Float, kind: Kind) -> Float:
    """Input (1, 3, h, w) in 0..1, converted to the range that this kind of network was trained on."""
    if kind == "plain":
        return rgb
    return rgb - np.float32(0.5) if kind == "isnet" else normalized(rgb)


def _full(outputs: tuple[Float, ...], size: tuple[int, ...], padded: tuple[int, ...]) -> Segmentation:
    """A Segmentation from a network's three outputs, with the padding cut off."""
    classes, foreground, features = (_cropped(plane[0], size, padded) for plane in outputs)
    return Segmentation(_softmax(classes), _sigmoid(foreground[0]), features)


def _cropped(planes: Float, size: tuple[int, ...], padded: tuple[int, ...]) -> Float:
    h, w = (
        max(1, n * unpadded // padded_side)
        for n, unpadded, padded_side in zip(planes.shape[1:], size, padded, strict=True)
    )
    return planes[:, :h, :w]


def _alpha(plane: Float) -> Float:
    """The first output of a foreground network, (h, w), 0..1; logits are converted to probabilities."""
    if plane.ndim < 2 or plane.size != plane.shape[-2] * plane.shape[-1] or plane.shape[-2] < 2:
        raise WeightsError(f"the mask network's output is {plane.shape}, expected one plane of alpha")
    plane = plane.reshape(plane.shape[-2:])
    if plane.min() < -0.05 or plane.max() > 1.05:
        plane = _sigmoid(plane)
    return np.clip(plane, 0, 1).astype(np.float32)


def _plain_features(L: Float, foreground: Float) -> Float:
    """Features (5, h/4, w/4) for networks without any: lightness at three scales, its gradient, and the foreground."""
    size = max(1, L.shape[0] // 4), max(1, L.shape[1] // 4)
    small = resize.shrink(L, size) / np.float32(100)
    blurred = [cv2.GaussianBlur(small, (0, 0), sigma) for sigma in (1.5, 4)]
    gradient = np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1))
    return np.stack([small, *blurred, cv2.GaussianBlur(gradient, (0, 0), 1.5), resize.shrink(foreground, size)])


def _softmax(logits: Float) -> Float:
    exponentials = np.exp(logits - logits.max(axis=0))
    return exponentials / exponentials.sum(axis=0)


def _sigmoid(logits: Float) -> Float:
    return np.float32(1) / (np.float32(1) + np.exp(-np.clip(logits, -60, 60)))
