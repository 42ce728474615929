"""The settings of an edit, each declared once: flags, form fields, recipe files and the page's controls follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from handtint import keep as language
from handtint.errors import OptionError
from handtint.settings import hint as nearest
from handtint.settings import setting, validate

BACKGROUNDS = ("original", "gray", "sepia", "dim")
LEVELS = ("off", "auto")
CLOSER_LOOKS = ("auto", "off")
EFFORTS = ("fast", "balanced", "best")
COLORS = ("predicted", "original")
METADATA = ("keep", "strip", "safe")
FORMATS = ("jpeg", "png", "tiff", "webp")
MAX_HINTS = 200
_FORMAT_NAMES = {"jpg": "jpeg", "tif": "tiff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One edit. Raises OptionError for a value that cannot be used."""

    keep: str = setting(
        "subject",
        "What keeps its colour: subject (the foreground), all, classes (person,dog), one object (person:1), parts of "
        "people (person.skin, .hair, .clothes), the object at a point (@x,y) or in a box (@x0,y0,x1,y1), a mask "
        "(file:MASK), a range of hues (hue:20-50). Add terms with +, subtract with -, and give each a strength with =: "
        "person:1 + dog=0.4.",
    )
    hint: tuple[str, ...] = setting(
        (),
        "A known colour, WHERE=COLOUR; may be repeated. WHERE: a point (@52%,60%, or in pixels), or anything else that "
        "--keep can name (person:1, a box, file:MASK). COLOUR: #rrggbb, a CSS name (navy), or gray. The photo keeps "
        "its lightness.",
    )
    invert: bool = setting(False, "Colour everything except what --keep names.")
    background: str | None = setting(
        None,
        "The look of everything that --keep does not name. Default: original (the photo's own tone), but gray for a "
        "photo in colour.",
        choices=BACKGROUNDS,
    )
    strength: float = setting(1.0, "The strength of the colours: 0 is gray, 1 as predicted.", low=0, high=1.5)
    feather: float = setting(0.0, "Soften the mask's edge by this many pixels.", low=0, high=1000)
    gain: str = setting(
        "auto",
        "Adjust the contrast of faded or saturated photos for the networks: auto, off or a factor. The tones of the "
        "result do not change.",
    )
    levels: str = setting(
        "off",
        "auto: first stretch the tones of the photo from black to white, for pale photos and for 12-bit scans in "
        "16-bit files. off: keep them.",
        choices=LEVELS,
    )
    closer_look: str = setting(
        "auto",
        "Run the colour network again on each small face, so that faces in groups are not left gray: auto or off.",
        choices=CLOSER_LOOKS,
    )
    effort: str = setting(
        "balanced",
        "Speed or quality: fast (smaller inputs, no closer look at faces), balanced, or best (the mask also from a "
        "mirrored copy).",
        choices=EFFORTS,
    )
    colors: str = setting(
        "predicted",
        "Take the colours from the network (predicted), or keep those of a colour photo (original).",
        choices=COLORS,
    )
    warmth: float = setting(
        0.0,
        "The light of the predicted colours: from -1, cool as in the shade, to 1, warm as in the evening.",
        low=-1,
        high=1,
    )
    reference: str | None = setting(
        None, "A colour photograph whose colours are transferred to the objects that both photographs show."
    )
    variant: int = setting(
        0,
        "The number of a plausible version, which differs where the photo is ambiguous, as in the colour of clothes; "
        "0 for the likeliest colours.",
        low=0,
        high=8,
    )
    model: str = setting(
        "handtint",
        "The network that predicts colours: a model of the catalogue (see `handtint models`), or an ONNX file of "
        "another network: ddcolor:FILE, siggraph17:FILE, eccv16:FILE, rgb:FILE.",
    )
    mask_model: str = setting(
        "handtint-mask",
        "The network that finds the mask: a model of the catalogue, an ONNX file of the u2net family or of IS-Net, or "
        "rembg:NAME.",
    )
    matting: bool = setting(
        False, "Find the edges of hair and fur by closed-form matting: slower, needs the extra `matting`."
    )
    format: str | None = setting(
        None, "The format of the result. Default: that of the output's name, else the photo's own.", choices=FORMATS
    )
    quality: int = setting(95, "The quality of JPEG and WebP.", low=1, high=100)
    metadata: str = setting(
        "keep",
        "EXIF, XMP and IPTC: keep them, strip them, or keep them without the location (safe).",
        choices=METADATA,
    )
    provenance: bool = setting(True, "State in the result's XMP that its colours are predicted, and by which models.")

    def __post_init__(self) -> None:
        if isinstance(self.format, str):
            object.__setattr__(self, "format", _FORMAT_NAMES.get(self.format, self.format))
        for declared in fields(self):
            object.__setattr__(self, declared.name, validate(declared, getattr(self, declared.name)))
        language.parse(self.keep)
        if len(self.hint) > MAX_HINTS:
            raise OptionError(f"hint: {len(self.hint)} hints, at most {MAX_HINTS} are allowed")
        if self.hints and self.colors == "original":
            raise OptionError("hint: hints change predicted colours, but colors is 'original'; leave out one of them")
        gain_factor(self.gain)

    @classmethod
    def from_keywords(cls, values: Mapping[str, Any]) -> Options:
        """Options from keyword arguments. Raises OptionError for an unknown name, with the nearest one."""
        names = [declared.name for declared in fields(cls)]
        for name in values:
            if name not in names:
                raise OptionError(f"unknown option {name!r}; {nearest(name, names)}")
        return cls(**values)

    @property
    def hints(self) -> tuple[language.Hint, ...]:
        """The parsed hints."""
        return tuple(language.parse_hint(text) for text in self.hint)

    @property
    def named(self) -> tuple[language.Step, ...]:
        """The steps of `keep` and of all hints."""
        return (*language.parse(self.keep), *(step for hint in self.hints for step in hint.where))


def gain_factor(gain: str) -> float | None:
    """The factor of a `gain` setting: None for "auto", 1 for "off". Raises OptionError."""
    if gain in ("auto", "off"):
        return None if gain == "auto" else 1.0
    try:
        factor = float(gain)
    except ValueError:
        factor = -1.0
    if not 0.1 <= factor <= 10:
        raise OptionError(f"gain: {gain!r} is not auto, off or a factor between 0.1 and 10")
    return factor
