"""The lock's file: read, and replaced at once; one file per backend (cli.md, Files)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wanflow.errors import LockUnreadable, StoreBusy
from wanflow.store import durable, lockform
from wanflow.store.layout import LOCK_NAME, STORE_FOLDER, Store
from wanflow.store.lock import Lock

MERGED = f"{LOCK_NAME} merge=union"
"""What git's attributes say of the lock: its lines are whole, so that those of both sides are a lock again."""
PATIENCE_SECONDS = 10
"""A writer holds the guard for milliseconds; whoever waits this long waits for a process that is stuck."""


def update(path: Path, change: Callable[[Lock], Lock]) -> Lock:
    """Read the lock again, change it, and replace the file at once, so that nobody ever waits for a run.

    A lock that does not change is not written, unless a merge left something in it to settle. Raises LockUnreadable,
    StoreFault, and what `change` raises; the file stays as it was then.
    """
    with _guarded(path):
        before = read(path)
        after = change(before)
        if after != before or before.notes or not path.exists():
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
    except UnicodeDecodeError as error:
        raise LockUnreadable(f"`{path.name}` is no UTF-8 text", hint="restore it with `git checkout`") from error
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise LockUnreadable(f"`{path.name}` can't be read: {words}", hint="allow reading it") from error
    return lockform.from_text(text, path.name)


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Keeps other writers out; the guard lies in the store, so that git never sees it."""
    folder = path.parent if path.parent.name == STORE_FOLDER else path.parent / STORE_FOLDER
    durable.make_folder(folder)
    guard = FileLock(folder / f"{path.name}.guard", timeout=PATIENCE_SECONDS, poll_interval=0.005)
    with durable.faults_of(path):
        try:
            guard.acquire()
        except Timeout:
            words = f"`{path.name}` has been held by another process for {PATIENCE_SECONDS} seconds"
            raise StoreBusy(words, hint="end that process and try again") from None
    try:
        yield
    finally:
        guard.release()


def establish(store: Store) -> None:
    """The first run leaves `wanflow.lock` for git, even if nothing was paid (cli.md, Files).

    In a git repository it also says how to merge it, where nobody has said anything yet.
    """
    here = store.folder.absolute()
    untold = not store.paid_lock.exists() or not (here / ".gitattributes").exists()
    if untold and any((folder / ".git").exists() for folder in (here, *here.parents)):
        teach_git(here)
    for lock in {store.lock, store.paid_lock}:
        ensure(lock)


def teach_git(folder: Path) -> None:
    """Let git keep both sides' lines of a lock, unless its attributes say something of it already."""
    attributes = folder / ".gitattributes"
    with durable.faults_of(attributes):
        said = attributes.read_text(encoding="utf-8") if attributes.exists() else ""
    if LOCK_NAME not in said:
        ended = said if not said or said.endswith("\n") else f"{said}\n"
        durable.write_whole(attributes, f"{ended}{MERGED}\n".encode())
