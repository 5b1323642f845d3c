"""Which command leaves a stamp: one that ended well, changed nothing, and whose looks can be repeated."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

from wanflow.errors import ExitCode
from wanflow.file_state import Numbers, as_text, content, described, is_racy, listed
from wanflow.looked_at import Record, recorded
from wanflow.stamp import (
    ALWAYS,
    NOT_LISTED,
    PACKAGE,
    STANDARD,
    UNTRUSTED,
    Stamp,
    digest,
    folder_of_stamps,
    identity,
    may_stamp,
    numbers_at,
    save,
    sealed,
    trusted,
)
from wanflow.store.atomic import STORE_FOLDER

TAKES = f"{os.sep}{STORE_FOLDER}{os.sep}takes{os.sep}"
MOST_STAMPS = 100
"""Maximum number of stamps of a user; the oldest go."""
GONE = b"missing %d" % errno.ENOENT
SALT_BYTES = 16
"""Bytes that keep a digest of values from being looked up in a table."""


def stamped(
    words: list[str], work: Callable[[], int], streams: tuple[int, int, int] = STANDARD, begun_ns: int | None = None
) -> int:
    """Run a command, and leave its stamp where it may have one; gives its exit code."""
    if not may_stamp(words):
        return work()
    asked = b""
    with suppress(OSError):  # a folder that was removed, a terminal without a size
        asked = identity(words, streams)
    with recorded(begun_ns) as record:
        code = work()
    if code == ExitCode.DONE and record.unaccounted is None and asked:
        with suppress(OSError, ValueError):
            stamp = stamp_of(asked, record)
            if stamp is not None:
                save(stamp)
                _remove_oldest()
    return code


def stamp_of(asked: bytes, record: Record) -> Stamp | None:
    """The stamp of a command that ended; None where something is not as the command found it.

    Raises OSError, ValueError where this system has no stamps.
    """
    for folder in sys.path:
        if folder.endswith("-packages"):  # the libraries: another version has another name
            record.list(folder)
    takes_at = set(_takes(record))
    takes = {described(name) for name in takes_at}
    looked = {**dict.fromkeys(takes_at), **dict.fromkeys(_modules()), **record.paths}
    inside = dict[str, list[tuple[bytes, bytes | Numbers]]]()
    stamp, here = Stamp(asked), os.fsencode(os.path.join(os.getcwd(), ""))
    for name, first in looked.items():
        found = described(name)
        if first is not None and found != first:
            return None
        path = os.fsencode(name).removeprefix(here) or b"."
        if isinstance(found, bytes) or (name not in record.read and found in takes and name not in takes_at):
            inside.setdefault(os.path.dirname(name), []).append((path, found))
            continue
        racy = is_racy(found, record.begun_ns)
        if name in record.read:
            data = content(name)
            if described(name) != found or (racy and (data is None or data != record.read[name])):
                return None
            if data is not None:
                stamp.digests[len(stamp.files)] = digest(data)
        elif racy and name.startswith(PACKAGE):
            return None
        stamp.files.append(path)
        stamp.numbers += UNTRUSTED if racy and name in record.read else found
    for name in {**record.folders, **inside}:
        numbers = trusted(numbers_at(name, follow=True), record.begun_ns)
        names, children = record.folders.get(name), []
        if names is not None and listed(name) != names:
            return None
        for path, found in inside.get(name, ()):
            # the name leads to the same file while its folder stays as it is, and a file to nothing else
            if found == GONE or found == b"folder" or not isinstance(found, bytes):
                children.append((path, as_text(found)))
            else:
                stamp.others.append(path)
                stamp.states.append(found)
        if names is None and len(children) < 2:
            stamp.others += [path for path, _ in children]
            stamp.states += [state for _, state in children]
            continue
        stamp.folders.append(os.fsencode(name).removeprefix(here) or b".")
        stamp.folder_numbers += numbers
        stamp.listings.append(NOT_LISTED if names is None else digest(names))
        stamp.counts.append(len(children))
        stamp.children += [path for path, _ in children]
        stamp.child_states += [state for _, state in children]
    stamp.variables = sorted(record.variables.union(ALWAYS))
    stamp.seal = sealed(stamp.variables, record.environment, os.urandom(SALT_BYTES))
    stamp.printed = record.printed
    return stamp


def _takes(record: Record) -> Iterator[str]:
    """The takes in the folders that the command listed: a plan knows them by their names."""
    for folder, names in record.folders.items():
        if TAKES in f"{folder}{os.sep}":
            for each in names.split(b"\0"):
                if each.endswith(b"/f"):
                    yield os.path.join(folder, os.fsdecode(each[:-2]))


def _modules() -> Iterator[str]:
    """The files of wanflow itself that this process runs."""
    for module in tuple(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(PACKAGE + os.sep):
            yield file


def _remove_oldest() -> None:
    """Keep the number of stamps in bounds."""
    with os.scandir(folder_of_stamps()) as entries:
        found = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
    for entry in found[:-MOST_STAMPS]:
        os.unlink(entry.path)
