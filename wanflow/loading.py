"""A production as it is on disk: its file read and checked, the media that it names measured, its graph built.

PyAV and Pillow are imported when a file has to be measured, so that a run with nothing to do is instant.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, fields, replace
from functools import partial
from operator import methodcaller
from pathlib import Path, PurePath
from typing import Any

from wanflow import digest
from wanflow.boundary import Boundary, Content
from wanflow.catalog.provider import default_provider, load_providers
from wanflow.errors import LockFault, LockUnreadable, MediaFault, words_of_system
from wanflow.graph.build import ShotGraph, build, cut_sources, sources_of
from wanflow.language.delivery_checks import check_delivery
from wanflow.language.load import Overrides, read_usable
from wanflow.language.media_checks import (
    check_media,
    document_sources,
    expected_lengths,
    file_readings,
    inline_sources,
    text_sources,
)
from wanflow.language.model_checks import check_chains
from wanflow.language.parts import WHOLE, Outline, ProductionPart
from wanflow.language.problem import Problem, Severity, SpecError, deduplicated, has_errors, in_order
from wanflow.language.production import Cut, Production
from wanflow.language.scope import path_exists
from wanflow.language.source import Facts, FactsTable, Kind, ShotSource, Unreadable
from wanflow.messages import tr
from wanflow.planner.drawn_texts import card_texts, drawn_texts, is_drawn_anywhere
from wanflow.records import immutable
from wanflow.store import blobs, fact_cache, layout, lockfile
from wanflow.store.layout import Store, links_outside
from wanflow.store.outputs import check_outputs
from wanflow.store.take import Result, result_of
from wanflow.suggest import hint_for_path, nearest_path
from wanflow.writing import is_latin
from wanflow.yamldoc.nodes import Place

RESULTS = frozenset({Kind.VIDEO, Kind.IMAGE})
"""Kinds of files that takes hold."""


@immutable
class LoadedProduction(Production):
    """A production with what loading found out, so that no command does it twice.

    Graph and facts are None in a copy that `replace` made: its graph and its media may be others. `outlines` are those
    of its files, where they were asked for.
    """

    graph: ShotGraph | None = field(init=False, default=None, compare=False, repr=False)
    facts: FactsTable | None = field(init=False, default=None, compare=False, repr=False)
    outlines: Mapping[str, Outline] = field(default_factory=dict, compare=False, repr=False)


@immutable
class SoundPart:
    """What can be used of a production that may have errors, and its problems in the order of their places.

    `production` is None where nothing can be used.
    """

    production: Production | None
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        """Whether the production has no errors."""
        return not has_errors(self.problems)


def read(
    file: Path,
    overrides: Overrides,
    *,
    drawn: bool = False,
    part: ProductionPart = WHOLE,
    outlined: bool = False,
) -> SoundPart:
    """Read and check a production, `drawn` texts of its cuts too; with errors, cuts may name shots that it lacks.

    `part` and `outlined` are those of `read_usable`. Where an untrusted one would write to elsewhere, nothing of it is
    read, since reading fills a cache.
    """
    if links := problems_of_links(file, untrusted=overrides.untrusted):
        return SoundPart(None, links)
    reading = read_usable(file, overrides, part, outlined=outlined)
    production = reading.production
    if production is None:
        return SoundPart(None, reading.problems)
    facts, graph = facts_of(production), None
    found = [*check_media(production, facts), *check_delivery(production, facts), *check_chains(production)]
    try:
        graph = build(production)
    except SpecError as circle:
        found += circle.problems
    found += [*check_outputs(production, store_of(production)), *_late_subtitles(production, facts)]
    if drawn:
        cuts = [cut for cut in production.cuts.values() if not is_drawn_anywhere(production, cut)]
        found += [problem for cut in cuts for problem in check_drawn_texts(production, cut)]
        found += check_cards(production, production.shots)
    located = [reading.texts.quoted(problem) for problem in deduplicated(found)]
    problems = tuple(sorted((*reading.problems, *located), key=in_order))
    values = {each.name: getattr(production, each.name) for each in fields(Production)}
    loaded = LoadedProduction(**{**values, "warnings": problems, "outlines": reading.outlines})
    object.__setattr__(loaded, "graph", None if graph is None else replace(graph, production=loaded))
    object.__setattr__(loaded, "facts", facts)
    return SoundPart(loaded, problems)


def _late_subtitles(production: Production, facts: FactsTable) -> Iterator[Problem]:
    """Warnings of subtitles that begin after the end of their cut, as far as its length is known."""
    for name, (frames, rate) in expected_lengths(production, facts).items():
        for track in production.cuts[name].finish.subtitles:
            if track.file is None:
                continue  # lines are cut off with their shots
            known = facts.get(track.file.key)
            if not isinstance(known, Facts) or known.kind is not Kind.SUBTITLES or known.seconds * rate <= frames:
                continue
            from wanflow.media.text import subtitle_file, subtitles

            with suppress(MediaFault):  # it changed just now
                path = production.opened(track.file.path, Content.TEXT)
                if words := subtitles.words_beyond(
                    subtitle_file.read_lines(path, track.file.encoding), frames=frames, rate=rate
                ):
                    hint = tr("give them other times, or make the cut longer")
                    yield Problem(
                        track.place,
                        tr("`{path}`: {words}", path=track.file.path, words=words),
                        hint,
                        Severity.WARNING,
                    )


def check_drawn_texts(production: Production, cut: Cut) -> tuple[Problem, ...]:
    """Warnings of the texts of a cut: characters that no font on this machine has, and text that is cut off.

    Whether a text fits is known where the cut has a `size`; a run knows it of every cut.
    """
    from wanflow.media.jobs import RunningProcesses, Worker
    from wanflow.media.text.text_checks import CheckTexts

    burned = tuple(track for track in cut.finish.subtitles if track.burned)
    with suppress(MediaFault):  # a file that may not be opened is a problem of its own
        for path, content in cut.finish.contents.items():
            production.opened(path, content)
        fonts = tuple(PurePath(path) for path, _ in cut.finish.fonts)
        check = CheckTexts(tuple(drawn_texts(production, cut)), burned, fonts, cut.finish.language, cut.shape.size)
        return check.perform(Worker(production.folder, RunningProcesses()))
    return ()


def check_cards(production: Production, shots: Container[str]) -> tuple[Problem, ...]:
    """Warnings of characters on the animatic's cards of some shots, which no font on this machine has."""
    cards = tuple(card_texts(production, shots))
    if all(is_latin(card.text) for card in cards):
        return ()
    from wanflow.media.jobs import RunningProcesses, Worker
    from wanflow.media.text.text_checks import CheckTexts

    return CheckTexts(cards, ()).perform(Worker(production.folder, RunningProcesses()))


