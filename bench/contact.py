"""A contact sheet: each photograph gray, colourised, its mask, and tinted, in the order of the names.

python bench/contact.py examples/varied --out docs/images/varied.jpg [--columns 3] [--side 128] [--keep person]

For looking at: what figures do not see.
"""

import argparse
from pathlib import Path

from handtint import figures
from handtint.image.photo import Photo
from handtint.options import Options
from handtint.pipeline import Tinter


def main() -> None:
    """Draw the sheet, and print a line for each photograph with its note."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=3)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--model", default="handtint")
    parser.add_argument("--mask-model", default="handtint-mask")
    parser.add_argument("--keep", default="subject", help="as in `handtint tint`")
    asked = parser.parse_args()
    tinter = Tinter(asked.model, mask_model=asked.mask_model)
    options = Options(model=asked.model, mask_model=asked.mask_model, keep=asked.keep)
    panels = []
    for path in sorted(asked.folder.glob("*.jpg")):
        result = tinter.run(Photo.read(path), options)
        panels.append(figures.sheet([tile for _, tile in result.tiles(asked.side)], 4, side=asked.side))
        print(f"{path.name:32} {(result.alpha > 127).mean():4.0%} {result.note}")
    whole = figures.sheet(panels, asked.columns, side=figures.MAX_SIDE)
    Photo(whole).write(asked.out, quality=85)


if __name__ == "__main__":
    main()
