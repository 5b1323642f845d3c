"""Locks between processes: runs exclude each other, and nothing else ever waits for a run (cli.md, Files).

filelock is imported when a lock is taken: a plan takes none.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Event
from uuid import getnode, uuid4

from wanflow import digest, timebase
from wanflow.errors import StoreBusy, StoreFileRefused
from wanflow.messages import tr
from wanflow.store import atomic, layout
from wanflow.store.layout import Store


@contextmanager
def hold(store: Store, *, damaged: bool = False) -> Iterator[None]:
    """Be the only run of this production; raises StoreBusy, which names the other run, and StoreFault.

    The hold of a process that was killed ends by itself (see `seize`). The store of a newer wanflow is refused here,
    before anything is sent, unless it is `damaged` and held for a repair.
    """
    atomic.make_folder(store.root)
    if not damaged:
        layout.establish(store)
    name = store.root / "run.holder"
    with atomic.faults_of(store.run_lock):
        try:
            release = seize(store.run_lock)
        except LockTaken as taken:
            holder: str = tr("another process")
            with suppress(OSError, UnicodeDecodeError, StoreFileRefused):
                holder = atomic.bytes_of(name).decode()
            words = tr("another run is active in this production ({holder})", holder=holder)
            way_out = tr("wait for it with `--wait`, or stop it with Ctrl-C{more}", more=taken.way_out)
            raise StoreBusy(words, hint=way_out) from None
    try:
        since = timebase.stamp(datetime.now(UTC))
        atomic.write_whole(name, f"process {os.getpid()} on {socket.gethostname()} since {since}".encode())
        yield
    finally:
        with suppress(OSError):
            name.unlink()
        release()


def is_active(store: Store) -> bool:
    """Whether a run most likely works in this production; only looks, so that no run ever finds the store taken.

    A run that was killed counts while another process has its number.
    """
    try:
        words = atomic.bytes_of(store.root / "run.holder").decode().split()
    except (OSError, UnicodeDecodeError, StoreFileRefused):
        return False
    here = words[:1] == ["process"] and words[3:4] == [socket.gethostname()]
    return not here or not _has_ended(words[1])


NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of a file system without locks: NFS without its lock service, AFP and Lustre raise these."""
OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})
"""Errors of a rename onto a folder that is not empty."""
TURN_SECONDS = 0.005
"""Seconds between two attempts of a process that waits."""

Release = Callable[[], None]


class LockTaken(Exception):
    """Another process holds the lock; `left_folder` is the folder that stays if it is killed, if any."""

    def __init__(self, left_folder: Path | None = None) -> None:
        super().__init__(left_folder)
        self.left_folder = left_folder

    @property
    def way_out(self) -> str:
        """How to end a hold that the system does not end by itself, to follow another hint; empty where it does."""
        if self.left_folder is None:
            return ""
        return tr("; if that process has ended, remove `{folder}`", folder=self.left_folder)


def seize(path: Path, timeout: float = 0) -> Release:
    """Hold the lock at `path` until the returned function is called; the folder of `path` exists.

    The hold of a process that was killed ends by itself. Only a hold of another machine stays, on a file system
    without locks. Raises LockTaken after `timeout` seconds, OSError where the disk refuses.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=timeout, poll_interval=TURN_SECONDS, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockTaken from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return _seize_folder(path.with_name(f"{path.name}.held"), timeout)
    return lock.release


def has_locks(folder: Path) -> bool:
    """Whether the file system of a folder has locks; raises OSError for every other error."""
    from filelock import FileLock

    path = folder / f".{uuid4().hex}.part"
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
        lock.release()
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    finally:
        path.unlink(missing_ok=True)
    return True


def _seize_folder(folder: Path, timeout: float) -> Release:
    """Hold a folder by moving one there that has our name in it: a rename onto a folder that is not empty fails.

    Every name is unique, so that removing the name of a dead process removes no other. Only an empty folder is ever
    removed.
    """
    name = f"{os.getpid()}.{_machine()}.{uuid4().hex}"
    draft = folder.with_name(f".{uuid4().hex}.part")
    draft.mkdir()
    held = False
    try:
        (draft / name).touch()
        until = time.monotonic() + timeout
        while not (held := _moved(draft, folder) or (_left_behind(folder) and _moved(draft, folder))):
            if time.monotonic() >= until:
                raise LockTaken(folder)
            Event().wait(TURN_SECONDS)
    finally:
        if not held:
            _remove(draft, name)
    return lambda: _remove(folder, name)


def _moved(draft: Path, folder: Path) -> bool:
    try:
        draft.rename(folder)
    except OSError as error:
        if error.errno not in OCCUPIED and not folder.exists():
            raise
        return False
    return True


def _left_behind(folder: Path) -> bool:
    """Remove the names of dead processes of this machine; whether the folder is gone then."""
    with suppress(FileNotFoundError):
        for place in folder.iterdir():
            if _is_dead(place.name):
                place.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()  # fails while a process holds it
    return not folder.exists()


def _is_dead(name: str) -> bool:
    """Whether the process of a name certainly ended: it ran here, and no process has its number now."""
    process, _, rest = name.partition(".")
    return rest.partition(".")[0] == _machine() and _has_ended(process)


def _has_ended(process: str) -> bool:
    """Whether this machine certainly has no process of this number."""
    if not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # it runs as another user, or is the number of no process at all
    return False


def _remove(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()  # another process may have moved in


@cache
def _machine() -> str:
    """A short name of this machine by its host name and network card, or of a container that numbers its processes."""
    try:
        processes = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        processes = 0
    return digest.of_json([socket.gethostname(), getnode(), processes])[:16]
