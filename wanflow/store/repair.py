"""What is damaged in a store, and its repair, which loses nothing that was paid for (law 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from wanflow import decode
from wanflow import digest as digests
from wanflow.catalog.provider import load_providers
from wanflow.characters import for_shell
from wanflow.decode import Fields
from wanflow.errors import StoreFault, StoreFileRefused
from wanflow.messages import joined, tr, trn
from wanflow.records import immutable
from wanflow.store import atomic, blobs, findings, journal, layout, lockfile, rebuild, traces, uploads
from wanflow.store.attempt import JournalState
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.rebuild import Measure, unmeasured
from wanflow.store.take_names import take_node

UNREADABLE = tr("cannot be read")
TORN = tr("its last line is incomplete")

RepairCheck = Callable[[dict[str, object]], object]
"""Raises ValueError or StoreFault for a record that makes no sense after those before it."""


@immutable
class Damage:
    """One thing that is wrong: where, what, and its repair; None where only a person can do it.

    `hint` is the way out; `blocks` says that commands fail because of it. `emptied` says that a file lost all its
    content, so that an older version of it is better than what can be rebuilt.
    """

    place: str
    words: str
    repair: Callable[[], None] | None = None
    hint: str | None = tr("`wanflow doctor --repair` repairs it and loses nothing")
    blocks: bool = True
    emptied: bool = False


def examine(store: Store, measure: Measure = unmeasured) -> tuple[Damage, ...]:
    """All damage in a store; reads every take to its end, and changes nothing.

    `measure` is for repairs: it measures results that the journal of an older wanflow does not describe.
    Raises StoreFault for a store of a newer wanflow, and StoreFileRefused for a file that may not be read.
    """
    if not store.root.is_dir():
        return ()
    return (
        *_version(store),
        *(
            damage
            for one in _by_provider(store)
            for damage in _unreadable(store, one.journal, _check_of(one, journal.JournalRecords()), private=True)
        ),
        *_unreadable(store, store.traces, lambda record: traces.trace_of(record, tr("not a trace"))),
        *_unreadable(store, store.uploads, lambda record: uploads.upload_of(record, tr("not an upload")), private=True),
        *_unreadable(store, store.derivations, traces.derivation_of),
        *_unreadable(store, store.checks, findings.measured_of),
        *_takes(store),
        *_derived(store),
        *_locks(store),
        *_unrecorded(store, measure),
        *_without_record(store),
    )


def repair_store(store: Store, measure: Measure = unmeasured) -> tuple[Damage, ...]:
    """Repair what can be repaired, for the run that holds the store; gives all that was wrong.

    What is removed from the store is moved to `.wanflow/aside/`: files of records and damaged takes, as they were.
    The end is the same if it is done twice, or again after a crash. Raises StoreFault.
    """
    found = examine(store, measure)
    for damage in found:
        if damage.repair is not None:
            damage.repair()
    layout.remove_temporary_files(store)
    return found


def _version(store: Store) -> Iterator[Damage]:
    def renew() -> None:
        store.format.unlink()
        layout.establish(store)

    try:
        layout.recognise(store)
    except StoreFileRefused:
        raise  # it may not be copied either: a person removes it
    except StoreFault as fault:
        with suppress(OSError):
            if layout.version_in(atomic.bytes_of(store.format)) is not None:
                raise
        yield Damage(store.format.name, str(fault), renew)


def _check_of(store: Store, ends: journal.JournalRecords) -> RepairCheck:
    """The check of a journal's records in their order, by what they add up to."""

    def check(record: dict[str, object]) -> None:
        journal.refuse_newer(record, store.journal.name)
        ends.follow(record)

    return check


