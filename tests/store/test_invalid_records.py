"""Nonsense in every field of every record of ours: an error with its file and line, or a value that can be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from kit.invalid_values import INVALID, Corrupted, corrupted, paths
from kit.locks import DATE, FILM, attempt, fingerprint, recipe, stored, take, with_take
from kit.providers import DASHSCOPE
from wanflow import digest, money, timebase
from wanflow.errors import LockUnreadable, StoreFault
from wanflow.language.checks import Check
from wanflow.language.source import Facts, Kind
from wanflow.planner import budget
from wanflow.store import (
    atomic,
    charges,
    cut_records,
    fact_cache,
    findings,
    inventory,
    journal,
    layout,
    lock_text,
    repair,
    traces,
    uploads,
)
from wanflow.store import lock as locks
from wanflow.store.findings import Finding, Measured
from wanflow.store.journal import Journal
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.take import Price, Trace
from wanflow.store.uploads import Upload

FIRST = digest.of_bytes(b"first")
PRICE = Price(Decimal("1.20"), Decimal("0.6"), "CNY")
PAID = replace(attempt("a1"), price=PRICE)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a record of each kind."""
    store = Store(tmp_path, DASHSCOPE)
    layout.establish(store)
    stored(store, "first")
    traces.append(store, Trace(_full_take(), recipe("coast")))
    black = Finding(Check.BLACK, 0.8, 0.25, Fraction(1), Fraction(2))
    findings.append(store, Measured(FIRST, FIRST, (black,), frozenset({"clip"})))
    journal_state = Journal(store)
    for name, task in (("a1", "t1"), ("a2", "t2"), ("a3", "t3")):
        journal_state.intended(replace(PAID, id=name))
        journal_state.accepted(name, task, "r", DATE)
    journal_state.running("t1", DATE)
    journal_state.succeeded("t1", "https://results/1", DATE, service="host 0123456789ab")
    journal_state.stored("t1", FIRST, DATE)
    journal_state.ended("t2", "FAILED", "no", DATE, code="DataInspectionFailed", state="refused")
    journal_state.intended(replace(PAID, id="a4"))
    journal_state.declined("a4", "url error", DATE, code="InvalidParameter", state="failed")
    journal_state.intended(replace(PAID, id="a5"))
    journal_state.presumed("a5", "not in the service's list", DATE)
    uploads.remember(store, Upload(FIRST, "wan2.7-i2v", "host 0123456789ab", "oss://a/b", DATE))
    return store


def _full_take(content: str = "first") -> object:
    return replace(take("coast", content), estimate=Decimal("3.60"), seed_uncertain=True)


def _full_lock() -> Lock:
    lock = with_take(Lock(), "coast", "second", number=2)
    lock = locks.add_take(lock, "coast", _full_take(), recipe("coast"), 1)  # type: ignore[arg-type]
    lock = locks.set_current(lock, "coast", f"{fingerprint('coast')}+7")
    lock = locks.pick(lock, "coast", fingerprint("coast"), FIRST)
    return locks.keep(locks.wish(lock, "coast", fingerprint("coast"), 3), "coast", FIRST)


def _lock_texts() -> Iterator[tuple[int, Corrupted, str]]:
    """A lock with nonsense in one of its facts, and the number of the line that it is in."""
    lines = lock_text.to_text(_full_lock()).split("\n")
    for at, line in enumerate(lines):
        if line.startswith(' "coast'):
            for case in corrupted(json.loads(f"{{{line.removesuffix(',')}}}")):
                yield at + 1, case, "\n".join([*lines[:at], f" {case.text[1:-1]},", *lines[at + 1 :]])


def _fault_of(read: Callable[[], object]) -> StoreFault | None:
    """What a reader complains about, with its way out; whatever else it raises fails the test."""
    try:
        read()
    except StoreFault as fault:
        return fault
    return None


