"""Predictions for one frame, at network size: warped along the motion to later frames, and blended with new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.keep import Term
from handtint.types import Float
from handtint.video import flow

MAX_COUNT = 6.0  # predictions in a pixel's running mean: each new one has a weight of at least 1 / (MAX_COUNT + 1)
MIN_TRUST = 0.3  # factor on the weight of a warped alpha that is the opposite of the new one
MIN_COUNT = 0.3  # predictions: with fewer, a pixel takes the colours of its neighbours
FILL_SIGMA = 0.04  # of the mean side: the Gaussian over those neighbours


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the networks predicted for a frame, or what was warped to it from earlier frames.

    colors: slope and offset of a*b*, (h, w, 4), or None if no colours are predicted. layers: alphas (h, w) 0..1, as
    `selection.soft_layers` returns them. objects: for each term that names one object, its alpha (h, w). count: (h, w)
    how many predictions each pixel is the mean of, 0..MAX_COUNT.
    """

    colors: Float | None
    layers: tuple[Float, ...]
    count: Float
    objects: Mapping[Term, Float] = field(default_factory=dict)

    @property
    def coefficients(self) -> resize.GuidedCoefficients | None:
        """The colours as coefficients over L, or None."""
        return None if self.colors is None else resize.GuidedCoefficients(self.colors[..., :2], self.colors[..., 2:])


def warp_to(predictions: Predictions, motion: Float, confidence: Float) -> Predictions:
    """The predictions warped to the current frame; each pixel's count is multiplied by its confidence (h, w) 0..1.

    motion: (h, w, 2) as `flow.motion` returns it.
    """
    return Predictions(
        None if predictions.colors is None else flow.warp(predictions.colors, motion),
        tuple(_warp_alpha(layer, motion) for layer in predictions.layers),
        np.clip(flow.warp(predictions.count, motion), 0, MAX_COUNT) * confidence,
        {term: _warp_alpha(alpha, motion) for term, alpha in predictions.objects.items()},
    )


def _warp_alpha(values: Float, motion: Float) -> Float:
    return np.clip(flow.warp(values, motion), 0, 1)


def blend(old: Predictions, new: Predictions) -> Predictions:
    """The mean of warped and new predictions, weighted by their counts."""
    share = old.count / (old.count + new.count)
    colors = None if new.colors is None or old.colors is None else _mean(old.colors, new.colors, share)
    layers = tuple(_mean_alpha(a, b, share) for a, b in zip(old.layers, new.layers, strict=True))
    objects = {term: _mean_alpha(old.objects.get(term, alpha), alpha, share) for term, alpha in new.objects.items()}
    return Predictions(colors, layers, np.minimum(old.count + new.count, np.float32(MAX_COUNT)), objects)


def add_change(predictions: Predictions, change: Float | None) -> Predictions:
    """The predictions with a change (h, w, 4) added to their colours."""
    if predictions.colors is None or change is None:
        return predictions
    like = max(predictions.colors, change, key=lambda values: values.size)
    return replace(predictions, colors=resized_like(predictions.colors, like) + resized_like(change, like))


def residual_of(displayed: Predictions, new: Predictions, count: Float) -> Predictions:
    """The difference between what a frame would have shown and what is now known: it fades out over the next frames.

    count: (h, w) of the warped predictions; where it is small, nothing was shown reliably, and the residual is 0.
    """
    share = np.clip(count / np.float32(MIN_COUNT), 0, 1)
    colors = (
        None if new.colors is None or displayed.colors is None else _difference(displayed.colors, new.colors, share)
    )
    layers = tuple(_difference(a, b, share) for a, b in zip(displayed.layers, new.layers, strict=True))
    return Predictions(colors, layers, share)


def _difference(one: Float, other: Float, share: Float) -> Float:
    share = resized_like(share, other)
    return (resized_like(one, other) - other) * (share if other.ndim == 2 else share[..., None])


def add_residual(predictions: Predictions, residual: Predictions, share: float) -> Predictions:
    """The predictions plus a share, 0..1, of a residual."""
    weight = np.float32(share)
    colors = predictions.colors
    if colors is not None and residual.colors is not None:
        colors = colors + resized_like(residual.colors, colors) * weight
    pairs = zip(predictions.layers, residual.layers, strict=True)
    layers = tuple(np.clip(a + resized_like(b, a) * weight, 0, 1) for a, b in pairs)
    return replace(predictions, colors=colors, layers=layers)


def warp_residual(residual: Predictions, motion: Float) -> Predictions:
    """A residual warped to the current frame."""
    colors = None if residual.colors is None else flow.warp(residual.colors, motion)
    return replace(residual, colors=colors, layers=tuple(flow.warp(layer, motion) for layer in residual.layers))


def _mean(old: Float, new: Float, share: Float) -> Float:
    """old * share + new * (1 - share), at the size of the larger."""
    old, new = (resized_like(old, new), new) if new.size >= old.size else (old, resized_like(new, old))
    share = resized_like(share, new)
    share = share if new.ndim == 2 else share[..., None]
    return new + (old - new) * share


def _mean_alpha(old: Float, new: Float, share: Float) -> Float:
    """The same for alphas (h, w), where the old one counts less the more it differs: it may have been smeared."""
    old, new = (resized_like(old, new), new) if new.size >= old.size else (old, resized_like(new, old))
    trust = np.maximum(np.float32(1) - np.abs(old - new), np.float32(MIN_TRUST))
    return _mean(old, new, resized_like(share, new) * trust)


def resized_like(values: Float, like: Float) -> Float:
    """Values (h, w) or (h, w, k), resized to the height and width of `like`."""
    return values if values.shape[:2] == like.shape[:2] else cv2.resize(values, like.shape[1::-1])


def fill_gaps(predictions: Predictions) -> Predictions:
    """The predictions, with the colours and alphas of pixels whose count is small taken from their neighbours."""
    weight = np.clip(predictions.count / np.float32(MIN_COUNT), 0, 1)
    if weight.min() >= 1:
        return predictions
    colors = None if predictions.colors is None else _spread(predictions.colors, weight)
    return replace(predictions, colors=colors, layers=tuple(_spread(layer, weight) for layer in predictions.layers))


def _spread(values: Float, weight: Float) -> Float:
    """Values where the weight is 1; where it is 0, the weighted mean of their neighbourhood."""
    weight = resized_like(weight, values)
    sigma = FILL_SIGMA * float(np.sqrt(weight.size))
    planes = [values] if values.ndim == 2 else [values[..., i] for i in range(values.shape[2])]
    total = cv2.GaussianBlur(weight, (0, 0), sigma) + np.float32(1e-3)
    out = []
    for plane in planes:
        neighbours = (cv2.GaussianBlur(plane * weight, (0, 0), sigma) + plane.mean() * np.float32(1e-3)) / total
        out.append(neighbours + (plane - neighbours) * weight)
    return out[0] if values.ndim == 2 else np.stack(out, axis=2)
