"""The name of a take and the path of its file: `talk.t2`, `out/shots/talk.t2.mp4`; no other module spells either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wanflow.errors import LockUnreadable
from wanflow.store.lock import Lock
from wanflow.store.take import ResultKind, Take

TAKE_SUFFIXES = frozenset(kind.suffix for kind in ResultKind)
"""Suffixes that a take's file can have."""

_NODE = re.compile(r"(?P<shot>.+)\.t(?P<number>[1-9][0-9]*)", re.ASCII | re.DOTALL)


def takes_folder(out: str) -> str:
    """The folder of takes by name below the folder of results `out`, e.g. `out/shots`."""
    return f"{out}/shots"


def take_node(shot: str, number: int) -> str:
    """The node id of a take, e.g. `talk.t2`."""
    return f"{shot}.t{number}"


def parse_take_node(node: str) -> tuple[str, int] | None:
    """The shot and the number in the node id of a take; None for another text."""
    found = _NODE.fullmatch(node)
    return None if found is None else (found["shot"], int(found["number"]))


def named_takes(lock: Lock) -> Iterator[tuple[str, Take]]:
    """The takes of a lock whose files were not removed, each with its node id."""
    for shot, entry in lock.shots.items():
        for digest, take in entry.takes.items():
            if not take.gone:
                yield take_node(shot, entry.numbers[digest]), take


def place_of_take(out: Path, shot: str, number: int, suffix: str) -> Path:
    """The file of a take below the folder `out`, to write to or to remove; `shot` may come from a lock that was sent.

    Raises LockUnreadable for a name that leads anywhere else than below `out/shots`.
    """
    parts = shot.split("/")
    if not shot.isprintable() or any(part[:1] in {"", "."} or set(part) & set('\\:*?"<>|') for part in parts):
        hint = "restore the lock with `git checkout`, or remove the entry"
        raise LockUnreadable(f"the lock has a take of {shot!r}, which cannot be the name of a shot", hint=hint)
    return Path(take_file(out.as_posix(), shot, number, suffix))


def take_file(out: str, shot: str, number: int, suffix: str) -> str:
    """The name of a take's file below the folder of results `out`, e.g. `out/shots/talk.t2.mp4`."""
    return f"{takes_folder(out)}/{take_node(shot, number)}{suffix}"
