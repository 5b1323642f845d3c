"""What people decide about takes: which one counts, which is kept, and that there shall be more (cli.md, Commands).

None of it waits for a run, and none of it costs anything by itself: the lock is read again and replaced at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wanflow import studio, timing
from wanflow.errors import UnknownTarget, did_you_mean
from wanflow.graph.build import cut_sources
from wanflow.graph.node import CutVertex
from wanflow.graph.recipe import request_key
from wanflow.graph.select import named, one
from wanflow.media import probe
from wanflow.planner.question import Question, is_settled
from wanflow.planner.steps import Plan
from wanflow.planner.supply import film_of
from wanflow.report.roster import picked_take, question_of
from wanflow.runner.provenance import MADE_ELSEWHERE
from wanflow.spec.production import Production, Shot
from wanflow.spec.source import ShotSource
from wanflow.store import blobs, durable, layout, lock, lockfile, shelf
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Take

Change = Callable[[Lock], Lock]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was decided about a shot: `told` says it in a sentence, `warning` what a person may not have meant."""

    shot: str
    told: str
    warning: str | None = None


def pick(production: Production, shot: str, number: int) -> Chosen:
    """Use a take of a shot from now on, for the request that it answers; the picks of its other requests stay (law 6).

    Raises UnknownTarget for a shot or a take that isn't there.
    """
    plan, shot = studio.plan(production), one(production, shot)
    question = question_of(plan, _shot(plan, shot))
    take = _numbered(question, number)
    current = question.answers(take)
    request = question.request if current else _request_of(question, take)
    held = question.entry.held is not None

    def choose(known: Lock) -> Lock:
        chosen = lock.pick(known, shot, request, take.digest)
        return lock.keep(chosen, shot, take.digest) if held else chosen

    lockfile.update(studio.store_of(production).lock, choose)
    warning = f"it answers an earlier request of `{shot}`: `wanflow hold {shot}` keeps it although the shot changed"
    told = f"take {number} of {shot} is picked{' and held in the place of the other' if held else ''}"
    return Chosen(shot, told, None if current or held else warning)


def pick_file(production: Production, shot: str, path: Path) -> Chosen:
    """Make a clip that was made elsewhere a take of a shot's present request, and pick it.

    Raises UnknownTarget for a shot that isn't there or whose request isn't known yet, MediaFault for what is no video.
    """
    plan, shot = studio.plan(production), one(production, shot)
    question = _settled(plan, shot)
    facts = probe.check_film(path)
    film, store = film_of(facts), studio.store_of(production)
    if film is None:
        raise TypeError("a checked film is no picture")
    known = question.entry.takes.get(facts.digest)
    if known is not None:
        return _known_clip(question, known, path, store)
    take = Take(facts.digest, question.core, None, MADE_ELSEWHERE, film, timing.stamp(datetime.now(UTC)))
    _bring_in(store, path, facts.digest)
    lock_ = lockfile.update(store.lock, _joined(shot, take, question))
    number = lock_.shots[shot].numbers[take.digest]
    shelf.put(store, take.digest, production.folder / production.out / "shots" / f"{shot}.t{number}.mp4")
    length = timing.decimal_text(timing.to_seconds(film.frames, film.rate), 2)
    wanted = question.shot.parameters.get("duration")
    odd = f"it lasts {length} s, and `{shot}` asks for {wanted}" if wanted and str(wanted) != length else None
    return Chosen(shot, f"`{path.name}` is take {number} of {shot} and picked", odd)


def _known_clip(question: Question, take: Take, path: Path, store: Store) -> Chosen:
    """A file that is one of the shot's takes already: its record says what it answers and cost, and stays as it is."""
    shot, number = question.shot.name, question.entry.numbers[take.digest]
    if not question.answers(take):
        words = f"`{path.name}` is take {number} of `{shot}` already, and answers an earlier request"
        raise UnknownTarget(words, hint=f"`wanflow pick {shot} {number}`, then `wanflow hold {shot}`, keeps it")
    lockfile.update(store.lock, lambda known: lock.pick(known, shot, question.request, take.digest))
    return Chosen(shot, f"`{path.name}` is take {number} of {shot} already, and picked")


def retake(production: Production, select: Sequence[str], more: int = 1) -> tuple[Chosen, ...]:
    """Record the wish for more takes of what the selectors name, although nothing changed; the next run renders them.

    Raises UnknownTarget for a name that matches nothing, for a shot that is held, or whose request isn't known yet.
    """
    plan = studio.plan(production)
    wishes = [(_open(_settled(plan, shot)), shot) for shot in _named(plan, select)]

    def wish(known: Lock) -> Lock:
        for question, shot in wishes:
            known = lock.wish(known, shot, question.request, _have(question) + more)
        return known

    lockfile.update(studio.store_of(production).lock, wish)
    return tuple(
        Chosen(shot, f"{shot}: {more} more {'take' if more == 1 else 'takes'}, with the next run") for _, shot in wishes
    )


