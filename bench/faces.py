"""What the face detector finds of the faces that another found, in gray copies of held-out photographs.

python bench/faces.py DIR|SHARD... --faces FACES.jsonl [--limit N]
"""

import argparse
from pathlib import Path

from handtint import zoo
from handtint.data.face_pairs import MIN_SCORE, with_faces
from handtint.data.faces import read_faces
from handtint.data.ground_truth import rgb
from handtint.data.sources import held_out, open_sources
from handtint.evaluate.baselines import to_gray
from handtint.faces import find_faces
from handtint.types import Array

SIZES = {"under 10 px": (0, 10), "10 to 24 px": (10, 24), "24 px and more": (24, 1e9)}


def overlap(one: Array, other: Array) -> float:
    """Intersection over union of two boxes x0, y0, x1, y1."""
    w, h = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, w) * max(0.0, h)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(shared / (sum(areas) - shared))


def main() -> None:
    """Print recall by the faces' width in the photograph, and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=500)
    args = parser.parse_args()
    model = zoo.find("handtint-faces", "faces")
    engine = model.engine()
    items = [item for item in open_sources(args.sources) if held_out(item)]
    hits = {name: [0, 0] for name in SIZES}
    right = all_found = 0
    for item, truth in with_faces(items, read_faces(args.faces))[: args.limit]:
        faces = find_faces(to_gray(rgb(item)).pixels, engine, side=model.side)
        boxes = [(face.x0, face.y0, face.x1, face.y1) for face in faces]
        for box in truth[truth[:, 4] >= MIN_SCORE]:
            name = next(name for name, (low, high) in SIZES.items() if low <= box[2] - box[0] < high)
            hits[name][0] += any(overlap(box, other) > 0.4 for other in boxes)
            hits[name][1] += 1
        all_found += len(boxes)
        right += sum(any(overlap(box, other) > 0.3 for box in truth) for other in boxes)
    for name, (hit, count) in hits.items():
        print(f"recall, faces {name}: {hit / max(1, count):.2f} of {count}")
    print(f"precision: {right / max(1, all_found):.2f} of {all_found}")


if __name__ == "__main__":
    main()
