"""Files by digest: delivered takes, which are never deleted, and derived files, which can be built again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from wanflow import digest as digests
from wanflow.catalog.model import ResultKind
from wanflow.errors import StoreFileRefused
from wanflow.store import atomic
from wanflow.store.layout import Store

READ_ONLY = 0o444


def adopt_take(store: Store, delivered: Path, digest: str, kind: ResultKind) -> Path:
    """Move a checked result into the store under its digest, durably and read-only; gives its place there.

    Where the store has these bytes already, they stay and the second copy is removed.
    """
    return _adopt(delivered, take_path(store, digest, kind.suffix), digest)


def adopt_derived(store: Store, made: Path, digest: str, suffix: str) -> Path:
    """Move a derived file into the store under its digest; gives its place there."""
    return _adopt(made, derived_path(store, digest, suffix), digest)


def set_aside(store: Store, path: Path) -> str | None:
    """Keep bytes that are not a take, under their digest; gives their path relative to the production's folder.

    None where there is nothing to keep. Nothing is ever deleted there: deliveries were paid for (law 4).
    """
    if not path.exists() or not path.stat().st_size:
        return None
    place = store.aside / f"{digests.of_file(path)}.bin"
    atomic.make_folder(store.aside)
    with atomic.faults_of(place):
        atomic.replace(path, place)
        atomic.sync_folder(store.aside)
    return place.relative_to(store.folder).as_posix()


def take_path(store: Store, digest: str, suffix: str) -> Path:
    """Where a take's file is, or would be."""
    return store.takes / digest[:2] / f"{digest}{suffix}"


def find_take(store: Store, digest: str) -> Path | None:
    """The file of a take of which only the digest is known; None where it is not here."""
    paths = (take_path(store, digest, kind.suffix) for kind in ResultKind)
    return next((path for path in paths if is_here(path)), None)


def take_paths(store: Store) -> Mapping[str, Path]:
    """The files of all takes that are here, by digest."""
    return {digest: take_path(store, digest, f".{ending}") for digest, ending in _take_names(store)}


def derived_path(store: Store, digest: str, suffix: str) -> Path:
    """Where a derived file is, or would be."""
    return store.derived / digest[:2] / f"{digest}{suffix}"


def derived_file(store: Store, name: str) -> Path:
    """Where the derived file of this name is."""
    return store.derived / name[:2] / name


def list_takes(store: Store) -> frozenset[str]:
    """The digests of all takes whose files are here."""
    return frozenset(digest for digest, _ in _take_names(store))


def list_derived(store: Store) -> frozenset[str]:
    """The file names of all derived files that are here."""
    return frozenset(_names(store.derived))


def own_files(folder: Path) -> Iterator[Path]:
    """The files in the folders of a folder of the store, in order, without what a link leads to: these may go."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with atomic.faults_of(folder):
        for each in sorted(folder.iterdir()):
            inside = () if each.is_symlink() or not each.is_dir() else sorted(each.iterdir())
            yield from (path for path in inside if path.is_file() and not path.is_symlink())


def is_here(path: Path) -> bool:
    """Whether a file of the store exists; a link into a folder of the system, a device and a pipe are not one."""
    if not path.is_file():
        return False
    return not any(each.is_symlink() and _is_refused(each) for each in (path.parent, path))


def _is_refused(path: Path) -> bool:
    try:
        atomic.require_usable(path)
    except StoreFileRefused:
        return True
    return False


def is_whole(path: Path, digest: str) -> bool:
    """Whether a file exists and its bytes match its digest; reads all of it."""
    try:
        return is_here(path) and digests.of_file(path) == digest
    except OSError:
        return False


def _adopt(made: Path, place: Path, digest: str) -> Path:
    atomic.make_folder(place.parent)
    with atomic.faults_of(place):
        if is_whole(place, digest):
            made.unlink()
            return place
        atomic.flush(made)
        if os.name == "posix":  # Windows removes and replaces no read-only file, by none of its names
            with atomic.ignoring(atomic.NO_MODES):
                made.chmod(READ_ONLY)
        atomic.replace(made, place)
        atomic.sync_folder(place.parent)
    return place


def _take_names(store: Store) -> Iterator[tuple[str, str]]:
    """The names of the files of all takes, each as its digest and what follows the dot."""
    endings = {kind.suffix[1:] for kind in ResultKind}
    parts = (name.partition(".") for name in _names(store.takes))
    return ((digest, ending) for digest, _, ending in parts if ending in endings)


def _names(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return
    with atomic.faults_of(folder), os.scandir(folder) as folders:
        for each in folders:
            if not each.is_dir() or (each.is_symlink() and _is_refused(Path(each.path))):
                continue
            # a regular file is not looked at again: a store has thousands
            for entry in os.scandir(each.path):
                if entry.is_file(follow_symlinks=False) or is_here(Path(entry.path)):
                    yield entry.name
