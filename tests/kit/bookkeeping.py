"""What lock and store hold after a run, by pure bookkeeping: every request is answered, nothing is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kit.films import FACTS, plan
from wanflow import digest
from wanflow.graph.node import CutVertex, ExtractVertex, ShotVertex
from wanflow.language.production import Production
from wanflow.language.source import Facts
from wanflow.planner import cut as edit
from wanflow.planner.plan import Action, Plan, Step
from wanflow.runner.context import RunState
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock, ShotEntry
from wanflow.store.take import Film, Picture, Result, Take
from wanflow.timebase import NOMINAL_RATE

FILM = Film(150, NOMINAL_RATE, 1280, 720, 240_000, 48_000)
STILL = Picture(1280, 720, 900_000)
NO_PICTURES: Mapping[str, Picture] = {}


def run(
    film: Production,
    before: Inventory | None = None,
    facts: Mapping[str, Facts] = FACTS,
    *,
    refuse: frozenset[str] = frozenset(),
    pictures: Mapping[str, Picture] = NO_PICTURES,
) -> tuple[Inventory, list[str]]:
    """The inventory after a run of everything, and the nodes that were rendered for money, in order.

    Each render gives new bytes, as a paid service does, whatever was asked before. The nodes in `refuse` fail.
    `pictures` are the results of stills by node, where they are not of 1280 by 720 pixels.
    """
    return perform(plan(film, before, facts), refuse, pictures)


def perform(
    of: Plan, refuse: frozenset[str] = frozenset(), pictures: Mapping[str, Picture] = NO_PICTURES
) -> tuple[Inventory, list[str]]:
    """As `run`, for a plan that was drafted before."""
    run_state = RunState(of, of.inventory)
    failed = {step.node for step in of.steps if step.action is Action.BLOCKED} | refuse
    bought: list[str] = []
    for step in of.steps:
        if step.node in failed or failed.intersection(step.needs):
            failed.add(step.node)
        elif not step.action.idle:
            if run_state.decide(step).action is Action.BLOCKED:
                failed.add(step.node)
                continue
            _perform(run_state, step, bought, pictures)
            run_state.refresh(step.vertex)
    return run_state.inventory, bought


def _perform(run_state: RunState, step: Step, bought: list[str], pictures: Mapping[str, Picture]) -> None:
    vertex = run_state.plan.graph.vertex(step.vertex)
    match vertex:
        case ShotVertex():
            result = pictures.get(step.node, STILL) if step.images else FILM
            _take(run_state, vertex, step, result, bought)
        case ExtractVertex():
            identity = edit.extract_identity(vertex, run_state.inputs(vertex)[vertex.origin])
            if isinstance(identity, Mapping):
                run_state.add_derived(digest.of_json(dict(identity)), "some bytes.mp4")
        case CutVertex(cut=cut):
            known = edit.arrange(
                cut, run_state.inputs(vertex), run_state.plan.graph.production.shots, run_state.plan.provider
            )
            made = {**run_state.inventory.cuts, cut.name: known.fingerprint() or ""}
            shown = {**run_state.inventory.cut_takes, cut.name: tuple(part.digest or "" for part in known.parts)}
            run_state.inventory = replace(run_state.inventory, cuts=made, cut_takes=shown)


def _take(run_state: RunState, vertex: ShotVertex, step: Step, result: Result, bought: list[str]) -> None:
    shot_request, decision = run_state.shot_request(vertex), run_state.decide(step)
    take = decision.take
    if decision.action is Action.RENDER:
        bytes_of = digest.of_json(
            [shot_request.core, decision.seed or 0, sum(map(len, run_state.inventory.takes.values()))]
        )
        take = Take(bytes_of, shot_request.core, decision.seed, vertex.shot.model, result, "2026-11-20T00:00:00Z")
        bought.append(step.node)
    if take is None:
        raise ValueError(f"nothing answers {step.node}: {decision}")
    number = step.take if decision.action is Action.RENDER else decision.number
    lock = filed(run_state.inventory.lock, vertex.id, take, number, shot_request.key, shot_request.recipe)
    run_state.add_take(take, shot_request.recipe, lock)


def filed(lock: Lock, shot: str, take: Take, number: int, request: str, recipe: object) -> Lock:
    """The lock with a take in it, its request current."""
    entry = lock.shots.get(shot, ShotEntry())
    entry = replace(
        entry,
        takes={**entry.takes, take.digest: take},
        numbers={**entry.numbers, take.digest: number},
        current=request,
        recipes={**entry.recipes, take.fingerprint: recipe},  # type: ignore[dict-item]
    )
    return Lock({**lock.shots, shot: entry})
