"""What a vertex of the graph gives to those that need it, of what is decided so far (asked by plan and run alike)."""

from __future__ import annotations

from collections.abc import Mapping

from wanflow.graph.build import input_id, sources_of
from wanflow.graph.node import CutVertex, ExtractVertex, ShotVertex
from wanflow.graph.shotgraph import ShotGraph
from wanflow.language.production import Shot
from wanflow.planner import cut, price
from wanflow.planner.decide import Decidable, Decision, DecisionContext
from wanflow.planner.node_output import NodeOutput, missing, of_take, promised
from wanflow.planner.picks import rivals_text
from wanflow.planner.plan import Action, Reason, ReasonCode
from wanflow.planner.request import ShotRequest
from wanflow.store.inventory import Inventory
from wanflow.store.take import Take
from wanflow.store.take_names import take_node

CAPTION_CHARACTERS = 90


def supplies_for(vertex: Decidable, supplies: Mapping[str, NodeOutput], graph: ShotGraph) -> dict[str, NodeOutput]:
    """What `decide` is told of a vertex's inputs: by media slot for a shot, by vertex for the rest."""
    if isinstance(vertex, ShotVertex):
        feeds = {slot: input_id(vertex.id, slot, source) for slot, source in sources_of(vertex.shot)}
        return {slot: supplies[feed] for slot, feed in feeds.items()}
    return {feed: supplies[feed] for feed in graph.inputs(vertex.id)}


def supply_of_shot(
    shot_request: ShotRequest, decisions: tuple[Decision, ...], inputs: Mapping[str, NodeOutput], world: DecisionContext
) -> NodeOutput:
    """What a shot's dependents get: the take that is picked once all are there, in the store already or promised."""
    shot, choice = shot_request.shot, shot_request.choice
    if choice.open:
        return missing(shot.name, needs_pick(shot_request), tuple(take_node(shot.name, d.number) for d in decisions))
    number = 0 if choice.take is None else shot_request.entry.numbers[choice.take.digest]
    first = _first_to_come(decisions)
    settled = choice.chosen or first is None or first.number >= number
    if choice.take is not None and settled:
        return _taken(shot, choice.take, number, decisions, world.inventory)
    if first is None:
        node = take_node(shot.name, decisions[0].number)
        return missing(shot.name, Reason(ReasonCode.INPUT_FAILED, f"{node} is blocked"), (node,))
    if first.take is not None:
        return _taken(shot, first.take, first.number, decisions, world.inventory)
    promise = f"{shot_request.core}:{shot_request.seed(first.ordinal)}"
    node = take_node(shot.name, first.number)
    return promised(promise, price.output_film(shot, inputs), (node,), f"{shot.name} {_comes(first)}")


def needs_pick(shot_request: ShotRequest) -> Reason:
    """Why what needs a take of a shot waits for a person, and what the person can do."""
    name, choice = shot_request.shot.name, shot_request.choice
    if choice.rivals:
        return Reason(ReasonCode.NEEDS_PICK, f"{name}: {rivals_text(choice)}: `wanflow pick {name} N`")
    takes = "1 take" if shot_request.wanted == 1 else f"{shot_request.wanted} takes"
    return Reason(ReasonCode.NEEDS_PICK, f"{name} has {takes} and waits for a pick: `wanflow pick {name} N`")


def _first_to_come(decisions: tuple[Decision, ...]) -> Decision | None:
    """The lowest-numbered take that there will be, which dependents use where none is picked (law 6)."""
    coming = [item for item in decisions if item.action is not Action.BLOCKED]
    return min(coming, key=lambda item: item.number, default=None)


def supply_of_extract(vertex: ExtractVertex, decision: Decision, source: NodeOutput) -> NodeOutput:
    """What the shot that an extract feeds gets: its identity, final as soon as its source is known."""
    identity = cut.extract_identity(vertex, source)
    if isinstance(identity, Reason):
        return missing(vertex.id, identity, (vertex.id,))
    film = cut.extract_film(vertex, source)
    obstacle = source.obstacle if decision.reasons[0].code is not ReasonCode.UP_TO_DATE else None
    return NodeOutput(identity, None, film, obstacle, (vertex.id,), source.changes)


def shot_as_is(shot_request: ShotRequest, inventory: Inventory) -> NodeOutput:
    """What a shot gives that this plan leaves alone: the take that counts now, if one does."""
    shot, choice = shot_request.shot, shot_request.counting
    if choice.open:
        return missing(shot.name, needs_pick(shot_request))
    if choice.take is None:
        return missing(shot.name, Reason(ReasonCode.INPUT_FAILED, f"`{shot.name}` is excluded and has no take"))
    return _taken(shot, choice.take, shot_request.entry.numbers[choice.take.digest], (), inventory)


def derived_as_is(vertex: ExtractVertex | CutVertex, inputs: Mapping[str, NodeOutput]) -> NodeOutput:
    """What a vertex that is made here gives where this plan leaves it alone."""
    if isinstance(vertex, ExtractVertex):
        blocked = Decision(Action.DERIVE, (Reason(ReasonCode.NEW, "not extracted yet"),))
        return supply_of_extract(vertex, blocked, inputs[vertex.origin])
    return missing(vertex.id, Reason(ReasonCode.INPUT_FAILED, f"`{vertex.id}` is excluded"))


def caption(shot: Shot, number: int, take: Take) -> tuple[str, ...]:
    """What a slate says of a take: shot, take, model and length, then the prompt's beginning."""
    measured = f"{take.result.width}x{take.result.height}" if take.film is None else f"{float(take.film.seconds):.2f} s"
    words = " ".join(shot.written.split())[:CAPTION_CHARACTERS]
    return (f"{shot.name} · take {number} · {take.model} · {measured}", words)


def _taken(shot: Shot, take: Take, number: int, decisions: tuple[Decision, ...], inventory: Inventory) -> NodeOutput:
    node = take_node(shot.name, number)
    planned = tuple(take_node(shot.name, item.number) for item in decisions if item.number == number)
    here = take.digest in inventory.here
    return of_take(take, node, here=here, nodes=planned, caption=caption(shot, number, take))


def _comes(decision: Decision) -> str:
    if decision.action is not Action.RENDER:
        return {Action.COLLECT: "is collected", Action.RESTORE: "is reused"}[decision.action]
    known = {reason.code for reason in decision.reasons}
    return "is rendered" if ReasonCode.NEW in known else "is rendered again"
