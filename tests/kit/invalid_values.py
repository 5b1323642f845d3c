"""Values that no field has, put into every field of a document, as JSON that `json` itself would not write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple

Path = tuple[str | int, ...]

INVALID: dict[str, str] = {
    "overflow": "1e400",
    "nan": "NaN",
    "infinity": "Infinity",
    "minus infinity": "-Infinity",
    "negative": "-1",
    "negative text": '"-1"',
    "huge": "1e300",
    "huge text": '"1e999999999"',
    "huge fraction": '"1e999999999/3"',
    "long number": "9" * 5000,
    "long number as text": f'"{"9" * 5000}"',
    "nan as text": '"NaN"',
    "fraction of nothing": '"1/0"',
    "nothing": "null",
    "no words": '""',
    "a list": "[]",
    "a mapping": "{}",
    "true": "true",
    "nul": r'"\u0000"',
    "half a character": r'"\ud800"',
    "long text": f'"{"x" * 100_000}"',
    "deep list": "[" * 10_000 + "]" * 10_000,
    "deep mapping": '{"a":' * 10_000 + "1" + "}" * 10_000,
}
"""Each as JSON text."""

MARK = "@nonsense@"


class Corrupted(NamedTuple):
    """A document with nonsense in one place."""

    path: Path
    kind: str
    text: str

    @property
    def name(self) -> str:
        """What is wrong, for a message."""
        return f"{'.'.join(map(str, self.path))}: {self.kind}"


def corrupted(document: object) -> Iterator[Corrupted]:
    """The document with each kind of nonsense in the place of each of its values, and without each of its keys."""
    for path in paths(document):
        text = json.dumps(_with(document, path, MARK))
        yield from (Corrupted(path, kind, text.replace(f'"{MARK}"', raw)) for kind, raw in INVALID.items())
        if isinstance(path[-1], str):
            yield Corrupted(path, "missing", json.dumps(_without(document, path)))


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """Where each value of a document is, outer ones first."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from paths(inner, (*at, key))


def _holder(document: object, path: Path) -> tuple[object, object]:
    whole = deepcopy(document)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]  # type: ignore[index]
    return whole, holder


def _with(document: object, path: Path, value: object) -> object:
    whole, holder = _holder(document, path)
    holder[path[-1]] = value  # type: ignore[index]
    return whole


def _without(document: object, path: Path) -> object:
    whole, holder = _holder(document, path)
    del holder[path[-1]]  # type: ignore[attr-defined]
    return whole
