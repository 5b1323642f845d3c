"""What people decide about takes: which one counts, which is kept, and that there shall be more (cli.md, Commands).

None of it waits for a run, and none of it costs anything by itself: the lock is read again and replaced at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from wanflow import timebase
from wanflow.api import run
from wanflow.errors import UnknownTarget
from wanflow.graph.build import cut_sources
from wanflow.graph.node import CutVertex, is_cut
from wanflow.graph.recipe import parse_request_key, request_key
from wanflow.graph.select import matching, single_shot
from wanflow.language.production import Production, Shot
from wanflow.language.source import ShotSource
from wanflow.media import probe
from wanflow.planner.plan import Plan
from wanflow.planner.request import ShotRequest, is_known, planned_request
from wanflow.runner.cut import MADE_ELSEWHERE
from wanflow.store import atomic, blobs, layout, lock, lockfile, shots_folder
from wanflow.store.layout import Store
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Film, Recipe, Take, film_of
from wanflow.store.take_names import take_file
from wanflow.suggest import did_you_mean

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
    plan, shot = run.plan(production), single_shot(production, shot)
    asked = planned_request(plan, _shot(plan, shot))

    def choose(known: Lock) -> Lock:
        shot_request = _now(asked, known)
        return _picked(known, shot_request, _numbered(shot_request.entry, shot, number))

    known = _update(production, plan, choose)
    shot_request = _now(asked, known)
    take = _numbered(shot_request.entry, shot, number)
    held = shot_request.entry.held == take.digest
    warning = f"it answers an earlier request of `{shot}`: `wanflow hold {shot}` keeps it although the shot changed"
    told = f"take {number} of {shot} is picked{' and held in the place of the other' if held else ''}"
    return Chosen(shot, told, None if held or take in shot_request.takes else warning)


def pick_from(production: Production, shot: str, former: str, number: int) -> Chosen:
    """Move a take of a shot that the production has no more to another shot, and use it there from now on.

    It keeps its record, and gets the shot's next number. Where it answers another request than the shot's, it is held.
    Raises UnknownTarget for a shot that isn't there, for one that was not removed, and for a take that isn't there.
    """
    plan, shot = run.plan(production), single_shot(production, shot)
    asked = planned_request(plan, _shot(plan, shot))
    if former in production.shots:
        hint = f"use its take as a source, `{{shot: {former}}}`; `wanflow takes --all` shows removed shots"
        raise UnknownTarget(f"`{former}` is a shot of this production", hint=hint)
    taken: list[Take] = []

    def move(known: Lock) -> Lock:
        take = _numbered(known.shots.get(former, ShotEntry()), former, number)
        taken[:] = [take]
        recipe = known.shots[former].recipes[take.fingerprint]
        known = lock.drop_take(known, former, take.digest)
        known = _entered(known, _now(asked, known), take, recipe, plan)
        shot_request = _now(asked, known)
        known = _picked(known, shot_request, take)
        return known if take in shot_request.takes else lock.keep(known, shot, take.digest)

    entry = _update(production, plan, move, moved=True).shots[shot]
    take = taken[0]
    held = entry.held == take.digest
    told = f"take {number} of {former} is take {entry.numbers[take.digest]} of {shot} and picked"
    warning = f"it answers another request, so it is held: `wanflow release {shot}` lets go of it" if held else None
    return Chosen(shot, told, warning)


def pick_file(production: Production, shot: str, path: Path) -> Chosen:
    """Make a clip that was made elsewhere a take of a shot's present request, and pick it.

    Raises UnknownTarget for a shot that isn't there or whose request isn't known yet, MediaFault for what is no video.
    """
    plan, shot = run.plan(production), single_shot(production, shot)
    asked = _settled(plan, shot)
    facts = probe.check_film(path)
    film, store = film_of(facts), run.store_of(production)
    if film is None:
        raise TypeError("a checked film is no picture")
    take = Take(facts.digest, asked.core, None, MADE_ELSEWHERE, film, timebase.stamp(datetime.now(UTC)))
    if facts.digest not in asked.entry.takes:
        _bring_in(store, path, take)
    new: list[bool] = []

    def enter(known: Lock) -> Lock:
        """A file that is one of the shot's takes already stays what it is: its record says what it answers and cost."""
        shot_request = _now(asked, known)
        there = shot_request.entry.takes.get(take.digest)
        new[:] = [there is None]
        if there is not None and there not in shot_request.takes:
            number = shot_request.entry.numbers[there.digest]
            words = f"`{path.name}` is take {number} of `{shot}` already, and answers an earlier request"
            raise UnknownTarget(words, hint=f"`wanflow pick {shot} {number}`, then `wanflow hold {shot}`, keeps it")
        if there is None:
            known = _entered(known, shot_request, take, asked.recipe, plan)
        return lock.pick(known, shot, asked.key, take.digest)

    number = _update(production, plan, enter).shots[shot].numbers[take.digest]
    if not new[0]:
        return Chosen(shot, f"`{path.name}` is take {number} of {shot} already, and picked")
    shots_folder.put(store, take.digest, production.folder / take_file(production.out, shot, number, take.suffix))
    return Chosen(shot, f"`{path.name}` is take {number} of {shot} and picked", _another_length(film, asked.shot))


