"""Two people, one lock: what `git merge` makes of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from kit.locks import fingerprint, with_take
from wanflow import digest
from wanflow.store import lockfile
from wanflow.store.lock import Lock, pick, set_current

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
    """Both render take 2 of `coast`, wherever their lines fall: both are kept, the later is take 3, and a note says so."""
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
    final_state = lockfile.update(path, lambda lock: with_take(lock, "coast", "next", number=4))
    assert lockfile.read(path).notes == ()
    assert sorted(final_state.shots["coast"].numbers.values()) == [1, 2, 3, 4]


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


def test_picks_of_different_shots_merge_and_two_of_one_are_rivals(tmp_path: Path) -> None:
    """A pick is a decision: of two for the same request both stay until a person picks one."""

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
    rivals = tuple(sorted(digest.of_bytes(word) for word in (b"c1", b"c2")))
    merged = lockfile.read(path).shots["coast"]
    assert (merged.picks, merged.rival_picks) == ({}, {"f" * 64: rivals})
    lockfile.update(path, lambda lock: with_take(lock, "dawn", "d"))
    assert lockfile.read(path).shots["coast"] == merged
    final_state = lockfile.update(path, picked("coast", "c2")).shots["coast"]
    assert (final_state.picks, final_state.rival_picks) == ({"f" * 64: digest.of_bytes(b"c2")}, {})
    assert lockfile.read(path).shots["coast"] == final_state


def test_a_conflict_counts_as_the_lines_of_both_sides(tmp_path: Path) -> None:
    """Where git can't merge, every line is still a whole fact; a note says so, and the next change writes the lock as one."""
    base, early, late = sorted(("one", "two", "three"), key=lambda word: digest.of_bytes(word.encode()))
    code, path = _merge(
        tmp_path,
        lambda lock: with_take(with_take(lock, "coast", late), "approach", "a1"),
        lambda lock: with_take(lock, "coast", base, number=2),
        lambda lock: with_take(lock, "coast", early, number=2),
        attributes="",
    )
    assert code == 1
    assert "<<<<<<<" in path.read_text(encoding="utf-8")
    merged = lockfile.read(path)
    assert sorted(merged.shots["coast"].numbers.values()) == [1, 2, 3]
    assert "has a merge conflict: the lines of both sides count" in merged.notes[0]
    assert lockfile.update(path, lambda lock: lock) == merged
    assert "<<<<<<<" not in path.read_text(encoding="utf-8")
    assert (lockfile.read(path), lockfile.read(path).notes) == (merged, ())


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
def test_the_common_base_of_a_conflict_does_not_count(style: str, tmp_path: Path) -> None:
    """Styles that show the base show what neither side has any more."""
    words = ("one", "two", "three")

    def picked(word: str) -> Change:
        return lambda lock: pick(lock, "coast", "f" * 64, digest.of_bytes(word.encode()))

    def rendered(lock: Lock) -> Lock:
        for number, word in enumerate(words, 1):
            lock = with_take(lock, "coast", word, number=number)
        return picked("one")(lock)

    _git(tmp_path, "init", "-q")
    _git(tmp_path, "config", "merge.conflictStyle", style)
    code, path = _merge(tmp_path, rendered, picked("two"), picked("three"), attributes="")
    rivals = tuple(sorted(digest.of_bytes(word) for word in (b"two", b"three")))
    assert (code, lockfile.read(path).shots["coast"].rival_picks) == (1, {"f" * 64: rivals})


def test_lines_that_both_sides_have_are_one(tmp_path: Path) -> None:
    """Both sides ran the same request: `current` settles itself, and equal lines are one."""
    path = tmp_path / "wanflow.lock"
    lockfile.update(path, lambda lock: set_current(with_take(lock, "coast", "c"), "coast", "a" * 64))
    one = lockfile.read(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([lines[0], *lines[1:-3], *lines[1:]]), encoding="utf-8")
    assert lockfile.read(path) == one
    text = path.read_text(encoding="utf-8").replace("a" * 64, fingerprint("coast"), 1)
    path.write_text(text, encoding="utf-8")
    assert lockfile.read(path).shots["coast"].current == fingerprint("coast")


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
