"""Which file has a digest, and may be shown: takes, extracts, assets and written cuts of one production.

Pages ask for media by digest alone, so that no path comes from outside. A digest of anything else has no file here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from wanflow import digest as digests
from wanflow.boundary import Content
from wanflow.language.media_checks import inline_sources
from wanflow.language.output_paths import entry_of
from wanflow.language.production import Production
from wanflow.language.source import Facts, FactsTable, Kind
from wanflow.records import immutable
from wanflow.store import atomic, blobs, cut_records, renditions
from wanflow.store.cut_records import CutRecord
from wanflow.store.layout import Store
from wanflow.store.renditions import MADE_OF, Rendition

SHOWN = frozenset({Kind.VIDEO, Kind.IMAGE, Kind.AUDIO})
"""Kinds of assets that a page shows; it shows the words of subtitles itself."""

KINDS: Mapping[str, Kind] = {".mp4": Kind.VIDEO, ".png": Kind.IMAGE, ".wav": Kind.AUDIO}
"""Kinds of takes and extracts by their suffix; the store has no others that a page shows."""

MEDIA_TYPES: Mapping[tuple[Kind, str], str] = {
    (Kind.VIDEO, "mov"): "video/quicktime",
    (Kind.VIDEO, "matroska"): "video/x-matroska",
    (Kind.VIDEO, "avi"): "video/x-msvideo",
    (Kind.VIDEO, "mpegts"): "video/mp2t",
    (Kind.AUDIO, "mp3"): "audio/mpeg",
    (Kind.AUDIO, "m4a"): "audio/mp4",
    (Kind.AUDIO, "matroska"): "audio/x-matroska",
}
"""Media types that are not called as the kind and the format are."""


@immutable
class MediaFile:
    """A file that may be shown: its digest, where it is, what it is by its content, and its media type.

    `silent` says that it has no sound for certain.
    """

    digest: str
    path: Path
    kind: Kind
    media_type: str
    silent: bool = False

    @property
    def renditions(self) -> frozenset[Rendition]:
        """What can be made of it for a page."""
        return MADE_OF[self.kind] - {Rendition.PEAKS} if self.silent else MADE_OF[self.kind]


class MediaFiles:
    """The files of a production that may be shown, as its file, its store and the disk are now.

    `facts` are those of its assets. Each question looks at the disk again: a file may have changed, or become a link.
    """

    def __init__(self, production: Production, facts: FactsTable, store: Store) -> None:
        self._production, self._store = production, store
        measured = {key.partition("\0")[0]: known for key, known in facts.items() if isinstance(known, Facts)}
        inline = {source.key: source for source in inline_sources(production)}
        shown = {path: known for path, known in measured.items() if known.kind in SHOWN}
        self._assets = {known.digest: (path, known) for path, known in shown.items() if path not in inline}
        self._inline = {known.digest: (inline[key], known) for key, known in shown.items() if key in inline}

    def find(self, digest: str) -> MediaFile | None:
        """The file with this digest; None where the production has none, or may not show it.

        `digest` may be any text. Raises StoreFault where the disk refuses.
        """
        try:
            digests.from_json(digest)
        except ValueError:
            return None
        return self._in_store(digest) or self._written(digest) or self._asset(digest) or self._cut(digest)

    def digests(self) -> frozenset[str]:
        """The digests of the assets, inline pictures too, and of the cuts as they were last written."""
        return frozenset((*self._assets, *self._inline, *(film.digest for film in self.cuts().values())))

    def cuts(self) -> dict[str, MediaFile]:
        """The films of cuts as they were last written by this backend, by the names of the cuts.

        One that was not written, or whose file changed since, is left out.
        """
        return dict(self._films(self._written_cuts()))

    def _written_cuts(self) -> dict[str, CutRecord]:
        outputs = {name: cut.output for name, cut in self._production.cuts.items()}
        return cut_records.current(self._store, outputs)

    def _films(self, written: Mapping[str, CutRecord]) -> Iterator[tuple[str, MediaFile]]:
        """The films of cuts with these records that may be shown, by name."""
        for name, record in written.items():
            entry = entry_of(self._production.folder, record.output)
            refused = self._production.boundary.refusal(entry, Content.MEDIA) is not None
            if not refused and not entry.is_symlink() and entry.is_file():
                known = record.digest or _digest_of(entry, record.mtime_ns)
                yield name, MediaFile(known, entry, Kind.VIDEO, "video/mp4")

    def _in_store(self, digest: str) -> MediaFile | None:
        """A take or an extract."""
        extracts = (blobs.derived_path(self._store, digest, suffix) for suffix in KINDS)
        found = blobs.find_take(self._store, digest) or next(filter(blobs.is_here, extracts), None)
        if found is None:
            return None
        kind = KINDS[found.suffix]
        return MediaFile(digest, found, kind, f"{kind}/{found.suffix[1:]}")

    def _written(self, digest: str) -> MediaFile | None:
        """A picture that is written into the production, as a file in the store."""
        source, facts = self._inline.get(digest, (None, None))
        if source is None or facts is None:
            return None
        file = renditions.inline_place(self._store, digest, facts.format)
        if not blobs.is_here(file):
            atomic.write_whole(file, source.data)
        return MediaFile(digest, file, facts.kind, f"{facts.kind}/{facts.format}", silent=True)

    def _asset(self, digest: str) -> MediaFile | None:
        """A picture, a film or a sound that the production names and may open, with the size that was measured."""
        path, facts = self._assets.get(digest, (None, None))
        if path is None or facts is None:
            return None
        file = self._production.folder / path
        refused = self._production.boundary.refusal(path, Content.MEDIA) is not None
        try:
            same = file.is_file() and file.stat().st_size == facts.size_bytes
        except OSError:
            same = False
        if refused or not same:
            return None
        media_type = MEDIA_TYPES.get((facts.kind, facts.format), f"{facts.kind}/{facts.format}")
        return MediaFile(digest, file, facts.kind, media_type, silent=not facts.samples)

    def _cut(self, digest: str) -> MediaFile | None:
        written = self._written_cuts().items()
        possible = {name: record for name, record in written if record.digest in {digest, None}}
        return next((film for _, film in self._films(possible) if film.digest == digest), None)


@lru_cache(maxsize=64)
def _digest_of(file: Path, _mtime_ns: int) -> str:
    """The digest of a film whose record, of an older wanflow, lacks it."""
    return digests.of_file(file)
