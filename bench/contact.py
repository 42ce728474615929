"""A contact sheet: each photograph gray, colourised, its mask, and tinted, in the order of the names.

python bench/contact.py examples/varied --out docs/images/varied.jpg [--columns 3] [--side 128] [--keep person]
python bench/contact.py examples/varied --out masks.jpg --before OLD/handtint-mask  (gray, old mask, new mask)

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
    parser.add_argument("--before", default="", help="a mask model to compare with: three tiles for each photograph")
    parser.add_argument("--keep", default="subject", help="as in `handtint tint`")
    arguments = parser.parse_args()
    masks = [arguments.before, arguments.mask_model] if arguments.before else [arguments.mask_model]
    tinters = [Tinter(arguments.model, mask_model=name) for name in masks]
    options = [Options(model=arguments.model, mask_model=name, keep=arguments.keep) for name in masks]
    panels = []
    for path in sorted(arguments.folder.glob("*.jpg")):
        photo = Photo.read(path)
        results = [tinter.run(photo, chosen) for tinter, chosen in zip(tinters, options, strict=True)]
        tiles = [tile for result in results for _, tile in result.tiles(arguments.side)]
        tiles = [tiles[0], tiles[2], tiles[6]] if arguments.before else tiles
        panels.append(figures.sheet(tiles, len(tiles), side=arguments.side))
        print(f"{path.name:32} {(results[-1].alpha > 127).mean():4.0%} {results[-1].note}")
    whole = figures.sheet(panels, arguments.columns, side=figures.MAX_SIDE)
    Photo(whole).write(arguments.out, quality=85)


if __name__ == "__main__":
    main()
