"""Where faces are in training photographs, as some detector has written down."""

from __future__ import annotations

import json
from functools import cache
from pathlib import PurePosixPath

from handtint.errors import InputError

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels
SMALLEST = 10  # pixels of width; a smaller face has no colours to learn from


@cache
def face_boxes(path: str) -> dict[str, tuple[Box, ...]]:
    """The faces of each photograph by its name without folder and ending, from a file of JSON lines.

    A line is {"file": NAME, "faces": [[x0, y0, x1, y1, ...], ...]}, in pixels. What follows the fourth number is passed
    over, and so are faces narrower than 10 pixels. Raises InputError.
    """
    try:
        with open(path, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        boxes = {PurePosixPath(row["file"]).stem: [tuple(map(float, f[:4])) for f in row["faces"]] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not JSON lines of files and their faces: {error}") from error
    return {name: tuple(b for b in each if len(b) == 4 and b[2] - b[0] >= SMALLEST) for name, each in boxes.items()}
