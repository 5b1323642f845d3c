"""Every take by name: `out/shots/<shot>.t<N>.mp4`, beside the store's own copy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from wanflow.store import blobs, durable
from wanflow.store.layout import Store


def put(store: Store, digest: str, name: Path) -> None:
    """Give a take a name: a link to its read-only file, or a copy where links don't work; a no-op where it has it."""
    source = blobs.take_path(store, digest)
    if _same(source, name) or not source.exists():
        return
    durable.make_folder(name.parent)
    with durable.faults_of(name), durable.drafted(name) as draft:
        try:
            os.link(source, draft)
        except OSError:
            shutil.copyfile(source, draft)  # another file system, or one without links
            with durable.passed_over(durable.NO_MODES):
                shutil.copystat(source, draft)  # times come before modes
        draft.replace(name)


def _same(source: Path, name: Path) -> bool:
    try:
        there, here = name.stat(), source.stat()
    except OSError:
        return False
    return there.st_ino == here.st_ino or (there.st_size, there.st_mtime_ns) == (here.st_size, here.st_mtime_ns)
