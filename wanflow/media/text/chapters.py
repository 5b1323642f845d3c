"""Chapters and metadata of a cut, as the file that ffmpeg reads them from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from wanflow.media.cut_recipe import Chapter
from wanflow.media.encoder import timescale
from wanflow.media.ffmpeg import path_argument

TITLE_BYTES = 255
"""What an MP4 has room for in one of the two places where it keeps a chapter's title."""

NO_METADATA: Mapping[str, str] = {}

_SIGNS = re.compile(r"[=;#\\\n]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CUT_SHORT = re.compile(r"[\x00\r]")


def chapter_file(chapters: Sequence[Chapter], rate: Fraction, metadata: Mapping[str, str] = NO_METADATA) -> str:
    """The text of an FFMETADATA1 file: chapters counted in frames at `rate`, after the metadata of the whole film.

    A title is one line without control characters, of 255 bytes at most; an empty one becomes the chapter's number,
    since ffmpeg leaves out what has no title. Metadata are kept as they are.
    """
    values = [f"{_escaped(key)}={_escaped(_CUT_SHORT.sub('', value))}" for key, value in metadata.items()]
    parts = [_part(chapter, number, rate) for number, chapter in enumerate(chapters, 1)]
    return "\n".join([";FFMETADATA1", *values, *parts, ""])


def mux_options(index: int, rate: Fraction) -> dict[str, str | int]:
    """Options of ffmpeg's output that take chapters and metadata from the input at `index`, and nothing else from any.

    They go over those of `encoding.FILM`: with `map_metadata -1` chapters would lose their titles. The movie's clock
    counts the ticks of the film's, so that a chapter begins with its frame whatever ffmpeg it is.
    """
    return {"map_chapters": index, "map_metadata": index, "map_metadata:s": -1, "movie_timescale": timescale(rate)}


def input_arguments(path: Path) -> tuple[str, ...]:
    """What tells ffmpeg to read such a file as an input."""
    return ("-f", "ffmetadata", "-i", path_argument(path))


def _part(chapter: Chapter, number: int, rate: Fraction) -> str:
    return (
        f"[CHAPTER]\nTIMEBASE={rate.denominator}/{rate.numerator}\nSTART={chapter.begin}\nEND={chapter.end}\n"
        f"title={_escaped(_title(chapter.title) or str(number))}"
    )


def _title(text: str) -> str:
    words = _CONTROL.sub("", " ".join(text.split())).strip()
    return words.encode()[:TITLE_BYTES].decode(errors="ignore").strip()


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text)
