"""Colour, mask, blend: the one way from a photo to a tinted photo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from handtint import keep, zoo
from handtint.colorizer import colorize
from handtint.image import blend, choice, findings, large, masks, privacy, provenance, resize, tone
from handtint.image.photo import Photo
from handtint.options import Options, gain_factor
from handtint.segmenter import segment
from handtint.types import Array, Engine, Pixels, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

GLANCE = 96  # side at which a photo's kind is judged


@dataclass(frozen=True, slots=True)
class Result:
    """A tinted photo and how it came about.

    photo: the result. alpha: (H, W) uint8, what kept its colour. colors: lines to a*b*, None for the photo's own.
    source: the photo that came in. note: what the person should know ("no person found"), or "".
    """

    photo: Photo
    alpha: masks.Alpha
    colors: resize.Lines | None
    source: Photo
    note: str = ""

    def tiles(self, side: int = 640) -> list[tuple[str, Array]]:
        """The four panels of the 2022 report, 8-bit RGB, at most `side` pixels: gray, colourised, mask, blended."""
        height, width = self.source.size
        scale = min(1.0, side / max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        small = eight_bit(resize.shrink(self.source.pixels, size))
        gray = blend.render_backdrop(small, "gray")
        colored = blend.over(small, self.colors, None, backdrop="gray")
        mask = np.repeat(resize.shrink(self.alpha, size)[..., None], 3, axis=2)
        blended = eight_bit(resize.shrink(self.photo.pixels, size))
        if blended.ndim == 2:
            blended = blend.render_backdrop(blended, "gray")
        return [("Grayscale", gray), ("Colorized", colored), ("Mask", mask), ("Blended", blended)]


def eight_bit(pixels: Pixels) -> Pixels:
    """uint8 of uint8 or uint16 pixels, rounded."""
    return pixels if pixels.dtype == np.uint8 else np.round(pixels / np.float32(257)).astype(np.uint8)


class Tinter:
    """A loaded pair of networks, ready for photo after photo. Networks load when first needed."""

    def __init__(self, model: str = "handtint", *, mask_model: str = "handtint-mask", threads: int = 0) -> None:
        """Choose the models by their names in the catalogue; threads 0 means one a core. Raises OptionError.

        mask_model may also be the path of an ONNX file of the u2net family, or rembg:NAME.
        """
        self._color, self._mask = zoo.find(model, "color"), zoo.find(mask_model, "mask")
        self._threads = threads

    @cached_property
    def _color_engine(self) -> Engine:
        return self._color.engine(threads=self._threads)

    @cached_property
    def _mask_engine(self) -> Engine:
        return self._mask.engine(threads=self._threads)

    @overload
    def tint(self, source: bytes, *, mask: Photo | None = None, **settings: object) -> bytes: ...
    @overload
    def tint(self, source: Array, *, mask: Photo | None = None, **settings: object) -> Array: ...
    @overload
    def tint(self, source: Photo | str | Path, *, mask: Photo | None = None, **settings: object) -> Photo: ...
    @overload
    def tint(self, source: Image, *, mask: Photo | None = None, **settings: object) -> Image: ...

    def tint(
        self, source: Photo | str | Path | bytes | Array | Image, *, mask: Photo | None = None, **settings: object
    ) -> Photo | bytes | Array | Image:
        """Tint a photo; the settings are those of `Options`. What comes back is of the kind that went in.

        A Photo or a path gives a Photo; a file's bytes give a file's bytes; a NumPy array of sRGB pixels gives one
        (H, W, 3); a Pillow image gives one. Raises OptionError, InputError, WeightsError.
        """
        options = Options(**settings)  # type: ignore[arg-type]
        if isinstance(source, Photo):
            return self.run(source, options, mask=mask).photo
        if isinstance(source, str | Path):
            return self.run(Photo.read(source), options, mask=mask).photo
        if isinstance(source, bytes):
            photo = self.run(Photo.read(source), options, mask=mask).photo
            return photo.encode(format=options.format or "", quality=options.quality)
        if isinstance(source, np.ndarray):
            return self.run(Photo.of(source), options, mask=mask).photo.array()
        return self.run(Photo.from_pillow(source), options, mask=mask).photo.pillow()

    def run(self, photo: Photo, options: Options, *, mask: Photo | None = None) -> Result:
        """Tint a photo, all its pages, and keep what led to the first.

        mask: white keeps colour; it takes the place of `keep`. Raises OptionError, InputError, WeightsError.
        """
        first = self._page(photo, options, mask)
        if not photo.pages:
            return first
        further = [self._page(page, options, mask) for page in photo.pages]
        notes = [first.note, *(page.note and f"page {n}: {page.note}" for n, page in enumerate(further, 2))]
        whole = replace(first.photo, pages=tuple(page.photo for page in further))
        return replace(first, photo=whole, note="; ".join(filter(None, notes)))

    def _page(self, photo: Photo, options: Options, mask: Photo | None) -> Result:
        """One page tinted, with what may and should be said of it."""
        result = self._tinted(photo, options, mask)
        said = privacy.released(photo.metadata, options.metadata)
        if options.provenance and result.colors is not None and options.strength > 0 and result.alpha.any():
            found = mask is None and keep.looks(keep.parse(options.keep))
            models = (self._color, self._mask) if found else (self._color,)
            said = provenance.stated(said, {model.name: model.weights.sha256 for model in models}, options)
        if said == result.photo.metadata:
            return result
        return replace(result, photo=replace(result.photo, metadata=said))

    def _tinted(self, photo: Photo, options: Options, mask: Photo | None) -> Result:
        pixels = _collapse(photo.pixels)
        gain = gain_factor(options.gain)
        kind = tone.kind(resize.shrink(pixels, resize.fit(photo.size, GLANCE)))
        alpha, note = self._alpha(pixels, options, gain, mask)
        colors = None
        if options.colors == "predicted":
            model = self._color
            colors = colorize(pixels, self._color_engine, side=model.side, gain=gain, square=model.square)
        elif kind == "gray":
            note = "; ".join(dict.fromkeys(filter(None, (note, "the photo has no colours of its own"))))
        backdrop = options.background or ("gray" if kind == "color" and options.strength > 0 else "original")
        if options.strength == 0 and backdrop == "original":
            return Result(photo, alpha, colors, photo, note)
        threads = self._threads or blend.THREADS
        painted = blend.over(pixels, colors, alpha, backdrop=backdrop, strength=options.strength, threads=threads)
        if colors is None and options.strength == 1 and pixels.ndim == 3:
            np.copyto(painted, pixels, where=(alpha == 255)[..., None])
        return Result(_with_pixels(photo, painted), alpha, colors, photo, note)

    def segment(self, photo: Photo, *, gain: str = "auto") -> Segmentation:
        """What stands where in a photo, at network size."""
        return self._segment(_collapse(photo.pixels), gain_factor(gain))

    def inspect(self, photo: Photo, *, gain: str = "auto") -> list[findings.Finding]:
        """The foreground and the things in a photo, as `handtint inspect` tells of them."""
        return findings.every(self.segment(photo, gain=gain), photo.pixels)

    def label(self, photo: Photo, *, gain: str = "auto") -> tuple[masks.Alpha, Array]:
        """(VOC class indices (H, W) uint8, alpha (H, W) float32 0..1 of the subject), at the photo's size.

        The indices are all 0 where the mask model knows no classes.
        """
        found = self.segment(photo, gain=gain)
        alpha = masks.refine(masks.clean(found.foreground), photo.pixels)
        index = np.zeros(photo.size, np.uint8) if found.classes is None else masks.label(found, photo.size)
        return index, alpha.astype(np.float32) / 255

    def _alpha(
        self, pixels: Pixels, options: Options, gain: float | None, mask: Photo | None
    ) -> tuple[masks.Alpha, str]:
        if mask is not None:
            chosen = choice.Choice(masks.from_pixels(mask.pixels, mask.alpha, (pixels.shape[0], pixels.shape[1])))
        else:
            steps = keep.parse(options.keep)
            found = self._segment(pixels, gain) if keep.looks(steps) else None
            chosen = choice.choose(steps, pixels, found, matted=options.matting)
        alpha = 255 - chosen.alpha if options.invert else chosen.alpha
        return masks.feather(alpha, options.feather), chosen.note

    def _segment(self, pixels: Pixels, gain: float | None) -> Segmentation:
        return segment(pixels, self._mask_engine, side=self._mask.side, gain=gain, kind=self._mask.kind)


def _collapse(pixels: Pixels) -> Pixels:
    """Gray pixels stored as RGB, as gray: the same photo at a third of the work."""
    return large.contiguous(pixels[..., 0]) if pixels.ndim == 3 and _is_neutral(pixels) else pixels


def _is_neutral(pixels: Pixels) -> bool:
    for top in range(0, len(pixels), large.ROWS):
        r, g, b = np.moveaxis(pixels[top : top + large.ROWS], -1, 0)
        if (r[::16] != g[::16]).any() or (r != g).any() or (g != b).any():
            return False
        large.release(pixels)
    return True


def _with_pixels(photo: Photo, pixels: Pixels) -> Photo:
    """The photo with new pixels; where nothing changed, its file's own values stay exactly."""
    if photo.native is None or photo.icc is None:
        return replace(photo, pixels=pixels)
    from handtint.image.codec import to_profile

    def unchanged(new: Pixels, now: Pixels, before: Pixels, own: Pixels) -> Pixels:
        return np.where((now == before).all(axis=2)[..., None], own, new)

    native = to_profile(pixels, photo.icc)
    large.by_rows(unchanged, (native, pixels, photo.pixels, photo.native), native)
    return replace(photo, pixels=pixels, native=native)
