"""The alphas of the terms of `keep` that need a segmentation, at network size, with notes for the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from handtint.errors import InputError, OptionError
from handtint.image.masks import instances, likeliest, masks, points
from handtint.keep import Box, Class, Point, Step, Term
from handtint.types import PARTS, VOC, Float, Pixels, Segmentation

MIN_SUBJECT = 0.004  # share of the photo: for a smaller foreground, other cues are tried
MIN_OBJECTS = 0.02  # share of the photo: smaller objects do not replace a missing foreground
CERTAIN = 0.9  # alpha above which a pixel of the foreground is certain
MIN_CERTAIN = 0.15  # a foreground with a smaller share of certain pixels is a guess, and noted as one
MIN_CLASS = 0.01  # share of the photo: smaller classes are not listed in notes


class TermAlphas:
    """The alphas of the terms of one `keep` in one photo.

    precomputed: alphas of terms, (h, w) float32 0..1, which are not computed again. notes: for the user, about the
    alphas computed so far, for instance that there is no third person.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        pixels: Pixels,
        segmentation: Segmentation | None,
        precomputed: Mapping[Term, Float] | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._steps, self._pixels, self._precomputed = steps, pixels, precomputed or {}
        self._segmentation = segmentation
        self._size = pixels.shape[0], pixels.shape[1]
        self._regions: dict[points.Prompt, Float] = {}

    @property
    def _network(self) -> Segmentation:
        if self._segmentation is None:
            raise ValueError("these terms need a Segmentation")
        return self._segmentation

    def layer(self, terms: list[Term], subtract: bool) -> Float:
        """The alpha (h, w) of several terms together: the largest of theirs, or that of the sum of their classes."""
        whole_classes = [t for t in terms if isinstance(t, Class) and t.number is None and not t.part]
        alphas = (
            [masks.clean(masks.classes(self._network, [*dict.fromkeys(t.name for t in whole_classes)]))]
            if whole_classes
            else []
        )
        alphas += [self.alpha(term, subtract) for term in terms if term not in whole_classes]
        return _largest(alphas)

    def alpha(self, term: Term, subtract: bool) -> Float:
        """The alpha (h, w) of a term that needs a segmentation, at network size."""
        if term in self._precomputed:
            return self._precomputed[term]
        if isinstance(term, Class):
            return self._part(term, subtract) if term.part else self._instance(term, subtract)
        if isinstance(term, Point | Box):
            return self._region(term, subtract)
        return self._subject(subtract)

    def _subject(self, subtract: bool) -> Float:
        """The foreground; if that is unclear, the likeliest subject, all objects, or the salient region."""
        alpha = masks.clean(self._network.foreground)
        size = share(alpha > 0.5)
        if subtract or share(alpha > CERTAIN) >= max(MIN_SUBJECT, MIN_CERTAIN * size):
            return alpha
        unclear = size >= MIN_SUBJECT
        if not unclear and (objects := self._objects()) is not None:
            classes = ", ".join(detected_classes(self._network)) or "what looks like objects"
            self.notes.append(f"no clear foreground: kept {classes} instead")
            return objects
        has_classes = self._network.classes is not None  # without classes, the network predicts alpha, not probability
        guess = masks.clean(likeliest.subject(self._network, self._pixels)) if has_classes or not unclear else alpha
        if share(guess > 0.5) < MIN_SUBJECT:
            guess = alpha
        if unclear:
            self.notes.append("no clear foreground: kept the likeliest object; name another one, or give a point")
        elif guess is not alpha:
            self.notes.append("no clear foreground and no known class: kept what stands out")
        return guess

    def _objects(self) -> Float | None:
        """The alpha of all classes together; None if they cover too little of the photo."""
        if self._network.classes is None:
            return None
        objects = masks.clean(1 - self._network.classes[0])
        return objects if share(objects > 0.5) >= MIN_OBJECTS else None

    def _part(self, term: Class, subtract: bool) -> Float:
        """The alpha of a part of one person, or of all people, at the size of the map of parts."""
        parts = self._network.parts
        if parts is None:
            raise ValueError(f"{term} needs a Segmentation with the parts of people")
        person = masks.clean(masks.classes(self._network, [term.name]))
        if term.number is not None:
            person = self._instance(replace(term, part=""), subtract)
        part = parts[PARTS.index(term.part)]
        return masks.clean(cv2.resize(person, part.shape[::-1], interpolation=cv2.INTER_LINEAR) * part)

    def _instance(self, term: Class, subtract: bool) -> Float:
        """The alpha of one object of a class; 0 everywhere, with a note, if there are not enough objects."""
        detected = instances.of(self._network, term.name)
        number = term.number or 1
        if number <= len(detected):
            return detected[number - 1].alpha
        if not subtract:
            self.notes.append(f"no {term} found (seen: {len(detected) or 'no'} {term.name})")
        return np.zeros_like(self._network.foreground)

    def _region(self, term: Point | Box, subtract: bool) -> Float:
        """The alpha of the object at a point or in a box; the other points and boxes of `keep` compete."""
        if term.at is not None:
            raise OptionError(f"keep: {term} has a time, which only films have")
        prompt = self._prompt(term, subtract)
        if prompt not in self._regions:
            self._regions[prompt] = points.region(self._network, prompt)
        return self._regions[prompt]

    def _prompt(self, term: Point | Box, subtract: bool) -> points.Prompt:
        """The prompt of a term: a box with the points in it, or all points outside of boxes; other terms compete."""
        boxes = [self._corners(t) for t in self._terms(subtract) if isinstance(t, Box)]
        own = [self._position(t) for t in self._terms(subtract) if isinstance(t, Point)]
        competing = tuple(self._position(t) for t in self._terms(not subtract) if isinstance(t, Point))
        box = self._corners(term) if isinstance(term, Box) else None
        if isinstance(term, Point):
            box = next((b for b in boxes if _contains(b, self._position(term))), None)
        inside = [s for s in own if (_contains(box, s) if box else not any(_contains(b, s) for b in boxes))]
        return points.Prompt(tuple(inside), competing, box)

    def _terms(self, subtract: bool) -> Iterator[Term]:
        return (step.term for step in self._steps if step.subtract == subtract)

    def _position(self, point: Point) -> points.Position:
        """(x, y) of a point, relative to the photo's sides, 0..1."""
        height, width = self._size
        position = point.x.share(width), point.y.share(height)
        if max(position) > 1:
            raise InputError(f"keep: {point} lies outside of the photo, which is {width} x {height} pixels")
        return position

    def _corners(self, box: Box) -> tuple[float, float, float, float]:
        """The corners of a box, relative to the sides, 0..1, clipped to the photo."""
        height, width = self._size
        left, top = box.left.share(width), box.top.share(height)
        right, bottom = min(1.0, box.right.share(width)), min(1.0, box.bottom.share(height))
        if left >= right or top >= bottom:
            raise InputError(f"keep: {box} lies outside of the photo, which is {width} x {height} pixels")
        return left, top, right, bottom


