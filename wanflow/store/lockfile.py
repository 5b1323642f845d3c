"""The lock's file: read, and replaced at once; one file per backend (cli.md, Files)."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from pathlib import Path

from wanflow.errors import LockUnreadable, StoreBusy, StoreFileRefused, words_of_system
from wanflow.language.production import RESULTS_FOLDER
from wanflow.messages import tr
from wanflow.records import mutable
from wanflow.store import atomic, lock_text, run_lock
from wanflow.store.atomic import STORE_FOLDER, ContentStamp
from wanflow.store.layout import LOCK_NAME, Store
from wanflow.store.lock import Lock
from wanflow.store.lock_json import VERSION, VERSION_KEY

MERGED = f"{LOCK_NAME} merge=union"
"""Line of git's attributes for the lock: its lines are whole facts, so that those of both sides are a lock again."""
TIMEOUT_SECONDS = 10
"""Seconds to wait for another writer; a writer holds the guard for milliseconds, unless its process is stuck."""


KEPT_LOCKS = 8
"""Maximum number of locks that a process keeps; a production has one for each provider."""


@mutable
class _KeptLock:
    """A lock as it was read or written last, with its file's content: read again only where the file is another."""

    stamp: ContentStamp
    data: bytes
    lock: Lock
    blocks: lock_text.Blocks = field(default_factory=dict)


_kept: dict[Path, _KeptLock] = {}


def _keep(place: Path, kept: _KeptLock) -> None:
    _kept.pop(place, None)
    while len(_kept) >= KEPT_LOCKS:
        _kept.pop(next(iter(_kept)), None)
    _kept[place] = kept


def update(path: Path, change: Callable[[Lock], Lock]) -> Lock:
    """Read the lock again, change it, and replace the file at once, so that no command waits for a run.

    A lock that does not change is not written, unless a merge left something open in it. A symbolic link stays: the
    file that it names is replaced. Raises LockUnreadable, StoreFault, and what `change` raises; then the file stays as
    it was.
    """
    place = _behind_link(path)
    with _guarded(place):
        before = read(path)
        after = change(before)
        if after != before or before.notes or not place.exists():
            after = _write(place, before, after)
    return after


def _write(place: Path, before: Lock, after: Lock) -> Lock:
    """Replace the lock `before` by the one `after`, of which only changed entries are written anew.

    Gives the lock as it would be read again.
    """
    kept = _kept.get(place)
    blocks = {} if kept is None else kept.blocks
    data = lock_text.to_text(after, blocks).encode()
    atomic.write_whole(place, data)
    stamp = ContentStamp.of(place)
    if stamp is None:
        return after
    entries = {name: entry for name, entry in after.shots.items() if blocks[name][1]}
    changed = [name for name, entry in entries.items() if before.shots.get(name) is not entry]
    written = {name: lock_text.as_written(entries[name]) for name in changed}
    lock = replace(after.with_entries(entries | written, written), notes=())
    _keep(place, _KeptLock(stamp, data, lock, {name: (entry, blocks[name][1]) for name, entry in lock.shots.items()}))
    return lock


def ensure(path: Path) -> None:
    """Write an empty lock where there is none: the first run leaves one, even if nothing was paid."""
    if not path.exists():
        update(path, lambda lock: lock)


def read(path: Path) -> Lock:
    """The lock in a file, empty where the file does not exist; raises LockUnreadable with the line and the way out.

    As long as the file is as it was, it is the same value as before.
    """
    try:
        place = _behind_link(path)
        kept, stamp = _kept.get(place), ContentStamp.of(place)
        if kept is not None and kept.stamp.is_surely(stamp):
            return kept.lock
        data = atomic.bytes_of(place)
        if kept is not None and kept.data == data and stamp is not None:
            kept.stamp = stamp
            return kept.lock
        text = data.decode()
    except FileNotFoundError:
        return Lock()
    except StoreFileRefused as refused:
        raise LockUnreadable(str(refused), hint=refused.hint) from refused
    except UnicodeDecodeError as error:
        raise LockUnreadable(
            tr("`{name}` is not valid UTF-8", name=path.name), hint=tr("restore it with `git checkout`")
        ) from error
    except OSError as error:
        words = words_of_system(error)
        raise LockUnreadable(
            tr("`{name}` cannot be read: {words}", name=path.name, words=words), hint=tr("allow reading it")
        ) from error
    try:
        lock = lock_text.from_text(text, path.name)
        if stamp is not None:
            _keep(place, _KeptLock(stamp, data, lock))
    except LockUnreadable:
        if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(path.parent)):
            raise
        # its details could quote a file that has nothing to do with the production
        words = tr(
            "`{name}` is a link to a file outside the production's folder, which is not a usable lock", name=path.name
        )
        raise LockUnreadable(words, hint=tr("remove the link, or repair the lock in that file's own folder")) from None
    return lock


