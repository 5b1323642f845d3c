"""Which files a production may open.

Productions come from others: a pull request must not show the text of a file that only this machine has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

SYSTEM_FOLDERS = ("/proc", "/dev", "/sys")
"""Folders of the system: their files show keys in the environment, wait for a device, or lead to other processes."""

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - it is compared, nothing is written there
"""Folder of the system in which people keep productions all the same."""

MOST_LINKS = 40
"""Maximum links on the way to one file, as Linux has it."""


class Content(Enum):
    """What a file is read as: text can be quoted in a message; media are measured, shown or sent."""

    TEXT = "text"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file may not be opened, as the end of a sentence, and the way out.

    Neither tells whether the file exists.
    """

    words: str
    hint: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """The files that one production may open.

    Text is read below `folder`, the production's own, or below `root`, with all symbolic links followed. Media may be
    anywhere, unless the production is `untrusted`. Nothing is opened in the folders of the system, nor on a way through
    them, whatever `root` is; only a production in `/dev/shm` reads its own files there. A hard link to a file counts as
    the file.
    """

    folder: Path
    root: Path | None = None
    untrusted: bool = False
    _within: tuple[Path, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = (self.folder,) if self.root is None else (self.folder, self.root)
        object.__setattr__(self, "_within", tuple(_comparable(os.path.realpath(each)) for each in given))

    def refusal(self, path: Path | str, content: Content) -> Refusal | None:
        """Why a file may not be opened; None where it may. A relative path begins at `folder`.

        A path that no file system takes is not refused: opening it fails.
        """
        whole = self.folder.absolute() / path
        try:
            real = Path(os.path.realpath(whole))
            passed = (*_passed(whole), real)
        except ValueError:  # a null character, a lone surrogate
            return None
        system = next((found for each in passed if (found := _system_folder(each)) is not None), None)
        if system is not None and not self._is_shared_memory(real):
            return Refusal(f"is in `{system}`, a folder of the system", "copy it into the production's folder")
        if self._contains(real) or (content is Content.MEDIA and not self.untrusted):
            return None
        limits = "the production's folder" if self.root is None else "the production's folder and that of `--root`"
        led = Path(os.path.normpath(whole)).is_relative_to(self.folder.absolute())
        what = "text files" if content is Content.TEXT else "files"
        return Refusal(
            f"{'leads' if led else 'is'} outside {limits}",
            f"`--root DIR` allows {what} below DIR; or copy it into the production's folder",
        )

    def beside(self, file: Path) -> Boundary:
        """The boundary of a file that the command line names: below its own folder as well it may be read."""
        return replace(self, folder=file.absolute().parent)

    def _contains(self, real: Path) -> bool:
        return any(_comparable(real).is_relative_to(each) for each in self._within)

    def _is_shared_memory(self, real: Path) -> bool:
        """Whether a file is one of a production that is in shared memory itself."""
        return self._within[0].is_relative_to(SHARED_MEMORY) and _comparable(real).is_relative_to(self._within[0])


def _comparable(path: Path | str) -> Path:
    """A path in small letters where the system ignores case."""
    return Path(os.path.normcase(path))


def _passed(path: Path) -> Iterator[Path]:
    """Every name that is looked up on the way to a file, with the links on it.

    The end of a way through `/proc` may lie in the production's folder, and be in the files of another process.
    """
    here, links = Path(path.anchor), 0
    waiting = list(reversed(path.parts[1:]))
    while waiting:
        part = waiting.pop()
        if part == os.pardir:
            here = here.parent
            continue
        here /= part
        yield here
        try:
            target = Path(os.readlink(here))  # noqa: PTH115 - no error where Path raises one
        except OSError:
            continue
        links += 1
        if links > MOST_LINKS:
            return
        here = Path(target.anchor) if target.is_absolute() else here.parent
        waiting += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def _system_folder(path: Path) -> str | None:
    """The folder of the system that contains a path; the disk of a Mac ignores case."""
    if os.name != "posix":
        return None
    parts = [part.casefold() for part in path.parts]
    return next((each for each in SYSTEM_FOLDERS if parts[1:2] == [each[1:]]), None)