def test_nonsense_in_the_lock_is_an_error_at_its_line_or_can_be_written_again() -> None:
    """Every fact; what is read is bounded, and the budget counts with it."""
    faults = 0
    for line, case, text in _lock_texts():
        fault = _fault_of(lambda text=text: lock_text.from_text(text, "wanflow.lock"))  # type: ignore[misc]
        if fault is not None:
            faults += 1
            assert str(fault).startswith("`wanflow.lock`"), case.name
            assert f"line {line}" in str(fault) or case.kind == "missing", (case.name, str(fault))
            assert fault.hint
            assert len(str(fault).encode()) < 1000, case.name
            continue
        read = lock_text.from_text(text, "wanflow.lock")
        again = lock_text.to_text(read)
        assert lock_text.to_text(lock_text.from_text(again, "wanflow.lock")) == again, case.name
        assert again.encode()
        assert 0 <= budget.spent(read) <= 2 * money.MOST, case.name
    assert faults > 200


@pytest.mark.parametrize("key", ["cost", "estimate"])
@pytest.mark.parametrize(
    "amount", ["-5", "1000000.01", "Infinity", "NaN", "1e3", "1e999999999", "9" * 5000, " 1", "１"]
)
def test_an_amount_that_no_film_costs_is_an_error_at_its_line(key: str, amount: str) -> None:
    """It would beat the budget, or fill the memory."""
    text = lock_text.to_text(_full_lock())
    old = {"cost": '"cost": "3.00", "currency": "CNY", "date"', "estimate": '"estimate": "3.60"'}[key]
    line = next(number for number, line in enumerate(text.split("\n"), 1) if '"estimate"' in line)
    spoilt_text = text.replace(old, re.sub(rf'"{key}": "[^"]*"', f'"{key}": "{amount}"', old))
    with pytest.raises(LockUnreadable, match=rf"at line \d+: `{key}` is not an amount from 0 to 1000000: ") as fault:
        lock_text.from_text(spoilt_text, "wanflow.lock")
    assert f"line {line}" in str(fault.value) or key == "cost"


@pytest.mark.parametrize("amount", ["0", "0.000000000000000001", "1000000", "999999.99"])
def test_an_amount_that_a_film_may_cost_is_read_as_it_was_written(amount: str) -> None:
    """From nothing to the most that a take may cost."""
    lock = locks.add_take(Lock(), "coast", replace(take("coast", "x"), cost=Decimal(amount)), recipe("coast"), 1)
    assert lock_text.from_text(lock_text.to_text(lock), "wanflow.lock") == lock


