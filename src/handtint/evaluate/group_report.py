"""The parts of a report about groups of photographs: by source, with people alone; and about faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from handtint.evaluate.baselines import GRAY
from handtint.evaluate.tables import number, share, table

Scores = Mapping[str, Any]

_GROUP_HEADER = (
    "photographs",
    "predictor",
    "a MAE",
    "b MAE",
    "B MAE",
    "of gray's",
    "B MSE",
    "of gray's",
    "colourfulness",
    "of the truth's",
)
_FACE_HEADER = (
    "predictor",
    "colourfulness",
    "skin-like faces",
    "of the small",
    "median chroma",
    "gray faces",
)


def group_parts(color: Scores) -> list[str]:
    """The parts of Markdown about the groups in the result of a `ColorEvaluation`."""
    parts = []
    if "people" in color:
        text = "### People alone\n\nThe photographs in which the face detector found a face."
        parts += [text, table(_GROUP_HEADER, _group_rows({"people": color["people"]}))]
    if len(color.get("sources", ())) > 1:
        text = "### By source\n\nThe source is the part of the file's name before the first `_`, or else its folder."
        parts += [text, table(_GROUP_HEADER, _group_rows(color["sources"]))]
    return parts


def _group_rows(groups: Mapping[str, Scores]) -> Iterator[list[str]]:
    for group, predictors in groups.items():
        gray = predictors[GRAY]["report"]["B"]
        for label, scores in predictors.items():
            lab, blue, colorfulness = scores["lab"], scores["report"]["B"], scores["colorfulness"]
            yield [
                f"{group}: {scores['photos']}",
                label,
                *(number(lab[channel]["mae"]) for channel in "ab"),
                *(cell for e in ("mae", "mse") for cell in (number(blue[e]), number(_ratio(blue[e], gray[e]), 2))),
                number(colorfulness["prediction"], 1),
                number(colorfulness["ratio"], 2),
            ]


def _ratio(value: float, reference: float) -> float | None:
    return value / reference if reference else None


def face_parts(faces: Scores) -> list[str]:
    """The parts of Markdown about the result of a `FaceEvaluation`."""
    detector, sources = faces["detector"], faces["sources"]
    text = (
        f"## Faces and colourfulness\n\nThis is measured on {faces['photographs']} photographs at their own size, as "
        f"`handtint tint --keep all --strength {faces['strength']:g}` colours them, with and without the closer look "
        f"at faces. {faces['with_faces']} of them have {faces['faces']} faces; {faces['small_faces']} of these are "
        "small: narrower than 16 pixels if the whole photograph has 256. Faces are those that "
        f"{detector['name']} (handtint {detector['version']}, sha256 {detector['sha256'][:12]}) finds in the gray "
        "photograph. Chroma and hue are the medians of the middle of a face, half its box wide and high. A face is "
        "skin-like with a chroma of 8 to 40 and a hue of 10 to 85 degrees, and gray with a chroma under 10. "
        "Colourfulness is the mean over whole photographs."
    )
    rows = [[label, *_face_cells(scores)] for label, scores in faces["predictors"].items()]
    parts = [text, table(_FACE_HEADER, rows)]
    if len(sources) > 1:
        rows = [
            [source, label, *_face_cells(s)]
            for source, predictors in sources.items()
            for label, s in predictors.items()
        ]
        parts += ["### Faces by source", table(("source", *_FACE_HEADER), rows)]
    return parts


def _face_cells(scores: Scores) -> list[str]:
    shares = (share(scores["skin_like"]), share(scores["skin_like_small"]))
    return [number(scores["colorfulness"], 1), *shares, number(scores["chroma"], 1), share(scores["gray"])]
