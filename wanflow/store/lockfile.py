"""The lock's file: read, and replaced at once; one file per backend (cli.md, Files)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from wanflow.errors import LockUnreadable
from wanflow.store import durable, lockform
from wanflow.store.lock import Lock


def update(path: Path, change: Callable[[Lock], Lock]) -> Lock:
    """Read the lock again, change it, and replace the file at once, so that nobody ever waits for a run.

    A lock that does not change is not written. Raises LockUnreadable, StoreFault.
    """
    durable.make_folder(path.parent)
    with FileLock(path.with_name(f".{path.name}.guard")):
        before = read(path)
        after = change(before)
        if after != before or not path.exists():
            durable.write_whole(path, lockform.to_text(after).encode())
    return after


def ensure(path: Path) -> None:
    """Write an empty lock where there is none: the first run leaves one, even if nothing was paid."""
    if not path.exists():
        update(path, lambda lock: lock)


def read(path: Path) -> Lock:
    """The lock in a file, an empty one where there is no file; raises LockUnreadable with the line and the way out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Lock()
    except (OSError, UnicodeDecodeError) as error:
        raise LockUnreadable(f"`{path.name}` can't be read: {error}", hint="restore it with `git checkout`") from error
    return lockform.from_text(text, path.name)
