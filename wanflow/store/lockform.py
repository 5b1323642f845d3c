"""The lock as text: JSON in one normal form, sorted, one fact a line, so that git merges it fact by fact."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wanflow import untrusted
from wanflow.digest import Canonical
from wanflow.errors import LockUnreadable
from wanflow.store import places, takefile
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Take

VERSION = 2
VERSION_KEY = "wanflow.lock"
_END = f' "{VERSION_KEY}": {VERSION}\n}}\n'
_SINGLE = frozenset({"current", "held"})
_BY_KEY = frozenset({"picks", "recipes", "takes", "wishes"})
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_CHECKOUT = "restore it with `git checkout`"
_RESTORE = "restore it with `git checkout`, or remove the entry"
_MERGE = "keep both sides' takes, then remove the marker lines; or take one side with `git checkout`"


class _Misshapen(ValueError):
    """An entry is not what a lock has there; `path` are the keys that lead to it."""

    def __init__(self, path: tuple[str, ...], why: str) -> None:
        super().__init__(why)
        self.path = path


class _Repeated(ValueError):
    """A mapping has a key twice."""


def to_text(lock: Lock) -> str:
    """The one text of a lock: equal locks are equal files.

    Every line is a whole fact with its path in its key, a shot's lines stand together, and the last line never
    changes: so lines of two versions put together, as git's `merge=union` does, are a lock again (docs/lockfile.md).
    """
    shots = [_lines(name, _shot_json(lock.shots[name])) for name in sorted(lock.shots)]
    blocks = ["".join(f" {_text_of(key)}: {_text_of(value)},\n" for key, value in lines) for lines in shots]
    return "{\n" + "\n".join([*filter(None, blocks), _END])


def from_text(text: str, name: str) -> Lock:
    """The lock in a text; raises LockUnreadable, naming the file, the line and the way out.

    What two people's merged changes leave to settle is settled here, the same way on every machine, and said in the
    lock's `notes`.
    """
    _refuse_conflicts(text, name)
    document = _document(text, name)
    _refuse_version(document.get(VERSION_KEY), text, name)
    notes: list[str] = []
    try:
        shots = _shots(document)
        return Lock({shot: _shot(shot, entry, notes) for shot, entry in shots.items()}, tuple(notes))
    except _Misshapen as error:
        line = _line_of(text, error.path)
        raise LockUnreadable(f"`{name}` can't be read at line {line}: {error}", hint=_RESTORE) from error


def _text_of(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _lines(shot: str, facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The facts of a shot with their paths as keys, sorted."""
    for kind, value in sorted(facts.items()):
        if not isinstance(value, Mapping):
            yield f"{shot} {kind}", value
            continue
        yield from ((f"{shot} {kind} {name}", inner) for name, inner in sorted(value.items()))


def _shots(document: Mapping[str, object]) -> Mapping[str, object]:
    """What a document says by shot; version 1 had it so, since then each fact has its whole path."""
    if document[VERSION_KEY] == 1:
        with _within("shots"):
            return takefile.mapping(document.get("shots", {}))
    shots: dict[str, dict[str, Any]] = {}
    for key, value in document.items():
        if key != VERSION_KEY:
            _place(shots, key.split(" "), key, value)
    return shots


def _place(shots: dict[str, dict[str, Any]], path: list[str], key: str, value: object) -> None:
    match path:
        case [shot, kind] if kind in _SINGLE:
            shots.setdefault(shot, {})[kind] = value
        case [shot, kind, name] if kind in _BY_KEY:
            shots.setdefault(shot, {}).setdefault(kind, {})[name] = value
        case _:
            raise _Misshapen((key,), f"`{key}` is no fact of a lock")


def _line_of(text: str, path: tuple[str, ...]) -> int:
    """The line of a path of either form: nested in mappings, or in one key with blanks between its words."""
    flat = [" ".join(path[1:length]) for length in range(len(path), 1, -1)]
    lines = {key[0]: line for key, line in reversed(list(places.key_places(text))) if len(key) == 1}
    for beginning in (*path[:1], *flat):
        found = [line for key, line in lines.items() if key == beginning or key.startswith(f"{beginning} ")]
        if found and beginning != "shots":
            return min(found)
    return places.line_of(text, path)


def _shot_json(entry: ShotEntry) -> dict[str, object]:
    takes = {digest: {**takefile.to_json(take), "take": entry.numbers[digest]} for digest, take in entry.takes.items()}
    facts: dict[str, object] = {
        "takes": takes,
        "current": entry.current,
        "picks": dict(entry.picks),
        "held": entry.held,
        "wishes": dict(entry.wishes),
        "recipes": {core: entry.recipes[core] for core in _referred(entry) if core in entry.recipes},
    }
    return {key: value for key, value in facts.items() if value}


def _referred(entry: ShotEntry) -> set[str]:
    """The fingerprints that a take, the last request or a pick has; a request nobody refers to needs no words."""
    requests = {entry.current or "", *entry.picks}
    return {take.fingerprint for take in entry.takes.values()} | {item.partition("+")[0] for item in requests}


def _shot(name: str, value: object, notes: list[str]) -> ShotEntry:
    at = ("shots", name)
    with _within(*at):
        entry = takefile.mapping(value)
    takes, written = _takes(at, entry)
    picks, held = _picks(at, entry), _text(at, "held", entry)
    _refuse_strangers(at, picks, held, takes)
    numbers = _numbers(takes, written)
    notes += _renumbered(name, takes, written, numbers)
    return ShotEntry(
        takes=takes,
        numbers=numbers,
        current=_text(at, "current", entry),
        picks=picks,
        held=held,
        wishes=_wishes(at, entry),
        recipes=_recipes(at, entry),
    )


