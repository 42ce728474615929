"""Shortest paths from some cells of a picture to all others, where each step has a cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handtint.types import Float

MAX_SWEEPS = 12  # paths with more turns are not found
UNREACHED = np.float32(1e3)


def shortest_path_costs(across: Float, down: Float, seeds: Sequence[tuple[int, int]]) -> Float:
    """The costs (n, h, w) of the shortest paths from seeds (row, column) to every cell, along rows and columns.

    across: (h, w - 1) costs >= 0 of a step to the right or back; down: (h - 1, w) of one down or up. Each sweep goes
    along all rows or columns at once; the costs of paths with more turns than MAX_SWEEPS allows are overestimated.
    """
    h, w = across.shape[0], down.shape[1]
    costs = np.full((len(seeds), h, w), UNREACHED, np.float32)
    for index, (row, column) in enumerate(seeds):
        costs[index, row, column] = 0
    along_rows = np.concatenate([np.zeros((h, 1), np.float32), np.cumsum(across, axis=1)], axis=1)
    along_columns = np.concatenate([np.zeros((1, w), np.float32), np.cumsum(down, axis=0)], axis=0)
    for _ in range(MAX_SWEEPS):
        previous = costs
        costs = _sweep(_sweep(costs, along_rows, 2), along_columns, 1)
        if np.array_equal(previous, costs):
            break
    return costs


def _sweep(costs: Float, cumulative: Float, axis: int) -> Float:
    """Costs (n, h, w) after steps in both directions of one axis; cumulative: (h, w) sums of costs along it."""
    forward = np.minimum.accumulate(costs - cumulative, axis=axis) + cumulative
    backward = np.flip(np.minimum.accumulate(np.flip(costs + cumulative, axis), axis=axis), axis) - cumulative
    return np.minimum(costs, np.minimum(forward, backward))
