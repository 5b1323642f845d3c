"""Hashes: of bytes (a digest names a result) and of canonical JSON (a fingerprint names a question)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from wanflow import decode
from wanflow.messages import tr

Canonical: TypeAlias = "bool | int | str | Sequence[Canonical] | Mapping[str, Canonical] | None"


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def of_bytes(data: bytes) -> str:
    """The SHA-256 of `data`, 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


def of_file(path: Path) -> str:
    """The SHA-256 of a file's bytes; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical(value: Canonical) -> str:
    """One text for one value: sorted keys, no spaces, no floats (a float raises TypeError)."""
    _refuse_floats(value)
    return _ENCODER.encode(value)


def of_json(value: Canonical) -> str:
    """The SHA-256 of `canonical(value)` as UTF-8: equal for equal values, whatever the key order."""
    return of_bytes(canonical(value).encode())


def from_json(value: object) -> str:
    """Read a digest; it names a file, so that nothing but 64 hex characters may ever become a path."""
    text = decode.text(value)
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError(tr("not a digest: {text}", text=decode.shown(text)))
    return text


def canonical_from_json(value: object, levels: int = decode.MOST_LEVELS) -> Canonical:
    """Read a canonical value; raises ValueError for another value, and for one that is nested too deep."""
    if not levels:
        raise ValueError(tr("nested too deep"))
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [canonical_from_json(item, levels - 1) for item in value]
    if isinstance(value, Mapping):
        return {str(key): canonical_from_json(item, levels - 1) for key, item in value.items()}
    raise ValueError(f"not canonical: {decode.shown(value)}")


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
