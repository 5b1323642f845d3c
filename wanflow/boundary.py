"""Which files a production may open.

Productions come from others: a pull request must not show the text of a file that only this machine has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field, replace
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from wanflow.file_state import NEVER_WAITING, SYMLINK_REFUSED
from wanflow.messages import tr
from wanflow.records import immutable

SYSTEM_FOLDERS = ("/proc", "/dev", "/sys")
"""Folders of the system: their files show keys in the environment, wait for a device, or lead to other processes."""

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - it is compared, nothing is written there
"""Folder of the system in which people keep productions all the same."""

PART_BYTES = 1 << 20
MOST_LINKS = 40
"""Maximum links on the way to one file, as Linux has it."""


class Content(Enum):
    """What a file is read as: text can be quoted in a message; media are measured, shown or sent."""

    TEXT = "text"
    MEDIA = "media"


@immutable
class Refusal:
    """Why a file may not be opened, as the end of a sentence, and the way out.

    Neither tells whether the file exists.
    """

    words: str
    hint: str


class Way(NamedTuple):
    """Where a path leads, with all links followed, and the folder of the system that it passes; None for none."""

    real: str
    system: str | None


@immutable
class Boundary:
    """The files that one production may open.

    Text is read below `folder`, the production's own, or below `root`, with all symbolic links followed. Media may be
    anywhere, unless the production is `untrusted`. Nothing is opened in the folders of the system, nor on a way through
    them, whatever `root` is; only a production in `/dev/shm` reads its own files there. A hard link to a file counts as
    the file. Where the folders of files lead is found out once; whether a file is a link, each time.
    """

    folder: Path
    root: Path | None = None
    untrusted: bool = False
    _within: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _folders: dict[str, Way] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        given = (self.folder,) if self.root is None else (self.folder, self.root)
        object.__setattr__(self, "_within", tuple(os.path.normcase(os.path.realpath(each)) for each in given))

    def refusal(self, path: Path | str, content: Content) -> Refusal | None:
        """Why a file may not be opened; None where it may. A relative path begins at `folder`.

        A path that no file system takes is not refused: opening it fails.
        """
        whole = os.path.join(os.path.abspath(self.folder), path)  # noqa: PTH118, PTH100  # asked of thousands of files
        try:
            real, system = self._way(whole)
        except ValueError:  # a null character, a lone surrogate
            return None
        if system is not None and not self._is_shared_memory(real):
            return Refusal(
                tr("is in `{system}`, a folder of the system", system=system),
                tr("copy it into the production's folder"),
            )
        if self._contains(real) or (content is Content.MEDIA and not self.untrusted):
            return None
        limits = (
            tr("the production's folder") if self.root is None else tr("the production's folder and that of `--root`")
        )
        led = _is_below(os.path.normpath(whole), os.path.abspath(self.folder))  # noqa: PTH100
        what = tr("text files") if content is Content.TEXT else tr("files")
        return Refusal(
            tr("leads outside {limits}", limits=limits) if led else tr("is outside {limits}", limits=limits),
            tr("`--root DIR` allows {what} below DIR; or copy it into the production's folder", what=what),
        )

    def refusal_of_named(self, file: Path) -> Refusal | None:
        """Why a file that the command line names may not be opened; None where it may.

        It may be anywhere, and a link to anywhere but the folders of the system. With an untrusted production a link
        has to lead into the folder of its name, or where the production may read: it may come with the production.
        """
        whole = file.absolute()
        here = replace(self, folder=whole.parent)
        return self.refusal(whole, Content.MEDIA) and here.refusal(whole, Content.MEDIA)

    def _way(self, path: str) -> Way:
        """Where a path leads; the folders above its last name are looked at once."""
        wanted, above = list[str](), os.path.dirname(path)  # noqa: PTH120
        while above not in self._folders:
            wanted.append(above)
            if above == os.path.dirname(above):  # noqa: PTH120
                self._folders[above] = Way(above, None)
            above = os.path.dirname(above)  # noqa: PTH120
        for each in reversed(wanted):
            self._folders[each] = self._below(self._folders[os.path.dirname(each)], each)  # noqa: PTH120
        return self._below(self._folders[os.path.dirname(path)], path)  # noqa: PTH120

    def _below(self, folder: Way, path: str) -> Way:
        """Where the last name of a path leads, below the folder that contains it."""
        name = os.path.basename(path)  # noqa: PTH119
        if name in {"", os.curdir}:
            return folder
        here = os.path.dirname(folder.real) if name == os.pardir else os.path.join(folder.real, name)  # noqa: PTH118, PTH120
        # not `path`: after a name that does not exist, `..` leads nowhere for the system, and back for `realpath`
        found = _followed(here) if os.path.islink(here) else Way(here, _system_folder(here))  # noqa: PTH114
        return Way(found.real, folder.system or found.system)

    def _contains(self, real: str) -> bool:
        return any(_is_below(os.path.normcase(real), each) for each in self._within)

    def _is_shared_memory(self, real: str) -> bool:
        """Whether a file is one of a production that is in shared memory itself."""
        return _is_below(self._within[0], SHARED_MEMORY) and _is_below(real, self._within[0])


def bytes_of(file: Path, most: int) -> bytes:
    """The bytes of a file that may be opened.

    Raises OSError for what is not a regular file, since reading a pipe or a device might never end, and for one that
    has more than `most` bytes; their number is 0, and their words end a sentence.
    """
    if file.exists() and not file.is_file():
        raise OSError(0, tr("is not a file"))
    with open(os.path.realpath(file), "rb", opener=_open_checked) as opened:  # `Path.open` has no opener
        parts, size = list[bytes](), os.fstat(opened.fileno()).st_size
        size = size if size > most else 0  # it may grow, and files of a system say 0
        # by parts: one call for `most` bytes takes their memory, however small the file is
        while size <= most and (part := opened.read(PART_BYTES)):
            parts.append(part)
            size += len(part)
    if size > most:
        raise OSError(0, tr("has more than {most} MB", most=most // 1_000_000))
    return b"".join(parts)


def path_from(folder: Path | str, path: Path | str) -> str:
    """The path of a file from a folder, with `/`; its whole path where Windows has the two on different drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return Path(path).absolute().as_posix()


