"""Hair without and with --matting, side by side: python bench/matting.py [--out docs/images/matting.jpg]."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

import handtint

PHOTOS = Path(__file__).parents[1] / "examples" / "varied"
CROPS = {  # left, top, right, bottom, as shares of the sides: where there is hair against something else
    "woman-with-camera": (0.30, 0.05, 0.75, 0.45),
    "kitten": (0.30, 0.15, 0.75, 0.75),
    "wind-blown-tree": (0.15, 0.15, 0.85, 0.75),
}
HEIGHT = 260


def crop(picture: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The part of a picture inside the box, HEIGHT pixels high."""
    left, top, right, bottom = (share * side for share, side in zip(box, picture.size * 2, strict=True))
    part = picture.crop((round(left), round(top), round(right), round(bottom)))
    return part.resize((round(part.width * HEIGHT / part.height), HEIGHT), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/matting.jpg"))
    out = parser.parse_args().out
    tinter = handtint.open()
    parts = []
    for name, box in CROPS.items():
        photo = handtint.Photo.read(PHOTOS / f"{name}.jpg")
        parts += [crop(tinter.tint(photo, matting=matting).pillow(), box) for matting in (False, True)]
    sheet = Image.new("RGB", (sum(part.width + 6 for part in parts) - 6, HEIGHT), "white")
    x = 0
    for part in parts:
        sheet.paste(part.convert("RGB"), (x, 0))
        x += part.width + 6
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main()
