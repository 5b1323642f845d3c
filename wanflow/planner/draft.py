"""From graph, facts and inventory to the plan; pure, and asked again by the runner one vertex at a time (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from wanflow import money
from wanflow.graph.build import input_id, sources_of
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex
from wanflow.graph.shotgraph import ShotGraph
from wanflow.planner import edit, price
from wanflow.planner.decide import Decidable, Decision, World, decide, decide_takes
from wanflow.planner.question import Question, ask, last_request
from wanflow.planner.reason import Code, Reason
from wanflow.planner.steps import Action, Plan, Step, StepKind
from wanflow.planner.supply import Supply, missing, of_asset, of_take, promised
from wanflow.spec.facts import FactsTable
from wanflow.spec.production import Shot
from wanflow.store.inventory import Inventory
from wanflow.store.lock import ShotEntry
from wanflow.store.take import Recipe, Take

CAPTION_CHARACTERS = 90


@dataclass(slots=True)
class _Desk:
    """What drafting one plan has found out so far; the `world` of the next decision knows what was `promised`."""

    graph: ShotGraph
    facts: FactsTable
    world: World
    promised: dict[tuple[str, int], str]
    supplies: dict[str, Supply] = field(default_factory=dict)
    decisions: dict[str, tuple[Decision, ...]] = field(default_factory=dict)
    recipes: dict[str, Recipe] = field(default_factory=dict)


def draft(
    graph: ShotGraph,
    facts: FactsTable,
    inventory: Inventory,
    selected: Iterable[str] | None = None,
    *,
    retry_refused: bool = False,
) -> Plan:
    """The plan for the selected vertices (None: all): same arguments, same plan, byte for byte.

    A shot that is needed but not selected is used as it is: its current take, or nothing. What the service refused
    before is not sent again without `retry_refused`.
    """
    production = graph.production
    chosen = frozenset(vertex.id for vertex in graph.vertices) if selected is None else frozenset(selected)
    promised: dict[tuple[str, int], str] = {}
    world = World(production.backend, inventory, production.shots, promised, retry_refused=retry_refused)
    desk = _Desk(graph, facts, world, promised)
    for vertex in graph.vertices:
        if isinstance(vertex, AssetVertex):
            desk.supplies[vertex.id] = of_asset(vertex, facts)
        elif vertex.id in chosen:
            _decide(desk, vertex)
        else:
            desk.supplies[vertex.id] = supply_as_is(vertex, inventory, desk.supplies)
    steps = [step for vertex in graph.vertices if vertex.id in desk.decisions for step in _steps(desk, vertex)]
    before = {name: last_request(inventory, name) for name in desk.recipes}
    return Plan(
        backend=production.backend,
        region=production.region,
        currency=production.prices.currency,
        steps=tuple(steps),
        graph=graph,
        facts=facts,
        inventory=inventory,
        recipes=desk.recipes,
        before={name: made_from for name, made_from in before.items() if made_from is not None},
        retry_refused=retry_refused,
    )


def supplies_for(vertex: Decidable, supplies: Mapping[str, Supply], graph: ShotGraph) -> dict[str, Supply]:
    """What `decide` is told of a vertex's inputs: by media slot for a shot, by vertex for the rest."""
    if isinstance(vertex, ShotVertex):
        feeds = {slot: input_id(vertex.id, slot, source) for slot, source in sources_of(vertex.shot)}
        return {slot: supplies[feed] for slot, feed in feeds.items()}
    return {feed: supplies[feed] for feed in graph.inputs(vertex.id)}


def supply_of_shot(
    question: Question, decisions: tuple[Decision, ...], inputs: Mapping[str, Supply], world: World
) -> Supply:
    """What a shot's dependents get: the take that is picked once all are there, in the store already or promised."""
    shot = question.shot
    held = next((item.take for item in decisions if item.action is Action.HELD), None)
    if shot.waits_for_pick and held is None and question.pick is None:
        return missing(
            shot.name, _needs_pick(shot, decisions), tuple(take_node(shot.name, d.number) for d in decisions)
        )
    picked = held or (question.picked() if question.known else None)
    number = question.number(picked) if picked is not None else None
    first = _first_to_come(decisions)
    settled = held is not None or question.pick is not None or first is None or first.number > (number or 0)
    if picked is not None and number and settled:
        return _taken(shot, picked, number, decisions, world.inventory)
    if first is None:
        node = take_node(shot.name, decisions[0].number)
        return missing(shot.name, Reason(Code.INPUT_FAILED, f"{node} is blocked"), (node,))
    if first.take is not None:
        return _taken(shot, first.take, first.number, decisions, world.inventory)
    promise = f"{question.core}:{question.seed(first.ordinal)}"
    node = take_node(shot.name, first.number)
    return promised(promise, price.output_film(shot, inputs), (node,), f"{shot.name} {_comes(first)}")