def has_a_fact_a_line(path: Path) -> bool:
    """Whether the lock in a file is as wanflow writes it: `read_without` needs that."""
    with suppress(OSError, ValueError, StoreFileRefused):
        return lock_text.has_a_fact_a_line(atomic.bytes_of(_behind_link(path)).decode())
    return False


def read_without(path: Path, names: Container[str]) -> Lock:
    """The lock in a file that has a fact a line, without the entries of some shots; raises LockUnreadable."""
    text = atomic.bytes_of(_behind_link(path)).decode()
    return lock_text.from_text(lock_text.without_shots(text, names), path.name)


def _behind_link(path: Path) -> Path:
    """The file that holds the lock: the end of a symbolic link, else the path itself.

    Raises LockUnreadable for a broken link. Without a mounted drive it would read as an empty lock, and all takes
    would be paid for again. Raises StoreFileRefused for a link into a folder of the system.
    """
    atomic.require_usable(path)
    if not os.path.islink(path):  # noqa: PTH114 - no error where Path raises one
        return path
    end = Path(os.path.realpath(path))
    try:
        path.stat()
    except OSError as error:
        reason = words_of_system(error)
        words = tr(
            "`{name}` is a symbolic link to `{end}`, which cannot be used: {reason}",
            name=path.name,
            end=end,
            reason=reason,
        )
        new = f'{{"{VERSION_KEY}": {VERSION}}}'
        raise LockUnreadable(
            words, hint=tr("mount the drive with that file, or fix the link; a new lock is `{new}`", new=new)
        ) from error
    return end


@contextmanager
def _guarded(place: Path) -> Iterator[None]:
    """Exclude other writers, those of all productions whose locks link to this file.

    The guard is in the `.wanflow` folder beside the file itself, which git ignores, so that all its names have one.
    """
    folder = place.parent if place.parent.name == STORE_FOLDER else place.parent / STORE_FOLDER
    atomic.make_folder(folder)
    with atomic.faults_of(place):
        try:
            release = run_lock.seize(folder / f"{place.name}.guard", TIMEOUT_SECONDS)
        except run_lock.LockTaken as taken:
            words = tr(
                "`{name}` has been held by another process for {timeout_seconds} seconds",
                name=place.name,
                timeout_seconds=TIMEOUT_SECONDS,
            )
            raise StoreBusy(words, hint=tr("end that process and try again{way_out}", way_out=taken.way_out)) from None
    try:
        yield
    finally:
        release()


def establish(store: Store) -> None:
    """The first run leaves `wanflow.lock` for git, even if nothing was paid (cli.md, Files).

    In a git repository it also says how to merge the lock, unless the attributes mention it, and makes the folder of
    results with its own `.gitignore`, so that no film gets into git by mistake. An existing folder stays as it is:
    its films may be wanted in git.
    """
    here = store.folder.absolute()
    unmentioned = not store.paid_lock.exists() or not (here / ".gitattributes").exists()
    results = here / RESULTS_FOLDER
    if (unmentioned or not results.exists()) and any((folder / ".git").exists() for folder in (here, *here.parents)):
        write_git_attributes(here)
        if not results.exists():
            atomic.write_whole(results / ".gitignore", atomic.IGNORED)
    for lock in {store.lock, store.paid_lock}:
        ensure(lock)


def write_git_attributes(folder: Path) -> None:
    """Let git keep both sides' lines of a lock, unless its attributes mention it already."""
    attributes = folder / ".gitattributes"
    if os.path.islink(attributes):  # noqa: PTH114 - no error where Path raises one
        return  # git reads no such link; the file that replaced it would show what it leads to
    with atomic.faults_of(attributes):
        known = atomic.bytes_of(attributes) if attributes.exists() else b""
    if LOCK_NAME.encode() not in known:
        ended = known if not known or known.endswith(b"\n") else known + b"\n"
        atomic.write_whole(attributes, ended + f"{MERGED}\n".encode())
