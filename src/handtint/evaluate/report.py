"""The scores of an evaluation as one JSON document and as Markdown tables, beside the figures of the 2022 report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from handtint import files
from handtint.evaluate.group_report import face_parts, group_parts
from handtint.evaluate.hints import hint_parts
from handtint.evaluate.protocols import METRICS
from handtint.evaluate.tables import NONE, Row, number, table
from handtint.types import VOC

MIN_FRECHET_PHOTOS = 2000  # fewer photographs make the Frechet distance too large
CITATION = "Noya and Taye 2022, Selective Coloring"

# The only figures here that no run measured: the report's validation tables, on 2,000 photographs of COCO.
REFERENCE: dict[str, dict[str, dict[str, float]]] = {
    "ResNet18 U-Net GAN": {
        "G": dict(zip(METRICS, (0.9762, 0.9763, 0.0221, 0.0115, 0.0016), strict=True)),
        "B": dict(zip(METRICS, (0.7944, 0.8047, 0.0813, 0.0533, 0.0144), strict=True)),
    },
    "ViT-LSGAN": {
        "G": dict(zip(METRICS, (0.9856, 0.9859, 0.0157, 0.0075, 0.0010), strict=True)),
        "B": dict(zip(METRICS, (0.8596, 0.8620, 0.0625, 0.0374, 0.0095), strict=True)),
    },
}

_TITLES = {"r2": "R2", "explained_variance": "expl. var.", "mae": "MAE", "median_ae": "median AE", "mse": "MSE"}

Document = dict[str, Any]


def document(
    *,
    run: Mapping[str, Any] | None = None,
    color: Mapping[str, Any] | None = None,
    faces: Mapping[str, Any] | None = None,
    hints: Mapping[str, Any] | None = None,
    masks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Document:
    """One JSON-able record of an evaluation.

    run: the circumstances (data, commit, machine, ...), in the order in which they are printed. color, faces, hints:
    results of `ColorEvaluation`, `FaceEvaluation` and `HintEvaluation`. masks: those of `evaluate_masks`, by the
    segmenter's name.
    """
    record: Document = {"run": dict(run or {})}
    if color is not None:
        record["color"] = {**color, "cited": {"source": CITATION, "report": REFERENCE}}
    if faces is not None:
        record["faces"] = dict(faces)
    if hints is not None:
        record["hints"] = dict(hints)
    if masks is not None:
        record["masks"] = dict(masks)
    return record


def write_report(record: Document, folder: str | Path, *, name: str = "evaluation") -> tuple[Path, Path]:
    """Write name.json and name.md into a folder, made if necessary, and return their paths. Raises OutputError."""
    paths = Path(folder) / f"{name}.json", Path(folder) / f"{name}.md"
    texts = json.dumps(record, indent=2, allow_nan=False) + "\n", markdown(record)
    for path, text in zip(paths, texts, strict=True):
        files.write(path, text.encode())
    return paths


def markdown(record: Document) -> str:
    """The tables of a `document`, as Markdown."""
    parts = ["# Evaluation"]
    if record["run"]:
        parts.append("\n".join(f"- {key}: {value}" for key, value in record["run"].items()))
    if "color" in record:
        parts += _color_parts(record["color"])
    if "faces" in record:
        parts += face_parts(record["faces"])
    if "hints" in record:
        parts += hint_parts(record["hints"])
    if "masks" in record:
        parts += _mask_parts(record["masks"])
    return "\n\n".join(parts) + "\n"


def _color_parts(color: Mapping[str, Any]) -> list[str]:
    height, width = color["size"]
    cited, measured = color["cited"], color["predictors"]
    rows = [[name, *_protocol_cells(scores["report"])] for name, scores in measured.items()]
    rows += [[f"{name} (cited)", *_protocol_cells(scores)] for name, scores in cited["report"].items()]
    lab_rows = [[name, *_protocol_cells(scores["lab"])] for name, scores in measured.items()]
    about_report = (
        "Green and blue of RGB in 0..1, with prediction and truth exchanged, as a mean over pixel positions. This is "
        "how the 2022 report computes its figures, and is only for comparison with it. Cited rows: "
        f"{cited['source']}, on its own 2,000 photographs."
    )
    return [
        f"## Colour\n\n{color['photos']} photographs at {width}x{height} pixels.",
        f"### Protocol `report`\n\n{about_report}",
        table(_protocol_header(("G", "B")), rows),
        "### Protocol `lab`\n\nTrue a* and b* divided by 110, pooled over all pixels.",
        table(_protocol_header(("a", "b")), lab_rows),
        "### Whole pictures\n\nMeans over photographs; colourfulness M3 of Hasler and Suesstrunk 2003."
        + (_frechet_warning(color["photos"]) if _has_frechet(measured) else ""),
        table(
            [*_PICTURE_HEADER, *(["Frechet"] if _has_frechet(measured) else [])],
            [[name, *_picture_cells(scores)] for name, scores in measured.items()],
        ),
        *group_parts(color),
    ]


def _frechet_warning(photos: int) -> str:
    """A sentence of warning about the Frechet distance if there are too few photographs, else ""."""
    if photos >= MIN_FRECHET_PHOTOS:
        return ""
    need = f"use {MIN_FRECHET_PHOTOS:,} or more"
    return f" The Frechet distance of only {photos} photographs is too large by chance; {need}."


def _has_frechet(measured: Mapping[str, Any]) -> bool:
    return any("frechet" in scores for scores in measured.values())


def _protocol_header(channels: Iterable[str]) -> Row:
    return ["predictor", *(f"{channel} {_TITLES[metric]}" for channel in channels for metric in METRICS)]


def _protocol_cells(channels: Mapping[str, Mapping[str, float]]) -> Row:
    return [number(scores[metric]) for scores in channels.values() for metric in METRICS]


_PICTURE_HEADER = (
    "predictor",
    "PSNR dB",
    "SSIM",
    "CIEDE2000",
    "colourfulness",
    "of the truth",
    "ratio",
    "mean difference",
)


def _picture_cells(scores: Mapping[str, Any]) -> Row:
    colorfulness = scores["colorfulness"]
    values = (
        (scores["psnr"], 2),
        (scores["ssim"], 4),
        (scores["ciede2000"], 2),
        (colorfulness["prediction"], 1),
        (colorfulness["truth"], 1),
        (colorfulness["ratio"], 2),
        (colorfulness["difference"], 1),
        *(((scores["frechet"], 2),) if "frechet" in scores else ()),
    )
    return [number(value, digits) for value, digits in values]


_MASK_HEADER = (
    "segmenter",
    "shown",
    "photographs",
    "mIoU",
    "pixel accuracy",
    "with foreground",
    "foreground IoU",
    "pooled",
    "boundary F",
    "alpha MAE",
    "leak",
)


def _mask_parts(masks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    runs = [(name, mode, scores) for name, modes in masks.items() for mode, scores in modes.items()]
    columns = [scores["iou"] for _, _, scores in runs]
    classes = [[label, *(number(column[label]) for column in columns)] for label in VOC]
    by_class = [f"### IoU by class\n\n`{NONE}`: neither in the truth nor predicted."]
    by_class.append(table(["class", *(f"{name}, {mode}" for name, mode, _ in runs)], classes))
    return [
        (
            "## Masks\n\n21 VOC classes; foreground IoU and boundary F at alpha 0.5, mean over photographs and pooled. "
            "Leak: the share of the colour that lies outside of the true foreground."
        ),
        table(_MASK_HEADER, [[name, mode, *_mask_cells(scores)] for name, mode, scores in runs]),
        *(by_class if any(scores["miou"] is not None for _, _, scores in runs) else []),
    ]


def _mask_cells(scores: Mapping[str, Any]) -> Row:
    foreground = scores["foreground"]
    measures = ("iou_mean", "iou_pooled", "boundary_f", "alpha_mae", "leak")
    return [
        str(scores["photos"]),
        number(scores["miou"]),
        number(scores["pixel_accuracy"]),
        str(foreground["photos"]),
        *(number(foreground[measure]) for measure in measures),
    ]
