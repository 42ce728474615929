"""The closer look at faces: the colour network runs again on a crop of each small face, and its colours are blended in.

In a picture of a group, a face is only about 12 pixels wide in the network's input of 320: too small to recognise skin.
In a crop of the face it is about 70 pixels wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from handtint.colorizer import coefficients_of
from handtint.faces import Face, has_skin_tone
from handtint.image.arrays import resize
from handtint.image.color import lab, tone
from handtint.types import Array, Engine, Float

CROP = 192  # pixels: side of the network's input for a crop
CROP_WIDTH = 2.6  # face widths in a crop
MAX_FACES = 32  # faces, the largest first
BATCH = 8  # crops in one run of the network
MAX_WIDTH = 64.0  # pixels: a face that was wider in the network's first input needs no closer look
STRENGTH = 0.85  # factor on the colours of a crop: skin fills it, and comes out stronger than in the whole picture
FACE_CELLS = 32.0  # coefficients across a face
CERTAIN_PERSON = 0.5  # mean probability of a person in a face's box; below it, the predicted colours decide
MIN_PERSON = 0.05  # below it, the detection is discarded: wheels and towers have almost 0
FADE_RADIUS, FADE_RADIUS_UNCERTAIN = 2.0, 1.4  # in radii of the head: where a face's colours have faded to 0
MAX_SIDE = 1024  # at most MAX_SIDE * MAX_SIDE coefficients


@dataclass(frozen=True, slots=True)
class _Crop:
    """The crop of a face: its rows top..bottom and columns left..right, and the face's box, in units of coefficients.

    certain: whether the mask network finds a person there.
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
    base: resize.GuidedCoefficients,
    faces: Sequence[Face],
    engine: Engine,
    *,
    gain: float | None,
    crop_side: int = CROP,
    people: Float | None = None,
) -> resize.GuidedCoefficients:
    """The colours of a photo (H, W) or (H, W, 3), with those of small faces predicted from a crop of each.

    base: the colours predicted for the whole photo, returned if there are no small faces. gain: as for the whole; the
    adjustment computed for it is used for each crop. crop_side: of the network's input for a crop. people: (h, w), the
    probability of a person, of any size. The colours are blended in on people only. If the mask network is uncertain of
    a person, a detected face counts if its predicted colours are those of skin; then only the head is blended in.
    """
    height, width = pixels.shape[:2]
    small = _small_faces(faces, people, (height, width), base.slope.shape[1])
    if not small:
        return base
    enlarged = _enlarge_for_faces(base, [face for face, _ in small], (height, width))
    h, w = enlarged.slope.shape[:2]
    scale = h / height, w / width
    crops = [_face_crop(_scaled(face, scale), (h, w), person >= CERTAIN_PERSON) for face, person in small]
    adjustment = tone.adjustment(lab.lightness(resize.shrink(pixels, base.slope.shape[:2])), gain)
    crop_lightness = [_crop_lightness(pixels, crop, scale, crop_side) for crop in crops]
    predictions = zip(crops, crop_lightness, _predictions(crop_lightness, adjustment, engine), strict=True)
    accepted = [
        (crop, coefficients)
        for crop, L, coefficients in predictions
        if crop.certain or _has_skin_colors(crop, L, coefficients)
    ]
    if not accepted:
        return base
    mask = None if people is None else _smoothstep((resize.shrink(people, (h, w)) - np.float32(0.1)) / np.float32(0.4))
    return _blend(enlarged, accepted, (h, w), mask)


def _small_faces(
    faces: Sequence[Face], people: Float | None, size: tuple[int, int], width: int
) -> list[tuple[Face, float]]:
    """(face, probability of a person) of the faces, in a photo of a size, that were small in an input of that width."""
    small = [face for face in faces if face.width * width / size[1] < MAX_WIDTH]
    rated = [(face, _person_probability(face, people, size)) for face in small]
    return [(face, person) for face, person in rated if person >= MIN_PERSON][:MAX_FACES]


def _has_skin_colors(crop: _Crop, L: Float, coefficients: resize.GuidedCoefficients) -> bool:
    """Whether the centre of a face, half its box in each direction, has skin colours by these coefficients.

    L: L* (h, w) 0..100 of the crop.
    """
    ab = coefficients.slope * (L / np.float32(100))[..., None] + coefficients.offset
    y_scale, x_scale = ab.shape[0] / crop.size[0], ab.shape[1] / crop.size[1]
    x, y = crop.face.center
    rows = _central_half((y - crop.top) * y_scale, crop.face.height * y_scale)
    columns = _central_half((x - crop.left) * x_scale, crop.face.width * x_scale)
    return has_skin_tone(ab[rows, columns])


def _central_half(center: float, length: float) -> slice:
    """The pixels of half a length around its centre, at least one."""
    start = max(0, round(center - length / 4))
    return slice(start, max(start + 1, round(center + length / 4)))


def _person_probability(face: Face, people: Float | None, size: tuple[int, int]) -> float:
    """The mean of people (h, w) in a face's box, for a photo of that size; 1 if people is None."""
    if people is None:
        return 1.0
    y_scale, x_scale = people.shape[0] / size[0], people.shape[1] / size[1]
    rows = slice(max(0, int(face.y0 * y_scale)), int(face.y1 * y_scale) + 1)
    columns = slice(max(0, int(face.x0 * x_scale)), int(face.x1 * x_scale) + 1)
    return float(people[rows, columns].mean())


