"""Font files: those of the machine, the faces that one has, and families by the names that people know."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

from wanflow.records import immutable
from wanflow.writing import FONT_FORMATS, HONG_KONG, JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL

TrueTypeFont = ImageFont.FreeTypeFont

SAMPLE, ANOTHER = 32, 53
"""Sizes at which a font is tried: one that loads at both has outlines, and so every size."""

FACES = {
    SIMPLIFIED: {"SC", "CN", "GB"},
    TRADITIONAL: {"TC", "TW"},
    HONG_KONG: {"HK", "HC"},
    JAPANESE: {"JP"},
    KOREAN: {"KR", "K"},
}
"""Last word in the name of a collection's face, by language."""

MOST_FACES = 64
"""Maximum faces of a collection that are looked at."""

PLAIN_STYLES = ("regular", "book", "normal", "roman", "medium", "")
"""Styles of a family's plain letters, the best one first."""


def is_font(path: Path) -> bool:
    """Whether a file is a font with outlines, whose letters have any size."""
    return any(True for _ in scalable((path,), None))


@immutable
class InstalledFace:
    """A face of a family: its file, its number in it, and its style, such as `Bold`."""

    path: Path
    index: int
    family: str
    style: str

    @property
    def rank(self) -> int:
        """The place of its style among those of plain letters."""
        style = self.style.casefold()
        return PLAIN_STYLES.index(style) if style in PLAIN_STYLES else len(PLAIN_STYLES)


def find_family(name: str, fonts: tuple[Path, ...] = ()) -> InstalledFace | None:
    """The face of a family, which may be named with its style; the production's fonts go before those of the machine.

    None where there is none. Files whose names have the family in it are opened first: to open all takes long.
    """
    wanted = _folded(name)
    near = [path for path in font_files() if wanted[:6] in _folded(path.stem)]
    for paths in (fonts, near, font_files()):
        faces = [face for path in paths for face in _faces_in(path)]
        found = [face for face in faces if wanted in {_folded(face.family), _folded(face.family + face.style)}]
        if found:
            return min(found, key=lambda face: (_folded(face.family) != wanted, face.rank, str(face.path), face.index))
    return None


def families(fonts: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """The families of the production and of the machine."""
    return tuple(sorted({face.family for path in (*fonts, *font_files()) for face in _faces_in(path)}))


def _folded(name: str) -> str:
    """A name without what people write differently in it: case, blanks and hyphens."""
    return "".join(character for character in unicodedata.normalize("NFKC", name).casefold() if character.isalnum())


@cache
def font_files() -> tuple[Path, ...]:
    """The font files in the folders of the system and of the user."""
    folders: list[Path] = []
    if sys.platform == "win32":
        folders += [Path(os.environ.get("WINDIR", "C:/Windows")) / "fonts"]
        folders += [Path(local) / "Microsoft/Windows/Fonts"] if (local := os.environ.get("LOCALAPPDATA")) else []
    elif sys.platform == "darwin":
        folders += [Path("/Library/Fonts"), Path("/System/Library/Fonts"), Path.home() / "Library/Fonts"]
    else:
        shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
        folders += [Path(folder) / "fonts" for folder in (home, *shared.split(":"))]
    found = (
        Path(top) / name
        for folder in folders
        for top, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in FONT_FORMATS
    )
    return tuple(sorted(found))


@lru_cache(maxsize=1 << 13)
def _faces_in(path: Path) -> tuple[InstalledFace, ...]:
    """The faces of a font file that have outlines; none of a file that is not a font."""
    faces: list[InstalledFace] = []
    with suppress(OSError, ValueError):  # raised behind the last face as well
        for index in range(MOST_FACES if path.suffix.lower() == ".ttc" else 1):
            face = opened(path, index)
            face.font_variant(size=ANOTHER)
            family, style = face.getname()
            faces.append(InstalledFace(path, index, family or path.stem, style or ""))
    return tuple(faces)


@cache
def installed(name: str, language: str | None) -> tuple[TrueTypeFont, ...]:
    """A font of the system by the name of its file; empty where no folder of fonts has that file."""
    with suppress(OSError):
        return tuple(scalable([Path(str(ImageFont.truetype(name, SAMPLE).path))], language))
    return ()


def scalable(paths: Iterable[Path], language: str | None) -> Iterator[TrueTypeFont]:
    """The fonts in these files; what is none, or has only some sizes, is left out."""
    for path in paths:
        try:
            face = _face_of(path, language)
            face.font_variant(size=ANOTHER)
        except (OSError, ValueError):
            continue
        yield face


def _face_of(path: Path, language: str | None) -> TrueTypeFont:
    """The face of a font file that is of a language by its name; the first one where none is."""
    first = opened(path, 0)
    if language is None or path.suffix.lower() not in {".ttc", ".otc"}:
        return first
    with suppress(OSError):  # raised behind the last face
        for index in range(MOST_FACES):
            face = opened(path, index)
            if (face.getname()[0] or "").split(" ")[-1] in FACES[language]:
                return face
    return first


def opened(path: Path, index: int) -> TrueTypeFont:
    """A face of a font file at the size SAMPLE, whose letters are not shaped; raises OSError where it has none."""
    return TrueTypeFont(str(path.absolute()), SAMPLE, index, layout_engine=ImageFont.Layout.BASIC)
