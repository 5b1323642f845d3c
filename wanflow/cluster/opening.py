"""What does the local work of a production: threads of this process, or the workers of a cluster."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from wanflow.errors import ToolMissing
from wanflow.media.jobs import LimitedJobs, LocalJobs
from wanflow.messages import tr
from wanflow.store import atomic

VARIABLE = "WANFLOW_CLUSTER"
"""Variable with the address of a cluster."""
INSTALL = "pip install 'wanflow[cluster]'"

NICENESS = 10
"""Niceness of the ffmpegs whose results can wait: those of a run go first."""


@asynccontextmanager
async def open_jobs(
    folder: Path, cluster: str | None, tell: Callable[[str], None], *, most: int | None = None, can_wait: bool = False
) -> AsyncIterator[LimitedJobs]:
    """What does jobs with the files in the folder of a production.

    `cluster` is the address of a Dask scheduler, None that of `WANFLOW_CLUSTER`; without one, or where it is empty, the
    jobs are done in this process. `tell` gets a sentence for each worker that is not used. `most` is the maximum number
    of jobs at once, None one for each core here, or each thread of the workers. Jobs that `can_wait` leave half of the
    cores here to others, and go behind others everywhere. Raises ToolMissing without Dask, and what `open_cluster`
    does.
    """
    address = os.environ.get(VARIABLE) if cluster is None else cluster
    niceness = NICENESS if can_wait else 0
    if not address:
        cores = os.cpu_count() or 1
        yield LocalJobs(folder, most or max(1, cores // 2 if can_wait else cores), niceness)
        return
    try:
        from wanflow.cluster.jobs import open_cluster
    except ModuleNotFoundError as fault:
        words = tr("a cluster needs the package `{name}`", name=fault.name)
        raise ToolMissing(words, hint=INSTALL) from None
    store = folder / atomic.STORE_FOLDER
    atomic.make_folder(store)
    proof = store / f".{uuid4().hex}.part"  # a run that begins meanwhile removes what is in `tmp`
    async with open_cluster(address, folder, proof, most, tell, niceness) as jobs:
        yield jobs
