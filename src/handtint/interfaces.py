"""The inputs and outputs of third-party colour networks, so that they can be used in place of handtint's own.

Sources: Kang et al. 2023 (DDColor), Zhang et al. 2017 and 2016 ("siggraph17", "eccv16"), DeOldify (Antic 2018) and
other networks with RGB outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from handtint.errors import WeightsError
from handtint.image.arrays import resize
from handtint.image.color import lab, srgb, tone
from handtint.image.color.view import normalized
from handtint.types import Array, Engine, Float

MAX_LEVEL = np.float32(255)
MAX_OUTPUT = 1.5  # a larger output is neither a*b* / 110 nor RGB in 0..1


@dataclass(frozen=True, slots=True)
class Interface:
    """The input and output of a kind of network.

    network: its name. side: of its square input, if the file does not fix it. channels, planes: of its input and
    output. to_input: L* (h, w) -> its input (1, channels, h, w). to_ab: its output (planes, h, w) -> a*b* (h, w, 2) in
    Lab units; raises ValueError for an output out of range.
    """

    network: str
    side: int
    channels: int
    planes: int
    to_input: Callable[[Float], Float]
    to_ab: Callable[[Float], Float]


def predict(
    pixels: Array, engine: Engine, kind: str, *, gain: float | None = None, side: int = 0
) -> tuple[Float, Float]:
    """Run a network of this kind on a photo (H, W) or (H, W, 3). Returns (L* (h, w), the predicted a*b* (h, w, 2)).

    gain: a factor, or None for the automatic one. side: of the input, if given; else that of the file or the kind.
    Raises WeightsError if the output is not that of this kind.
    """
    interface = INTERFACES[kind]
    h, w = getattr(engine, "sides", None) or (side or interface.side,) * 2
    L = lab.lightness(resize.shrink(pixels, (h, w)))
    output = engine.run(interface.to_input(tone.apply(L, gain)))[0]
    if output.ndim != 4 or output.shape[:2] != (1, interface.planes):
        expected = f"expected (1, {interface.planes}, h, w) of {interface.network}"
        raise WeightsError(f"the colour network's output is {output.shape}, {expected}")
    try:
        ab = interface.to_ab(output[0].astype(np.float32, copy=False))
    except ValueError as error:
        raise WeightsError(
            f"the colour network's output has values up to {np.abs(output).max():.0f}: {error}"
        ) from error
    if ab.shape[:2] != (h, w):
        ab = cv2.resize(np.ascontiguousarray(ab), (w, h), interpolation=cv2.INTER_LINEAR)
    return L, np.ascontiguousarray(ab)


def _gray(L: Float) -> Float:
    """L* (h, w) as the gray picture of that lightness, (1, 3, h, w) sRGB in 0..1, not rounded to 8 bits."""
    level = srgb.encode_srgb(lab.to_linear(L, np.zeros_like(L), np.zeros_like(L))[1])
    return np.ascontiguousarray(np.broadcast_to(level, (1, 3, *level.shape)), np.float32)


def _centered(L: Float) -> Float:
    return ((L - np.float32(50)) / np.float32(100))[None, None]


def _unscaled_ab(planes: Float) -> Float:
    return np.moveaxis(planes, 0, -1)


def _scaled_ab(planes: Float) -> Float:
    if np.abs(planes).max(initial=0) > MAX_OUTPUT:
        raise ValueError("in Lab units already; the file seems to take L* itself: name it with `lab:`")
    return np.moveaxis(planes, 0, -1) * np.float32(lab.AB_SCALE)


def _rgb_to_ab(rgb: Float) -> Float:
    """The chroma of sRGB (3, h, w) in 0..1."""
    return lab.split(np.clip(np.moveaxis(rgb, 0, -1), 0, 1))[1]


def _ab_of_unit_rgb(planes: Float) -> Float:
    if np.abs(planes).max(initial=0) > 2 * MAX_OUTPUT:
        raise ValueError("not RGB in 0..1; for 0..255 name the file with `rgb255:`")
    return _rgb_to_ab(planes)


def _ab_of_8_bit_rgb(planes: Float) -> Float:
    return _rgb_to_ab(planes / MAX_LEVEL)


def _ab_of_normalized_rgb(planes: Float) -> Float:
    black, white = (normalized(np.full((1, 3, 1, 1), level, np.float32))[0] for level in (0, 1))
    return _rgb_to_ab((planes - black) / (white - black))


INTERFACES: Mapping[str, Interface] = {
    "ddcolor": Interface("DDColor", 512, 3, 2, _gray, _unscaled_ab),
    "siggraph17": Interface("Zhang et al. 2017", 256, 1, 2, _centered, _scaled_ab),
    "eccv16": Interface("Zhang et al. 2016", 256, 1, 2, _centered, _scaled_ab),
    "lab": Interface("a network from L* to a*b*", 256, 1, 2, lambda L: L[None, None], _unscaled_ab),
    "rgb": Interface("a network of RGB in 0..1", 256, 3, 3, _gray, _ab_of_unit_rgb),
    "rgb255": Interface("a network of RGB in 0..255", 256, 3, 3, lambda L: _gray(L) * MAX_LEVEL, _ab_of_8_bit_rgb),
    "rgbnorm": Interface(
        "a network of RGB normalised as for ImageNet", 256, 3, 3, lambda L: normalized(_gray(L)), _ab_of_normalized_rgb
    ),
}
