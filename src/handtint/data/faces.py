"""Faces in training photographs, read from a file that a face detector has written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np

from handtint.data.weak_labels import file_name
from handtint.errors import InputError
from handtint.faces import Face
from handtint.types import Array


@cache
def read_faces(path: Path, min_width: float = 0.0) -> dict[str, Array]:
    """The faces of each photograph by its name without folder and extension: (n, 5) float32, x0, y0, x1, y1, score.

    path: a file of JSON lines, each {"file": NAME, "faces": [[x0, y0, x1, y1, score], ...]}, boxes in pixels; the score
    of a face without one is 1. min_width: narrower faces are left out, in pixels. Raises InputError.
    """
    faces: dict[str, Array] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            boxes = [(*map(float, box[:4]), float(box[4]) if len(box) > 4 else 1.0) for box in row["faces"]]
            array = np.array(boxes, np.float32).reshape(-1, 5)
            faces[PurePosixPath(file_name(row["file"])).stem] = array[array[:, 2] - array[:, 0] >= min_width]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not JSON lines of files and their faces: {error}") from error
    return faces


def line(name: str, faces: Sequence[Face]) -> str:
    """One photograph's line of a file that `read_faces` reads: boxes, rounded to a tenth of a pixel, and scores."""
    boxes = [[*(round(v, 1) for v in (face.x0, face.y0, face.x1, face.y1)), round(face.score, 3)] for face in faces]
    return json.dumps({"file": name, "faces": boxes}) + "\n"
