"""Figures made of several pictures: captioned panels, rows of tiles, contact sheets; RGB (H, W, 3) uint8 on white."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handtint.errors import InputError
from handtint.types import Array

Tile = Array  # (H, W) gray or (H, W, 3) RGB, uint8

MAX_SIDE = 640  # pixels: of a tile
_GAP = 8
_MIN_FONT, _MAX_FONT = 12, 24
_WHITE, _INK = 255, (0, 0, 0)

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_Position = tuple[float, float]  # x, y in pixels


def panel(tiles: Sequence[tuple[str, Tile]], *, height: int = MAX_SIDE) -> Array:
    """Captioned tiles side by side: the report's "Grayscale image, Colorized image, Mask, Blended".

    A tile larger than height, or than MAX_SIDE on its long side, is shrunk; none is enlarged.
    """
    return _grid([[_shrink(tile, height) for _, tile in tiles]], captions=[caption for caption, _ in tiles])


def rows(labelled_tiles: Sequence[tuple[str, Sequence[Tile]]], *, side: int = 224) -> Array:
    """Labelled rows of tiles, one photograph a column: the report's inputs, predictions and ground truths.

    A tile whose long side is over side (at most MAX_SIDE) is shrunk; none is enlarged.
    """
    cells = [[_shrink(tile, side, side) for tile in tiles] for _, tiles in labelled_tiles]
    return _grid(cells, labels=[label for label, _ in labelled_tiles])


def sheet(images: Sequence[Tile], columns: int, *, side: int = 160) -> Array:
    """A contact sheet, filled row by row. An image whose long side is over side (at most MAX_SIDE) is shrunk."""
    if columns < 1:
        raise InputError(f"a sheet of {columns} columns, expected 1 or more")
    tiles = [_shrink(image, side, side) for image in images]
    return _grid([tiles[start : start + columns] for start in range(0, len(tiles), columns)])


def _shrink(tile: Tile, height: int, width: int = MAX_SIDE) -> Array:
    """The tile as RGB (h, w, 3), at most height high, width wide and MAX_SIDE on either side."""
    if tile.dtype != np.uint8 or 0 in tile.shape or not (tile.ndim == 2 or (tile.ndim == 3 and tile.shape[2] == 3)):
        raise InputError(f"tile: {tile.dtype} {tile.shape}, expected uint8 (H, W) or (H, W, 3)")
    rgb = tile if tile.ndim == 3 else np.repeat(tile[..., None], 3, axis=2)
    rows, columns = rgb.shape[:2]
    scale = min(min(height, MAX_SIDE) / rows, min(width, MAX_SIDE) / columns)
    if scale >= 1:
        return rgb
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    smaller: Array = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return smaller


def _grid(cells: Sequence[Sequence[Array]], *, captions: Sequence[str] = (), labels: Sequence[str] = ()) -> Array:
    """Tiles centred in the cells of a table; captions above its columns or labels left of its rows."""
    if not any(cells):
        raise InputError("a figure without tiles")
    font, line_height = _font(cells)
    heights = [max((tile.shape[0] for tile in line), default=0) for line in cells]
    widths = [max(line[i].shape[1] for line in cells if i < len(line)) for i in range(max(map(len, cells)))]
    if captions:
        widths = [max(width, _text_width(font, caption)) for width, caption in zip(widths, captions, strict=True)]
    margin = max((_text_width(font, label) + _GAP for label in labels), default=0)
    x_starts, y_starts = _starts(widths, margin), _starts(heights, line_height if captions else 0)
    canvas = np.full((y_starts[-1], x_starts[-1], 3), _WHITE, np.uint8)
    for top, row_height, line in zip(y_starts, heights, cells, strict=False):
        for x, width, tile in zip(x_starts, widths, line, strict=False):
            _paste(canvas, tile, top + (row_height - tile.shape[0]) // 2, x + (width - tile.shape[1]) // 2)
    caption_positions = [(x + width / 2, (_GAP + line_height) / 2) for x, width in zip(x_starts, widths, strict=False)]
    label_positions = [(_GAP, top + row_height / 2) for top, row_height in zip(y_starts, heights, strict=False)]
    canvas = _write(canvas, captions, caption_positions, font, anchor="mm")
    return _write(canvas, labels, label_positions, font, anchor="lm")


def _starts(lengths: Sequence[int], offset: int) -> list[int]:
    """The position of each cell, with gaps between them, and finally the picture's size."""
    return [offset + _GAP + int(n) for n in np.cumsum([0, *(length + _GAP for length in lengths)])]


def _paste(canvas: Array, tile: Array, top: int, left: int) -> None:
    canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile


def _font(cells: Sequence[Sequence[Array]]) -> tuple[_Font, int]:
    """Pillow's own font, at a fifteenth of the tallest tile's height within bounds, and its line height."""
    height = max(tile.shape[0] for line in cells for tile in line)
    size = min(max(height // 15, _MIN_FONT), _MAX_FONT)
    return ImageFont.load_default(size), size + size // 2


def _text_width(font: _Font, text: str) -> int:
    return int(np.ceil(font.getlength(_one_line(text))))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write(canvas: Array, texts: Sequence[str], positions: Sequence[_Position], font: _Font, *, anchor: str) -> Array:
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    for text, position in zip(texts, positions, strict=False):
        draw.text(position, _one_line(text), fill=_INK, font=font, anchor=anchor)
    return np.array(picture)
