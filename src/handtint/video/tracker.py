"""Frame after frame of a film: when the networks run, what is warped in between, where cuts are, what is tracked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.color import tone
from handtint.image.color.transfer import ColorShifts
from handtint.image.masks import selection
from handtint.keep import Box, Class, Point, Term
from handtint.networks import Networks
from handtint.options import Options
from handtint.stages import KIND_SIDE
from handtint.types import Float, Pixels, Segmentation
from handtint.video import flow, hint_tracking, object_tracking, predictions
from handtint.video.frame_inference import FrameInference
from handtint.video.predictions import Predictions
from handtint.video.reference import Reference
from handtint.video.tracker_state import Keyframe, TrackerState
from handtint.video.variant import FilmVariant

KEYFRAME_INTERVAL = 12  # frames: a keyframe comes at the latest after so many
MAX_NEW = 0.04  # share of a frame that has come into view; above it, the frame becomes a keyframe
MAX_MISMATCH = 0.3  # share of a frame that does not match the keyframe; above it, there may be a cut
CUT_MISMATCH = 0.6  # share that does not even match the previous frame; above it, there is a cut
CUT_WITH_HISTOGRAM = 0.35, 0.4  # above such a share, also if more than this share of the histogram of L* has changed
RESIDUAL_DECAY = 0.8  # factor a frame on the residual of a keyframe
MIN_RESIDUAL = 0.02  # share of a residual: it is dropped when less is left
FLASH_FRAMES = 5  # frames: a scene that comes back so soon after a cut is continued


@dataclass(frozen=True, slots=True)
class FrameAnalysis:
    """All that is needed to tint a frame.

    colors: coefficients L -> a*b*, None if none are predicted. layers: alphas as `selection.soft_layers` returns them.
    kind: of the scene. is_keyframe: whether the networks ran on it. starts_scene: whether it follows a cut. note: for
    the user, or "".
    """

    colors: resize.GuidedCoefficients | None
    layers: tuple[Float, ...]
    kind: tone.Kind
    is_keyframe: bool
    starts_scene: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Warped:
    """A keyframe and its predictions warped to a frame. confidence: (h, w), 0..1. hint_change: the change by hints."""

    keyframe: Keyframe
    predictions: Predictions
    confidence: Float
    hint_change: Float | None


class Tracker:
    """Runs the networks on the keyframes of one film, and warps their predictions to the frames in between."""

    def __init__(self, networks: Networks, options: Options, *, masked: bool = False, carry: bool = True) -> None:
        """A tracker at the start of a film. masked: a mask file replaces `keep`.

        carry: False makes every frame a keyframe of its own, with nothing warped to it. Raises OptionError, InputError.
        """
        self.networks, self.options, self.state = networks, options, TrackerState()
        self.steps = () if masked else keep.parse(options.keep)
        self._predicts, self._carries = options.colors == "predicted", carry
        self._hints = options.hints if self._predicts else ()
        self._variant, self._reference = FilmVariant(options), Reference(options, networks)
        self._points = [hint.point for hint in self._hints if hint.point]
        self._selections = [self.steps, *(hint.where for hint in self._hints if not hint.point)]
        self._objects = [step.term for steps in self._selections for step in steps if keep.names_one(step.term)]
        self._recolors = bool(self._hints) or self._variant.recolors
        self._segments = keep.needs_segmentation(self.steps) or self._recolors

    def process(self, pixels: Pixels, time: float) -> FrameAnalysis:
        """Analyse the next frame, (H, W) or (H, W, 3). time: in seconds from the start of the film.

        Raises OptionError, InputError, WeightsError.
        """
        lightness = flow.smoothed_lightness(pixels, self.networks.color.side)
        warped, starts_scene = self._warp_state(lightness)
        kind = self.state.kind if warped else tone.kind(resize.shrink(pixels, resize.fit(pixels.shape[:2], KIND_SIDE)))
        due, note = self._due_terms(time), ""
        is_keyframe = warped is None or bool(due) or _needs_keyframe(warped)
        if warped is None or is_keyframe:
            keyframe, note = self._new_keyframe(pixels, lightness, warped, due)
            displayed = _displayed(keyframe, keyframe.predictions, keyframe.hint_change)
        else:
            keyframe = warped.keyframe
            displayed = _displayed(keyframe, warped.predictions, warped.hint_change)
        self._update_state(keyframe, lightness, kind, due, starts_scene=starts_scene)
        return FrameAnalysis(displayed.coefficients, displayed.layers, kind, is_keyframe, starts_scene, note)

    def _warp_state(self, lightness: Float) -> tuple[_Warped | None, bool]:
        """(the keyframe warped to this frame, None if it does not match; whether a scene starts here)."""
        state = self.state
        if state.keyframe is None or state.lightness is None or not self._carries:
            return None, state.keyframe is None
        warped = _warp(state.keyframe, lightness)
        if flow.mismatch(warped.confidence) <= MAX_MISMATCH or not is_cut(lightness, state.lightness):
            return warped, False
        returned = _warp(state.previous_keyframe, lightness) if state.previous_keyframe else None
        if returned and flow.mismatch(returned.confidence) <= MAX_MISMATCH:
            return returned, False
        return None, True

    def _update_state(
        self, keyframe: Keyframe, lightness: Float, kind: tone.Kind, due: Iterable[Term], *, starts_scene: bool
    ) -> None:
        old = self.state
        previous, since = (old.keyframe, 0) if starts_scene else (old.previous_keyframe, old.frames_since_cut + 1)
        previous = previous if since < FLASH_FRAMES else None
        self.state = TrackerState(keyframe, lightness, previous, since, kind, (*old.resolved, *due))

    def _due_terms(self, time: float) -> list[Term]:
        """The points and boxes whose object has to be found in this frame."""
        places = [*(term for term in self._objects if isinstance(term, Point | Box)), *self._points]
        return [term for term in places if term not in self.state.resolved and (term.at is None or term.at <= time)]

    def _new_keyframe(
        self, pixels: Pixels, lightness: Float, warped: _Warped | None, due: list[Term]
    ) -> tuple[Keyframe, str]:
        """(the frame as a keyframe, a note for the user)."""
        parts = any(keep.needs_parts(steps) for steps in self._selections)
        separate = self._variant.recolors or parts or any(isinstance(term, Class) for term in self._objects)
        inference = FrameInference(pixels, self.networks, self.options, separate_people=separate, with_parts=parts)
        known = self._known_alphas(pixels, inference.segmentation, warped, due) if self._segments else {}
        shifts = self._shifts(inference, warped)
        current, note = self._predict(inference, shifts, lightness, warped, due, known)
        keyframe = Keyframe(lightness, current, np.zeros((*lightness.shape, 2), np.float32), color_shifts=shifts)
        if self._recolors and current.colors is not None:
            points = self._hint_points(pixels, warped, due)
            alphas = {**known, **current.objects}
            keyframe, hint_note = self._recolored(keyframe, current.colors, inference, points, alphas)
            note = "; ".join(filter(None, (note, hint_note)))
        return (replace(keyframe, residual=self._residual(keyframe, warped, due)) if warped else keyframe), note

    def _shifts(self, inference: FrameInference, warped: _Warped | None) -> ColorShifts | None:
        """Those to the reference, which the first frame of a scene teaches; None without one."""
        if warped or not self._reference.is_given:
            return warped.keyframe.color_shifts if warped else None
        return self._reference.shifts(inference.coefficients, inference.pixels, inference.segmentation)

    def _recolored(
        self,
        keyframe: Keyframe,
        colors: Float,
        inference: FrameInference,
        points: hint_tracking.HintPoints,
        alphas: dict[Term, Float],
    ) -> tuple[Keyframe, str]:
        """(the keyframe with the change by hints and by the variant, a note for the user)."""
        pixels, segmentation = inference.pixels, inference.segmentation
        points = self._variant.points(self._points, points, pixels, segmentation)
        hints, missing = self._variant.hints(self._points, points)
        change, note = hint_tracking.color_change(colors, pixels, segmentation, (*self._hints, *hints), points, alphas)
        note = "; ".join(filter(None, (missing, note)))
        return replace(keyframe, hint_change=change, hint_points=points), note

    def _hint_points(self, pixels: Pixels, warped: _Warped | None, due: list[Term]) -> hint_tracking.HintPoints:
        new = hint_tracking.initial_points([point for point in self._points if point in due], pixels.shape)
        if warped is None:
            return new
        return {**hint_tracking.track(warped.keyframe.hint_points, warped.keyframe.motion, warped.confidence), **new}

    def _residual(self, keyframe: Keyframe, warped: _Warped, due: list[Term]) -> Predictions:
        """The difference between the warped and the new predictions, without that of objects just asked for."""
        current = predictions.add_change(keyframe.predictions, keyframe.hint_change)
        displayed = _displayed(warped.keyframe, warped.predictions, warped.hint_change)
        if warped.predictions.objects.keys() != current.objects.keys():
            displayed = replace(displayed, layers=current.layers)
        residual = predictions.residual_of(displayed, current, warped.predictions.count)
        return replace(residual, colors=None) if self._hints and due else residual

    def _predict(
        self,
        inference: FrameInference,
        shifts: ColorShifts | None,
        lightness: Float,
        warped: _Warped | None,
        due: list[Term],
        known: dict[Term, Float],
    ) -> tuple[Predictions, str]:
        """(the networks' predictions for the frame, blended with those warped to it; a note for the user)."""
        colors, count = None, np.ones(lightness.shape, np.float32)
        if self._predicts:
            colors, count = inference.colors(lightness.shape, shifts, self._variant.warmth)
        layers: tuple[Float, ...] = ()
        objects: dict[Term, Float] = {}
        note = ""
        if self._segments:
            pixels, segmentation = inference.pixels, inference.segmentation
            softs = [
                selection.soft_layers(steps, pixels, segmentation, precomputed=known) for steps in self._selections
            ]
            layers, note = softs[0].layers, softs[0].note
            alphas = [pair for soft in softs for pair in soft.objects.items()]
            objects = {term: alpha for term, alpha in alphas if self._is_tracked(term, alpha, warped, due)}
        current = Predictions(colors, layers, count, objects)
        if warped is None:
            return current, note
        old = warped.predictions
        if (
            old.objects.keys() != objects.keys()
        ):  # other objects are selected from here on: the old mask must not linger
            old = replace(old, layers=layers)
        return predictions.blend(old, current), note

    def _is_tracked(self, term: Term, alpha: Float, warped: _Warped | None, due: list[Term]) -> bool:
        was_tracked = warped is not None and term in warped.predictions.objects
        return was_tracked or term in due or (not isinstance(term, Point | Box) and not object_tracking.is_lost(alpha))

    def _known_alphas(
        self, pixels: Pixels, segmentation: Segmentation, warped: _Warped | None, due: list[Term]
    ) -> dict[Term, Float]:
        """The alphas of named objects: those tracked so far, those found now, and 0 for those of later frames."""
        nothing = np.zeros_like(segmentation.foreground)
        known: dict[Term, Float] = {term: nothing for term in self._objects if isinstance(term, Point | Box)}
        untimed = {_untimed(term): term for term in due if term in self._objects}
        if untimed:
            due_steps = [step for steps in self._selections for step in steps if step.term in due]
            steps = [replace(step, term=_untimed(step.term)) for step in due_steps]
            softs = selection.soft_layers(steps, pixels, segmentation, precomputed={})
            known |= {untimed[term]: alpha for term, alpha in softs.objects.items()}
        if warped:
            for term, alpha in warped.predictions.objects.items():
                confidence = predictions.resized_like(warped.confidence, alpha)
                known[term] = object_tracking.redetect(term, alpha, segmentation, confidence)
        return known


def is_cut(current: Float, previous: Float) -> bool:
    """Whether there is a cut between two consecutive frames, L* (h, w)."""
    mismatch = flow.mismatch(flow.confidence(current, previous, flow.motion(current, previous)))
    if mismatch > CUT_MISMATCH:
        return True
    return mismatch > CUT_WITH_HISTOGRAM[0] and _histogram_change(current, previous) > CUT_WITH_HISTOGRAM[1]


def _histogram_change(current: Float, previous: Float) -> float:
    """The share of the histogram of L*, 0..1, in which two frames differ."""
    counts = [np.histogram(L, bins=32, range=(0, 100))[0] / L.size for L in (current, previous)]
    return float(1 - np.minimum(*counts).sum())


def _warp(keyframe: Keyframe, lightness: Float) -> _Warped:
    """A keyframe warped to a frame of that L* (h, w)."""
    motion = flow.motion(lightness, keyframe.lightness, keyframe.motion)
    confidence = flow.confidence(lightness, keyframe.lightness, motion)
    change = keyframe.hint_change
    return _Warped(
        replace(keyframe, motion=motion, age=keyframe.age + 1),
        predictions.warp_to(keyframe.predictions, motion, confidence),
        confidence,
        None if change is None else hint_tracking.warp_change(change, motion, confidence),
    )


def _displayed(keyframe: Keyframe, known: Predictions, hint_change: Float | None) -> Predictions:
    """What a frame shows: the predictions with hints, and what is left of the keyframe's residual."""
    known = predictions.add_change(predictions.fill_gaps(known), hint_change)
    left = RESIDUAL_DECAY ** (keyframe.age + 1)
    if keyframe.residual is None or left < MIN_RESIDUAL:
        return known
    residual = predictions.warp_residual(keyframe.residual, keyframe.motion) if keyframe.age else keyframe.residual
    return predictions.add_residual(known, residual, left)


def _needs_keyframe(warped: _Warped) -> bool:
    """Whether the last keyframe is too old, or too much of the frame is new."""
    new = float(np.mean(warped.predictions.count < predictions.MIN_COUNT))
    return warped.keyframe.age + 1 >= KEYFRAME_INTERVAL or new > MAX_NEW


def _untimed(term: Term) -> Term:
    return replace(term, at=None) if isinstance(term, Point | Box) else term
