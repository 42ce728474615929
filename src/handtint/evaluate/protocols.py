"""The two protocols to score predicted colours, one photograph at a time in bounded memory.

`ReportProtocol` repeats the arithmetic behind the tables of Noya and Taye 2022, "Selective Coloring"; it is
comparable with them, but favours pictures without colour. `LabProtocol` measures true a* and b*.
The scores are those of scikit-learn: r2_score, explained_variance_score, mean_absolute_error,
median_absolute_error, mean_squared_error.
"""

from __future__ import annotations

import numpy as np

from handtint.errors import InputError
from handtint.image.color import lab
from handtint.types import Array, Float

Scores = dict[str, float]

METRICS = ("r2", "explained_variance", "mae", "median_ae", "mse")
MEDIAN_ACCURACY = 2.0**-15  # of the `lab` protocol's median absolute error, in units of 110 a*b*
_BINS = 1 << 15  # of 2 * MEDIAN_ACCURACY each: 0..2, beyond any two colours of sRGB
_ROUNDING = 1e-12  # a variance below it is float32 rounding (1e-4 a*b* of spread)
_CHUNK = 4096  # rows of a histogram summed up at a time


class ReportProtocol:
    """Scores of the G and B channels of RGB in 0..1, photographs as samples and pixel positions as outputs.

    As in the report: prediction and truth are swapped (so that the variance is the prediction's), one all-zero sample
    precedes the photographs, and the scores are the plain mean over positions. Values are
    multiples of 1/255, so integer sums and counts give every score exactly, the median included.
    Memory: 560 bytes per pixel position and channel (56 MB at 224x224); nearly twice that from 65,535 photographs.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        outputs = 2 * size[0] * size[1]
        self._samples = 1
        self._sums = np.zeros((5, outputs), np.int64)  # prediction, its square, error, its square, its absolute value
        self._counts = np.zeros((outputs, 256), np.uint16)  # histogram of absolute errors
        self._counts[:, 0] = 1
        self._rows = np.arange(outputs)

    def add(self, prediction: Array, truth: Array) -> None:
        """Add one photograph: (H, W, 3) uint8 RGB, predicted and true."""
        p = np.moveaxis(prediction[..., 1:], -1, 0).reshape(-1).astype(np.int64)
        error = p - np.moveaxis(truth[..., 1:], -1, 0).reshape(-1)
        size = np.abs(error)
        for total, value in zip(self._sums, (p, p * p, error, error * error, size), strict=True):
            total += value
        if self._samples == np.iinfo(np.uint16).max:
            self._counts = self._counts.astype(np.uint32)
        self._counts[self._rows, size] += 1
        self._samples += 1

    def scores(self) -> dict[str, Scores]:
        """METRICS of channels "G" and "B" on the 0..1 scale. Raises InputError without photographs."""
        if self._samples < 2:
            raise InputError("no photographs to evaluate")
        outputs = len(self._rows)
        return {"G": self._scores(slice(outputs // 2)), "B": self._scores(slice(outputs // 2, outputs))}

    def _scores(self, channel: slice) -> Scores:
        n = self._samples
        p, pp, e, ee, size = self._sums[:, channel]
        variance = n * pp - p * p
        return {
            "r2": float(_explained(n * ee, variance).mean()),
            "explained_variance": float(_explained(n * ee - e * e, variance).mean()),
            "mae": float(size.mean() / n / 255),
            "median_ae": float(_medians(self._counts[channel], n).mean() / 255),
            "mse": float(ee.mean() / n / 255**2),
        }


class LabProtocol:
    """Scores of a* and b* divided by 110, pooled over all pixels of all photographs.

    R2 and explained variance are computed from sums in float64; the median absolute error is exact to MEDIAN_ACCURACY.
    """

    def __init__(self) -> None:
        self._pixels = 0
        self._sums = np.zeros((5, 2))  # truth, its square, error, its square, its absolute value
        self._counts = np.zeros((2, _BINS), np.int64)

    def add(self, prediction: Float, truth: Float) -> None:
        """Add one photograph: a*b* (H, W, 2) float32, predicted and true."""
        t, p = (x.reshape(-1, 2).astype(np.float64) / lab.AB_SCALE for x in (truth, prediction))
        error = t - p
        size = np.abs(error)
        self._pixels += len(t)
        self._sums += [value.sum(axis=0) for value in (t, t * t, error, error * error, size)]
        bins = np.minimum((size * (_BINS / 2)).astype(np.int64), _BINS - 1)
        for counts, column in zip(self._counts, bins.T, strict=True):
            counts += np.bincount(column, minlength=_BINS)

    def scores(self) -> dict[str, Scores]:
        """METRICS of "a" and "b" on the a*b* / 110 scale. Raises InputError without photographs."""
        if not self._pixels:
            raise InputError("no photographs to evaluate")
        return {"a": self._scores(0), "b": self._scores(1)}

    def _scores(self, channel: int) -> Scores:
        t, tt, e, ee, size = self._sums[:, channel] / self._pixels
        variance, residual = (np.where(v < _ROUNDING, 0, v) for v in (tt - t * t, np.array([ee, ee - e * e])))
        r2, explained = _explained(residual, variance)
        median = _medians(self._counts[channel : channel + 1], self._pixels)[0] + 0.5
        values = (r2, explained, size, median * 2 / _BINS, ee)
        return {name: float(value) for name, value in zip(METRICS, values, strict=True)}


def _explained(error: Array, variance: Array) -> Array:
    """1 - error / variance; if the variance is 0, then 1 without error and 0 with one, as in scikit-learn."""
    return np.where(variance == 0, np.where(error == 0, 1.0, 0.0), 1 - error / np.where(variance == 0, 1, variance))


def _medians(counts: Array, samples: int) -> Array:
    """Medians (n,) of values 0..k-1 from how often each occurs, counts (n, k); every row sums to samples."""
    medians = np.empty(len(counts))
    for start in range(0, len(counts), _CHUNK):
        cumulative = counts[start : start + _CHUNK].cumsum(axis=1, dtype=np.int64)
        median_pair = [(cumulative >= rank).argmax(axis=1) for rank in ((samples + 1) // 2, samples // 2 + 1)]
        medians[start : start + _CHUNK] = (median_pair[0] + median_pair[1]) / 2
    return medians
