"""From graph, facts and inventory to the plan; pure, and asked again by the runner one vertex at a time (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from wanflow import money
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex
from wanflow.graph.shotgraph import ShotGraph
from wanflow.language.facts import FactsTable
from wanflow.language.production import Shot
from wanflow.planner import price
from wanflow.planner.decide import Decision, World, decide, decide_takes
from wanflow.planner.inputs import (
    Supply,
    derived_as_is,
    of_asset,
    shot_as_is,
    supplies_for,
    supply_of_extract,
    supply_of_shot,
)
from wanflow.planner.plan import Action, Code, Plan, Reason, Step, StepKind
from wanflow.planner.renames import Askers, arrived_since, names_in_file, shifted
from wanflow.planner.request import Question, ask, last_request
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock, rename
from wanflow.store.take_names import take_node


@dataclass(slots=True)
class _Desk:
    """What drafting one plan has found out so far; the `world` of the next decision knows what was `promised`.

    `renamed` maps each shot that was renamed to the name that its takes had in the lock.
    """

    graph: ShotGraph
    facts: FactsTable
    world: World
    promised: dict[tuple[str, int], str]
    askers: Askers
    renamed: dict[str, str] = field(default_factory=dict)
    supplies: dict[str, Supply] = field(default_factory=dict)
    decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)


def draft(
    graph: ShotGraph,
    facts: FactsTable,
    inventory: Inventory,
    selected: Iterable[str] | None = None,
    *,
    retry_refused: bool = False,
    whole: bool = True,
) -> Plan:
    """The plan for the selected vertices (None: all): same arguments, same plan, byte for byte.

    A shot that is needed but not selected is used as it is: its current take, or nothing. What the service refused
    before is not sent again without `retry_refused`. Shots that were renamed since the last run have their takes in the
    plan's inventory under the new name; its `renames` say what the lock's file has to follow. Without `whole` the
    graph lacks shots that have errors: then no shot counts as removed or renamed.
    """
    production = graph.production
    chosen = frozenset(vertex.id for vertex in graph.vertices) if selected is None else frozenset(selected)
    renames = [arrived_since(inventory.lock, production.shots) if whole else {}]
    while True:
        have = replace(inventory, lock=reduce(rename, renames, inventory.lock))
        askers = Askers(have.lock if whole else Lock(), production.shots)
        desk = _drafted(graph, facts, have, chosen, renames, askers, retry_refused=retry_refused)
        if desk.renamed:
            renames.append(desk.renamed)
        moved = shifted(desk.questions.values(), desk.world.inventory.lock) if whole else {}
        if not moved or len(renames) > len(production.shots):
            break
        renames.append(moved)
    steps = [step for vertex in graph.vertices if vertex.id in desk.decisions for step in _steps(desk, vertex)]
    have = desk.world.inventory
    asked = {name: question for name, question in desk.questions.items() if name in desk.decisions}
    before = {name: last_request(have, name) for name in asked}
    return Plan(
        backend=production.backend,
        region=production.region,
        currency=production.prices.currency,
        steps=tuple(steps),
        graph=graph,
        facts=facts,
        inventory=have,
        recipes={name: question.recipe for name, question in asked.items()},
        before={name: made_from for name, made_from in before.items() if made_from is not None},
        retry_refused=retry_refused,
        renames=tuple(filter(None, renames)),
    )


def _drafted(
    graph: ShotGraph,
    facts: FactsTable,
    have: Inventory,
    chosen: frozenset[str],
    renames: Sequence[Mapping[str, str]],
    askers: Askers,
    *,
    retry_refused: bool,
) -> _Desk:
    """One pass over the graph: what every vertex gives, and what happens to the chosen ones."""
    production = graph.production
    promised: dict[tuple[str, int], str] = {}
    world = World(production.backend, have, production.shots, promised, retry_refused=retry_refused)
    desk = _Desk(graph, facts, world, promised, askers)
    files = names_in_file(renames[1:])  # what arrived since is in the file under the new name already
    for vertex in graph.vertices:
        if isinstance(vertex, AssetVertex):
            desk.supplies[vertex.id] = of_asset(vertex, facts)
            continue
        inputs = supplies_for(vertex, desk.supplies, graph)
        if isinstance(vertex, ShotVertex):
            question = desk.questions[vertex.id] = _ask(desk, vertex.shot, inputs, files)
            if vertex.id in chosen:
                _decide_shot(desk, vertex, question, inputs)
            else:
                desk.supplies[vertex.id] = shot_as_is(question, desk.world.inventory)
        elif vertex.id in chosen:
            decisions = desk.decisions[vertex.id] = decide(vertex, inputs, desk.world)
            if isinstance(vertex, ExtractVertex):
                desk.supplies[vertex.id] = supply_of_extract(vertex, decisions[0], inputs[vertex.origin])
        else:
            desk.supplies[vertex.id] = derived_as_is(vertex, inputs)
    return desk


def _ask(desk: _Desk, shot: Shot, inputs: Mapping[str, Supply], files: Mapping[str, str]) -> Question:
    """What a shot asks for; where it is a removed shot under a new name, that one's takes are its own from here on."""
    world = desk.world
    question = ask(shot, world.backend, inputs, world.inventory)
    former = desk.askers.former_of(question)
    if former is None:
        return replace(question, renamed_from=files.get(shot.name))
    desk.renamed[shot.name] = former
    lock = rename(world.inventory.lock, {shot.name: former})
    desk.world = replace(world, inventory=replace(world.inventory, lock=lock))
    return replace(question, entry=lock.shots[shot.name], renamed_from=files.get(former, former))


