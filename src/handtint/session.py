"""One photo opened for editing: the networks run once, masks are cached, and sliders only blend again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Generic, TypeVar

import cv2

from handtint import hints, keep, palette
from handtint.image.arrays import resize
from handtint.image.arrays.layers import Layers
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import swatches, tone
from handtint.image.masks import detections
from handtint.image.masks.selection import Selection
from handtint.image.masks.strokes import Stroke, paint
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import LEVELS, Options
from handtint.pipeline import Stages, Tinter
from handtint.pixels import leveled
from handtint.result import Result, whole
from handtint.types import Array, Segmentation

SCREEN = 1280  # pixels: the longer side of a preview
SIZES = 5  # of previews cached
SELECTIONS = 8  # masks cached, for undoing
ROOM = 96 << 20  # bytes of masks cached, beyond the last one
GAINS = 4  # for so many values of gain, the answers of the networks
PALETTE = 320  # pixels: the longer side at which the colours of a place are looked for
LOOKS = 12  # for so many hints, references, lights and versions, the colours

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a person wants of a photo.

    mask takes the place of the options' `keep`, reference that of their file; strokes are painted over either mask.
    """

    options: Options
    mask: Photo | None = None
    reference: Photo | None = None
    strokes: tuple[Stroke, ...] = ()


