"""What a Dask cluster gains: segments made by one and two workers beside threads, and the cost of a job by itself.

`python benchmarks/cluster.py [--segments 16] [--jobs 400]`; needs the extra `cluster`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath

import anyio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from kit.clips import numbered_clip
from kit.cluster import Cluster, open_cluster
from kit.cluster_jobs import Nothing
from wanflow.cluster import jobs as cluster_jobs
from wanflow.language.source import Facts
from wanflow.media.jobs import Job, Jobs, LocalJobs
from wanflow.media.picture.conform import ConformSegment
from wanflow.media.picture.segment import SegmentRecipe

CLIP, RATE, FRAMES = PurePath("clip.mp4"), Fraction(30), 150


@dataclass(frozen=True, slots=True)
class Spent:
    """Wall seconds of some jobs, and CPU seconds of the run's own process."""

    wall: float
    own: float


async def measure(jobs: Jobs, wanted: Sequence[Job[object]]) -> Spent:
    """Do them all."""
    began, own = time.perf_counter(), _own()
    async with anyio.create_task_group() as group:
        for job in wanted:
            group.start_soon(jobs, job)
    return Spent(time.perf_counter() - began, _own() - own)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def segments(count: int, folder: str) -> list[Job[Facts]]:
    """Five seconds each of a 720P clip, which come to 960 by 540."""
    Path(folder).mkdir(exist_ok=True)
    recipe = SegmentRecipe("00" * 32, 0, FRAMES, FRAMES, 960, 540, RATE)
    return [ConformSegment(CLIP, recipe, PurePath(folder, f"{number}.mov")) for number in range(count)]


def on_cluster(cluster: Cluster, root: Path, wanted: Sequence[Job[object]]) -> Spent:
    """By the workers that there are."""

    async def main() -> Spent:
        async with cluster_jobs.open_cluster(cluster.address, root, root / "proof", None, print) as jobs:
            await measure(jobs, [Nothing()] * 4)
            return await measure(jobs, wanted)

    return anyio.run(main)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=16)
    parser.add_argument("--jobs", type=int, default=400)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        numbered_clip(root / CLIP, FRAMES, (1280, 720), sound=True)
        for threads in (1, 2):
            wanted = segments(asked.segments, str(root / f"local{threads}"))
            spent = anyio.run(measure, LocalJobs(root, threads), wanted)
            print(f"{threads} threads here: {spent.wall:.1f} s for {asked.segments} segments")
        with open_cluster(root / "cluster") as cluster:
            for workers in (1, 2):
                cluster.start_worker(f"worker{workers}")
                client = cluster_jobs.Client(cluster.address, timeout=60, set_as_default=False)
                client.wait_for_workers(workers, timeout=60)
                client.close()
                spent = on_cluster(cluster, root, segments(asked.segments, str(root / f"cluster{workers}")))
                print(f"{workers} workers: {spent.wall:.1f} s for {asked.segments} segments")
            spent = on_cluster(cluster, root, [Nothing()] * asked.jobs)
            wall, own = (1000 * seconds / asked.jobs for seconds in (spent.wall, spent.own))
            print(f"a job by itself: {wall:.1f} ms, {own:.1f} ms of CPU in the run")


if __name__ == "__main__":
    main()