def hold(production: Production, select: Sequence[str]) -> tuple[Chosen, ...]:
    """Keep the takes that count now, although their shots change; raises UnknownTarget where there is none."""
    plan = studio.plan(production)
    takes = [(shot, _counting(plan, shot)) for shot in _named(plan, select)]

    def keep(known: Lock) -> Lock:
        for shot, take in takes:
            known = lock.keep(known, shot, take.digest)
        return known

    known = lockfile.update(studio.store_of(production).lock, keep)
    return tuple(Chosen(shot, f"{shot}: take {known.shots[shot].numbers[take.digest]} is held") for shot, take in takes)


def release(production: Production, select: Sequence[str]) -> tuple[Chosen, ...]:
    """Let go of held takes: what a shot asks for counts again. Raises UnknownTarget for a name that matches nothing."""
    plan = studio.plan(production)
    shots = list(_named(plan, select))
    held = [shot for shot in shots if _entry(plan, shot).held is not None]

    def let_go(known: Lock) -> Lock:
        for shot in held:
            known = lock.release(known, shot)
        return known

    if held:
        lockfile.update(studio.store_of(production).lock, let_go)
    return tuple(Chosen(shot, f"{shot} is {'released' if shot in held else 'not held'}") for shot in shots)


def _named(plan: Plan, select: Sequence[str]) -> list[str]:
    """The shots that selectors name, those alone, in the production's order; a cut names those that are in it.

    Raises UnknownTarget where that is none: nobody decides about nothing on purpose.
    """
    chosen = set(named(plan.graph, select, studio.states(plan)))
    cuts = named(plan.graph, [word for word in select if word.startswith("cut:")], {})
    for vertex in plan.graph.vertices:
        if isinstance(vertex, CutVertex) and vertex.id in cuts:
            chosen |= {source.shot for source in cut_sources(vertex.cut) if isinstance(source, ShotSource)}
    shots = [shot for shot in plan.graph.production.shots if shot in chosen]
    if not shots:
        words = " ".join(select)
        tags = {f"tag:{tag}" for shot in plan.graph.production.shots.values() for tag in shot.tags}
        hint = did_you_mean(words, tags) or "`wanflow list` shows what a selector means"
        raise UnknownTarget(f"`{words}` means no shot here", hint=hint)
    return shots


def _shot(plan: Plan, name: str) -> Shot:
    (found,) = _named(plan, [name]) if name in plan.graph.production.shots else (None,)
    if found is None:
        named(plan.graph, [name], {})  # raises for what is nowhere, with the nearest name
        raise UnknownTarget(f"`{name}` is no shot", hint="name one shot; `wanflow list` shows them")
    return plan.graph.production.shots[found]


def _settled(plan: Plan, name: str) -> Question:
    question = question_of(plan, _shot(plan, name))
    if not is_settled(question.recipe):
        words = f"what `{name}` will ask for is not known before its inputs are rendered"
        raise UnknownTarget(words, hint="`wanflow run` first")
    return question


def _open(question: Question) -> Question:
    if question.entry.held is not None:
        name = question.shot.name
        raise UnknownTarget(f"`{name}` is held", hint=f"`wanflow release {name}` first")
    return question


def _counting(plan: Plan, name: str) -> Take:
    take = picked_take(plan, plan.graph.production.shots[name])
    if take is None:
        raise UnknownTarget(f"`{name}` has no take to hold", hint="`wanflow run` renders one")
    return take


def _numbered(question: Question, number: int) -> Take:
    entry = question.entry
    there_now = {entry.numbers[digest]: take for digest, take in entry.takes.items() if not take.gone}
    found = [take for known, take in there_now.items() if known == number]
    if not found:
        there = ", ".join(str(known) for known in sorted(there_now))
        hint = f"it has {there}" if there else "it has none; `wanflow run` renders some"
        raise UnknownTarget(f"`{question.shot.name}` has no take {number}", hint=hint)
    return found[0]


def _request_of(question: Question, take: Take) -> str:
    """The request that a take was filed under: one that the lock names, else its recipe without a given seed."""
    known = [question.entry.current or "", *question.entry.picks]
    core = take.fingerprint
    return next((request for request in known if request.partition("+")[0] == core), request_key(core, None))


def _have(question: Question) -> int:
    answering = sum(question.answers(take) and take.seed is not None for take in question.entry.takes.values())
    return max(question.wanted, answering)


def _entry(plan: Plan, shot: str) -> ShotEntry:
    return plan.inventory.lock.shots.get(shot, ShotEntry())


def _joined(shot: str, take: Take, question: Question) -> Change:
    def enter(known: Lock) -> Lock:
        entry = known.shots.get(shot, ShotEntry())
        known = lock.add_take(known, shot, take, question.recipe, lock.next_number(entry))
        return lock.pick(known, shot, question.request, take.digest)

    return enter


def _bring_in(store: Store, path: Path, digest: str) -> None:
    """Copy a file into the store; the original stays where it is."""
    layout.establish(store)
    copy = store.incoming / f"{digest}.copy"
    durable.make_folder(copy.parent)
    shutil.copyfile(path, copy)
    blobs.adopt_take(store, copy, digest)
