"""The result of tinting: the photo, its mask and its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from handtint.image.arrays import resize
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import blend
from handtint.image.photo import Photo
from handtint.types import Alpha, Array


@dataclass(frozen=True, slots=True)
class Result:
    """A tinted photo with the mask and colours that it was made from.

    photo: the tinted one. alpha: (H, W) uint8, the mask. colors: guided coefficients from L to a*b*, or None for the
    photo's own colours. source: the original photo, after `levels`. note: for the user, such as "no person found",
    or "".
    """

    photo: Photo
    alpha: Alpha
    colors: resize.Planes | None
    source: Photo
    note: str = ""

    def tiles(self, side: int = 640) -> list[tuple[str, Array]]:
        """The four panels of the 2022 report, 8-bit RGB, at most `side` pixels: gray, colourised, mask, blended."""
        height, width = self.source.size
        scale = min(1.0, side / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        small = eight_bits(resize.shrink(self.source.pixels, size))
        gray = blend.render_backdrop(small, "gray")
        colored = blend.over(small, self.colors, None, backdrop="gray")
        mask = np.repeat(resize.shrink(self.alpha, size)[..., None], 3, axis=2)
        blended = eight_bits(resize.shrink(self.photo.pixels, size))
        if blended.ndim == 2:
            blended = blend.render_backdrop(blended, "gray")
        return [("Grayscale", gray), ("Colorized", colored), ("Mask", mask), ("Blended", blended)]


def combine_pages(first: Result, others: Sequence[Result]) -> Result:
    """The result of a photo with several pages: that of the first page, with the photos and notes of the others."""
    if not others:
        return first
    notes = [first.note, *(page.note and f"page {number}: {page.note}" for number, page in enumerate(others, 2))]
    photo = replace(first.photo, pages=tuple(page.photo for page in others))
    return replace(first, photo=photo, note="; ".join(filter(None, notes)))
