"""From what is asked to a mask: each term of `keep` becomes alpha, and the alphas are added and taken away.

Terms joined with + give the larger of their alphas times their strengths; a - b is a * (1 - b). Terms of one sign and
strength that stand together are one layer, found at network size and refined once.
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
from handtint.image.arrays import resize
from handtint.image.color import hues, lab
from handtint.image.masks import instances, masks, matting, points, saliency
from handtint.image.photo import Photo
from handtint.keep import Box, Class, Everything, Hue, MaskFile, Point, Step, Term
from handtint.types import VOC, Alpha, Float, Pixels, Segmentation

NOTHING = 0.001  # a mask that keeps less than this share of the photo keeps nothing
FAINT = 0.004  # a subject of less than this share of the photo is no subject: something else is looked for
SURE = 0.9  # alpha: a subject that is hardly anywhere above it is a guess, and said to be one
SEEN = 0.01  # a class with less than this share of the photo is not worth telling of
GLANCE = 128  # side at which salience is judged


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen. alpha: (H, W) uint8. note: what the person should know of how it was found, or ""."""

    alpha: Alpha
    note: str = ""


@dataclass(frozen=True, slots=True)
class Softs:
    """What the network finds of what is asked for, at network size, before it is refined.

    layers: an alpha (h, w) float32 0..1 for each layer that the network finds, in order. things: those of the terms
    that name one thing. note: as of a Choice.
    """

    layers: tuple[Float, ...] = ()
    things: Mapping[Term, Float] = field(default_factory=dict)
    note: str = ""


def look(steps: Sequence[Step], pixels: Pixels, found: Segmentation, *, known: Mapping[Term, Float]) -> Softs:
    """What steps ask for at network size; known: the alphas of the terms that need not be looked for.

    Raises as `choose`.
    """
    return _Chooser(steps, pixels, found, False, known=known).softs()


def choose(
    steps: Sequence[Step],
    pixels: Pixels,
    found: Segmentation | None,
    *,
    matted: bool = False,
    layers: Sequence[Float] | None = None,
) -> Choice:
    """The mask that steps ask for, at the size of the photo's pixels (H, W) or (H, W, 3).

    found: what the network says of the photo; None will do where `keep.looks(steps)` is False.
    matted: edges by closed-form matting instead of the guided filter alone. layers: those of `look`, which then need
    not be found.
    Raises InputError for a point outside of the photo and an unreadable mask file, OptionError for classes asked of
    a network that knows none and where matting is not installed.
    """
    return _Chooser(steps, pixels, found, matted, layers=layers).choice()


