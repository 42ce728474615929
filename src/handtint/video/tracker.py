"""Frame after frame: when the networks run, what is carried in between, where cuts are, which object is followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from handtint import keep
from handtint.image.arrays import resize
from handtint.image.color import tone
from handtint.image.masks import selection
from handtint.keep import Box, Class, Point, Term
from handtint.networks import Networks
from handtint.options import Options
from handtint.pipeline import KIND_SIDE
from handtint.types import Float, Pixels, Segmentation
from handtint.video import answers, flow, follow, hinted
from handtint.video.answers import Answers
from handtint.video.look import Look
from handtint.video.memory import Key, Memory

EVERY = 12  # frames: the networks look at least so often
NEW = 0.04  # share of a frame that is new, from which they look at once
LOST = 0.3  # share of a frame that fits nothing, from which a cut is looked for
CUT = 0.6  # share that does not even fit the frame before: a cut
OTHER = 0.35, 0.4  # of such a share, a cut is also where so much of the histogram of L* has changed
EASE = 0.8  # of a jump between what was carried and what is known now is still to be seen a frame later
EASED = 0.02  # of a jump: no longer seen
FLASH = 5  # frames: what comes back so soon after a cut is what was there before


@dataclass(frozen=True, slots=True)
class Seen:
    """What is to be done with a frame.

    colors: lines to a*b*, None for its own. layers: as `selection.soft_layers` gives them. kind: of its scene.
    looked: whether the networks looked at it. cut: whether a scene begins with it. note: what the person should know,
    or "".
    """

    colors: resize.GuidedCoefficients | None
    layers: tuple[Float, ...]
    kind: tone.Kind
    looked: bool
    cut: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Here:
    """A key and what it knows, carried to a frame. fits: (h, w) 0..1, how well. told: what hints change there."""

    key: Key
    answers: Answers
    fits: Float
    told: Float | None


class Tracker:
    """The networks' eyes on one film."""

    def __init__(self, networks: Networks, options: Options, *, masked: bool = False, carry: bool = True) -> None:
        """Get ready for a first frame. masked: a mask is given in place of `keep`.

        carry: False has the networks look at each frame, and carries nothing. Raises OptionError.
        """
        self.networks, self.options, self.memory = networks, options, Memory()
        self.steps = () if masked else keep.parse(options.keep)
        self._predicts, self._carries = options.colors == "predicted", carry
        self._hints = options.hints if self._predicts else ()
        self._points = [hint.point for hint in self._hints if hint.point]
        self._named = [self.steps, *(hint.where for hint in self._hints if not hint.point)]
        self._things = [step.term for steps in self._named for step in steps if keep.names_one(step.term)]
        self._segments = keep.needs_segmentation(self.steps) or bool(self._hints)

    def see(self, pixels: Pixels, time: float) -> Seen:
        """The next frame (H, W) or (H, W, 3), shown at so many seconds.

        Raises OptionError, InputError, WeightsError.
        """
        view = flow.glance(pixels, self.networks.color.side)
        here, cut = self._here(view)
        kind = self.memory.kind if here else tone.kind(resize.shrink(pixels, resize.fit(pixels.shape[:2], KIND_SIDE)))
        due, note = self._due(time), ""
        looked = here is None or bool(due) or here.key.age + 1 >= EVERY or _new(here.answers) > NEW
        if here is None or looked:
            key, note = self._look(pixels, view, here, due)
            shown = _shown(key, key.answers, key.told)
        else:
            key, shown = here.key, _shown(here.key, here.answers, here.told)
        self._remember(key, view, kind, due, cut=cut)
        return Seen(shown.lines, shown.layers, kind, looked, cut, note)

    def _here(self, view: Float) -> tuple[_Here | None, bool]:
        """(what is known, carried to the frame; None if nothing can be, whether a scene begins here)."""
        memory = self.memory
        if memory.key is None or memory.last is None or not self._carries:
            return None, memory.key is None
        here = _carry(memory.key, view)
        if flow.misfit(here.fits) <= LOST or not parted(view, memory.last):
            return here, False
        back = _carry(memory.before, view) if memory.before else None
        if back and flow.misfit(back.fits) <= LOST:
            return back, False
        return None, True

    def _remember(self, key: Key, view: Float, kind: tone.Kind, due: Iterable[Term], *, cut: bool) -> None:
        old = self.memory
        before, since = (old.key, 0) if cut else (old.before, old.since + 1)
        self.memory = Memory(key, view, before if since < FLASH else None, since, kind, (*old.named, *due))

    def _due(self, time: float) -> list[Term]:
        """The points and boxes that name something in this frame."""
        places = [*(term for term in self._things if isinstance(term, Point | Box)), *self._points]
        return [term for term in places if term not in self.memory.named and (term.at is None or term.at <= time)]

    def _look(self, pixels: Pixels, view: Float, here: _Here | None, due: list[Term]) -> tuple[Key, str]:
        """(the frame as one to carry from, what the person should know)."""
        apart = any(isinstance(term, Class) for term in self._things)
        look = Look(pixels, self.networks, self.options, tells_people_apart=apart)
        known = self._known(pixels, look.segmentation, here, due) if self._segments else {}
        now, note = self._predict(look, pixels, view, here, due, known)
        new = hinted.placed([point for point in self._points if point in due], pixels.shape)
        spots = {**(hinted.followed(here.key.spots, here.key.move, here.fits) if here else {}), **new}
        key = Key(view, now, np.zeros((*view.shape, 2), np.float32), spots=spots)
        if self._hints and now.colors is not None:
            named = {**known, **now.things}
            told, more = hinted.told(now.colors, pixels, look.segmentation, self._hints, spots, named)
            key, note = replace(key, told=told), "; ".join(filter(None, (note, more)))
        return (replace(key, lag=self._lag(key, here, due)) if here else key), note

    def _lag(self, key: Key, here: _Here, due: list[Term]) -> Answers:
        """How far what is carried differs from what is known now; nothing of what has just been asked for."""
        now, shown = answers.plus(key.answers, key.told), _shown(here.key, here.answers, here.told)
        if here.answers.things.keys() != now.things.keys():
            shown = replace(shown, layers=now.layers)
        lag = answers.lag(shown, now, here.answers.count)
        return replace(lag, colors=None) if self._hints and due else lag

    def _predict(
        self, look: Look, pixels: Pixels, view: Float, here: _Here | None, due: list[Term], known: dict[Term, Float]
    ) -> tuple[Answers, str]:
        """(what the networks say of the frame, blended with what was carried to it; what the person should know)."""
        colors, count = look.colors(view.shape) if self._predicts else (None, np.ones(view.shape, np.float32))
        layers: tuple[Float, ...] = ()
        things: dict[Term, Float] = {}
        note = ""
        if self._segments:
            softs = [selection.soft_layers(steps, pixels, look.segmentation, known=known) for steps in self._named]
            layers, note = softs[0].layers, softs[0].note
            found = [pair for soft in softs for pair in soft.things.items()]
            things = {term: thing for term, thing in found if self._follows(term, thing, here, due)}
        own = Answers(colors, layers, count, things)
        if here is None:
            return own, note
        old = here.answers
        if old.things.keys() != things.keys():  # what is asked for has changed: no trace of what was kept without it
            old = replace(old, layers=layers)
        return answers.blended(old, own), note

    def _follows(self, term: Term, thing: Float, here: _Here | None, due: list[Term]) -> bool:
        carried = here is not None and term in here.answers.things
        return carried or term in due or (not isinstance(term, Point | Box) and not follow.gone(thing))

    def _known(
        self, pixels: Pixels, segmentation: Segmentation, here: _Here | None, due: list[Term]
    ) -> dict[Term, Float]:
        """The alphas of the things that were named before, or are now, or will be later."""
        nothing = np.zeros_like(segmentation.foreground)
        known: dict[Term, Float] = {term: nothing for term in self._things if isinstance(term, Point | Box)}
        now = {_untimed(term): term for term in due if term in self._things}
        if now:
            named = [step for steps in self._named for step in steps if step.term in due]
            steps = [replace(step, term=_untimed(step.term)) for step in named]
            softs = selection.soft_layers(steps, pixels, segmentation, known={})
            known |= {now[term]: thing for term, thing in softs.things.items()}
        if here:
            fits = {term: answers.sized(here.fits, thing) for term, thing in here.answers.things.items()}
            carried = here.answers.things.items()
            known |= {term: follow.again(term, thing * fits[term], segmentation) for term, thing in carried}
        return known


