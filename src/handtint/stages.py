"""The stages from one page of a photo to its tinted self: what a run goes through once, and a session remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from handtint import keep, zoo
from handtint.colorizer import colorize
from handtint.image.arrays import large, resize
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import blend, tone
from handtint.image.masks import masks, selection
from handtint.image.masks.selection import Choice
from handtint.image.metadata import privacy, provenance
from handtint.image.photo import Photo
from handtint.options import Options, gain_factor
from handtint.segmenter import segment
from handtint.types import Alpha, Array, Engine, Pixels, Segmentation

DARK = 4096  # of 65536: a photo below it uses 12 bits of 16, or fewer
DARK_NOTE = "its values use 12 bits of 16, so it is nearly black; --levels auto stretches them"
GLANCE = 96  # side at which a photo's kind is judged


@dataclass(frozen=True, slots=True)
class Result:
    """A tinted photo and how it came about.

    photo: the result. alpha: (H, W) uint8, what kept its colour. colors: lines to a*b*, None for the photo's own.
    source: the photo that came in. note: what the person should know ("no person found"), or "".
    """

    photo: Photo
    alpha: Alpha
    colors: resize.Lines | None
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


class Networks:
    """A pair of networks, each loaded when first needed."""

    def __init__(self, color: str, mask: str, *, threads: int = 0) -> None:
        """Choose them by their names in the catalogue; threads 0 means one a core. Raises OptionError."""
        self._names = color, mask
        self.color, self.mask = zoo.find(color, "color"), zoo.find(mask, "mask")
        self.threads = threads

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled by name: networks that are loaded stay behind, and are loaded anew where needed."""
        return partial(Networks, threads=self.threads), self._names

    @cached_property
    def _color_engine(self) -> Engine:
        return self.color.engine(threads=self.threads)

    @cached_property
    def _mask_engine(self) -> Engine:
        return self.mask.engine(threads=self.threads)

    def colors(self, pixels: Pixels, gain: float | None) -> resize.Lines:
        """The colours of pixels (H, W) or (H, W, 3), seen with a gain. Raises WeightsError."""
        model = self.color
        return colorize(
            pixels,
            self._color_engine,
            side=model.side,
            gain=gain,
            square=model.square,
            interface=model.interface,
        )

    def segment(self, pixels: Pixels, gain: float | None) -> Segmentation:
        """What stands where in pixels (H, W) or (H, W, 3), seen with a gain. Raises WeightsError."""
        return segment(pixels, self._mask_engine, side=self.mask.side, gain=gain, kind=self.mask.kind)


