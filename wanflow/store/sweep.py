"""What could go from a store: derived files that nothing uses, old stand-ins, and paid takes that a person names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wanflow import digest
from wanflow.digest import Canonical
from wanflow.errors import UnknownTarget
from wanflow.store import blobs, cuts, durable, lockfile
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Take

ANIMATIC, PAID = "animatic", "dashscope"

Change = Callable[[Lock], Lock]


@dataclass(frozen=True, slots=True)
class Waste:
    """One thing that could go: what it is, its name, and how many bytes it has."""

    kind: str
    name: str
    bytes: int


def derived_waste(store: Store) -> list[Waste]:
    """Pieces, frames, sounds and segments that no present request and no present cut is made from."""
    used = _used_keys(store)
    names: dict[str, set[str]] = {}
    for record in durable.read_records(store.derivations):
        name = f"{record.get('digest')}{record.get('suffix')}"
        names.setdefault(name, set()).add(str(record.get("identity")))
    here = blobs.list_derived(store)
    unused = sorted(name for name in here if not names.get(name, set()) & used)
    return [Waste("derived", name, blobs.derived_file(store, name).stat().st_size) for name in unused]


def stand_in_waste(store: Store) -> list[Waste]:
    """The animatic's takes that answer no present request, and that nobody picked for it or holds."""
    lock = lockfile.read(Store(store.folder, ANIMATIC).lock)
    return [_waste(store, "animatic", name, take) for name, take in _idle(lock) if _is_here(store, take)]


def paid_waste(store: Store) -> list[Waste]:
    """The paid takes that nothing uses now; they only go by name, each is a purchase (law 4)."""
    lock = lockfile.read(store.paid_lock)
    return [_waste(store, "paid", name, take) for name, take in _idle(lock) if _is_here(store, take)]


def remove_derived(store: Store, waste: Iterable[Waste]) -> None:
    """Remove derived files, for the one run that holds the store; they are made again when they are needed."""
    for item in waste:
        path = blobs.derived_file(store, item.name)
        with durable.faults_of(path):
            path.unlink(missing_ok=True)


def remove_stand_ins(store: Store, waste: Iterable[Waste], out: Path) -> None:
    """Remove old takes of the animatic, their names and their entries in its lock."""
    names = {item.name for item in waste}
    _remove(Store(store.folder, ANIMATIC), names, out)


def remove_paid(store: Store, names: Iterable[str], out: Path) -> None:
    """Remove the files of paid takes that a person named; the lock keeps their numbers and costs.

    Raises UnknownTarget for names of none.
    """
    known = dict(_by_name(lockfile.read(store.paid_lock)))
    wanted = {take for name in names for take in _meant(name, known)}
    _remove(Store(store.folder, PAID), wanted, out)


def paid_names(store: Store, names: Iterable[str]) -> list[Waste]:
    """The paid takes that names mean, a take's node or a whole shot; raises UnknownTarget for what is none."""
    known = dict(_by_name(lockfile.read(store.paid_lock)))
    return [_waste(store, "paid", take, known[take]) for name in names for take in _meant(name, known)]


def _meant(name: str, known: Mapping[str, Take]) -> list[str]:
    found = [take for take in known if name in {take, take.rpartition(".t")[0]}]
    if not found:
        raise UnknownTarget(f"no paid take is called `{name}`", hint="`wanflow takes` lists them")
    return found


def _remove(store: Store, names: set[str], out: Path) -> None:
    known = dict(_by_name(lockfile.read(store.lock)))
    gone = {known[name].digest for name in names}
    kept = {take.digest for name, take in known.items() if name not in names} | _others(store)
    lockfile.update(store.lock, _without(names, forgotten=store.backend == ANIMATIC))
    _forget_traces(store, gone - kept)
    for name in names:
        (out / "shots" / f"{name}.mp4").unlink(missing_ok=True)
    for path in (blobs.take_path(store, item) for item in gone - kept):
        with durable.faults_of(path):
            path.unlink(missing_ok=True)


def _others(store: Store) -> set[str]:
    """What the other backend's lock names: the same bytes may be there under another name."""
    other = Store(store.folder, ANIMATIC if store.backend == PAID else PAID)
    return {digest for entry in lockfile.read(other.lock).shots.values() for digest in entry.takes}


def _forget_traces(store: Store, gone: set[str]) -> None:
    """Take the traces of takes out of the store's records, so that nothing answers with a file that is gone."""
    records = [record for record in durable.read_records(store.traces) if record.get("digest") not in gone]
    durable.write_whole(store.traces, b"".join(map(durable.line_of, records)))


def _without(names: set[str], *, forgotten: bool) -> Change:
    """The lock without the takes of these names: not in it any more, or in it as gone, with number and cost."""

    def change(lock: Lock) -> Lock:
        shots = {shot: _entry_without(shot, entry, names, forgotten=forgotten) for shot, entry in lock.shots.items()}
        return Lock({shot: entry for shot, entry in shots.items() if entry.takes or entry.current})

    return change


def _entry_without(shot: str, entry: ShotEntry, names: set[str], *, forgotten: bool) -> ShotEntry:
    gone = {digest for digest, number in entry.numbers.items() if f"{shot}.t{number}" in names}
    marked = {digest: replace(take, gone=take.gone or digest in gone) for digest, take in entry.takes.items()}
    kept = {digest: take for digest, take in marked.items() if not (forgotten and digest in gone)}
    return replace(
        entry,
        takes=kept,
        numbers={digest: entry.numbers[digest] for digest in kept},
        picks={request: digest for request, digest in entry.picks.items() if digest not in gone},
        held=None if entry.held in gone else entry.held,
    )


def _used_keys(store: Store) -> set[str]:
    """The hashes of what present requests and cuts are made from, of both backends."""
    used = set(cuts.segments(store))
    for backend in (ANIMATIC, PAID):
        for entry in lockfile.read(Store(store.folder, backend).lock).shots.values():
            present = entry.recipes.get((entry.current or "").partition("+")[0])
            used |= {digest.of_json(identity) for identity in _identities(present)}
    return used


def _identities(recipe: Canonical) -> Iterator[Canonical]:
    media = recipe.get("media") if isinstance(recipe, Mapping) else None
    for item in media if isinstance(media, list | tuple) else ():
        if isinstance(item, Mapping):
            yield from (item[key] for key in ("is", "voice") if key in item)


def _idle(lock: Lock) -> Iterator[tuple[str, Take]]:
    """Takes, by node, that answer no present request of their shots, and that are neither picked for it nor held."""
    for shot, entry in lock.shots.items():
        current = entry.current or ""
        kept = {entry.held, entry.picks.get(current)}
        for digest_, take in entry.takes.items():
            if take.fingerprint != current.partition("+")[0] and digest_ not in kept and not take.gone:
                yield f"{shot}.t{entry.numbers[digest_]}", take


def _by_name(lock: Lock) -> Iterator[tuple[str, Take]]:
    for shot, entry in lock.shots.items():
        yield from ((f"{shot}.t{entry.numbers[key]}", take) for key, take in entry.takes.items() if not take.gone)


def _is_here(store: Store, take: Take) -> bool:
    return blobs.take_path(store, take.digest).exists()


def _waste(store: Store, kind: str, name: str, take: Take) -> Waste:
    path = blobs.take_path(store, take.digest)
    return Waste(kind, name, path.stat().st_size if path.exists() else 0)
