"""What is at a path, in a form that differs once it has changed; read without any library."""

from __future__ import annotations

import os
import stat
from _collections_abc import Callable  # loaded by os; collections.abc takes 1 ms
from _operator import attrgetter

MOST_BYTES = 32_000_000
"""Maximum size of a file whose content is compared."""

RACY_NS = 2_000_000_000
"""Nanoseconds between two changes of a file within which its stat may stay the same, as on FAT."""

SYMLINK_REFUSED = getattr(os, "O_NOFOLLOW", 0)
"""Flag with which a link is not opened; 0 on Windows, which has none."""
NEVER_WAITING = getattr(os, "O_NONBLOCK", 0)
"""Flag with which no pipe and no device is waited for; 0 on Windows, where none has a name in a folder."""
user_number = getattr(os, "geteuid", int)
"""Number of the user of this process; 0 on Windows, which has none."""

Numbers = tuple[int, int, int, int]
"""Size, time of content, time of change and inode of a file."""

# the functions themselves: while a command is recorded, those of the module note each call
_lstat, _stat, _readlink = os.lstat, os.stat, os.readlink


numbers_of: Callable[[os.stat_result], Numbers] = attrgetter("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
"""What of a file's stat differs once it has changed."""


def is_racy(numbers: Numbers, begun_ns: int) -> bool:
    """Whether what has this stat may have changed after `begun_ns`, and have the same stat."""
    return max(numbers[1], numbers[2]) > begun_ns - RACY_NS


def described(name: str | bytes) -> bytes | Numbers:
    """What is at a path: the numbers of a regular file, or words for all else; a link has its target's as well."""
    path = os.fsencode(name)
    try:
        found = _lstat(path)
    except OSError as fault:
        return b"missing %d" % (fault.errno or 0)
    if not stat.S_ISLNK(found.st_mode):
        return _kind(found)
    try:
        link = b"link %s " % _readlink(path)
        target = _kind(_stat(path))
    except OSError as fault:
        return link + b"missing %d" % (fault.errno or 0)
    return link + as_text(target)


def as_text(state: bytes | Numbers) -> bytes:
    """What is at a path, as a text in any case."""
    return state if isinstance(state, bytes) else b"%d %d %d %d" % state


def _kind(found: os.stat_result) -> bytes | Numbers:
    if stat.S_ISREG(found.st_mode):
        return numbers_of(found)
    return (
        b"folder"
        if stat.S_ISDIR(found.st_mode)
        else b"kind %o %d" % (stat.S_IFMT(found.st_mode), getattr(found, "st_rdev", 0))
    )


def listed(folder: str | bytes) -> bytes:
    """The names in a folder, each with its kind, as one text."""
    try:
        with os.scandir(os.fsencode(folder)) as entries:
            return b"\0".join(sorted(each.name + b"/" + _letter(each) for each in entries))
    except OSError as fault:
        return b"missing %d" % (fault.errno or 0)


def _letter(entry: os.DirEntry[bytes]) -> bytes:
    if entry.is_symlink():
        return b"l"
    return b"d" if entry.is_dir(follow_symlinks=False) else b"f" if entry.is_file(follow_symlinks=False) else b"o"


def content(path: str | bytes) -> bytes | None:
    """The bytes of a file; None for one that cannot be read, or is larger than MOST_BYTES."""
    try:
        handle = os.open(path, os.O_RDONLY | NEVER_WAITING | SYMLINK_REFUSED | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        left = os.fstat(handle).st_size
        parts: list[bytes] = []
        while 0 < left <= MOST_BYTES and (part := os.read(handle, left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts) if left == 0 else None
    except OSError:
        return None
    finally:
        os.close(handle)
