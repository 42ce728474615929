"""Evaluation of colourings: truths made gray, coloured by each predictor, and scored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from handtint.errors import InputError
from handtint.evaluate.baselines import GRAY, Predictor, gray, to_gray
from handtint.evaluate.errors import Errors, errors
from handtint.evaluate.frechet import Distances, Features
from handtint.evaluate.metrics import ciede2000, colorfulness, psnr, ssim
from handtint.evaluate.protocols import LabProtocol, ReportProtocol
from handtint.image.arrays.samples import eight_bits
from handtint.image.color import lab
from handtint.image.photo import Photo
from handtint.types import Array, Float

PEOPLE, TRUTH = "people", "truth"


def evaluate_color(
    truths: Iterable[tuple[str, Array]], predictors: Mapping[str, Predictor], *, features: Features | None = None
) -> dict[str, Any]:
    """Score predictors on photographs; their input is the lightness alone.

    truths: (name, RGB (H, W, 3) uint8), all of one size; only one is in memory at a time. Other arguments, result and
    errors are those of `ColorEvaluation`.
    """
    evaluation = ColorEvaluation(predictors, features=features)
    for name, rgb in truths:
        evaluation.add(name, rgb)
    return evaluation.result()


class ColorEvaluation:
    """Predictors scored photograph by photograph, on the lightness of each alone, against its colours."""

    def __init__(
        self,
        predictors: Mapping[str, Predictor],
        *,
        features: Features | None = None,
        curves: Mapping[str, Mapping[float, Predictor]] | None = None,
        sample_names: Collection[str] = (),
    ) -> None:
        """predictors: by the name to report; "gray", the input unchanged, is always added.

        features: RGB (H, W, 3) uint8 -> (d,), to add "frechet", the distance between predictions and truths. curves:
        predictors by model and strength, for which only `Errors` are computed. sample_names: names of the photographs
        whose predictions are kept in `samples`.
        """
        self._predictors = {GRAY: gray, **predictors}
        self._curves, self._sample_names = curves or {}, sample_names
        self._frechet = Distances(features) if features else None
        self._size: tuple[int, int] | None = None
        self._scores: dict[str, ColorScores] = {}
        self._groups: dict[tuple[str, str], dict[str, Errors]] = {}
        self._curve_errors = {
            model: {strength: Errors() for strength in curve} for model, curve in self._curves.items()
        }
        self._photos = 0
        self.samples: list[dict[str, Array]] = []

    def add(self, name: str, rgb: Array, *, source: str | None = None, people: bool = False) -> None:
        """Add a true picture, RGB (H, W, 3) uint8. Raises InputError for another shape, dtype or size than before.

        source: the source among whose figures it counts, too. people: whether it counts among those with people.
        """
        truth = _Colors.of(rgb, name, self._size)
        if self._size is None:
            self._size = rgb.shape[0], rgb.shape[1]
            self._scores = {label: ColorScores(self._size) for label in self._predictors}
        groups = [("people", PEOPLE)] if people else []
        groups += [] if source is None else [("sources", source)]
        photo = to_gray(rgb, name=name)
        predictions = {label: self._colors(predict, photo, label) for label, predict in self._predictors.items()}
        for label, prediction in predictions.items():
            self._scores[label].add(prediction, truth)
            for group in groups:
                self._groups.setdefault(group, {}).setdefault(label, Errors()).add(prediction.errors(truth))
        for model, curve in self._curves.items():
            for strength, predict in curve.items():
                self._curve_errors[model][strength].add(self._colors(predict, photo, model).errors(truth))
        if self._frechet:
            self._frechet.add_truth(rgb)
            for label, prediction in predictions.items():
                self._frechet.add(label, prediction.rgb)
        if name in self._sample_names:
            self.samples.append({label: prediction.rgb for label, prediction in predictions.items()} | {TRUTH: rgb})
        self._photos += 1

    def _colors(self, predict: Predictor, photo: Photo, label: str) -> _Colors:
        return _Colors.of(_rgb8(predict(photo).pixels), f"{photo.name}: {label}", self._size)

    def result(self) -> dict[str, Any]:
        """{"photos", "size": [H, W], "predictors": {name: scores}, "sources", "people", "curves"}.

        The scores of predictors are those of `ColorScores.scores`. sources: {source: {name: scores}}, people: {name:
        scores}, curves: {model: {strength: scores}}, with those of `Errors.scores`; each is left out if it is empty.
        Raises InputError without photographs.
        """
        if self._size is None:
            raise InputError("no photographs to evaluate")
        scores = {label: score.scores() for label, score in self._scores.items()}
        if self._frechet:
            scores = {label: {**values, "frechet": self._frechet.of(label)} for label, values in scores.items()}
        parts: dict[str, Any] = {"sources": {}, "people": {}, "curves": {}}
        for (kind, group), accounts in sorted(self._groups.items()):
            part = {label: score.scores() for label, score in accounts.items()}
            parts[kind] = part if kind == "people" else {**parts[kind], group: part}
        for model, points in self._curve_errors.items():
            parts["curves"][model] = {f"{strength:g}": point.scores() for strength, point in points.items()}
        nonempty = {name: part for name, part in parts.items() if part}
        return {"photos": self._photos, "size": list(self._size), "predictors": scores, **nonempty}


@dataclass(frozen=True, slots=True)
class _Colors:
    """One picture in the forms that the measures need."""

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

    def errors(self, truth: _Colors) -> Array:
        """The result of the function `errors`."""
        return errors(self.rgb, self.ab, self.colorfulness, truth.rgb, truth.ab, truth.colorfulness)


class ColorScores:
    """Every measure of one predictor, added up photograph by photograph."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._report, self._lab = ReportProtocol(size), LabProtocol()
        self._photos = 0
        self._sums = np.zeros(6)  # psnr, ssim, ciede2000, colourfulness predicted and true, and their difference

    def add(self, prediction: _Colors, truth: _Colors) -> None:
        """Add one photograph, predicted and true."""
        similarities = psnr(prediction.rgb, truth.rgb), ssim(prediction.rgb, truth.rgb)
        delta_e = ciede2000(prediction.L, prediction.ab, truth.L, truth.ab).mean(dtype=np.float64)
        colorfulness_pair = prediction.colorfulness, truth.colorfulness
        self._sums += (*similarities, delta_e, *colorfulness_pair, abs(colorfulness_pair[0] - colorfulness_pair[1]))
        self._report.add(prediction.rgb, truth.rgb)
        self._lab.add(prediction.ab, truth.ab)
        self._photos += 1

    def scores(self) -> dict[str, Any]:
        """{"report": {"G", "B"}, "lab": {"a", "b"}, "psnr" dB, "ssim", "ciede2000", "colorfulness"}.

        All except those of the protocols are means over photographs. colorfulness: {"prediction", "truth", "ratio" of
        the two (None if the truth has no colours), "difference": the mean of |prediction - truth|}.
        """
        protocols = {"report": self._report.scores(), "lab": self._lab.scores()}
        mean_psnr, mean_ssim, delta_e, predicted, truth, difference = (float(v) for v in self._sums / self._photos)
        ratio = predicted / truth if truth else None
        colorfulness_scores = {"prediction": predicted, "truth": truth, "ratio": ratio, "difference": difference}
        return {
            **protocols,
            "psnr": mean_psnr,
            "ssim": mean_ssim,
            "ciede2000": delta_e,
            "colorfulness": colorfulness_scores,
        }


def _rgb8(pixels: Array) -> Array:
    pixels = eight_bits(pixels)
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def summary(predictors: Mapping[str, Any], name: str) -> dict[str, float]:
    """The figures of one predictor, and of the gray one, for the record of a model."""
    model_scores, gray_scores = predictors[name], predictors[GRAY]
    scores = {}
    for channel in ("a", "b"):
        for metric in ("mae", "mse"):
            scores[f"lab {channel} {metric}"] = model_scores["lab"][channel][metric]
            scores[f"lab {channel} {metric} of gray"] = gray_scores["lab"][channel][metric]
    scores |= {f"report B {metric}": model_scores["report"]["B"][metric] for metric in ("r2", "mae", "mse")}
    scores |= {f"report B {metric} of gray": gray_scores["report"]["B"][metric] for metric in ("r2", "mae", "mse")}
    return scores | {"psnr": model_scores["psnr"], "colourfulness ratio": model_scores["colorfulness"]["ratio"] or 0.0}
