"""One photo opened for editing: the networks look at it once, choosing is remembered, the sliders only blend again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, TypeVar

import cv2

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import tone
from handtint.image.masks import detections
from handtint.image.masks.selection import Choice
from handtint.image.masks.strokes import Stroke, paint
from handtint.image.photo import Photo
from handtint.options import LEVELS, Options
from handtint.pipeline import Tinter
from handtint.stages import Networks, Result, Stages, leveled, whole
from handtint.types import Array, Segmentation

SCREEN = 1280  # pixels: the longer side of a preview
SIZES = 3  # of previews remembered
CHOICES = 8  # masks remembered, for undoing
ROOM = 96 << 20  # bytes of masks remembered, beyond the last one
GAINS = 4  # for each of so many gains, what the networks said

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a person wants of a photo. mask takes the place of the options' `keep`; strokes are painted over either."""

    options: Options
    mask: Photo | None = None
    strokes: tuple[Stroke, ...] = ()


class Session:
    """One photo under a tinter. Not for two threads at once.

    All methods raise OptionError, InputError and WeightsError, as a tinter does.
    """

    def __init__(self, tinter: Tinter, photo: Photo) -> None:
        """Open a photo."""
        self.photo, self._tinter = photo, tinter
        self._wholes: _Memory[_Remembering] = _Memory(len(LEVELS), 1 << 34, lambda page: page.nbytes)
        self._smalls: _Memory[_Small] = _Memory(SIZES, 1 << 30, lambda small: small.nbytes)

    def small(self, screen: int = SCREEN) -> Photo:
        """The photo with a longer side of `screen` pixels, or its own, 8 bits a channel."""
        return self._small(screen, "off").photo

    def _small(self, screen: int, levels: str) -> _Small:
        return self._smalls.get((screen, levels), lambda: _Small(self._whole(levels), screen))

    def _whole(self, levels: str) -> _Remembering:
        return self._wholes.get(levels, lambda: _Remembering(leveled(self.photo, levels), self._tinter.networks))

    @property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour."""
        return self._whole("off").kind

    @property
    def nbytes(self) -> int:
        """How much memory the photo and what is remembered of it take, roughly."""
        pages = (self.photo, *self.photo.pages)
        arrays = [array for page in pages for array in (page.pixels, page.native, page.alpha) if array is not None]
        return sum(array.nbytes for array in arrays) + self._wholes.nbytes + self._smalls.nbytes

    def find(self, gain: str = "auto", *, levels: str = "off") -> list[detections.Finding]:
        """The foreground and the things in the photo, as `handtint inspect` tells of them."""
        return self._whole(levels).findings(gain)

    def preview(self, edit: Edit, *, screen: int = SCREEN) -> Result:
        """The edit with a longer side of `screen` pixels: what `result` gives, shrunk, but for rounding."""
        small = self._small(screen, edit.options.levels)
        feather = edit.options.feather * max(small.photo.size) / max(self.photo.size)
        return small.tinted(replace(edit.options, feather=feather), _mask(small, edit))

    def result(self, edit: Edit) -> Result:
        """The edit at full size and depth, all pages: what `Tinter.run` gives, with `mask(edit)` as its mask."""
        mask = self.mask(edit)
        levels = edit.options.levels
        pages = (leveled(page, levels) for page in self.photo.pages)
        further = [Stages(page, self._tinter.networks).result(edit.options, mask) for page in pages]
        return whole(self._whole(levels).result(edit.options, mask), further)

    def mask(self, edit: Edit) -> Photo | None:
        """The mask to give beside the options, before they turn it round and feather it; None where `keep` says all."""
        return _mask(self._whole(edit.options.levels), edit)

    def chosen(self, edit: Edit) -> Photo:
        """What is kept, as a mask for others to work on, whoever chose it."""
        return self.mask(edit) or Photo(self._whole(edit.options.levels).choice(edit.options, edit.mask).alpha)


def _mask(stages: Stages, edit: Edit) -> Photo | None:
    """The given mask with the strokes over it; or what is chosen with the strokes over it."""
    if not edit.strokes:
        return edit.mask
    alpha = stages.choice(edit.options, edit.mask).alpha
    if edit.options.invert:  # a brush adds to what is seen to have colour
        return Photo(cv2.bitwise_not(paint(cv2.bitwise_not(alpha), edit.strokes)))
    return Photo(paint(alpha, edit.strokes))


class _Memory(Generic[_Value]):
    """The values last used, at most so many, and of so many bytes beside the newest."""

    def __init__(self, most: int, room: int = 0, weigh: Callable[[_Value], int] = lambda _: 0) -> None:
        self._most, self._room, self._weigh = most, room, weigh
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes of all values; may be asked while another thread puts one in."""
        return sum(map(self._weigh, list(self._values.values())))

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value of that key, made where it is not remembered."""
        if key not in self._values:
            value = make()
            while self._values and (len(self._values) >= self._most or self.nbytes > self._room):
                self._values.popitem(last=False)
            self._values[key] = value
        self._values.move_to_end(key)
        return self._values[key]


class _Remembering(Stages):
    """The stages of a page, each gone through once for what it depends on."""

    def __init__(self, photo: Photo, networks: Networks) -> None:
        super().__init__(photo, networks)
        self._colors: _Memory[resize.Lines] = _Memory(GAINS, 1 << 30)
        self._found: _Memory[Segmentation] = _Memory(GAINS, 1 << 30)
        self._findings: _Memory[list[detections.Finding]] = _Memory(1)
        self._choices: _Memory[Choice] = _Memory(CHOICES, ROOM, lambda chosen: chosen.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the masks remembered."""
        return self._choices.nbytes

    def colors(self, gain: str) -> resize.Lines:
        """The colours that the network gives it."""
        return self._colors.get(gain, lambda: super(_Remembering, self).colors(gain))

    def found(self, gain: str) -> Segmentation:
        """What stands where in it."""
        return self._found.get(gain, lambda: super(_Remembering, self).found(gain))

    def findings(self, gain: str) -> list[detections.Finding]:
        """What is in it, thing by thing."""
        return self._findings.get(gain, lambda: detections.every(self.found(gain), self.pixels))

    def choice(self, options: Options, mask: Photo | None = None) -> Choice:
        """What is kept; a given mask is not worth remembering."""
        if mask is not None:
            return super().choice(options, mask)
        key = chosen_by(options)
        return self._choices.get(key, lambda: super(_Remembering, self).choice(options))


