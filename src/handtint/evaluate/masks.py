"""Evaluation of segmentations: VOC classes and foreground masks against labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from handtint.errors import InputError, OptionError
from handtint.evaluate.baselines import grayed
from handtint.image.photo import Photo
from handtint.types import VOC, VOID, Array, Float

Segment = Callable[[Photo], tuple[Array, Float]]  # class indices (H, W) uint8, alpha (H, W) float32 0..1
Sample = tuple[str, Array, Array, Array]  # name, photo, class labels, foreground labels

MODES = ("gray", "colour")
TOLERANCE = 0.008  # of the diagonal: how far apart two boundaries may run and still match


def evaluate_masks(
    samples: Iterable[Sample], segment: Segment, *, on: Sequence[str] = MODES, classes: bool = True
) -> dict[str, dict[str, Any]]:
    """Score a segmenter on labelled photographs, shown in gray, in colour, or both.

    samples: (name, photo (H, W) or (H, W, 3) uint8, class labels (H, W) uint8 0..20, foreground labels (H, W)
             uint8 0 or 1); 255 in the labels is ignored. One sample is held in memory at a time.
    segment: photo -> class indices (H, W) uint8 0..20, alpha (H, W) float32 0..1.
    on: what the segmenter is shown: "gray", the photograph's lightness, or "colour", the photograph as it is.
    classes: whether the segmenter predicts classes; if not, they are not scored.

    Returns {mode: scores}; scores as `MaskScores.scores` has them.
    Raises InputError without photographs and for arrays that do not fit, OptionError for an unknown mode.
    """
    if unknown := sorted(set(on) - set(MODES)):
        raise OptionError(f"on: {unknown[0]!r} is not one of {', '.join(MODES)}")
    accounts = {mode: MaskScores() for mode in on}
    for name, pixels, labels, front in samples:
        for mode, account in accounts.items():
            gray = mode == "gray" and pixels.ndim == 3
            photo = grayed(pixels, name=name) if gray else Photo.of(pixels, name=name)
            account.add(*segment(photo), labels, front, name=name)
    scores = {mode: account.scores() for mode, account in accounts.items()}
    return scores if classes else {mode: values | _NO_CLASSES for mode, values in scores.items()}


_NO_CLASSES: dict[str, Any] = {"miou": None, "iou": dict.fromkeys(VOC), "pixel_accuracy": None}


class MaskScores:
    """All measures of one segmenter, accumulated photograph by photograph."""

    def __init__(self) -> None:
        self._photos = 0
        self._confusion = np.zeros((len(VOC), len(VOC)), np.int64)  # [true class, predicted class] in pixels
        self._fronts = 0  # photographs with foreground labels
        self._pooled = np.zeros(2, np.int64)  # pixels of intersection and union of the foregrounds
        self._sums = np.zeros(4)  # foreground IoU, boundary F, alpha error, leak

    def add(self, classes: Array, alpha: Float, true_classes: Array, true_front: Array, *, name: str = "") -> None:
        """Take in one photograph: class indices and alpha as predicted, class and foreground labels; all (H, W)."""
        if not classes.shape == alpha.shape == true_classes.shape == true_front.shape:
            shapes = ", ".join(str(x.shape) for x in (classes, alpha, true_classes, true_front))
            raise InputError(f"{name or 'masks'}: classes, alpha and labels of different shapes: {shapes}")
        self._photos += 1
        self._confusion += confusion(classes, true_classes)
        if (true_front != VOID).any():
            self._add_front(alpha, true_front)

    def _add_front(self, alpha: Float, truth: Array) -> None:
        known = truth != VOID
        mask = alpha >= 0.5
        both, either = overlap(mask, truth)
        error = np.abs(alpha[known] - truth[known]).mean(dtype=np.float64)
        self._pooled += (both, either)
        self._sums += (both / either if either else 1.0, boundary_f(mask, truth), error, leak(alpha, truth))
        self._fronts += 1

    def scores(self) -> dict[str, Any]:
        """{"photos", "miou", "iou": {class: 0..1 or None}, "pixel_accuracy", "foreground"}; None: nothing to measure.

        A class that is in neither truth nor prediction has no IoU and does not count in the mean.
        foreground: {"photos" with such labels, "iou_mean" over photographs (1 where both are empty), "iou_pooled"
        over pixels, "boundary_f", "alpha_mae" and "leak", means over photographs}.
        Raises InputError without photographs.
        """
        if not self._photos:
            raise InputError("no photographs to evaluate")
        right, total = np.diag(self._confusion), int(self._confusion.sum())
        union = self._confusion.sum(axis=0) + self._confusion.sum(axis=1) - right
        iou = {name: _share(int(r), int(u)) for name, r, u in zip(VOC, right, union, strict=True)}
        present = [value for value in iou.values() if value is not None]
        return {
            "photos": self._photos,
            "miou": float(np.mean(present)) if present else None,
            "iou": iou,
            "pixel_accuracy": _share(int(right.sum()), total),
            "foreground": self._front_scores(),
        }

    def _front_scores(self) -> dict[str, float | int | None]:
        means = [float(v) / self._fronts if self._fronts else None for v in self._sums]
        both, either = map(int, self._pooled)
        pooled = None if not self._fronts else both / either if either else 1.0
        return {
            "photos": self._fronts,
            "iou_mean": means[0],
            "iou_pooled": pooled,
            "boundary_f": means[1],
            "alpha_mae": means[2],
            "leak": means[3],
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


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
    inside, known = truth == 1, truth != VOID
    return int((mask & inside).sum()), int(((mask | inside) & known).sum())


def leak(alpha: Float, truth: Array) -> float:
    """The share of all colour that falls on the background, 0..1, with colour proportional to alpha.

    alpha: (H, W) float32 0..1. truth: (H, W) 0, 1, or 255 for pixels to ignore. An empty mask leaks nothing.
    """
    total = float(alpha[truth != VOID].sum(dtype=np.float64))
    return float(alpha[truth == 0].sum(dtype=np.float64)) / total if total else 0.0


def boundary_f(mask: Array, truth: Array) -> float:
    """How well the outline of mask (H, W) bool follows that of truth (H, W) 0, 1 or 255: an F score, 0..1.

    Precision is the share of the mask's outline within TOLERANCE of the truth's, recall the reverse. The outline
    consists of mask pixels next to other pixels; the picture's frame does not count. Ignored pixels are outside both.
    If a mask has no outline, being empty or full, the score is 1 for equal masks and 0 otherwise.
    Sources: Csurka et al. 2013, "What is a good evaluation measure for semantic segmentation?"; Perazzi et al.
    2016, "A benchmark dataset and evaluation methodology for video object segmentation" (the tolerance).
    """
    mask, inside = mask & (truth != VOID), truth == 1
    predicted, true = _outline(mask), _outline(inside)
    if not predicted.any() or not true.any():
        return float(np.array_equal(mask, inside))
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