def _spoilt_lines(path: Path) -> Iterator[tuple[int, dict[str, object], Corrupted]]:
    """A file of records with nonsense in one field of one of its lines: that line, as it was, and what is wrong now.

    Of the lines of one event with the same fields it is the last one.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    records = list(map(json.loads, lines))
    last = {(record.get("event"), *paths(record)): at for at, record in enumerate(records)}
    for at, line in ((at, lines[at]) for at in last.values()):
        for case in corrupted(json.loads(line)):
            path.write_text("\n".join([*lines[:at], case.text, *lines[at + 1 :], ""]), encoding="utf-8")
            yield at + 1, json.loads(line), case
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


READERS: Mapping[str, Callable[[Store], object]] = {
    "traces": traces.read,
    "uploads": uploads.read,
    "checks": findings.read,
    "journal": lambda store: (journal.read(store), charges.read(store, Lock())),
}


@pytest.mark.parametrize("name", READERS)
def test_nonsense_in_a_record_is_an_error_with_its_line_or_can_be_used(name: str, store: Store) -> None:
    """Every field of every event; what is read is bounded and dated."""
    path, faults = getattr(store, name), 0
    for _, _, case in _spoilt_lines(path):
        fault = _fault_of(lambda: READERS[name](store))
        if fault is not None:
            faults += 1
            assert re.search(rf"`{path.name}` .*line \d+", str(fault)), (case.name, str(fault))
            assert fault.hint
    assert faults > 50


def test_a_price_or_a_date_of_nonsense_loses_no_task(store: Store) -> None:
    """What the journal says of a task counts without them, and a repair takes none of it away."""
    before, faults = journal.read(store), [damage.words for damage in repair.examine(store)]
    cases = [case for case in _spoilt_lines(store.journal) if case[2].path[0] in {"price", "date"}]
    assert len(cases) > 100
    for line, record, case in _spoilt_lines(store.journal):
        if case.path[0] not in {"price", "date"} or case.kind in {"half a character", "deep list", "deep mapping"}:
            continue
        journal_state = journal.read(store)
        assert [task.task_id for task in journal_state.open] == [task.task_id for task in before.open], (
            line,
            case.name,
        )
        assert journal_state.known == before.known
        ends = (
            *journal_state.unknown_fate,
            *(task.attempt for task in journal_state.open),
            *(end.attempt for end in journal_state.endings),
        )
        assert all(timebase.moment(one.date) for one in ends), (record, case.name)
        assert all(one.price in {None, PRICE} for one in ends), case.name
        assert all(timebase.moment(task.accepted) for task in journal_state.open)
    assert [damage.words for damage in repair.examine(store)] == faults


def test_a_repair_makes_every_store_readable(store: Store) -> None:
    """Whatever is in its records, and in the file of its version."""
    lines = store.journal.read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[0])
    for path in ({"event"}, {"seed"}, {"recipe"}, {"version"}):
        for case in (case for case in corrupted(record) if set(case.path[:1]) == path and len(case.path) == 1):
            store.journal.write_text("\n".join([case.text, *lines[2:], ""]), encoding="utf-8")
            repair.repair_store(store)
            journal.read(store)
    for case in corrupted(json.loads(store.format.read_bytes())):
        store.format.write_text(case.text, encoding="utf-8")
        repair.repair_store(store)
        layout.recognise(store)


def _files(store: Store) -> Mapping[str, tuple[Path, Callable[[], object], Callable[[], object]]]:
    film = store.folder / "out" / "main.mp4"
    film.parent.mkdir(exist_ok=True)
    film.write_bytes(b"a cut")
    facts = Facts(Kind.VIDEO, "mp4", "a" * 64, 5, 1280, 720, alpha=False, frames=30, rate=FILM.rate, samples=7)
    return {
        "cuts": (
            store.cuts,
            lambda: cut_records.remember(store, "main", "out/main.mp4", "f" * 64, ["e" * 64]),
            lambda: (cut_records.current(store, {"main": "out/main.mp4"}), list(cut_records.segments(store))),
        ),
        "facts": (
            store.facts,
            lambda: fact_cache.remember(store, {"out/main.mp4": facts}, begun_ns=2**62),
            lambda: fact_cache.look(store, ("out/main.mp4",)),
        ),
    }


@pytest.mark.parametrize("name", ["cuts", "facts"])
def test_nonsense_in_what_can_be_made_again_counts_as_nothing(name: str, store: Store) -> None:
    """A cache is read and written as ever."""
    path, remember, look = _files(store)[name]
    remember()
    document = json.loads(path.read_bytes())
    assert len(list(paths(document))) > 5
    for case in corrupted(document):
        atomic.write_whole(path, case.text.encode())
        look()
        remember()
        assert json.loads(path.read_bytes()), case.name


def test_nonsense_among_derived_files_counts_as_nothing_made(store: Store) -> None:
    """Or it is an error with its line."""
    traces.append_derived(store, "e" * 64, FIRST, ".png")
    for _, _, case in _spoilt_lines(store.derivations):
        fault = _fault_of(lambda: traces.read_derived(store))
        if fault is None:
            assert traces.read_derived(store) == {}, case.name
        else:
            assert "at line 1" in str(fault), case.name


def test_a_store_with_nonsense_in_its_version_is_refused(store: Store) -> None:
    """With the file's name and the way out."""
    for case in corrupted(json.loads(store.format.read_bytes())):
        store.format.write_text(case.text, encoding="utf-8")
        with pytest.raises(StoreFault, match="store") as fault:
            inventory.survey(store, {})
        assert fault.value.hint


def test_every_kind_of_nonsense_is_tried_on_a_lock() -> None:
    """The samples have every fact that is written, and none is left out."""
    kinds = {case.kind for _, case, _ in _lock_texts()}
    assert kinds == {*INVALID, "missing"}
    written = {key for _, case, _ in _lock_texts() for key in case.path[1:2]}
    assert {"cost", "estimate", "currency", "date", "frames", "rate", "seed", "samples"} <= written
