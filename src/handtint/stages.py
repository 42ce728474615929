"""The stages of tinting one page of a photo: colours, mask, blending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from handtint import color_transfer, files, hints, keep, variants
from handtint.errors import OptionError
from handtint.faces import Face
from handtint.image.arrays import large, resize
from handtint.image.color import blend, lab, light, tone
from handtint.image.masks import masks, selection
from handtint.image.masks.selection import Selection
from handtint.image.metadata import privacy, provenance
from handtint.image.photo import Photo
from handtint.networks import Networks
from handtint.options import Options, gain_factor
from handtint.pixels import collapse, keep_original, with_pixels
from handtint.result import Result
from handtint.types import VOC, Alpha, Float, Pixels, Segmentation

if TYPE_CHECKING:
    from handtint.model import Model

DARK = 4096  # of 65536: a photo below it uses 12 bits of 16, or fewer
DARK_NOTE = "its values use 12 bits of 16, so it is nearly black; --levels auto stretches them"
PERSON = VOC.index("person")
SOME_REFERENCE = "a photograph"  # in the metadata of a result, which must not contain paths of files
KIND_SIDE = 96  # pixels: the side at which a photo's kind is determined


class Stages:
    """The stages of tinting one page of a photo: colours, segmentation, selection, result.

    Segmentation and faces are cached; everything else is computed on each call, and cached by the sessions' subclasses.
    """

    def __init__(self, photo: Photo, networks: Networks, *, page: int = 1) -> None:
        self.photo, self.networks, self.page = photo, networks, page
        self._segmentation: tuple[str, Segmentation] | None = None
        self._faces: tuple[str, list[Face]] | None = None

    @cached_property
    def pixels(self) -> Pixels:
        """The photo's pixels: (H, W) if it is gray, even if it is stored as RGB, else (H, W, 3)."""
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

    def hinted_colors(self, options: Options, reference: Photo | None = None) -> tuple[resize.Planes, str]:
        """(the colours with the hints for this page, a note on those or ""). reference: as in `result`."""
        if options.variant:
            options, variant_note = variants.apply_variant(
                options, self.segmentation(options.gain), self._small_lightness()
            )
            colors, note = self.hinted_colors(options, reference)
            return colors, "; ".join(filter(None, (variant_note, note)))
        page_hints = [hint for hint in options.hints if hint.page == self.page]
        if not page_hints:
            return self.adjusted_colors(self.colors(options.gain, options.closer_look), options, reference), ""

        def select(steps: tuple[keep.Step, ...]) -> Selection:
            return self.selection(replace(options, keep=keep.show(steps)))

        layers = hints.HintLayers(self.pixels, self.segmentation(options.gain), select, page_hints)
        return layers.apply(self.adjusted_colors(self.colors(options.gain, options.closer_look), options, reference))

    def _small_lightness(self) -> Float:
        """L* (h, w) 0..100 at about KIND_SIDE * KIND_SIDE pixels."""
        return lab.lightness(resize.shrink(self.pixels, resize.fit(self.photo.size, KIND_SIDE)))

    def adjusted_colors(
        self, colors: resize.GuidedCoefficients, options: Options, reference: Photo | None = None
    ) -> resize.GuidedCoefficients:
        """The predicted colours after colour transfer from a reference and a change of the light, by the options."""
        if reference is None and options.reference:
            reference = Photo.read(options.reference)
        if reference is not None:
            other = Stages(reference, self.networks)
            if other.kind == "gray":
                name = files.one_line(options.reference or "the photo given")
                raise OptionError(f"reference: {name} has no colours of its own")
            segmentation = self.segmentation(options.gain)
            colors = color_transfer.transfer_colors(
                colors, self.pixels, segmentation, other.pixels, other.segmentation(options.gain)
            )
        return light.apply_warmth(colors, options.warmth) if options.warmth else colors

    def _people(self, gain: str) -> Float | None:
        """The probability (h, w) of a person; None if the mask network predicts no classes."""
        classes = self.segmentation(gain).classes
        return None if classes is None else classes[PERSON]

    def segmentation(self, gain: str) -> Segmentation:
        """Classes and foreground by the mask network, at network size; cached, since two stages use it."""
        if self._segmentation is None or self._segmentation[0] != gain:
            segmentation = self.networks.segment(self.pixels, gain_factor(gain), faces=partial(self.faces, gain))
            self._segmentation = gain, segmentation
        return self._segmentation[1]

    def faces(self, gain: str) -> list[Face]:
        """The faces in the photo, the largest first; cached, since colours and segmentation use them."""
        if self._faces is None or self._faces[0] != gain:
            self._faces = gain, self.networks.find_faces(self.pixels, gain_factor(gain))
        return self._faces[1]

    def selection(self, options: Options, mask: Photo | None = None) -> Selection:
        """The mask that `keep` selects, or the given mask instead, before inverting and feathering."""
        if mask is not None:
            return Selection(masks.from_pixels(mask.pixels, mask.alpha, self.photo.size))
        steps = keep.parse(options.keep)
        return selection.select(steps, self.pixels, self._segmentation_for(steps, options.gain), matted=options.matting)

    def _segmentation_for(self, steps: Sequence[keep.Step], gain: str) -> Segmentation | None:
        """The segmentation, with the parts of people if the steps name some; None if the steps need none."""
        if not keep.needs_segmentation(steps):
            return None
        segmentation = self.segmentation(gain)
        if not keep.needs_parts(steps):
            return segmentation
        return self.networks.with_parts(segmentation, self.pixels, gain_factor(gain))

    def result(self, options: Options, mask: Photo | None = None, reference: Photo | None = None) -> Result:
        """The tinted page, with metadata as the options say. Raises OptionError, InputError, WeightsError.

        mask, reference: replace those that the options name.
        """
        result = self.tinted(options, mask, reference)
        metadata = privacy.apply_policy(self.photo.metadata, options.metadata)
        if options.provenance and result.colors is not None and options.strength > 0 and result.alpha.any():
            models = {model.name: model.weights.sha256 for model in self._used_models(options, mask, reference)}
            recorded_options = replace(options, reference=SOME_REFERENCE) if reference or options.reference else options
            metadata = provenance.with_statement(metadata, models, recorded_options)
        if metadata == result.photo.metadata:
            return result
        return replace(result, photo=replace(result.photo, metadata=metadata))

    def _used_models(self, options: Options, mask: Photo | None, reference: Photo | None) -> list[Model]:
        """The models that the result depends on; the face detector only if faces were found and used."""
        networks = self.networks
        segmented = mask is None and keep.needs_segmentation(keep.parse(options.keep))
        used_closer_look = (
            options.closer_look != "off" and not networks.color.interface and bool(self.faces(options.gain))
        )
        people_separated = segmented and bool(self.segmentation(options.gain).faces)
        page_hints = [hint for hint in options.hints if hint.page == self.page]
        colors_use_mask = bool(page_hints) or reference is not None or bool(options.reference or options.variant)
        steps = [*(() if mask else keep.parse(options.keep)), *(step for hint in page_hints for step in hint.where)]
        used = (
            (networks.mask, segmented or used_closer_look or colors_use_mask),
            (networks.faces, used_closer_look or people_separated),
            (networks.parts, keep.needs_parts(steps)),
        )
        return [networks.color, *(model for model, was_used in used if was_used)]

    def tinted(self, options: Options, mask: Photo | None = None, reference: Photo | None = None) -> Result:
        """The tinted page with the metadata of the file. Arguments and errors as in `result`."""
        photo, pixels, kind = self.photo, self.pixels, self.kind
        alpha, note = self._alpha(options, mask)
        dark = options.levels == "off" and pixels.dtype == np.uint16 and pixels.max() < DARK
        note = "; ".join(filter(None, (photo.note, DARK_NOTE if dark else "", note)))
        colors = None
        if options.colors == "predicted":
            colors, hint_note = self.hinted_colors(options, reference)
            note = "; ".join(filter(None, (note, hint_note, self._hidden_hints(options, alpha))))
        elif kind == "gray":
            note = "; ".join(dict.fromkeys(filter(None, (note, "the photo has no colours of its own"))))
        backdrop = options.background or ("gray" if kind == "color" and options.strength > 0 else "original")
        if options.strength == 0 and backdrop == "original":
            return Result(photo, alpha, colors, photo, note)
        threads = self.networks.threads or blend.THREADS
        blended = blend.over(pixels, colors, alpha, backdrop=backdrop, strength=options.strength, threads=threads)
        if colors is None and options.strength == 1 and pixels.ndim == 3:
            large.by_rows(keep_original, (blended, pixels, alpha), blended)
        return Result(with_pixels(photo, blended), alpha, colors, photo, note)

    def _hidden_hints(self, options: Options, alpha: Alpha) -> str:
        """A note on hints at points where no colour is kept, or ""."""
        return hints.hidden_hints_note(options.hints, alpha, page=self.page)

    def _alpha(self, options: Options, mask: Photo | None) -> tuple[Alpha, str]:
        """(alpha (H, W), inverted and feathered as the options say; note)."""
        selected = self.selection(options, mask)
        alpha = 255 - selected.alpha if options.invert else selected.alpha
        return masks.feather(alpha, options.feather), selected.note
