"""The inputs and outputs of third-party colour networks, so that they can be used in place of handtint's own.

Sources: Kang et al. 2023 (DDColor), Zhang et al. 2017 and 2016 ("siggraph17", "eccv16"), DeOldify (Antic 2018) and
other networks that answer RGB.
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

WHOLE = np.float32(255)
MOST = 1.5  # beyond this, an answer is no longer a*b* / 110, nor RGB in 0..1


@dataclass(frozen=True, slots=True)
class Interface:
    """The input and output of a kind of network.

    network: its name. side: of its square input, if the file leaves that open. channels, planes: of its input and its
    output. give: L* (h, w) -> its input (1, channels, h, w). take: its output (planes, h, w) -> a*b* (h, w, 2) in Lab
    units; raises ValueError if that is out of range.
    """

    network: str
    side: int
    channels: int
    planes: int
    give: Callable[[Float], Float]
    take: Callable[[Float], Float]


def ask(pixels: Array, engine: Engine, kind: str, *, gain: float | None = None, side: int = 0) -> tuple[Float, Float]:
    """Run a network of this kind on a photo (H, W) or (H, W, 3). Returns (L* (h, w), the predicted a*b* (h, w, 2)).

    gain: a factor, or None for the automatic one. side: of the input, if given; else that of the file or the kind.
    Raises WeightsError if the output is not that of this kind.
    """
    interface = INTERFACES[kind]
    h, w = getattr(engine, "sides", None) or (side or interface.side,) * 2
    L = lab.lightness(resize.shrink(pixels, (h, w)))
    answer = engine.run(interface.give(tone.apply(L, gain)))[0]
    if answer.ndim != 4 or answer.shape[:2] != (1, interface.planes):
        expected = f"expected (1, {interface.planes}, h, w) of {interface.network}"
        raise WeightsError(f"the colour network's output is {answer.shape}, {expected}")
    try:
        ab = interface.take(answer[0].astype(np.float32, copy=False))
    except ValueError as error:
        raise WeightsError(
            f"the colour network's output has values up to {np.abs(answer).max():.0f}: {error}"
        ) from error
    if ab.shape[:2] != (h, w):
        ab = cv2.resize(np.ascontiguousarray(ab), (w, h), interpolation=cv2.INTER_LINEAR)
    return L, np.ascontiguousarray(ab)


def _gray(L: Float) -> Float:
    """L* (h, w) as the gray picture of that lightness, (1, 3, h, w) sRGB in 0..1, not rounded to 8 bits."""
    level = srgb.encode_srgb(lab.to_linear(L, np.zeros_like(L), np.zeros_like(L))[1])
    return np.ascontiguousarray(np.broadcast_to(level, (1, 3, *level.shape)), np.float32)


def _centred(L: Float) -> Float:
    return ((L - np.float32(50)) / np.float32(100))[None, None]


def _plain(planes: Float) -> Float:
    return np.moveaxis(planes, 0, -1)


def _scaled(planes: Float) -> Float:
    if np.abs(planes).max(initial=0) > MOST:
        raise ValueError("in Lab units already; the file seems to take L* itself: name it with `lab:`")
    return np.moveaxis(planes, 0, -1) * np.float32(lab.AB_SCALE)


def _chroma(rgb: Float) -> Float:
    """The chroma of sRGB (3, h, w) in 0..1."""
    return lab.split(np.clip(np.moveaxis(rgb, 0, -1), 0, 1))[1]


def _of_one(planes: Float) -> Float:
    if np.abs(planes).max(initial=0) > 2 * MOST:
        raise ValueError("not RGB in 0..1; for 0..255 name the file with `rgb255:`")
    return _chroma(planes)


def _of_255(planes: Float) -> Float:
    return _chroma(planes / WHOLE)


def _of_normalized(planes: Float) -> Float:
    zero, one = (normalized(np.full((1, 3, 1, 1), level, np.float32))[0] for level in (0, 1))
    return _chroma((planes - zero) / (one - zero))


INTERFACES: Mapping[str, Interface] = {
    "ddcolor": Interface("DDColor", 512, 3, 2, _gray, _plain),
    "siggraph17": Interface("Zhang et al. 2017", 256, 1, 2, _centred, _scaled),
    "eccv16": Interface("Zhang et al. 2016", 256, 1, 2, _centred, _scaled),
    "lab": Interface("a network from L* to a*b*", 256, 1, 2, lambda L: L[None, None], _plain),
    "rgb": Interface("a network of RGB in 0..1", 256, 3, 3, _gray, _of_one),
    "rgb255": Interface("a network of RGB in 0..255", 256, 3, 3, lambda L: _gray(L) * WHOLE, _of_255),
    "rgbnorm": Interface(
        "a network of RGB normalised as for ImageNet", 256, 3, 3, lambda L: normalized(_gray(L)), _of_normalized
    ),
}
