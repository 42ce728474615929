"""The gallery of the site: each photograph of examples/varied and examples/photos, tinted, before and after.

python bench/gallery.py   writes docs/gallery.md and docs/gallery/
"""

from __future__ import annotations

from pathlib import Path

import handtint
from handtint.image.arrays import resize

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "gallery"
SIDE = 360
SLIDE = "this.parentNode.style.setProperty('--cut', this.value + '%')"


def shrunk(photo: handtint.Photo) -> handtint.Photo:
    """The photo at most SIDE pixels on its longer side."""
    height, width = photo.size
    scale = min(1.0, SIDE / max(height, width))
    return handtint.Photo(resize.shrink(photo.pixels, (round(height * scale), round(width * scale))))


def entry(tinter: handtint.Tinter, path: Path, keep: str) -> str:
    """Write both pictures of a photograph; its lines of the page."""
    photo = handtint.Photo.read(path)
    shrunk(photo).write(OUT / f"{path.stem}.jpg", quality=80)
    shrunk(tinter.tint(photo, keep=keep)).write(OUT / f"{path.stem}.tinted.jpg", quality=80)
    command = f"handtint tint {path.relative_to(ROOT)} --keep {keep}"
    title = path.stem.replace("-", " ")
    return (
        f'## {title}\n\n<div class="both"><img src="../gallery/{path.stem}.tinted.jpg" alt="{title}, tinted">'
        f'<img src="../gallery/{path.stem}.jpg" alt="{title}, gray">'
        f'<input type="range" value="50" aria-label="how much is tinted" oninput="{SLIDE}"></div>\n\n`{command}`\n'
    )


def main() -> None:
    """Make the page."""
    OUT.mkdir(exist_ok=True)
    tinter = handtint.open()
    paths = sorted([*(ROOT / "examples/photos").glob("*.jpg"), *(ROOT / "examples/varied").glob("*.jpg")])
    entries = [entry(tinter, path, "subject" if i % 2 else "all") for i, path in enumerate(paths)]
    head = (
        "# Gallery\n\n<!-- `python bench/gallery.py` writes this page -->\n\nEvery photograph that comes with "
        "handtint, good and bad, none of them seen in training, with the words that made each. Move the slider. Makers "
        "and licences are in the SOURCES.md of `examples/photos` and `examples/varied`.\n"
    )
    (ROOT / "docs" / "gallery.md").write_text("\n".join([head, *entries]))


if __name__ == "__main__":
    main()
