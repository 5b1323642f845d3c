"""Failures that a person can act on.

The tree of exceptions; a leaf is defined beside the code that raises it:

    WanflowError
    ├── SpecError            fix the YAML (language/problem)
    ├── UnknownTarget        fix the selector on the command line
    ├── StoreFault           the store, the lock or the disk
    │   ├── StoreBusy        another run holds this production
    │   ├── LockUnreadable   wanflow.lock cannot be read
    │   └── StoreFileRefused a file of the store that may not be opened
    ├── MediaFault           a file or the ffmpeg that reads it
    │   ├── ToolMissing      no usable ffmpeg
    │   └── ToolFailed       ffmpeg said no
    ├── ClusterFault         the machines that local work is sent to
    └── ServiceFault         the video service (providers)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import IntEnum
from typing import ClassVar

from wanflow.messages import tr
from wanflow.records import immutable


class ExitCode(IntEnum):
    """How a command ended (cli.md, Exit codes)."""

    DONE = 0
    FAILED = 1
    WRONG = 2
    STOPPED = 3
    IN_FLIGHT = 4
    UNDECIDED = 5
    WOULD_RUN = 10
    BUG = 70
    INTERRUPTED = 130

    @classmethod
    def first(cls, codes: Collection[ExitCode]) -> ExitCode:
        """The one that is reported where several hold; DONE where none does."""
        order = (cls.INTERRUPTED, cls.UNDECIDED, cls.IN_FLIGHT, cls.STOPPED, cls.WRONG, cls.FAILED)
        return next((code for code in order if code in codes), cls.DONE)


class WanflowError(Exception):
    """A failure with one sentence for a person and, where known, a way out.

    `str()` is lower-case, names the thing, and has no full stop; `hint` is the way out or None.
    `exit_code` is the code of a command that it ends, `step_exit_code` that of a run in which only a step fails by it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    step_exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UnknownTarget(WanflowError):
    """A selector or a node name that this production does not have."""

    exit_code = ExitCode.WRONG


class StoreFault(WanflowError):
    """The store on disk could not be read or written; nothing that was stored is lost."""


class StoreBusy(StoreFault):
    """Another run holds this production."""

    exit_code = ExitCode.STOPPED


class StoreFileRefused(StoreFault):
    """A file of the store leads to one of the system, is a device or a pipe, or is too large; it was not read."""

    exit_code = ExitCode.WRONG


@immutable
class LockFault:
    """One line of a lock that cannot be read: its number, from 1, and what is wrong with it."""

    line: int
    words: str


class LockUnreadable(StoreFault):
    """The lock file is damaged, of a newer version, or no lock at all.

    `faults` are the lines that are wrong, as far as lines are known.
    """

    exit_code = ExitCode.WRONG

    def __init__(self, message: str, *, hint: str | None = None, faults: tuple[LockFault, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.faults = faults


class MediaFault(WanflowError):
    """A media file cannot be used for its purpose."""

    exit_code = ExitCode.WRONG


class ToolMissing(MediaFault):
    """No ffmpeg that wanflow can use was found, or an adapter of OpenTimelineIO is not installed."""


class ToolFailed(MediaFault):
    """ffmpeg ended with an error; the message carries its last lines."""


class ClusterFault(WanflowError):
    """A cluster cannot be used, or it lost what was to be done."""


SYSTEM_WORDS = (
    tr("no such file or directory"),
    tr("permission denied"),
    tr("operation not permitted"),
    tr("is a directory"),
    tr("not a directory"),
    tr("file exists"),
    tr("file name too long"),
    tr("no space left on device"),
    tr("read-only file system"),
    tr("input/output error"),
    tr("too many levels of symbolic links"),
    tr("too many open files"),
    tr("address already in use"),
    tr("cannot assign requested address"),
    tr("connection refused"),
)
"""What systems say most often, for the catalogs."""


def words_of_system(fault: OSError) -> str:
    """What the system says of a failure, as part of a sentence; in the reader's language where a catalog has it."""
    return tr((fault.strerror or str(fault)).lower())


def cause(fault: Exception) -> Exception:
    """The first failure in a task group of nothing but known failures; else the fault itself."""
    leaves = list(_leaves(fault))
    known = all(isinstance(leaf, WanflowError | OSError) for leaf in leaves)
    return leaves[0] if known else fault


def _leaves(fault: Exception) -> Iterator[Exception]:
    if not isinstance(fault, ExceptionGroup):
        yield fault
        return
    for inner in fault.exceptions:
        yield from _leaves(inner)
