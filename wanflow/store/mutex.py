"""Runs exclude each other; nothing else ever waits for a run (cli.md, Files)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from wanflow.errors import StoreBusy
from wanflow.store import durable
from wanflow.store.layout import Store


@contextmanager
def hold(store: Store) -> Iterator[None]:
    """Be the one run of this production; raises StoreBusy, naming who is.

    The system lets go of the lock when a process dies, so that a stale one can't be left behind.
    """
    durable.make_folder(store.root)
    name = store.root / "run.holder"
    try:
        guard = FileLock(store.run_lock, timeout=0).acquire()
    except Timeout:
        holder = name.read_text(encoding="utf-8") if name.exists() else "another process"
        raise StoreBusy(f"another run works here ({holder})", hint="wait for it, or stop it with Ctrl-C") from None
    with guard:
        durable.write_whole(name, f"process {os.getpid()}".encode())
        yield
