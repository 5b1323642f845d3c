"""What is known of a media file without opening it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """What a media file is, by its content."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLES = "subtitles"


@dataclass(frozen=True, slots=True)
class Facts:
    """A media file's measured properties.

    `format` is by content (`png`, `jpeg`, `webp`, `bmp`, `mp4`, `mov`, `wav`, `mp3`, `srt`, `vtt`, `ass`, …).
    `frames` and `rate` are of the video, `samples` and `sample_rate` of the sound track, 0 and None where there is
    none; `seconds` is exact: frames / rate of a video, samples / sample_rate of a sound, the end of the last line of
    subtitles, 0 of a picture.
    """

    kind: Kind
    format: str
    digest: str
    size_bytes: int
    width: int = 0
    height: int = 0
    alpha: bool = False
    frames: int = 0
    rate: Fraction | None = None
    samples: int = 0
    sample_rate: int = 0
    seconds: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that does not exist or is not a media file; `why` is a message fragment, `hint` the way out."""

    why: str
    hint: str | None = None


FactsTable = Mapping[str, Facts | Unreadable]
"""Facts by path, as `FileSource.path` writes it: relative to the production's folder, with forward slashes; those of
inline data by `DataSource.key`."""
