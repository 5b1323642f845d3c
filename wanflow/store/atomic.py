"""Atomic writes: a crash leaves the old or the new, never half; files are replaced, or appended line by line."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import IO
from uuid import uuid4

from wanflow import boundary, decode
from wanflow.boundary import Boundary, Content
from wanflow.characters import escaped_json
from wanflow.errors import StoreFault, StoreFileRefused, words_of_system
from wanflow.messages import tr
from wanflow.records import immutable

Record = Mapping[str, object]

STORE_FOLDER = ".wanflow"
"""Name of the folder that holds a store; git ignores its content."""
MOST_BYTES = 1_000_000_000
"""Maximum size of a file of records or of a lock; 100,000 takes need less."""
IGNORED = b"*\n"
"""Content of the store's own `.gitignore`."""
NO_MODES = frozenset({errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of a file system that keeps no modes: CIFS, exFAT and drives under WSL raise EPERM."""
SCANNED_SECONDS = (0.05, 0.1, 0.2, 0.4)
"""Seconds between attempts to rename a file that another program on Windows has open."""
NO_FLUSH = frozenset({errno.EINVAL, errno.EBADF, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Errors of a system that cannot flush a folder: Samba and sshfs raise EINVAL, others EBADF."""
NO_FOLDER_FILES = frozenset({errno.EACCES, errno.EISDIR})
"""Errors of a system that does not open a folder as a file: Windows raises EACCES."""


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; raises StoreFault where the disk refuses.

    A folder in a store gets the store's `.gitignore` first, so that git never sees what is written there; one that
    leads into a folder of the system is refused.
    """
    store = _store_above(folder)
    if store is not None:
        require_usable(folder)
    with faults_of(folder):
        fresh = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for place in reversed(fresh):
            sync_folder(place.parent)
    if store is not None and not os.path.lexists(ignore := store / ".gitignore"):
        with faults_of(ignore), drafted(ignore) as draft:
            draft.write_bytes(IGNORED)
            flush(draft)
            replace(draft, ignore)


def require_usable(path: Path) -> None:
    """Raise StoreFileRefused for a file or folder whose links lead into a folder of the system, a device and a pipe.

    A production comes from others, and git carries links: to the keys in the environment of a process, or to a file
    without an end. A link to any other file is followed, such as that of a lock on a drive.
    """
    store = _store_above(path)
    folder = path.parent if store is None else store.parent
    name = path.relative_to(folder).as_posix()
    refusal = Boundary(folder).refusal(path.absolute(), Content.MEDIA)
    if refusal is not None:
        raise StoreFileRefused(
            tr("`{name}` {refusal}", name=name, refusal=refusal.words),
            hint=tr("remove that link, and look who made it"),
        )
    with suppress(OSError):  # using it says what is wrong
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise StoreFileRefused(tr("`{name}` is not a file", name=name), hint=tr("move it elsewhere"))


def _store_above(path: Path) -> Path | None:
    """The folder of the store that a path is in."""
    return next((place for place in (path, *path.parents) if place.name == STORE_FOLDER), None)


def bytes_of(path: Path) -> bytes:
    """The bytes of a file of the store, or of one beside it that wanflow wrote.

    Raises StoreFileRefused for one that may not be opened or is too large, OSError where the disk refuses.
    """
    require_usable(path)
    try:
        return boundary.bytes_of(path, MOST_BYTES)
    except OSError as error:
        if error.errno == 0:
            raise StoreFileRefused(
                tr("`{name}` {refusal}", name=path.name, refusal=error.strerror), hint=tr("move it elsewhere")
            ) from error
        raise


RACY_NANOSECONDS = 100_000_000
"""Age below which a file may have been written twice at what its file system takes for one time."""


@immutable
class ContentStamp:
    """What tells one state of a file from another without reading it; `certain` once its time is not that of now."""

    marks: tuple[int, ...]
    certain: bool

    @classmethod
    def of(cls, path: Path) -> ContentStamp | None:
        """The stamp of a file as it is now, None where it does not exist or cannot be looked at."""
        try:
            stat = path.stat()
        except OSError:
            return None
        marks = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        return cls(marks, time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > RACY_NANOSECONDS)

    def is_surely(self, now: ContentStamp | None) -> bool:
        """Whether a file with the stamp `now` has the content that it had with this one."""
        return now is not None and self.certain and self.marks == now.marks


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file's content at once and durably; raises StoreFault, and the old content stays then."""
    with replacing(path) as draft, draft.open("wb") as file:
        with ignoring(NO_MODES):
            draft.chmod(mode)
        file.write(data)


@contextmanager
def replacing(path: Path, finished: Path | None = None) -> Iterator[Path]:
    """A new name beside `path` to write to; the file gets the name `path`, flushed, when the block ends well.

    A `finished` file is moved there first. Whatever has the name before is replaced, never written into; if the block
    fails, it stays and the new file is removed. Raises StoreFault where the disk refuses.
    """
    make_folder(path.parent)
    with faults_of(path), drafted(path) as draft:
        if finished is not None:
            _move(finished, draft)
        yield draft
        flush(draft)
        replace(draft, path)
        sync_folder(path.parent)


def _move(finished: Path, draft: Path) -> None:
    import shutil

    try:
        finished.rename(draft)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(finished, draft)
        with ignoring(NO_MODES):
            shutil.copystat(finished, draft)
        finished.unlink()


def flush(path: Path) -> None:
    """Bring the bytes of a file to disk; Windows does it only for a program that may write to the file."""
    with path.open("rb" if os.name == "posix" else "r+b") as file:
        os.fsync(file.fileno())


def replace(made: Path, path: Path) -> None:
    """Give a file a name that another file may have, at once.

    Windows refuses that while a program has either file open. Scanners of viruses open each new file for a moment, so
    it is tried again.
    """
    for seconds in SCANNED_SECONDS if os.name != "posix" else ():
        try:
            made.replace(path)
        except PermissionError:
            Event().wait(seconds)
        else:
            return
    made.replace(path)


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other writer has; a file that still has it at the end is removed."""
    draft = path.with_name(f".{uuid4().hex}.part")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def append(path: Path, record: Record, *, mode: int = 0o644) -> None:
    """Add one record as a line of JSON and bring it to disk before returning; a torn last line is cut first."""
    make_folder(path.parent)
    require_usable(path)
    line = line_of(record)
    with faults_of(path):
        fresh = not path.exists()
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, mode), "r+b") as file:
            file.seek(_end_of_whole_lines(file))
            file.truncate()
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync_folder(path.parent)


def line_of(record: Record) -> bytes:
    """A record as its line in a file of records."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return escaped_json(line).encode() + b"\n"  # people read journals on terminals


def read_records(path: Path) -> Iterator[dict[str, object]]:
    """The records of a file, oldest first, none where it does not exist; a torn last line counts as never written.

    Raises StoreFault, with the line, where anything before the last line is damaged.
    """
    yield from records_in(path, bytes_if_any(path))


def records_in(path: Path, data: bytes, before: int = 0) -> Iterator[dict[str, object]]:
    """The records in the bytes of a file, or in a part of them that has a number of lines `before` it; as above."""
    for number, line in enumerate(data.split(b"\n")[:-1], start=before + 1):
        yield _record(path, number, line)


def bytes_if_any(path: Path) -> bytes:
    """The bytes of a file of records, empty where it does not exist; raises StoreFault where it cannot be read."""
    with faults_of(path):
        try:
            return bytes_of(path)
        except FileNotFoundError:
            return b""


def sync_folder(folder: Path) -> bool:
    """Flush a folder, so that a rename survives a power cut; whether its file system can.

    Raises OSError for every other error.
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
    """Whether the file system of a folder keeps the mode of a file; raises OSError for every other error."""
    with drafted(folder / "mode") as draft, draft.open("wb") as file:
        with ignoring(NO_MODES):
            draft.chmod(0o600)
        return os.fstat(file.fileno()).st_mode & 0o777 == 0o600


@contextmanager
def ignoring(refusals: frozenset[int]) -> Iterator[None]:
    """Go on after one of these errors, by which a file system says that it cannot do what was asked."""
    try:
        yield
    except OSError as error:
        if error.errno not in refusals:
            raise


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Turn an error of the disk into a StoreFault that names the file and the way out."""
    try:
        yield
    except OSError as error:
        words = words_of_system(error)
        if os.name != "posix" and isinstance(error, PermissionError):
            hint = tr("close the program that has the file open, and run again: nothing that was stored is lost")
        else:
            hint = tr("make room on the disk, or allow writing there, and run again: nothing that was stored is lost")
        raise StoreFault(tr("`{name}` cannot be used: {words}", name=path.name, words=words), hint=hint) from error


def _record(path: Path, number: int, line: bytes) -> dict[str, object]:
    try:
        record = decode.parse_json(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise StoreFault(
            tr("`{name}` is damaged at line {number}", name=path.name, number=number),
            hint=tr("`wanflow doctor --repair` repairs it and keeps a copy"),
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
