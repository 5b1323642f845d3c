"""The lock as a value, as text and as a file."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kit.locks import DATE, fingerprint, recipe, take, with_take
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow import digest
from wanflow.errors import LockUnreadable, StoreBusy
from wanflow.store import lock as locks
from wanflow.store import lock_text, lockfile
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry

ONE = with_take(Lock(), "coast", "first")
FIRST = digest.of_bytes(b"first")
_ANCHORS = {"take": f'"coast takes {FIRST}"', "last": '"wanflow.lock"'}


def _shot(lock: Lock, name: str = "coast") -> ShotEntry:
    return lock.shots[name]


def test_numbers_are_never_reused() -> None:
    """The next take of a shot gets the next number, across edits of its words too."""
    lock = with_take(ONE, "coast", "second", number=2)
    lock = locks.add_take(lock, "coast", take("coast edited", "third"), recipe("coast edited"), 3)
    assert sorted(_shot(lock).numbers.values()) == [1, 2, 3]
    assert locks.next_number(_shot(lock)) == 4


def test_a_number_that_another_take_has_is_not_given_twice() -> None:
    """Two takes that were both planned as the first become takes 1 and 2."""
    assert sorted(_shot(with_take(ONE, "coast", "second", number=1)).numbers.values()) == [1, 2]


def test_a_take_filed_again_keeps_its_number() -> None:
    """An undo that files take 1 again leaves it take 1."""
    assert _shot(with_take(ONE, "coast", "first", number=5)).numbers == {FIRST: 1}


def test_each_request_keeps_its_own_pick() -> None:
    """Picking for one request leaves the picks of the others, so that an undo brings its own back (law 6)."""
    lock = locks.pick(with_take(ONE, "coast", "second", number=2), "coast", "request a", FIRST)
    lock = locks.pick(lock, "coast", "request b", digest.of_bytes(b"second"))
    assert _shot(lock).picks == {"request a": FIRST, "request b": digest.of_bytes(b"second")}


def test_only_a_take_of_the_shot_can_be_picked_or_held() -> None:
    """An unknown digest is refused."""
    with pytest.raises(ValueError, match="has no take"):
        locks.pick(ONE, "coast", "request", "f" * 64)
    with pytest.raises(ValueError, match="has no take"):
        locks.keep(ONE, "harbour", FIRST)


def test_hold_and_release_undo_each_other() -> None:
    """A held take is on record until it is released; releasing nothing changes nothing."""
    held = locks.keep(ONE, "coast", FIRST)
    assert _shot(held).held == FIRST
    assert locks.release(held, "coast") == ONE
    assert locks.release(ONE, "coast") is ONE


def test_a_wish_is_an_absolute_number() -> None:
    """Wishing twice for three takes asks for three, not six; a smaller wish takes nothing back."""
    lock = locks.wish(locks.wish(ONE, "coast", "request", 3), "coast", "request", 3)
    assert _shot(locks.wish(lock, "coast", "request", 2)).wishes == {"request": 3}


def test_the_text_is_one_fact_a_line_and_sorted() -> None:
    """The order in which things happened leaves no trace in the file, and each line is whole without the others."""
    one = with_take(with_take(Lock(), "coast", "first"), "approach", "second")
    other = with_take(with_take(Lock(), "approach", "second"), "coast", "first")
    text = lock_text.to_text(one)
    assert text == lock_text.to_text(other)
    assert text.endswith("}\n")
    lines = [line for line in text.splitlines()[1:-2] if line]
    assert all(json.loads(f"{{{line.removesuffix(',')}}}") for line in lines)
    assert [line.split(" ")[1:3] for line in lines] == [
        ['"approach', "recipes"],
        ['"approach', "takes"],
        ['"coast', "recipes"],
        ['"coast', "takes"],
    ]


def test_money_and_rates_are_exact_text() -> None:
    """`3.00` stays `3.00`, and 29.97 frames a second stay a fraction."""
    film = replace(take("coast", "first").film, rate=take("coast", "first").film.rate * 1000 / 1001)
    lock = locks.add_take(Lock(), "coast", replace(take("coast", "first"), result=film), recipe("coast"), 1)
    text = lock_text.to_text(lock)
    assert '"cost": "3.00"' in text
    assert '"rate": "30000/1001"' in text
    assert lock_text.from_text(text, "wanflow.lock") == lock


def test_words_of_a_request_that_nothing_refers_to_are_left_out() -> None:
    """The words stay for takes, for the last request and for picks; others go when the file is written."""
    words = {name: recipe(name) for name in ("gone", "current", "picked")}
    entry = replace(
        _shot(ONE),
        recipes={**_shot(ONE).recipes, **{fingerprint(name): made for name, made in words.items()}},
        current=fingerprint("current"),
        picks={f"{fingerprint('picked')}+7": FIRST},
    )
    read = lock_text.from_text(lock_text.to_text(Lock({"coast": entry})), "wanflow.lock")
    assert set(_shot(read).recipes) == {fingerprint(name) for name in ("coast", "current", "picked")}


def test_a_shared_number_goes_to_the_earlier_take_and_it_is_said() -> None:
    """After a merge the later of two takes gets the next number, the same on every machine."""
    lock = with_take(ONE, "coast", "later", number=2, date="2026-11-20T11:00:00Z")
    lock = with_take(lock, "coast", "third", number=3)
    merged = json.loads(lock_text.to_text(lock))
    later = digest.of_bytes(b"later")
    merged[f"coast takes {later}"]["take"] = 1
    read = lock_text.from_text(json.dumps(merged), "wanflow.lock")
    assert _shot(read).numbers == {FIRST: 1, digest.of_bytes(b"third"): 3, later: 4}
    assert read.notes == (
        "take 1 of `coast` from 2026-11-20T11:00:00Z is now take 4: after a merge, two takes had its number",
    )
    final_state = lock_text.from_text(lock_text.to_text(read), "wanflow.lock")
    assert (final_state, final_state.notes) == (read, ())


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            '"width": 1280',
            '"width": "wide"',
            "cannot be read at line {take}: `width` is not a whole number: `wide`",
            "remove",
        ),
        (
            '"cost": "3.00"',
            '"cost": "free"',
            "at line {take}: `cost` is not an amount from 0 to 1000000: `free`",
            "remove the entry",
        ),
        ('"rate": "30"', '"rate": "1/0"', "at line {take}: `rate` is not a rate: `1/0`", "remove the entry"),
        ('"date"', '"when"', "at line {take}: `date` is missing", "remove the entry"),
        ('"take": 1,', '"take": 0,', "at line {take}: takes count from 1, not 0", "remove the entry"),
        ('"seed": 7,', '"seed": 7, "seed": 8,', "`seed` appears twice, at line {take} and line {take}", "keep one"),
        ('"seed": 7,', '"seed": 7', "has invalid JSON at line {take}: expecting", "git checkout"),
        ('"wanflow.lock": 2', '"wanflow.lock": 3', "version 3 at line {last}, this wanflow reads 2", "update wanflow"),
        ('"wanflow.lock": 2', '"wanflow.lock": "2"', "cannot be parsed as a lock file", "git checkout"),
        ('"coast takes', '"coast tokes', "at line {take}: unknown key `coast tokes", "remove the entry"),
        ('"coast takes', '"coast  takes', "unknown key `coast ", "remove the entry"),
        (
            f'"coast takes {FIRST}": {{',
            f'"coast takes {FIRST}": 7, "x-a held": {{',
            "at line {take}: not a mapping",
            "remove",
        ),
    ],
)
def test_a_damaged_lock_is_refused_with_its_line(old: str, new: str, message: str, hint: str) -> None:
    """No damage is guessed around or ends in a traceback: the message names the line, the hint the way out."""
    text = lock_text.to_text(ONE)
    assert text.count(old) == 1
    lines = {word: text[: text.index(at)].count("\n") + 1 for word, at in _ANCHORS.items()}
    with pytest.raises(LockUnreadable, match=re.escape(message.format(**lines))) as fault:
        lock_text.from_text(text.replace(old, new), "wanflow.lock")
    assert hint in (fault.value.hint or "")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "[" * 100_000, '{"wanflow.lock": ' + "9" * 5000 + "}", "{}", "\ufeff{}"]
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    """Anything else that may lie under that name is an error of ours, never a traceback."""
    with pytest.raises(LockUnreadable, match=r"`wanflow.lock`"):
        lock_text.from_text(text, "wanflow.lock")


def test_a_digest_never_becomes_a_path() -> None:
    """A key that isn't a digest is refused before anything looks for such a file."""
    text = lock_text.to_text(ONE).replace(FIRST, "../../../etc/passwd")
    with pytest.raises(LockUnreadable, match="not a digest"):
        lock_text.from_text(text, "wanflow.lock")


