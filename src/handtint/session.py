"""A photo opened for editing: the networks run once, masks are cached, and a changed setting only blends again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2

from handtint import hints, palette
from handtint.cached_stages import Cache, CachedStages, PreviewStages
from handtint.image.color import swatches, tone
from handtint.image.masks import detections
from handtint.image.masks.strokes import Stroke, paint
from handtint.image.photo import Photo
from handtint.options import LEVELS, Options
from handtint.pipeline import Tinter
from handtint.pixels import leveled
from handtint.result import Result, combine_pages
from handtint.stages import Stages

SCREEN = 1280  # pixels: the longer side of a preview
MAX_PREVIEWS = 5  # sizes of previews in the cache
PALETTE_SIDE = 320  # pixels: the longer side at which likely colours are computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The edit of a photo: options, uploaded pictures and brush strokes.

    mask: replaces the options' `keep`, if given. reference: replaces the options' file. strokes: drawn over the mask.
    """

    options: Options
    mask: Photo | None = None
    reference: Photo | None = None
    strokes: tuple[Stroke, ...] = ()


class Session:
    """A photo opened for editing, with its caches. Not thread-safe.

    All methods raise OptionError, InputError and WeightsError, as Tinter does.
    """

    def __init__(self, tinter: Tinter, photo: Photo) -> None:
        """tinter: its networks are used. photo: to edit."""
        self.photo, self._tinter = photo, tinter
        self._full_stages: Cache[CachedStages] = Cache(len(LEVELS), 1 << 34, lambda page: page.nbytes)
        self._preview_stages: Cache[PreviewStages] = Cache(MAX_PREVIEWS, 1 << 30, lambda stages: stages.nbytes)

    def scaled(self, screen: int = SCREEN) -> Photo:
        """The photo with 8 bits per channel, shrunk to a longer side of `screen` pixels if it is larger."""
        return self._preview_stages_for(screen, "off").photo

    def _preview_stages_for(self, screen: int, levels: str, effort: str = "balanced") -> PreviewStages:
        return self._preview_stages.get(
            (screen, levels, effort), lambda: PreviewStages(self._full_stages_for(levels, effort), screen)
        )

    def _stages(self, edit: Edit) -> CachedStages:
        """The stages of the full-size photo for an edit."""
        return self._full_stages_for(edit.options.levels, edit.options.effort)

    def _full_stages_for(self, levels: str, effort: str = "balanced") -> CachedStages:
        networks = self._tinter.networks.at(effort)
        return self._full_stages.get((levels, effort), lambda: CachedStages(leveled(self.photo, levels), networks))

    @property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour."""
        return self._full_stages_for("off").kind

    @property
    def nbytes(self) -> int:
        """Approximate memory use of the photo and its caches, in bytes."""
        pages = (self.photo, *self.photo.pages)
        arrays = [array for page in pages for array in (page.pixels, page.native, page.alpha) if array is not None]
        return sum(array.nbytes for array in arrays) + self._full_stages.nbytes + self._preview_stages.nbytes

    def detect(self, gain: str = "auto", *, levels: str = "off") -> list[detections.Detection]:
        """The foreground and the objects in the photo, as `handtint inspect` lists them."""
        return self._full_stages_for(levels).detections(gain)

    def faces(self) -> list[tuple[float, float, float, float]]:
        """The faces in the photo, (left, top, right, bottom), each relative to the sides, 0..1."""
        return list(self._full_stages_for("off").segmentation("auto").faces)

    def palette(self, edit: Edit, point: tuple[float, float]) -> tuple[list[swatches.RGB], str]:
        """(likely colours of a point, sRGB 0..255, the likeliest first; `keep`'s term for the object at it, or "").

        point: (x, y), each 0..1.
        """
        options = replace(edit.options, hint=())
        stages = self._preview_stages_for(PALETTE_SIDE, options.levels)
        colors, _ = stages.hinted_colors(options, edit.reference)
        candidates = palette.likely_colors(stages.pixels, stages.segmentation(options.gain), colors, *point)
        return candidates, self._object_at(options, point)

    def _object_at(self, options: Options, point: tuple[float, float]) -> str:
        """The term of `keep` for the smallest detected object at a point, or ""."""
        candidates = []
        for detection in self.detect(options.gain, levels=options.levels):
            height, width = detection.alpha.shape
            if detection.number and detection.alpha[int(point[1] * height), int(point[0] * width)] > 127:
                candidates.append((detection.share, detection.term))
        return min(candidates, default=(0.0, ""))[1]

    def preview(self, edit: Edit, *, screen: int = SCREEN) -> Result:
        """The edited photo with a longer side of `screen` pixels: up to rounding, the result of `result`, shrunk."""
        hints.check_pages(edit.options.hints, 1 + len(self.photo.pages))
        stages = self._preview_stages_for(screen, edit.options.levels, edit.options.effort)
        feather = edit.options.feather * max(stages.photo.size) / max(self.photo.size)
        return stages.tinted(replace(edit.options, feather=feather), _mask(stages, edit), edit.reference)

    def result(self, edit: Edit) -> Result:
        """The edited photo at full size and depth, all pages: as `Tinter.run` returns it with `mask(edit)`."""
        hints.check_pages(edit.options.hints, 1 + len(self.photo.pages))
        mask, reference = self.mask(edit), edit.reference
        levels = edit.options.levels
        pages = (leveled(page, levels) for page in self.photo.pages)
        networks = self._tinter.networks.at(edit.options.effort)
        stages = [Stages(page, networks, page=n) for n, page in enumerate(pages, 2)]
        others = [page.result(edit.options, mask, reference) for page in stages]
        return combine_pages(self._stages(edit).result(edit.options, mask, reference), others)

    def mask(self, edit: Edit) -> Photo | None:
        """The mask to pass with the options, before inverting and feathering; None if `keep` suffices."""
        return _mask(self._stages(edit), edit)

    def selected(self, edit: Edit) -> Photo:
        """The mask of the edit, uploaded, painted or selected, before inverting and feathering."""
        return self.mask(edit) or Photo(self._stages(edit).selection(edit.options, edit.mask).alpha)


def _mask(stages: Stages, edit: Edit) -> Photo | None:
    """The mask of an edit with its strokes; None if there is neither a mask nor a stroke."""
    if not edit.strokes:
        return edit.mask
    alpha = stages.selection(edit.options, edit.mask).alpha
    if edit.options.invert:  # strokes add to what has colour in the result
        return Photo(cv2.bitwise_not(paint(cv2.bitwise_not(alpha), edit.strokes)))
    return Photo(paint(alpha, edit.strokes))
