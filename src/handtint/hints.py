"""Colour hints applied to predicted colours.

A hint for an object or a mask gives all of it one colour, lighter and darker as in the photo. The colour of a point is
propagated to similar pixels: within the hinted object that contains the point, or else outside of all hinted objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from handtint import keep
from handtint.errors import InputError, OptionError
from handtint.image.arrays import resize
from handtint.image.arrays.layers import Layer, Layers, LimitedSum
from handtint.image.arrays.resize import GuidedCoefficients, Planes
from handtint.image.color import lab
from handtint.image.color.spread import LIMIT_SLOPE, Position, Scene, spread
from handtint.image.color.swatches import SURFACE
from handtint.image.masks.points import Prompt, region
from handtint.image.masks.selection import Selection
from handtint.keep import Hint
from handtint.types import Alpha, Float, Pixels, Segmentation

SIDE = 256  # pixels: colours are propagated at about SIDE * SIDE
RADIUS, EPSILON = 3, 4e-3  # of the guided filter that enlarges propagated colours to full size
SIGMA = 1.0  # cells: of the final correction at a point
MIN_CHROMA_KEPT = 0.95  # a colour that loses more of its chroma gets a note

Select = Callable[[tuple[keep.Step, ...]], Selection]


@dataclass(frozen=True, slots=True)
class _Point:
    """A point of known colour. row, column: its pixel. L: L* there, 0..100. ab: (2,). strength: 0..1."""

    position: Position
    row: int
    column: int
    L: float
    ab: Float
    strength: float


class HintLayers:
    """The hints for one photo: a layer for each hinted object, and points, each in one of these layers or in none."""

    def __init__(self, pixels: Pixels, segmentation: Segmentation, select: Select, hints: Sequence[Hint]) -> None:
        """Find the objects and points of the hints.

        pixels: (H, W) or (H, W, 3). segmentation: of the photo. select: returns the mask (H, W) for steps of `keep`.
        Raises OptionError for a point outside of the photo, and as `select` does.
        """
        self._pixels, self._segmentation, self._hints = pixels, segmentation, hints
        self._size = pixels.shape[0], pixels.shape[1]
        self._notes: list[str] = []
        self._L = lab.lightness(resize.shrink(pixels, resize.fit(self._size, SIDE)))
        self._masks = [(hint, self._mask(hint, select)) for hint in hints if not hint.point]
        self._points_by_mask = self._group_points()

    def apply(self, colors: GuidedCoefficients) -> tuple[Planes, str]:
        """(the predicted colours with the hints applied, a note for the user or "")."""
        points_by_mask = self._points_by_mask
        base = self._spread_points(colors, points_by_mask[-1])
        layers = []
        for index, (hint, alpha) in enumerate(self._masks):
            layers.append(Layer(alpha, self._spread_points(self._flat(hint, alpha), points_by_mask[index])))
        note = "; ".join(dict.fromkeys(self._notes))
        return (Layers(base, layers) if layers else base), note

    def _mask(self, hint: Hint, select: Select) -> Alpha:
        try:
            selected = select(hint.where)
        except InputError as error:
            raise OptionError(_renamed(str(error))) from error
        if not selected.alpha.any():
            self._notes.append(f"hint {hint}: {selected.note or 'nothing is there'}")
        return selected.alpha

    def _group_points(self) -> dict[int, list[_Point]]:
        """The points in each mask, by its index; -1 for those in none."""
        points_by_mask: dict[int, list[_Point]] = {index: [] for index in range(-1, len(self._masks))}
        for hint in self._hints:
            if hint.point:
                point = self._point(hint, hint.point)
                inside = [index for index, (_, alpha) in enumerate(self._masks) if alpha[point.row, point.column] > 127]
                points_by_mask[inside[-1] if inside else -1].append(point)
        return points_by_mask

    def _point(self, hint: Hint, point: keep.Point) -> _Point:
        if point.at is not None:
            raise OptionError(f"hint: {point} has a time, which only films have")
        height, width = self._size
        position = point.x.share(width), point.y.share(height)
        if max(position) > 1:
            raise OptionError(f"hint: {point} lies outside of the photo, which is {width} x {height} pixels")
        row, column = min(int(position[1] * height), height - 1), min(int(position[0] * width), width - 1)
        center = (column + 0.5) / width, (row + 0.5) / height
        L = float(lab.lightness(self._pixels[row : row + 1, column : column + 1])[0, 0])
        return _Point(center, row, column, L, self._achievable_ab(hint, L), hint.where[0].strength)

    def _achievable_ab(self, hint: Hint, L: float) -> Float:
        """The a*b* (2,) of a hint's colour, with chroma reduced to the largest possible at that lightness."""
        a, b = lab.split(np.array(hint.rgb, np.uint8)[None, None])[1][0, 0]
        scale = min(1.0, (SURFACE * L + 5) / max(float(np.hypot(a, b)), 1e-6))
        L_plane = np.full(1, L, np.float32)
        ab = np.concatenate(
            lab.fit_gamut(L_plane, L_plane * 0 + a * np.float32(scale), L_plane * 0 + b * np.float32(scale))
        )
        if np.hypot(*ab) < MIN_CHROMA_KEPT * np.hypot(a, b):
            self._notes.append(f"hint {hint}: the photo's lightness there allows only a paler colour")
        return ab

    def _flat(self, hint: Hint, alpha: Alpha) -> GuidedCoefficients:
        """The coefficients of one colour for an object: a*b* are proportional to L* + 16, as those of a lit surface.

        At the object's mean lightness they are those of the hint.
        """
        weight = resize.shrink(alpha, self._L.shape).astype(np.float32)
        L = float((self._L * weight).sum() / max(float(weight.sum()), 1e-6)) if weight.any() else 50.0
        slope = (self._achievable_ab(hint, L) * np.float32(100 / (L + 16)))[None, None]
        return GuidedCoefficients(slope, slope * np.float32(0.16))

    def _spread_points(self, coefficients: GuidedCoefficients, points: Sequence[_Point]) -> Planes:
        """The colours with those of points propagated over them."""
        if not points:
            return coefficients
        guide = self._L * np.float32(0.01)
        scene = Scene(self._L, np.dstack(coefficients.planes(guide, 0, len(guide))), self._segmentation)
        predicted = self._values(coefficients, points)
        strengths = np.array([[point.strength] for point in points], np.float32)
        missing = (np.stack([point.ab for point in points]) - predicted) * strengths
        positions = [point.position for point in points]
        objects = np.stack([region(self._segmentation, Prompt((position,))) for position in positions])
        propagated = spread(scene, positions, missing, objects)
        correction = resize.guided_coefficients(guide, propagated.values, radius=RADIUS, epsilon=EPSILON)
        vertical, horizontal = (
            _gaussians([position[axis] for position in positions], cells)
            for axis, cells in zip((1, 0), guide.shape, strict=True)
        )
        point_limit = (vertical[:, :, None] * horizontal[:, None]).max(axis=0) * np.float32(LIMIT_SLOPE)
        limit = np.maximum(propagated.limit, point_limit)
        return LimitedSum(
            coefficients, _corrected_at_points(correction, points, missing - self._values(correction, points)), limit
        )

    def _values(self, coefficients: GuidedCoefficients, points: Sequence[_Point]) -> Float:
        """The a*b* (n, 2) of coefficients at points."""
        height, width = self._size
        L = np.zeros((1, width), np.float32)
        values = []
        for point in points:
            L[0, point.column] = point.L / 100
            planes = coefficients.planes(L, point.row, height, slice(point.column, point.column + 1))
            values.append([plane[0, 0] for plane in planes])
        return np.array(values, np.float32)


