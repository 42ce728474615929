"""What reading photographs costs beside training: python bench/loader.py RECIPE DIR|SHARD... [--steps N].

Prints the share of a step that the loop waits for its batch (the goal is below a tenth), and photographs a second of
the loader alone. A phase of the recipe is run for N steps after a warm-up, in a folder that is thrown away.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from handtint.data.sources import open_sources
from handtint.train import loop, recipe
from handtint.train.batches import batches
from handtint.train.recipe import Phase, Recipe
from handtint.train.tasks import find

WARM = 5  # steps that are not counted: workers start, memory is laid out


def alone(plan: Recipe, examples: list[Any], count: int) -> float:
    """Photographs a second of the loader, with nobody training beside it."""
    seen, began = 0, 0.0
    for tick in batches(plan, examples, 0):
        if tick.step == WARM:
            began = time.perf_counter()
        elif tick.step > WARM:
            seen += tick.phase.batch
        if tick.step == WARM + count:
            break
    return seen / (time.perf_counter() - began)


def beside(plan: Recipe, examples: list[Any]) -> str:
    """The loop's last line."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        loop.train(plan, examples, Path(folder), say=lines.append)
        seconds = time.perf_counter() - began
    return f"{lines[-1]} ({seconds:.0f} s in all)"


def main() -> None:
    """Print the figures of each kind of phase of the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    plan = recipe.load(args.recipe, dict(change.split("=", 1) for change in args.set))
    examples = find(plan.task).examples(open_sources(args.sources))
    print(f"{os.cpu_count()} cores, {platform.machine()}, {args.recipe.stem}, {plan.workers} workers")
    for phase in {p.adversarial: p for p in plan.phases}.values():
        some = examples[: args.steps * phase.batch]
        once: Phase = replace(phase, epochs=1)
        short = replace(plan, start="", phases=(once,), sample_every=0, save_every=args.steps)
        name = "adversarial" if phase.adversarial else "head start"
        rate = alone(short, some, min(30, args.steps - WARM - 1))
        print(f"{name} at {phase.size} px: loader alone {rate:.0f} photographs/s; {beside(short, some)}")


if __name__ == "__main__":
    main()
