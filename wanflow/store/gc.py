"""Removal from a store: derived files that nothing uses, and takes by name; the caller chooses the takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from wanflow import digest
from wanflow.catalog.provider import load_providers
from wanflow.records import immutable
from wanflow.store import atomic, blobs, cut_records, findings, lockfile, renditions
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry, undecided, without_takes
from wanflow.store.take import Recipe
from wanflow.store.take_names import has_files, named_takes, parse_take_node, place_of_take, take_node

_DERIVED_NAMES = re.compile(r"[0-9a-f]{64}\.[a-z0-9]+|\.[0-9a-f]{32}\.part")
"""Names of derived files, finished and unfinished."""


@immutable
class Removable:
    """One file that can be removed because it can be made again, and how many bytes it has."""

    path: Path
    bytes: int


def derived_waste(store: Store, recipes: Iterable[Recipe]) -> list[Removable]:
    """Pieces, frames, sounds and segments that neither a cut nor one of these current requests is made from.

    Nothing else is named that someone put beside them, and no link is followed: what is named may be removed.
    """
    used = set(cut_records.segments(store))
    for lock in _locks(store):
        for entry in lockfile.read(lock).shots.values():
            used |= _keys(entry.recipes.get((entry.current or "").partition("+")[0]))
    used = used.union(*map(_keys, recipes))
    names: dict[str, set[str]] = {}
    for record in atomic.read_records(store.derivations):
        name = f"{record.get('digest')}{record.get('suffix')}"
        names.setdefault(name, set()).add(str(record.get("identity")))
    here = (path for path in blobs.own_files(store.derived) if _DERIVED_NAMES.fullmatch(path.name))
    return [_removable(path) for path in here if not names.get(path.name, set()) & used]


def rendition_waste(
    store: Store, waste: Iterable[Removable], going: frozenset[str], shown: frozenset[str]
) -> list[Removable]:
    """Renditions of files that are gone, of takes that are `going`, of derived files that are `waste`, and older ones.

    `shown` are the digests of the assets and cuts of the production. Those of a take stay while its file is here.
    """
    kept = blobs.list_derived(store) - {item.path.name for item in waste}
    used = {name.partition(".")[0] for name in kept} | (blobs.list_takes(store) - going) | shown
    return [_removable(each.path) for each in renditions.kept(store) if each.digest not in used]


def remove_derived(waste: Iterable[Removable]) -> None:
    """Remove derived files and renditions, for the run that holds the store; they are made again when needed."""
    for item in waste:
        with atomic.faults_of(item.path):
            item.path.unlink(missing_ok=True)


def _removable(path: Path) -> Removable:
    with atomic.faults_of(path):
        return Removable(path, path.stat().st_size)


def remove_takes(store: Store, nodes: set[str], out: Path) -> None:
    """Remove the files of takes, their names below `out`, their traces and their findings.

    The animatic's lock forgets them; the lock of paid takes marks them as gone, and keeps their numbers and costs. A
    file that another take has as well stays.
    """
    known = dict(named_takes(lockfile.read(store.lock)))
    gone = {take.digest: take for node, take in known.items() if node in nodes}
    others = [lockfile.read(lock) for lock in _locks(store) if lock != store.lock]
    kept = {take.digest for node, take in known.items() if node not in nodes}
    kept |= {digest for lock in others for entry in lock.shots.values() for digest in entry.takes}
    unused = gone.keys() - kept
    lockfile.update(store.lock, partial(_without, nodes=nodes, forgotten=not store.provider.paid))
    traces_left = [record for record in atomic.read_records(store.traces) if record.get("digest") not in unused]
    atomic.write_whole(store.traces, b"".join(map(atomic.line_of, traces_left)))
    findings.forget(store, unused)
    names = _names_of({node: known[node].suffix for node in nodes & known.keys()}, out)
    for path in (*names, *(blobs.take_path(store, item, gone[item].suffix) for item in unused)):
        with atomic.faults_of(path):
            path.unlink(missing_ok=True)


def _names_of(suffixes: Mapping[str, str], out: Path) -> Iterator[Path]:
    """The files below `out` that are called by takes, whose suffixes are given by their node ids."""
    for node, suffix in suffixes.items():
        parts = parse_take_node(node)
        if parts is not None and has_files(parts[0]):
            yield place_of_take(out, *parts, suffix)


def _locks(store: Store) -> list[Path]:
    """The locks of all providers, each once."""
    return list(dict.fromkeys(Store(store.folder, provider).lock for provider in load_providers().values()))


def _without(lock: Lock, nodes: set[str], *, forgotten: bool) -> Lock:
    """The lock without these takes: removed from it, or marked as gone with number and cost."""
    shots: dict[str, ShotEntry] = {}
    for shot, entry in lock.shots.items():
        gone = {digest for digest, number in entry.numbers.items() if take_node(shot, number) in nodes}
        if forgotten:
            left = without_takes(entry, gone)
        else:
            marked = {digest: replace(take, gone=take.gone or digest in gone) for digest, take in entry.takes.items()}
            left = replace(undecided(entry, gone), takes=marked)
        if left.takes or left.current:
            shots[shot] = left
    return Lock(shots)


def _keys(recipe: Recipe) -> set[str]:
    """The hashes of the inputs of a request."""
    media = recipe.get("media") if isinstance(recipe, Mapping) else None
    items = [item for item in (media if isinstance(media, list | tuple) else ()) if isinstance(item, Mapping)]
    return {digest.of_json(item[key]) for item in items for key in ("is", "voice") if key in item}
