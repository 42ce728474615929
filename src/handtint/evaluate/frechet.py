"""The Frechet distance between the features of predicted and of true pictures, accumulated picture by picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from handtint.errors import InputError
from handtint.types import Array

Features = Callable[[Array], Array]  # RGB (H, W, 3) uint8 -> (d,) float


class Normal:
    """Mean and covariance of vectors (d,) from running sums in float64, in constant memory."""

    def __init__(self) -> None:
        self.count = 0
        self._sum: Array = np.zeros(0)
        self._products: Array = np.zeros((0, 0))

    def add(self, vector: Array) -> None:
        """Add one vector (d,)."""
        v = np.asarray(vector, np.float64)
        if not self.count:
            self._sum, self._products = np.zeros(len(v)), np.zeros((len(v), len(v)))
        self.count += 1
        self._sum += v
        self._products += np.outer(v, v)

    def moments(self) -> tuple[Array, Array]:
        """(mean (d,), covariance (d, d), unbiased). Raises InputError for fewer than two vectors."""
        if self.count < 2:
            raise InputError("the Frechet distance needs two photographs or more")
        mean = self._sum / self.count
        return mean, (self._products - self.count * np.outer(mean, mean)) / (self.count - 1)


class Distances:
    """The Frechet distances of several predictors' pictures from the true ones, on the features of a network."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._truth = Normal()
        self._predicted: dict[str, Normal] = {}

    def add_truth(self, rgb: Array) -> None:
        """Add one true picture, RGB (H, W, 3) uint8."""
        self._truth.add(self._features(rgb))

    def add(self, label: str, rgb: Array) -> None:
        """Add one predicted picture, RGB (H, W, 3) uint8."""
        self._predicted.setdefault(label, Normal()).add(self._features(rgb))

    def of(self, label: str) -> float:
        """The distance of a predictor, 0 and up. Raises InputError for fewer than two photographs."""
        return frechet(self._predicted[label], self._truth)


def frechet(first: Normal, second: Normal) -> float:
    """The squared Frechet distance of two normal distributions, 0 and up: Dowson and Landau 1982; Heusel et al. 2017.

    It is larger for fewer photographs, so only figures for the same photographs can be compared.
    """
    (mean1, covariance1), (mean2, covariance2) = first.moments(), second.moments()
    values, vectors = np.linalg.eigh(covariance1)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    # the eigenvalues of C1 C2 are those of the symmetric root(C1) C2 root(C1)
    cross_trace = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance2 @ root), 0)).sum()
    distance = np.square(mean1 - mean2).sum() + np.trace(covariance1) + np.trace(covariance2) - 2 * cross_trace
    return max(0.0, float(distance))