class _Small(Stages):
    """The same page at the size of a screen: what the networks say of it is what they say of the whole."""

    def __init__(self, page: _Remembering, screen: int) -> None:
        self._page = page
        size = page.photo.size
        scale = min(1.0, screen / max(size))
        self._size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        super().__init__(self._shrunk(), page.networks)
        self._choices: _Memory[Choice] = _Memory(CHOICES, ROOM, lambda chosen: chosen.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the small photo and the masks remembered with it."""
        return self.photo.pixels.nbytes + self._choices.nbytes

    def _shrunk(self) -> Photo:
        alpha = self._page.photo.alpha
        shown = None if alpha is None else eight_bits(self._shrink(alpha))
        return Photo(eight_bits(self._shrink(self._page.pixels)), alpha=shown, note=self._page.photo.note)

    def _shrink(self, values: Array) -> Array:
        return values if values.shape[:2] == self._size else resize.shrink(values, self._size)

    @cached_property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour, judged by the whole."""
        return self._page.kind

    def colors(self, gain: str) -> resize.Lines:
        """The colours of the whole: their lines serve for any size."""
        return self._page.colors(gain)

    def found(self, gain: str) -> Segmentation:
        """What stands where in the whole."""
        return self._page.found(gain)

    def choice(self, options: Options, mask: Photo | None = None) -> Choice:
        """What is kept of the whole, shrunk: so that a preview promises no other edge than the result has."""
        if mask is not None:
            return super().choice(options, mask)
        return self._choices.get(chosen_by(options), lambda: self._chosen(options))

    def _chosen(self, options: Options) -> Choice:
        whole = self._page.choice(options)
        return replace(whole, alpha=self._shrink(whole.alpha))


def chosen_by(options: Options) -> Hashable:
    """The settings that decide what is kept."""
    looks = keep.looks(keep.parse(options.keep))
    return options.keep, options.matting, options.gain if looks else ""