def _unreadable(store: Store, path: Path, check: RepairCheck, *, private: bool = False) -> Iterator[Damage]:
    """Lines of a file of records that cannot be read, or make no sense after those before them."""
    data = atomic.bytes_if_any(path)
    *lines, torn = data.split(b"\n")
    faults = {number: fault for number, line in enumerate(lines, start=1) if (fault := _fault_of(line, check))}
    if not faults and not torn:
        return
    lost = [number for number, fault in faults.items() if fault == UNREADABLE]
    words = [_cannot_be_read(lost)] * bool(lost)
    words += [
        tr("line {number}: {fault}", number=number, fault=fault)
        for number, fault in faults.items()
        if fault != UNREADABLE
    ]
    words += [TORN] * bool(torn)
    tasks: set[str] = set()
    for number in lost:
        with suppress(ValueError):  # a line that makes no sense may still name its task
            tasks.add(Fields(decode.parse_json(lines[number - 1])).read("task_id", decode.text))
    if tasks:
        named = joined(", ", sorted(tasks))
        words.append(
            tr("the record of task {named} will be lost: look for its result in the service's console", named=named)
        )
    kept = b"".join(line + b"\n" for number, line in enumerate(lines, start=1) if number not in faults)

    def rewrite() -> None:
        atomic.write_whole(store.aside / f"{path.name}.{digests.of_bytes(data)[:16]}", data, mode=journal.PRIVATE)
        atomic.write_whole(path, kept, mode=journal.PRIVATE if private else 0o644)

    if faults:
        yield Damage(path.name, joined(tr(" and "), words), rewrite)
    else:
        hint = tr("this is harmless: the next record takes its place")
        yield Damage(
            path.name, tr("{torn}, as after a command that was killed", torn=TORN), rewrite, hint, blocks=False
        )


def _cannot_be_read(numbers: list[int]) -> str:
    """Lines in words, such as `lines 1, 2 and 9 cannot be read`."""
    first, last = numbers[:-1], numbers[-1:]
    lines = joined(tr(" and "), (joined(", ", map(str, part)) for part in (first, last) if part))
    return trn("line {lines} cannot be read", "lines {lines} cannot be read", len(numbers), lines=lines)


def _fault_of(line: bytes, check: RepairCheck) -> str | None:
    """Why a line has to be removed, None where it stays."""
    try:
        record = decode.parse_json(line)
        if not isinstance(record, dict):
            return UNREADABLE
        check(record)
    except StoreFault as fault:
        if fault.hint == "update wanflow":
            raise
        return UNREADABLE
    except journal.TaskTwice as twice:
        return tr("{twice}; this submission is looked up again", twice=twice)
    except ValueError:
        return UNREADABLE
    return None


def _takes(store: Store) -> Iterator[Damage]:
    def set_aside(path: Path) -> None:
        with atomic.faults_of(path):
            with atomic.ignoring(atomic.NO_MODES):
                path.chmod(0o600)
            if not path.stat().st_size:
                path.unlink()
        blobs.set_aside(store, path)

    aside = store.aside.relative_to(store.folder).as_posix()
    for name, path in sorted(blobs.take_paths(store).items()):
        if _changed(path, name):
            words = tr("is not the file that was delivered: its bytes changed")
            hint = tr(
                "`wanflow doctor --repair` moves its file to `{aside}`; then `wanflow pull`, or copy the store",
                aside=aside,
            )
            yield Damage(tr("take {name}", name=name[:12]), words, partial(set_aside, path), hint)


def missing_takes(store: Store) -> tuple[str, ...]:
    """The takes of the lock whose files are not in the store, as `coast.t1`; those that `gc` removed are not missing.

    Raises StoreFault.
    """
    here = blobs.list_takes(store)
    return tuple(
        take_node(shot, entry.numbers[digest])
        for shot, entry in lockfile.read(store.lock).shots.items()
        for digest, take in entry.takes.items()
        if not take.gone and digest not in here
    )


def _changed(path: Path, digest: str) -> bool:
    """Whether a file's bytes do not match its digest; an unreadable file is a fault of the disk, and stays."""
    with atomic.faults_of(path):
        return digests.of_file(path) != digest


def _derived(store: Store) -> Iterator[Damage]:
    def remove(path: Path) -> None:
        with atomic.faults_of(path):
            path.unlink()

    for name in sorted(blobs.list_derived(store)):
        path = blobs.derived_file(store, name)
        if _changed(path, name.partition(".")[0]):
            words = tr("is damaged; it will be built again")
            yield Damage(tr("derived {name}", name=name[:12]), words, partial(remove, path))