def _needs_pick(shot: Shot, decisions: tuple[Decision, ...]) -> Reason:
    takes = "1 take" if len(decisions) == 1 else f"{len(decisions)} takes"
    return Reason(Code.NEEDS_PICK, f"{shot.name} has {takes} and waits for a pick: `wanflow pick {shot.name} N`")


def _first_to_come(decisions: tuple[Decision, ...]) -> Decision | None:
    """The lowest-numbered take that there will be, which dependents use where none is picked (law 6)."""
    coming = [item for item in decisions if item.action is not Action.BLOCKED]
    return min(coming, key=lambda item: item.number, default=None)


def supply_of_extract(vertex: ExtractVertex, decision: Decision, source: Supply) -> Supply:
    """What the shot that an extract feeds gets: its identity, final as soon as its source is known."""
    identity = edit.extract_identity(vertex, source)
    if isinstance(identity, Reason):
        return missing(vertex.id, identity, (vertex.id,))
    film = edit.extract_film(vertex, source)
    obstacle = source.obstacle if decision.reasons[0].code is not Code.UP_TO_DATE else None
    return Supply(identity, None, film, obstacle, (vertex.id,), source.changes)


def supply_as_is(vertex: Decidable, inventory: Inventory, supplies: Mapping[str, Supply]) -> Supply:
    """What a vertex gives that this plan leaves alone: the picked take of its last request, if there is one."""
    if isinstance(vertex, ExtractVertex):
        blocked = Decision(Action.DERIVE, (Reason(Code.NEW, "not cut yet"),))
        return supply_of_extract(vertex, blocked, supplies[vertex.origin])
    take = _current_take(inventory.lock.shots.get(vertex.id, ShotEntry()))
    if isinstance(vertex, CutVertex) or take is None:
        return missing(vertex.id, Reason(Code.INPUT_FAILED, f"`{vertex.id}` is excluded and has no take"))
    number = inventory.lock.shots[vertex.id].numbers[take.digest]
    node = take_node(vertex.id, number)
    return of_take(take, node, here=take.digest in inventory.here, nodes=(), caption=caption(vertex.shot, number, take))


def take_node(shot: str, number: int) -> str:
    """The node id of a take, e.g. `talk.t2`."""
    return f"{shot}.t{number}"


def caption(shot: Shot, number: int, take: Take) -> tuple[str, ...]:
    """What a slate says of a take: shot, take, model and time, then the prompt's beginning."""
    seconds = f"{float(take.film.frames / take.film.rate):.2f} s"
    words = " ".join(shot.written.split())[:CAPTION_CHARACTERS]
    return (f"{shot.name} · take {number} · {take.model} · {seconds}", words)


def _current_take(entry: ShotEntry) -> Take | None:
    if entry.held is not None:
        return entry.takes.get(entry.held)
    pick = entry.takes.get(entry.picks.get(entry.current or "", ""))
    if pick is not None:
        return pick
    core = (entry.current or "").partition("+")[0]
    current = [take for take in entry.takes.values() if take.fingerprint == core and not take.gone]
    return min(current, key=lambda take: entry.numbers[take.digest], default=None)


def _decide(desk: _Desk, vertex: Decidable) -> None:
    inputs = supplies_for(vertex, desk.supplies, desk.graph)
    if isinstance(vertex, ShotVertex):
        _decide_shot(desk, vertex, inputs)
        return
    decisions = desk.decisions[vertex.id] = decide(vertex, inputs, desk.world)
    if isinstance(vertex, ExtractVertex):
        desk.supplies[vertex.id] = supply_of_extract(vertex, decisions[0], inputs[vertex.origin])


def _decide_shot(desk: _Desk, vertex: ShotVertex, inputs: Mapping[str, Supply]) -> None:
    """Asked once, since telling what a shot asks for takes longer than anything else of it."""
    world = desk.world
    question = ask(vertex.shot, world.backend, inputs, world.inventory, world.shots)
    decisions = desk.decisions[vertex.id] = decide_takes(question, inputs, world)
    desk.supplies[vertex.id] = supply_of_shot(question, decisions, inputs, world)
    _promise(desk, question, decisions)
    _spare(desk, vertex, decisions)


def _promise(desk: _Desk, question: Question, decisions: tuple[Decision, ...]) -> None:
    shot = question.shot
    desk.recipes[shot.name] = question.recipe
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


def _taken(shot: Shot, take: Take, number: int, decisions: tuple[Decision, ...], inventory: Inventory) -> Supply:
    node = take_node(shot.name, number)
    planned = tuple(take_node(shot.name, item.number) for item in decisions if item.number == number)
    here = take.digest in inventory.here
    return of_take(take, node, here=here, nodes=planned, caption=caption(shot, number, take))


def _comes(decision: Decision) -> str:
    if decision.action is not Action.RENDER:
        return {Action.COLLECT: "is collected", Action.RESTORE: "is shared"}[decision.action]
    known = {reason.code for reason in decision.reasons}
    return "is rendered" if Code.NEW in known else "is rendered again"


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