def _entered(known: Lock, shot_request: ShotRequest, take: Take, recipe: Recipe, plan: Plan) -> Lock:
    """The lock with a take of a shot under the next number that no submission has."""
    shot, reserved = shot_request.shot.name, plan.inventory.reserved(shot_request.shot.name)
    number = lock.next_number(shot_request.entry, reserved)
    return lock.add_take(known, shot, take, recipe, number, reserved=reserved)


def _another_length(film: Film, shot: Shot) -> str | None:
    """The warning that a clip has another length than its shot asks for; None where it has that length."""
    length = timebase.decimal_text(timebase.to_seconds(film.frames, film.rate), 2)
    wanted = shot.parameters.get("duration")
    return f"it lasts {length} s, and `{shot.name}` asks for {wanted}" if wanted and str(wanted) != length else None


def retake(production: Production, select: Sequence[str], more: int = 1) -> tuple[Chosen, ...]:
    """Record the wish for more takes of what the selectors name, although nothing changed; the next run renders them.

    Raises UnknownTarget for a name that matches nothing, for a shot that is held, or whose request isn't known yet.
    """
    plan = run.plan(production)
    asked = [_settled(plan, shot) for shot in _named(plan, select)]

    def wish(known: Lock) -> Lock:
        for shot_request in (_now(each, known) for each in asked):
            name = shot_request.shot.name
            if shot_request.entry.held is not None or shot_request.entry.rival_holds:
                raise UnknownTarget(f"`{name}` is held", hint=f"`wanflow release {name}` first")
            rendered = sum(take.seed is not None for take in shot_request.takes)
            known = lock.wish(known, name, shot_request.key, max(shot_request.wanted, rendered) + more)
        return known

    _update(production, plan, wish)
    words = f"{more} more {'take' if more == 1 else 'takes'}, with the next run"
    return tuple(Chosen(shot_request.shot.name, f"{shot_request.shot.name}: {words}") for shot_request in asked)


def hold(production: Production, select: Sequence[str]) -> tuple[Chosen, ...]:
    """Keep the takes that count now, although their shots change; raises UnknownTarget where there is none."""
    plan = run.plan(production)
    asked = [planned_request(plan, _shot(plan, shot)) for shot in _named(plan, select)]

    def keep(known: Lock) -> Lock:
        for shot_request in (_now(each, known) for each in asked):
            known = lock.keep(known, shot_request.shot.name, _counting(shot_request).digest)
        return known

    shots = _update(production, plan, keep).shots
    entries = [(shot_request.shot.name, shots[shot_request.shot.name]) for shot_request in asked]
    return tuple(Chosen(shot, f"{shot}: take {entry.numbers[entry.held or '']} is held") for shot, entry in entries)


