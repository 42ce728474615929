"""Errors and colourfulness in a few numbers per predictor: for groups of photographs, and for each strength."""

from __future__ import annotations

from typing import Any

import numpy as np

from handtint.image.color import lab
from handtint.types import Array, Float

CHANNELS = {"lab": ("a", "b"), "report": ("G", "B")}


class Errors:
    """Mean errors of one predictor, in bounded memory: photographs are added one by one.

    They equal those of `LabProtocol` and `ReportProtocol`; the measures that need more memory are left out.
    """

    def __init__(self) -> None:
        self._photos = 0
        self._sums = np.zeros(10)

    def add(self, values: Array) -> None:
        """Add one photograph: the result of `errors`."""
        self._photos += 1
        self._sums += values

    def scores(self) -> dict[str, Any]:
        """{"photos", "lab": {"a", "b"}, "report": {"G", "B"}, "colorfulness": {"prediction", "truth", "ratio"}}.

        Each channel: {"mae", "mse"}, a*b* divided by 110, G and B in 0..1.
        """
        n = self._photos
        by_channel = iter(self._sums[:8].reshape(4, 2))
        scores: dict[str, Any] = {"photos": n}
        for protocol, channels in CHANNELS.items():
            count = n + (protocol == "report")  # the report has one sample of zeros before the photographs
            means = {channel: next(by_channel) / count for channel in channels}
            scores[protocol] = {c: {"mae": float(mae), "mse": float(mse)} for c, (mae, mse) in means.items()}
        predicted, true = (float(v) / n for v in self._sums[8:])
        ratio = predicted / true if true else None
        return {**scores, "colorfulness": {"prediction": predicted, "truth": true, "ratio": ratio}}


def errors(
    rgb: Array, ab: Float, colorfulness: float, true_rgb: Array, true_ab: Float, true_colorfulness: float
) -> Array:
    """(10,) of one photograph: MAE and MSE of a*, b*, G and B, colourfulness predicted and true.

    rgb: (H, W, 3) uint8. ab: a*b* (H, W, 2).
    """
    ab_errors = (true_ab - ab).reshape(-1, 2) / np.float32(lab.AB_SCALE)
    rgb_errors = (rgb[..., 1:].astype(np.float32) - true_rgb[..., 1:]).reshape(-1, 2) / np.float32(255)
    all_errors = np.concatenate([ab_errors, rgb_errors], axis=1)
    means = np.abs(all_errors).mean(axis=0, dtype=np.float64), np.square(all_errors).mean(axis=0, dtype=np.float64)
    return np.concatenate([np.stack(means, axis=1).ravel(), (colorfulness, true_colorfulness)])
