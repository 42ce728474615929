"""Properties of a film, from its container and first frame: size, frame rate, bit depth, colours and length."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M", 9: "BT2020", 10: "BT2020"}
HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics, by their numbers in ITU-T H.273
LIMITED, FULL = 1, 2  # color ranges, by FFmpeg's numbers


@dataclass(frozen=True, slots=True)
class ColorTags:
    """A film's colour tags, by the numbers of ITU-T H.273, where 2 is "unspecified". range: LIMITED or FULL."""

    matrix: int = 2
    primaries: int = 2
    transfer: int = 2
    range: int = LIMITED


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What is known of a film's video stream.

    size: (height, width) in pixels, upright. rate: mean frames per second. time_base: unit of its time stamps, in
    seconds. depth: bits per channel. quarter_turns: counterclockwise rotations by 90 degrees that bring a stored frame
    upright. aspect: width / height of an upright pixel. frames: estimated number, 0 if unknown. seconds: its length, 0
    if unknown. interlaced: whether each frame consists of two fields.
    """

    name: str
    size: tuple[int, int]
    rate: Fraction
    time_base: Fraction
    depth: int = 8
    quarter_turns: int = 0
    aspect: Fraction = Fraction(1)
    color: ColorTags = ColorTags()
    frames: int = 0
    seconds: float = 0.0
    interlaced: bool = False
