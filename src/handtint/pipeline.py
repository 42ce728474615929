"""Colour, mask, blend: the one way from a photo to a tinted photo."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeGuard, overload

import numpy as np

from handtint import files, hints, keep, manner, variants
from handtint.errors import InputError, OptionError
from handtint.faces import Face
from handtint.image.arrays import large, resize
from handtint.image.color import blend, lab, light, tone
from handtint.image.masks import detections, masks, selection
from handtint.image.masks.selection import Selection
from handtint.image.metadata import privacy, provenance
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options, gain_factor
from handtint.pixels import as_dtype, collapse, keep_original, leveled, with_pixels
from handtint.result import Result, whole
from handtint.types import VOC, Alpha, Array, Float, Pixels, Segmentation

if TYPE_CHECKING:
    from PIL.Image import Image

    from handtint.model import Model, Task

__all__ = ["Result", "Tinter"]

DARK = 4096  # of 65536: a photo below it uses 12 bits of 16, or fewer
DARK_NOTE = "its values use 12 bits of 16, so it is nearly black; --levels auto stretches them"
PERSON = VOC.index("person")
SOME_REFERENCE = "a photograph"  # in the metadata of a result: the path of a file is nobody else's business
KIND_SIDE = 96  # pixels: the side at which a photo's kind is judged


class Stages:
    """The stages from one page of a photo to its tinted self: colours, segmentation, selection, result.

    Segmentation and faces are computed once, the rest anew when it is asked for; the subclasses of sessions keep it.
    """

    def __init__(self, photo: Photo, networks: Networks, *, page: int = 1) -> None:
        self.photo, self.networks, self.page = photo, networks, page
        self._segmentation: tuple[str, Segmentation] | None = None
        self._faces: tuple[str, list[Face]] | None = None

    @cached_property
    def pixels(self) -> Pixels:
        """The photo's pixels: (H, W) where it is gray, even if stored as RGB, else (H, W, 3)."""
        return collapse(self.photo.pixels)

    @cached_property
    def kind(self) -> tone.Kind:
        """Gray, toned or in colour."""
        return tone.kind(resize.shrink(self.pixels, resize.fit(self.photo.size, KIND_SIDE)))

    def colors(self, gain: str, closer_look: str) -> resize.GuidedCoefficients:
        """The colours that the colour network predicts, as guided coefficients from L in 0..1 to a*b*."""
        factor = gain_factor(gain)
        if closer_look == "off":
            return self.networks.colors(self.pixels, factor)
        return self.networks.colors(
            self.pixels, factor, faces=partial(self.faces, gain), people=partial(self._people, gain)
        )

    def hinted(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """The colours with the hints for this page laid over, and a note on those or ""; reference: as `result`."""
        if options.variant:
            options, variant_note = variants.applied(options, self.segmentation(options.gain), self._small_lightness())
            colors, note = self.hinted(options, reference)
            return colors, "; ".join(filter(None, (variant_note, note)))
        hints_here = [hint for hint in options.hints if hint.page == self.page]
        if not hints_here:
            return self.lit(self.colors(options.gain, options.closer_look), options, reference), ""

        def select(steps: tuple[keep.Step, ...]) -> Selection:
            return self.selection(replace(options, keep=keep.show(steps)))

        spread = hints.Known(self.pixels, self.segmentation(options.gain), select, hints_here)
        return spread.over(self.lit(self.colors(options.gain, options.closer_look), options, reference))

    def _small_lightness(self) -> Float:
        """L* (h, w) 0..100 at about KIND_SIDE * KIND_SIDE pixels."""
        return lab.lightness(resize.shrink(self.pixels, resize.fit(self.photo.size, KIND_SIDE)))

    def lit(
        self, colors: resize.GuidedCoefficients, options: Options, reference: Photo | None = None
    ) -> resize.GuidedCoefficients:
        """Predicted colours in the manner of the reference, and under the light, that the options ask for."""
        if reference is None and options.reference:
            reference = Photo.read(options.reference)
        if reference is not None:
            other = Stages(reference, self.networks)
            if other.kind == "gray":
                name = files.one_line(options.reference or "the photo given")
                raise OptionError(f"reference: {name} has no colours of its own")
            segmentation = self.segmentation(options.gain)
            colors = manner.after(colors, self.pixels, segmentation, other.pixels, other.segmentation(options.gain))
        return light.warmed(colors, options.warmth) if options.warmth else colors

    def _people(self, gain: str) -> Float | None:
        """The probability (h, w) of a person, None from a mask network that knows no classes."""
        classes = self.segmentation(gain).classes
        return None if classes is None else classes[PERSON]

    def segmentation(self, gain: str) -> Segmentation:
        """Classes and foreground by the mask network, at network size; kept, since two stages ask for it."""
        if self._segmentation is None or self._segmentation[0] != gain:
            segmentation = self.networks.segment(self.pixels, gain_factor(gain), faces=partial(self.faces, gain))
            self._segmentation = gain, segmentation
        return self._segmentation[1]

    def faces(self, gain: str) -> list[Face]:
        """The faces in the photo, the largest first; kept, since colours and segmentation ask for them."""
        if self._faces is None or self._faces[0] != gain:
            self._faces = gain, self.networks.find_faces(self.pixels, gain_factor(gain))
        return self._faces[1]

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """What `keep` asks for, or a mask in its place, before it is inverted and feathered."""
        if mask is not None:
            return Selection(masks.from_pixels(mask.pixels, mask.alpha, self.photo.size))
        steps = keep.parse(options.keep)
        segmentation = self.segmentation(options.gain) if keep.needs_segmentation(steps) else None
        return selection.select(steps, self.pixels, segmentation, matted=options.matting)

    def result(self, options: Options, mask: Photo | None = None, reference: Photo | None = None) -> Result:
        """The tinted page, with the metadata that the options ask for. Raises OptionError, InputError, WeightsError.

        mask, reference: in the place of those that the options name.
        """
        result = self.tinted(options, mask, reference)
        metadata = privacy.released(self.photo.metadata, options.metadata)
        if options.provenance and result.colors is not None and options.strength > 0 and result.alpha.any():
            models = {model.name: model.weights.sha256 for model in self._took_part(options, mask, reference)}
            told = replace(options, reference=SOME_REFERENCE) if reference or options.reference else options
            metadata = provenance.stated(metadata, models, told)
        if metadata == result.photo.metadata:
            return result
        return replace(result, photo=replace(result.photo, metadata=metadata))

    def _took_part(self, options: Options, mask: Photo | None, reference: Photo | None) -> list[Model]:
        """The models that the result depends on: the face detector only where it found faces and these were used."""
        networks = self.networks
        segmented = mask is None and keep.needs_segmentation(keep.parse(options.keep))
        looked_closer = options.closer_look != "off" and not networks.color.interface and bool(self.faces(options.gain))
        faces_told_apart = segmented and bool(self.segmentation(options.gain).faces)
        hinted = any(hint.page == self.page for hint in options.hints)
        colored_by_masks = hinted or reference is not None or bool(options.reference or options.variant)
        parts = (
            (networks.mask, segmented or looked_closer or colored_by_masks),
            (networks.faces, looked_closer or faces_told_apart),
        )
        return [networks.color, *(model for model, took_part in parts if took_part)]

    def tinted(self, options: Options, mask: Photo | None = None, reference: Photo | None = None) -> Result:
        """The tinted page with the metadata that it came with. Raises, and takes, as `result`."""
        photo, pixels, kind = self.photo, self.pixels, self.kind
        alpha, note = self._alpha(options, mask)
        dark = options.levels == "off" and pixels.dtype == np.uint16 and pixels.max() < DARK
        note = "; ".join(filter(None, (photo.note, DARK_NOTE if dark else "", note)))
        colors = None
        if options.colors == "predicted":
            colors, hint_note = self.hinted(options, reference)
            note = "; ".join(filter(None, (note, hint_note, hints.unseen(options.hints, alpha, page=self.page))))
        elif kind == "gray":
            note = "; ".join(dict.fromkeys(filter(None, (note, "the photo has no colours of its own"))))
        backdrop = options.background or ("gray" if kind == "color" and options.strength > 0 else "original")
        if options.strength == 0 and backdrop == "original":
            return Result(photo, alpha, colors, photo, note)
        threads = self.networks.threads or blend.THREADS
        painted = blend.over(pixels, colors, alpha, backdrop=backdrop, strength=options.strength, threads=threads)
        if colors is None and options.strength == 1 and pixels.ndim == 3:
            large.by_rows(keep_original, (painted, pixels, alpha), painted)
        return Result(with_pixels(photo, painted), alpha, colors, photo, note)

    def _alpha(self, options: Options, mask: Photo | None) -> tuple[Alpha, str]:
        """(alpha (H, W), inverted and feathered as the options ask, note)."""
        selected = self.selection(options, mask)
        alpha = 255 - selected.alpha if options.invert else selected.alpha
        return masks.feather(alpha, options.feather), selected.note


class Tinter:
    """A pair of networks, ready for photo after photo; each is loaded when first needed.

    It can be pickled, for `multiprocessing` and Dask: its copy loads the networks anew.
    """

    def __init__(self, model: str = "handtint", *, mask_model: str = "handtint-mask", threads: int = 0) -> None:
        """Choose the models by their names in the catalogue; threads 0 means one a core. Raises OptionError.

        model may also be an ONNX file of another network, ddcolor:FILE and the like; mask_model one
        of the u2net family or of IS-Net, or rembg:NAME.
        """
        self.networks = Networks(model, mask_model, threads=threads)

    @overload
    def tint(self, source: Photo | str | Path, *, mask: Photo | None = None, **settings: object) -> Photo:
        """A photo, or the file at a path: a Photo, to be written with its `write`."""

    @overload
    def tint(self, source: bytes | BinaryIO, *, mask: Photo | None = None, **settings: object) -> bytes:
        """The bytes of a file, or an open file: the bytes of a file of the same format, or of `format`."""

    @overload
    def tint(self, source: Array, *, mask: Photo | None = None, **settings: object) -> Array:
        """sRGB values (H, W), (H, W, 2 to 4): such values (H, W, 3), or (H, W, 4) with alpha.

        uint8, uint16 and floating point of 0..1 give the same dtype; bool gives uint8.
        """

    @overload
    def tint(self, source: Image, *, mask: Photo | None = None, **settings: object) -> Image:
        """A Pillow image of any mode: one of mode RGB or RGBA, 8 bits a channel."""

    def tint(
        self,
        source: Photo | str | Path | bytes | BinaryIO | Array | Image,
        *,
        mask: Photo | None = None,
        **settings: object,
    ) -> Photo | bytes | Array | Image:
        """Tint a photo; the settings are those of `Options`. What comes back is of the kind that went in.

        A Photo or a path gives a Photo; a file's bytes or an open file give a file's bytes; a NumPy array of sRGB
        values gives one of its dtype; a Pillow image gives one. mask: white keeps colour; it takes the place of
        `keep`. Raises OptionError, also for a setting there is none of; InputError; WeightsError.
        """
        options = Options.from_keywords(settings)
        self.prepare(options, masked=mask is not None)
        if isinstance(source, Photo | str | Path):
            return self.run(source if isinstance(source, Photo) else Photo.read(source), options, mask=mask).photo
        if isinstance(source, np.ndarray):
            return as_dtype(self.run(Photo.of(source), options, mask=mask).photo.array(), source.dtype)
        if isinstance(source, bytes) or _is_file(source):
            photo = self.run(Photo.read(source), options, mask=mask).photo
            return photo.encode(format=options.format or "", quality=options.quality)
        if _is_pillow(source):
            return self.run(Photo.from_pillow(source), options, mask=mask).photo.pillow()
        kinds = "a path, bytes, an open file, an array or a Pillow image"
        raise InputError(f"a photo is {kinds}, not {type(source).__name__}")

    def run(
        self, photo: Photo, options: Options, *, mask: Photo | None = None, reference: Photo | None = None
    ) -> Result:
        """Tint a photo, all its pages, and keep what led to the first.

        mask: white keeps colour; it takes the place of `keep`. reference: takes the place of the options' file.
        Raises OptionError, InputError, WeightsError.
        """
        hints.check_pages(options.hints, 1 + len(photo.pages))
        pages = (leveled(page, options.levels) for page in (photo, *photo.pages))
        networks = self.networks.at(options.effort)
        stages = (Stages(page, networks, page=n) for n, page in enumerate(pages, 1))
        first, *further = (page.result(options, mask, reference) for page in stages)
        return whole(first, further)

    def prepare(self, options: Options, *, masked: bool = False) -> None:
        """Begin to load the networks that an edit is sure to need, while its photo is still being read.

        masked: a mask takes the place of the options' `keep`. Others are loaded when they turn out to be needed.
        """
        predicted = options.colors == "predicted"
        looked_closer = options.closer_look != "off" and options.effort != "fast" and not self.networks.color.interface
        segmented = not masked and keep.needs_segmentation(keep.parse(options.keep))
        needed: dict[Task, bool] = {"mask": segmented, "color": predicted, "faces": predicted and looked_closer}
        self.networks.prepare([task for task, is_needed in needed.items() if is_needed])

    def segment(self, photo: Photo, *, gain: str = "auto") -> Segmentation:
        """Classes and foreground of a photo, at network size."""
        return Stages(photo, self.networks).segmentation(gain)

    def inspect(self, photo: Photo, *, gain: str = "auto") -> list[detections.Detection]:
        """The foreground and the objects in a photo, as `handtint inspect` lists them."""
        return detections.detect(self.segment(photo, gain=gain), photo.pixels)

    def label(self, photo: Photo, *, gain: str = "auto") -> tuple[Alpha, Array]:
        """(VOC class indices (H, W) uint8, alpha (H, W) float32 0..1 of the subject), at the photo's size.

        The indices are all 0 where the mask model knows no classes.
        """
        segmentation = self.segment(photo, gain=gain)
        alpha = masks.refine(masks.clean(segmentation.foreground), photo.pixels)
        has_classes = segmentation.classes is not None
        index = masks.label(segmentation, photo.size) if has_classes else np.zeros(photo.size, np.uint8)
        return index, alpha.astype(np.float32) / 255


def _is_file(source: object) -> TypeGuard[BinaryIO]:
    return hasattr(source, "read")


def _is_pillow(source: object) -> TypeGuard[Image]:
    return hasattr(source, "getexif")
