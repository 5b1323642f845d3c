"""What is damaged in a store, and mending it so that nothing that was paid for is lost (law 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wanflow import digest as digests
from wanflow.errors import StoreFault
from wanflow.store import blobs, durable, journal, layout, lockfile, traces, uploads
from wanflow.store.layout import Store

BACKENDS = ("animatic", "dashscope")

UNREADABLE = "can't be read"

Judge = Callable[[dict[str, object]], object]
"""Raises KeyError, TypeError, ValueError or StoreFault for a record that makes no sense after those before it."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong: where, what, and how to mend it; None where only a person can."""

    place: str
    words: str
    mend: Callable[[], None] | None = None


def examine(store: Store) -> tuple[Damage, ...]:
    """Everything that is damaged, every take read to its end; changes nothing.

    Raises StoreFault for a store of a newer wanflow.
    """
    if not store.root.is_dir():
        return ()
    return (*_version(store), *_records(store), *_takes(store), *_derived(store), *_strangers(store))


def mend(store: Store) -> tuple[Damage, ...]:
    """Mend what can be mended, for the one run that holds the store; gives all that was wrong.

    What is taken out of the store lies in `.wanflow/aside/` afterwards: files of records as they were, takes as they
    came. Done twice, or gone on with after a crash, it ends the same. Raises StoreFault.
    """
    found = examine(store)
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
        return isinstance(json.loads(path.read_bytes())["wanflow.store"], int)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _renew_version(store: Store) -> None:
    store.format.unlink()
    layout.establish(store)


def _records(store: Store) -> Iterator[Damage]:
    for backend in BACKENDS:
        one = Store(store.folder, backend)
        yield from _unreadable(store, one.journal, _follow(one), private=True)
    yield from _unreadable(store, store.traces, lambda record: traces.trace_of(record, "no trace"))
    yield from _unreadable(store, store.uploads, lambda record: uploads.upload_of(record, "no upload"), private=True)
    yield from _unreadable(store, store.derivations, lambda record: (record["identity"], record["digest"]))


def _follow(store: Store) -> Judge:
    ends = journal.OpenEnds()

    def judge(record: dict[str, object]) -> None:
        journal.refuse_newer(record, store.journal.name, 0)
        ends.follow(record)

    return judge


def _unreadable(store: Store, path: Path, judge: Judge, *, private: bool = False) -> Iterator[Damage]:
    """Lines of a file of records that can't be read, or make no sense after those before them."""
    if not path.exists():
        return
    with durable.faults_of(path):
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
        record = json.loads(line)
        if not isinstance(record, dict):
            return UNREADABLE
        judge(record)
    except StoreFault as fault:
        if fault.hint == "update wanflow":
            raise
        return UNREADABLE
    except journal.TaskTwice as twice:
        return f"{twice}; this one is looked up again"
    except (KeyError, TypeError, ValueError):
        return UNREADABLE
    return None


def _task(line: bytes) -> str:
    """The task that a line which makes no sense any more still names; empty where it names none."""
    try:
        return str(json.loads(line)["task_id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _rewrite(store: Store, path: Path, data: bytes, kept: bytes, mode: int) -> None:
    """The file as it was lies aside before the sound lines take its place."""
    durable.write_whole(store.aside / f"{path.name}.{digests.of_bytes(data)[:16]}", data, mode=journal.PRIVATE)
    durable.write_whole(path, kept, mode=mode)


def _takes(store: Store) -> Iterator[Damage]:
    for name in sorted(blobs.list_takes(store)):
        path = blobs.take_path(store, name)
        if _changed(path, name):
            words = "is not the film that was delivered: its bytes changed"
            yield Damage(f"take {name[:12]}", words, lambda path=path: _set_aside(store, path))  # type: ignore[misc]


def _changed(path: Path, digest: str) -> bool:
    """Whether a file has other bytes than its name says; what can't be read is a fault of the disk, and stays."""
    with durable.faults_of(path):
        return digests.of_file(path) != digest


def _set_aside(store: Store, path: Path) -> None:
    with durable.faults_of(path):
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
    with durable.faults_of(path):
        path.unlink()


def _strangers(store: Store) -> Iterator[Damage]:
    """Takes that no record explains: they may have been paid for, and stay."""
    known: set[str] = set()
    for backend in BACKENDS:
        try:
            lock = lockfile.read(Store(store.folder, backend).lock)
        except StoreFault:
            continue
        known |= {digest for entry in lock.shots.values() for digest in entry.takes}
    known |= _traced(store)
    for name in sorted(blobs.list_takes(store) - known):
        words = f"is on no record: `.wanflow/takes/{name[:2]}/{name}.mp4` stays where it is"
        yield Damage(f"take {name[:12]}", words)


def _traced(store: Store) -> set[str]:
    if not store.traces.exists():
        return set()
    found: set[str] = set()
    for line in store.traces.read_bytes().split(b"\n")[:-1]:
        if _is_sound(line, lambda record: traces.trace_of(record, "no trace")):
            found.add(str(json.loads(line)["digest"]))
    return found
