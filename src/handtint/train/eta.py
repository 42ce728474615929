"""The remaining time of a run, and the share of it spent on waiting for photographs."""

from __future__ import annotations

from collections.abc import Sequence

from handtint.train.recipe import Phase

GUESS = 2.5  # how many times as much an adversarial step costs, a pixel, until one of either kind was measured
MEMORY = 0.98  # weight of the past in the running means: about fifty steps


def cost(phase: Phase) -> float:
    """What a step of a phase costs, in pixels of its batch."""
    return float(phase.batch * phase.size**2)


class Eta:
    """The time that is left, from running means of the seconds a pixel.

    Steps with and without a discriminator cost differently, so each kind has a mean of its own.
    """

    def __init__(self, work: Sequence[tuple[Phase, int]]) -> None:
        """work: the phases and their steps, in order."""
        self._work = work
        self._seconds = {False: 0.0, True: 0.0}
        self._pixels = {False: 0.0, True: 0.0}
        self._total = self._waited = 0.0

    def add(self, phase: Phase, seconds: float, waited: float) -> None:
        """Add one step: how long it took, and how much of that was waiting for photographs."""
        kind = phase.adversarial
        self._seconds[kind] = MEMORY * self._seconds[kind] + seconds
        self._pixels[kind] = MEMORY * self._pixels[kind] + cost(phase)
        self._total = MEMORY * self._total + seconds
        self._waited = MEMORY * self._waited + waited

    def left(self, done: int) -> float:
        """Seconds from step `done` to the end; 0 before the first step was added."""
        seconds, before = 0.0, 0
        for phase, steps in self._work:
            ahead = steps - min(max(done - before, 0), steps)
            seconds += ahead * cost(phase) * self._pace(phase.adversarial)
            before += steps
        return seconds

    def _pace(self, kind: bool) -> float:
        """Seconds a pixel of adversarial steps or of others."""
        if self._pixels[kind]:
            return self._seconds[kind] / self._pixels[kind]
        other = self._seconds[not kind] / (self._pixels[not kind] or 1)
        return other * GUESS if kind else other / GUESS

    @property
    def loader_share(self) -> float:
        """The share of the recent steps' time that was spent waiting for photographs, 0..1."""
        return self._waited / self._total if self._total else 0.0
