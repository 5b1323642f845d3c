"""Removing from a store: derived files that nothing uses, and takes by name; which takes may go is not decided here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wanflow import digest
from wanflow.catalog.provider import load_providers
from wanflow.store import atomic, blobs, cut_records, lockfile
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry, undecided, without_takes
from wanflow.store.take import Recipe, Take
from wanflow.store.take_names import parse_take_node, place_of_take, take_node

Change = Callable[[Lock], Lock]


@dataclass(frozen=True, slots=True)
class Removable:
    """One thing that could go: what it is, its name, and how many bytes it has."""

    kind: str
    name: str
    bytes: int


def derived_waste(store: Store, recipes: Iterable[Recipe]) -> list[Removable]:
    """Pieces, frames, sounds and segments that none of these present requests, and no cut, is made from."""
    used = set(cut_records.segments(store))
    for lock in _locks(store):
        for entry in lockfile.read(lock).shots.values():
            used |= _keys(entry.recipes.get((entry.current or "").partition("+")[0]))
    used = used.union(*map(_keys, recipes))
    names: dict[str, set[str]] = {}
    for record in atomic.read_records(store.derivations):
        name = f"{record.get('digest')}{record.get('suffix')}"
        names.setdefault(name, set()).add(str(record.get("identity")))
    here = blobs.list_derived(store)
    unused = sorted(name for name in here if not names.get(name, set()) & used)
    return [Removable("derived", name, blobs.derived_file(store, name).stat().st_size) for name in unused]


def waste_of(store: Store, kind: str, name: str, take: Take) -> Removable:
    """How much a take's file would free; nothing where it isn't here."""
    path = blobs.take_path(store, take.digest, take.suffix)
    return Removable(kind, name, path.stat().st_size if path.exists() else 0)


def remove_derived(store: Store, waste: Iterable[Removable]) -> None:
    """Remove derived files, for the one run that holds the store; they are made again when they are needed."""
    for item in waste:
        path = blobs.derived_file(store, item.name)
        with atomic.faults_of(path):
            path.unlink(missing_ok=True)


def remove_takes(store: Store, nodes: set[str], out: Path) -> None:
    """Remove the files of takes, their names below `out` and their traces.

    The lock of the animatic forgets them; that of paid takes keeps their numbers and costs, and marks them as gone. A
    file that another take has as well stays.
    """
    known = dict(_by_name(lockfile.read(store.lock)))
    gone = {take.digest: take for node, take in known.items() if node in nodes}
    kept = {take.digest for node, take in known.items() if node not in nodes} | _others(store)
    lockfile.update(store.lock, _without(nodes, forgotten=not store.provider.paid))
    unused = gone.keys() - kept
    _forget_traces(store, unused)
    for node in nodes & known.keys():
        if called := parse_take_node(node):
            place_of_take(out, *called, known[node].suffix).unlink(missing_ok=True)
    for path in (blobs.take_path(store, item, gone[item].suffix) for item in unused):
        with atomic.faults_of(path):
            path.unlink(missing_ok=True)


def _others(store: Store) -> set[str]:
    """What the other locks name: the same bytes may be there under another name."""
    others = [lockfile.read(lock) for lock in _locks(store) if lock != store.lock]
    return {digest for lock in others for entry in lock.shots.values() for digest in entry.takes}


def _locks(store: Store) -> list[Path]:
    """The locks of all providers, each once."""
    return list(dict.fromkeys(Store(store.folder, provider).lock for provider in load_providers().values()))


def _forget_traces(store: Store, gone: Collection[str]) -> None:
    """Take the traces of takes out of the store's records, so that nothing answers with a file that is gone."""
    records = [record for record in atomic.read_records(store.traces) if record.get("digest") not in gone]
    atomic.write_whole(store.traces, b"".join(map(atomic.line_of, records)))


def _without(names: set[str], *, forgotten: bool) -> Change:
    """The lock without the takes of these names: not in it any more, or in it as gone, with number and cost."""

    def change(lock: Lock) -> Lock:
        shots = {shot: _entry_without(shot, entry, names, forgotten=forgotten) for shot, entry in lock.shots.items()}
        return Lock({shot: entry for shot, entry in shots.items() if entry.takes or entry.current})

    return change


def _entry_without(shot: str, entry: ShotEntry, nodes: set[str], *, forgotten: bool) -> ShotEntry:
    gone = {digest for digest, number in entry.numbers.items() if take_node(shot, number) in nodes}
    if forgotten:
        return without_takes(entry, gone)
    marked = {digest: replace(take, gone=take.gone or digest in gone) for digest, take in entry.takes.items()}
    return replace(undecided(entry, gone), takes=marked)


def _keys(recipe: Recipe) -> set[str]:
    """The hashes of what a request is made from."""
    media = recipe.get("media") if isinstance(recipe, Mapping) else None
    items = [item for item in (media if isinstance(media, list | tuple) else ()) if isinstance(item, Mapping)]
    return {digest.of_json(item[key]) for item in items for key in ("is", "voice") if key in item}


def _by_name(lock: Lock) -> Iterator[tuple[str, Take]]:
    for shot, entry in lock.shots.items():
        takes = ((take_node(shot, entry.numbers[key]), take) for key, take in entry.takes.items())
        yield from ((node, take) for node, take in takes if not take.gone)
