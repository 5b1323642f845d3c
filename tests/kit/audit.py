"""What this process does to the machine while it is watched: files written, hosts reached, programs started.

Python tells an audit hook of each such call. A hook cannot be taken away again, so there is one for the process, which
does nothing outside of `watched`. What C libraries do by themselves it does not see.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

Address = tuple[str, int]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PATHS: dict[str, tuple[int, ...]] = {
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (0, 1),
    "os.mkdir": (0,),
    "os.mkfifo": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.setxattr": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "sqlite3.connect": (0,),
}
"""Positions of the paths that a call changes, by the name of its event."""

_FOLDERS: dict[str, tuple[int, ...]] = {
    "os.chmod": (2,),
    "os.link": (2, 3),
    "os.mkdir": (2,),
    "os.remove": (1,),
    "os.rename": (2, 3),
    "os.rmdir": (1,),
    "os.symlink": (2,),
    "os.utime": (3,),
}
"""Positions of the open folders from which those paths lead, by the name of the event."""

_STARTING = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "os.spawn"}
_REACHING = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind"}


@dataclass
class Watch:
    """What is allowed, and in `broken` what was done all the same.

    `writable` are folders and files, whose names may be patterns; `hosts` those that may be reached, with their ports; `programs` the names of those
    that may be started.
    """

    writable: Sequence[Path]
    hosts: Collection[Address] = ()
    programs: Collection[str] = ("ffmpeg",)
    broken: list[str] = field(default_factory=list)

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        """Judge one event."""
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITING
            if writes or (isinstance(mode, str) and set(mode) & set("wxa+")):
                self._write(event, path, None)
        elif event in _PATHS:
            folders = _FOLDERS.get(event, ())
            for number, at in enumerate(_PATHS[event]):
                within = (
                    arguments[folders[number]] if number < len(folders) and folders[number] < len(arguments) else None
                )
                self._write(event, arguments[at], within)
        elif event in _REACHING:
            self._reach(event, arguments)
        elif event in _STARTING:
            started = (
                os.fsdecode(arguments[0]) if arguments and isinstance(arguments[0], str | bytes) else str(arguments[:1])
            )
            if not any(Path(started).name.startswith(name) for name in self.programs):
                self.broken.append(f"{event} {started}")

    def _write(self, event: str, named: object, folder: object) -> None:
        if not isinstance(named, str | bytes | os.PathLike):
            return  # an open file, which was judged when it was opened
        path = Path(os.fsdecode(named))
        if isinstance(folder, int) and folder >= 0 and not path.is_absolute():
            path = Path(f"/proc/self/fd/{folder}").readlink() / path
        if str(path) == os.devnull or (event in {"open", "os.mkdir"} and path.is_dir()):
            return  # nothing is made: a folder that exists, or one that is opened for a file without a name
        real = Path(os.path.realpath(path.parent)) / path.name
        if "__pycache__" not in real.parts and not any(_within(real, each) for each in self.writable):
            self.broken.append(f"{event} {real}")

    def _reach(self, event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith("socket.get"):
            host, port = arguments[0], arguments[1] if len(arguments) > 1 else None
            allowed = any(host in {None, name} and port in {None, number, str(number)} for name, number in self.hosts)
        else:
            allowed = isinstance(arguments[1], tuple) and arguments[1][:2] in {tuple(each) for each in self.hosts}
        if not allowed:
            self.broken.append(f"{event} {arguments[1:] if event == 'socket.connect' else arguments}")


def _within(path: Path, place: Path) -> bool:
    return any(each.parent == place.parent and fnmatch(each.name, place.name) for each in (path, *path.parents))


class _Hook:
    """The one hook of the process, and the watch that it serves now."""

    watch: Watch | None = None
    installed = False
    judging = threading.local()

    @classmethod
    def hear(cls, event: str, arguments: tuple[object, ...]) -> None:
        """Judge an event, unless it is one of judging itself."""
        watch = cls.watch
        known = event == "open" or event in _PATHS or event in _REACHING or event in _STARTING
        if watch is None or not known or getattr(cls.judging, "now", False):
            return
        cls.judging.now = True
        try:
            watch.see(event, arguments)
        finally:
            cls.judging.now = False


@contextmanager
def watched(
    *writable: Path, hosts: Collection[Address] = (), programs: Collection[str] = ("ffmpeg",)
) -> Iterator[Watch]:
    """Watch all that this process does in the block; what is not allowed is in the watch's `broken` afterwards.

    The paths may not exist yet, but are not links. Nothing is refused, so that the program under test goes on as ever.
    """
    real = [Path(os.path.realpath(path.parent)) / path.name for path in writable]
    if not _Hook.installed:
        sys.addaudithook(_Hook.hear)
        _Hook.installed = True
    watch = _Hook.watch = Watch(real, hosts, programs)
    try:
        yield watch
    finally:
        _Hook.watch = None