def test_reading_a_lock_that_is_not_there_gives_an_empty_one(tmp_path: Path) -> None:
    """A fresh clone has no lock, and reading makes none."""
    assert lockfile.read(tmp_path / "wanflow.lock") == Lock()
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A binary file under the lock's name is an error of ours."""
    path = tmp_path / "wanflow.lock"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(LockUnreadable, match="not valid UTF-8"):
        lockfile.read(path)


def test_the_first_run_writes_an_empty_lock(tmp_path: Path) -> None:
    """It exists even if nothing was paid, and a second survey leaves it unchanged."""
    path = Store(tmp_path, DASHSCOPE).lock
    lockfile.ensure(path)
    before = path.stat()
    lockfile.ensure(path)
    assert lockfile.read(path) == Lock()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_only_the_lock_itself_appears_beside_the_production(tmp_path: Path) -> None:
    """What guards the lock lies in `.wanflow/`, out of git's sight."""
    lockfile.update(Store(tmp_path, DASHSCOPE).lock, lambda _: ONE)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".wanflow", "wanflow.lock"]


def test_a_lock_that_does_not_change_is_not_written(tmp_path: Path) -> None:
    """The same content keeps the same file, so that git and editors see no change."""
    path = tmp_path / "wanflow.lock"
    lockfile.update(path, lambda _: ONE)
    before = path.stat().st_ino
    lockfile.update(path, lambda lock: Lock(dict(lock.shots)))
    assert path.stat().st_ino == before


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Eight writers, each adding a take of its own shot to what it finds: all eight takes are there."""
    path = tmp_path / "wanflow.lock"

    def add(name: str) -> None:
        lockfile.update(path, lambda lock: with_take(lock, name, name))

    writers = [threading.Thread(target=add, args=(f"shot{number}",)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(lockfile.read(path).shots) == {f"shot{number}" for number in range(8)}


def test_a_change_that_fails_leaves_the_lock_and_lets_go_of_it(tmp_path: Path) -> None:
    """The file is unchanged, and the next writer does not wait."""
    path = tmp_path / "wanflow.lock"
    lockfile.update(path, lambda _: ONE)
    with pytest.raises(ZeroDivisionError):
        lockfile.update(path, lambda lock: Lock({"x": 1 // 0}))
    assert lockfile.update(path, lambda lock: lock) == ONE


def test_an_unreadable_lock_is_never_written_over(tmp_path: Path) -> None:
    """A merge conflict stays for a person to settle."""
    path = tmp_path / "wanflow.lock"
    path.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.raises(LockUnreadable, match="merge conflict at line 1"):
        lockfile.update(path, lambda _: ONE)
    assert path.read_text(encoding="utf-8") == "<<<<<<< HEAD\n"


def test_a_stuck_writer_is_said_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that cannot get the lock in time fails with the reason."""
    monkeypatch.setattr(lockfile, "TIMEOUT_SECONDS", 0)
    path = tmp_path / "wanflow.lock"

    def meanwhile(lock: Lock) -> Lock:
        with pytest.raises(StoreBusy, match="held by another process"):
            lockfile.update(path, lambda inner: inner)
        return lock

    lockfile.update(path, meanwhile)