class _Chooser:
    """One photo and what is asked of it."""

    def __init__(
        self,
        steps: Sequence[Step],
        pixels: Pixels,
        found: Segmentation | None,
        matted: bool,
        *,
        layers: Sequence[Float] | None = None,
        known: Mapping[Term, Float] | None = None,
    ) -> None:
        self._steps, self._pixels, self._found, self._matted = steps, pixels, found, matted
        self._given = None if layers is None else iter(layers)
        self._known = known or {}
        self._size = pixels.shape[0], pixels.shape[1]
        self._notes: list[str] = []
        self._regions: dict[points.Prompt, Float] = {}
        self._takes = any(step.away for step in steps)
        self._met = False  # whether there was anything before some was taken away

    @property
    def _network(self) -> Segmentation:
        if self._found is None:
            raise ValueError("these terms need a Segmentation")
        return self._found

    def choice(self) -> Choice:
        """The mask and what to say of it."""
        alpha = functools.reduce(_fold, self._layers(), None)
        if alpha is None:
            raise ValueError("no steps")
        if not self._kept(alpha):
            self._notes = [self._nothing()]
        return Choice(alpha, "; ".join(dict.fromkeys(self._notes)))

    def softs(self) -> Softs:
        """What the network finds, at its size."""
        runs = [([s.term for s in run], away) for (away, _, soft), run in self._runs() if soft]
        layers = tuple(self._found_layer(terms, away) for terms, away in runs)
        single = [(term, away) for terms, away in runs for term in terms if keep.names_one(term)]
        things = {term: self._soft(term, away) for term, away in single}
        return Softs(layers, things, "; ".join(dict.fromkeys(self._notes)))

    def _runs(self) -> Iterator[tuple[tuple[bool, float, bool], Iterator[Step]]]:
        """The steps that stand together as one layer: ((away, strength, whether the network finds it), its steps)."""
        return itertools.groupby(self._steps, key=_kind)

    def _layers(self) -> Iterator[tuple[Alpha, float, bool]]:
        """(alpha (H, W), strength, whether to take it away) of each layer, in order."""
        for (away, strength, soft), run in self._runs():
            terms = [step.term for step in run]
            layers = [self._refined(terms, away)] if soft else [self._full(term) for term in terms]
            for layer in layers:
                if self._takes and not away:
                    self._met |= _share(layer > 127) >= NOTHING
                yield layer, strength, away

    def _kept(self, alpha: Alpha) -> bool:
        strongest = max(step.strength for step in self._steps if not step.away)
        return strongest == 0 or int(np.count_nonzero(alpha > int(127 * strongest))) >= NOTHING * alpha.size

    def _nothing(self) -> str:
        names = " or ".join(str(step.term) for step in self._steps if not step.away)
        if self._met:
            return f"nothing is left of {names}"
        return f"no {names} found{_instead(self._found)}"

    def _full(self, term: Term) -> Alpha:
        """The alpha (H, W) of a term that needs no network."""
        if isinstance(term, MaskFile):
            mask = Photo.read(term.path)
            return masks.from_pixels(mask.pixels, mask.alpha, self._size)
        if isinstance(term, Hue):
            if self._pixels.ndim == 2:
                self._notes.append("the photo has no colours of its own")
            return hues.between(self._pixels, term.low, term.high)
        return np.full(self._size, 255, np.uint8)

    def _refined(self, terms: list[Term], away: bool) -> Alpha:
        """The alpha (H, W) of terms that the network finds, refined together."""
        soft = self._found_layer(terms, away) if self._given is None else next(self._given)
        alpha = masks.refine(soft, self._pixels)
        return matting.matte(alpha, self._pixels) if self._matted else alpha

    def _found_layer(self, terms: list[Term], away: bool) -> Float:
        """The alpha (h, w) of terms that the network finds, together."""
        names = [term.name for term in terms if isinstance(term, Class) and term.number is None]
        softs = [masks.clean(masks.classes(self._network, names))] if names else []
        softs += [self._soft(term, away) for term in terms if not (isinstance(term, Class) and term.number is None)]
        return _largest(softs)

    def _soft(self, term: Term, away: bool) -> Float:
        """The alpha (h, w) of a term that the network finds, at network size."""
        if term in self._known:
            return self._known[term]
        if isinstance(term, Class):
            return self._instance(term, away)
        if isinstance(term, Point | Box):
            return self._region(term, away)
        return self._subject(away)

    def _subject(self, away: bool) -> Float:
        """The foreground; where there is none, the classes; where there are none, what stands out."""
        found = self._network
        alpha = masks.clean(found.foreground)
        if _share(alpha > 0.5) >= FAINT or away:
            if _share(alpha > SURE) < FAINT and not away:
                self._notes.append("no clear foreground: kept the likeliest; name what you mean, or point at it")
            return alpha
        objects = None if found.classes is None else masks.clean(1 - found.classes[0])
        if objects is not None and _share(objects > 0.5) >= FAINT:
            self._notes.append(
                f"no clear foreground: kept {', '.join(_seen(found)) or 'what looks like objects'} instead"
            )
            return objects
        L = lab.lightness(resize.shrink(self._pixels, resize.fit(self._size, GLANCE)))
        striking = masks.clean(saliency.saliency(L))
        if _share(striking > 0.5) >= FAINT:
            self._notes.append("no clear foreground and no known class: kept what stands out")
            return striking
        return alpha

    def _instance(self, term: Class, away: bool) -> Float:
        there = instances.of(self._network, term.name)
        number = term.number or 1
        if number <= len(there):
            return there[number - 1].alpha
        if not away:
            self._notes.append(f"no {term} found (seen: {len(there) or 'no'} {term.name})")
        return np.zeros_like(self._network.foreground)

    def _region(self, term: Point | Box, away: bool) -> Float:
        if term.at is not None:
            raise OptionError(f"keep: {term} is at a time, which a photo has none of: that is for films")
        prompt = self._prompt(term, away)
        if prompt not in self._regions:
            self._regions[prompt] = points.region(self._network, prompt)
        return self._regions[prompt]

    def _prompt(self, term: Point | Box, away: bool) -> points.Prompt:
        """A box with the points in it; or the points that are in no box, together. Points of other sign compete."""
        boxes = [self._corners(t) for t in self._terms(away) if isinstance(t, Box)]
        same = [self._spot(t) for t in self._terms(away) if isinstance(t, Point)]
        other = tuple(self._spot(t) for t in self._terms(not away) if isinstance(t, Point))
        box = self._corners(term) if isinstance(term, Box) else None
        if isinstance(term, Point):
            box = next((b for b in boxes if _holds(b, self._spot(term))), None)
        inside = [s for s in same if (_holds(box, s) if box else not any(_holds(b, s) for b in boxes))]
        return points.Prompt(tuple(inside), other, box)

    def _terms(self, away: bool) -> Iterator[Term]:
        return (step.term for step in self._steps if step.away == away)

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
    return step.away, step.strength, not isinstance(step.term, Everything | Hue | MaskFile)


def _fold(alpha: Alpha | None, part: tuple[Alpha, float, bool]) -> Alpha:
    """Alpha with a layer added or taken away at a strength."""
    layer, strength, away = part
    if strength < 1:
        layer = cv2.LUT(layer, np.round(np.arange(256) * strength).astype(np.uint8))
    if alpha is None:
        return layer
    if away:
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


def _seen(found: Segmentation | None) -> list[str]:
    """The classes in the photo, the largest first."""
    if found is None or found.classes is None:
        return []
    shares = np.bincount(found.classes.argmax(axis=0).ravel(), minlength=len(VOC)) / found.classes[0].size
    return [VOC[i] for i in np.argsort(-shares) if i > 0 and shares[i] > SEEN]


def _instead(found: Segmentation | None) -> str:
    """What there is, for somebody who asked for what there is not."""
    seen = _seen(found)
    return f" (seen: {', '.join(seen)})" if seen else ""
