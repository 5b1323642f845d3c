"""What can go wrong in a way that a person can act on.

Our exception tree; a leaf lives beside the code that raises it:

    WanflowError
    ├── SpecError            fix the YAML (spec/problem)
    ├── UnknownTarget        fix the selector on the command line
    ├── StoreFault           the store, the lock or the disk
    │   ├── StoreBusy        another run holds this production
    │   └── LockUnreadable   wanflow.lock can't be trusted
    ├── MediaFault           a file or the ffmpeg that reads it
    │   ├── ToolMissing      no usable ffmpeg
    │   └── ToolFailed       ffmpeg said no
    └── ServiceFault         the video service (service/fault)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class WanflowError(Exception):
    """A failure with one sentence for a person and, where known, a way out.

    `str()` is lower-case, names the thing, and has no full stop; `hint` is the way out or None.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UnknownTarget(WanflowError):
    """A selector or a node name that this production does not have."""


class StoreFault(WanflowError):
    """The store on disk could not be read or written; nothing that was stored is lost."""


class StoreBusy(StoreFault):
    """Another run holds this production."""


class LockUnreadable(StoreFault):
    """The lock file has conflict markers, duplicate keys, a newer version, or is no lock at all."""


class MediaFault(WanflowError):
    """A media file is not what it has to be."""


class ToolMissing(MediaFault):
    """No ffmpeg that wanflow can use was found."""


class ToolFailed(MediaFault):
    """ffmpeg ended with an error; the message carries its last lines."""


def did_you_mean(word: str, names: Iterable[str]) -> str | None:
    """The hint at the known name that somebody may have meant, None where none is near."""
    known = {name.lower(): name for name in sorted(names)}
    near = difflib.get_close_matches(word.lower(), known, n=1)
    return f"did you mean `{known[near[0]]}`?" if near else None