def _takes(at: tuple[str, ...], entry: Mapping[str, object]) -> tuple[dict[str, Take], dict[str, int]]:
    takes: dict[str, Take] = {}
    numbers: dict[str, int] = {}
    for digest, value in _mapping(at, "takes", entry).items():
        with _within(*at, "takes", digest):
            facts = takefile.mapping(value)
            takes[digest] = takefile.from_json(digest, facts)
            numbers[digest] = _at_least_one(facts["take"])
    return takes, numbers


def _refuse_strangers(
    at: tuple[str, ...], picks: Mapping[str, str], held: str | None, takes: Mapping[str, Take]
) -> None:
    """A pick or a hold of a take that isn't there would be passed over in silence, and paid for."""
    for request, digest in picks.items():
        if digest not in takes:
            raise _Misshapen((*at, "picks", request), f"it picks a take of `{at[-1]}` that is not in the lock")
    if held is not None and held not in takes:
        raise _Misshapen((*at, "held"), f"it holds a take of `{at[-1]}` that is not in the lock")


def _picks(at: tuple[str, ...], entry: Mapping[str, object]) -> dict[str, str]:
    picks: dict[str, str] = {}
    for request, digest in _mapping(at, "picks", entry).items():
        with _within(*at, "picks", request):
            picks[request] = takefile.hash_text(takefile.text(digest))
    return picks


def _wishes(at: tuple[str, ...], entry: Mapping[str, object]) -> dict[str, int]:
    wishes: dict[str, int] = {}
    for request, number in _mapping(at, "wishes", entry).items():
        with _within(*at, "wishes", request):
            wishes[request] = takefile.whole_number(number, takefile.MOST_WISHED)
    return wishes


def _recipes(at: tuple[str, ...], entry: Mapping[str, object]) -> dict[str, Canonical]:
    recipes: dict[str, Canonical] = {}
    for core, made in _mapping(at, "recipes", entry).items():
        with _within(*at, "recipes", core):
            recipes[core] = takefile.recipe_of(made)
    return recipes


def _mapping(at: tuple[str, ...], key: str, entry: Mapping[str, object]) -> Mapping[str, object]:
    with _within(*at, key):
        return takefile.mapping(entry.get(key, {}))


def _text(at: tuple[str, ...], key: str, entry: Mapping[str, object]) -> str | None:
    with _within(*at, key):
        return None if entry.get(key) is None else takefile.text(entry[key])


def _at_least_one(value: object) -> int:
    number = takefile.whole_number(value)
    if number < 1:
        raise ValueError(f"takes count from 1, not {number}")
    return number


def _numbers(takes: Mapping[str, Take], written: Mapping[str, int]) -> dict[str, int]:
    """Numbers as written; where two people's takes share one after a merge, the later date gets the next free one."""
    numbers: dict[str, int] = {}
    used: set[int] = set()
    free = max(written.values(), default=0) + 1
    for digest in sorted(written, key=lambda item: (written[item], takes[item].date, item)):
        clash = written[digest] in used
        numbers[digest] = free if clash else written[digest]
        used.add(numbers[digest])
        free += 1 if clash else 0
    return numbers


def _renumbered(
    shot: str, takes: Mapping[str, Take], written: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[str]:
    for digest, number in numbers.items():
        if number != written[digest]:
            which = f"take {written[digest]} of `{shot}` from {takes[digest].date}"
            yield f"{which} is take {number} now: after a merge, two takes had that number"


@contextmanager
def _within(*path: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise _Misshapen(path, f"`{error.args[0]}` is missing") from error
    except (TypeError, ValueError) as error:
        raise _Misshapen(path, str(error)) from error


def _refuse_conflicts(text: str, name: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(_CONFLICT):
            raise LockUnreadable(f"`{name}` has a merge conflict at line {number}", hint=_MERGE)


def _refuse_version(version: object, text: str, name: str) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise LockUnreadable(f"`{name}` is no lock: line 1 begins none", hint=_CHECKOUT)
    if version > VERSION:
        line = places.line_of(text, (VERSION_KEY,))
        words = f"`{name}` has version {version} at line {line}, this wanflow reads {VERSION}"
        raise LockUnreadable(words, hint="update wanflow")


def _document(text: str, name: str) -> Mapping[str, object]:
    try:
        document = untrusted.parse_json(text, _unique)
    except json.JSONDecodeError as error:
        raise LockUnreadable(
            f"`{name}` is no JSON at line {error.lineno}: {error.msg.lower()}", hint=_CHECKOUT
        ) from error
    except _Repeated as error:
        raise LockUnreadable(f"`{name}`: {_repetition(text)}", hint="keep one of the two entries") from error
    except ValueError as error:
        line = text.count("\n", 0, untrusted.half_character(text) or untrusted.too_deep(text) or 0) + 1
        raise LockUnreadable(f"`{name}` can't be read at line {line}: {error}", hint=_RESTORE) from error
    if not isinstance(document, Mapping):
        raise LockUnreadable(f"`{name}` is no lock: line 1 begins none", hint=_CHECKOUT)
    return document


def _repetition(text: str) -> str:
    found = places.first_repeated(text)
    if found is None:
        return "a key stands twice"
    key, first, second = found
    return f"the key `{key}` stands twice, at line {first} and line {second}"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        raise _Repeated
    return unique
