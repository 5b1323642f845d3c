"""Traces: this recipe gave these bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.locks import fingerprint, recipe, take
from kit.providers import DASHSCOPE
from wanflow import digest
from wanflow.errors import StoreFault
from wanflow.store import blobs, traces
from wanflow.store.layout import Store
from wanflow.store.take import Trace


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path, DASHSCOPE)


def _trace(store: Store, words: str, content: str, backend: str = "dashscope") -> None:
    traces.append(store, Trace(take(words, content, backend=backend), recipe(words, backend)))


def test_takes_are_found_by_what_was_asked_oldest_first(store: Store) -> None:
    """Two answers to one question, one to another; each with the words that asked for it."""
    for words, content in (("coast", "one"), ("approach", "two"), ("coast", "three")):
        _trace(store, words, content)
    read = traces.read(store)
    assert read.takes == {
        fingerprint("coast"): (take("coast", "one"), take("coast", "three")),
        fingerprint("approach"): (take("approach", "two"),),
    }
    assert read.recipes == {fingerprint(words): recipe(words) for words in ("coast", "approach")}


def test_the_same_bytes_for_the_same_question_are_one_take(store: Store) -> None:
    """A trace that a crash made a run write twice counts once."""
    _trace(store, "coast", "one")
    _trace(store, "coast", "one")
    assert traces.read(store).takes == {fingerprint("coast"): (take("coast", "one"),)}


def test_an_animatic_never_answers_a_paid_request(store: Store) -> None:
    """The same words asked of two backends are two questions."""
    _trace(store, "coast", "drawn", backend="animatic")
    assert fingerprint("coast") not in traces.read(store).takes
    assert fingerprint("coast", "animatic") in traces.read(store).takes


def test_a_derived_file_counts_while_it_is_there(store: Store) -> None:
    """A record without its file is none, so that a cleaned store makes it again."""
    made = store.temporary(".png")
    made.write_bytes(b"frame")
    name = digest.of_bytes(b"frame")
    place = blobs.adopt_derived(store, made, name, ".png")
    traces.append_derived(store, "e" * 64, name, ".png")
    assert traces.read_derived(store) == {"e" * 64: f"{name}.png"}
    place.unlink()
    assert traces.read_derived(store) == {}


@pytest.mark.parametrize(
    ("key", "value"), [("digest", "../x"), ("rate", "1/0"), ("cost", "free"), ("recipe", 1.5), ("frames", None)]
)
def test_a_damaged_trace_is_an_error_with_its_line(store: Store, key: str, value: object) -> None:
    """Traces are what was paid for: damage is reported, never skipped."""
    _trace(store, "coast", "one")
    record = json.loads(store.traces.read_text(encoding="utf-8"))
    with store.traces.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**record, key: value}) + "\n")
    with pytest.raises(StoreFault, match=r"`traces.jsonl` is damaged at line 2"):
        traces.read(store)
