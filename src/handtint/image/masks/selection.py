"""The mask that `keep` asks for: each term becomes an alpha, and the alphas are added and subtracted.

Terms joined with + give the larger of their alphas times their strengths; a - b is a * (1 - b). Terms of one sign and
strength that stand together are one layer, made at network size and refined once.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from handtint import keep
from handtint.errors import InputError, OptionError
from handtint.image.color import hues
from handtint.image.masks import instances, likeliest, masks, matting, points
from handtint.image.photo import Photo
from handtint.keep import Box, Class, Everything, Hue, MaskFile, Point, Step, Term
from handtint.types import VOC, Alpha, Float, Pixels, Segmentation

NOTHING = 0.001  # a mask that keeps less than this share of the photo keeps nothing
FAINT = 0.004  # a subject of less than this share of the photo is none: other cues are tried
OBJECTS = 0.02  # where there is no subject, objects of less than this share of the photo are none to speak of
SURE = 0.9  # alpha: a subject with few pixels above it is a guess, and the note says so:
CLEAR = 0.15  # less than this share of its pixels
SEEN = 0.01  # a class with less than this share of the photo is not listed in notes


@dataclass(frozen=True, slots=True)
class Selection:
    """The mask of what is kept. alpha: (H, W) uint8. note: how it was arrived at, where a person should know, or ""."""

    alpha: Alpha
    note: str = ""


@dataclass(frozen=True, slots=True)
class SoftLayers:
    """The alphas of the terms that need a segmentation, at network size, before they are refined.

    layers: an alpha (h, w) float32 0..1 for each such layer, in order. things: the alphas of the terms that name one
    thing. note: as of a Selection.
    """

    layers: tuple[Float, ...] = ()
    things: Mapping[Term, Float] = field(default_factory=dict)
    note: str = ""


def soft_layers(
    steps: Sequence[Step], pixels: Pixels, segmentation: Segmentation, *, known: Mapping[Term, Float]
) -> SoftLayers:
    """The layers of the steps that need a segmentation, at network size.

    known: alphas of terms, (h, w) float32 0..1, that need not be computed. Raises as `select`.
    """
    return _Selector(steps, pixels, segmentation, False, known=known).soft_layers()


def select(
    steps: Sequence[Step],
    pixels: Pixels,
    segmentation: Segmentation | None,
    *,
    matted: bool = False,
    layers: Sequence[Float] | None = None,
) -> Selection:
    """The mask that steps ask for, at the size of the photo's pixels (H, W) or (H, W, 3).

    segmentation: of the photo; it may be None where `keep.needs_segmentation(steps)` is False.
    matted: edges by closed-form matting instead of the guided filter alone. layers: those of `soft_layers`, which then
    need not be computed.
    Raises InputError for a point outside of the photo and an unreadable mask file, OptionError for classes asked of
    a network that knows none and where matting is not installed.
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
        known: Mapping[Term, Float] | None = None,
    ) -> None:
        self._steps, self._pixels, self._segmentation, self._matted = steps, pixels, segmentation, matted
        self._given = None if layers is None else iter(layers)
        self._known = known or {}
        self._size = pixels.shape[0], pixels.shape[1]
        self._notes: list[str] = []
        self._regions: dict[points.Prompt, Float] = {}
        self._subtracts = any(step.subtract for step in steps)
        self._met = False  # whether anything was kept before something was subtracted

    @property
    def _network(self) -> Segmentation:
        if self._segmentation is None:
            raise ValueError("these terms need a Segmentation")
        return self._segmentation

    def selection(self) -> Selection:
        """The mask, with its note."""
        alpha = functools.reduce(_fold, self._layers(), None)
        if alpha is None:
            raise ValueError("no steps")
        if not self._kept(alpha):
            self._notes = [self._nothing()]
        return Selection(alpha, "; ".join(dict.fromkeys(self._notes)))

    def soft_layers(self) -> SoftLayers:
        """The layers that need a segmentation, at network size."""
        runs = [([s.term for s in run], subtract) for (subtract, _, soft), run in self._runs() if soft]
        layers = tuple(self._soft_layer(terms, subtract) for terms, subtract in runs)
        single = [(term, subtract) for terms, subtract in runs for term in terms if keep.names_one(term)]
        things = {term: self._soft(term, subtract) for term, subtract in single}
        return SoftLayers(layers, things, "; ".join(dict.fromkeys(self._notes)))

    def _runs(self) -> Iterator[tuple[tuple[bool, float, bool], Iterator[Step]]]:
        """((subtract, strength, needs a segmentation), steps) of the steps that stand together as one layer."""
        return itertools.groupby(self._steps, key=_kind)

    def _layers(self) -> Iterator[tuple[Alpha, float, bool]]:
        """(alpha (H, W), strength, whether it is subtracted) of each layer, in order."""
        for (subtract, strength, soft), run in self._runs():
            terms = [step.term for step in run]
            layers = [self._refined(terms, subtract)] if soft else [self._full(term) for term in terms]
            for layer in layers:
                if self._subtracts and not subtract:
                    self._met |= _share(layer > 127) >= NOTHING
                yield layer, strength, subtract

    def _kept(self, alpha: Alpha) -> bool:
        strongest = max(step.strength for step in self._steps if not step.subtract)
        return strongest == 0 or int(np.count_nonzero(alpha > int(127 * strongest))) >= NOTHING * alpha.size

    def _nothing(self) -> str:
        names = " or ".join(str(step.term) for step in self._steps if not step.subtract)
        if self._met:
            return f"nothing is left of {names}"
        return f"no {names} found{_seen_instead(self._segmentation)}"

    def _full(self, term: Term) -> Alpha:
        """The alpha (H, W) of a term that needs no segmentation."""
        if isinstance(term, MaskFile):
            mask = Photo.read(term.path)
            return masks.from_pixels(mask.pixels, mask.alpha, self._size)
        if isinstance(term, Hue):
            if self._pixels.ndim == 2:
                self._notes.append("the photo has no colours of its own")
            return hues.between(self._pixels, term.low, term.high)
        return np.full(self._size, 255, np.uint8)

    def _refined(self, terms: list[Term], subtract: bool) -> Alpha:
        """The alpha (H, W) of terms that need a segmentation, refined together."""
        soft = self._soft_layer(terms, subtract) if self._given is None else next(self._given)
        alpha = masks.refine(soft, self._pixels)
        return matting.matte(alpha, self._pixels) if self._matted else alpha

    def _soft_layer(self, terms: list[Term], subtract: bool) -> Float:
        """The alpha (h, w) of terms that need a segmentation, together."""
        names = [term.name for term in terms if isinstance(term, Class) and term.number is None]
        softs = [masks.clean(masks.classes(self._network, names))] if names else []
        softs += [self._soft(term, subtract) for term in terms if not (isinstance(term, Class) and term.number is None)]
        return _largest(softs)

    def _soft(self, term: Term, subtract: bool) -> Float:
        """The alpha (h, w) of a term that needs a segmentation, at network size."""
        if term in self._known:
            return self._known[term]
        if isinstance(term, Class):
            return self._instance(term, subtract)
        if isinstance(term, Point | Box):
            return self._region(term, subtract)
        return self._subject(subtract)

    def _subject(self, subtract: bool) -> Float:
        """The foreground; where it is unclear, the likeliest; where there is none, classes, or what stands out."""
        alpha = masks.clean(self._network.foreground)
        share = _share(alpha > 0.5)
        if subtract or _share(alpha > SURE) >= max(FAINT, CLEAR * share):
            return alpha
        unclear = share >= FAINT
        if not unclear and (objects := self._objects()) is not None:
            seen = ", ".join(_seen(self._network)) or "what looks like objects"
            self._notes.append(f"no clear foreground: kept {seen} instead")
            return objects
        has_classes = (
            self._network.classes is not None
        )  # without classes its foreground is an alpha: soft is not unsure
        guess = masks.clean(likeliest.subject(self._network, self._pixels)) if has_classes or not unclear else alpha
        if _share(guess > 0.5) < FAINT:
            guess = alpha
        if unclear:
            self._notes.append("no clear foreground: kept the likeliest; name what you mean, or point at it")
        elif guess is not alpha:
            self._notes.append("no clear foreground and no known class: kept what stands out")
        return guess

    def _objects(self) -> Float | None:
        """The alpha of all classes together, None where there are none to speak of."""
        if self._network.classes is None:
            return None
        objects = masks.clean(1 - self._network.classes[0])
        return objects if _share(objects > 0.5) >= OBJECTS else None

    def _instance(self, term: Class, subtract: bool) -> Float:
        there = instances.of(self._network, term.name)
        number = term.number or 1
        if number <= len(there):
            return there[number - 1].alpha
        if not subtract:
            self._notes.append(f"no {term} found (seen: {len(there) or 'no'} {term.name})")
        return np.zeros_like(self._network.foreground)

    def _region(self, term: Point | Box, subtract: bool) -> Float:
        if term.at is not None:
            raise OptionError(f"keep: {term} is at a time, which a photo has none of: that is for films")
        prompt = self._prompt(term, subtract)
        if prompt not in self._regions:
            self._regions[prompt] = points.region(self._network, prompt)
        return self._regions[prompt]

    def _prompt(self, term: Point | Box, subtract: bool) -> points.Prompt:
        """A box with the points in it; or the points that are in no box, together. Points of other sign compete."""
        boxes = [self._corners(t) for t in self._terms(subtract) if isinstance(t, Box)]
        same = [self._spot(t) for t in self._terms(subtract) if isinstance(t, Point)]
        other = tuple(self._spot(t) for t in self._terms(not subtract) if isinstance(t, Point))
        box = self._corners(term) if isinstance(term, Box) else None
        if isinstance(term, Point):
            box = next((b for b in boxes if _holds(b, self._spot(term))), None)
        inside = [s for s in same if (_holds(box, s) if box else not any(_holds(b, s) for b in boxes))]
        return points.Prompt(tuple(inside), other, box)

    def _terms(self, subtract: bool) -> Iterator[Term]:
        return (step.term for step in self._steps if step.subtract == subtract)

    def _spot(self, point: Point) -> points.Spot:
        height, width = self._size
        spot = point.x.share(width), point.y.share(height)
        if max(spot) > 1:
            raise InputError(f"keep: {point} lies outside of the photo, which is {width} x {height} pixels")
        return spot

    def _corners(self, box: Box) -> tuple[float, float, float, float]:
        """Where a box is, as shares of the sides; what reaches beyond the photo is cut off."""
        height, width = self._size
        left, top = box.left.share(width), box.top.share(height)
        right, bottom = min(1.0, box.right.share(width)), min(1.0, box.bottom.share(height))
        if left >= right or top >= bottom:
            raise InputError(f"keep: {box} holds nothing of the photo, which is {width} x {height} pixels")
        return left, top, right, bottom