def parted(now: Float, before: Float) -> bool:
    """Whether there is a cut between two neighbouring frames, L* (h, w)."""
    misfit = flow.misfit(flow.fit(now, before, flow.motion(now, before)))
    return misfit > CUT or (misfit > OTHER[0] and _changed(now, before) > OTHER[1])


def _changed(now: Float, before: Float) -> float:
    """The share of the pixels whose level of L* no other pixel has taken."""
    counts = [np.histogram(L, bins=32, range=(0, 100))[0] / L.size for L in (now, before)]
    return float(1 - np.minimum(*counts).sum())


def _carry(key: Key, view: Float) -> _Here:
    move = flow.motion(view, key.view, key.move)
    fits = flow.fit(view, key.view, move)
    told = None if key.told is None else hinted.carried(key.told, move, fits)
    return _Here(replace(key, move=move, age=key.age + 1), answers.carried(key.answers, move, fits), fits, told)


def _shown(key: Key, known: Answers, told: Float | None) -> Answers:
    """What a frame shows, of what is known of it: no jump where the networks have just looked."""
    known, left = answers.plus(answers.filled(known), told), EASE ** (key.age + 1)
    if key.lag is None or left < EASED:
        return known
    return answers.eased(known, answers.moved(key.lag, key.move) if key.age else key.lag, left)


def _new(known: Answers) -> float:
    """The share of a frame of which too little is known."""
    return float(np.mean(known.count < answers.ENOUGH))


def _untimed(term: Term) -> Term:
    return replace(term, at=None) if isinstance(term, Point | Box) else term
