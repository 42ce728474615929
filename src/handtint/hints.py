"""What a person knows of a photo's colours, laid over what was predicted.

What a mask or a thing names has its colour all over, in the photo's own light and shade. A point's colour is spread
to what looks alike, within the thing that it lies in where that is hinted, too, and outside of such things otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from handtint import keep
from handtint.errors import InputError, OptionError
from handtint.image.arrays import resize
from handtint.image.arrays.layers import Bounded, Layer, Layers
from handtint.image.arrays.resize import GuidedCoefficients, Planes
from handtint.image.color import lab
from handtint.image.color.spread import ROOM, Scene, Spot, spread
from handtint.image.color.swatches import SURFACE
from handtint.image.masks.points import Prompt, region
from handtint.image.masks.selection import Selection
from handtint.keep import Hint
from handtint.types import Alpha, Float, Pixels, Segmentation

SIDE = 256  # of the square that has as many pixels as a colour is spread over
RADIUS, EPSILON = 3, 4e-3  # of the guided filter that brings what was spread to full size
BUMP = 1.0  # cells: how wide the last correction at a point is
PALER = 0.95  # a colour that keeps less of its chroma than this is said to be fitted

Select = Callable[[tuple[keep.Step, ...]], Selection]


@dataclass(frozen=True, slots=True)
class _Point:
    """A point of known colour. row, column: its pixel. L: L* 0..100 there. ab: its a*b* (2,). share: 0..1, how much."""

    spot: Spot
    row: int
    column: int
    L: float
    ab: Float
    share: float


class Known:
    """The hints for one photo: masks of things, and points, each in one of them or in none."""

    def __init__(self, pixels: Pixels, segmentation: Segmentation, select: Select, hints: Sequence[Hint]) -> None:
        """Find what the hints name.

        pixels: (H, W) or (H, W, 3). segmentation: of the photo. select: finds the mask (H, W) that steps of `keep`
        name. Raises OptionError for a point outside of the photo, and as `select` does.
        """
        self._pixels, self._segmentation, self._hints = pixels, segmentation, hints
        self._size = pixels.shape[0], pixels.shape[1]
        self._notes: list[str] = []
        self._L = lab.lightness(resize.shrink(pixels, resize.fit(self._size, SIDE)))
        self._masks = [(hint, self._mask(hint, select)) for hint in hints if not hint.point]
        self._homes = self._found()

    def over(self, colors: GuidedCoefficients) -> tuple[Planes, str]:
        """The predicted colours with the hints laid over, and what a person should know of them, or ""."""
        homes = self._homes
        lowest = self._spread(colors, homes[-1])
        layers = []
        for n, (hint, alpha) in enumerate(self._masks):
            lines = self._flat(hint, alpha)
            layers.append(Layer(alpha, self._spread(lines, homes[n]) if homes[n] else lines))
        note = "; ".join(dict.fromkeys(self._notes))
        return (Layers(lowest, layers) if layers else lowest), note

    def _mask(self, hint: Hint, select: Select) -> Alpha:
        try:
            found = select(hint.where)
        except InputError as error:
            raise OptionError(_renamed(str(error))) from error
        if not found.alpha.any():
            self._notes.append(f"hint {hint}: {found.note or 'names nothing'}")
        return found.alpha

    def _found(self) -> dict[int, list[_Point]]:
        """The points of each mask, by its index; -1 for those that lie in none."""
        homes: dict[int, list[_Point]] = {n: [] for n in range(-1, len(self._masks))}
        for hint in self._hints:
            if hint.point:
                point = self._point(hint, hint.point)
                inside = [n for n, (_, alpha) in enumerate(self._masks) if alpha[point.row, point.column] > 127]
                homes[inside[-1] if inside else -1].append(point)
        return homes

    def _point(self, hint: Hint, point: keep.Point) -> _Point:
        if point.at is not None:
            raise OptionError(f"hint: {point} is at a time, which a photo has none of: that is for films")
        height, width = self._size
        spot = point.x.share(width), point.y.share(height)
        if max(spot) > 1:
            raise OptionError(f"hint: {point} lies outside of the photo, which is {width} x {height} pixels")
        row, column = min(int(spot[1] * height), height - 1), min(int(spot[0] * width), width - 1)
        middle = (column + 0.5) / width, (row + 0.5) / height
        L = float(lab.lightness(self._pixels[row : row + 1, column : column + 1])[0, 0])
        return _Point(middle, row, column, L, self._fitted(hint, L), hint.where[0].strength)

    def _fitted(self, hint: Hint, L: float) -> Float:
        """The a*b* (2,) of a hint's colour, as much of it as there is at a lightness."""
        a, b = lab.split(np.array(hint.rgb, np.uint8)[None, None])[1][0, 0]
        least = min(1.0, (SURFACE * L + 5) / max(float(np.hypot(a, b)), 1e-6))
        one = np.full(1, L, np.float32)
        fitted = np.concatenate(lab.fit_gamut(one, one * 0 + a * np.float32(least), one * 0 + b * np.float32(least)))
        if np.hypot(*fitted) < PALER * np.hypot(a, b):
            self._notes.append(f"hint {hint}: at the photo's lightness there this colour is paler")
        return fitted

    def _flat(self, hint: Hint, alpha: Alpha) -> GuidedCoefficients:
        """One colour in light and shade: a*b* grow with L* + 16, as those of a surface do under more light.

        At the thing's mean lightness they are the hint's own.
        """
        weight = resize.shrink(alpha, self._L.shape).astype(np.float32)
        L = float((self._L * weight).sum() / max(float(weight.sum()), 1e-6)) if weight.any() else 50.0
        slope = (self._fitted(hint, L) * np.float32(100 / (L + 16)))[None, None]
        return GuidedCoefficients(slope, slope * np.float32(0.16))

    def _spread(self, lines: GuidedCoefficients, points: Sequence[_Point]) -> Planes:
        """Lines with the colours of points spread over them."""
        if not points:
            return lines
        guide = self._L * np.float32(0.01)
        scene = Scene(self._L, np.dstack(lines.planes(guide, 0, len(guide))), self._segmentation)
        before = self._values(lines, points)
        share = np.array([[point.share] for point in points], np.float32)
        missing = (np.stack([point.ab for point in points]) - before) * share
        spots = [point.spot for point in points]
        found = spread(scene, spots, missing, np.stack([region(self._segmentation, Prompt((spot,))) for spot in spots]))
        added = resize.guided_coefficients(guide, found.values, radius=RADIUS, epsilon=EPSILON)
        down, across = (_bumps([spot[axis] for spot in spots], n) for axis, n in zip((1, 0), guide.shape, strict=True))
        at_points = (down[:, :, None] * across[:, None]).max(axis=0) * np.float32(ROOM)
        limit = np.maximum(found.limit, at_points)
        return Bounded(lines, _touched_up(added, points, missing - self._values(added, points)), limit)

    def _values(self, lines: GuidedCoefficients, points: Sequence[_Point]) -> Float:
        """The a*b* (n, 2) that lines have at points."""
        height, width = self._size
        L = np.zeros((1, width), np.float32)
        found = []
        for point in points:
            L[0, point.column] = point.L / 100
            here = lines.planes(L, point.row, height, slice(point.column, point.column + 1))
            found.append([plane[0, 0] for plane in here])
        return np.array(found, np.float32)


