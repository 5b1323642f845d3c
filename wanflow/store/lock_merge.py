"""What a merge of two branches leaves in a lock to settle: marks of a conflict, and takes that share a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wanflow.errors import LockFault, LockUnreadable
from wanflow.store.take import Take

_MERGE = "keep both sides' takes, then remove the marker lines; or take one side with `git checkout`"
_OURS, _BASE, _BETWEEN, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


def both_sides(text: str, name: str) -> tuple[str, bool]:
    """The text of a lock with the lines of both sides where git left a conflict, and whether it did.

    Every line is a whole fact, so that the lines of both sides are a lock again. Lines of their common base go. The
    lines that go leave empty ones, so that a complaint names the right line. Raises LockUnreadable, with the line,
    where marks are missing.
    """
    if _OURS not in text and _THEIRS not in text:
        return text, False
    lines, side, began = text.split("\n"), "", 0
    follows = {"": (_OURS,), _OURS: (_BASE, _BETWEEN), _BASE: (_BETWEEN,), _BETWEEN: (_THEIRS,)}
    for number, line in enumerate(lines, start=1):
        marker = next((sign for sign in (_OURS, _BASE, _BETWEEN, _THEIRS) if line.startswith(sign)), None)
        if marker is None:
            lines[number - 1] = "" if side == _BASE else line
            continue
        if marker not in follows[side]:
            raise _conflict(name, number)
        lines[number - 1] = ""
        began = began or number
        side = "" if marker == _THEIRS else marker
    if side:
        raise _conflict(name, began)
    return "\n".join(lines), began > 0


def _conflict(name: str, line: int) -> LockUnreadable:
    words = f"`{name}` has a merge conflict at line {line}"
    return LockUnreadable(words, hint=_MERGE, faults=(LockFault(line, "the marks of a merge conflict are incomplete"),))


def unique_numbers(takes: Mapping[str, Take], written: Mapping[str, int]) -> dict[str, int]:
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


def renumbered(
    shot: str, takes: Mapping[str, Take], written: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[str]:
    """A sentence for each take that has another number now than the lock says."""
    for digest, number in numbers.items():
        if number != written[digest]:
            which = f"take {written[digest]} of `{shot}` from {takes[digest].date}"
            yield f"{which} is take {number} now: after a merge, two takes had that number"