def _corrected_at_points(
    coefficients: GuidedCoefficients, points: Sequence[_Point], missing: Float
) -> GuidedCoefficients:
    """The coefficients with the missing a*b* (n, 2) added at the points, within a cell or two."""
    h, w = coefficients.offset.shape[:2]
    vertical, horizontal = (_gaussians([point.position[axis] for point in points], n) for axis, n in ((1, h), (0, w)))
    vertical_at_points, horizontal_at_points = (
        _interpolate(maps, [point.position[axis] for point in points])
        for maps, axis in ((vertical, 1), (horizontal, 0))
    )
    weights = np.linalg.lstsq(
        (vertical_at_points * horizontal_at_points).T.astype(np.float64), missing.astype(np.float64), rcond=1e-3
    )[0]
    correction = [(vertical * weights[:, k : k + 1].astype(np.float32)).T @ horizontal for k in range(missing.shape[1])]
    return GuidedCoefficients(coefficients.slope, coefficients.offset + np.dstack(correction))


def _gaussians(positions: Sequence[float], cells: int) -> Float:
    """(n, cells): a Gaussian around each position, 0..1 of a side."""
    centers = np.arange(cells, dtype=np.float32) + np.float32(0.5)
    distances = centers[None] - np.array(positions, np.float32)[:, None] * cells
    return np.exp(-(distances**2) / np.float32(2 * SIGMA**2))


def _interpolate(maps: Float, positions: Sequence[float]) -> Float:
    """(n, m): maps (n, cells), linearly interpolated at m positions."""
    cells = maps.shape[1]
    cell_positions = np.clip(np.array(positions, np.float32) * cells - np.float32(0.5), 0, cells - 1)
    left = cell_positions.astype(int)
    fraction = cell_positions - left
    return np.asarray(maps[:, left] * (1 - fraction) + maps[:, np.minimum(left + 1, cells - 1)] * fraction, np.float32)


def _renamed(text: str) -> str:
    return text.replace("keep:", "hint:", 1)


def check_pages(hints: Sequence[Hint], pages: int) -> None:
    """Raise OptionError for a hint on a page beyond the photo's number of pages."""
    for hint in hints:
        if hint.page > pages:
            raise OptionError(f"hint: {hint} is for page {hint.page}, but the photo has {pages}")


def hidden_hints_note(hints: Sequence[Hint], alpha: Alpha, *, page: int) -> str:
    """A note on the first hint for a point on that page at which alpha (H, W) uint8 keeps no colour, or ""."""
    height, width = alpha.shape
    for hint in hints:
        if hint.point and hint.page == page:
            row, column = int(hint.point.y.share(height) * height), int(hint.point.x.share(width) * width)
            if not alpha[min(row, height - 1), min(column, width - 1)]:
                return f"hint {hint}: no colour is kept there; --keep says where it is"
    return ""
