"""Which command leaves a stamp: one that ended well, changed nothing, and whose looks can be repeated."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from wanflow.errors import ExitCode
from wanflow.file_state import Numbers, as_text, content, described, is_racy, listed
from wanflow.looked_at import Looks, recorded
from wanflow.stamp import (
    ALWAYS,
    MISSING,
    NO_ANSWER,
    NOT_LISTED,
    PACKAGE,
    STANDARD,
    UNTRUSTED,
    CommandStamp,
    StampAnswer,
    digest,
    folder_of_stamps,
    from_here,
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
LASTING = frozenset({b"missing %d" % errno.ENOENT, b"folder"})
"""What stays at a path while the folder above has the same names."""
WORTH_A_FOLDER = 2
"""Minimum number of paths for whose sake their folder is looked at instead."""
SALT_BYTES = 16
"""Bytes that keep a digest of values from being looked up in a table."""


def stamped(
    words: list[str],
    work: Callable[[], int],
    known: StampAnswer = NO_ANSWER,
    streams: tuple[int, int, int] = STANDARD,
    begun_ns: int | None = None,
) -> int:
    """Run a command, and leave its stamp where it may have one; gives its exit code.

    `known` is what the last stamp says: a plan may need no more than the files that changed since.
    """
    if not may_stamp(words):
        return work()
    asked = b""
    with suppress(OSError):  # a folder that was removed, a terminal without a size
        asked = identity(words, streams)
    before = (known.parts, known.changed) if known.changed else None
    with recorded(begun_ns, before) as record:
        code = work()
    if code == ExitCode.DONE and record.unaccounted is None and asked:
        with suppress(OSError, _Changed):
            save(stamp_of(asked, record))
            _remove_oldest()
    return code


class _Changed(Exception):
    """Something is not as the command found it."""


def stamp_of(asked: bytes, record: Looks) -> CommandStamp:
    """The stamp of a command that ended; raises _Changed where it may have none, and OSError."""
    beside = dict.fromkeys(_beside(record))
    stamp, takes = CommandStamp(asked), {name for name in beside if TAKES in name}
    of_takes = {described(name) for name in takes}
    inside, numbers = dict[str, list[tuple[str, bytes | Numbers]]](), list[int]()
    for name, first in {**beside, **record.paths}.items():
        found = described(name)
        if first is not None and found != first:
            raise _Changed
        if isinstance(found, bytes) or (found in of_takes and name not in takes and name not in record.read):
            inside.setdefault(os.path.dirname(name), []).append((name, found))
        else:
            numbers += _add_file(stamp, record, name, found)
    stamp.numbers = numbers
    _add_folders(stamp, record, inside)
    stamp.variables = sorted(record.variables.union(ALWAYS))
    stamp.seal = sealed(stamp.variables, record.environment, os.urandom(SALT_BYTES))
    stamp.printed, stamp.parts = record.printed, record.parts
    return stamp


def _add_file(stamp: CommandStamp, record: Looks, name: str, found: Numbers) -> Numbers:
    """Note a file, and its content where the command read it; gives the numbers to note."""
    racy = is_racy(found, record.begun_ns)
    if name in record.read:
        data = content(name)
        if described(name) != found or (racy and (data is None or data != record.read[name])):
            raise _Changed
        if data is not None:
            stamp.digests[len(stamp.files)] = digest(data)
    elif racy and name.startswith(PACKAGE):
        raise _Changed  # it was just edited, and this process may run what it was
    stamp.files.append(from_here(name))
    return UNTRUSTED if racy and name in record.read else found


def _add_folders(
    stamp: CommandStamp, record: Looks, inside: Mapping[str, Sequence[tuple[str, bytes | Numbers]]]
) -> None:
    """Note the folders that the command listed, and those of paths that need no note of their own."""
    added = (_add_folder(stamp, record, folder, inside.get(folder, [])) for folder in {**record.folders, **inside})
    folders = [each for each in added if each is not None]
    stamp.folder_numbers = [each for numbers, _ in folders for each in numbers]
    stamp.counts = [len(children) for _, children in folders]
    stamp.children = b"\0".join(path for _, children in folders for path, _ in children)
    stamp.child_states = b"\0".join(state for _, children in folders for _, state in children)


def _add_folder(
    stamp: CommandStamp,
    record: Looks,
    folder: str,
    inside: Sequence[tuple[str, bytes | Numbers]],
) -> tuple[Numbers, list[tuple[bytes, bytes]]] | None:
    """Note a folder with the names in it, where the command listed it, and what is at paths in it.

    Gives the numbers to note, and what is at paths in it with the state of each; None where none of it needs the
    folder.

    While its stat stays a name leads to the same file, and a missing one to nothing. The stat of a file is noted here
    where it is that of a take as well: it has two names. A link may change its end, so it has a note of its own.
    """
    numbers, names = trusted(numbers_at(folder, follow=True), record.begun_ns), record.folders.get(folder)
    if names is not None and listed(folder) != names:
        raise _Changed
    if numbers == MISSING:
        inside, names = [(folder, described(folder))], None  # what would be in it is missing while it is
    lasting, others = list[tuple[str, bytes | Numbers]](), list[tuple[str, bytes | Numbers]]()
    for name, found in inside:
        (lasting if found in LASTING or not isinstance(found, bytes) else others).append((name, found))
    if names is None and len(lasting) < WORTH_A_FOLDER:
        others, lasting = list(inside), []
    stamp.others += [from_here(name) for name, _ in others]
    stamp.states += [as_text(found) for _, found in others]
    if names is None and not lasting:
        return None
    stamp.folders.append(from_here(folder))
    stamp.listings.append(NOT_LISTED if names is None else digest(names))
    return numbers, [(from_here(name), as_text(found)) for name, found in lasting]


def _beside(record: Looks) -> Iterator[str]:
    """The files that count although the command did not look at each: the takes in folders that it listed, whose names
    a plan knows, and wanflow itself.

    The names of the libraries are noted as well: another version of one has another name.
    """
    for folder in sys.path:
        if folder.endswith("-packages"):
            record.list(folder)
    for folder, names in record.folders.items():
        if TAKES in f"{folder}{os.sep}":
            takes = (each for each in names.split(b"\0") if each.endswith(b"/f"))
            yield from (os.path.join(folder, os.fsdecode(each[:-2])) for each in takes)
    files = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    yield from (file for file in files if isinstance(file, str) and file.startswith(PACKAGE + os.sep))


def _remove_oldest() -> None:
    """Keep the number of stamps in bounds."""
    with os.scandir(folder_of_stamps()) as entries:
        found = sorted(entries, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
    for entry in found[:-MOST_STAMPS]:
        os.unlink(entry.path)
