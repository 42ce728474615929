"""Evaluation of colourings: truths made gray, coloured by each predictor, and scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handtint.errors import InputError
from handtint.evaluate.baselines import GRAY, Predictor, gray, grayed
from handtint.evaluate.frechet import Distances, Features
from handtint.evaluate.metrics import ciede2000, colorfulness, psnr, ssim
from handtint.evaluate.protocols import LabProtocol, ReportProtocol
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import lab
from handtint.types import Array, Float


def evaluate_color(
    truths: Iterable[tuple[str, Array]], predictors: Mapping[str, Predictor], *, features: Features | None = None
) -> dict[str, Any]:
    """Score predictors on photographs of which only the lightness is shown to them.

    truths: (name, RGB (H, W, 3) uint8), all of one size; one is held at a time.
    predictors: by the name to report; "gray", the photograph as shown, is always added.
    features: RGB (H, W, 3) uint8 -> (d,), to add "frechet", the distance between predictions and truths.

    Returns {"photos", "size": [H, W], "predictors": {name: scores}}; scores as `ColorScores.scores` has them.
    Raises InputError without photographs and for one that does not fit.
    """
    everyone = {GRAY: gray, **predictors}
    size: tuple[int, int] | None = None
    accounts: dict[str, ColorScores] = {}
    distances = Distances(features) if features else None
    photos = 0
    for name, rgb in truths:
        truth = _Colors.of(rgb, name, size)
        if size is None:
            size = rgb.shape[0], rgb.shape[1]
            accounts = {label: ColorScores(size) for label in everyone}
        shown = grayed(rgb, name=name)
        if distances:
            distances.add_truth(rgb)
        for label, predict in everyone.items():
            prediction = _Colors.of(_rgb8(predict(shown).pixels), f"{name}: {label}", size)
            accounts[label].add(prediction, truth)
            if distances:
                distances.add(label, prediction.rgb)
        photos += 1
    if size is None:
        raise InputError("no photographs to evaluate")
    scores = {label: account.scores() for label, account in accounts.items()}
    if distances:
        scores = {label: {**found, "frechet": distances.of(label)} for label, found in scores.items()}
    return {"photos": photos, "size": list(size), "predictors": scores}


@dataclass(frozen=True, slots=True)
class _Colors:
    """One picture as the measures want it."""

    rgb: Array
    L: Float
    ab: Float
    colorfulness: float

    @classmethod
    def of(cls, rgb: Array, name: str, size: tuple[int, int] | None) -> _Colors:
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
            raise InputError(f"{name}: {rgb.dtype} {rgb.shape}, expected uint8 (H, W, 3)")
        if size not in (None, rgb.shape[:2]):
            raise InputError(f"{name}: size {rgb.shape[:2]}, expected {size} as before")
        return cls(rgb, *lab.split(rgb), colorfulness(rgb))


class ColorScores:
    """Every measure of one predictor, added up photograph by photograph."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._report, self._lab = ReportProtocol(size), LabProtocol()
        self._photos = 0
        self._sums = np.zeros(6)  # psnr, ssim, ciede2000, colourfulness predicted, true, and how far apart

    def add(self, prediction: _Colors, truth: _Colors) -> None:
        """Take in one photograph, predicted and true."""
        likeness = psnr(prediction.rgb, truth.rgb), ssim(prediction.rgb, truth.rgb)
        distance = ciede2000(prediction.L, prediction.ab, truth.L, truth.ab).mean(dtype=np.float64)
        vivid = prediction.colorfulness, truth.colorfulness
        self._sums += (*likeness, distance, *vivid, abs(vivid[0] - vivid[1]))
        self._report.add(prediction.rgb, truth.rgb)
        self._lab.add(prediction.ab, truth.ab)
        self._photos += 1

    def scores(self) -> dict[str, Any]:
        """{"report": {"G", "B"}, "lab": {"a", "b"}, "psnr" dB, "ssim", "ciede2000", "colorfulness"}.

        All are means over photographs but the protocols'. colorfulness: {"prediction", "truth", "ratio" of the
        two (None where the truth has none), "difference": the mean of |prediction - truth|}.
        """
        protocols = {"report": self._report.scores(), "lab": self._lab.scores()}
        signal, similarity, distance, predicted, true, apart = (float(v) for v in self._sums / self._photos)
        ratio = predicted / true if true else None
        colorful = {"prediction": predicted, "truth": true, "ratio": ratio, "difference": apart}
        return {**protocols, "psnr": signal, "ssim": similarity, "ciede2000": distance, "colorfulness": colorful}


def _rgb8(pixels: Array) -> Array:
    pixels = eight_bits(pixels)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def summary(predictors: Mapping[str, Any], name: str) -> dict[str, float]:
    """The figures of one predictor that its record keeps, beside those of the gray one."""
    ours, gray_ = predictors[name], predictors[GRAY]
    scores = {}
    for channel in ("a", "b"):
        for metric in ("mae", "mse"):
            scores[f"lab {channel} {metric}"] = ours["lab"][channel][metric]
            scores[f"lab {channel} {metric} of gray"] = gray_["lab"][channel][metric]
    scores |= {f"report B {metric}": ours["report"]["B"][metric] for metric in ("r2", "mae", "mse")}
    scores |= {f"report B {metric} of gray": gray_["report"]["B"][metric] for metric in ("r2", "mae", "mse")}
    return scores | {"psnr": ours["psnr"], "colourfulness ratio": ours["colorfulness"]["ratio"] or 0.0}
