"""The JSON of a lock: its keys and values in the order of the text, with their lines, also after a merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

from wanflow import decode
from wanflow.errors import LockFault, LockUnreadable
from wanflow.git_marks import BASE, BETWEEN, MARK, OURS, THEIRS
from wanflow.messages import tr
from wanflow.patterns import pattern
from wanflow.records import mutable

VERSION = 2
VERSION_KEY = "wanflow.lock"
_AFTER = {THEIRS: ""}
_MERGE = tr("keep both sides' takes, then remove the marker lines; or take one side with `git checkout`")
_SHOT = pattern(r'"([^ "]+) ')


class BrokenLines(ValueError):
    """Some lines have invalid JSON: `broken` are these, `readable` the facts of the others, each in one of `lines`."""

    def __init__(self, readable: list[tuple[str, object]], lines: list[int], broken: list[LockFault]) -> None:
        super().__init__()
        self.readable, self.lines, self.broken = readable, lines, broken


class _Repeated(dict[str, object]):
    """A mapping with a repeated key; `pairs` are all its facts."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def refuse_newer(version: object, text: str, name: str) -> None:
    """Raise LockUnreadable for a version that this wanflow does not know, and for a text without a version."""
    if isinstance(version, bool) or not isinstance(version, int):
        raise _not_a_lock(name)
    if version > VERSION:
        line = line_of(text, (VERSION_KEY,))
        words = tr(
            "`{name}` has version {version} at line {line}, this wanflow reads {known}",
            name=name,
            version=version,
            line=line,
            known=VERSION,
        )
        raise LockUnreadable(
            words,
            hint=tr("update wanflow"),
            faults=(LockFault(line, tr("version {version} is newer", version=version)),),
        )


def restore_hint(name: str) -> str:
    """The way out for a lock with entries that cannot be read."""
    return tr(
        "restore it with `git checkout {name}`, or remove the entry: "
        "the computer that rendered the take has it in its journal",
        name=name,
    )


def _not_a_lock(name: str) -> LockUnreadable:
    return LockUnreadable(
        tr("`{name}` cannot be parsed as a lock file, at line 1", name=name),
        hint=tr("restore it with `git checkout {name}`", name=name),
    )


def both_sides(text: str, name: str) -> tuple[str, bool]:
    """The text of a lock with the lines of both sides where git left a conflict, and whether it did.

    Every line is a whole fact, so that the lines of both sides are a lock again. Lines of their common base are
    dropped. Dropped lines become empty ones, so that a fault names the right line. Raises LockUnreadable, with the
    line, where conflict marks are missing.
    """
    lines, side = text.split("\n"), ""
    marks = [number for number, line in enumerate(lines, start=1) if MARK.match(line)]
    follows = {"": (OURS,), OURS: (BASE, BETWEEN), BASE: (BETWEEN,), BETWEEN: (THEIRS,)}
    for number, line in enumerate(lines, start=1):
        found = MARK.match(line)
        if found is None:
            lines[number - 1] = "" if side == BASE else line
        elif found[0] in follows[side]:
            lines[number - 1], side = "", _AFTER.get(found[0], found[0])
        else:
            raise _conflict(name, number)
    if side:
        raise _conflict(name, marks[0])
    return "\n".join(lines), bool(marks)


def _conflict(name: str, line: int) -> LockUnreadable:
    words = tr("`{name}` has a merge conflict at line {line}", name=name, line=line)
    return LockUnreadable(
        words, hint=_MERGE, faults=(LockFault(line, tr("the marks of a merge conflict are incomplete")),)
    )


