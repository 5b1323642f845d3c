"""Which font has which character: Pillow's own first, then the production's, then the system's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

Fonts = tuple[Path, ...]
"""Font files of a production. Each is read once, so a file must not change while the process lives."""

TrueTypeFont = ImageFont.FreeTypeFont

STAND_INS = ("□", "?")
NOWHERE = "\U0010ffff"
"""Code point that no font has: it is drawn as the font's own glyph for a missing one."""

SAMPLE, ANOTHER = 32, 53
"""Sizes at which a font is tried: one that loads at both has outlines, and so every size."""

LARGEST_EMS = 40
"""Maximum sides of a letter, as a multiple of its font's size: the widest sign of Unicode has about a quarter."""

FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Light.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
)
"""Fonts that are looked for in the system's folders, in this order, for characters that the others lack."""


@lru_cache(maxsize=1 << 14)
def font_for(character: str, size: int, fonts: Fonts = ()) -> tuple[TrueTypeFont, str]:
    """The first font that has a character, in letters of `size` pixels, and what to draw with it.

    A character that is in no font is drawn as a box.
    """
    face, drawn = _chosen(character, fonts)
    return _sized(face, size), drawn


def is_known(character: str, fonts: Fonts = ()) -> bool:
    """Whether a font on this machine, or one of `fonts`, has the character."""
    return any(_has(face, character) for face in _faces(fonts))


@lru_cache(maxsize=1 << 14)
def _chosen(character: str, fonts: Fonts) -> tuple[TrueTypeFont, str]:
    faces = _faces(fonts)
    for drawn in (character, *STAND_INS):
        for face in faces:
            if _has(face, drawn):
                return face, drawn
    return faces[0], " "


@lru_cache(maxsize=1 << 16)
def _has(face: TrueTypeFont, character: str) -> bool:
    if character.isspace():
        return True
    return _shape(face, character) not in {None, _nowhere(face)}


@cache
def _nowhere(face: TrueTypeFont) -> tuple[tuple[int, int], bytes] | None:
    return _shape(face, NOWHERE)


def _shape(face: TrueTypeFont, character: str) -> tuple[tuple[int, int], bytes] | None:
    """The pixels of a character, None where a damaged font has none to give, or more than a letter has."""
    try:
        left, top, right, bottom = face.getbbox(character)
        if max(right - left, bottom - top) > LARGEST_EMS * face.size:
            return None
        mask = face.getmask(character)
    except OSError:
        return None
    return mask.size, bytes(mask)


@lru_cache(maxsize=256)
def _sized(face: TrueTypeFont, size: int) -> TrueTypeFont:
    return face.font_variant(size=size)


@lru_cache(maxsize=16)
def _faces(fonts: Fonts) -> tuple[TrueTypeFont, ...]:
    """The fonts to draw with: Pillow's own first, since it is the same on every machine."""
    built_in = ImageFont.load_default(SAMPLE)
    own = [built_in] if isinstance(built_in, TrueTypeFont) else []
    return (*own, *_scalable(path for path in fonts if path.is_file()), *_installed())


@cache
def _installed() -> tuple[TrueTypeFont, ...]:
    """The system's fonts, looked for once: each search goes through all folders of fonts."""
    found = []
    for name in FONTS:
        with suppress(OSError):
            found.append(Path(str(ImageFont.truetype(name, SAMPLE).path)))
    return tuple(_scalable(found))


def _scalable(paths: Iterable[Path]) -> Iterator[TrueTypeFont]:
    """The fonts in these files; what is none, or has only some sizes, is left out."""
    for path in paths:
        try:
            # the basic layout, because the other one depends on what is installed
            face = TrueTypeFont(str(path.absolute()), SAMPLE, layout_engine=ImageFont.Layout.BASIC)
            face.font_variant(size=ANOTHER)
        except (OSError, ValueError):
            continue
        yield face
