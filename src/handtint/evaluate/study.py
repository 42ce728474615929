"""The study: several evaluations on the same photographs as one table, beside the figures of the 2022 report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handtint.errors import InputError
from handtint.evaluate.baselines import GRAY, MEAN_COLOR
from handtint.evaluate.report import CITATION, REFERENCE
from handtint.evaluate.tables import table
from handtint.figures import rows
from handtint.files import reason
from handtint.image.photo import Photo
from handtint.types import Array

TILES = "tiles.png"  # beside an evaluation's JSON file: the tiles of its figure without margins
SIDE = 128  # pixels: of a tile
TOLERANCE = 1e-6  # largest difference of the gray predictor's error between evaluations of the same photographs
MIN_COLORFULNESS = 0.25  # pictures with a smaller share of the truth's colourfulness count as gray

_CITED = {"resnet18-unet-gan": "ResNet18 U-Net GAN", "vit-lsgan": "ViT-LSGAN"}
_ORDER = ("resnet18-unet-gan", "vit-discriminator-gan", "vit-gan-naive", "vit-gan", "vit-lsgan", "handtint")

Scores = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One model's evaluation. run: its circumstances. gray, mean: the two baselines on the same photographs."""

    name: str
    photos: int
    run: Mapping[str, Any]
    scores: Scores
    gray: Scores
    mean: Scores
    folder: Path


def read(paths: Iterable[Path]) -> list[Entry]:
    """The evaluations in JSON files that `handtint evaluate colour --out` wrote, in the report's order.

    Raises InputError for other files, and if two evaluations are not of the same photographs.
    """
    entries = [entry for path in paths for entry in _entries(path)]
    if not entries:
        raise InputError("no evaluations to compare")
    first = entries[0]
    for entry in entries[1:]:
        difference = abs(entry.gray["lab"]["b"]["mse"] - first.gray["lab"]["b"]["mse"])
        if entry.photos != first.photos or difference > TOLERANCE:
            raise InputError(f"{entry.name} and {first.name} were measured on different photographs")
    return sorted(entries, key=lambda entry: (_rank(entry.name), entry.name))


