"""Properties of a film from its container and first frame: size, rate, depth, colours and length."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}
HDR = {16: "PQ", 18: "HLG"}  # transfer curves, by their number in ITU-T H.273
LIMITED, FULL = 1, 2  # ranges of levels, as FFmpeg counts them


@dataclass(frozen=True, slots=True)
class Colour:
    """How levels stand for colours, by the numbers of ITU-T H.273; 2 is not said. range: LIMITED or FULL."""

    matrix: int = 2
    primaries: int = 2
    transfer: int = 2
    range: int = LIMITED


@dataclass(frozen=True, slots=True)
class Facts:
    """A film's picture.

    size: (height, width) in pixels, upright. turn: quarter turns counterclockwise that bring a stored frame upright.
    aspect: width of an upright pixel over its height. rate: frames a second, on average. base: the unit of its time
    stamps in seconds. depth: bits a channel. frames: how many, about; 0 where that is not known. seconds: its length,
    0 where that is not known. interlaced: whether its frames are woven of two fields.
    """

    name: str
    size: tuple[int, int]
    rate: Fraction
    base: Fraction
    depth: int = 8
    turn: int = 0
    aspect: Fraction = Fraction(1)
    colour: Colour = Colour()
    frames: int = 0
    seconds: float = 0.0
    interlaced: bool = False
