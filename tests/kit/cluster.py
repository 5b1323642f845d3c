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

from distributed import Client

ROOT = Path(__file__).parents[2]
SCHEDULER, WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
PATIENCE_SECONDS = 60
"""Seconds after which a cluster counts as hung."""


@dataclass(slots=True)
class Cluster:
    """A scheduler and its address, and its workers by their names."""

    folder: Path
    stack: ExitStack
    address: str
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    scheduler: subprocess.Popen[bytes] | None = None

    def start_worker(
        self, name: str, *, threads: int = 1, port: int = 0, environ: Mapping[str, str] | None = None
    ) -> None:
        """One more worker, without a nanny that would start it again; port 0 is any free one."""
        options = [
            "--name",
            name,
            "--worker-port",
            str(port),
            "--nthreads",
            str(threads),
            "--no-nanny",
            "--no-dashboard",
            "--memory-limit",
            "0",
        ]
        self.workers[name] = self.start(
            WORKER, self.address, *options, "--local-directory", str(self.folder), environ=environ or {}
        )

    def wait_for_workers(self, number: int) -> None:
        """Until the scheduler answers, and knows this number of them."""
        with Client(self.address, timeout=PATIENCE_SECONDS, set_as_default=False) as client:
            if number:
                client.wait_for_workers(number, timeout=PATIENCE_SECONDS)

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


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def open_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster without workers on a free port of this machine; clients wait until it answers."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    with ExitStack() as stack:
        cluster = Cluster(folder, stack, f"tcp://127.0.0.1:{port}")
        options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        cluster.scheduler = cluster.start(SCHEDULER, *options, environ={})
        yield cluster
