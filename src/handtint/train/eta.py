"""The remaining time of a run, and the share of its recent time spent waiting for photographs."""

from __future__ import annotations

from collections.abc import Sequence

from handtint.train.recipe import Phase

ADVERSARIAL_COST = 2.5  # time per pixel of an adversarial step relative to others, until both kinds were measured
DECAY = 0.98  # of the running means: they span about fifty steps


def cost(phase: Phase) -> float:
    """The cost of a step of a phase: the pixels of its batch."""
    return float(phase.batch * phase.size**2)


class Eta:
    """The remaining time, from running means of the seconds per pixel.

    A pixel costs more in steps with a discriminator, so steps with and without one have means of their own.
    """

    def __init__(self, phase_steps: Sequence[tuple[Phase, int]]) -> None:
        """phase_steps: the phases and their numbers of steps, in order."""
        self._phase_steps = phase_steps
        self._seconds = {False: 0.0, True: 0.0}
        self._pixels = {False: 0.0, True: 0.0}
        self._total = self._wait = 0.0

    def add(self, phase: Phase, seconds: float, wait: float) -> None:
        """Add one step: the seconds that it took, and those of them spent waiting for photographs."""
        adversarial = phase.adversarial
        self._seconds[adversarial] = DECAY * self._seconds[adversarial] + seconds
        self._pixels[adversarial] = DECAY * self._pixels[adversarial] + cost(phase)
        self._total = DECAY * self._total + seconds
        self._wait = DECAY * self._wait + wait

    def remaining(self, step: int) -> float:
        """Seconds from `step` to the end of the run; 0 before the first step was added."""
        seconds, phase_start = 0.0, 0
        for phase, steps in self._phase_steps:
            remaining = steps - min(max(step - phase_start, 0), steps)
            seconds += remaining * cost(phase) * self._seconds_per_pixel(phase.adversarial)
            phase_start += steps
        return seconds

    def _seconds_per_pixel(self, adversarial: bool) -> float:
        """Seconds per pixel of adversarial steps, or of the others."""
        if self._pixels[adversarial]:
            return self._seconds[adversarial] / self._pixels[adversarial]
        other = self._seconds[not adversarial] / (self._pixels[not adversarial] or 1)
        return other * ADVERSARIAL_COST if adversarial else other / ADVERSARIAL_COST

    @property
    def loader_share(self) -> float:
        """The share of the recent steps' time that was spent waiting for photographs, 0..1."""
        return self._wait / self._total if self._total else 0.0
