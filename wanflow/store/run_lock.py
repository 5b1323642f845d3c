"""Runs exclude each other; nothing else ever waits for a run (cli.md, Files)."""

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

from filelock import FileLock, Timeout

from wanflow import digest, timebase
from wanflow.errors import StoreBusy
from wanflow.store import atomic, layout
from wanflow.store.layout import Store


@contextmanager
def hold(store: Store, *, damaged: bool = False) -> Iterator[None]:
    """Be the one run of this production; raises StoreBusy, naming who is, and StoreFault.

    The hold of a process that was killed ends by itself (see `guard.seize`). Nothing is sent
    under a store of a newer wanflow: it is refused here, unless the store is `damaged` and held to be mended.
    """
    atomic.make_folder(store.root)
    if not damaged:
        layout.establish(store)
    name = store.root / "run.holder"
    release = _seized(store.run_lock, name)
    try:
        atomic.write_whole(name, _introduction().encode())
        yield
    finally:
        with suppress(OSError):
            name.unlink()
        release()


def _seized(lock: Path, name: Path) -> Release:
    with atomic.faults_of(lock):
        try:
            return seize(lock)
        except LockTaken as taken:
            words = f"another run works here ({_holder(name)})"
            raise StoreBusy(words, hint=f"wait for it with `--wait`, or stop it with Ctrl-C{taken.way_out}") from None


def _introduction() -> str:
    since = timebase.stamp(datetime.now(UTC))
    return f"process {os.getpid()} on {socket.gethostname()} since {since}"


def _holder(name: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return name.read_text(encoding="utf-8")
    return "another process"


NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors by which a file system says that it has no locks: NFS without its lock service, AFP and Lustre say these."""
OCCUPIED = frozenset({errno.ENOTEMPTY, errno.EEXIST})
"""Errors of a rename onto a folder that has something in it."""
TURN_SECONDS = 0.005
"""Seconds between two attempts of a process that waits."""

Release = Callable[[], None]


class LockTaken(Exception):
    """Another process holds the guard; `leftover` is the folder that it leaves behind if it is killed, if any."""

    def __init__(self, leftover: Path | None = None) -> None:
        super().__init__(leftover)
        self.leftover = leftover

    @property
    def way_out(self) -> str:
        """What ends a hold that the system does not end by itself, to follow another hint; empty where it does."""
        if self.leftover is None:
            return ""
        return f"; where that process is gone, remove `{self.leftover}`"


def seize(path: Path, patience: float = 0) -> Release:
    """Hold what `path` names until the function that is returned is called; the folder of `path` exists.

    The hold of a process that was killed ends by itself. Only a hold of another machine stays, on a file system
    without locks. Raises Taken after `patience` seconds, OSError where the disk says no.
    """
    lock = FileLock(path, timeout=patience, poll_interval=TURN_SECONDS, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise LockTaken from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return _seize_folder(path.with_name(f"{path.name}.held"), patience)
    return lock.release


def has_locks(folder: Path) -> bool:
    """Whether the file system of a folder has locks; raises OSError for every other trouble."""
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


def _seize_folder(folder: Path, patience: float) -> Release:
    """Hold a folder by moving one there that has our name in it: a rename onto a folder that is not empty fails.

    A name is never given twice, so that removing the name of a dead process removes no other, and only an empty
    folder is ever removed.
    """
    name = f"{os.getpid()}.{_machine()}.{uuid4().hex}"
    draft = folder.with_name(f".{uuid4().hex}.part")
    draft.mkdir()
    held = False
    try:
        (draft / name).touch()
        until = time.monotonic() + patience
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
    """Remove what dead processes of this machine left; whether the folder is gone now."""
    with suppress(FileNotFoundError):
        for place in folder.iterdir():
            if _is_dead(place.name):
                place.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()  # fails while a process holds it
    return not folder.exists()


def _is_dead(name: str) -> bool:
    """Whether the process of a name surely ended: it ran here, and none has its number now."""
    process, _, rest = name.partition(".")
    if rest.partition(".")[0] != _machine() or not process.isdigit() or os.name != "posix":
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
