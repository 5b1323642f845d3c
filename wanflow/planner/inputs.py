"""What a vertex of the graph gives to those that need it, by what is decided: one answer for plan and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wanflow.graph import recipe
from wanflow.graph.build import ShotGraph, input_id, sources_of
from wanflow.graph.node import AssetVertex, CutVertex, ExtractVertex, ShotVertex, Vertex
from wanflow.language.production import Shot
from wanflow.messages import joined, tr, trn
from wanflow.planner import cut, picks, price
from wanflow.planner.decide import Decidable, Decision, DecisionContext, decide, decide_takes
from wanflow.planner.drawn_texts import prompt_language, slate_words
from wanflow.planner.picks import ChoiceReason, TakeChoice, rivals_text
from wanflow.planner.plan import Action, NodeOutput, Plan, Reason, ReasonCode, Slate, asset_output, missing_output
from wanflow.planner.request import ShotRequest, findings_to_wait_for, request_of
from wanflow.store.findings import Finding
from wanflow.store.inventory import Inventory
from wanflow.store.take import Take
from wanflow.store.take_names import take_node


def inputs_of(vertex: Decidable, outputs: Mapping[str, NodeOutput], graph: ShotGraph) -> dict[str, NodeOutput]:
    """The outputs that a vertex is made from: by media slot for a shot, by vertex for the rest."""
    if isinstance(vertex, ShotVertex):
        return {slot: outputs[input_id(vertex.id, slot, source)] for slot, source in sources_of(vertex.shot)}
    return {name: outputs[name] for name in graph.inputs(vertex.id)}


def outputs_of(plan: Plan, inventory: Inventory, needed_by: str | None = None) -> dict[str, NodeOutput]:
    """What each vertex of a plan's graph gives, with what exists by now; with `needed_by` of what that vertex needs."""
    near = None if needed_by is None else plan.graph.ancestors(needed_by)
    planned = frozenset(step.vertex for step in plan.steps)
    outputs: dict[str, NodeOutput] = {}
    for vertex in plan.graph.vertices:
        if near is not None and vertex.id not in near:
            continue
        output = output_of(vertex, outputs, plan, inventory, planned=vertex.id in planned)
        if output is not None:
            outputs[vertex.id] = output
    return outputs


def output_of(
    vertex: Vertex, outputs: Mapping[str, NodeOutput], plan: Plan, inventory: Inventory, *, planned: bool
) -> NodeOutput | None:
    """What a vertex gives by now, `planned` where the plan has steps of it; None for a planned cut."""
    if isinstance(vertex, AssetVertex):
        return asset_output(vertex, plan.facts)
    inputs, context = inputs_of(vertex, outputs, plan.graph), DecisionContext.of(plan, inventory)
    match vertex:
        case ShotVertex(shot=shot):
            request = request_of(shot, plan.provider, inputs, inventory)
            decisions = decide_takes(request, inputs, context) if planned else None
            return shot_output(request, decisions, inputs, inventory, numbered=vertex.id in plan.graph.numbered)
        case ExtractVertex() if planned:
            return extract_output(vertex, decide(vertex, inputs, context)[0], inputs[vertex.origin])
        case _:
            return None if planned else unplanned_output(vertex, inputs)


def shot_output(
    shot_request: ShotRequest,
    decisions: tuple[Decision, ...] | None,
    inputs: Mapping[str, NodeOutput],
    inventory: Inventory,
    *,
    numbered: bool,
) -> NodeOutput:
    """What a shot's dependents get; `decisions` are None where this plan leaves the shot alone.

    `numbered`: a cut names takes of it, and gets these.
    """
    output = (
        _unplanned_output(shot_request, inventory)
        if decisions is None
        else _planned_output(shot_request, decisions, inputs, inventory)
    )
    return _with_takes(output, shot_request, decisions or (), inputs, inventory) if numbered else output


