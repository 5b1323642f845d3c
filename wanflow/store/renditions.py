"""Renditions: the posters, scrub strips, previews, proxies and waveforms of files, which pages show instead of them.

The name of a rendition holds the digest of its source, its kind and its version. So no record of it is needed, and two
processes that make the same one at the same time harm nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from wanflow.language.source import Kind
from wanflow.store import blobs
from wanflow.store.layout import Store

VERSION = 1
"""Version of how renditions are made: those of another version are made again."""


class Rendition(StrEnum):
    """What can be made of a file for a page.

    `POSTER` is one still, `STRIP` a row of `STRIP_FRAMES` stills from the whole film. `PREVIEW` is the silent beginning
    of a film and `PROXY` all of it with its sound, both small. `PEAKS` is a drawing of how loud the sound is, and
    `STILL` a picture that is small enough to send.
    """

    POSTER = "poster"
    STRIP = "strip"
    PREVIEW = "preview"
    PROXY = "proxy"
    PEAKS = "peaks"
    STILL = "still"

    @property
    def suffix(self) -> str:
        """The suffix of such files."""
        return {Rendition.PREVIEW: ".mp4", Rendition.PROXY: ".mp4", Rendition.PEAKS: ".svg"}.get(self, ".webp")

    @property
    def media_type(self) -> str:
        """The media type of such files."""
        return {".mp4": "video/mp4", ".svg": "image/svg+xml"}.get(self.suffix, "image/webp")


_NAMES = re.compile(r"(?P<digest>[0-9a-f]{64})\.[a-z]+\.(?P<version>[0-9]+)\.[a-z0-9]+|\.[0-9a-f]{32}\.part")
"""Names of renditions, finished and unfinished."""

STRIP_FRAMES = 20
"""Stills in a scrub strip, side by side and of one width."""

MADE_OF = {
    Kind.IMAGE: frozenset({Rendition.POSTER, Rendition.STILL}),
    Kind.VIDEO: frozenset(Rendition) - {Rendition.STILL},
    Kind.AUDIO: frozenset({Rendition.PEAKS}),
    **dict.fromkeys((Kind.SUBTITLES, Kind.DOCUMENT, Kind.PAGE, Kind.FONT), frozenset[Rendition]()),
}
"""The renditions of each kind of file; a film without sound has no waveform."""


class KeptRendition(NamedTuple):
    """A rendition in the store, and the digest of the file that it shows: empty where it is of no use any more."""

    path: Path
    digest: str


def place(store: Store, digest: str, rendition: Rendition) -> Path:
    """Where the rendition of a file is, or would be."""
    return store.renditions / digest[:2] / f"{digest}.{rendition}.{VERSION}{rendition.suffix}"


def inline_place(store: Store, digest: str, suffix: str) -> Path:
    """Where a picture that is written into the production is as a file, or would be."""
    return store.renditions / digest[:2] / f"{digest}.inline.{VERSION}.{suffix}"


def find(store: Store, digest: str, rendition: Rendition) -> Path | None:
    """The rendition of a file; None where it is not made yet."""
    found = place(store, digest, rendition)
    return found if blobs.is_here(found) else None


def kept(store: Store) -> Iterator[KeptRendition]:
    """All renditions that are here, also of another version and those that a killed process left unfinished.

    Nothing else is named that someone put beside them, and no link is followed: what is named may be removed.
    """
    for path in blobs.own_files(store.renditions):
        if (named := _NAMES.fullmatch(path.name)) is not None:
            yield KeptRendition(path, (named["digest"] or "") if named["version"] == str(VERSION) else "")