def _decide_shot(desk: _Desk, vertex: ShotVertex, question: Question, inputs: Mapping[str, Supply]) -> None:
    """Asked once, since telling what a shot asks for takes longer than anything else of it."""
    world = desk.world
    decisions = desk.decisions[vertex.id] = decide_takes(question, inputs, world)
    desk.supplies[vertex.id] = supply_of_shot(question, decisions, inputs, world)
    _promise(desk, question, decisions)
    _spare(desk, vertex, decisions)


def _promise(desk: _Desk, question: Question, decisions: tuple[Decision, ...]) -> None:
    shot = question.shot
    for decision in decisions:
        if decision.action in {Action.RENDER, Action.COLLECT}:
            seed = question.seed(decision.ordinal)
            desk.promised.setdefault((question.core, seed), take_node(shot.name, decision.number))


def _spare(desk: _Desk, vertex: ShotVertex, decisions: tuple[Decision, ...]) -> None:
    """Decide again on the extracts of a shot that needs none of them: nothing will read them.

    One that waits for another shot's take needs them all the same: by them the run knows that it asks the same.
    """
    if any(decision.action in {Action.RENDER, Action.BLOCKED} or _is_twin(decision) for decision in decisions):
        return
    extracts = [name for name in desk.graph.inputs(vertex.id) if name in desk.decisions]
    world = replace(desk.world, spare=frozenset(extracts))
    for name in extracts:
        extract = desk.graph.vertex(name)
        if isinstance(extract, ExtractVertex):
            desk.decisions[name] = decide(extract, supplies_for(extract, desk.supplies, desk.graph), world)


def _is_twin(decision: Decision) -> bool:
    return decision.action is Action.RESTORE and decision.take is None


def _steps(desk: _Desk, vertex: object) -> list[Step]:
    match vertex:
        case ShotVertex():
            return [_take_step(desk, vertex, decision) for decision in desk.decisions[vertex.id]]
        case ExtractVertex():
            return [_derived_step(desk, vertex, StepKind.EXTRACT, desk.decisions[vertex.id][0])]
        case CutVertex():
            return [_derived_step(desk, vertex, StepKind.CUT, desk.decisions[vertex.id][0])]
        case _:
            return []


def _take_step(desk: _Desk, vertex: ShotVertex, decision: Decision) -> Step:
    inputs = supplies_for(vertex, desk.supplies, desk.graph)
    production = desk.graph.production
    quoted = price.quote(vertex.shot, inputs, production.prices, production.region)
    paid = decision.action in {Action.RENDER, Action.COLLECT}
    twin = (decision.origin,) if decision.origin and decision.take is None else ()
    return Step(
        node=take_node(vertex.id, decision.number),
        kind=StepKind.TAKE,
        vertex=vertex.id,
        action=decision.action,
        reasons=_with_way_out(vertex.id, decision, quoted),
        cost=quoted.cost if paid else money.nothing(production.prices.currency),
        certain=decision.certain,
        shot=vertex.id,
        model=vertex.shot.model,
        take=decision.number,
        ordinal=decision.ordinal,
        seed=decision.seed,
        seconds=quoted.seconds,
        footage=price.output_seconds(vertex.shot, inputs),
        needs=_needs(desk, vertex.id) + twin,
    )


def _with_way_out(shot: str, decision: Decision, quoted: price.Quote) -> tuple[Reason, ...]:
    """The reasons of a take; one whose file is not here names what to do, and what another one costs."""
    if decision.reasons[0].code is not Code.NOT_HERE:
        return decision.reasons
    amount = "" if quoted.cost.amount is None else f" ({money.amount_text(quoted.cost.amount)} {quoted.cost.currency})"
    ways = f"`wanflow pull`, copy the store, or `wanflow retake {shot}` for another{amount}"
    return (Reason(Code.NOT_HERE, f"{decision.reasons[0].text}: {ways}"), *decision.reasons[1:])


def _derived_step(desk: _Desk, vertex: ExtractVertex | CutVertex, kind: StepKind, decision: Decision) -> Step:
    return Step(
        node=vertex.id,
        kind=kind,
        vertex=vertex.id,
        action=decision.action,
        reasons=decision.reasons,
        cost=money.nothing(desk.graph.production.prices.currency),
        certain=decision.certain,
        shot=vertex.shot if isinstance(vertex, ExtractVertex) else None,
        needs=_needs(desk, vertex.id),
    )


def _needs(desk: _Desk, vertex: str) -> tuple[str, ...]:
    nodes = [node for feed in desk.graph.inputs(vertex) for node in desk.supplies[feed].nodes]
    return tuple(dict.fromkeys(nodes))