def _planned_output(
    shot_request: ShotRequest,
    decisions: tuple[Decision, ...],
    inputs: Mapping[str, NodeOutput],
    inventory: Inventory,
) -> NodeOutput:
    """The take that is picked once all are there, in the store already or promised."""
    shot, choice = shot_request.shot, shot_request.choice
    if choice.open:
        nodes = tuple(take_node(shot.name, decision.number) for decision in decisions)
        return missing_output(shot.name, needs_pick(shot_request, choice), nodes, price.output_result(shot, inputs))
    number = 0 if choice.take is None else shot_request.entry.numbers[choice.take.digest]
    # where none is picked, the lowest-numbered take that there will be is used (law 6)
    coming = (decision for decision in decisions if decision.action is not Action.BLOCKED)
    first = min(coming, key=lambda decision: decision.number, default=None)
    if choice.take is not None and (choice.chosen or first is None or first.number >= number):
        waits = needs_pick(shot_request, choice) if choice.waiting else None
        return _take_output(shot, choice.take, number, decisions, inventory, waits)
    if first is None:
        node = take_node(shot.name, decisions[0].number)
        blocked = Reason(ReasonCode.INPUT_FAILED, tr("{node} is blocked", node=node))
        return missing_output(shot.name, blocked, (node,), price.output_result(shot, inputs))
    if first.take is not None:
        found = findings_to_wait_for(shot, [first.take], inventory).get(first.take.digest, ())
        waits = findings_reason(shot.name, first.number, found) if found else None
        return _take_output(shot, first.take, first.number, decisions, inventory, waits)
    return NodeOutput(
        identity=recipe.placeholder(f"{shot_request.core}:{shot_request.seed(first.ordinal)}"),
        result=price.output_result(shot, inputs),
        nodes=(take_node(shot.name, first.number),),
        changes=tr("{name} {change}", name=shot.name, change=_change_text(first)),
    )


def _change_text(decision: Decision) -> str:
    match decision.action:
        case Action.COLLECT:
            return tr("is collected")
        case Action.RESTORE:
            return tr("is reused")
        case _:
            new = any(reason.code is ReasonCode.NEW for reason in decision.reasons)
            return tr("is rendered") if new else tr("is rendered again")


def _with_takes(
    output: NodeOutput,
    shot_request: ShotRequest,
    decisions: tuple[Decision, ...],
    inputs: Mapping[str, NodeOutput],
    inventory: Inventory,
) -> NodeOutput:
    """What a shot gives, with what each of its takes gives, those included that are made now.

    Who names a take has chosen it, so that none of them waits for a pick.
    """
    shot, entry = shot_request.shot, shot_request.entry
    known = picks.numbered_takes(entry)
    takes = {number: _take_output(shot, take, number, decisions, inventory) for number, take in known.items()}
    current = {entry.numbers[take.digest] for take in shot_request.takes}
    for decision in decisions:
        number, node = decision.number, take_node(shot.name, decision.number)
        if decision.action not in {Action.BLOCKED, Action.HELD}:
            current.add(number)
        if number in takes:
            continue
        if decision.take is not None:
            takes[number] = _take_output(shot, decision.take, number, decisions, inventory)
        elif decision.action is Action.BLOCKED:
            blocked = Reason(ReasonCode.INPUT_FAILED, tr("{node} is blocked", node=node))
            takes[number] = missing_output(shot.name, blocked, (node,), price.output_result(shot, inputs))
        else:
            change = tr("is rendered") if decision.action is Action.RENDER else _change_text(decision)
            takes[number] = NodeOutput(
                identity=recipe.placeholder(f"{shot_request.core}:{shot_request.seed(decision.ordinal)}"),
                result=price.output_result(shot, inputs),
                nodes=(node,),
                changes=tr("{name} {change}", name=node, change=change),
            )
    return replace(output, takes=takes, current=tuple(sorted(current)))


def _unplanned_output(shot_request: ShotRequest, inventory: Inventory) -> NodeOutput:
    """What a shot gives that this plan leaves alone: the take that counts now, if one does."""
    shot, choice = shot_request.shot, shot_request.counting
    if choice.open:
        return missing_output(shot.name, needs_pick(shot_request, choice))
    if choice.take is None:
        reason = Reason(ReasonCode.INPUT_FAILED, tr("`{name}` is excluded and has no take", name=shot.name))
        return missing_output(shot.name, reason)
    waits = needs_pick(shot_request, choice) if choice.waiting else None
    return _take_output(shot, choice.take, shot_request.entry.numbers[choice.take.digest], (), inventory, waits)


