"""A damaged store is mended, and nothing that was paid for is lost (law 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kit.locks import DATE, attempt, delivered, fingerprint, journaled, recipe, stored, take, with_take
from kit.locks import FILM as FACTS
from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.errors import StoreFault
from wanflow.graph.recipe import seed_of
from wanflow.store import blobs, inventory, journal, layout, lockfile, repair, traces
from wanflow.store.attempt import Attempt
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.take import Trace

FILM = digest.of_bytes(b"film")
PIECE = digest.of_bytes(b"piece")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a take, a piece of it, and a task in flight."""
    store = Store(tmp_path, DASHSCOPE)
    layout.establish(store)
    stored(store, "film")
    traces.append(store, Trace(take("coast", "film"), recipe("coast")))
    traces.append(store, Trace(take("gull", "other"), recipe("gull")))
    lockfile.update(store.lock, lambda lock: with_take(lock, "coast", "film"))
    blobs.adopt_derived(store, delivered(store, "piece"), PIECE, ".mp4")
    journal_state = Journal(store)
    journal_state.intended(attempt("a1"))
    journal_state.accepted("a1", "t1", "r1", DATE)
    journal_state.intended(attempt("a2"))
    journal_state.accepted("a2", "t2", "r2", DATE)
    return store


def places(store: Store) -> list[str]:
    """What is damaged."""
    return [damage.place for damage in repair.examine(store)]


