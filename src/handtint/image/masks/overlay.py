"""A photo with its detections drawn over it: coloured, named regions and a legend."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handtint.image.arrays import resize, samples
from handtint.image.color import blend
from handtint.image.masks.detections import FOREGROUND, Detection
from handtint.types import Array, Pixels

MAX_SIDE = 1280  # pixels: larger photos are shrunk
OPACITY = 0.45  # of a region's colour over the photo
_INK, _PAPER = (0, 0, 0), (255, 255, 255)
_HUE_STEP = 0.381966  # of the colour circle from one region to the next, so that neighbouring colours differ

_Color = tuple[int, int, int]


def draw(pixels: Pixels, detections: Sequence[Detection]) -> Array:
    """(h, w, 3) uint8: the photo (H, W) or (H, W, 3), at most MAX_SIDE wide and high, with detections and a legend."""
    photo = _scaled_rgb(pixels)
    colors = [_PAPER if detection.name == FOREGROUND else _color(i) for i, detection in enumerate(detections)]
    legend = list(zip(detections, colors, strict=True))
    for detection, color in legend:
        _paint(photo, _region(detection, photo), color, fill=detection.name != FOREGROUND)
    picture = Image.fromarray(photo)
    font = ImageFont.load_default(max(13, round(max(picture.size) / 55)))
    for detection, color in legend:
        if detection.name != FOREGROUND:
            _name(picture, detection.term, _innermost_point(_region(detection, photo)), color, font)
    return np.array(_with_legend(picture, legend, font))


def _scaled_rgb(pixels: Pixels) -> Array:
    """The photo in 8-bit RGB, at most MAX_SIDE pixels wide and high."""
    scale = min(1.0, MAX_SIDE / max(pixels.shape[:2]))
    small = resize.shrink(pixels, (max(1, round(pixels.shape[0] * scale)), max(1, round(pixels.shape[1] * scale))))
    small = samples.eight_bits(small)
    return small.copy() if small.ndim == 3 else blend.render_backdrop(small, "gray")


def _color(index: int) -> _Color:
    r, g, b = colorsys.hsv_to_rgb(index * _HUE_STEP % 1, 0.65, 1)
    return round(r * 255), round(g * 255), round(b * 255)


def _region(detection: Detection, photo: Array) -> Array:
    """The detection's region, (h, w) bool at the size of the drawing."""
    h, w = photo.shape[:2]
    return np.asarray(cv2.resize(detection.alpha, (w, h), interpolation=cv2.INTER_LINEAR)) > 127


def _paint(photo: Array, inside: Array, color: _Color, *, fill: bool) -> None:
    """Tint a region of photo, and outline it, in place."""
    if fill:
        tinted = photo[inside] * np.float32(1 - OPACITY) + np.array(color, np.float32) * np.float32(OPACITY)
        photo[inside] = np.round(tinted).astype(np.uint8)
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    width = max(1, round(max(photo.shape[:2]) / 500))
    for ink, line_width in ((_INK, width + 2), (color, width)):
        cv2.drawContours(photo, outlines, -1, ink, line_width)


def _innermost_point(inside: Array) -> tuple[float, float]:
    """(x, y) of the point deepest inside a region."""
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(x - 1), float(y - 1)


def _name(
    picture: Image.Image,
    text: str,
    position: tuple[float, float],
    color: _Color,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    """Write text on a coloured plate at a point, inside the picture if there is room."""
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = pen.textbbox(position, text, font=font, anchor="mm")
    dx = max(0, 4 - left) or min(0, picture.width - 4 - right)
    dy = max(0, 4 - top) or min(0, picture.height - 4 - bottom)
    pen.rectangle((left + dx - 4, top + dy - 3, right + dx + 4, bottom + dy + 3), fill=color, outline=_INK)
    pen.text((position[0] + dx, position[1] + dy), text, fill=_INK, font=font, anchor="mm")


def _with_legend(
    picture: Image.Image,
    legend: Sequence[tuple[Detection, _Color]],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> Image.Image:
    """The picture with a legend on its right."""
    lines = [(_legend_text(detection), color) for detection, color in legend] or [("nothing found", _PAPER)]
    line_height = sum(font.getbbox("Ag")[3::-3]) + 8
    legend_width = 3 * 8 + int(line_height) + max(int(font.getlength(text)) for text, _ in lines)
    page = Image.new(
        "RGB", (picture.width + legend_width, max(picture.height, 16 + int(line_height) * len(lines))), _PAPER
    )
    page.paste(picture, (0, 0))
    pen = ImageDraw.Draw(page)
    for i, (text, color) in enumerate(lines):
        left, top = picture.width + 8, 8 + i * int(line_height)
        pen.rectangle(
            (left, top + 2, left + int(line_height) - 6, top + int(line_height) - 4), fill=color, outline=_INK
        )
        pen.text((left + int(line_height) + 4, top + int(line_height) / 2), text, fill=_INK, font=font, anchor="lm")
    return page


def _legend_text(detection: Detection) -> str:
    name = detection.term if detection.number else FOREGROUND + " (outline)"
    return f"{name}  {detection.share:.0%} of the photo, sure {detection.confidence:.0%}"
