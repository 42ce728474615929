"""The stages of a photo with caches, at full size and at preview size, for a photo that is edited repeatedly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import Generic, TypeVar

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.arrays.layers import Layers
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import tone
from handtint.image.masks import detections
from handtint.image.masks.selection import Selection
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options
from handtint.stages import Stages
from handtint.types import Array, Segmentation

MAX_SELECTIONS = 8  # masks in the cache, for undoing
MAX_BYTES = 96 << 20  # of masks in the cache, in addition to the newest
MAX_GAINS = 4  # values of gain for which the networks' outputs are cached
MAX_COLORS = 12  # combinations of hints, references, warmth and variants for which colours are cached

_Value = TypeVar("_Value")


class Cache(Generic[_Value]):
    """A cache of the most recently used values (LRU), limited in number and, except for the newest value, in bytes."""

    def __init__(self, max_items: int, max_bytes: int = 0, nbytes_of: Callable[[_Value], int] = lambda _: 0) -> None:
        self._max_items, self._max_bytes, self._nbytes_of = max_items, max_bytes, nbytes_of
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes of all values; may be called while another thread adds one."""
        return sum(map(self._nbytes_of, list(self._values.values())))

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value for a key, computed by `make` if it is not cached."""
        if key not in self._values:
            value = make()
            while self._values and (len(self._values) >= self._max_items or self.nbytes > self._max_bytes):
                self._values.popitem(last=False)
            self._values[key] = value
        self._values.move_to_end(key)
        return self._values[key]


def _reference_bytes(adjusted_colors: tuple[Photo | None, resize.GuidedCoefficients]) -> int:
    return 0 if adjusted_colors[0] is None else adjusted_colors[0].pixels.nbytes


def _mask_bytes(hinted_colors: tuple[Photo | None, tuple[resize.Planes, str]]) -> int:
    colors = hinted_colors[1][0]
    return colors.nbytes if isinstance(colors, Layers) else 0


class CachedStages(Stages):
    """The stages of a page, each cached by the settings that it depends on."""

    def __init__(self, photo: Photo, networks: Networks) -> None:
        super().__init__(photo, networks)
        self._colors: Cache[resize.GuidedCoefficients] = Cache(MAX_GAINS, 1 << 30)
        self._adjusted_colors: Cache[tuple[Photo | None, resize.GuidedCoefficients]] = Cache(
            MAX_COLORS, MAX_BYTES, _reference_bytes
        )
        self._hinted_colors: Cache[tuple[Photo | None, tuple[resize.Planes, str]]] = Cache(
            MAX_COLORS, MAX_BYTES, _mask_bytes
        )
        self._segmentations: Cache[Segmentation] = Cache(MAX_GAINS, 1 << 30)
        self._detections: Cache[list[detections.Detection]] = Cache(1)
        self._selections: Cache[Selection] = Cache(MAX_SELECTIONS, MAX_BYTES, lambda selection: selection.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the masks and references cached."""
        return self._selections.nbytes + self._adjusted_colors.nbytes + self._hinted_colors.nbytes

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:
        """The same as in Stages, cached."""
        key = gain, closer_look
        return self._colors.get(key, lambda: super(CachedStages, self).colors(gain, closer_look))

    def adjusted_colors(
        self, colors: resize.GuidedCoefficients, options: Options, reference: Photo | None = None
    ) -> resize.GuidedCoefficients:
        """As Stages.adjusted_colors. References are cached with the value, so that their ids in keys stay unique."""
        key = options.reference, id(reference), options.warmth, options.gain, options.closer_look
        compute = super().adjusted_colors
        return self._adjusted_colors.get(key, lambda: (reference, compute(colors, options, reference)))[1]

    def hinted_colors(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """The same as in Stages, cached."""
        hint_settings = options.hint, options.reference, id(reference), options.warmth, options.variant
        key = hint_settings, options.gain, options.closer_look, options.matting
        compute = super().hinted_colors
        return self._hinted_colors.get(key, lambda: (reference, compute(options, reference)))[1]

    def segmentation(self, gain: str) -> Segmentation:
        """The same as in Stages, cached."""
        return self._segmentations.get(gain, lambda: super(CachedStages, self).segmentation(gain))

    def detections(self, gain: str) -> list[detections.Detection]:
        """The foreground and the objects in it."""
        return self._detections.get(gain, lambda: detections.detect(self.segmentation(gain), self.pixels))

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """As Stages.selection; uploaded masks are not cached."""
        if mask is not None:
            return super().selection(options, mask)
        key = selection_key(options)
        return self._selections.get(key, lambda: super(CachedStages, self).selection(options))


class PreviewStages(Stages):
    """The stages of a page at preview size, with the networks' outputs for the full-size photo."""

    def __init__(self, page: CachedStages, screen: int) -> None:
        self._page = page
        size = page.photo.size
        scale = min(1.0, screen / max(size))
        self._size = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        super().__init__(self._shrunk(), page.networks)
        self._selections: Cache[Selection] = Cache(MAX_SELECTIONS, MAX_BYTES, lambda selection: selection.alpha.nbytes)

    @property
    def nbytes(self) -> int:
        """Bytes of the shrunk photo and of its cached masks."""
        return self.photo.pixels.nbytes + self._selections.nbytes

    def _shrunk(self) -> Photo:
        alpha = self._page.photo.alpha
        small_alpha = None if alpha is None else eight_bits(self._shrink(alpha))
        return Photo(eight_bits(self._shrink(self._page.pixels)), alpha=small_alpha, note=self._page.photo.note)

    def _shrink(self, values: Array) -> Array:
        return values if values.shape[:2] == self._size else resize.shrink(values, self._size)

    @cached_property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour, as for the full-size photo."""
        return self._page.kind

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:
        """The colours of the full-size photo: guided coefficients work at any size."""
        return self._page.colors(gain, closer_look)

    def hinted_colors(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """The colours with hints of the full-size photo; their masks are shrunk when they are applied."""
        return self._page.hinted_colors(options, reference)

    def segmentation(self, gain: str) -> Segmentation:
        """The segmentation of the full-size photo."""
        return self._page.segmentation(gain)

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """The selection of the full-size photo, shrunk, so that a preview shows the edges of the result."""
        if mask is not None:
            return super().selection(options, mask)
        return self._selections.get(selection_key(options), lambda: self._select(options))

    def _select(self, options: Options) -> Selection:
        whole = self._page.selection(options)
        return replace(whole, alpha=self._shrink(whole.alpha))


def selection_key(options: Options) -> Hashable:
    """The settings that the selection depends on."""
    needed = keep.needs_segmentation(keep.parse(options.keep))
    return options.keep, options.matting, options.gain if needed else ""
