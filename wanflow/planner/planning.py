"""From graph, facts and inventory to the plan; pure, and asked again by the runner one vertex at a time (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import reduce

from wanflow import money
from wanflow.graph.build import ShotGraph
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex, Vertex
from wanflow.language.production import Shot
from wanflow.language.source import FactsTable
from wanflow.messages import tr
from wanflow.planner import price
from wanflow.planner.cut import outputs_used
from wanflow.planner.decide import Decidable, Decision, DecisionContext, decide, decide_takes
from wanflow.planner.inputs import extract_output, inputs_of, shot_output, unplanned_output
from wanflow.planner.plan import Action, NodeOutput, Plan, Reason, ReasonCode, Step, StepKind, asset_output
from wanflow.planner.renames import FormerNames, moved_names, names_from_merges, names_in_file
from wanflow.planner.request import ShotRequest, last_request, request_of
from wanflow.records import mutable
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock, ShotEntry, rename, rename_among
from wanflow.store.take_names import take_node


@mutable
class _PlanBuilder:
    """What one pass over the graph has found out.

    `promised` are the takes that this plan renders or collects; `context` has them for the next decisions. `renamed`
    maps each shot that was renamed to the name that its takes had in the lock; `entries` are those of the lock in the
    context, which follow it.
    """

    graph: ShotGraph
    facts: FactsTable
    context: DecisionContext
    promised: dict[tuple[str, int], str]
    former_names: FormerNames
    entries: dict[str, ShotEntry]
    renamed: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, NodeOutput] = field(default_factory=dict)
    decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)
    requests: dict[str, ShotRequest] = field(default_factory=dict)

    def inputs(self, vertex: Decidable) -> dict[str, NodeOutput]:
        """What a vertex is made from."""
        return inputs_of(vertex, self.outputs, self.graph)


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
    if not whole:
        no_names = FormerNames(Lock(), production.shots)
        return _plan(_build(graph, facts, inventory, chosen, [], no_names, retry_refused=retry_refused), [])
    renames = [names_from_merges(inventory.lock, production.shots)]
    while True:
        have = replace(inventory, lock=reduce(rename, renames, inventory.lock))
        former_names = FormerNames(have.lock, production.shots)
        builder = _build(graph, facts, have, chosen, renames, former_names, retry_refused=retry_refused)
        if builder.renamed:
            renames.append(builder.renamed)
        moved = moved_names(builder.requests.values(), builder.context.inventory.lock)
        if not moved or len(renames) > len(production.shots):
            return _plan(builder, renames)
        renames.append(moved)


def _plan(builder: _PlanBuilder, renames: Sequence[Mapping[str, str]]) -> Plan:
    production, have = builder.graph.production, builder.context.inventory
    decided = {name: request for name, request in builder.requests.items() if name in builder.decisions}
    before = {name: last_request(have, name) for name in decided}
    return Plan(
        provider=production.provider,
        region=production.region,
        currency=production.prices.currency,
        steps=tuple(step for vertex in builder.graph.vertices for step in _steps(builder, vertex)),
        graph=builder.graph,
        facts=builder.facts,
        inventory=have,
        recipes={name: request.recipe for name, request in decided.items()},
        before={name: recipe for name, recipe in before.items() if recipe is not None},
        retry_refused=builder.context.retry_refused,
        renames=tuple(filter(None, renames)),
    )


def _build(
    graph: ShotGraph,
    facts: FactsTable,
    have: Inventory,
    chosen: frozenset[str],
    renames: Sequence[Mapping[str, str]],
    former_names: FormerNames,
    *,
    retry_refused: bool,
) -> _PlanBuilder:
    """One pass over the graph: what every vertex gives, and what happens to the chosen ones."""
    production = graph.production
    promised: dict[tuple[str, int], str] = {}
    entries = dict(have.lock.shots)
    have = replace(have, lock=have.lock.with_entries(entries, ()))
    context = DecisionContext(production.provider, have, production.shots, promised, retry_refused=retry_refused)
    builder = _PlanBuilder(graph, facts, context, promised, former_names, entries)
    in_file = names_in_file(renames[1:])  # what a merge brought is in the file under the new name already
    for vertex in graph.vertices:
        if isinstance(vertex, AssetVertex):
            builder.outputs[vertex.id] = asset_output(vertex, facts)
            continue
        inputs = builder.inputs(vertex)
        if isinstance(vertex, ShotVertex):
            request = builder.requests[vertex.id] = _request(builder, vertex.shot, inputs, in_file)
            if vertex.id in chosen:
                _decide_shot(builder, vertex, request, inputs)
            else:
                builder.outputs[vertex.id] = shot_output(
                    request, None, inputs, builder.context.inventory, numbered=vertex.id in graph.numbered
                )
        elif vertex.id in chosen:
            decisions = builder.decisions[vertex.id] = decide(vertex, inputs, builder.context)
            if isinstance(vertex, ExtractVertex):
                builder.outputs[vertex.id] = extract_output(vertex, decisions[0], inputs[vertex.origin])
        else:
            builder.outputs[vertex.id] = unplanned_output(vertex, inputs)
    return builder


def _request(
    builder: _PlanBuilder, shot: Shot, inputs: Mapping[str, NodeOutput], in_file: Mapping[str, str]
) -> ShotRequest:
    """The request of a shot; one that is a removed shot under a new name has that one's takes from here on."""
    context = builder.context
    request = request_of(shot, context.provider, inputs, context.inventory)
    former = builder.former_names.former_of(request)
    if former is None:
        return replace(request, renamed_from=in_file.get(shot.name))
    builder.renamed[shot.name] = former
    lock = rename_among(context.inventory.lock, builder.entries, {shot.name: former})
    builder.context = replace(context, inventory=replace(context.inventory, lock=lock))
    return replace(request, entry=lock.shots[shot.name], renamed_from=in_file.get(former, former))