def _locks(store: Store) -> Iterator[Damage]:
    """Locks that cannot be read, and what a merge left to decide: only a person can repair either."""
    # all providers that are paid share a lock: it is read once
    by_lock = {one.lock: one for one in reversed(_by_provider(store))}
    for one in reversed(by_lock.values()):
        try:
            lock = lockfile.read(one.lock)
        except StoreFault as fault:
            yield Damage(one.lock.name, str(fault), hint=fault.hint)
            continue
        for note in lock.notes:
            yield Damage(
                one.lock.name, note, hint=tr("the next command that changes the lock resolves it"), blocks=False
            )
        for shot in sorted(shot for shot, entry in lock.shots.items() if entry.rival_picks or entry.rival_holds):
            words = tr("both sides of a merge chose a take of `{shot}`", shot=shot)
            hint = tr("`wanflow pick {shot} N` resolves it; `wanflow takes {shot}` lists them", shot=for_shell(shot))
            yield Damage(one.lock.name, words, hint=hint, blocks=False)


def _unrecorded(store: Store, measure: Measure) -> Iterator[Damage]:
    """Takes that the journal has and that are missing in the lock or in the traces.

    The lock comes first: a repair that stops between the two still finds the missing traces. A backend whose lock
    cannot be read is passed over.
    """
    here, traced = blobs.list_takes(store), _traced(store)
    readable = [(one, lock) for one in _by_provider(store) if (lock := _readable_lock(one)) is not None]
    untraced: set[str] = set()
    for one, written in readable:
        journal_state = _readable_journal(one)
        stored, lock = journal_state.stored, rebuild.completed(one, journal_state, written)
        missing = {task.digest for task in rebuild.missing_in_lock(stored, here, lock)}
        untraced |= {task.digest for task in rebuild.missing_in_traces(stored, here, lock, traced)}
        if missing:
            yield Damage(
                one.lock.name,
                _missing_in_lock(len(missing), paid=one.lock == one.paid_lock),
                partial(rebuild.rebuild_lock, one, measure),
                hint=tr("`wanflow doctor --repair` enters them again, with their numbers, costs and seeds"),
                blocks=False,
                emptied=not any(entry.takes for entry in lock.shots.values()),
            )
    if untraced:
        yield Damage(
            store.traces.name,
            trn(
                "{number} take is in the journal and not in the traces",
                "{number} takes are in the journal and not in the traces",
                len(untraced),
            ),
            lambda: rebuild.rebuild_traces([one for one, _ in readable], measure),
            hint=tr("`wanflow doctor --repair` writes them again"),
            blocks=False,
        )


def _by_provider(store: Store) -> list[Store]:
    return [Store(store.folder, provider) for provider in load_providers().values()]


def _readable_lock(store: Store) -> Lock | None:
    try:
        return lockfile.read(store.lock)
    except StoreFault:
        return None


def _missing_in_lock(number: int, *, paid: bool) -> str:
    if paid:
        return trn(
            "{number} paid take is in the journal and not in the lock",
            "{number} paid takes are in the journal and not in the lock",
            number,
        )
    return trn(
        "{number} take is in the journal and not in the lock",
        "{number} takes are in the journal and not in the lock",
        number,
    )


def _readable_journal(store: Store) -> JournalState:
    """What a journal says, by its readable lines."""
    ends = journal.JournalRecords()
    for line in atomic.bytes_if_any(store.journal).split(b"\n")[:-1]:
        _fault_of(line, _check_of(store, ends))
    return ends.journal_state()


def _without_record(store: Store) -> Iterator[Damage]:
    """Takes without a record: they may have been paid for, and stay."""
    known = _traced(store)
    for one in _by_provider(store):
        lock = _readable_lock(one) or Lock()
        known |= {digest for entry in lock.shots.values() for digest in entry.takes}
        known |= {task.digest for task in _readable_journal(one).stored}
    for name, path in sorted(blobs.take_paths(store).items()):
        if name in known:
            continue
        words = tr("has no record: `{path}` stays where it is", path=path.relative_to(store.folder).as_posix())
        hint = tr("keep it if you know it, else move it elsewhere")
        yield Damage(tr("take {name}", name=name[:12]), words, hint=hint, blocks=False)


def _traced(store: Store) -> set[str]:
    found: set[str] = set()
    for line in atomic.bytes_if_any(store.traces).split(b"\n")[:-1]:
        _fault_of(line, lambda record: found.add(traces.trace_of(record, tr("not a trace")).take.digest))
    return found
