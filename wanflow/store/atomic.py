"""Writing so that a crash leaves the old or the new, never half: replaced whole, or appended line by line."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

from wanflow import decode
from wanflow.errors import MediaFault, StoreFault

Record = Mapping[str, object]

STORE_FOLDER = ".wanflow"
"""Name of the folder that holds a store; git ignores all that lies below it."""
IGNORED = b"*\n"
"""Content of the store's own `.gitignore`."""
NO_MODES = frozenset({errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors by which a file system says that it keeps no modes: CIFS, exFAT and drives under WSL say EPERM."""
NO_FLUSH = frozenset({errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors by which a system says that it cannot flush a folder: Samba and sshfs say EINVAL, others EBADF."""
NO_FOLDER_FILES = frozenset({errno.EACCES, errno.EISDIR})
"""Errors by which a system says that it opens no folder as a file: Windows says EACCES."""


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; raises StoreFault where the disk says no.

    A folder in a store gets the store's `.gitignore` first, so that git never sees what is written there.
    """
    with faults_of(folder):
        fresh = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for place in reversed(fresh):
            sync_folder(place.parent)
    store = next((place for place in (folder, *folder.parents) if place.name == STORE_FOLDER), None)
    if store is not None and not os.path.lexists(store / ".gitignore"):
        _replace(store / ".gitignore", IGNORED, 0o644)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file's content at once and durably; raises StoreFault, and the old content stands then."""
    make_folder(path.parent)
    _replace(path, data, mode)


def _replace(path: Path, data: bytes, mode: int) -> None:
    with faults_of(path), drafted(path) as draft:
        with draft.open("wb") as file:
            with passed_over(NO_MODES):
                os.fchmod(file.fileno(), mode)
            file.write(data)
            _sync(file)
        draft.replace(path)
        sync_folder(path.parent)


@contextmanager
def moved(made: Path, path: Path) -> Iterator[Path]:
    """Bring a finished file beside `path`, where the block may look at it; it gets that name when the block ends well.

    Whatever has the name before is replaced, never written into. Raises StoreFault where the disk says no.
    """
    make_folder(path.parent)
    with faults_of(path), drafted(path) as draft:
        try:
            made.rename(draft)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            shutil.copyfile(made, draft)
            with passed_over(NO_MODES):
                shutil.copystat(made, draft)
            made.unlink()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        yield draft
        draft.replace(path)
        sync_folder(path.parent)


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other writer has, to be moved into its place; gone afterwards either way."""
    draft = path.with_name(f".{uuid4().hex}.part")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def append(path: Path, record: Record, *, mode: int = 0o644) -> None:
    """Add one record as a line of JSON and bring it to disk before returning; a torn last line is cut first."""
    make_folder(path.parent)
    line = line_of(record)
    with faults_of(path):
        fresh = not path.exists()
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, mode), "r+b") as file:
            file.seek(_end_of_whole_lines(file))
            file.truncate()
            file.write(line)
            _sync(file)
        if fresh:
            sync_folder(path.parent)


def line_of(record: Record) -> bytes:
    """A record as its line in a file of records."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def read_records(path: Path) -> Iterator[dict[str, object]]:
    """The records of a file, oldest first; a torn last line counts as never written.

    Raises StoreFault, with the line, where anything before the last line is damaged.
    """
    if not path.exists():
        return
    with faults_of(path):
        data = path.read_bytes()
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        yield _record(path, number, line)


def sync_folder(folder: Path) -> bool:
    """Bring a folder's names to disk, so that a rename outlives a power cut; whether its file system can.

    Raises OSError for every other trouble.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        if error.errno not in NO_FOLDER_FILES:
            raise
        return False
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_FLUSH:
            raise
        return False
    finally:
        os.close(handle)
    return True


def has_modes(folder: Path) -> bool:
    """Whether the file system of a folder keeps the mode of a file; raises OSError for every other trouble."""
    with drafted(folder / "mode") as draft, draft.open("wb") as file:
        with passed_over(NO_MODES):
            os.fchmod(file.fileno(), 0o600)
        return os.fstat(file.fileno()).st_mode & 0o777 == 0o600


@contextmanager
def passed_over(refusals: frozenset[int]) -> Iterator[None]:
    """Go on where the file system refuses with one of these errors, because it cannot do what was asked."""
    try:
        yield
    except OSError as error:
        if error.errno not in refusals:
            raise


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Turn what the disk says into a StoreFault that names the file and the way out."""
    try:
        yield
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        hint = "make room on the disk, or allow writing there, and run again: nothing that was stored is lost"
        raise StoreFault(f"`{path.name}` can't be used: {words}", hint=hint) from error


def _record(path: Path, number: int, line: bytes) -> dict[str, object]:
    try:
        record = decode.parse_json(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise StoreFault(
            f"`{path.name}` is damaged at line {number}", hint="`wanflow doctor --repair` mends it, and keeps a copy"
        )
    return record


def _end_of_whole_lines(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def landing(target: Path) -> Iterator[Path]:
    """A new name beside `target` to write to, which becomes `target` when the block ends well and is gone otherwise.

    Flushed to the disk before it gets its name. Raises MediaFault or StoreFault where the disk says no.
    """
    make_folder(target.parent)
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        yield part
        _flush(part)
        part.replace(target)
        sync_folder(target.parent)
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
