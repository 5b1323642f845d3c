"""Hashes: of bytes (a digest names an answer) and of canonical JSON (a fingerprint names a question)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Canonical: TypeAlias = "bool | int | str | Sequence[Canonical] | Mapping[str, Canonical] | None"

CHUNK_BYTES = 1 << 20


def of_bytes(data: bytes) -> str:
    """The SHA-256 of `data`, 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes; raises OSError where it can't be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Canonical) -> str:
    """One text for one value: sorted keys, no blanks, no floats (a float raises TypeError)."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def of_json(value: Canonical) -> str:
    """The SHA-256 of `canonical(value)` as UTF-8: equal for equal values, whatever the key order."""
    return of_bytes(canonical(value).encode())


def _refuse_floats(value: Canonical) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical text: {value!r}")
    if isinstance(value, dict | Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | Sequence):
        for item in value:
            _refuse_floats(item)