def read_pairs(text: str, name: str) -> list[tuple[str, object]]:
    """The keys and values of the document, in the order of the text; a key of version 2 may come twice."""
    nested: list[_Repeated] = []

    def paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
        unique = dict(pairs)
        if len(unique) == len(pairs):
            return unique
        nested.append(_Repeated(pairs))
        return nested[-1]

    try:
        document = decode.parse_json(text, paired)
    except json.JSONDecodeError as error:
        raise _line_by_line(text, name, error) from error
    except ValueError as error:
        line = text.count("\n", 0, decode.unpaired_surrogate(text) or decode.too_deep(text) or 0) + 1
        words = tr("`{name}` cannot be read at line {line}: {error}", name=name, line=line, error=error)
        faults: tuple[LockFault, ...] = (LockFault(line, str(error)),)
        raise LockUnreadable(words, hint=restore_hint(name), faults=faults) from error
    if not isinstance(document, dict):
        raise _not_a_lock(name)
    whole = isinstance(document, _Repeated) and document.get(VERSION_KEY) != 1
    if len(nested) > whole:
        key, first, second = first_repeated(text, nested_only=whole) or ("", 1, 1)
        words = tr(
            "the key `{key}` appears twice, at line {first} and line {second}", key=key, first=first, second=second
        )
        faults = (LockFault(second, tr("the key `{key}` is already at line {first}", key=key, first=first)),)
        raise LockUnreadable(
            tr("`{name}`: {words}", name=name, words=words), hint=tr("keep one of the two entries"), faults=faults
        )
    return list(document.pairs) if isinstance(document, _Repeated) else list(document.items())


def _line_by_line(text: str, name: str, error: json.JSONDecodeError) -> Exception:
    """The readable lines of a text with invalid JSON, since each line is a whole fact.

    For a text of another form, in which a fact has several lines, the error at its first bad place.
    """
    pairs: list[tuple[str, object]] = []
    lines: list[int] = []
    broken: list[LockFault] = []
    for number, line in enumerate(text.split("\n"), start=1):
        fact = line.strip().removesuffix(",")
        if fact in {"", "{", "}"}:
            continue
        try:
            read = decode.parse_json(f"{{{fact}}}")
        except json.JSONDecodeError as bad:
            shot = _SHOT.match(fact)
            words = f"{bad.msg.lower().removesuffix(' at')}{f' (`{shot[1]}`)' if shot else ''}"
            broken.append(LockFault(number, words))
        except ValueError as bad:
            broken.append(LockFault(number, str(bad)))
        else:
            found = list(read.items()) if isinstance(read, dict) else []
            pairs += found
            lines += [number] * len(found)
    if not broken or VERSION_KEY not in dict(pairs):
        words, faults = error.msg.lower().removesuffix(" at"), (LockFault(error.lineno, error.msg.lower()),)
        message = tr("`{name}` has invalid JSON at line {lineno}: {words}", name=name, lineno=error.lineno, words=words)
        return LockUnreadable(message, hint=tr("restore it with `git checkout {name}`", name=name), faults=faults)
    return BrokenLines(pairs, lines, broken)


KeyPath = tuple[str, ...]
"""The keys from the document down to one of its values; positions in a list count from `0`."""

_TOKEN = pattern(r'"(?:[^"\\\n]|\\.)*"|[{}\[\]:,\n]')


@mutable
class _Level:
    opened_by: str
    key: str


def key_places(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every key of a JSON text with its line, from 1, in the order of the text; a guess for invalid JSON."""
    levels: list[_Level] = []
    line, last = 1, ""
    for found in _TOKEN.finditer(text):
        sign = found.group()
        if sign == "\n":
            line += 1
            continue
        if sign == ":" and levels:
            with suppress(ValueError):
                last = str(decode.parse_json(last))
            levels[-1].key = last
            yield tuple(level.key for level in levels), line
        elif sign in "{[":
            levels.append(_Level(sign, "0" if sign == "[" else ""))
        elif sign in "}]" and levels:
            levels.pop()
        elif sign == "," and levels and levels[-1].opened_by == "[":
            levels[-1].key = str(int(levels[-1].key) + 1)
        last = sign


def line_of(text: str, path: Sequence[str]) -> int:
    """The line of a key, or of the nearest existing key above it; 1 where there is none."""
    known: dict[KeyPath, int] = {}
    for place, line in key_places(text):
        known.setdefault(place, line)
    prefixes = (tuple(path[:length]) for length in range(len(path), 0, -1))
    return next((known[prefix] for prefix in prefixes if prefix in known), 1)


def first_repeated(text: str, *, nested_only: bool = False) -> tuple[str, int, int] | None:
    """The first repeated key of a mapping, with both lines; None where no key is repeated.

    With `nested_only` the keys of the document itself may repeat, and each of their values has keys of its own.
    """
    known: dict[KeyPath, int] = {}
    for path, line in key_places(text):
        if nested_only and len(path) == 1:
            known.clear()
        elif path in known:
            return path[-1], known[path], line
        known[path] = line
    return None