def _open_checked(path: str, flags: int) -> int:
    """Some files of a system look like regular ones, and reading them would block.

    The links of the path were followed before, so a link at its end came after the check.
    """
    return os.open(path, flags | NEVER_WAITING | SYMLINK_REFUSED)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _followed(path: str) -> Way:
    """Where a path leads. Each link on it is looked at.

    The end of a way through `/proc` may look like a file of the production, and be in the files of another process.
    """
    real = os.path.realpath(path)
    passed = (_system_folder(each) for each in (*_passed(Path(path)), real))
    return Way(real, next((each for each in passed if each is not None), None))


def _passed(path: Path) -> Iterator[str]:
    """Every name that is looked up on the way to a file, with the links on it."""
    here, links = Path(path.anchor), 0
    waiting = list(reversed(path.parts[1:]))
    while waiting:
        part = waiting.pop()
        if part == os.pardir:
            here = here.parent
            continue
        here /= part
        yield str(here)
        try:
            target = Path(os.readlink(here))  # noqa: PTH115 - no error where Path raises one
        except OSError:
            continue
        links += 1
        if links > MOST_LINKS:
            return
        here = Path(target.anchor) if target.is_absolute() else here.parent
        waiting += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def _system_folder(path: str) -> str | None:
    """The folder of the system that contains a path; the disk of a Mac ignores case."""
    if os.name != "posix":
        return None
    top = path.split(os.sep, 2)[1].casefold()
    return f"/{top}" if f"/{top}" in SYSTEM_FOLDERS else None
