"""A production as it is on disk: its file read and checked, the media that it names measured.

PyAV and Pillow are imported when a file has to be measured, so that a run with nothing to do is instant.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from wanflow.graph.build import build
from wanflow.planner.supply import film_of
from wanflow.spec.chains import check_chains
from wanflow.spec.delivery import check_delivery
from wanflow.spec.facts import Facts, FactsTable, Unreadable
from wanflow.spec.home import is_there
from wanflow.spec.load import Wishes, read_sound_part
from wanflow.spec.media import check_media, file_sources, inline_sources
from wanflow.spec.problem import Problem, SpecError, has_errors, told_once
from wanflow.spec.production import Production
from wanflow.spec.source import DataSource
from wanflow.store import blobs, factcache, layout
from wanflow.store.layout import Store
from wanflow.store.take import Film

NO_VALUES: Mapping[str, str] = {}


def load(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> Production:
    """Read and check a production file with all that it names, media included.

    `backend` and `region` override the file (the region also by `WANFLOW_REGION`), `values` its `vars`, `prices` its
    price file. Raises SpecError with every problem; problems that are only warnings are in the production's `warnings`.
    """
    production, problems = _read(file, backend=backend, region=region, values=values, prices=prices)
    if production is None or has_errors(problems):
        raise SpecError(problems)
    return replace(production, warnings=problems)


def validate(
    file: Path | str = "wanflow.yaml",
    *,
    backend: str | None = None,
    region: str | None = None,
    values: Mapping[str, str] = NO_VALUES,
    prices: Path | None = None,
) -> tuple[Problem, ...]:
    """Every problem of a production file, in the order of their places; none is raised."""
    return _read(file, backend=backend, region=region, values=values, prices=prices)[1]


def facts_of(production: Production) -> FactsTable:
    """What is known of the files and inline pictures of a production: from the cache, measured where they changed."""
    store = store_of(production)
    paths, inline = file_sources(production), {source.key: source for source in inline_sources(production)}
    looks = {path: partial(_measure, production.folder / path) for path in paths}
    looks |= {key: partial(_measure_inline, source) for key, source in inline.items()}
    return _looked_up(store, looks)


def films_of(store: Store, digests: Sequence[str]) -> dict[str, Film]:
    """The films behind takes of a store, by digest: from the cache, measured where it has none.

    What cannot be measured is left out.
    """
    paths = {digest: blobs.take_path(store, digest) for digest in digests}
    names = {digest: path.relative_to(store.folder).as_posix() for digest, path in paths.items()}
    facts = _looked_up(store, {names[digest]: partial(_measure, path) for digest, path in paths.items()})
    found = ((digest, facts[name]) for digest, name in names.items())
    films = {digest: film_of(known) for digest, known in found if isinstance(known, Facts)}
    return {digest: film for digest, film in films.items() if film is not None}


def _looked_up(store: Store, looks: Mapping[str, Callable[[], Facts | Unreadable]]) -> FactsTable:
    """The facts of named files and pictures: from the cache, by a look where it has none; then the cache has them."""
    known = factcache.look(store, tuple(looks))
    begun_ns = time.time_ns()
    measured = {name: look() for name, look in looks.items() if name not in known}
    fresh = {name: facts for name, facts in measured.items() if isinstance(facts, Facts)}
    if fresh:
        layout.establish(store)
        factcache.remember(store, fresh, begun_ns=begun_ns)
    return {**known, **measured}


def store_of(production: Production) -> Store:
    """The store of a production and its backend; raises StoreFault where a newer wanflow wrote it."""
    store = Store(production.folder, production.backend)
    layout.recognise(store)
    return store


def _read(
    file: Path | str, *, backend: str | None, region: str | None, values: Mapping[str, str], prices: Path | None
) -> tuple[Production | None, tuple[Problem, ...]]:
    place = region or os.environ.get("WANFLOW_REGION") or None
    reading = read_sound_part(Path(file), Wishes(backend, place, values, prices))
    production = reading.production
    if production is None:
        return None, reading.problems
    facts = facts_of(production)
    found = [*check_media(production, facts), *check_delivery(production, facts)]
    found += [*check_chains(production), *_circles(production)]
    located = (reading.texts.quoted(problem) for problem in told_once(found))
    return production, tuple(sorted((*reading.problems, *located), key=lambda problem: problem.place))


def _circles(production: Production) -> tuple[Problem, ...]:
    try:
        build(production)
    except SpecError as circle:
        return circle.problems
    return ()


def _measure(path: Path) -> Facts | Unreadable:
    """Open a file, which costs PyAV or Pillow; what can't be read comes back as the reason."""
    if not is_there(path):
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
