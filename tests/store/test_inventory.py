"""The snapshot of what we have."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kit.call_count import count_calls
from kit.locks import DATE, FILM, attempt, fingerprint, journaled, recipe, stored, take, with_take
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow import digest
from wanflow.store import atomic, blobs, cut_records, inventory, lockfile, traces
from wanflow.store.attempt import OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, add_take
from wanflow.store.take import Trace

OUTPUTS = {"main": "out/main.mp4"}
SHOTS = 1000
MOST_CALLS = 600
"""Function calls that each shot may cost; today it is 280."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store after a run: a take in the lock, a derived file, a cut, one task in flight and one of unknown fate."""
    store = Store(tmp_path / "film", DASHSCOPE)
    stored(store, "first")
    traces.append(store, Trace(take("coast", "first"), recipe("coast")))
    lockfile.update(store.lock, lambda lock: with_take(lock, "coast", "first"))
    made = store.temporary(".png")
    made.write_bytes(b"frame")
    blobs.adopt_derived(store, made, digest.of_bytes(b"frame"), ".png")
    traces.append_derived(store, "e" * 64, digest.of_bytes(b"frame"), ".png")
    _cut(store, b"a cut")
    journal_state = Journal(store)
    for name in ("a1", "a2"):
        journal_state.intended(attempt(name))
    journal_state.accepted("a1", "t1", "r1", DATE)
    return store


def _cut(store: Store, content: bytes) -> Path:
    file = store.folder / OUTPUTS["main"]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    cut_records.remember(store, "main", OUTPUTS["main"], "made from these")
    return file


def test_a_survey_sees_lock_and_store(store: Store) -> None:
    """Takes with their words, what is here, what is derived, the cuts, what is in flight and what has an unknown fate."""
    assert inventory.survey(store, OUTPUTS) == Inventory(
        lock=with_take(Lock(), "coast", "first"),
        takes={fingerprint("coast"): (take("coast", "first"),)},
        recipes={fingerprint("coast"): recipe("coast")},
        here=frozenset({digest.of_bytes(b"first")}),
        derived={"e" * 64: f"{digest.of_bytes(b'frame')}.png"},
        cuts={"main": "made from these"},
        cut_takes={"main": ()},
        open_tasks=(OpenTask("t1", attempt("a1"), DATE),),
        unknown_fate=(attempt("a2"),),
        numbers={"coast": {1: (fingerprint("coast"), 7)}},
    )


def test_looking_at_nothing_finds_nothing_and_writes_nothing(tmp_path: Path) -> None:
    """A plan of a fresh clone leaves no trace."""
    assert inventory.survey(Store(tmp_path, DASHSCOPE), OUTPUTS) == Inventory()
    assert list(tmp_path.iterdir()) == []


def test_the_store_can_be_moved_and_copied(store: Store) -> None:
    """A production in another folder has the same inventory, because nothing inside names the old one."""
    before = inventory.survey(store, OUTPUTS)
    moved = store.folder.with_name("elsewhere")
    store.folder.rename(moved)
    assert inventory.survey(Store(moved, DASHSCOPE), OUTPUTS) == before
    copied = shutil.copytree(moved, moved.with_name("copy"))
    assert inventory.survey(Store(copied, DASHSCOPE), OUTPUTS) == before
    texts = [path.read_bytes() for path in moved.rglob("*") if path.is_file()]
    assert not any(os.fsencode(store.folder.parent) in text for text in texts)


def test_the_other_backend_shares_files_but_no_lock_and_no_tasks(store: Store) -> None:
    """An animatic sees neither the paid picks nor the paid tasks, nor takes the paid cut for its own."""
    other = inventory.survey(Store(store.folder, ANIMATIC), OUTPUTS)
    assert (other.lock, other.open_tasks, other.unknown_fate, other.cuts) == (Lock(), (), (), {})


def test_words_of_a_request_come_from_the_lock_where_the_store_is_not_here(store: Store) -> None:
    """After a clone without the store, `why` still has what to compare with, and nothing is here."""
    shutil.rmtree(store.root)
    fresh = inventory.survey(store, OUTPUTS)
    assert fresh.recipes == {fingerprint("coast"): recipe("coast")}
    assert (fresh.takes, fresh.here) == ({}, frozenset())


