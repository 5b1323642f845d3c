"""How close a run comes to the least time that its production can take, and how often it asks the service.

Films, combs and deep chains of 100, 1,000 and 10,000 shots are scheduled with the real scheduler, slots, limits and
poller, in virtual time, against the vendor's limits and task times as they were measured (service.md 4.1, 4.3 and 4.4).
Beside each: a list schedule that knows all task times and needs no polls.

    .venv/bin/python benchmarks/scheduling.py [SHOTS…]
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from random import Random
from statistics import mean

import anyio
import trio.testing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from kit.simulation import Figures, clairvoyant, comb, deep_fan, film, simulate, task_seconds
from wanflow.planner.plan import Step

SHAPES = {"film": film, "comb": comb, "deep chain with a fan": deep_fan}
SIZES = {100: 24, 1_000: 4, 10_000: 1}
"""How many productions of each shape and size are simulated."""


def main() -> None:
    """Print the table; arguments are the sizes to simulate, all without one."""
    print("| shape | shots | makespan / bound, mean | worst | clairvoyant, mean | worst | queries per task |")
    print("|---|---|---|---|---|---|---|")
    for shots in map(int, sys.argv[1:] or SIZES):
        for name, shape in SHAPES.items():
            figures = [_simulate(shape(shots, Random(seed)), seed) for seed in range(SIZES.get(shots, 1))]
            ratios, known = [figure.ratio for figure, _ in figures], [ratio for _, ratio in figures]
            asked = mean(figure.queries_per_task for figure, _ in figures)
            cells = f"{mean(ratios):.3f} | {max(ratios):.3f} | {mean(known):.3f} | {max(known):.3f} | {asked:.1f}"
            print(f"| {name} | {shots:,} | {cells} |", flush=True)


def _simulate(steps: list[Step], seed: int) -> tuple[Figures, float]:
    """What a production took, and by how much the list schedule that knows all task times exceeds the bound."""
    seconds = task_seconds(steps, Random(seed))
    clock = trio.testing.MockClock(autojump_threshold=0)
    work = partial(simulate, steps, seconds)
    figures = anyio.run(work, backend="trio", backend_options={"clock": clock})
    return figures, clairvoyant(steps, seconds) / figures.bound


if __name__ == "__main__":
    main()
