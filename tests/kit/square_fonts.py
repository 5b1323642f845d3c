"""Fonts of our own: a font file with a black square for each character that a test asks for."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from wanflow.media.text import captions, font_files, fonts, layout

EM = 1000
SQUARE = ((100, -100), (900, -100), (900, 700), (100, 700))


def square_font(path: Path, characters: Iterable[str]) -> Path:
    """Write a TrueType font that has these characters, each as a filled square, and no others."""
    path.write_bytes(_packed(_tables(characters, "Square")))
    return path


def square_collection(path: Path, faces: Mapping[str, str]) -> Path:
    """Write a collection of such fonts, by name the characters that each has."""
    begin, fonts = 12 + 4 * len(faces), list[bytes]()
    begins = []
    for name, characters in faces.items():
        begins.append(begin + sum(map(len, fonts)))
        fonts.append(_packed(_tables(characters, name), begins[-1]))
    head = struct.pack(f">4sII{len(faces)}I", b"ttcf", 0x10000, len(faces), *begins)
    path.write_bytes(head + b"".join(fonts))
    return path


def _tables(characters: Iterable[str], name: str) -> dict[bytes, bytes]:
    points = sorted(ord(character) for character in set(characters))
    square, family = _glyph(), name.encode("utf-16-be")
    return {
        b"cmap": _cmap(points),
        b"glyf": square,
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, -100, EM, 900, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 880, -120, 0, EM, *[0] * 11, 1),
        b"hmtx": struct.pack(">Hh", EM, 0) + bytes(2),
        b"loca": struct.pack(">III", 0, 0, len(square)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": struct.pack(">HHHHHHHHH", 0, 1, 18, 3, 1, 0x409, 1, len(family), 0) + family,
    }


@contextmanager
def bare_machine() -> Iterator[None]:
    """A machine without fonts except Pillow's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fonts, "ALL_LANGUAGES", ())
        patch.setattr(fonts, "WIDE_FONTS", dict.fromkeys(fonts.WIDE_FONTS, ()))
        patch.setattr(fonts, "OTHER_FONTS", ())
        none: Callable[[], tuple[Path, ...]] = cache(lambda: ())
        for module in (fonts, font_files):
            patch.setattr(module, "font_files", none)
        forget()
        try:
            yield
        finally:
            forget()


def forget() -> None:
    """Let fonts be looked for again."""
    caches = (
        fonts._face_for,
        fonts._own,
        fonts._first,
        font_files._faces_in,
        font_files.font_files,
        font_files.installed,
        layout.length_of,
        captions.set_caption,
        captions.letters_of,
    )
    for known in caches:
        known.cache_clear()


def _glyph() -> bytes:
    across, down = zip(*SQUARE, strict=True)
    box = struct.pack(">hhhhhHH", 1, min(across), min(down), max(across), max(down), len(SQUARE) - 1, 0)
    steps = [side[0:1] + tuple(b - a for a, b in pairwise(side)) for side in (across, down)]
    return box + bytes([1] * len(SQUARE)) + b"".join(struct.pack(">4h", *side) for side in steps)


def _cmap(points: list[int]) -> bytes:
    groups = b"".join(struct.pack(">III", point, point, 1) for point in points)
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(points)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _packed(tables: Mapping[bytes, bytes], at: int = 0) -> bytes:
    """The file of a font, or its part of a collection that begins at byte `at`."""
    directory, data = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, len(tables) * 16 - 64), b""
    begin = at + 12 + 16 * len(tables)
    for name, table in sorted(tables.items()):
        directory += struct.pack(">4sIII", name, 0, begin + len(data), len(table))
        data += table + bytes(-len(table) % 4)
    return directory + data
