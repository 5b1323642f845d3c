"""What a command looks at while it runs: files, folders, links, missing files, and variables of the environment.

A stamp says the words of a command again while all of it is unchanged (`wanflow/stamp.py`). It is recorded where every
look passes: in the functions of the `os` module, and by the events of Python's audit hooks. The code that looks does
not say so itself, so what is added later is recorded as well. What cannot be recorded, such as a process or a network,
makes a command unaccounted, and it leaves no stamp.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, ItemsView, Iterator, ValuesView
from contextlib import contextmanager
from typing import Any

from wanflow.file_state import Numbers, content, described, is_racy, listed

CACHES = f"{os.sep}.wanflow{os.sep}cache"
"""End of the folder of caches, which change no word of a command."""
OF_PROCESS = "/proc/self"
"""Folder of the process itself: a lock names its holder by it."""
PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
LIBRARIES = (
    os.path.dirname(os.__file__) + os.sep,
    *(f"{each}{os.sep}" for each in sys.path if each.endswith("-packages")),
)
"""Folders of Python and of its libraries: a stamp names their versions."""

READERS = ("stat", "lstat", "readlink", "access")
"""Functions of `os` without an event of their own."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = {
    "os.chflags": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.mkfifo": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.setxattr": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
}
"""How many of its first arguments are paths that a call may change, by the name of its event."""
UNACCOUNTED = frozenset(
    f"{module}.{call}"
    for module, calls in {
        "builtins": ("input",),
        "os": ("exec", "fork", "forkpty", "posix_spawn", "spawn", "startfile", "system"),
        "pty": ("spawn",),
        "socket": ("bind", "connect", "getaddrinfo", "gethostbyaddr", "gethostbyname", "sendto"),
        "sqlite3": ("connect",),
        "subprocess": ("Popen",),
    }.items()
    for call in calls
)
"""Events of what no record accounts for."""
HEARD = frozenset({"open", "os.listdir", "os.scandir", *CHANGING, *UNACCOUNTED})


ITERATING = (ItemsView.__iter__.__code__, ValuesView.__iter__.__code__)
"""Code that goes through all items of a mapping."""


