"""The lock as text: JSON in one normal form, sorted, one fact a line, so that git merges it by take."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from wanflow.errors import LockUnreadable
from wanflow.store import takefile
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Take

VERSION = 1
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def to_text(lock: Lock) -> str:
    """The one text of a lock: equal locks are equal files."""
    shots = {name: _shot_json(entry) for name, entry in lock.shots.items()}
    document = {"shots": shots, "wanflow.lock": VERSION}
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def from_text(text: str, name: str) -> Lock:
    """The lock in a text; raises LockUnreadable, naming the file, the line and the way out."""
    _refuse_conflicts(text, name)
    document = _document(text, name)
    version = document.get("wanflow.lock")
    if not isinstance(version, int):
        raise LockUnreadable(f"`{name}` is no lock", hint="restore it with `git checkout`")
    if version > VERSION:
        raise LockUnreadable(f"`{name}` has version {version}, this wanflow reads {VERSION}", hint="update wanflow")
    try:
        shots = _mapping(document.get("shots", {}))
        return Lock({shot: _shot(_mapping(entry)) for shot, entry in shots.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise LockUnreadable(f"`{name}` has an entry that can't be read: {error}", hint=_RESTORE) from error


_RESTORE = "restore it with `git checkout`, or remove the entry"


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
    """The fingerprints that a take or the last request has; a request nobody refers to needs no words."""
    return {take.fingerprint for take in entry.takes.values()} | {(entry.current or "").partition("+")[0]}


def _shot(entry: Mapping[str, object]) -> ShotEntry:
    raw = {digest: _mapping(facts) for digest, facts in _mapping(entry.get("takes", {})).items()}
    takes = {digest: takefile.from_json(digest, facts) for digest, facts in raw.items()}
    current, held = entry.get("current"), entry.get("held")
    return ShotEntry(
        takes=takes,
        numbers=_numbers(takes, {digest: _whole(facts["take"]) for digest, facts in raw.items()}),
        current=None if current is None else str(current),
        picks={request: str(digest) for request, digest in _mapping(entry.get("picks", {})).items()},
        held=None if held is None else str(held),
        wishes={request: _whole(number) for request, number in _mapping(entry.get("wishes", {})).items()},
        recipes={core: takefile.recipe_of(made) for core, made in _mapping(entry.get("recipes", {})).items()},
    )


def _numbers(takes: Mapping[str, Take], written: Mapping[str, int]) -> dict[str, int]:
    """Numbers as written; where two people's takes share one after a merge, the later date gets the next free one."""
    numbers: dict[str, int] = {}
    for digest in sorted(written, key=lambda item: (written[item], takes[item].date, item)):
        clash = written[digest] in numbers.values()
        numbers[digest] = max([*written.values(), *numbers.values()]) + 1 if clash else written[digest]
    return numbers


def _refuse_conflicts(text: str, name: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_CONFLICT):
            hint = "keep both sides' takes, then remove the marker lines; or take one side with `git checkout`"
            raise LockUnreadable(f"`{name}` has a merge conflict at line {number}", hint=hint)


def _document(text: str, name: str) -> Mapping[str, object]:
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise LockUnreadable(f"`{name}` is no JSON at line {error.lineno}: {error.msg}", hint=_RESTORE) from error
    except ValueError as error:
        raise LockUnreadable(f"`{name}`: {error}", hint="keep one of the two entries") from error
    if not isinstance(document, Mapping):
        raise LockUnreadable(f"`{name}` is no lock", hint="restore it with `git checkout`")
    return document


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ValueError(f"the key `{twice[0]}` stands twice")
    return dict(pairs)


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"not a mapping: {value!r}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value