def _largest(alphas: list[Float]) -> Float:
    """The elementwise maximum of alphas of any sizes, at the size of the largest one."""
    if len(alphas) == 1:
        return alphas[0]
    h, w = (max(sizes) for sizes in zip(*(alpha.shape for alpha in alphas), strict=True))
    return np.max([cv2.resize(alpha, (w, h), interpolation=cv2.INTER_LINEAR) for alpha in alphas], axis=0)


def _contains(box: tuple[float, float, float, float] | None, position: points.Position) -> bool:
    return box is not None and box[0] <= position[0] <= box[2] and box[1] <= position[1] <= box[3]


def share(inside: np.typing.NDArray[np.bool_]) -> float:
    """The share 0..1 of an array that is True; 0 of an empty one."""
    return np.count_nonzero(inside) / max(inside.size, 1)


def detected_classes(segmentation: Segmentation | None) -> list[str]:
    """The names of the classes in the photo, the largest first; empty if the network predicts no classes."""
    if segmentation is None or segmentation.classes is None:
        return []
    shares = np.bincount(segmentation.classes.argmax(axis=0).ravel(), minlength=len(VOC)) / segmentation.classes[0].size
    return [VOC[i] for i in np.argsort(-shares) if i > 0 and shares[i] > MIN_CLASS]