def spoil(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a file, read-only or not."""
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


def aside(store: Store) -> list[bytes]:
    """What was taken out of the store."""
    return [path.read_bytes() for path in store.aside.iterdir()] if store.aside.exists() else []


def test_a_sound_store_is_left_alone(store: Store) -> None:
    """Nothing is wrong, nothing is written."""
    before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*.*") if path.is_file()}
    assert repair.repair_store(store) == ()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not store.aside.exists()


def test_no_store_is_not_damaged(tmp_path: Path) -> None:
    """A folder in which nothing ever ran."""
    assert repair.examine(Store(tmp_path, DASHSCOPE)) == ()


def test_a_take_whose_bytes_changed_is_set_aside_and_reads_as_not_here(store: Store) -> None:
    """It is not deleted, and the lock still knows it: it is never bought again because of this."""
    spoil(blobs.take_path(store, FILM, ".mp4"), lambda data: data[:-1])
    assert places(store) == [f"take {FILM[:12]}"]
    repair.repair_store(store)
    assert aside(store) == [b"fil"]
    have = inventory.survey(store, {})
    assert FILM not in have.here
    assert FILM in have.lock.shots["coast"].takes
    assert places(store) == []


def test_a_piece_whose_bytes_changed_is_made_again(store: Store) -> None:
    """What ffmpeg made can go."""
    spoil(blobs.derived_path(store, PIECE, ".mp4"), lambda data: b"x" + data)
    repair.repair_store(store)
    assert blobs.list_derived(store) == frozenset()
    assert aside(store) == []


@pytest.mark.parametrize("junk", [b"\xff\xfe nonsense", b"[1]", b'{"event":"dreamt"}', b"{}"])
def test_a_line_of_the_journal_that_makes_no_sense_goes_and_the_file_is_kept(store: Store, junk: bytes) -> None:
    """Every other line counts again; the file as it was lies aside, and it stays private."""
    lines = store.journal.read_bytes().split(b"\n")
    damaged = b"\n".join([*lines[:2], junk, *lines[2:]])
    spoil(store.journal, lambda data: damaged)
    with pytest.raises(StoreFault, match="line 3"):
        journal.read(store)
    (damage,) = [damage for damage in repair.repair_store(store) if damage.place == store.journal.name]
    assert "line 3 cannot be read" in damage.words
    assert {task.task_id for task in journal.read(store).open} == {"t1", "t2"}
    assert damaged in aside(store)
    assert store.journal.stat().st_mode & 0o777 == 0o600


def test_an_acceptance_that_can_not_be_read_leaves_its_attempt_to_be_looked_up(store: Store) -> None:
    """Its task is in the service's list: nothing is sent again blindly."""
    lines = store.journal.read_bytes().split(b"\n")
    spoil(store.journal, lambda data: b"\n".join([lines[0], b"rubbish", *lines[2:]]))
    repair.repair_store(store)
    journal_state = journal.read(store)
    assert [lost.id for lost in journal_state.unknown_fate] == ["a1"]
    assert [task.task_id for task in journal_state.open] == ["t2"]


def test_an_intent_that_can_not_be_read_takes_only_its_own_lines_with_it(store: Store) -> None:
    """What refers to it makes no sense any more; the rest does."""
    lines = store.journal.read_bytes().split(b"\n")
    spoil(store.journal, lambda data: b"\n".join([b"rubbish", *lines[1:]]))
    (damage,) = repair.repair_store(store)
    assert "lines 1 and 2 cannot be read" in damage.words
    assert "the record of task t1 will be lost" in damage.words
    assert [task.task_id for task in journal.read(store).open] == ["t2"]


def test_a_task_of_two_submissions_stays_with_the_first(store: Store) -> None:
    """The second one is of unknown fate again, whatever was made of it since; the task is not called lost."""
    journal_state = Journal(store)
    for number, fate in ((3, None), (4, "t4")):
        journal_state.intended(attempt(f"a{number}"))
        journal_state.accepted(f"a{number}", "t1", "r", DATE)
        if fate is not None:
            journal_state.accepted(f"a{number}", fate, "r", DATE)
    journal_state.stored("t1", FILM, DATE)
    (damage,) = repair.repair_store(store)
    assert damage.words == (
        "line 6: task t1 was accepted for another submission before; this submission is looked up again and "
        "line 8: task t1 was accepted for another submission before; this submission is looked up again"
    )
    read = journal.read(store)
    assert [lost.id for lost in read.unknown_fate] == ["a3"]
    assert [task.task_id for task in read.open] == ["t2", "t4"]


def test_a_torn_last_line_is_cut(store: Store) -> None:
    """As the next run would have cut it."""
    spoil(store.traces, lambda data: data + b'{"dig')
    (damage,) = repair.repair_store(store)
    assert (damage.place, damage.blocks) == (store.traces.name, False)
    assert damage.words == "its last line is incomplete, as after a command that was killed"
    assert damage.hint == "this is harmless: the next record takes its place"
    assert len(traces.read(store).takes) == 2


def test_a_take_on_no_record_is_said_and_stays(store: Store) -> None:
    """It may have been paid for."""
    stranger = stored(store, "stranger")
    (damage,) = repair.repair_store(store)
    assert damage.repair is None
    assert stranger in damage.words
    assert stranger in blobs.list_takes(store)


def test_a_damaged_version_is_written_anew_and_a_newer_one_is_not_touched(store: Store) -> None:
    """A store of a newer wanflow is for that one to mend."""
    store.format.write_text("rubbish", encoding="utf-8")
    assert places(store) == [store.format.name]
    repair.repair_store(store)
    layout.recognise(store)
    store.format.write_text(json.dumps({"wanflow.store": layout.FORMAT + 1}), encoding="utf-8")
    with pytest.raises(StoreFault, match="version"):
        repair.repair_store(store)


def test_a_journal_of_a_newer_wanflow_is_not_touched(store: Store) -> None:
    """What its lines mean is not known here."""
    newer = store.journal.read_text(encoding="utf-8").replace('"version":1', '"version":99')
    spoil(store.journal, lambda data: newer.encode())
    with pytest.raises(StoreFault, match=r"`journal.dashscope.jsonl` has a newer version$"):
        repair.repair_store(store)
    assert store.journal.read_text(encoding="utf-8") == newer


def test_everything_at_once_and_twice(store: Store) -> None:
    """A second repair has nothing to do."""
    spoil(blobs.take_path(store, FILM, ".mp4"), lambda data: b"")
    spoil(store.journal, lambda data: b"\n" + data + b"torn")
    spoil(store.traces, lambda data: b"x\n" + data)
    store.derivations.write_bytes(b"{}\n")
    store.uploads.write_bytes(b"{}\n")
    (store.root / "tmp").mkdir(exist_ok=True)
    (store.root / "tmp" / "half.mp4").write_bytes(b"half")
    assert len(repair.repair_store(store)) == 5
    assert repair.repair_store(store) == ()
    assert not (store.root / "tmp").exists()
    assert {task.task_id for task in journal.read(store).open} == {"t1", "t2"}


def test_a_take_that_the_journal_explains_is_entered_in_lock_and_traces(store: Store) -> None:
    """It is reported, and a second repair has nothing to do."""
    lost = journaled(store, "lost", number=3)
    assert places(store) == [store.lock.name, store.traces.name]
    assert [damage.blocks for damage in repair.repair_store(store)] == [False, False]
    entry = lockfile.read(store.lock).shots["coast"]
    assert (entry.takes[lost.digest], entry.numbers[lost.digest], entry.picks) == (lost, 3, {})
    assert traces.read(store).takes[lost.fingerprint] == (take("coast", "film"), lost)
    assert repair.repair_store(store) == ()


def test_takes_that_an_older_wanflow_gave_one_number_keep_the_numbers_of_others(store: Store) -> None:
    """The first has it, and the one that was stored later gets a number after all of them."""
    store.lock.unlink()
    contents = {"one": 1, "again": 1, "two": 2, "three": 3}
    digests = {journaled(store, content, number=number).digest: content for content, number in contents.items()}
    repair.repair_store(store)
    numbers = lockfile.read(store.lock).shots["coast"].numbers
    assert {digests[digest]: number for digest, number in numbers.items()} == {**contents, "again": 4}


def test_a_number_that_another_take_has_by_now_is_left_to_it(store: Store) -> None:
    """Numbers in the lock are in use; the restored take gets the next one."""
    lost = [journaled(store, content, number=number).digest for content, number in (("one", 1), ("two", 2))]
    repair.repair_store(store)
    numbers = lockfile.read(store.lock).shots["coast"].numbers
    assert numbers == {FILM: 1, lost[1]: 2, lost[0]: 3}


def test_a_take_of_an_older_journal_comes_back_by_its_film(store: Store) -> None:
    """What cannot be measured stays where it is, and is reported again."""
    lost = journaled(store, "lost", described=False)
    repair.repair_store(store)
    assert places(store) == [store.lock.name, store.traces.name]
    repair.repair_store(store, lambda digests: dict.fromkeys(digests, FACTS))
    assert places(store) == []
    assert lockfile.read(store.lock).shots["coast"].takes[lost.digest].film == FACTS


def test_the_last_request_of_a_shot_is_named_where_the_journal_tells_it(store: Store) -> None:
    """By its own word, or by a seed that follows from the request; a request with a seed of an author's is left open."""
    journaled(store, "lost")
    repair.repair_store(store)
    assert lockfile.read(store.lock).shots["coast"].current is None
    store.lock.unlink()
    made = take("gull", "free", seed=seed_of(fingerprint("gull"), None, 0))
    journal_state = Journal(store)
    for shot, request in (("gull", None), ("tern", "f" * 64 + "+9")):
        content = stored(store, shot)
        core = fingerprint(shot)
        journal_state.intended(
            Attempt(shot, shot, 1, made.model, core, made.seed or 0, recipe(shot), DATE, request=request)
        )
        journal_state.accepted(shot, f"t-{shot}", "r", DATE)
        journal_state.stored(f"t-{shot}", content, DATE, take=replace(made, digest=content, fingerprint=core))
    repair.repair_store(store)
    shots = lockfile.read(store.lock).shots
    assert (shots["gull"].current, shots["tern"].current) == (fingerprint("gull"), "f" * 64 + "+9")


def test_a_lock_that_cannot_be_read_is_told_and_nothing_is_rebuilt_into_it(store: Store) -> None:
    """It stops every command; its way out is the one of the commands."""
    journaled(store, "lost")
    spoil(store.lock, lambda data: b"{")
    (damage,) = repair.repair_store(store)
    assert (damage.place, damage.repair, damage.blocks) == (store.lock.name, None, True)
    assert damage.hint == "restore it with `git checkout wanflow.lock`"
    assert store.lock.read_bytes() == b"{"
