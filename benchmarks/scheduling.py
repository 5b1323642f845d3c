"""How close a run comes to the least time that its production can take, and how often it asks the service.

Productions of 100, 1,000 and 10,000 shots are scheduled with the real scheduler, slots, limits and poller, in virtual
time, against the vendor's limits and task times as they were measured (service.md 4.1, 4.3 and 4.4).

    .venv/bin/python benchmarks/scheduling.py
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from random import Random
from statistics import mean

import anyio
import trio.testing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from kit.simulation import Figures, film, simulate, task_seconds

SIZES = {100: 40, 1_000: 5, 10_000: 1}
"""How many productions of each size are simulated."""


def main() -> None:
    """Print the table."""
    print("| shots | makespan / least possible, mean | worst | queries per task | the run takes | simulated in |")
    print("|---|---|---|---|---|---|")
    for shots, productions in SIZES.items():
        began = time.perf_counter()
        figures = [_simulate(shots, seed) for seed in range(productions)]
        took = time.perf_counter() - began
        ratios = [figure.ratio for figure in figures]
        asked = mean(figure.queries_per_task for figure in figures)
        hours = mean(figure.makespan for figure in figures) / 3600
        cells = f"{shots:,} | {mean(ratios):.3f} | {max(ratios):.3f} | {asked:.1f} | {hours:.1f} h"
        print(f"| {cells} | {took / productions:.1f} s |")


def _simulate(shots: int, seed: int) -> Figures:
    dice = Random(seed)
    steps = film(shots, dice)
    clock = trio.testing.MockClock(autojump_threshold=0)
    work = partial(simulate, steps, task_seconds(steps, dice))
    return anyio.run(work, backend="trio", backend_options={"clock": clock})


if __name__ == "__main__":
    main()
