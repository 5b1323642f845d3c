"""The journal: what is still open, and that nothing in it is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kit.locks import DATE, attempt, fingerprint, take
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow.errors import StoreFault
from wanflow.store import journal
from wanflow.store.attempt import JournalState, OpenTask, StoredTask
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.take import Take

DIGEST = "d" * 64
LATER = "2026-11-20T10:02:00Z"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


def _accepted(store: Store, name: str = "a1", task: str = "t1") -> Journal:
    journal_state = Journal(store)
    journal_state.intended(attempt(name))
    journal_state.accepted(name, task, "r1", DATE)
    return journal_state


def test_no_journal_has_no_open_ends(store: Store) -> None:
    """A production that never ran has nothing in flight."""
    assert journal.read(store) == JournalState()


def test_an_intent_without_an_answer_has_an_unknown_fate(store: Store) -> None:
    """Written before the request is sent, its fate is unknown, with all that is needed to look for its task (law 3)."""
    Journal(store).intended(attempt("a1"))
    asked = {"coast": {1: (fingerprint("coast"), 7)}}
    assert journal.read(store) == JournalState(unknown_fate=(attempt("a1"),), numbers=asked)


def test_an_accepted_request_is_an_open_task_until_its_film_is_stored(store: Store) -> None:
    """A result that is known to exist keeps its address until its bytes are safe."""
    journal_state = _accepted(store)
    assert journal.read(store).open == (OpenTask("t1", attempt("a1"), DATE),)
    journal_state.succeeded("t1", "https://results/1?signature=x", LATER)
    ready = OpenTask("t1", attempt("a1"), DATE, "https://results/1", LATER)
    assert journal.read(store).open == (ready,)
    journal_state.stored("t1", DIGEST, LATER)
    asked = {"coast": {1: (fingerprint("coast"), 7)}}
    done = StoredTask("t1", attempt("a1"), DIGEST, LATER)
    assert journal.read(store) == JournalState(known=frozenset({"t1"}), numbers=asked, stored=(done,))


def test_a_film_that_was_stored_keeps_all_that_the_lock_says_of_its_take(store: Store) -> None:
    """With the key of its request, so that the journal alone can give both back."""
    asked, made = replace(attempt("a1"), request=f"{fingerprint('coast')}+7"), take("coast", "film")
    journal_state = Journal(store)
    journal_state.intended(asked)
    journal_state.accepted("a1", "t1", "r1", DATE, seed_uncertain=True)
    journal_state.stored("t1", made.digest, LATER, take=made)
    (done,) = journal.read(store).stored
    assert (done.attempt, done.seed_uncertain) == (asked, True)
    assert done.facts is not None
    assert Take.from_json(done.digest, done.facts) == made


def test_a_task_that_ended_badly_is_not_open_and_its_words_are_kept(store: Store) -> None:
    """The service's code and words stay the last word on that request until it is tried again."""
    journal_state = _accepted(store)
    journal_state.ended("t1", "FAILED", "inappropriate content", LATER, code="DataInspectionFailed")
    read = journal.read(store)
    assert (read.open, read.unknown_fate, read.known) == ((), (), {"t1"})
    ending = read.endings[0]
    assert (ending.code, ending.words, ending.task_id) == ("DataInspectionFailed", "inappropriate content", "t1")
    journal_state.intended(attempt("a2"))
    assert journal.read(store).endings == ()


def test_a_declined_request_has_no_unknown_fate_and_no_task(store: Store) -> None:
    """What was surely not accepted owes nothing; its words are kept."""
    journal_state = Journal(store)
    journal_state.intended(attempt("a1"))
    journal_state.declined("a1", "url error", LATER, code="InvalidParameter")
    read = journal.read(store)
    assert (read.open, read.unknown_fate) == ((), ())
    assert [(ending.code, ending.task_id) for ending in read.endings] == [("InvalidParameter", None)]


def test_a_task_is_known_for_good(store: Store) -> None:
    """A finished task is never taken for the lost one of another attempt."""
    _accepted(store).stored("t1", DIGEST, LATER)
    _accepted(store, "a2", "t2").ended("t2", "CANCELED", "cancelled", LATER)
    assert journal.read(store).known == {"t1", "t2"}


def test_law_2_truncated_at_any_byte_the_journal_still_says_what_is_open(store: Store) -> None:
    """A crash in the middle of a record leaves the state before it: a request is never forgotten once it was sent."""
    journal_state = _accepted(store)
    journal_state.stored("t1", DIGEST, LATER)
    whole = store.journal.read_bytes()
    states = {1: {"unknown"}, 2: {"open"}, 3: set[str]()}
    for length in range(len(whole) + 1):
        store.journal.write_bytes(whole[:length])
        read = journal.read(store)
        found = {name for name, ends in (("unknown", read.unknown_fate), ("open", read.open)) if ends}
        assert found == states.get(whole[:length].count(b"\n"), set())