def needs_pick(shot_request: ShotRequest, choice: TakeChoice) -> Reason:
    """Why what needs a take of a shot waits for a person, and what the person can do."""
    name = shot_request.shot.name
    if choice.how is ChoiceReason.FINDINGS and choice.take is not None:
        return findings_reason(name, shot_request.entry.numbers[choice.take.digest], choice.findings)
    if choice.rivals:
        return Reason(
            ReasonCode.NEEDS_PICK,
            tr("{name}: {rivals}: `wanflow pick {name} N`", name=name, rivals=rivals_text(choice)),
        )
    takes = trn("{number} take", "{number} takes", shot_request.wanted)
    if not shot_request.takes:
        return Reason(
            ReasonCode.NEEDS_PICK,
            tr("{name} will have {takes} and then waits for a pick: `wanflow pick {name} N`", name=name, takes=takes),
        )
    return Reason(
        ReasonCode.NEEDS_PICK,
        tr("{name} has {takes} and waits for a pick: `wanflow pick {name} N`", name=name, takes=takes),
    )


def findings_reason(name: str, number: int, findings: tuple[Finding, ...]) -> Reason:
    """Why what needs a take with findings waits for a person, and what the person can do."""
    brief = tr("{name} take {number} waits for a pick", name=name, number=number)
    remedy = tr(
        "`wanflow pick {name} {number}` uses it, `wanflow retake {name}` asks for another", name=name, number=number
    )
    found = joined("; ", (finding.text for finding in findings))
    text = tr("{brief} ({findings}): {remedy}", brief=brief, findings=found, remedy=remedy)
    return Reason(ReasonCode.NEEDS_PICK, text, brief, remedy)


def extract_output(vertex: ExtractVertex, decision: Decision, source: NodeOutput) -> NodeOutput:
    """What the shot that an extract feeds gets: its identity, final as soon as its source is known."""
    identity = cut.extract_identity(vertex, source)
    if isinstance(identity, Reason):
        return missing_output(vertex.id, identity, (vertex.id,))
    film = cut.extract_film(vertex, source)
    obstacle = source.obstacle
    if decision.reasons[0].code is ReasonCode.UP_TO_DATE and obstacle and obstacle.code is not ReasonCode.NEEDS_PICK:
        obstacle = None  # the source is not needed any more
    return NodeOutput(identity, None, film, obstacle, (vertex.id,), source.changes)


def unplanned_output(vertex: ExtractVertex | CutVertex, inputs: Mapping[str, NodeOutput]) -> NodeOutput:
    """What an extract or a cut gives where this plan leaves it alone."""
    if isinstance(vertex, ExtractVertex):
        decision = Decision(Action.DERIVE, (Reason(ReasonCode.NEW, tr("not extracted yet")),))
        return extract_output(vertex, decision, inputs[vertex.origin])
    return missing_output(vertex.id, Reason(ReasonCode.INPUT_FAILED, tr("`{id}` is excluded", id=vertex.id)))


def slate_of_take(shot: Shot, number: int, take: Take) -> Slate:
    """What a slate says of a take."""
    seconds = None if take.film is None else take.film.seconds
    size = take.result.width, take.result.height
    return Slate(shot.name, number, take.model, seconds, size, slate_words(shot), prompt_language(shot))


def _take_output(
    shot: Shot,
    take: Take,
    number: int,
    decisions: tuple[Decision, ...],
    inventory: Inventory,
    waits: Reason | None = None,
) -> NodeOutput:
    """What a take gives; with `waits`, nothing new is made from it, and what was made already stays."""
    node = take_node(shot.name, number)
    away = Reason(
        ReasonCode.NOT_HERE, tr("the file of {node} is not here: `wanflow pull`, or copy the store", node=node)
    )
    return NodeOutput(
        identity=recipe.digest_identity(take.digest),
        digest=take.digest,
        result=take.result,
        obstacle=waits if take.digest in inventory.here else away,
        nodes=tuple(node for decision in decisions if decision.number == number),
        slate=slate_of_take(shot, number, take),
    )
