"""Shortest paths from some cells of a picture to all others, where each step has a cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handtint.types import Float

ROUNDS = 12  # of sweeps: a way may turn so often
FAR = np.float32(1e3)


def shortest(across: Float, down: Float, seeds: Sequence[tuple[int, int]]) -> Float:
    """The costs (n, h, w) of the shortest ways from seeds (row, column) to every cell, along rows and columns.

    across: (h, w - 1) costs >= 0 of a step to the right or back; down: (h - 1, w) of one down or up. Each sweep goes
    along all rows or columns at once; ways of more turns than ROUNDS allow count as longer than they are.
    """
    h, w = across.shape[0], down.shape[1]
    costs = np.full((len(seeds), h, w), FAR, np.float32)
    for n, (row, column) in enumerate(seeds):
        costs[n, row, column] = 0
    along_rows = np.concatenate([np.zeros((h, 1), np.float32), np.cumsum(across, axis=1)], axis=1)
    along_columns = np.concatenate([np.zeros((1, w), np.float32), np.cumsum(down, axis=0)], axis=0)
    for _ in range(ROUNDS):
        before = costs
        costs = _swept(_swept(costs, along_rows, 2), along_columns, 1)
        if np.array_equal(before, costs):
            break
    return costs


def _swept(costs: Float, along: Float, axis: int) -> Float:
    """Costs (n, h, w) after steps forth and back on one axis, on which `along` (h, w) has the sums of costs."""
    forward = np.minimum.accumulate(costs - along, axis=axis) + along
    backward = np.flip(np.minimum.accumulate(np.flip(costs + along, axis), axis=axis), axis) - along
    return np.minimum(costs, np.minimum(forward, backward))