def test_a_folder_under_the_locks_name_is_a_fault(tmp_path: Path) -> None:
    """It is told without a traceback."""
    (tmp_path / "wanflow.lock").mkdir()
    with pytest.raises(LockUnreadable, match="is not a file"):
        lockfile.read(tmp_path / "wanflow.lock")


def test_an_animatic_has_a_lock_of_its_own(tmp_path: Path) -> None:
    """What is picked for the animatic never shows in git."""
    lockfile.update(Store(tmp_path, ANIMATIC).lock, lambda _: with_take(Lock(), "coast", "drawn", date=DATE))
    assert lockfile.read(Store(tmp_path, DASHSCOPE).lock) == Lock()
    assert Store(tmp_path, ANIMATIC).lock == tmp_path / ".wanflow" / "animatic.lock"


def test_a_lock_that_is_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    """The file that it names is replaced, with its draft beside it, through links of links and relative ones."""
    shared, film = tmp_path / "shared", tmp_path / "film"
    for folder in (shared, film):
        folder.mkdir()
    (shared / "film.lock").write_text(lock_text.to_text(Lock()), encoding="utf-8")
    (shared / "wanflow.lock").symlink_to("film.lock")
    (film / "wanflow.lock").symlink_to("../shared/wanflow.lock")
    lockfile.update(film / "wanflow.lock", lambda _: ONE)
    lockfile.ensure(film / "wanflow.lock")
    links = [(folder / "wanflow.lock").readlink() for folder in (film, shared)]
    assert links == [Path("../shared/wanflow.lock"), Path("film.lock")]
    assert lockfile.read(shared / "film.lock") == lockfile.read(film / "wanflow.lock") == ONE
    assert sorted(path.name for path in shared.iterdir()) == [".wanflow", "film.lock", "wanflow.lock"]
    assert [path.name for path in film.iterdir()] == ["wanflow.lock"]


