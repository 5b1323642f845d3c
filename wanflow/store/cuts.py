"""What the cuts in `out/` were made from, believed as long as their files are as we left them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wanflow import untrusted
from wanflow.store import durable
from wanflow.store.layout import Store


def remember(store: Store, cut: str, output: str, fingerprint: str, segments: Sequence[str] = ()) -> None:
    """Write down what a cut's file, relative to the production's folder, was made from; `segments` are their hashes."""
    file = store.folder / output
    with durable.faults_of(file):
        stat = file.stat()
    record: dict[str, object] = {"output": output, "fingerprint": fingerprint, "segments": list(segments)}
    record |= {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    known = {**_read(store), _key(store, cut): record}
    durable.write_whole(store.cuts, (json.dumps(known, indent=1, sort_keys=True) + "\n").encode())


def segments(store: Store) -> Iterator[str]:
    """The hashes of the segments that the cuts were last made from, whatever became of their files."""
    for record in _read(store).values():
        if isinstance(record, Mapping) and isinstance(record.get("segments"), list):
            yield from map(str, record["segments"])


def current(store: Store, outputs: Mapping[str, str]) -> dict[str, str]:
    """The fingerprint of each cut whose file is where it belongs, unchanged since it was written."""
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
    return f"{store.backend}:{cut}"


def _read(store: Store) -> dict[str, object]:
    """A record that can't be read costs an assembly, not a take: it counts as none."""
    try:
        known = untrusted.parse_json(store.cuts.read_bytes())
    except (OSError, ValueError):
        return {}
    return (
        {key: record for key, record in known.items() if untrusted.is_flat(record)} if isinstance(known, dict) else {}
    )