@pytest.mark.parametrize("change", ["content", "time", "gone", "output"])
def test_a_cut_whose_file_is_not_as_it_was_written_does_not_count(store: Store, change: str) -> None:
    """Edited, touched, removed or wanted elsewhere: it is assembled again."""
    file = store.folder / OUTPUTS["main"]
    outputs = {"main": "out/other.mp4"} if change == "output" else OUTPUTS
    match change:
        case "content":
            file.write_bytes(b"edited by hand")
        case "time":
            os.utime(file, ns=(0, 0))
        case "gone":
            file.unlink()
        case "output":
            file.rename(store.folder / outputs["main"])
    assert inventory.survey(store, outputs).cuts == {}


def test_a_record_of_a_cut_without_its_fingerprint_counts_as_none(store: Store) -> None:
    """Half a record does not stop the command."""
    known = json.loads(store.cuts.read_bytes())
    del known["dashscope:main"]["fingerprint"]
    store.cuts.write_text(json.dumps(known), encoding="utf-8")
    assert inventory.survey(store, OUTPUTS).cuts == {}


@pytest.mark.parametrize("text", ["", "[]", '{"dashscope:main": 1}', '{"dashscope:main": {"output": "out/main.mp4"}}'])
def test_a_record_of_cuts_that_cannot_be_read_counts_as_none(store: Store, text: str) -> None:
    """It costs an assembly, never a command; the next cut mends it."""
    store.cuts.write_text(text, encoding="utf-8")
    assert inventory.survey(store, OUTPUTS).cuts == {}
    _cut(store, b"again")
    assert inventory.survey(store, OUTPUTS).cuts == {"main": "made from these"}


def test_a_take_that_only_the_journal_has_is_found_with_its_number(store: Store) -> None:
    """Beside those of lock and traces, while its bytes are here."""
    lost = journaled(store, "second", number=4)
    have = inventory.survey(store, OUTPUTS)
    assert have.takes[fingerprint("coast")] == (take("coast", "first"), lost)
    assert have.reserved("coast")[4] == (fingerprint("coast"), lost.seed)
    blobs.take_path(store, lost.digest, ".mp4").unlink()
    assert inventory.survey(store, OUTPUTS).takes[fingerprint("coast")] == (take("coast", "first"),)


def test_a_take_that_the_lock_has_as_gone_is_not_found_again(store: Store) -> None:
    """A person removed it, and it answers nothing, even where its bytes are still here."""
    removed = replace(journaled(store, "second", number=4), gone=True)
    lockfile.update(store.lock, lambda lock: add_take(lock, "coast", removed, recipe("coast"), 4))
    assert inventory.survey(store, OUTPUTS).takes[fingerprint("coast")] == (take("coast", "first"),)


@pytest.mark.parametrize("facts", [None, {}, {"frames": -1, "rate": "0", "date": 1}])
def test_a_take_that_the_journal_does_not_describe_is_measured(store: Store, facts: dict[str, object] | None) -> None:
    """In the journal of an older wanflow, or by facts that make no sense: its cost is unknown then."""
    lost = journaled(store, "second", described=False)
    records = [dict(record) for record in atomic.read_records(store.journal)]
    lines = [{**record, "facts": facts} if record["event"] == "stored" else record for record in records]
    store.journal.write_bytes(b"".join(map(atomic.line_of, lines)))
    have = inventory.survey(store, OUTPUTS, lambda digests: dict.fromkeys(digests, FILM))
    rebuilt = replace(lost, request_id=None, cost=None, currency=None)
    assert have.takes[fingerprint("coast")] == (take("coast", "first"), rebuilt)
    assert len(inventory.survey(store, OUTPUTS).takes[fingerprint("coast")]) == 1


def test_a_thousand_shots_are_surveyed_in_no_time(tmp_path: Path) -> None:
    """A run with nothing to do looks at everything and still feels instant: a few calls for each shot."""
    store = Store(tmp_path, DASHSCOPE)
    lock = Lock()
    for number in range(SHOTS):
        lock = Lock({**lock.shots, **with_take(Lock(), f"shot{number}", f"film{number}").shots})
    lockfile.update(store.lock, lambda _: lock)
    store.takes.mkdir(parents=True)
    for entry in lock.shots.values():
        for name in entry.takes:
            blobs.take_path(store, name, ".mp4").parent.mkdir(exist_ok=True)
            blobs.take_path(store, name, ".mp4").touch()
    surveyed, calls = count_calls(lambda: inventory.survey(store, {}))
    assert (len(surveyed.lock.shots), len(surveyed.here)) == (SHOTS, SHOTS)
    assert calls / SHOTS < MOST_CALLS
