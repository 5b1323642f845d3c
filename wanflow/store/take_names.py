"""The name of a take and its file: `talk.t2`, `out/shots/talk.t2.mp4`; no other module spells either."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from wanflow.catalog.model import ResultKind
from wanflow.characters import case_folded, on_windows
from wanflow.errors import LockUnreadable
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.store import atomic, blobs, journal, lockfile, rebuild
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotNames
from wanflow.store.take import Take

TAKE_SUFFIXES = frozenset(kind.suffix for kind in ResultKind)
"""Suffixes that a take's file can have."""

_NODE = pattern(r"(?P<shot>.+)\.t(?P<number>[1-9][0-9]*)", re.ASCII | re.DOTALL)


def takes_folder(out: str) -> str:
    """The folder of takes by name below the folder of results `out`, e.g. `out/shots`."""
    return f"{out}/shots"


def take_node(shot: str, number: int) -> str:
    """The node id of a take, e.g. `talk.t2`."""
    return f"{shot}.t{number}"


def parse_take_node(node: str) -> tuple[str, int] | None:
    """The shot and the number in the node id of a take; None for another text."""
    found = _NODE.fullmatch(node)
    return None if found is None else (found["shot"], int(found["number"]))


def named_takes(lock: Lock) -> Iterator[tuple[str, Take]]:
    """The takes of a lock whose files were not removed, each with its node id."""
    for shot, entry in lock.shots.items():
        for digest, take in entry.takes.items():
            if not take.gone:
                yield take_node(shot, entry.numbers[digest]), take


def place_of_take(out: Path, shot: str, number: int, suffix: str) -> Path:
    """The file of a take below the folder `out`, to write to or to remove; `shot` may come from a lock that was sent.

    Raises LockUnreadable for a name that leads anywhere else than below `out/shots`.
    """
    parts = shot.split("/")
    if not shot.isprintable() or any(part[:1] in {"", "."} or set(part) & set('\\:*?"<>|') for part in parts):
        hint = tr("restore the lock with `git checkout`, or remove the entry")
        raise LockUnreadable(
            tr("the lock has a take of {shot!r}, which cannot be the name of a shot", shot=shot), hint=hint
        )
    return Path(take_file(out.as_posix(), shot, number, suffix))


def has_files(shot: str) -> bool:
    """Whether this system can have files that are called by a shot."""
    return os.name == "posix" or on_windows(shot)


def take_file(out: str, shot: str, number: int, suffix: str) -> str:
    """The name of a take's file below the folder of results `out`, e.g. `out/shots/talk.t2.mp4`."""
    return f"{takes_folder(out)}/{take_node(shot, number)}{suffix}"


def put(store: Store, digest: str, name: Path) -> None:
    """Give a take its name: a link to its read-only file, or a copy where links do not work; nothing if it has it."""
    source = blobs.take_path(store, digest, name.suffix)
    if _same(source, name) or not blobs.is_here(source):
        return
    atomic.make_folder(name.parent)
    with atomic.faults_of(name), atomic.drafted(name) as draft:
        try:
            os.link(source, draft)
        except OSError:
            import shutil

            shutil.copyfile(source, draft)  # another file system, or one without links
            with atomic.ignoring(atomic.NO_MODES):
                shutil.copystat(source, draft)  # times come before modes
        atomic.replace(draft, name)


def holds(store: Store, digest: str, name: Path) -> bool:
    """Whether a name under `out/` is that of a take: a link to its file in the store, or an unchanged copy."""
    return _same(blobs.take_path(store, digest, name.suffix), name)


def present_file(store: Store, digest: str, name: str) -> str:
    """A take's file as it is now, relative to the production's folder: its name where that holds it, else the store's.

    Before the next run the names do not follow a rename or a merge yet.
    """
    if holds(store, digest, store.folder / name):
        return name
    return blobs.take_path(store, digest, Path(name).suffix).relative_to(store.folder).as_posix()


def follow(store: Store, names: ShotNames, out: Path, lock: Lock | None = None) -> Lock:
    """Update the lock's file and the names below `out` after renames of shots and new numbers from a merge.

    `lock` is the present lock, None to read it. Gives the updated lock. Raises StoreFault.
    """
    journal_state = journal.read(store)
    known = rebuild.present_lock(store, journal_state) if lock is None else lock
    if names.renames or known.notes or journal_state.unfiled or names.applied(known) is not known:
        complete = partial(rebuild.completed, store, journal_state)
        known = lockfile.update(store.lock, lambda now: names.applied(complete(now)))
    arrange(store, known, out, names.shots)
    return known


def arrange(store: Store, lock: Lock, out: Path, present: Container[str] = ()) -> None:
    """Give every take of a lock its name below `out`, and remove the former names of takes.

    A lock may have shots, removed ones and those of a merge, whose names differ only by case. Where the file system
    ignores case, a take of a `present` shot gets the name, otherwise that of the first one. A take of a shot whose name
    Windows refuses has none there: no file can be called so.

    A file that is not one of the store's takes stays. Raises StoreFault, LockUnreadable for a
    name in the lock that no shot can have.
    """
    wanted = {
        place_of_take(Path(), shot, number, entry.takes[digest].suffix): digest
        for shot, entry in sorted(lock.shots.items(), key=lambda item: item[0] not in present)
        for digest, number in entry.numbers.items()
        if not entry.takes[digest].gone and has_files(shot)
    }
    _remove_stale(store, wanted, out)
    given: dict[str, Path] = {}
    for name, digest in wanted.items():
        first = given.setdefault(case_folded(name.as_posix()), name)
        if first is name or not _same(out / first, out / name):
            put(store, digest, out / name)


def _remove_stale(store: Store, wanted: Mapping[Path, str], out: Path) -> None:
    """Remove the names of takes below `out` that are not `wanted`, or are not those of the wanted takes."""
    stale = [name for name in _names(out) if name not in wanted or not holds(store, wanted[name], out / name)]
    ours = {mark for path in blobs.take_paths(store).values() for mark in _marks(path)} if stale else set()
    for name in stale:
        _remove(out / name, ours)


def _names(out: Path) -> Iterator[Path]:
    """The files below `out/shots` whose names are those of takes, relative to `out`."""
    folder = Path(takes_folder(out.as_posix()))
    with atomic.faults_of(folder):
        for path in folder.rglob("*"):
            if path.suffix in TAKE_SUFFIXES and parse_take_node(path.stem) is not None:
                yield path.relative_to(out)


def _remove(path: Path, ours: set[tuple[int, int]]) -> None:
    if not ours.intersection(_marks(path)):
        return
    with atomic.faults_of(path):
        path.unlink(missing_ok=True)
    with suppress(OSError):  # a folder of other files stays
        path.parent.rmdir()


def _marks(path: Path) -> tuple[tuple[int, int], ...]:
    """Marks by which two names are the same file: its inode, or for a copy its length and time."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return (stat.st_dev, stat.st_ino), (stat.st_size, stat.st_mtime_ns)


def _same(source: Path, name: Path) -> bool:
    return bool(set(_marks(source)) & set(_marks(name)))
