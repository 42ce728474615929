"""The gallery of the site: each photograph of examples/varied and examples/photos, tinted, before and after.

python bench/gallery.py   writes docs/gallery.md and docs/gallery/
"""

from __future__ import annotations

import shlex
from pathlib import Path

import handtint
from handtint.image.arrays import resize

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "gallery"
SIDE = 360
SLIDE = "this.parentNode.style.setProperty('--cut', this.value + '%')"
HINTED = {  # colours that a gray copy does not tell
    "astronaut": ("person:1.clothes=#e0662a", "@6%,25%=#a8303c"),
    "hopper": ("@7%,44%=#2c3068", "@25%,88%=#2b3550", "@80%,85%=#2b3550"),
    "parrot": ("@52%,45%=#3f9a3c",),
    "woman in white robe": ("@50%,26%=#8a5a3c", "@50%,75%=#ddd2bd", "@52%,60%=#8a5a3c"),
}
NOTES = {
    "astronaut": "Failed: the suit was orange, which cannot be seen in the gray copy; it stays gray.",
    "astronaut, hinted": "The hints: crews of 1992 wore orange suits at launch, and the flag has red stripes.",
    "hopper, hinted": "The hints: the navy's uniform is a blue that is nearly black, and so is the field of the flag.",
    "woman in white robe, hinted": "The hints: the robe is a warm white, and her face is brown, not red as predicted.",
    "parrot": "Failed: the colours of a parrot cannot be seen in a gray copy; it becomes a brown bird.",
    "parrot, hinted": "One point was given green; the colour spread to the beak, too.",
    "calla plants": "Failed: the leaves become brown instead of green.",
    "flower meadow": "Failed: the tree was taken for the subject and has blue edges; the meadow stays gray.",
    "museum hall": "Failed: large plain surfaces turn beige, whatever colour they had.",
    "tesla portrait": "Failed: the background and the coat get the same greenish brown.",
    "mountains": "Failed: only a part of the mountains was taken for the subject, with an edge through the sky.",
}


def shrunk(photo: handtint.Photo) -> handtint.Photo:
    """The photo at most SIDE pixels on its longer side."""
    height, width = photo.size
    scale = min(1.0, SIDE / max(height, width))
    return handtint.Photo(resize.shrink(photo.pixels, (round(height * scale), round(width * scale))))


def entry(tinter: handtint.Tinter, path: Path, title: str, **options: str | tuple[str, ...]) -> str:
    """Write both pictures of a photograph; its lines of the page."""
    photo, name = handtint.Photo.read(path), title.replace(", ", ".").replace(" ", "-")
    shrunk(photo).write(OUT / f"{path.stem}.jpg", quality=80)
    shrunk(tinter.tint(photo, **options)).write(OUT / f"{name}.tinted.jpg", quality=80)
    given = [(option, v) for option, value in options.items() for v in ((value,) if isinstance(value, str) else value)]
    words = " ".join(f"--{option} {shlex.quote(value)}" for option, value in given)
    note = f"\n{NOTES[title]}\n" if title in NOTES else ""
    return (
        f'## {title}\n\n<div class="both"><img src="../gallery/{name}.tinted.jpg" alt="{title}, tinted">'
        f'<img src="../gallery/{path.stem}.jpg" alt="{title}, gray">'
        f'<input type="range" value="50" aria-label="how much is tinted" oninput="{SLIDE}"></div>\n\n'
        f"`handtint tint {path.relative_to(ROOT)} {words}`\n{note}"
    )


def main() -> None:
    """Make the page."""
    OUT.mkdir(exist_ok=True)
    tinter = handtint.open()
    paths = sorted([*(ROOT / "examples/photos").glob("*.jpg"), *(ROOT / "examples/varied").glob("*.jpg")])
    entries = []
    for i, path in enumerate(paths):
        title = path.stem.replace("-", " ")
        entries.append(entry(tinter, path, title, keep="subject" if i % 2 else "all"))
        if title in HINTED:
            entries.append(entry(tinter, path, f"{title}, hinted", keep="all", hint=HINTED[title]))
    head = (
        "# Gallery\n\n<!-- `python bench/gallery.py` writes this page -->\n\nAll sample photographs of handtint, gray "
        "and tinted, with the command that made each. Move the slider to compare. None of them was used in training, "
        "and none was left out: results that failed have a note. The folders `examples/photos` and `examples/varied` "
        "hold the originals; their SOURCES.md names makers and licences.\n"
    )
    (ROOT / "docs" / "gallery.md").write_text("\n".join([head, *entries]))


if __name__ == "__main__":
    main()