def _touched_up(lines: GuidedCoefficients, points: Sequence[_Point], missing: Float) -> GuidedCoefficients:
    """The lines with what is still missing at the points put in, a cell or two wide."""
    h, w = lines.offset.shape[:2]
    down, across = (_bumps([p.spot[axis] for p in points], n) for axis, n in ((1, h), (0, w)))
    at_down, at_across = (_between(maps, [p.spot[axis] for p in points]) for maps, axis in ((down, 1), (across, 0)))
    weights = np.linalg.lstsq((at_down * at_across).T.astype(np.float64), missing.astype(np.float64), rcond=1e-3)[0]
    bumps = [(down * weights[:, k : k + 1].astype(np.float32)).T @ across for k in range(missing.shape[1])]
    return GuidedCoefficients(lines.slope, lines.offset + np.dstack(bumps))


def _bumps(places: Sequence[float], cells: int) -> Float:
    """(n, cells): for each place, a share of a side, a Gaussian round it."""
    middles = np.arange(cells, dtype=np.float32) + np.float32(0.5)
    away = middles[None] - np.array(places, np.float32)[:, None] * cells
    return np.exp(-(away**2) / np.float32(2 * BUMP**2))


def _between(maps: Float, places: Sequence[float]) -> Float:
    """(n, m): maps (n, cells) at m places, linearly between cells."""
    cells = maps.shape[1]
    at = np.clip(np.array(places, np.float32) * cells - np.float32(0.5), 0, cells - 1)
    left = at.astype(int)
    share = at - left
    return np.asarray(maps[:, left] * (1 - share) + maps[:, np.minimum(left + 1, cells - 1)] * share, np.float32)


def _renamed(text: str) -> str:
    return text.replace("keep:", "hint:", 1)


def check_pages(hints: Sequence[Hint], pages: int) -> None:
    """Raise OptionError for a hint on a page that a photo of so many pages does not have."""
    for hint in hints:
        if hint.page > pages:
            raise OptionError(f"hint: {hint} is on page {hint.page}, and the photo has {pages}")


def unseen(hints: Sequence[Hint], alpha: Alpha, *, page: int) -> str:
    """A note on the first hint at a point of that page where alpha (H, W) uint8 keeps no colour; "" without one."""
    height, width = alpha.shape
    for hint in hints:
        if hint.point and hint.page == page:
            row, column = int(hint.point.y.share(height) * height), int(hint.point.x.share(width) * width)
            if not alpha[min(row, height - 1), min(column, width - 1)]:
                return f"hint {hint}: no colour is kept there; --keep says where it is"
    return ""
