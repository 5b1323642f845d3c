"""Cached facts of files by their stat, so that unchanged files are not opened again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress

from wanflow import decode, digest
from wanflow.decode import Fields, text, whole_number
from wanflow.errors import StoreFault
from wanflow.language.source import Facts, Kind
from wanflow.store import atomic
from wanflow.store.layout import Store

VERSION = 3
"""Raised when the same file would be measured otherwise."""
RACY_NS = 2_000_000_000
"""Nanoseconds between writing and opening a file within which it may change without another stat."""

INLINE = "data:"
"""Prefix of the name of an inline picture; its digest follows, so that its facts never change."""


def look(store: Store, paths: tuple[str, ...]) -> dict[str, Facts]:
    """The facts of files that are unchanged since the measurement, by path relative to the production's folder."""
    known = _read(store)
    found = {path: _facts(known.get(path), _stamp(store, path)) for path in paths}
    return {path: facts for path, facts in found.items() if facts is not None}


def remember(store: Store, measured: Mapping[str, Facts], *, begun_ns: int | None = None) -> None:
    """Cache measured facts; a cache that cannot be written does not stop a command.

    `begun_ns` is `time.time_ns()` from before the first file was opened, by default the present. A file that changed
    since, or shortly before, is not cached, because its facts may be outdated.
    """
    since = time.time_ns() if begun_ns is None else begun_ns
    entries = {path: _entry(facts, _stamp(store, path, since)) for path, facts in measured.items()}
    before = _read(store)
    known = {**before, **{path: entry for path, entry in entries.items() if entry is not None}}
    if known == before:
        return
    document = {"version": VERSION, "files": known}
    with suppress(StoreFault):
        atomic.write_whole(store.facts, json.dumps(document, ensure_ascii=False, sort_keys=True).encode())


def _stamp(store: Store, name: str, since_ns: int | None = None) -> list[int] | None:
    """What differs once a file has changed; None where it is missing, or was written too shortly before."""
    if name.startswith(INLINE):
        return []
    try:
        stat = (store.folder / name).stat()
    except OSError:
        return None
    touched = max(stat.st_mtime_ns, stat.st_ctime_ns)  # a file moved here keeps its mtime, not its ctime
    if since_ns is not None and since_ns - touched < RACY_NS:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _entry(facts: Facts, stamp: list[int] | None) -> dict[str, object] | None:
    if stamp is None or (stamp and stamp[0] != facts.size_bytes):
        return None
    return {
        "stat": stamp,
        "kind": facts.kind.value,
        "format": facts.format,
        "digest": facts.digest,
        "size": facts.size_bytes,
        "width": facts.width,
        "height": facts.height,
        "alpha": facts.alpha,
        "frames": facts.frames,
        "rate": None if facts.rate is None else str(facts.rate),
        "samples": facts.samples,
        "sample_rate": facts.sample_rate,
        "seconds": str(facts.seconds),
        "pictures": facts.pictures,
        "hdr": facts.hdr,
        "pace": None if facts.pace is None else str(facts.pace),
        "flaws": list(facts.flaws),
    }


def _facts(entry: object, stamp: list[int] | None) -> Facts | None:
    if not isinstance(entry, dict) or stamp is None or entry.get("stat") != stamp:
        return None
    try:
        facts = Fields(entry)
        return Facts(
            kind=Kind(facts.read("kind", text)),
            format=facts.read("format", text),
            digest=facts.read("digest", digest.from_json),
            size_bytes=facts.read("size", whole_number),
            width=facts.read("width", whole_number),
            height=facts.read("height", whole_number),
            alpha=facts.says("alpha"),
            frames=facts.read("frames", whole_number),
            rate=facts.read_if_given("rate", decode.fraction),
            samples=facts.read("samples", whole_number),
            sample_rate=facts.read("sample_rate", whole_number),
            seconds=facts.read("seconds", decode.fraction),
            pictures=facts.read("pictures", whole_number),
            hdr=facts.read_if_given("hdr", text),
            pace=facts.read_if_given("pace", decode.fraction),
            flaws=tuple(map(text, facts.read("flaws", decode.items))),
        )
    except ValueError:
        return None


def _read(store: Store) -> dict[str, object]:
    """The cached entries; none where the cache cannot be read."""
    try:
        document = decode.parse_json(atomic.bytes_of(store.facts))
    except (OSError, ValueError):
        return {}
    if not isinstance(document, dict) or document.get("version") != VERSION:
        return {}
    files = document.get("files")
    return {path: entry for path, entry in files.items() if decode.is_flat(entry)} if isinstance(files, dict) else {}
