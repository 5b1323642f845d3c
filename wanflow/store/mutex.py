"""Runs exclude each other; nothing else ever waits for a run (cli.md, Files)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from wanflow import timing
from wanflow.errors import StoreBusy
from wanflow.store import durable, guard, layout
from wanflow.store.layout import Store


@contextmanager
def hold(store: Store, *, damaged: bool = False) -> Iterator[None]:
    """Be the one run of this production; raises StoreBusy, naming who is, and StoreFault.

    The hold of a process that was killed ends by itself (see `guard.seize`). Nothing is sent
    under a store of a newer wanflow: it is refused here, unless the store is `damaged` and held to be mended.
    """
    durable.make_folder(store.root)
    if not damaged:
        layout.establish(store)
    name = store.root / "run.holder"
    release = _seized(store.run_lock, name)
    try:
        durable.write_whole(name, _introduction().encode())
        yield
    finally:
        with suppress(OSError):
            name.unlink()
        release()


def _seized(lock: Path, name: Path) -> guard.Release:
    with durable.faults_of(lock):
        try:
            return guard.seize(lock)
        except guard.Taken as taken:
            words = f"another run works here ({_holder(name)})"
            raise StoreBusy(words, hint=f"wait for it with `--wait`, or stop it with Ctrl-C{taken.way_out}") from None


def _introduction() -> str:
    since = timing.stamp(datetime.now(UTC))
    return f"process {os.getpid()} on {socket.gethostname()} since {since}"


def _holder(name: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return name.read_text(encoding="utf-8")
    return "another process"