def release(production: Production, select: Sequence[str]) -> tuple[Chosen, ...]:
    """Let go of held takes: what a shot asks for counts again. Raises UnknownTarget for a name that matches nothing."""
    plan = run.plan(production)
    shots, held = list(_named(plan, select)), set[str]()

    def let_go(known: Lock) -> Lock:
        for shot in shots:
            free = lock.release(known, shot)
            if free is not known:
                held.add(shot)
            known = free
        return known

    _update(production, plan, let_go)
    return tuple(Chosen(shot, f"{shot} is {'released' if shot in held else 'not held'}") for shot in shots)


def _update(production: Production, plan: Plan, change: Change, *, moved: bool = False) -> Lock:
    """Change the lock as it is now, after it followed the shots that were renamed since the last run.

    The names below `out/` follow at once where shots were renamed, or where `change` moves takes between shots.
    """
    store = run.store_of(production)
    known = lockfile.update(store.lock, lambda before: change(reduce(lock.rename, plan.renames, before)))
    if plan.renames or moved:
        shots_folder.arrange(store, known, production.folder / production.out)
    return known


def _now(shot_request: ShotRequest, known: Lock) -> ShotRequest:
    """A question with what the lock says at this moment: others may have decided since it was asked."""
    return replace(shot_request, entry=known.shots.get(shot_request.shot.name, ShotEntry()))


def _picked(known: Lock, shot_request: ShotRequest, take: Take) -> Lock:
    """The lock with a take picked for the request that it answers; where the shot is held, the hold moves to it."""
    shot, entry = shot_request.shot.name, shot_request.entry
    request = shot_request.key if take in shot_request.takes else _request_of(entry, take)
    chosen = lock.pick(known, shot, request, take.digest)
    held = entry.held is not None or bool(entry.rival_holds)
    return lock.keep(chosen, shot, take.digest) if held else chosen


def _named(plan: Plan, select: Sequence[str]) -> list[str]:
    """The shots that selectors name, those alone, in the production's order; a cut names those that are in it.

    Raises UnknownTarget where that is none: nobody decides about nothing on purpose.
    """
    chosen = set(matching(plan.graph, select, run.states(plan)))
    cuts = matching(plan.graph, [word for word in select if is_cut(word)], {})
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
        matching(plan.graph, [name], {})  # raises for what is nowhere, with the nearest name
        raise UnknownTarget(f"`{name}` is no shot", hint="name one shot; `wanflow list` shows them")
    return plan.graph.production.shots[found]


def _settled(plan: Plan, name: str) -> ShotRequest:
    shot_request = planned_request(plan, _shot(plan, name))
    if not is_known(shot_request.recipe):
        words = f"what `{name}` will ask for is not known before its inputs are rendered"
        raise UnknownTarget(words, hint="`wanflow run` first")
    return shot_request


def _counting(shot_request: ShotRequest) -> Take:
    choice, name = shot_request.counting, shot_request.shot.name
    if choice.open:
        raise UnknownTarget(f"`{name}` waits for a pick", hint=f"`wanflow pick {name} N` first")
    if choice.take is None:
        raise UnknownTarget(f"`{name}` has no take to hold", hint="`wanflow run` renders one")
    return choice.take


def _numbered(entry: ShotEntry, shot: str, number: int) -> Take:
    there = {entry.numbers[digest]: take for digest, take in entry.takes.items() if not take.gone}
    if number not in there:
        numbers = ", ".join(str(known) for known in sorted(there))
        hint = f"it has {numbers}" if numbers else "it has none; `wanflow run` renders some"
        raise UnknownTarget(f"`{shot}` has no take {number}", hint=hint)
    return there[number]


def _request_of(entry: ShotEntry, take: Take) -> str:
    """The request that a take was filed under: one that the lock names, else its recipe without a given seed."""
    known = [entry.current or "", *entry.picks, *entry.rival_picks]
    core = take.fingerprint
    return next((request for request in known if parse_request_key(request)[0] == core), request_key(core, None))


def _bring_in(store: Store, path: Path, take: Take) -> None:
    """Copy a file into the store; the original stays where it is."""
    layout.establish(store)
    copy = store.incoming / f"{take.digest}.copy"
    atomic.make_folder(copy.parent)
    shutil.copyfile(path, copy)
    blobs.adopt_take(store, copy, take.digest, take.result.kind)
