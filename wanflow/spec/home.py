"""Where relative paths begin: the folder of the file that names them, seen from the production's own."""

from __future__ import annotations

import posixpath
import unicodedata
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """`root` is the production's folder, absolute; `folder` leads from there to the file's, empty where it is one."""

    root: Path
    folder: str = ""

    def path(self, text: str) -> str:
        """A path as it is named from `root`: as it is on disk, which is as written, in NFC or in NFD (format.md,
        Sources); as written where no such file is.
        """
        forms = dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))
        joined = [self._joined(form) for form in forms]
        return next((path for path in joined if is_there(self.root / path)), joined[0])

    def beside(self, file: str) -> Home:
        """The home of another file, whose path is named from `root`."""
        return Home(self.root, posixpath.dirname(file))

    def _joined(self, text: str) -> str:
        plain = Path(text).as_posix()
        if not self.folder or Path(plain).is_absolute():
            return plain
        return posixpath.normpath(posixpath.join(self.folder, plain))


def is_there(path: Path) -> bool:
    """Whether there is anything of that name, whatever the name is."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False  # too long or with a null byte: reported as missing, with its place