def _decide_shot(
    builder: _PlanBuilder, vertex: ShotVertex, request: ShotRequest, inputs: Mapping[str, NodeOutput]
) -> None:
    """Decide on the takes of a shot, and again on its extracts where it needs none of them: nothing reads them then."""
    context = builder.context
    decisions = builder.decisions[vertex.id] = decide_takes(request, inputs, context)
    numbered = vertex.id in builder.graph.numbered
    builder.outputs[vertex.id] = shot_output(request, decisions, inputs, context.inventory, numbered=numbered)
    for decision in decisions:
        if decision.action in {Action.RENDER, Action.COLLECT}:
            node = take_node(vertex.id, decision.number)
            builder.promised.setdefault((request.core, request.seed(decision.ordinal)), node)
    for decision in decisions:
        # a shot that waits for another one's take needs its extracts: a run compares the two requests by them
        waits = decision.action is Action.RESTORE and decision.take is None
        if waits or decision.action in {Action.RENDER, Action.BLOCKED}:
            return
    extracts = frozenset(name for name in builder.graph.inputs(vertex.id) if name in builder.decisions)
    for name in extracts:
        extract = builder.graph.vertex(name)
        if isinstance(extract, ExtractVertex):
            builder.decisions[name] = decide(extract, builder.inputs(extract), replace(context, unused=extracts))


def _steps(builder: _PlanBuilder, vertex: Vertex) -> list[Step]:
    decisions = builder.decisions.get(vertex.id, ())
    match vertex:
        case ShotVertex():
            return [_take_step(builder, vertex, decision) for decision in decisions]
        case ExtractVertex() | CutVertex():
            return [_local_step(builder, vertex, decision) for decision in decisions]
        case AssetVertex():
            return []


def _take_step(builder: _PlanBuilder, vertex: ShotVertex, decision: Decision) -> Step:
    inputs, production = builder.inputs(vertex), builder.graph.production
    quoted = price.quote(vertex.shot, inputs, production.prices, production.region)
    paid = decision.action in {Action.RENDER, Action.COLLECT}
    twin = (decision.origin,) if decision.origin and decision.take is None else ()
    reasons = decision.reasons
    if reasons[0].code is ReasonCode.NOT_HERE:
        amount = "" if quoted.cost.amount is None else money.amount_text(quoted.cost.amount)
        price_text = f" ({amount} {quoted.cost.currency})" if amount else ""
        hint = tr(
            "`wanflow pull`, copy the store, or `wanflow retake {id}` for another{price}",
            id=vertex.id,
            price=price_text,
        )
        reasons = (Reason(ReasonCode.NOT_HERE, tr("{text}: {hint}", text=reasons[0].text, hint=hint)), *reasons[1:])
    return Step(
        node=take_node(vertex.id, decision.number),
        kind=StepKind.TAKE,
        vertex=vertex.id,
        action=decision.action,
        reasons=reasons,
        cost=quoted.cost if paid else money.nothing(production.prices.currency),
        certain=decision.certain,
        shot=vertex.id,
        model=vertex.shot.model,
        take=decision.number,
        ordinal=decision.ordinal,
        seed=decision.seed,
        seconds=quoted.seconds,
        footage=price.output_seconds(vertex.shot, inputs),
        images=quoted.images,
        needs=_nodes(inputs.values()) + twin,
    )


def _local_step(builder: _PlanBuilder, vertex: ExtractVertex | CutVertex, decision: Decision) -> Step:
    inputs = builder.inputs(vertex)
    used = outputs_used(vertex.cut, inputs) if isinstance(vertex, CutVertex) else inputs.values()
    return Step(
        node=vertex.id,
        kind=StepKind.EXTRACT if isinstance(vertex, ExtractVertex) else StepKind.CUT,
        vertex=vertex.id,
        action=decision.action,
        reasons=decision.reasons,
        cost=money.nothing(builder.graph.production.prices.currency),
        certain=decision.certain,
        shot=vertex.shot if isinstance(vertex, ExtractVertex) else None,
        needs=_nodes(used),
        writes=decision.writes,
    )


def _nodes(outputs: Iterable[NodeOutput]) -> tuple[str, ...]:
    """The steps that make these, each once."""
    return tuple(dict.fromkeys(node for output in outputs for node in output.nodes))
