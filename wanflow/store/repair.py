"""What is damaged in a store, and mending it so that nothing that was paid for is lost (law 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wanflow import decode
from wanflow import digest as digests
from wanflow.catalog.provider import load_providers
from wanflow.decode import Fields
from wanflow.errors import StoreFault
from wanflow.store import atomic, blobs, journal, layout, lockfile, rebuild, traces, uploads
from wanflow.store.attempt import JournalState
from wanflow.store.layout import Store
from wanflow.store.lock import Lock
from wanflow.store.rebuild import Measure, unmeasured

UNREADABLE = "can't be read"

Judge = Callable[[dict[str, object]], object]
"""Raises ValueError or StoreFault for a record that makes no sense after those before it."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong: where, what, and how to mend it; None where only a person can.

    `hint` is the way out; `blocks` says that commands fail because of it. `emptied` says that a file lost all that it
    had, so that an older version of it is better than what can be made again.
    """

    place: str
    words: str
    mend: Callable[[], None] | None = None
    hint: str | None = "`wanflow doctor --repair` mends it and loses nothing"
    blocks: bool = True
    emptied: bool = False


def examine(store: Store, measure: Measure = unmeasured) -> tuple[Damage, ...]:
    """Everything that is damaged, every take read to its end; changes nothing.

    `measure` is for mending: it measures films that the journal of an older wanflow does not describe.
    Raises StoreFault for a store of a newer wanflow.
    """
    if not store.root.is_dir():
        return ()
    return (
        *_version(store),
        *_records(store),
        *_takes(store),
        *_derived(store),
        *_locks(store),
        *_unrecorded(store, measure),
        *_strangers(store),
    )


def mend(store: Store, measure: Measure = unmeasured) -> tuple[Damage, ...]:
    """Mend what can be mended, for the one run that holds the store; gives all that was wrong.

    What is taken out of the store lies in `.wanflow/aside/` afterwards: files of records as they were, takes as they
    came. Done twice, or gone on with after a crash, it ends the same. Raises StoreFault.
    """
    found = examine(store, measure)
    for damage in found:
        if damage.mend is not None:
            damage.mend()
    layout.sweep_temporary(store)
    return found


def _version(store: Store) -> Iterator[Damage]:
    try:
        layout.recognise(store)
    except StoreFault as fault:
        if store.format.exists() and _is_number(store.format):
            raise
        yield Damage(store.format.name, str(fault), lambda: _renew_version(store))


def _is_number(path: Path) -> bool:
    try:
        return layout.version_in(path.read_bytes()) is not None
    except OSError:
        return False


def _renew_version(store: Store) -> None:
    store.format.unlink()
    layout.establish(store)


def _records(store: Store) -> Iterator[Damage]:
    for one in _by_provider(store):
        yield from _unreadable(store, one.journal, _follow(one, journal.JournalRecords()), private=True)
    yield from _unreadable(store, store.traces, lambda record: traces.trace_of(record, "no trace"))
    yield from _unreadable(store, store.uploads, lambda record: uploads.upload_of(record, "no upload"), private=True)
    yield from _unreadable(store, store.derivations, traces.derivation_of)


def _follow(store: Store, ends: journal.JournalRecords) -> Judge:
    def judge(record: dict[str, object]) -> None:
        journal.refuse_newer(record, store.journal.name, 0)
        ends.follow(record)

    return judge


def _unreadable(store: Store, path: Path, judge: Judge, *, private: bool = False) -> Iterator[Damage]:
    """Lines of a file of records that can't be read, or make no sense after those before them."""
    if not path.exists():
        return
    with atomic.faults_of(path):
        data = path.read_bytes()
    *lines, torn = data.split(b"\n")
    troubles = {number: why for number, line in enumerate(lines, start=1) if (why := _trouble(line, judge))}
    if not troubles and not torn:
        return
    lost = [number for number, trouble in troubles.items() if trouble == UNREADABLE]
    words = [f"line {', '.join(map(str, lost))} {UNREADABLE}"] * bool(lost)
    words += [f"line {number}: {trouble}" for number, trouble in troubles.items() if trouble != UNREADABLE]
    words += ["its last line is torn"] * bool(torn)
    named = sorted({_task(lines[number - 1]) for number in lost} - {""})
    if named:
        words.append(
            f"what is known of task {', '.join(named)} goes with it: look for its film in the service's console"
        )
    kept = b"".join(line + b"\n" for number, line in enumerate(lines, start=1) if number not in troubles)
    mode = journal.PRIVATE if private else 0o644
    yield Damage(path.name, " and ".join(words), lambda: _rewrite(store, path, data, kept, mode))


def _is_sound(line: bytes, judge: Judge) -> bool:
    return _trouble(line, judge) is None


def _trouble(line: bytes, judge: Judge) -> str | None:
    """Why a line has to go, None where it stays."""
    try:
        record = decode.parse_json(line)
        if not isinstance(record, dict):
            return UNREADABLE
        judge(record)
    except StoreFault as fault:
        if fault.hint == "update wanflow":
            raise
        return UNREADABLE
    except journal.TaskTwice as twice:
        return f"{twice}; this one is looked up again"
    except ValueError:
        return UNREADABLE
    return None


def _task(line: bytes) -> str:
    """The task that a line which makes no sense any more still names; empty where it names none."""
    try:
        return Fields(decode.parse_json(line)).read("task_id", decode.text)
    except ValueError:
        return ""


def _rewrite(store: Store, path: Path, data: bytes, kept: bytes, mode: int) -> None:
    """The file as it was lies aside before the sound lines take its place."""
    atomic.write_whole(store.aside / f"{path.name}.{digests.of_bytes(data)[:16]}", data, mode=journal.PRIVATE)
    atomic.write_whole(path, kept, mode=mode)


