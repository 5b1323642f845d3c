"""A file that is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from wanflow.errors import MediaFault
from wanflow.store import durable


@contextmanager
def landing(target: Path) -> Iterator[Path]:
    """A new name beside `target` to write to, which becomes `target` when the block ends well and is gone otherwise.

    Flushed to the disk before it gets its name. Raises MediaFault or StoreFault where the disk says no.
    """
    durable.make_folder(target.parent)
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        yield part
        _flush(part)
        part.replace(target)
        durable.sync_folder(target.parent)
    except OSError as fault:
        raise MediaFault(f"`{target.name}` can't be written: {fault.strerror or fault}") from fault
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