class Session:
    """One photo under a tinter. Not for two threads at once.

    All methods raise OptionError, InputError and WeightsError, as a tinter does.
    """

    def __init__(self, tinter: Tinter, photo: Photo) -> None:
        """Open a photo."""
        self.photo, self._tinter = photo, tinter
        self._wholes: _Cache[_CachedStages] = _Cache(len(LEVELS), 1 << 34, lambda page: page.nbytes)
        self._smalls: _Cache[_PreviewStages] = _Cache(SIZES, 1 << 30, lambda small: small.nbytes)

    def small(self, screen: int = SCREEN) -> Photo:
        """The photo with a longer side of `screen` pixels, or its own, 8 bits a channel."""
        return self._small(screen, "off").photo

    def _small(self, screen: int, levels: str, effort: str = "balanced") -> _PreviewStages:
        return self._smalls.get((screen, levels, effort), lambda: _PreviewStages(self._whole(levels, effort), screen))

    def _stages(self, edit: Edit) -> _CachedStages:
        """The stages of the whole photo that an edit asks for."""
        return self._whole(edit.options.levels, edit.options.effort)

    def _whole(self, levels: str, effort: str = "balanced") -> _CachedStages:
        networks = self._tinter.networks.at(effort)
        return self._wholes.get((levels, effort), lambda: _CachedStages(leveled(self.photo, levels), networks))

    @property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour."""
        return self._whole("off").kind

    @property
    def nbytes(self) -> int:
        """Bytes that the photo and its caches take, roughly."""
        pages = (self.photo, *self.photo.pages)
        arrays = [array for page in pages for array in (page.pixels, page.native, page.alpha) if array is not None]
        return sum(array.nbytes for array in arrays) + self._wholes.nbytes + self._smalls.nbytes

    def detect(self, gain: str = "auto", *, levels: str = "off") -> list[detections.Detection]:
        """The foreground and the objects in the photo, as `handtint inspect` lists them."""
        return self._whole(levels).detections(gain)

    def faces(self) -> list[tuple[float, float, float, float]]:
        """The faces of people in the photo, (left, top, right, bottom) as shares of the sides."""
        return list(self._whole("off").segmentation("auto").faces)

    def palette(self, edit: Edit, spot: tuple[float, float]) -> tuple[list[swatches.RGB], str]:
        """The colours, sRGB 0..255, that a place may have had, the likeliest first, and the thing that it is on, or "".

        spot: x, y as shares of the sides. A thing is named as for `keep`.
        """
        options = replace(edit.options, hint=())
        small = self._small(PALETTE, options.levels)
        colors, _ = small.hinted(options, edit.reference)
        found = palette.at_place(small.pixels, small.segmentation(options.gain), colors, *spot)
        return found, self._thing(options, spot)

    def _thing(self, options: Options, spot: tuple[float, float]) -> str:
        """The smallest thing found at a place, as `keep` names it, or ""."""
        found = []
        for thing in self.detect(options.gain, levels=options.levels):
            height, width = thing.alpha.shape
            if thing.number and thing.alpha[int(spot[1] * height), int(spot[0] * width)] > 127:
                found.append((thing.share, thing.term))
        return min(found, default=(0.0, ""))[1]

    def preview(self, edit: Edit, *, screen: int = SCREEN) -> Result:
        """The edit at a longer side of `screen` pixels: what `result` gives, shrunk, but for rounding."""
        hints.check_pages(edit.options.hints, 1 + len(self.photo.pages))
        small = self._small(screen, edit.options.levels, edit.options.effort)
        feather = edit.options.feather * max(small.photo.size) / max(self.photo.size)
        return small.tinted(replace(edit.options, feather=feather), _mask(small, edit), edit.reference)

    def result(self, edit: Edit) -> Result:
        """The edit at full size and depth, all pages: what `Tinter.run` gives, with `mask(edit)` as its mask."""
        hints.check_pages(edit.options.hints, 1 + len(self.photo.pages))
        mask, reference = self.mask(edit), edit.reference
        levels = edit.options.levels
        pages = (leveled(page, levels) for page in self.photo.pages)
        networks = self._tinter.networks.at(edit.options.effort)
        stages = [Stages(page, networks, page=n) for n, page in enumerate(pages, 2)]
        further = [page.result(edit.options, mask, reference) for page in stages]
        return whole(self._stages(edit).result(edit.options, mask, reference), further)

    def mask(self, edit: Edit) -> Photo | None:
        """The mask to use with the options, before they invert and feather it; None where `keep` alone decides."""
        return _mask(self._stages(edit), edit)

    def selected(self, edit: Edit) -> Photo:
        """What is kept, as a mask that other programs can use, whether it was given, painted or selected."""
        return self.mask(edit) or Photo(self._stages(edit).selection(edit.options, edit.mask).alpha)


def _mask(stages: Stages, edit: Edit) -> Photo | None:
    """The given mask with the strokes over it; or what is selected with the strokes over it."""
    if not edit.strokes:
        return edit.mask
    alpha = stages.selection(edit.options, edit.mask).alpha
    if edit.options.invert:  # a brush adds to what shows colour
        return Photo(cv2.bitwise_not(paint(cv2.bitwise_not(alpha), edit.strokes)))
    return Photo(paint(alpha, edit.strokes))


class _Cache(Generic[_Value]):
    """The values last used: at most so many, and at most so many bytes beside the newest."""

    def __init__(self, most: int, room: int = 0, weigh: Callable[[_Value], int] = lambda _: 0) -> None:
        self._most, self._room, self._weigh = most, room, weigh
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes of all values; may be asked while another thread puts one in."""
        return sum(map(self._weigh, list(self._values.values())))

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value of that key, computed where it is not cached."""
        if key not in self._values:
            value = make()
            while self._values and (len(self._values) >= self._most or self.nbytes > self._room):
                self._values.popitem(last=False)
            self._values[key] = value
        self._values.move_to_end(key)
        return self._values[key]


def _reference_bytes(lit: tuple[Photo | None, resize.GuidedCoefficients]) -> int:
    return 0 if lit[0] is None else lit[0].pixels.nbytes


def _mask_bytes(hinted: tuple[Photo | None, tuple[resize.Planes, str]]) -> int:
    colors = hinted[1][0]
    return colors.nbytes if isinstance(colors, Layers) else 0


class _CachedStages(Stages):
    """The stages of a page, each computed once for the settings that it depends on."""

    def __init__(self, photo: Photo, networks: Networks) -> None:
        super().__init__(photo, networks)
        self._colors: _Cache[resize.GuidedCoefficients] = _Cache(GAINS, 1 << 30)
        self._lit: _Cache[tuple[Photo | None, resize.GuidedCoefficients]] = _Cache(LOOKS, ROOM, _reference_bytes)
        self._hinted: _Cache[tuple[Photo | None, tuple[resize.Planes, str]]] = _Cache(LOOKS, ROOM, _mask_bytes)
        self._segmentations: _Cache[Segmentation] = _Cache(GAINS, 1 << 30)
        self._detections: _Cache[list[detections.Detection]] = _Cache(1)
        self._selections: _Cache[Selection] = _Cache(SELECTIONS, ROOM, lambda selection: selection.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the masks and references cached."""
        return self._selections.nbytes + self._lit.nbytes + self._hinted.nbytes

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:
        """As Stages has it."""
        key = gain, closer_look
        return self._colors.get(key, lambda: super(_CachedStages, self).colors(gain, closer_look))

    def lit(
        self, colors: resize.GuidedCoefficients, options: Options, reference: Photo | None = None
    ) -> resize.GuidedCoefficients:
        """As Stages has it; `colors` are those of the options. The photo of a key is kept: its id stays its own."""
        key = options.reference, id(reference), options.warmth, options.gain, options.closer_look
        made = super().lit
        return self._lit.get(key, lambda: (reference, made(colors, options, reference)))[1]

    def hinted(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """As Stages has it."""
        told = options.hint, options.reference, id(reference), options.warmth, options.variant
        key = told, options.gain, options.closer_look, options.matting
        made = super().hinted
        return self._hinted.get(key, lambda: (reference, made(options, reference)))[1]

    def segmentation(self, gain: str) -> Segmentation:
        """As Stages has it."""
        return self._segmentations.get(gain, lambda: super(_CachedStages, self).segmentation(gain))

    def detections(self, gain: str) -> list[detections.Detection]:
        """The foreground and the objects in it."""
        return self._detections.get(gain, lambda: detections.detect(self.segmentation(gain), self.pixels))

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """As Stages has it; a given mask is not cached."""
        if mask is not None:
            return super().selection(options, mask)
        key = selection_key(options)
        return self._selections.get(key, lambda: super(_CachedStages, self).selection(options))


class _PreviewStages(Stages):
    """The same page at the size of a screen, with the answers of the networks for the whole photo."""

    def __init__(self, page: _CachedStages, screen: int) -> None:
        self._page = page
        size = page.photo.size
        scale = min(1.0, screen / max(size))
        self._size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        super().__init__(self._shrunk(), page.networks)
        self._selections: _Cache[Selection] = _Cache(SELECTIONS, ROOM, lambda selection: selection.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the small photo and of its cached masks."""
        return self.photo.pixels.nbytes + self._selections.nbytes

    def _shrunk(self) -> Photo:
        alpha = self._page.photo.alpha
        shown = None if alpha is None else eight_bits(self._shrink(alpha))
        return Photo(eight_bits(self._shrink(self._page.pixels)), alpha=shown, note=self._page.photo.note)

    def _shrink(self, values: Array) -> Array:
        return values if values.shape[:2] == self._size else resize.shrink(values, self._size)

    @cached_property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour, judged by the whole photo."""
        return self._page.kind

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:
        """The colours of the whole photo: guided coefficients serve for any size."""
        return self._page.colors(gain, closer_look)

    def hinted(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """The same of the whole photo: its masks are shrunk where they are laid over."""
        return self._page.hinted(options, reference)

    def segmentation(self, gain: str) -> Segmentation:
        """The segmentation of the whole photo."""
        return self._page.segmentation(gain)

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """What is kept of the whole photo, shrunk, so that a preview shows the edges that the result has."""
        if mask is not None:
            return super().selection(options, mask)
        return self._selections.get(selection_key(options), lambda: self._select(options))

    def _select(self, options: Options) -> Selection:
        whole = self._page.selection(options)
        return replace(whole, alpha=self._shrink(whole.alpha))


def selection_key(options: Options) -> Hashable:
    """The settings that decide what is kept."""
    needed = keep.needs_segmentation(keep.parse(options.keep))
    return options.keep, options.matting, options.gain if needed else ""