def test_a_record_after_a_torn_one_is_read(store: Store) -> None:
    """The run after a crash writes on, and what it writes counts."""
    _accepted(store)
    with store.journal.open("ab") as file:
        file.write(b'{"event":"stor')
    Journal(store).stored("t1", DIGEST, LATER)
    assert journal.read(store).open == ()


def test_only_its_owner_reads_the_journal(store: Store) -> None:
    """Prompts and purchases are private."""
    _accepted(store)
    assert store.journal.stat().st_mode & 0o777 == 0o600


def test_a_journal_of_a_newer_wanflow_is_refused(store: Store) -> None:
    """What a newer version may mean is not guessed: its requests cost money."""
    _accepted(store)
    record = json.loads(store.journal.read_text(encoding="utf-8").split("\n")[1])
    line = json.dumps({**record, "version": journal.VERSION + 1})
    with store.journal.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(StoreFault, match="has a newer version at line 3") as fault:
        journal.read(store)
    assert fault.value.hint == "update wanflow"


@pytest.mark.parametrize("key", ["seed", "fingerprint", "recipe", "take", "attempt"])
def test_a_record_that_makes_no_sense_is_an_error_with_its_line(store: Store, key: str) -> None:
    """A missing fact or one of the wrong kind is a fault of the store, never a traceback."""
    Journal(store).intended(attempt("a1"))
    record = json.loads(store.journal.read_text(encoding="utf-8"))
    for damaged in ({**record, key: 1.5}, {name: value for name, value in record.items() if name != key}):
        store.journal.write_text(json.dumps(damaged) + "\n", encoding="utf-8")
        with pytest.raises(StoreFault, match="is damaged at line 1"):
            journal.read(store)


def test_an_acceptance_without_an_intent_is_an_error(store: Store) -> None:
    """A task without an intent means that the journal lost a line."""
    Journal(store).accepted("a1", "t1", "r1", DATE)
    with pytest.raises(StoreFault, match="is damaged at line 1"):
        journal.read(store)


def test_a_task_that_was_accepted_for_two_submissions_is_refused(store: Store) -> None:
    """One task belongs to one attempt: the error names the line and the task, and says how it is mended."""
    journal_state = _accepted(store)
    journal_state.intended(attempt("a2"))
    journal_state.accepted("a2", "t1", "r1", LATER)
    with pytest.raises(StoreFault, match="line 4: task t1 was accepted for another submission before") as fault:
        journal.read(store)
    assert "doctor --repair" in (fault.value.hint or "")


def test_an_acceptance_that_is_written_twice_counts_once(store: Store) -> None:
    """The disk may fail after the record is on it, and the same is then written again."""
    journal_state = _accepted(store)
    journal_state.accepted("a1", "t1", "r1", LATER)
    assert journal.read(store).open == (OpenTask("t1", attempt("a1"), DATE),)


def test_attempts_that_may_have_each_others_tasks_are_remembered(store: Store) -> None:
    """Also when their films are stored: a later one with the same words may have the task of one of them."""
    journal_state = Journal(store)
    journal_state.intended(attempt("a1"))
    journal_state.accepted("a1", "t1", "r1", DATE, seed_uncertain=True)
    journal_state.stored("t1", DIGEST, LATER)
    _accepted(store, "a2", "t2")
    assert journal.read(store).seed_uncertain == (attempt("a1"),)


def test_each_backend_has_a_journal_of_its_own(store: Store) -> None:
    """What is in flight at the paid service is nothing to the animatic."""
    _accepted(store)
    assert journal.read(Store(store.folder, ANIMATIC)) == JournalState()


def test_what_was_written_for_a_shot_follows_its_new_name(store: Store) -> None:
    """Tasks in flight, lost submissions, numbers and films; names that swap do so at once, what comes later stays."""
    journal_state = _accepted(store, "a1", "t1")
    journal_state.intended(replace(attempt("a2", seed=8), shot="pier", number=4))
    journal_state.renamed({"coast": "pier", "pier": "coast"}, LATER)
    journal_state.intended(replace(attempt("a3", seed=9), number=5))
    read = journal.read(store)
    assert [task.attempt.shot for task in read.open] == ["pier"]
    assert {one.id: one.shot for one in read.unknown_fate} == {"a2": "coast", "a3": "coast"}
    assert {shot: set(numbers) for shot, numbers in read.numbers.items()} == {"pier": {1}, "coast": {4, 5}}
    assert journal_state.reserved(["coast"]) == {4, 5}
    journal_state.stored("t1", DIGEST, LATER)
    assert [task.attempt.shot for task in journal.read(store).stored] == ["pier"]
    journal_state.renamed({"pier": "shore"}, LATER)
    assert [task.attempt.shot for task in journal.read(store).stored] == ["shore"]


@pytest.mark.parametrize("names", [None, [], {"coast": 7}])
def test_a_rename_that_makes_no_sense_is_damage_with_its_line(store: Store, names: object) -> None:
    """It is reported like any other."""
    _accepted(store)
    record = {"event": "renamed", "version": 1, "date": DATE, "names": names}
    with store.journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    with pytest.raises(StoreFault, match="damaged at line 3"):
        journal.read(store)
