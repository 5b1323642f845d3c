"""Two people, one lock: what `git merge` makes of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.locks import with_take
from wanflow import digest
from wanflow.errors import LockUnreadable
from wanflow.store import lockfile
from wanflow.store.lock import Lock

GIT = shutil.which("git") or "git"
Change = Callable[[Lock], Lock]
SETTINGS = (
    "user.name=A",
    "user.email=a@example.org",
    "commit.gpgsign=false",
    "core.autocrlf=false",
    "init.defaultBranch=main",
)


def _git(folder: Path, *words: str) -> int:
    options = [option for setting in SETTINGS for option in ("-c", setting)]
    return subprocess.run([GIT, *options, *words], cwd=folder, capture_output=True, check=False).returncode


def _merge(folder: Path, base: Change, ours: Change, theirs: Change) -> tuple[int, Path]:
    """Both sides change the lock of the same commit, then git merges them."""
    path = folder / "wanflow.lock"
    _git(folder, "init", "-q")
    for branch, change in (("main", base), ("theirs", theirs), ("main", ours)):
        _git(folder, "checkout", "-q", *(["-b"] if branch == "theirs" else []), branch)
        lockfile.update(path, change)
        _git(folder, "add", "wanflow.lock")
        _git(folder, "commit", "-q", "-m", branch)
    return _git(folder, "merge", "-q", "theirs"), path


def _two_shots(lock: Lock) -> Lock:
    return with_take(with_take(lock, "approach", "a1"), "coast", "c1")


def test_takes_of_different_shots_merge_by_themselves(tmp_path: Path) -> None:
    """One renders `approach` again, the other `coast`: git merges, and all four takes are there."""
    code, path = _merge(
        tmp_path,
        _two_shots,
        lambda lock: with_take(lock, "approach", "a2", number=2),
        lambda lock: with_take(lock, "coast", "c2", number=2),
    )
    merged = lockfile.read(path)
    assert code == 0
    assert sorted(merged.shots["approach"].numbers.values()) == [1, 2]
    assert sorted(merged.shots["coast"].numbers.values()) == [1, 2]


def test_takes_of_the_same_shot_both_survive_and_are_renumbered(tmp_path: Path) -> None:
    """Both render take 2 of `coast`: the merge keeps both, the later one becomes take 3, and it is said."""
    early, base, late = sorted(("one", "two", "three"), key=lambda word: digest.of_bytes(word.encode()))
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(lock, "coast", base),
        lambda lock: with_take(lock, "coast", early, number=2, date="2026-11-20T12:00:00Z"),
        lambda lock: with_take(lock, "coast", late, number=2, date="2026-11-20T11:00:00Z"),
    )
    merged = lockfile.read(path)
    assert code == 0
    assert merged.shots["coast"].numbers == {
        digest.of_bytes(base.encode()): 1,
        digest.of_bytes(late.encode()): 2,
        digest.of_bytes(early.encode()): 3,
    }
    assert [note.partition(":")[0] for note in merged.notes] == ["take 2 of `coast` from 2026-11-20T12"]
    settled = lockfile.update(path, lambda lock: with_take(lock, "coast", "next", number=4))
    assert lockfile.read(path).notes == ()
    assert sorted(settled.shots["coast"].numbers.values()) == [1, 2, 3, 4]


def test_a_conflict_is_refused_with_its_line_and_settled_by_keeping_both(tmp_path: Path) -> None:
    """Where git can't merge, the lock is refused until the marker lines are gone; with both sides kept it reads."""
    base, early, late = sorted(("one", "two", "three"), key=lambda word: digest.of_bytes(word.encode()))
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(with_take(lock, "coast", late), "approach", "a1"),
        lambda lock: with_take(lock, "coast", base, number=2),
        lambda lock: with_take(lock, "coast", early, number=2),
    )
    assert code == 1
    lines = path.read_text(encoding="utf-8").split("\n")
    marker = next(number for number, line in enumerate(lines, start=1) if line.startswith("<<<<<<<"))
    with pytest.raises(LockUnreadable, match=f"merge conflict at line {marker}") as fault:
        lockfile.read(path)
    assert "keep both sides' takes" in (fault.value.hint or "")
