"""A Dask scheduler and workers as processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"


@dataclass(slots=True)
class Cluster:
    """A scheduler's address, and its workers by their names."""

    folder: Path
    stack: ExitStack
    address: str
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_worker(self, name: str, *, threads: int = 1, environ: Mapping[str, str] | None = None) -> None:
        """One more worker, without a nanny that would start it again."""
        options = ["--name", name, "--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        self.workers[name] = self.start(
            WORKER, self.address, *options, "--local-directory", str(self.folder), environ=environ or {}
        )

    def start(self, module: str, *options: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """A process of the cluster, which ends with it."""
        path = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            env={**os.environ, "PYTHONPATH": path, **environ},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process


@contextmanager
def open_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster without workers on a free port of this machine; clients wait until it answers."""
    folder.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with ExitStack() as stack:
        cluster = Cluster(folder, stack, f"tcp://127.0.0.1:{port}")
        cluster.start(SCHEDULER, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", environ={})
        yield cluster
