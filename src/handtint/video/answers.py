"""Predictions for one frame, at network size, carried along the motion and blended with newer ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from handtint.image.arrays import resize
from handtint.keep import Term
from handtint.types import Float
from handtint.video import flow

MOST = 6.0  # answers that a pixel remembers: each new one counts at least 1 / (MOST + 1)
ENOUGH = 0.3  # answers: where fewer fit, the neighbours' colours are used
REACH = 0.04  # of the mean side: how far neighbours are


@dataclass(frozen=True, slots=True)
class Answers:
    """What the networks say of a frame, or what has been carried to it.

    colors: slope and offset of a*b*, (h, w, 4), None where nothing predicts colours. layers: alphas (h, w) 0..1, as
    `selection.soft_layers` gives them. things: the alphas of the terms that name one thing. count: (h, w) how many
    answers they are the mean of, 0..MOST.
    """

    colors: Float | None
    layers: tuple[Float, ...]
    count: Float
    things: Mapping[Term, Float] = field(default_factory=dict)

    @property
    def lines(self) -> resize.GuidedCoefficients | None:
        """The colours as lines over L."""
        return None if self.colors is None else resize.GuidedCoefficients(self.colors[..., :2], self.colors[..., 2:])


def carried(answers: Answers, move: Float, fits: Float) -> Answers:
    """The answers moved to where things are now; each counts as far as it fits."""
    return Answers(
        None if answers.colors is None else flow.warp(answers.colors, move),
        tuple(_alpha(layer, move) for layer in answers.layers),
        np.clip(flow.warp(answers.count, move), 0, MOST) * fits,
        {term: _alpha(thing, move) for term, thing in answers.things.items()},
    )


def _alpha(values: Float, move: Float) -> Float:
    return np.clip(flow.warp(values, move), 0, 1)


def blended(old: Answers, new: Answers) -> Answers:
    """The mean of what was carried and a frame's own answer, each by how many answers it stands for."""
    share = old.count / (old.count + new.count)
    colors = None if new.colors is None or old.colors is None else _mean(old.colors, new.colors, share)
    layers = tuple(_mean(a, b, share) for a, b in zip(old.layers, new.layers, strict=True))
    things = {term: _mean(old.things.get(term, thing), thing, share) for term, thing in new.things.items()}
    return Answers(colors, layers, np.minimum(old.count + new.count, np.float32(MOST)), things)


def plus(answers: Answers, change: Float | None) -> Answers:
    """The answers with a change (h, w, 4) of their colours."""
    if answers.colors is None or change is None:
        return answers
    like = max(answers.colors, change, key=lambda values: values.size)
    return replace(answers, colors=sized(answers.colors, like) + sized(change, like))


def lag(shown: Answers, new: Answers, known: Float) -> Answers:
    """How far a frame's picture must not jump: what it was going to show, less what is now known of it.

    known: the count (h, w) of the carried answers; where few of them fit, there is nothing to be true to.
    """
    share = np.clip(known / np.float32(ENOUGH), 0, 1)
    colors = None if new.colors is None or shown.colors is None else _less(shown.colors, new.colors, share)
    layers = tuple(_less(a, b, share) for a, b in zip(shown.layers, new.layers, strict=True))
    return Answers(colors, layers, share)


def _less(one: Float, other: Float, share: Float) -> Float:
    share = sized(share, other)
    return (sized(one, other) - other) * (share if other.ndim == 2 else share[..., None])


def eased(answers: Answers, behind: Answers, share: float) -> Answers:
    """The answers with a share of what they lag behind; 0 is none."""
    part = np.float32(share)
    colors = answers.colors
    if colors is not None and behind.colors is not None:
        colors = colors + sized(behind.colors, colors) * part
    pairs = zip(answers.layers, behind.layers, strict=True)
    return replace(answers, colors=colors, layers=tuple(np.clip(a + sized(b, a) * part, 0, 1) for a, b in pairs))


def moved(behind: Answers, move: Float) -> Answers:
    """A lag where things are now."""
    colors = None if behind.colors is None else flow.warp(behind.colors, move)
    return replace(behind, colors=colors, layers=tuple(flow.warp(layer, move) for layer in behind.layers))


def _mean(old: Float, new: Float, share: Float) -> Float:
    """old * share + new * (1 - share), at the size of the larger."""
    old, new = (sized(old, new), new) if new.size >= old.size else (old, sized(new, old))
    share = sized(share, new)
    share = share if new.ndim == 2 else share[..., None]
    return new + (old - new) * share


def sized(values: Float, like: Float) -> Float:
    """Values (h, w) or (h, w, k) at the size of others."""
    return values if values.shape[:2] == like.shape[:2] else cv2.resize(values, like.shape[1::-1])


def filled(answers: Answers) -> Answers:
    """The answers with colours and alphas taken from the neighbours where too few fit."""
    weight = np.clip(answers.count / np.float32(ENOUGH), 0, 1)
    if weight.min() >= 1:
        return answers
    colors = None if answers.colors is None else _spread(answers.colors, weight)
    return replace(answers, colors=colors, layers=tuple(_spread(layer, weight) for layer in answers.layers))


def _spread(values: Float, weight: Float) -> Float:
    """Values where the weight is 1, the mean of those around where it is 0."""
    weight = sized(weight, values)
    reach = REACH * float(np.sqrt(weight.size))
    planes = [values] if values.ndim == 2 else [values[..., i] for i in range(values.shape[2])]
    total = cv2.GaussianBlur(weight, (0, 0), reach) + np.float32(1e-3)
    out = []
    for plane in planes:
        around = (cv2.GaussianBlur(plane * weight, (0, 0), reach) + plane.mean() * np.float32(1e-3)) / total
        out.append(around + (plane - around) * weight)
    return out[0] if values.ndim == 2 else np.stack(out, axis=2)
