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
from wanflow.planner.decide import Decision, DecisionContext, decide, decide_takes
from wanflow.planner.inputs import derived_as_is, shot_as_is, supplies_for, supply_of_extract, supply_of_shot
from wanflow.planner.node_output import NodeOutput, of_asset
from wanflow.planner.plan import Action, Plan, Reason, ReasonCode, Step, StepKind
from wanflow.planner.renames import FormerNames, arrived_since, names_in_file, shifted
from wanflow.planner.request import ShotRequest, ask, last_request
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock, rename
from wanflow.store.take_names import take_node


@dataclass(slots=True)
class _PlanBuilder:
    """What drafting one plan has found out so far; the `world` of the next decision knows what was `promised`.

    `renamed` maps each shot that was renamed to the name that its takes had in the lock.
    """

    graph: ShotGraph
    facts: FactsTable
    world: DecisionContext
    promised: dict[tuple[str, int], str]
    askers: FormerNames
    renamed: dict[str, str] = field(default_factory=dict)
    supplies: dict[str, NodeOutput] = field(default_factory=dict)
    decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)
    questions: dict[str, ShotRequest] = field(default_factory=dict)


def make_plan(
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
        askers = FormerNames(have.lock if whole else Lock(), production.shots)
        builder = _drafted(graph, facts, have, chosen, renames, askers, retry_refused=retry_refused)
        if builder.renamed:
            renames.append(builder.renamed)
        moved = shifted(builder.questions.values(), builder.world.inventory.lock) if whole else {}
        if not moved or len(renames) > len(production.shots):
            break
        renames.append(moved)
    steps = [step for vertex in graph.vertices if vertex.id in builder.decisions for step in _steps(builder, vertex)]
    have = builder.world.inventory
    asked = {name: shot_request for name, shot_request in builder.questions.items() if name in builder.decisions}
    before = {name: last_request(have, name) for name in asked}
    return Plan(
        backend=production.backend,
        region=production.region,
        currency=production.prices.currency,
        steps=tuple(steps),
        graph=graph,
        facts=facts,
        inventory=have,
        recipes={name: shot_request.recipe for name, shot_request in asked.items()},
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
    askers: FormerNames,
    *,
    retry_refused: bool,
) -> _PlanBuilder:
    """One pass over the graph: what every vertex gives, and what happens to the chosen ones."""
    production = graph.production
    promised: dict[tuple[str, int], str] = {}
    world = DecisionContext(production.backend, have, production.shots, promised, retry_refused=retry_refused)
    builder = _PlanBuilder(graph, facts, world, promised, askers)
    files = names_in_file(renames[1:])  # what arrived since is in the file under the new name already
    for vertex in graph.vertices:
        if isinstance(vertex, AssetVertex):
            builder.supplies[vertex.id] = of_asset(vertex, facts)
            continue
        inputs = supplies_for(vertex, builder.supplies, graph)
        if isinstance(vertex, ShotVertex):
            shot_request = builder.questions[vertex.id] = _ask(builder, vertex.shot, inputs, files)
            if vertex.id in chosen:
                _decide_shot(builder, vertex, shot_request, inputs)
            else:
                builder.supplies[vertex.id] = shot_as_is(shot_request, builder.world.inventory)
        elif vertex.id in chosen:
            decisions = builder.decisions[vertex.id] = decide(vertex, inputs, builder.world)
            if isinstance(vertex, ExtractVertex):
                builder.supplies[vertex.id] = supply_of_extract(vertex, decisions[0], inputs[vertex.origin])
        else:
            builder.supplies[vertex.id] = derived_as_is(vertex, inputs)
    return builder


def _ask(builder: _PlanBuilder, shot: Shot, inputs: Mapping[str, NodeOutput], files: Mapping[str, str]) -> ShotRequest:
    """What a shot asks for; where it is a removed shot under a new name, that one's takes are its own from here on."""
    world = builder.world
    shot_request = ask(shot, world.backend, inputs, world.inventory)
    former = builder.askers.former_of(shot_request)
    if former is None:
        return replace(shot_request, renamed_from=files.get(shot.name))
    builder.renamed[shot.name] = former
    lock = rename(world.inventory.lock, {shot.name: former})
    builder.world = replace(world, inventory=replace(world.inventory, lock=lock))
    return replace(shot_request, entry=lock.shots[shot.name], renamed_from=files.get(former, former))


def _decide_shot(
    builder: _PlanBuilder, vertex: ShotVertex, shot_request: ShotRequest, inputs: Mapping[str, NodeOutput]
) -> None:
    """Asked once, since telling what a shot asks for takes longer than anything else of it."""
    world = builder.world
    decisions = builder.decisions[vertex.id] = decide_takes(shot_request, inputs, world)
    builder.supplies[vertex.id] = supply_of_shot(shot_request, decisions, inputs, world)
    _promise(builder, shot_request, decisions)
    _spare(builder, vertex, decisions)


def _promise(builder: _PlanBuilder, shot_request: ShotRequest, decisions: tuple[Decision, ...]) -> None:
    shot = shot_request.shot
    for decision in decisions:
        if decision.action in {Action.RENDER, Action.COLLECT}:
            seed = shot_request.seed(decision.ordinal)
            builder.promised.setdefault((shot_request.core, seed), take_node(shot.name, decision.number))


def _spare(builder: _PlanBuilder, vertex: ShotVertex, decisions: tuple[Decision, ...]) -> None:
    """Decide again on the extracts of a shot that needs none of them: nothing will read them.

    One that waits for another shot's take needs them all the same: by them the run knows that it asks the same.
    """
    if any(decision.action in {Action.RENDER, Action.BLOCKED} or _is_twin(decision) for decision in decisions):
        return
    extracts = [name for name in builder.graph.inputs(vertex.id) if name in builder.decisions]
    world = replace(builder.world, spare=frozenset(extracts))
    for name in extracts:
        extract = builder.graph.vertex(name)
        if isinstance(extract, ExtractVertex):
            builder.decisions[name] = decide(extract, supplies_for(extract, builder.supplies, builder.graph), world)


def _is_twin(decision: Decision) -> bool:
    return decision.action is Action.RESTORE and decision.take is None


def _steps(builder: _PlanBuilder, vertex: object) -> list[Step]:
    match vertex:
        case ShotVertex():
            return [_take_step(builder, vertex, decision) for decision in builder.decisions[vertex.id]]
        case ExtractVertex():
            return [_derived_step(builder, vertex, StepKind.EXTRACT, builder.decisions[vertex.id][0])]
        case CutVertex():
            return [_derived_step(builder, vertex, StepKind.CUT, builder.decisions[vertex.id][0])]
        case _:
            return []


def _take_step(builder: _PlanBuilder, vertex: ShotVertex, decision: Decision) -> Step:
    inputs = supplies_for(vertex, builder.supplies, builder.graph)
    production = builder.graph.production
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
        needs=_needs(builder, vertex.id) + twin,
    )