def _takes(store: Store) -> Iterator[Damage]:
    for name, path in sorted(blobs.take_paths(store).items()):
        if _changed(path, name):
            words = "is not the film that was delivered: its bytes changed"
            yield Damage(f"take {name[:12]}", words, lambda path=path: _set_aside(store, path))  # type: ignore[misc]


def _changed(path: Path, digest: str) -> bool:
    """Whether a file has other bytes than its name says; what can't be read is a fault of the disk, and stays."""
    with atomic.faults_of(path):
        return digests.of_file(path) != digest


def _set_aside(store: Store, path: Path) -> None:
    with atomic.faults_of(path):
        with atomic.ignoring(atomic.NO_MODES):
            path.chmod(0o600)
        if not path.stat().st_size:
            path.unlink()
    blobs.set_aside(store, path)


def _derived(store: Store) -> Iterator[Damage]:
    for name in sorted(blobs.list_derived(store)):
        path = blobs.derived_file(store, name)
        if _changed(path, name.partition(".")[0]):
            words = "is not what was made: it is made again"
            yield Damage(f"derived {name[:12]}", words, lambda path=path: _remove(path))  # type: ignore[misc]


def _remove(path: Path) -> None:
    with atomic.faults_of(path):
        path.unlink()


def _locks(store: Store) -> Iterator[Damage]:
    """Locks that cannot be read, and what a merge left to decide: only a person can mend either."""
    for one in _by_lock(store):
        try:
            lock = lockfile.read(one.lock)
        except StoreFault as fault:
            yield Damage(one.lock.name, str(fault), hint=fault.hint)
            continue
        for note in lock.notes:
            yield Damage(one.lock.name, note, hint="the next command that changes the lock settles it", blocks=False)
        for shot in sorted(shot for shot, entry in lock.shots.items() if entry.rival_picks or entry.rival_holds):
            words = f"both sides of a merge chose a take of `{shot}`"
            hint = f"`wanflow pick {shot} N` settles it; `wanflow takes {shot}` lists them"
            yield Damage(one.lock.name, words, hint=hint, blocks=False)


def _unrecorded(store: Store, measure: Measure) -> Iterator[Damage]:
    """Takes that the journal has and that are missing in the lock or in the traces.

    The lock comes first: a repair that stops between the two still finds the traces missing. Of a backend whose lock
    cannot be read nothing is said.
    """
    here, traced = blobs.list_takes(store), _traced(store)
    readable = [(one, lock) for one in _by_provider(store) if (lock := _readable_lock(one)) is not None]
    untraced: set[str] = set()
    for one, lock in readable:
        stored = _sound_diary(one).stored
        missing = {task.digest for task in rebuild.missing_in_lock(stored, here, lock)}
        untraced |= {task.digest for task in rebuild.missing_in_traces(stored, here, lock, traced)}
        if missing:
            yield Damage(
                one.lock.name,
                f"{_counted(missing, 'paid ' if one.lock == one.paid_lock else '')} in the journal and not in the lock",
                lambda one=one: rebuild.rebuild_lock(one, measure),  # type: ignore[misc]
                hint="`wanflow doctor --repair` enters them again, with their numbers, costs and seeds",
                blocks=False,
                emptied=not any(entry.takes for entry in lock.shots.values()),
            )
    if untraced:
        yield Damage(
            store.traces.name,
            f"{_counted(untraced)} in the journal and not in the traces",
            lambda: rebuild.rebuild_traces([one for one, _ in readable], measure),
            hint="`wanflow doctor --repair` writes them again",
            blocks=False,
        )


def _by_provider(store: Store) -> list[Store]:
    return [Store(store.folder, provider) for provider in load_providers().values()]


def _by_lock(store: Store) -> list[Store]:
    """The store as one provider of each lock sees it: all who are paid share one."""
    return list({one.lock: one for one in reversed(_by_provider(store))}.values())[::-1]


def _readable_lock(store: Store) -> Lock | None:
    try:
        return lockfile.read(store.lock)
    except StoreFault:
        return None


def _counted(digests: set[str], kind: str = "") -> str:
    return f"{len(digests)} {kind}{'take is' if len(digests) == 1 else 'takes are'}"


def _sound_diary(store: Store) -> JournalState:
    """What a journal says by those of its lines that can be read."""
    ends = journal.JournalRecords()
    if store.journal.exists():
        with atomic.faults_of(store.journal):
            data = store.journal.read_bytes()
        for line in data.split(b"\n")[:-1]:
            _is_sound(line, _follow(store, ends))
    return ends.journal_state()


def _strangers(store: Store) -> Iterator[Damage]:
    """Takes that no record explains: they may have been paid for, and stay."""
    known = _traced(store)
    for one in _by_provider(store):
        lock = _readable_lock(one) or Lock()
        known |= {digest for entry in lock.shots.values() for digest in entry.takes}
        known |= {task.digest for task in _sound_diary(one).stored}
    for name, path in sorted(blobs.take_paths(store).items()):
        if name in known:
            continue
        words = f"is on no record: `{path.relative_to(store.folder).as_posix()}` stays where it is"
        hint = "keep it if you know it, else move it away by hand"
        yield Damage(f"take {name[:12]}", words, hint=hint, blocks=False)


def _traced(store: Store) -> set[str]:
    if not store.traces.exists():
        return set()
    found: set[str] = set()
    for line in store.traces.read_bytes().split(b"\n")[:-1]:
        _is_sound(line, lambda record: found.add(traces.trace_of(record, "no trace").take.digest))
    return found