def glyphs_found(production: Production, boxes: Mapping[str, str]) -> dict[str, str]:
    """Of characters that films of cuts have as boxes, those that a font has now; `boxes` are by the cut's name."""
    from wanflow.media.jobs import RunningProcesses, Worker
    from wanflow.media.text.text_checks import FindMissing

    found, worker = dict[str, str](), Worker(production.folder, RunningProcesses())
    for name in boxes.keys() & production.cuts.keys():
        fonts = tuple(PurePath(path) for path, _ in production.cuts[name].finish.fonts)
        missing = FindMissing(boxes[name], fonts).perform(worker)
        found[name] = "".join(character for character in boxes[name] if character not in missing)
    return found


def sound_part(file: Path, overrides: Overrides) -> SoundPart:
    """What can be used of a production: shots with errors are left out, those that need them, and cuts of either.

    Where the text can't be read at all, it is the folder with its lock: of the backend that was asked for, else of the
    one that has takes. Without a file it is None.
    """
    part = read(file, overrides)
    if part.production is None:
        usable = file.exists() and not problems_of_links(file, untrusted=overrides.untrusted)
        return SoundPart(_lock_alone(file, overrides.backend), part.problems) if usable else part
    return part if part.whole else SoundPart(_without_broken(part.production), part.problems)


def _lock_alone(file: Path, backend: str | None) -> Production:
    """A production of which only the place of its lock is known."""
    folder, providers = file.absolute().parent, load_providers()
    paid = next(provider for provider in providers.values() if provider.paid)
    with_takes = paid if lockfile.read(Store(folder, paid).lock).shots else default_provider()
    provider = providers.get(backend or "", with_takes)
    return Production(folder, file.name, provider, provider.regions[0], {}, {})


def _without_broken(production: Production) -> Production | None:
    """A production without the shots and cuts that need what it lacks; None where shots form a circle."""
    shots = dict(production.shots)
    needs = {
        name: {source.shot for _, source in sources_of(shot) if isinstance(source, ShotSource)}
        for name, shot in shots.items()
    }
    while lost := [name for name in shots if not needs[name] <= shots.keys()]:
        for name in lost:
            del shots[name]
    cuts = {
        name: cut
        for name, cut in production.cuts.items()
        if cut.items and all(source.shot in shots for source in cut_sources(cut) if isinstance(source, ShotSource))
    }
    sound = replace(production, shots=shots, cuts=cuts)
    try:
        build(sound)
    except SpecError:
        return None
    return sound


def graph_of(production: Production) -> ShotGraph:
    """The graph of a production; raises SpecError where shots depend on each other in a circle."""
    graph = production.graph if isinstance(production, LoadedProduction) else None
    return build(production) if graph is None else graph


