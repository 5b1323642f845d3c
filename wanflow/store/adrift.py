"""Which submission of unknown fate somebody means (cli.md, `wanflow resolve`)."""

from __future__ import annotations

from wanflow.errors import UnknownTarget
from wanflow.store.journal import Attempt, Diary


def adrift_of(diary: Diary, shot: str, take: int | None = None) -> Attempt:
    """The one submission of unknown fate of a shot; raises UnknownTarget where there is none, or more than one."""
    mine = [attempt for attempt in diary.adrift if attempt.shot == shot and take in {None, attempt.number}]
    if len(mine) == 1:
        return mine[0]
    if mine:
        numbers = ", ".join(f"`--take {attempt.number}`" for attempt in mine)
        raise UnknownTarget(f"`{shot}` has several submissions of unknown fate", hint=f"say which: {numbers}")
    others = sorted({f"`{attempt.shot}`" for attempt in diary.adrift})
    hint = f"these have: {', '.join(others)}" if others else "nothing is to be decided"
    raise UnknownTarget(f"`{shot}` has no submission of unknown fate", hint=hint)
