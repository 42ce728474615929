"""A closer look: the colour network sees each small face again, alone, and what it says then is laid in softly.

In a group a face is some 10 pixels wide for a network that sees the whole at 256: too few for it to know skin. In a
crop of its own it is some 70.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from handtint.colorizer import coefficients_of
from handtint.faces import Face, like_skin
from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.types import Array, Engine, Float

CROP = 192  # pixels: side of what the network sees of a face
WIDE = 2.6  # face widths in a crop
MOST = 32  # faces, the largest first
BATCH = 8  # crops in one run of the network
LARGE = 64.0  # pixels of width in the network's first view, from which a face has been seen well enough
STRENGTH = 0.82  # of a crop's colours: the export strengthens the network's colours, which skin does not need
CELLS = 32.0  # a face is given so many coefficients across
SURE = 0.5  # mean probability of a person in a face's box, below which its own colours decide whether it is one,
POSSIBLE = 0.05  # and below which it is none: wheels and towers have next to nothing
REACH, REACH_UNSURE = 2.0, 1.4  # how far the colours of a face reach, in parts of its head, where they fade to nothing
FINEST = 1024  # side of the square that has as many coefficients as there are at most


@dataclass(frozen=True, slots=True)
class _Spot:
    """A face's crop: rows top..bottom and columns left..right of the coefficients, and the face's box in these.

    certain: whether the mask network sees a person there.
    """

    top: int
    left: int
    bottom: int
    right: int
    face: Face
    certain: bool

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.bottom - self.top, self.right - self.left


def look_closer(
    pixels: Array,
    first: resize.GuidedCoefficients,
    faces: Sequence[Face],
    engine: Engine,
    *,
    gain: float | None,
    crop: int = CROP,
    people: Float | None = None,
) -> resize.GuidedCoefficients:
    """The colours of a photo (H, W) or (H, W, 3), those of small faces from a closer look at each.

    first: the colours after one look at the whole. gain: as the whole was seen with; what it was there, it is for each
    crop. crop: side at which the network sees a crop. people: (h, w) probability that a person stands there, over the
    whole photo, for any h and w. Colours are laid in on people alone. Where the mask network doubts that it sees one, a
    face is one if the colour network gives it the colours of skin; that head is coloured without a mask, and nothing
    beyond it. Without small faces, `first` itself.
    """
    height, width = pixels.shape[:2]
    h, w = first.slope.shape[:2]
    rated = [(face, _person(face, people, (height, width))) for face in faces if face.width * w / width < LARGE]
    small = [(face, person) for face, person in rated if person >= POSSIBLE][:MOST]
    if not small:
        return first
    finer = _finer(first, [face for face, _ in small], (height, width))
    h, w = finer.slope.shape[:2]
    scale = h / height, w / width
    spots = [_spot(_scaled(face, scale), (h, w), person >= SURE) for face, person in small]
    adjustment = tone.adjustment(lab.lightness(resize.shrink(pixels, first.slope.shape[:2])), gain)
    crops = [_crop(pixels, spot, scale, crop) for spot in spots]
    seen = zip(spots, crops, _predictions(crops, adjustment, engine), strict=True)
    believed = [(spot, lines) for spot, L, lines in seen if spot.certain or _skin_colored(spot, L, lines)]
    if not believed:
        return first
    there = None if people is None else _smooth((resize.shrink(people, (h, w)) - np.float32(0.1)) / np.float32(0.4))
    return _laid_in(finer, believed, (h, w), there)


def _skin_colored(spot: _Spot, L: Float, lines: resize.GuidedCoefficients) -> bool:
    """Whether the middle of a face, half its box across and down, has the colours of skin by these lines.

    L: L* (h, w) 0..100 of the crop.
    """
    ab = lines.slope * (L / np.float32(100))[..., None] + lines.offset
    down, across = ab.shape[0] / spot.size[0], ab.shape[1] / spot.size[1]
    x, y = spot.face.middle
    rows = _middle((y - spot.top) * down, spot.face.height * down)
    columns = _middle((x - spot.left) * across, spot.face.width * across)
    return like_skin(ab[rows, columns])


def _middle(place: float, length: float) -> slice:
    """The half of a length about a place, one pixel at least."""
    start = max(0, round(place - length / 4))
    return slice(start, max(start + 1, round(place + length / 4)))


def _person(face: Face, people: Float | None, size: tuple[int, int]) -> float:
    """The mean of people (h, w), of a photo of a size, where the face is; 1 where nothing is known of them."""
    if people is None:
        return 1.0
    down, across = people.shape[0] / size[0], people.shape[1] / size[1]
    rows = slice(max(0, int(face.y0 * down)), int(face.y1 * down) + 1)
    columns = slice(max(0, int(face.x0 * across)), int(face.x1 * across) + 1)
    return float(people[rows, columns].mean())


def _finer(first: resize.GuidedCoefficients, faces: Sequence[Face], size: tuple[int, int]) -> resize.GuidedCoefficients:
    """The same lines with so many coefficients that the narrowest face has CELLS across, as far as there is room."""
    h, w = first.slope.shape[:2]
    needed = CELLS / min(face.width for face in faces) * (size[0] * size[1]) ** 0.5
    side = min(max(needed, (h * w) ** 0.5), FINEST, (size[0] * size[1]) ** 0.5)
    finer = resize.fit(size, max(1, round(side)))
    return first if finer[0] <= h or finer[1] <= w else first.enlarged(finer)


def _scaled(face: Face, scale: tuple[float, float]) -> Face:
    """The face in coefficients instead of pixels."""
    return Face(face.x0 * scale[1], face.y0 * scale[0], face.x1 * scale[1], face.y1 * scale[0], face.score)


def _spot(face: Face, size: tuple[int, int], certain: bool) -> _Spot:
    """The square round a face, moved into the photo where it would stand over its edge."""
    side = WIDE * max(face.width, 0.75 * face.height)
    (left, right), (top, bottom) = (
        _stretch(middle, side, whole) for middle, whole in zip(face.middle, size[::-1], strict=True)
    )
    return _Spot(top, left, bottom, right, face, certain)


def _stretch(middle: float, side: float, whole: int) -> tuple[int, int]:
    length = min(max(2, round(side)), whole)
    start = min(max(0, round(middle - length / 2)), whole - length)
    return start, start + length


def _crop(pixels: Array, spot: _Spot, scale: tuple[float, float], crop: int) -> Float:
    """L* (crop, crop) 0..100 of the photo there."""
    rows, columns = (
        slice(int(low / part), max(int(low / part) + 1, round(high / part)))
        for low, high, part in ((spot.top, spot.bottom, scale[0]), (spot.left, spot.right, scale[1]))
    )
    return lab.lightness(resize.shrink(pixels[rows, columns], (crop, crop)))


def _predictions(
    crops: Sequence[Float], adjustment: tone.Adjustment, engine: Engine
) -> Iterator[resize.GuidedCoefficients]:
    """The lines of each crop (crop, crop), L* 0..100."""
    for start in range(0, len(crops), BATCH):
        some = crops[start : start + BATCH]
        seen = np.stack([tone.adjusted(L, adjustment) for L in some])[:, None] / np.float32(lab.L_SCALE) - 1
        for L, answer in zip(some, engine.run(seen)[0], strict=True):
            yield coefficients_of(L, answer * np.float32(STRENGTH))


def _laid_in(
    finer: resize.GuidedCoefficients,
    predictions: Sequence[tuple[_Spot, resize.GuidedCoefficients]],
    size: tuple[int, int],
    people: Float | None,
) -> resize.GuidedCoefficients:
    """The lines with those of each spot in their places: mean values where spots overlap."""
    k = finer.slope.shape[2]
    total, weight = np.zeros((*size, 2 * k), np.float32), np.zeros((*size, 1), np.float32)
    for spot, lines in predictions:
        there = np.s_[spot.top : spot.bottom, spot.left : spot.right]
        both = resize.shrink(np.concatenate([lines.slope, lines.offset], axis=2), spot.size)
        share = _share(spot, size)[..., None]
        share = share * people[there][..., None] if people is not None and spot.certain else share
        total[there] += share * both
        weight[there] += share
    ours = np.minimum(weight, 1)
    mixed = np.concatenate([finer.slope, finer.offset], axis=2)
    mixed = mixed * (1 - ours) + total * (ours / np.maximum(weight, np.float32(1e-6)))
    return resize.GuidedCoefficients(np.ascontiguousarray(mixed[..., :k]), np.ascontiguousarray(mixed[..., k:]))


def _share(spot: _Spot, size: tuple[int, int]) -> Float:
    """How much of a spot's own look counts: all on head and hair, softly less, nothing at the crop's edges.

    At an edge that is the photo's own, it goes on.
    """
    x, y = spot.face.middle
    rows = np.arange(spot.top, spot.bottom, dtype=np.float32) + np.float32(0.5)
    columns = np.arange(spot.left, spot.right, dtype=np.float32) + np.float32(0.5)
    across = (columns - np.float32(x)) / np.float32(0.6 * spot.face.width)
    down = (rows - np.float32(y)) / np.float32(0.75 * spot.face.height)
    reach = np.float32(REACH if spot.certain else REACH_UNSURE)
    head = _smooth(2 * (reach - np.sqrt(across[None] ** 2 + down[:, None] ** 2)) / reach)
    inner_y = _inner(rows, spot.top, spot.bottom, size[0])
    inner_x = _inner(columns, spot.left, spot.right, size[1])
    return head * inner_y[:, None] * inner_x[None]


def _inner(places: Float, low: int, high: int, whole: int) -> Float:
    """0 at the ends low and high of a stretch, 1 from a sixth of it on; 1 at an end that is the photo's, 0 or whole."""
    edge = np.float32((high - low) / 6)
    left = (places - low) / edge if low > 0 else np.ones_like(places)
    right = (high - places) / edge if high < whole else np.ones_like(places)
    return _smooth(np.minimum(left, right))


def _smooth(x: Float) -> Float:
    """From 0 at 0 to 1 at 1, with no slope at either."""
    x = np.clip(x, 0, 1)
    return (x * x * (3 - 2 * x)).astype(np.float32)
