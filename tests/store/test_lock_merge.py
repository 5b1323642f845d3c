"""Two people, one lock: what `git merge` makes of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from kit.locks import with_take
from wanflow import digest
from wanflow.errors import LockUnreadable
from wanflow.store import lockfile
from wanflow.store.lock import Lock, pick

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


def _merge(
    folder: Path, base: Change, ours: Change, theirs: Change, attributes: str = "wanflow.lock merge=union\n"
) -> tuple[int, Path]:
    """Both sides change the lock of the same commit, then git merges them."""
    path = folder / "wanflow.lock"
    _git(folder, "init", "-q")
    (folder / ".gitattributes").write_text(attributes, encoding="utf-8")
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


@pytest.mark.parametrize("order", list(permutations(("one", "two", "three"))))
def test_takes_of_the_same_shot_both_survive_and_are_renumbered(order: tuple[str, ...], tmp_path: Path) -> None:
    """Both render take 2 of `coast`, wherever their lines fall: both are kept, the later is take 3, and it is said."""
    base, late, early = order
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(lock, "coast", base),
        lambda lock: with_take(lock, "coast", late, number=2, date="2026-11-20T12:00:00Z"),
        lambda lock: with_take(lock, "coast", early, number=2, date="2026-11-20T11:00:00Z"),
    )
    merged = lockfile.read(path)
    assert code == 0
    numbers = {digest.of_bytes(word.encode()): number for number, word in enumerate((base, early, late), 1)}
    assert merged.shots["coast"].numbers == numbers
    assert [note.partition(":")[0] for note in merged.notes] == ["take 2 of `coast` from 2026-11-20T12"]
    settled = lockfile.update(path, lambda lock: with_take(lock, "coast", "next", number=4))
    assert lockfile.read(path).notes == ()
    assert sorted(settled.shots["coast"].numbers.values()) == [1, 2, 3, 4]


def test_new_shots_and_new_requests_side_by_side_merge(tmp_path: Path) -> None:
    """Blocks of lines that are alike in parts are not mixed up."""
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(lock, "coast", "c"),
        lambda lock: with_take(with_take(lock, "dawn", "d"), "coast", "c2", number=2),
        lambda lock: with_take(with_take(lock, "dusk", "e"), "coast", "c3", number=2),
    )
    assert code == 0
    assert {name: len(entry.takes) for name, entry in lockfile.read(path).shots.items()} == {
        "coast": 3,
        "dawn": 1,
        "dusk": 1,
    }


def test_picks_of_different_shots_merge_and_two_of_one_are_refused(tmp_path: Path) -> None:
    """A pick is somebody's decision: of two for the same request none is guessed."""

    def picked(shot: str, word: str) -> Change:
        return lambda lock: pick(lock, shot, "f" * 64, digest.of_bytes(word.encode()))

    def both(lock: Lock) -> Lock:
        return with_take(_two_shots(lock), "coast", "c2", number=2)

    code, path = _merge(tmp_path, both, picked("approach", "a1"), picked("coast", "c1"))
    assert code == 0
    assert {name: len(entry.picks) for name, entry in lockfile.read(path).shots.items()} == {"approach": 1, "coast": 1}
    other = tmp_path / "other"
    other.mkdir()
    code, path = _merge(other, both, picked("coast", "c1"), picked("coast", "c2"))
    assert code == 0
    with pytest.raises(LockUnreadable, match="stands twice, at line"):
        lockfile.read(path)


def test_a_conflict_is_refused_with_its_line_and_settled_by_keeping_both(tmp_path: Path) -> None:
    """Where git can't merge, the lock is refused until the marker lines are gone; with both sides kept it reads."""
    base, early, late = sorted(("one", "two", "three"), key=lambda word: digest.of_bytes(word.encode()))
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(with_take(lock, "coast", late), "approach", "a1"),
        lambda lock: with_take(lock, "coast", base, number=2),
        lambda lock: with_take(lock, "coast", early, number=2),
        attributes="",
    )
    assert code == 1
    lines = path.read_text(encoding="utf-8").split("\n")
    marker = next(number for number, line in enumerate(lines, start=1) if line.startswith("<<<<<<<"))
    with pytest.raises(LockUnreadable, match=f"merge conflict at line {marker}") as fault:
        lockfile.read(path)
    assert "keep both sides' takes" in (fault.value.hint or "")


def test_names_of_scenes_groups_and_chinese_shots_merge_by_themselves(tmp_path: Path) -> None:
    """A name is the key of its own lines, whatever is in it: neighbours in the file stay apart."""
    names = ("harbour/arrival", "harbour/arrival-16x9", "look/水墨", "look/水墨-9x16", "storm/夜/end")

    def rendered(lock: Lock) -> Lock:
        for name in names:
            lock = with_take(lock, name, f"1{name}")
        return lock

    code, path = _merge(
        tmp_path,
        rendered,
        lambda lock: with_take(with_take(lock, names[0], "ours", number=2), names[2], "ours too", number=2),
        lambda lock: with_take(with_take(lock, names[1], "theirs", number=2), names[4], "theirs too", number=2),
    )
    merged = lockfile.read(path)
    assert code == 0
    assert {name: len(merged.shots[name].numbers) for name in names} == dict(zip(names, (2, 2, 2, 1, 2), strict=True))