def _with_way_out(shot: str, decision: Decision, quoted: price.Quote) -> tuple[Reason, ...]:
    """The reasons of a take; one whose file is not here names what to do, and what another one costs."""
    if decision.reasons[0].code is not ReasonCode.NOT_HERE:
        return decision.reasons
    amount = "" if quoted.cost.amount is None else f" ({money.amount_text(quoted.cost.amount)} {quoted.cost.currency})"
    ways = f"`wanflow pull`, copy the store, or `wanflow retake {shot}` for another{amount}"
    return (Reason(ReasonCode.NOT_HERE, f"{decision.reasons[0].text}: {ways}"), *decision.reasons[1:])


def _derived_step(builder: _PlanBuilder, vertex: ExtractVertex | CutVertex, kind: StepKind, decision: Decision) -> Step:
    return Step(
        node=vertex.id,
        kind=kind,
        vertex=vertex.id,
        action=decision.action,
        reasons=decision.reasons,
        cost=money.nothing(builder.graph.production.prices.currency),
        certain=decision.certain,
        shot=vertex.shot if isinstance(vertex, ExtractVertex) else None,
        needs=_needs(builder, vertex.id),
    )


def _needs(builder: _PlanBuilder, vertex: str) -> tuple[str, ...]:
    nodes = [node for feed in builder.graph.inputs(vertex) for node in builder.supplies[feed].nodes]
    return tuple(dict.fromkeys(nodes))