def _enlarge_for_faces(
    base: resize.GuidedCoefficients, faces: Sequence[Face], size: tuple[int, int]
) -> resize.GuidedCoefficients:
    """The coefficients enlarged so that the narrowest face is FACE_CELLS wide, within MAX_SIDE and the photo's size."""
    h, w = base.slope.shape[:2]
    needed = FACE_CELLS / min(face.width for face in faces) * (size[0] * size[1]) ** 0.5
    side = min(max(needed, (h * w) ** 0.5), MAX_SIDE, (size[0] * size[1]) ** 0.5)
    larger = resize.fit(size, max(1, round(side)))
    return base if larger[0] <= h or larger[1] <= w else base.enlarged(larger)


def _scaled(face: Face, scale: tuple[float, float]) -> Face:
    """The face in units of coefficients instead of pixels."""
    return Face(face.x0 * scale[1], face.y0 * scale[0], face.x1 * scale[1], face.y1 * scale[0], face.score)


def _face_crop(face: Face, size: tuple[int, int], certain: bool) -> _Crop:
    """The square crop around a face, moved to lie inside the photo."""
    side = CROP_WIDTH * max(face.width, 0.75 * face.height)
    (left, right), (top, bottom) = (
        _interval(center, side, length) for center, length in zip(face.center, size[::-1], strict=True)
    )
    return _Crop(top, left, bottom, right, face, certain)


def _interval(center: float, side: float, total: int) -> tuple[int, int]:
    length = min(max(2, round(side)), total)
    start = min(max(0, round(center - length / 2)), total - length)
    return start, start + length


def _crop_lightness(pixels: Array, crop: _Crop, scale: tuple[float, float], crop_side: int) -> Float:
    """L* (crop_side, crop_side), 0..100, of the photo in the crop."""
    rows, columns = (
        slice(int(low / axis_scale), max(int(low / axis_scale) + 1, round(high / axis_scale)))
        for low, high, axis_scale in ((crop.top, crop.bottom, scale[0]), (crop.left, crop.right, scale[1]))
    )
    return lab.lightness(resize.shrink(pixels[rows, columns], (crop_side, crop_side)))


def _predictions(
    crop_lightness: Sequence[Float], adjustment: tone.Adjustment, engine: Engine
) -> Iterator[resize.GuidedCoefficients]:
    """The predicted coefficients of each crop (crop_side, crop_side), L* 0..100."""
    for start in range(0, len(crop_lightness), BATCH):
        batch = crop_lightness[start : start + BATCH]
        inputs = np.stack([tone.adjusted(L, adjustment) for L in batch])[:, None] / np.float32(lab.L_SCALE) - 1
        for L, ab in zip(batch, engine.run(inputs)[0], strict=True):
            yield coefficients_of(L, ab * np.float32(STRENGTH))


def _blend(
    enlarged: resize.GuidedCoefficients,
    predictions: Sequence[tuple[_Crop, resize.GuidedCoefficients]],
    size: tuple[int, int],
    people: Float | None,
) -> resize.GuidedCoefficients:
    """The coefficients with those of the crops blended in; their mean where crops overlap."""
    k = enlarged.slope.shape[2]
    total, weight = np.zeros((*size, 2 * k), np.float32), np.zeros((*size, 1), np.float32)
    for crop, coefficients in predictions:
        mask = np.s_[crop.top : crop.bottom, crop.left : crop.right]
        stacked = resize.shrink(np.concatenate([coefficients.slope, coefficients.offset], axis=2), crop.size)
        weights = _blend_weight(crop, size)[..., None]
        weights = weights * people[mask][..., None] if people is not None and crop.certain else weights
        total[mask] += weights * stacked
        weight[mask] += weights
    weights = np.minimum(weight, 1)
    blended = np.concatenate([enlarged.slope, enlarged.offset], axis=2)
    blended = blended * (1 - weights) + total * (weights / np.maximum(weight, np.float32(1e-6)))
    return resize.GuidedCoefficients(np.ascontiguousarray(blended[..., :k]), np.ascontiguousarray(blended[..., k:]))


def _blend_weight(crop: _Crop, size: tuple[int, int]) -> Float:
    """The weight (rows, columns), 0..1, of a crop's colours: 1 on head and hair, fading to 0 at the crop's edges.

    It does not fade at edges of the photo itself.
    """
    x, y = crop.face.center
    rows = np.arange(crop.top, crop.bottom, dtype=np.float32) + np.float32(0.5)
    columns = np.arange(crop.left, crop.right, dtype=np.float32) + np.float32(0.5)
    x_scale = (columns - np.float32(x)) / np.float32(0.6 * crop.face.width)
    y_scale = (rows - np.float32(y)) / np.float32(0.75 * crop.face.height)
    radius = np.float32(FADE_RADIUS if crop.certain else FADE_RADIUS_UNCERTAIN)
    head = _smoothstep(2 * (radius - np.sqrt(x_scale[None] ** 2 + y_scale[:, None] ** 2)) / radius)
    inner_y = _edge_fade(rows, crop.top, crop.bottom, size[0])
    inner_x = _edge_fade(columns, crop.left, crop.right, size[1])
    return head * inner_y[:, None] * inner_x[None]


def _edge_fade(positions: Float, low: int, high: int, total: int) -> Float:
    """0 at both ends of an interval, rising to 1 within a sixth of it; 1 at an end that is the photo's edge."""
    edge = np.float32((high - low) / 6)
    left = (positions - low) / edge if low > 0 else np.ones_like(positions)
    right = (high - positions) / edge if high < total else np.ones_like(positions)
    return _smoothstep(np.minimum(left, right))


def _smoothstep(x: Float) -> Float:
    """The smoothstep function: 0 at 0, 1 at 1, with slope 0 at both."""
    x = np.clip(x, 0, 1)
    return (x * x * (3 - 2 * x)).astype(np.float32)
