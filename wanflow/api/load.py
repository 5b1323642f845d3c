"""A production as it is on disk: its file read and checked, the media that it names measured.

PyAV and Pillow are imported when a file has to be measured, so that a run with nothing to do is instant.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from wanflow.catalog.provider import default_provider, load_providers
from wanflow.errors import LockFault, LockUnreadable
from wanflow.graph.build import build, cut_sources, sources_of
from wanflow.language.chain_checks import check_chains
from wanflow.language.facts import Facts, FactsTable, Kind, Unreadable
from wanflow.language.load import Overrides, read_usable
from wanflow.language.media_checks import check_delivery, check_media, file_sources, inline_sources
from wanflow.language.problem import Problem, Severity, SpecError, deduplicated, has_errors
from wanflow.language.production import Production, Shot
from wanflow.language.scope import path_exists
from wanflow.language.source import DataSource, ShotSource
from wanflow.store import blobs, fact_cache, layout, lockfile
from wanflow.store.layout import Store
from wanflow.store.outputs import check_outputs
from wanflow.store.take import Result, result_of
from wanflow.yamldoc.nodes import Place

RESULTS = frozenset({Kind.VIDEO, Kind.IMAGE})
"""Kinds of files that takes hold."""
NO_VALUES: Mapping[str, str] = {}


def load(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
) -> Production:
    """Read and check a production file with all that it names, media included.

    `backend` and `region` override the file (the region also by `WANFLOW_REGION`), `values` its `vars`, `prices` its
    price file; with `allow_outside` its cuts may be written outside its folder. Raises SpecError with every problem;
    problems that are only warnings are in the production's `warnings`.
    """
    production, problems = _read(file, _wishes(backend, region, values, prices, allow_outside=allow_outside))
    if production is None or has_errors(problems):
        raise SpecError(problems)
    return replace(production, warnings=problems)


def load_sound_part(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
) -> tuple[Production | None, tuple[Problem, ...]]:
    """What can be used of a production that may have errors, and its problems in the order of their places.

    Shots with errors are left out, those that need them, and cuts of either. Options as for `load`. Where the text
    can't be read at all, what is left is the folder with its lock: of `backend`, else the one that has takes. None
    where the file does not exist.
    """
    production, problems = _read(file, _wishes(backend, region, values, prices, allow_outside=allow_outside))
    if production is None:
        return (_lock_alone(Path(file), backend) if Path(file).exists() else None), problems
    if not has_errors(problems):
        return production, problems
    shots = dict(production.shots)
    while lost := [name for name, shot in shots.items() if _names_missing(shot, shots)]:
        for name in lost:
            del shots[name]
    cuts = {
        name: cut
        for name, cut in production.cuts.items()
        if all(source.shot in shots for source in cut_sources(cut) if isinstance(source, ShotSource))
    }
    part = replace(production, shots=shots, cuts=cuts)
    return (None if _circles(part) else part), problems


def _lock_alone(file: Path, backend: str | None) -> Production:
    """A production of which nothing is known but where it is."""
    folder = file.absolute().parent
    providers = load_providers()
    paid = next(provider for provider in providers.values() if provider.paid)
    with_takes = paid if lockfile.read(Store(folder, paid).lock).shots else default_provider()
    provider = providers.get(backend or "", with_takes)
    return Production(folder, file.name, provider, provider.regions[0], {}, {})


def _names_missing(shot: Shot, shots: Container[str]) -> bool:
    """Whether a shot has a source that is not among the shots."""
    return any(isinstance(source, ShotSource) and source.shot not in shots for _, source in sources_of(shot))


def validate(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
    allow_outside: bool = False,
) -> tuple[Problem, ...]:
    """Every problem of a production file and of its lock, in the order of their places; none is raised.

    Options as for `load`.
    """
    production, problems = _read(file, _wishes(backend, region, values, prices, allow_outside=allow_outside))
    return problems if production is None else (*problems, *_problems_of_lock(production))


def _problems_of_lock(production: Production) -> tuple[Problem, ...]:
    """The lines of the production's lock that can't be read, and as warnings what a merge left in it to settle."""
    path = Store(production.folder, production.provider).lock
    name = path.relative_to(production.folder).as_posix()
    try:
        notes = lockfile.read(path).notes
    except LockUnreadable as fault:
        faults = fault.faults or (LockFault(1, str(fault)),)
        return tuple(Problem(Place(name, each.line, 1), each.words, fault.hint) for each in faults)
    return tuple(Problem(Place(name, 1, 1), note, None, Severity.WARNING) for note in notes)


def facts_of(production: Production) -> FactsTable:
    """What is known of the files and inline pictures of a production: from the cache, measured where they changed."""
    store = store_of(production)
    paths, inline = file_sources(production), {source.key: source for source in inline_sources(production)}
    looks = {path: partial(_measure, production.folder / path) for path in paths}
    looks |= {key: partial(_measure_inline, source) for key, source in inline.items()}
    return _looked_up(store, looks)


def results_of(store: Store, digests: Sequence[str]) -> dict[str, Result]:
    """The results in takes of a store, by digest: from the cache, measured where it has none.

    What cannot be measured is left out.
    """
    paths = {digest: path for digest in digests if (path := blobs.find_take(store, digest)) is not None}
    names = {digest: path.relative_to(store.folder).as_posix() for digest, path in paths.items()}
    facts = _looked_up(store, {names[digest]: partial(_measure, path) for digest, path in paths.items()})
    found = ((digest, facts[name]) for digest, name in names.items())
    return {digest: result_of(known) for digest, known in found if isinstance(known, Facts) and known.kind in RESULTS}


def _looked_up(store: Store, looks: Mapping[str, Callable[[], Facts | Unreadable]]) -> FactsTable:
    """The facts of named files and pictures: from the cache, by a look where it has none; then the cache has them."""
    known = fact_cache.look(store, tuple(looks))
    begun_ns = time.time_ns()
    measured = {name: look() for name, look in looks.items() if name not in known}
    fresh = {name: facts for name, facts in measured.items() if isinstance(facts, Facts)}
    if fresh:
        layout.establish(store)
        fact_cache.remember(store, fresh, begun_ns=begun_ns)
    return {**known, **measured}


def store_of(production: Production) -> Store:
    """The store of a production and its backend; raises StoreFault where a newer wanflow wrote it."""
    store = Store(production.folder, production.provider)
    layout.recognise(store)
    return store


def _wishes(
    backend: str | None, region: str | None, values: Mapping[str, str], prices: Path | None, *, allow_outside: bool
) -> Overrides:
    place = region or os.environ.get("WANFLOW_REGION") or None
    return Overrides(backend, place, values, prices, allow_outside)


def _read(file: Path | str, wishes: Overrides) -> tuple[Production | None, tuple[Problem, ...]]:
    reading = read_usable(Path(file), wishes)
    production = reading.production
    if production is None:
        return None, reading.problems
    facts = facts_of(production)
    found = [*check_media(production, facts), *check_delivery(production, facts)]
    found += [*check_chains(production), *_circles(production), *check_outputs(production, store_of(production))]
    located = (reading.texts.quoted(problem) for problem in deduplicated(found))
    return production, tuple(sorted((*reading.problems, *located), key=lambda problem: problem.place))


def _circles(production: Production) -> tuple[Problem, ...]:
    try:
        build(production)
    except SpecError as circle:
        return circle.problems
    return ()


def _measure(path: Path) -> Facts | Unreadable:
    """Open a file, which costs PyAV or Pillow; what can't be read comes back as the reason."""
    if not path_exists(path):
        return Unreadable("is not there", "check the path: it is relative to the file that names it")
    return _measured_by(lambda probe: probe.probe(path))


def _measure_inline(source: DataSource) -> Facts | Unreadable:
    return _measured_by(lambda probe: probe.probe_picture(source.data))


def _measured_by(look: Callable[[ModuleType], Facts]) -> Facts | Unreadable:
    container = import_module("wanflow.media.container")
    try:
        return look(import_module("wanflow.media.probe"))
    except container.BadMedia as bad:
        return Unreadable(bad.why, bad.hint)