def _kind(step: Step) -> tuple[bool, float, bool]:
    return step.subtract, step.strength, not isinstance(step.term, Everything | Hue | MaskFile)


def _fold(alpha: Alpha | None, part: tuple[Alpha, float, bool]) -> Alpha:
    """Alpha with a layer added or subtracted at a strength."""
    layer, strength, subtract = part
    if strength < 1:
        layer = cv2.LUT(layer, np.round(np.arange(256) * strength).astype(np.uint8))
    if alpha is None:
        return layer
    if subtract:
        return cv2.multiply(alpha, cv2.bitwise_not(layer), scale=1 / 255)
    return np.maximum(alpha, layer)


def _largest(softs: list[Float]) -> Float:
    """The largest of alphas of whatever sizes, at the size of the largest map."""
    if len(softs) == 1:
        return softs[0]
    h, w = (max(sizes) for sizes in zip(*(soft.shape for soft in softs), strict=True))
    return np.max([cv2.resize(soft, (w, h), interpolation=cv2.INTER_LINEAR) for soft in softs], axis=0)


def _holds(box: tuple[float, float, float, float] | None, spot: points.Spot) -> bool:
    return box is not None and box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3]


def _share(inside: np.typing.NDArray[np.bool_]) -> float:
    return np.count_nonzero(inside) / max(inside.size, 1)


def _seen(segmentation: Segmentation | None) -> list[str]:
    """The classes in the photo, the largest first."""
    if segmentation is None or segmentation.classes is None:
        return []
    shares = np.bincount(segmentation.classes.argmax(axis=0).ravel(), minlength=len(VOC)) / segmentation.classes[0].size
    return [VOC[i] for i in np.argsort(-shares) if i > 0 and shares[i] > SEEN]


def _seen_instead(segmentation: Segmentation | None) -> str:
    """The classes that the photo does show, for the note about one that it does not."""
    seen = _seen(segmentation)
    return f" (seen: {', '.join(seen)})" if seen else ""