def _entries(path: Path) -> list[Entry]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        color = record["color"]
        measured = dict(color["predictors"])
        gray, mean = measured.pop(GRAY), measured.pop(MEAN_COLOR)
        return [
            Entry(name, int(color["photos"]), record["run"], scores, gray, mean, path.parent)
            for name, scores in measured.items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = reason(error) if isinstance(error, OSError) else f"not an evaluation of colours: {error!r}"
        raise InputError(f"{path}: {why}") from error


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def markdown(entries: Sequence[Entry], *, command: str, figure: str = "") -> str:
    """The study as Markdown: both protocols, whole pictures, and which of the report's findings are confirmed.

    command: how this was made, to be printed. figure: the path of the rows of samples, "" for none.
    """
    first = entries[0]
    scores_by_name = [(GRAY, first.gray), (MEAN_COLOR, first.mean), *((e.name, e.scores) for e in entries)]
    about = "These models were measured on the same photographs. [Training](training.md#the-study) says how they were"
    source = "from what `handtint evaluate colour` wrote. Do not edit it: run the command again."
    cited = f"Cited rows: {CITATION}, trained at full size, on its own 2,000 photographs at 224 pixels."
    parts = [
        "# The study: the report's architectures and ours on one budget",
        f"{about} trained, and what the figures show.",
        f"This page was made by `{command}` {source}",
        "\n".join(f"- {key}: {value}" for key, value in first.run.items() if key != "recipe"),
        "\n".join(f"- {e.name}: {e.run.get('recipe', 'unknown recipe')}" for e in entries),
        f"## Protocol `report`\n\nGreen and blue of RGB, measured as in the 2022 report. {cited}",
        table(("model", *_metric_header("G"), *_metric_header("B")), [*_report_rows(scores_by_name), *_cited_rows()]),
        "## Protocol `lab`\n\nTrue a* and b* divided by 110, pooled over all pixels.",
        table(
            ("model", *_metric_header("a"), *_metric_header("b")),
            [_row(name, s["lab"].values()) for name, s in scores_by_name],
        ),
        "## Whole pictures\n\nMeans over photographs. Ratio: colourfulness, prediction divided by original."
        + (f" Frechet distance on {first.run['frechet']}." if "frechet" in first.run else ""),
        table(
            ("model", "PSNR dB", "SSIM", "CIEDE2000", "colourfulness ratio", "Frechet"),
            map(_picture_row, scores_by_name),
        ),
        "## The report's findings\n\n" + table(("finding of the report", "here", "figures"), findings(entries)),
    ]
    if figure:
        parts.append(f"## Samples\n\n![Input, each model's prediction, truth]({figure})")
    return "\n\n".join(parts) + "\n"


def _metric_header(channel: str) -> list[str]:
    return [f"{channel} {metric}" for metric in ("R2", "MAE", "MSE")]


def _row(name: str, channels: Iterable[Mapping[str, float]]) -> list[str]:
    return [name, *(f"{scores[metric]:.4f}" for scores in channels for metric in ("r2", "mae", "mse"))]


def _report_rows(scores_by_name: Iterable[tuple[str, Scores]]) -> list[list[str]]:
    return [_row(name, scores["report"].values()) for name, scores in scores_by_name]


def _cited_rows() -> list[list[str]]:
    return [_row(f"{name} (cited)", REFERENCE[title].values()) for name, title in _CITED.items()]


def _picture_row(entry: tuple[str, Scores]) -> list[str]:
    name, s = entry
    distance = f"{s['frechet']:.2f}" if "frechet" in s else "-"
    return [
        name,
        f"{s['psnr']:.2f}",
        f"{s['ssim']:.4f}",
        f"{s['ciede2000']:.2f}",
        f"{_colorfulness_ratio(s):.2f}",
        distance,
    ]


def _colorfulness_ratio(scores: Scores) -> float:
    return float(scores["colorfulness"]["ratio"] or 0.0)


def findings(entries: Sequence[Entry]) -> list[list[str]]:
    """(finding of the report, "confirmed" or "not confirmed", the figures behind that), for the evaluated models."""
    by_name = {entry.name: entry.scores for entry in entries}
    models = [
        _is_gray("The ViT discriminator leaves gray pictures", by_name.get("vit-discriminator-gan")),
        _is_gray("The ViT generator with cross entropy leaves gray pictures", by_name.get("vit-gan")),
        _best(entries),
    ]
    return [row for row in models if row]


def _is_gray(claim: str, scores: Scores | None) -> list[str]:
    if scores is None:
        return []
    share = _colorfulness_ratio(scores)
    verdict = "confirmed" if share < MIN_COLORFULNESS else "not confirmed"
    return [claim, verdict, f"colourfulness {share:.0%} of the truth's; gray is below {MIN_COLORFULNESS:.0%}"]


def _best(entries: Sequence[Entry]) -> list[str]:
    """Whether ViT-LSGAN has the smallest error of the report's models in its weaker channel, B."""
    errors = {e.name: float(e.scores["report"]["B"]["mae"]) for e in entries if e.name in _ORDER[:-1]}
    if "vit-lsgan" not in errors or len(errors) < 2:
        return []
    best = min(errors, key=errors.__getitem__)
    figures = ", ".join(f"{name} {error:.4f}" for name, error in sorted(errors.items(), key=lambda pair: pair[1]))
    verdict = "confirmed" if best == "vit-lsgan" else "not confirmed"
    return ["ViT-LSGAN is the best of the four", verdict, f"B MAE: {figures}"]


def tiles(lines: Sequence[tuple[str, Sequence[Array]]]) -> Array:
    """The tiles of a figure's rows at SIDE x SIDE without margins, to make other figures of them; RGB uint8."""
    return np.concatenate([np.concatenate([_tile(tile) for tile in row], axis=1) for _, row in lines])


def _tile(pixels: Array) -> Array:
    small: Array = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2)


def figure(entries: Sequence[Entry]) -> Array:
    """Rows of samples: input, the prediction of each model, truth. Raises InputError if the tiles are missing."""
    tiles_by_name = {entry.name: _split_tiles(Photo.read(entry.folder / TILES).pixels) for entry in entries}
    inputs, _, truth = tiles_by_name[entries[0].name]
    return rows(
        [("input", inputs), *((name, parts[1]) for name, parts in tiles_by_name.items()), ("truth", truth)], side=SIDE
    )


def _split_tiles(sheet: Array) -> list[list[Array]]:
    """The rows of tiles in a picture that `tiles` returned."""
    return [np.split(row, sheet.shape[1] // SIDE, axis=1) for row in np.split(sheet, sheet.shape[0] // SIDE)]
