"""The schemas of lock and journal say what the code writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kit.locks import DATE, attempt, fingerprint, take, with_take
from kit.providers import DASHSCOPE
from wanflow import digest, schemas
from wanflow.store import lock as locks
from wanflow.store import lock_text
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock

FIRST = digest.of_bytes(b"first")


def _full_lock() -> Lock:
    lock = with_take(with_take(Lock(), "coast", "first"), "harbour/arrival", "second")
    lock = locks.set_current(lock, "coast", f"{fingerprint('coast')}+7")
    lock = locks.pick(lock, "coast", fingerprint("coast"), FIRST)
    return locks.keep(locks.wish(lock, "coast", fingerprint("coast"), 3), "coast", FIRST)


def _records(store: Store) -> list[dict[str, object]]:
    journal_state = Journal(store)
    for number in (1, 2, 3, 4):
        journal_state.intended(replace(attempt(f"a{number}"), request=f"{fingerprint('coast')}+7"))
    journal_state.presumed("a4", "not in the service's list", DATE)
    journal_state.declined("a3", "url error", DATE, code="InvalidParameter", state="failed")
    for number in (1, 2):
        journal_state.accepted(f"a{number}", f"t{number}", "r", DATE, seed_uncertain=number == 2)
    journal_state.running("t1", DATE)
    journal_state.succeeded("t1", "https://results/1", DATE, service="host 0123456789ab")
    journal_state.stored("t1", FIRST, DATE, take=take("coast", "first"), unfiled=True, current=fingerprint("coast"))
    journal_state.filed(["t1"], DATE)
    journal_state.ended("t2", "FAILED", "no", DATE, code="DataInspectionFailed", state="refused")
    return [json.loads(line) for line in store.journal.read_text(encoding="utf-8").splitlines()]


def test_every_lock_that_is_written_fits_its_schema() -> None:
    """One with all that a lock may say, and the empty one of a first run."""
    for lock in (Lock(), _full_lock()):
        assert list(schemas.violations(json.loads(lock_text.to_text(lock)), "lock.schema.json")) == []


@pytest.mark.parametrize(("old", "new"), [('"take": 1', '"take": "1"'), (' held"', ' kept"'), (FIRST, "coast.mp4")])
def test_a_lock_of_another_shape_does_not_fit(old: str, new: str) -> None:
    """The schema refuses wrong types, unknown keys and names that are no digests."""
    assert list(schemas.violations(json.loads(lock_text.to_text(_full_lock()).replace(old, new)), "lock.schema.json"))


def test_every_record_that_is_written_fits_its_schema(tmp_path: Path) -> None:
    """All events are in the sample, and each fits."""
    records = _records(Store(tmp_path, DASHSCOPE))
    events = schemas.load_schema("journal.schema.json")["properties"]["event"]["enum"]
    assert {record["event"] for record in records} == set(events)
    assert [list(schemas.violations(record, "journal.schema.json")) for record in records] == [[] for _ in records]


def test_a_record_of_another_shape_does_not_fit(tmp_path: Path) -> None:
    """A record that lacks one of its facts, has one too many, or is of no known event."""
    maybe = {"code", "state", "service", "facts", "request", "unfiled", "current"}
    for record in _records(Store(tmp_path, DASHSCOPE)):
        odd = [{**record, "event": "dreamt"}, {**record, "mood": "good"}]
        short = [
            {key: value for key, value in record.items() if key != gone}
            for gone in record
            if gone not in maybe and record[gone] != "uncertain"
        ]
        for damaged in (*odd, *short):
            assert list(schemas.violations(damaged, "journal.schema.json")), damaged