class Stages:
    """One page under a pair of networks. Every stage is worked out anew when asked for; a subclass may remember."""

    def __init__(self, photo: Photo, networks: Networks) -> None:
        self.photo, self.networks = photo, networks

    @cached_property
    def pixels(self) -> Pixels:
        """The photo's pixels: (H, W) where it is gray, even if stored as RGB, else (H, W, 3)."""
        return collapse(self.photo.pixels)

    @cached_property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour."""
        return tone.kind(resize.shrink(self.pixels, resize.fit(self.photo.size, GLANCE)))

    def colors(self, gain: str) -> resize.Lines:
        """The colours that the network gives it."""
        return self.networks.colors(self.pixels, gain_factor(gain))

    def found(self, gain: str) -> Segmentation:
        """What stands where in it."""
        return self.networks.segment(self.pixels, gain_factor(gain))

    def choice(self, options: Options, mask: Photo | None = None) -> Choice:
        """What is kept, before it is turned round and feathered: what `keep` asks for, or a mask in its place."""
        if mask is not None:
            return Choice(masks.from_pixels(mask.pixels, mask.alpha, self.photo.size))
        steps = keep.parse(options.keep)
        found = self.found(options.gain) if keep.looks(steps) else None
        return selection.choose(steps, self.pixels, found, matted=options.matting)

    def result(self, options: Options, mask: Photo | None = None) -> Result:
        """The tinted page, with what may and should be said of it. Raises OptionError, InputError, WeightsError."""
        result = self.tinted(options, mask)
        said = privacy.released(self.photo.metadata, options.metadata)
        if options.provenance and result.colors is not None and options.strength > 0 and result.alpha.any():
            found = mask is None and keep.looks(keep.parse(options.keep))
            models = (self.networks.color, self.networks.mask) if found else (self.networks.color,)
            said = provenance.stated(said, {model.name: model.weights.sha256 for model in models}, options)
        if said == result.photo.metadata:
            return result
        return replace(result, photo=replace(result.photo, metadata=said))

    def tinted(self, options: Options, mask: Photo | None = None) -> Result:
        """The tinted page with the metadata that it came with. Raises as `result`."""
        photo, pixels, kind = self.photo, self.pixels, self.kind
        alpha, note = self._alpha(options, mask)
        dark = options.levels == "off" and pixels.dtype == np.uint16 and pixels.max() < DARK
        note = "; ".join(filter(None, (photo.note, DARK_NOTE if dark else "", note)))
        colors = None
        if options.colors == "predicted":
            colors = self.colors(options.gain)
        elif kind == "gray":
            note = "; ".join(dict.fromkeys(filter(None, (note, "the photo has no colours of its own"))))
        backdrop = options.background or ("gray" if kind == "color" and options.strength > 0 else "original")
        if options.strength == 0 and backdrop == "original":
            return Result(photo, alpha, colors, photo, note)
        threads = self.networks.threads or blend.THREADS
        painted = blend.over(pixels, colors, alpha, backdrop=backdrop, strength=options.strength, threads=threads)
        if colors is None and options.strength == 1 and pixels.ndim == 3:
            large.by_rows(_untouched, (painted, pixels, alpha), painted)
        return Result(_with_pixels(photo, painted), alpha, colors, photo, note)

    def _alpha(self, options: Options, mask: Photo | None) -> tuple[Alpha, str]:
        """(alpha (H, W) as it is used, what to say of it)."""
        chosen = self.choice(options, mask)
        alpha = 255 - chosen.alpha if options.invert else chosen.alpha
        return masks.feather(alpha, options.feather), chosen.note


def leveled(photo: Photo, levels: str) -> Photo:
    """The photo as `levels` asks: as it is ("off"), or one page of it stretched from black to white ("auto")."""
    pixels = tone.stretched(photo.pixels) if levels == "auto" else photo.pixels
    return photo if pixels is photo.pixels else _with_pixels(photo, pixels)


def whole(first: Result, further: Sequence[Result]) -> Result:
    """The result of a photo of several pages: the first page's, with the others' photos and notes."""
    if not further:
        return first
    notes = [first.note, *(page.note and f"page {n}: {page.note}" for n, page in enumerate(further, 2))]
    photo = replace(first.photo, pages=tuple(page.photo for page in further))
    return replace(first, photo=photo, note="; ".join(filter(None, notes)))


def collapse(pixels: Pixels) -> Pixels:
    """Gray pixels stored as RGB, as gray: the same photo at a third of the work."""
    return large.contiguous(pixels[..., 0]) if pixels.ndim == 3 and _is_neutral(pixels) else pixels


def _is_neutral(pixels: Pixels) -> bool:
    for rows in large.strips(large.ROWS, pixels):
        r, g, b = np.moveaxis(pixels[rows], -1, 0)
        if (r[::16] != g[::16]).any() or (r != g).any() or (g != b).any():
            return False
    return True


def _untouched(painted: Pixels, pixels: Pixels, alpha: Alpha) -> Pixels:
    """What was painted, and the photo's own pixels where all of their colour is kept."""
    return np.where((alpha == 255)[..., None], pixels, painted)


def _with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """The photo with new pixels; where nothing changed, its file's own values stay exactly."""
    if photo.native is None or photo.icc is None:
        return replace(photo, pixels=pixels)
    from handtint.image.io.codec import to_profile

    def unchanged(new: Pixels, now: Pixels, before: Pixels, own: Pixels) -> Pixels:
        return np.where((now == before).all(axis=2)[..., None], own, new)

    native = to_profile(pixels, photo.icc)
    large.by_rows(unchanged, (native, pixels, photo.pixels, photo.native), native)
    return replace(photo, pixels=pixels, native=native)