class Looks:
    """What one command looked at, each in the state of its first look, and what it printed.

    `unaccounted` says why it may leave no stamp; then nothing more is noted, since a run reads each file that it just
    wrote. `begun_ns` is the time from before its first look. `read` holds the content of files that were changed so
    shortly before that their stat does not show another change. `before` are the parts of the last stamp with the files
    that changed since, where nothing else did, and `parts` those for the next one.
    """

    def __init__(self, begun_ns: int | None = None, before: tuple[bytes, frozenset[bytes]] | None = None) -> None:
        self.begun_ns = time.time_ns() if begun_ns is None else begun_ns
        self.before, self.parts = before, b""
        self.unaccounted: str | None = None
        self.paths: dict[str, bytes | Numbers] = {}
        self.folders: dict[str, bytes] = {}
        self.read: dict[str, bytes | None] = {}
        self.environment = {os.fsencode(name): os.fsencode(value) for name, value in os.environ.items()}
        self.variables: set[bytes] = set()
        self.printed: list[tuple[int, bytes]] = []
        self.busy = threading.local()

    def look(self, path: object) -> None:
        """Note what is at a path."""
        if (name := _name(path)) is not None and name not in self.paths:
            self.paths[name] = described(name)

    def list(self, path: object) -> None:
        """Note the names in a folder; the links among them are looked at, since listing may follow them."""
        name = _name(os.curdir if path is None else path)
        if name is not None and name not in self.folders:
            self.look(name)
            names = self.folders[name] = listed(name)
            for each in names.split(b"\0"):
                if each.endswith(b"/l"):
                    self.look(os.path.join(name, os.fsdecode(each[:-2])))

    def open(self, path: object) -> None:
        """Note that a file is read, or that it is missing."""
        name = _name(path)
        if name is None or name in self.read:
            return
        self.look(name)
        found = self.paths[name]
        if not isinstance(found, bytes):
            self.read[name] = content(name) if is_racy(found, self.begun_ns) else None
        elif found.startswith(b"link "):
            self.open(os.path.realpath(name))
        elif found.startswith(b"kind ") and name != os.devnull:
            self.unaccounted = f"read {name}"  # a pipe, or a device

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event of an audit hook. What a call may change is looked at before it does so."""
        if event in UNACCOUNTED:
            self.unaccounted = event
        elif event in CHANGING:
            for path in arguments[: CHANGING[event]]:
                self.look(path)
        elif event == "open":
            path, mode, flags = arguments
            writes = (isinstance(mode, str) and set(mode) & set("wxa+")) or (isinstance(flags, int) and flags & WRITING)
            (self.look if writes else self.open)(path)
        else:
            self.list(arguments[0])


def _name(path: object) -> str | None:
    """An absolute path as text; None for an open file, and for what changes no word of a command."""
    if isinstance(path, int) or not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.path.join(os.getcwd(), os.fsdecode(path))
    if "\0" in name or CACHES in name or name.startswith(OF_PROCESS):
        return None
    return None if name.startswith(LIBRARIES) and not name.startswith(PACKAGE) else name


_record: Looks | None = None
_hooked = False


def unaccounted(what: str) -> None:
    """Say that a command does what no record accounts for, such as printing the time."""
    if _record is not None:
        _record.unaccounted = what


def printed(descriptor: int, data: bytes) -> None:
    """Note what a command printed, on 1 or 2."""
    if _record is not None:
        _record.printed.append((descriptor, data))


def is_recorded() -> bool:
    """Whether the looks of this command are recorded, and may become a stamp."""
    return _record is not None and _record.unaccounted is None


def parts_before() -> tuple[bytes, frozenset[bytes]] | None:
    """The parts of the last stamp of this command, and the files that changed since, where nothing else did."""
    return None if _record is None else _record.before


def keep_parts(parts: bytes) -> None:
    """Let the stamp of this command have these parts."""
    if _record is not None:
        _record.parts = parts


@contextmanager
def recorded(begun_ns: int | None = None, before: tuple[bytes, frozenset[bytes]] | None = None) -> Iterator[Looks]:
    """Record the looks of this process, in all its threads, until the block ends; `before` as in `Looks`."""
    global _record, _hooked  # noqa: PLW0603 - a hook of the interpreter stays, and serves one record at a time
    if not _hooked:
        sys.addaudithook(_hear)
        _hooked = True
    record = _record = Looks(begun_ns, before)
    variables: Any = os.environ
    encode, functions = variables.encodekey, {name: getattr(os, name) for name in READERS}

    def encoded(name: str) -> bytes:
        key: bytes = encode(name)
        # libraries go through all variables, and mean those whose names begin as their own
        if sys._getframe(2).f_code not in ITERATING:  # noqa: SLF001
            record.variables.add(key)
        return key

    replaced = {name: _noting(function) for name, function in functions.items()}
    abilities = (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks)
    try:
        for name, noting in replaced.items():
            setattr(os, name, noting)
            for able in abilities:
                if functions[name] in able:
                    able.add(noting)
        variables.encodekey = encoded  # every look at a variable passes through it
        yield record
    finally:
        _record, variables.encodekey = None, encode
        for name, function in functions.items():
            setattr(os, name, function)
            for able in abilities:
                able.discard(replaced[name])


def _noting(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `os` that notes what it looks at."""

    def look(path: Any, *arguments: Any, **options: Any) -> Any:
        record = _record
        if record is not None and record.unaccounted is None and not getattr(record.busy, "now", False):
            if options.get("dir_fd") is not None:
                record.unaccounted = "a path below an open folder"
            with _quietly(record):
                record.look(path)
        return function(path, *arguments, **options)

    return look


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    record = _record
    if record is None or record.unaccounted is not None or event not in HEARD or getattr(record.busy, "now", False):
        return
    if event not in UNACCOUNTED and "importlib" in sys._getframe(1).f_code.co_filename:  # noqa: SLF001
        return  # a module, or the version of a library: a stamp names them
    with _quietly(record):
        record.hear(event, arguments)


@contextmanager
def _quietly(record: Looks) -> Iterator[None]:
    """Let what the record itself looks at be no look of the command."""
    record.busy.now = True
    try:
        yield
    finally:
        record.busy.now = False
