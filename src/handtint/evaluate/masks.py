"""Evaluation of segmentations: VOC classes and foreground masks against labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from handtint.errors import InputError, OptionError
from handtint.evaluate.baselines import to_gray
from handtint.image.photo import Photo
from handtint.types import VOC, VOID, Array, Float

Segment = Callable[[Photo], tuple[Array, Float]]  # class indices (H, W) uint8, alpha (H, W) float32 0..1
Sample = tuple[str, Array, Array, Array]  # name, photo, class labels, foreground labels

MODES = ("gray", "colour")
TOLERANCE = 0.008  # of the diagonal: the largest distance of two boundaries that still match


def evaluate_masks(
    samples: Iterable[Sample], segment: Segment, *, on: Sequence[str] = MODES, classes: bool = True
) -> dict[str, dict[str, Any]]:
    """Score a segmenter on labelled photographs, in gray, in colour, or both.

    samples: (name, photo (H, W) or (H, W, 3) uint8, class labels (H, W) uint8 0..20, foreground labels (H, W)
             uint8 0 or 1); 255 in the labels is ignored. One sample is held in memory at a time.
    segment: photo -> class indices (H, W) uint8 0..20, alpha (H, W) float32 0..1.
    on: the segmenter's inputs: "gray", the photograph's lightness, or "colour", the photograph itself.
    classes: whether the segmenter predicts classes; if not, they are not scored.

    Returns {mode: scores} with those of `MaskScores.scores`.
    Raises InputError without photographs and for arrays of different shapes, OptionError for an unknown mode.
    """
    if unknown := sorted(set(on) - set(MODES)):
        raise OptionError(f"on: {unknown[0]!r} is not one of {', '.join(MODES)}")
    scores_by_mode = {mode: MaskScores() for mode in on}
    for name, pixels, labels, foreground in samples:
        for mode, mask_scores in scores_by_mode.items():
            gray = mode == "gray" and pixels.ndim == 3
            photo = to_gray(pixels, name=name) if gray else Photo.of(pixels, name=name)
            mask_scores.add(*segment(photo), labels, foreground, name=name)
    scores = {mode: mask_scores.scores() for mode, mask_scores in scores_by_mode.items()}
    return scores if classes else {mode: values | _NO_CLASSES for mode, values in scores.items()}


_NO_CLASSES: dict[str, Any] = {"miou": None, "iou": dict.fromkeys(VOC), "pixel_accuracy": None}


class MaskScores:
    """All measures of one segmenter, accumulated photograph by photograph."""

    def __init__(self) -> None:
        self._photos = 0
        self._confusion = np.zeros((len(VOC), len(VOC)), np.int64)  # [true class, predicted class] in pixels
        self._foregrounds = 0  # photographs with foreground labels
        self._pooled = np.zeros(2, np.int64)  # pixels of intersection and union of the foregrounds
        self._sums = np.zeros(4)  # foreground IoU, boundary F, alpha error, leak

    def add(self, classes: Array, alpha: Float, true_classes: Array, true_foreground: Array, *, name: str = "") -> None:
        """Add one photograph: predicted class indices and alpha, class and foreground labels; all (H, W)."""
        if not classes.shape == alpha.shape == true_classes.shape == true_foreground.shape:
            shapes = ", ".join(str(x.shape) for x in (classes, alpha, true_classes, true_foreground))
            raise InputError(f"{name or 'masks'}: classes, alpha and labels of different shapes: {shapes}")
        self._photos += 1
        self._confusion += confusion(classes, true_classes)
        if (true_foreground != VOID).any():
            self._add_foreground(alpha, true_foreground)

    def _add_foreground(self, alpha: Float, truth: Array) -> None:
        valid = truth != VOID
        mask = alpha >= 0.5
        intersection, union = overlap(mask, truth)
        error = np.abs(alpha[valid] - truth[valid]).mean(dtype=np.float64)
        self._pooled += (intersection, union)
        self._sums += (intersection / union if union else 1.0, boundary_f(mask, truth), error, leak(alpha, truth))
        self._foregrounds += 1

    def scores(self) -> dict[str, Any]:
        """{"photos", "miou", "iou": {class: 0..1 or None}, "pixel_accuracy", "foreground"}; None if nothing was scored.

        A class that is in neither truth nor prediction has no IoU and does not count in the mean.
        foreground: {"photos" with foreground labels, "iou_mean" over photographs (1 if both masks are empty),
        "iou_pooled" over pixels, "boundary_f", "alpha_mae" and "leak", means over photographs}.
        Raises InputError without photographs.
        """
        if not self._photos:
            raise InputError("no photographs to evaluate")
        correct, total = np.diag(self._confusion), int(self._confusion.sum())
        union = self._confusion.sum(axis=0) + self._confusion.sum(axis=1) - correct
        iou = {name: _share(int(r), int(u)) for name, r, u in zip(VOC, correct, union, strict=True)}
        scored = [value for value in iou.values() if value is not None]
        return {
            "photos": self._photos,
            "miou": float(np.mean(scored)) if scored else None,
            "iou": iou,
            "pixel_accuracy": _share(int(correct.sum()), total),
            "foreground": self._foreground_scores(),
        }

    def _foreground_scores(self) -> dict[str, float | int | None]:
        means = [float(v) / self._foregrounds if self._foregrounds else None for v in self._sums]
        intersection, union = map(int, self._pooled)
        pooled = None if not self._foregrounds else intersection / union if union else 1.0
        return {
            "photos": self._foregrounds,
            "iou_mean": means[0],
            "iou_pooled": pooled,
            "boundary_f": means[1],
            "alpha_mae": means[2],
            "leak": means[3],
        }


def _share(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def confusion(prediction: Array, truth: Array) -> Array:
    """Pixels (21, 21) int64 by [true class, predicted class] of two (H, W) index arrays; truth 255 is ignored."""
    labelled = truth != VOID
    true, predicted = truth[labelled].astype(np.int64), prediction[labelled].astype(np.int64)
    n = len(VOC)
    for name, values in (("truth", true), ("prediction", predicted)):
        if values.size and not 0 <= values.min() <= values.max() < n:
            raise InputError(f"{name}: class {values.max()} is not one of 0..{n - 1}")
    return np.bincount(true * n + predicted, minlength=n * n).reshape(n, n)


def overlap(mask: Array, truth: Array) -> tuple[int, int]:
    """Pixels in the intersection and in the union of mask (H, W) bool and truth (H, W) 0, 1 or 255, ignored."""
    foreground, valid = truth == 1, truth != VOID
    return int((mask & foreground).sum()), int(((mask | foreground) & valid).sum())


def leak(alpha: Float, truth: Array) -> float:
    """The share of the sum of alpha that lies on the background, 0..1.

    alpha: (H, W) float32 0..1. truth: (H, W) 0, 1, or 255 for pixels to ignore. An empty mask leaks nothing.
    """
    total = float(alpha[truth != VOID].sum(dtype=np.float64))
    return float(alpha[truth == 0].sum(dtype=np.float64)) / total if total else 0.0


def boundary_f(mask: Array, truth: Array) -> float:
    """How well the outline of mask (H, W) bool matches that of truth (H, W) 0, 1 or 255: an F score, 0..1.

    Precision is the share of the mask's outline within TOLERANCE of the truth's, recall the reverse. The outline
    consists of mask pixels next to other pixels; the picture's border does not count. Ignored pixels are outside both.
    If a mask has no outline, because it is empty or full, the score is 1 for equal masks and 0 otherwise.
    Sources: Csurka et al. 2013, "What is a good evaluation measure for semantic segmentation?"; Perazzi et al.
    2016, "A benchmark dataset and evaluation methodology for video object segmentation" (the tolerance).
    """
    mask, foreground = mask & (truth != VOID), truth == 1
    predicted, true = _outline(mask), _outline(foreground)
    if not predicted.any() or not true.any():
        return float(np.array_equal(mask, foreground))
    disk = _disk(int(np.ceil(TOLERANCE * np.hypot(*truth.shape))))
    precision = cv2.dilate(true, disk)[predicted > 0].mean()
    recall = cv2.dilate(predicted, disk)[true > 0].mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _outline(mask: Array) -> Array:
    solid = mask.astype(np.uint8)
    outline: Array = solid - cv2.erode(solid, np.ones((3, 3), np.uint8))
    return outline


def _disk(radius: int) -> Array:
    squares = np.square(np.arange(-radius, radius + 1))
    return (squares[:, None] + squares <= radius * radius).astype(np.uint8)


def summary(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The figures of an evaluation that go into a model's record."""
    figures = {}
    for mode, values in scores.items():
        figures[f"{mode} foreground iou"] = values["foreground"]["iou_mean"]
        figures[f"{mode} boundary f"] = values["foreground"]["boundary_f"]
        figures[f"{mode} leak"] = values["foreground"]["leak"]
        figures[f"{mode} voc miou"] = values["miou"]
    return {name: value for name, value in figures.items() if value is not None}
