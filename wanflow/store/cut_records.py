"""What the cuts in `out/` were made from; valid while their files are as wanflow wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wanflow import decode
from wanflow.language.output_paths import entry_of
from wanflow.store import atomic
from wanflow.store.layout import Store


def remember(
    store: Store,
    cut: str,
    output: str,
    fingerprint: str,
    segments: Sequence[str] = (),
    takes: Sequence[str] = (),
    made: Path | None = None,
) -> None:
    """Record what a cut's file, relative to the production's folder, was made from.

    `segments` are their hashes, `takes` the digests of the takes that it shows. `made` is the finished file where it is
    only about to get the name `output`. Raises StoreFault.
    """
    file = made or store.folder / output
    with atomic.faults_of(file):
        stat = file.stat()
    record: dict[str, object] = {"output": output, "fingerprint": fingerprint, "segments": list(segments)}
    record["takes"] = list(dict.fromkeys(takes))
    record |= {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    known = {**_read(store), _key(store, cut): record}
    atomic.write_whole(store.cuts, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())


def takes(store: Store) -> Iterator[tuple[str, str]]:
    """The cuts that were written, of every backend, by name, each with the digests of the takes that it shows."""
    for key, record in _read(store).items():
        if isinstance(record, Mapping) and isinstance(record.get("takes"), list):
            cut = key.partition(":")[2]
            yield from ((cut, str(digest)) for digest in record["takes"])


def shown(store: Store) -> dict[str, tuple[str, ...]]:
    """The digests of the takes that each cut of this backend last showed, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for key, record in _read(store).items():
        backend, _, cut = key.partition(":")
        if backend == store.provider.name and isinstance(record, Mapping) and isinstance(record.get("takes"), list):
            found[cut] = tuple(map(str, record["takes"]))
    return found


def segments(store: Store) -> Iterator[str]:
    """The hashes of the segments that the cuts were last made from, also if their files changed."""
    for record in _read(store).values():
        if isinstance(record, Mapping) and isinstance(record.get("segments"), list):
            yield from map(str, record["segments"])


def wrote(store: Store, file: Path) -> bool:
    """Whether wanflow wrote this file as a cut, and it did not change since; `file` comes from `entry_of`."""
    return any(
        isinstance(record, Mapping)
        and isinstance(output := record.get("output"), str)
        and entry_of(store.folder, output) == file
        and _untouched(file, output, record)
        for record in _read(store).values()
    )


def current(store: Store, outputs: Mapping[str, str]) -> dict[str, str]:
    """The fingerprint of each cut whose file is in its place and did not change since it was written."""
    known = _read(store)
    found = {cut: known.get(_key(store, cut)) for cut in outputs}
    return {
        cut: str(record["fingerprint"])
        for cut, record in found.items()
        if isinstance(record, Mapping) and _untouched(store.folder / outputs[cut], outputs[cut], record)
    }


def _untouched(file: Path, output: str, record: Mapping[str, object]) -> bool:
    if record.get("output") != output or "fingerprint" not in record:
        return False
    try:
        stat = file.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (record.get("size"), record.get("mtime_ns"))


def _key(store: Store, cut: str) -> str:
    return f"{store.provider.name}:{cut}"


def _read(store: Store) -> dict[str, object]:
    """The records by key; an unreadable one is left out, which costs an assembly and no take."""
    try:
        known = decode.parse_json(store.cuts.read_bytes())
    except (OSError, ValueError):
        return {}
    return {key: record for key, record in known.items() if decode.is_flat(record)} if isinstance(known, dict) else {}