def facts_of(production: Production) -> FactsTable:
    """The facts of the files and inline pictures of a production: from the cache, measured where they changed."""
    if isinstance(production, LoadedProduction) and production.facts is not None:
        return production.facts
    boundary, documents = production.boundary, document_sources(production)
    texts = text_sources(production) | documents  # a film made from a document shows its text
    looks, refused = dict[str, Callable[[], Facts | Unreadable]](), dict[str, Unreadable]()
    decoded = dict[str, Facts | Unreadable]()
    for source in file_readings(production):
        path = source.path
        refusal = boundary.refusal(path, Content.TEXT if path in texts else Content.MEDIA)
        if refusal is not None:
            refused[source.key] = Unreadable(refusal.words, refusal.hint)
        elif path in documents:
            decoded[source.key] = _document(path, boundary)
        elif source.encoding is not None:
            # the cache does not know in which encoding a file was read
            decoded[source.key] = _measure_file(path, boundary, source.encoding)
        else:
            looks[path] = partial(_measure_file, path, boundary)
    for picture in inline_sources(production):
        looks[picture.key] = partial(_measure, methodcaller("probe_picture", picture.data))
    return {**_looked_up(store_of(production), looks), **decoded, **refused}


def problems_of_links(file: Path, *, untrusted: bool) -> tuple[Problem, ...]:
    """The errors of links by which an untrusted production would read and write its store or results elsewhere."""
    found = links_outside(file.absolute().parent) if untrusted else ()
    words, hint = (
        tr("leads outside the production's folder"),
        tr("`--untrusted` follows no such link: put the file itself there"),
    )
    return tuple(
        Problem(Place(file.name, 1, 1), tr("`{name}` {words}", name=name, words=words), hint) for name in sorted(found)
    )


def problems_of_lock(production: Production) -> tuple[Problem, ...]:
    """The lines of a production's lock that can't be read; as warnings, what a merge left in it to decide."""
    path = Store(production.folder, production.provider).lock
    name = path.relative_to(production.folder).as_posix()
    try:
        notes = lockfile.read(path).notes
    except LockUnreadable as fault:
        faults = fault.faults or (LockFault(1, str(fault)),)
        return tuple(Problem(Place(name, each.line, 1), each.words, fault.hint) for each in faults)
    return tuple(Problem(Place(name, 1, 1), note, None, Severity.WARNING) for note in notes)


def results_of(store: Store, digests: Sequence[str]) -> dict[str, Result]:
    """The results in takes of a store, by digest: from the cache, measured where it has none.

    What cannot be measured is left out.
    """
    paths = {digest: path for digest in digests if (path := blobs.find_take(store, digest)) is not None}
    names = {digest: path.relative_to(store.folder).as_posix() for digest, path in paths.items()}
    facts = _looked_up(store, {name: partial(_measure_file, name, Boundary(store.folder)) for name in names.values()})
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


def _measure_file(name: str, boundary: Boundary, encoding: str | None = None) -> Facts | Unreadable:
    """Open a file, which imports PyAV or Pillow; a file that cannot be read gives the reason.

    `name` is relative to the folder of the boundary. A file where text may not be read is never read as subtitles, and
    one with an `encoding` is nothing else.
    """
    folder, path = boundary.folder, boundary.folder / name
    if not path_exists(path):
        hint = hint_for_path(folder, name, boundary) or tr("check the path: it is relative to the file that names it")
        return Unreadable(tr("does not exist"), hint, nearest_path(folder, name.replace("\\", "/"), boundary))
    if encoding is not None:
        return _measure(methodcaller("measure_subtitles", path, encoding))
    return _measure(methodcaller("probe", path, texts=boundary.refusal(name, Content.TEXT) is None))


def _document(name: str, boundary: Boundary) -> Facts | Unreadable:
    """A file that is sent as it is; its format is that of its name, by which the service knows it."""
    path = boundary.folder / name
    if not path.is_file():
        return _measure_file(name, boundary) if not path.exists() else Unreadable(tr("is not a file"))
    try:
        return Facts(Kind.DOCUMENT, path.suffix[1:].lower(), digest.of_file(path), path.stat().st_size)
    except OSError as fault:
        return Unreadable(tr("cannot be read: {words}", words=words_of_system(fault)))


def _measure(look: Callable[[Any], Facts]) -> Facts | Unreadable:
    from wanflow.media import container, probe

    try:
        return look(probe)
    except container.BadMedia as bad:
        others = tuple(Unreadable(other.why, other.hint, line=other.line) for other in bad.others)
        return Unreadable(bad.why, bad.hint, line=bad.line, others=others)
