"""The mask that `keep` selects: each term becomes an alpha, and the alphas are added and subtracted.

The sum of terms is the largest of their alphas times their strengths; a - b is a * (1 - b). Neighbouring terms of one
sign and strength are one layer, which is computed at network size and refined once.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from handtint import keep
from handtint.image.color import hues
from handtint.image.masks import masks, matting
from handtint.image.masks.term_alphas import TermAlphas, detected_classes, share
from handtint.image.photo import Photo
from handtint.keep import Everything, Hue, MaskFile, Step, Term
from handtint.types import Alpha, Float, Pixels, Segmentation

MIN_SHARE = 0.001  # of the photo: a smaller mask counts as empty


@dataclass(frozen=True, slots=True)
class Selection:
    """The mask of what keeps its colour. alpha: (H, W) uint8. note: what the user should know about it, or ""."""

    alpha: Alpha
    note: str = ""


@dataclass(frozen=True, slots=True)
class SoftLayers:
    """The alphas of the terms that need a segmentation, at network size, before they are refined.

    layers: an alpha (h, w) float32, 0..1, for each such layer. objects: the alpha of each term that names one object.
    note: as in Selection.
    """

    layers: tuple[Float, ...] = ()
    objects: Mapping[Term, Float] = field(default_factory=dict)
    note: str = ""


def soft_layers(
    steps: Sequence[Step], pixels: Pixels, segmentation: Segmentation, *, precomputed: Mapping[Term, Float]
) -> SoftLayers:
    """The layers of the steps that need a segmentation, at network size.

    precomputed: alphas of terms, (h, w) float32 0..1, which are not computed again. Raises what `select` raises.
    """
    return _Selector(steps, pixels, segmentation, False, precomputed=precomputed).soft_layers()


def select(
    steps: Sequence[Step],
    pixels: Pixels,
    segmentation: Segmentation | None,
    *,
    matted: bool = False,
    layers: Sequence[Float] | None = None,
) -> Selection:
    """The mask that the steps of `keep` select, at the size of the photo's pixels (H, W) or (H, W, 3).

    segmentation: of the photo; may be None if `keep.needs_segmentation(steps)` is False.
    matted: refine edges by closed-form matting in addition to the guided filter. layers: those of `soft_layers`, if
    they are already computed.
    Raises InputError for a point outside of the photo and for an unreadable mask file; OptionError for classes if the
    network predicts none, and if matting is not installed.
    """
    return _Selector(steps, pixels, segmentation, matted, layers=layers).selection()


class _Selector:
    """The steps of one `keep` on one photo."""

    def __init__(
        self,
        steps: Sequence[Step],
        pixels: Pixels,
        segmentation: Segmentation | None,
        matted: bool,
        *,
        layers: Sequence[Float] | None = None,
        precomputed: Mapping[Term, Float] | None = None,
    ) -> None:
        self._steps, self._pixels, self._segmentation, self._matted = steps, pixels, segmentation, matted
        self._given_layers = None if layers is None else iter(layers)
        self._size = pixels.shape[0], pixels.shape[1]
        self._alphas = TermAlphas(steps, pixels, segmentation, precomputed)
        self._notes = self._alphas.notes
        self._subtracts = any(step.subtract for step in steps)
        self._has_kept = False  # whether any added layer is not empty, in a selection that also subtracts

    def selection(self) -> Selection:
        """The mask, with its note."""
        alpha = functools.reduce(_fold, self._layers(), None)
        if alpha is None:
            raise ValueError("no steps")
        if not self._kept(alpha):
            self._notes[:] = [self._nothing()]
        return Selection(alpha, "; ".join(dict.fromkeys(self._notes)))

    def soft_layers(self) -> SoftLayers:
        """The layers that need a segmentation, at network size."""
        runs = [([s.term for s in run], subtract) for (subtract, _, soft), run in self._runs() if soft]
        layers = tuple(self._alphas.layer(terms, subtract) for terms, subtract in runs)
        single_objects = [(term, subtract) for terms, subtract in runs for term in terms if keep.names_one(term)]
        objects = {term: self._alphas.alpha(term, subtract) for term, subtract in single_objects}
        return SoftLayers(layers, objects, "; ".join(dict.fromkeys(self._notes)))

    def _runs(self) -> Iterator[tuple[tuple[bool, float, bool], Iterator[Step]]]:
        """((subtract, strength, needs a segmentation), steps) for each run of steps that form one layer."""
        return itertools.groupby(self._steps, key=_layer_key)

    def _layers(self) -> Iterator[tuple[Alpha, float, bool]]:
        """(alpha (H, W), strength, whether it is subtracted) of each layer, in order."""
        for (subtract, strength, soft), run in self._runs():
            terms = [step.term for step in run]
            layers = [self._refined(terms, subtract)] if soft else [self._full_size_alpha(term) for term in terms]
            for layer in layers:
                if self._subtracts and not subtract:
                    self._has_kept |= share(layer > 127) >= MIN_SHARE
                yield layer, strength, subtract

    def _kept(self, alpha: Alpha) -> bool:
        strongest = max(step.strength for step in self._steps if not step.subtract)
        return strongest == 0 or int(np.count_nonzero(alpha > int(127 * strongest))) >= MIN_SHARE * alpha.size

    def _nothing(self) -> str:
        names = " or ".join(str(step.term) for step in self._steps if not step.subtract)
        if self._has_kept:
            return f"nothing is left of {names}"
        return f"no {names} found{_detected_classes_note(self._segmentation)}"

    def _full_size_alpha(self, term: Term) -> Alpha:
        """The alpha (H, W) of a term that needs no segmentation."""
        if isinstance(term, MaskFile):
            mask = Photo.read(term.path)
            return masks.from_pixels(mask.pixels, mask.alpha, self._size)
        if isinstance(term, Hue):
            if self._pixels.ndim == 2:
                self._notes.append("the photo has no colours of its own")
            return hues.hue_mask(self._pixels, term.low, term.high)
        return np.full(self._size, 255, np.uint8)

    def _refined(self, terms: list[Term], subtract: bool) -> Alpha:
        """The alpha (H, W) of terms that need a segmentation, refined together."""
        soft = self._alphas.layer(terms, subtract) if self._given_layers is None else next(self._given_layers)
        alpha = masks.refine(soft, self._pixels)
        return matting.matte(alpha, self._pixels) if self._matted else alpha


def _layer_key(step: Step) -> tuple[bool, float, bool]:
    return step.subtract, step.strength, not isinstance(step.term, Everything | Hue | MaskFile)


def _fold(alpha: Alpha | None, step: tuple[Alpha, float, bool]) -> Alpha:
    """Alpha with a layer added or subtracted at a strength."""
    layer, strength, subtract = step
    if strength < 1:
        layer = cv2.LUT(layer, np.round(np.arange(256) * strength).astype(np.uint8))
    if alpha is None:
        return layer
    if subtract:
        return cv2.multiply(alpha, cv2.bitwise_not(layer), scale=1 / 255)
    return np.maximum(alpha, layer)


def _detected_classes_note(segmentation: Segmentation | None) -> str:
    """The detected classes, for the note about one that was not detected."""
    names = detected_classes(segmentation)
    return f" (seen: {', '.join(names)})" if names else ""