def test_productions_that_share_a_lock_keep_each_other_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard belongs to the file, not to one of its names."""
    monkeypatch.setattr(lockfile, "TIMEOUT_SECONDS", 0)
    names = [tmp_path / folder / "wanflow.lock" for folder in ("one", "two", "shared")]
    for name in names:
        name.parent.mkdir()
    names[2].write_text(lock_text.to_text(Lock()), encoding="utf-8")
    for link in names[:2]:
        link.symlink_to(names[2])
    refused = list[Path]()

    def meanwhile(lock: Lock) -> Lock:
        for name in names:
            with pytest.raises(StoreBusy):
                lockfile.update(name, lambda inner: inner)
            refused.append(name)
        return lock

    lockfile.update(names[0], meanwhile)
    assert refused == names


@pytest.mark.parametrize("target", ["drive/wanflow.lock", "../wanflow.lock", "wanflow.lock"])
def test_a_link_that_ends_nowhere_is_no_empty_lock(tmp_path: Path, target: str) -> None:
    """A drive that is not mounted would have every take paid again: reading and writing are refused."""
    path = tmp_path / "film" / "wanflow.lock"
    path.parent.mkdir()
    path.symlink_to(target)
    for attempt in (lockfile.read, lockfile.ensure, lambda place: lockfile.update(place, lambda _: ONE)):
        with pytest.raises(
            LockUnreadable, match=r"`wanflow.lock` is a symbolic link to `.+`, which cannot be used"
        ) as no:
            attempt(path)
        assert "fix the link" in (no.value.hint or "")
    assert [item.name for item in tmp_path.rglob("*")] == ["film", "wanflow.lock"]
    assert path.readlink() == Path(target)


def test_a_link_to_a_new_lock_works_as_its_hint_says(tmp_path: Path) -> None:
    """What the hint says to write is a lock."""
    path = tmp_path / "wanflow.lock"
    path.symlink_to("shared.lock")
    with pytest.raises(LockUnreadable) as no:
        lockfile.read(path)
    (new,) = re.findall(r"a new lock is `(.+)`", no.value.hint or "")
    (tmp_path / "shared.lock").write_text(new, encoding="utf-8")
    assert lockfile.update(path, lambda _: ONE) == lockfile.read(path) == ONE
