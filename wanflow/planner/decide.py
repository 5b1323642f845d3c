"""The one function that decides, for `plan`, `run`, `status` and `why` alike (law 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wanflow import digest
from wanflow.graph import recipe
from wanflow.graph.node import CutVertex, ExtractVertex, ShotVertex
from wanflow.language.production import Shot
from wanflow.planner import cut, picks
from wanflow.planner.diff import differences
from wanflow.planner.node_output import NodeOutput
from wanflow.planner.picks import ChoiceReason
from wanflow.planner.plan import Action, Reason, ReasonCode
from wanflow.planner.request import ShotRequest, answered_before, ask, last_request
from wanflow.store.attempt import OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.take import Take


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one node, and why.

    For a take: its running number, its ordinal within the request and its seed (None while the request is not
    fully known); `take` is the answer that exists, `origin` the shot that it was made for, `task` the open task
    that will deliver it.
    """

    action: Action
    reasons: tuple[Reason, ...]
    certain: bool = True
    number: int = 0
    ordinal: int = 0
    seed: int | None = None
    take: Take | None = None
    origin: str | None = None
    task: OpenTask | None = None

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a decision without a reason can't be constructed")


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """All that a decision looks at beside its own inputs.

    `promised` maps a request and a seed to the node that this plan already renders it as; `spare` are the extracts
    that nothing in this plan reads, because the shot that they feed has its takes. `retry_refused` sends again what the
    service refused before.
    """

    backend: str
    inventory: Inventory
    shots: Mapping[str, Shot]
    promised: Mapping[tuple[str, int], str] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()
    retry_refused: bool = False


Decidable = ShotVertex | ExtractVertex | CutVertex


def decide(vertex: Decidable, supplies: Mapping[str, NodeOutput], world: DecisionContext) -> tuple[Decision, ...]:
    """What happens to a vertex: one decision for an extract or a cut, one for each wanted take of a shot.

    `supplies` are by media slot for a shot, by vertex for the rest. Total over known and promised inputs: asked
    again when more is known it only moves down, from render to restore or reuse.
    """
    match vertex:
        case ShotVertex(shot=shot):
            return decide_takes(ask(shot, world.backend, supplies, world.inventory), supplies, world)
        case ExtractVertex():
            return (_decide_extract(vertex, supplies[vertex.origin], world),)
        case CutVertex():
            return (_decide_cut(vertex, supplies, world),)


def decide_takes(
    shot_request: ShotRequest, supplies: Mapping[str, NodeOutput], world: DecisionContext
) -> tuple[Decision, ...]:
    """One decision for each take that a request asks for, in the order of their ordinals."""
    kept = _kept(shot_request)
    if kept is not None:
        return (kept,)
    decisions = [_decide_take(shot_request, ordinal, supplies, world) for ordinal in range(shot_request.wanted)]
    return _numbered(shot_request, _with_clips(shot_request, decisions, world.inventory), world.inventory)


def _kept(shot_request: ShotRequest) -> Decision | None:
    """The decision on a shot that is held, whatever it asks; None where it is not."""
    entry, choice = shot_request.entry, shot_request.choice
    if choice.how is ChoiceReason.HELD and choice.take is not None:
        number = entry.numbers[choice.take.digest]
        changed = shot_request.known and choice.take.fingerprint != shot_request.core
        why = Reason(ReasonCode.HELD, f"held at take {number}{'; the shot has changed since' if changed else ''}")
        return Decision(Action.HELD, (why,), number=number, seed=choice.take.seed, take=choice.take)
    if choice.how is ChoiceReason.RIVALS and entry.rival_holds:
        why = Reason(ReasonCode.NEEDS_PICK, f"{picks.rivals_text(choice)}: `wanflow pick {shot_request.shot.name} N`")
        return Decision(Action.HELD, (why,), number=choice.rivals[0])
    return None


def _with_clips(shot_request: ShotRequest, decisions: list[Decision], inventory: Inventory) -> list[Decision]:
    """The decisions with clips that were made elsewhere in the place of the last takes that are still missing."""
    missing = [at for at, item in enumerate(decisions) if item.action in {Action.RENDER, Action.BLOCKED}]
    spare = max(shot_request.shot.takes - (len(decisions) - len(missing)), 0)  # what was wished for beyond is rendered
    for at, clip in zip(reversed(missing), shot_request.clips[:spare] if shot_request.known else (), strict=False):
        decisions[at] = _own_answer(shot_request, replace(decisions[at], take=clip, seed=None), inventory)
    return decisions


def _decide_take(
    shot_request: ShotRequest, ordinal: int, supplies: Mapping[str, NodeOutput], world: DecisionContext
) -> Decision:
    seed = shot_request.seed(ordinal)
    blank = Decision(Action.RENDER, (Reason(ReasonCode.NEW, "not rendered yet"),), ordinal=ordinal, seed=seed)
    if (shot_request.core, seed) in world.promised:
        twin = world.promised[shot_request.core, seed]
        return replace(
            blank, action=Action.RESTORE, reasons=(Reason(ReasonCode.TWIN, f"same request as {twin}"),), origin=twin
        )
    if shot_request.known:
        answers = (look(shot_request, blank, world.inventory) for look in (_answer, _in_flight, _out_of_sight))
        answer = next(filter(None, answers), None)
        if answer is not None:
            return answer
    settled = shot_request.known or shot_request.shot.seed is not None
    return _render(shot_request, replace(blank, seed=seed if settled else None), supplies, world)


def _answer(shot_request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    own = [take for take in shot_request.entry.takes.values() if _matches(take, shot_request, blank)]
    if own:
        return _own_answer(shot_request, replace(blank, take=own[0]), inventory)
    for name, entry in inventory.lock.shots.items():
        for take in entry.takes.values():
            if _matches(take, shot_request, blank):
                text = f"same request as `{name}` take {entry.numbers[take.digest]}: reused"
                return _restored(blank, take, name, Reason(ReasonCode.IN_STORE, text))
    for take in inventory.takes.get(shot_request.core, ()):
        if _matches(take, shot_request, blank):
            return _restored(blank, take, None, Reason(ReasonCode.IN_STORE, f"rendered on {take.date[:10]}"))
    return None


def _own_answer(shot_request: ShotRequest, found: Decision, inventory: Inventory) -> Decision:
    take = found.take
    if take is None:
        raise ValueError("an own answer is a take")
    number = shot_request.entry.numbers[take.digest]
    found = replace(found, number=number)
    if take.digest not in inventory.here:
        gone = Reason(ReasonCode.NOT_HERE, f"take {number} is in the lock, but its file is not here")
        return replace(found, action=Action.REUSE, reasons=(gone,))
    if shot_request.renamed_from is not None:
        why = Reason(ReasonCode.IN_STORE, f"same request as `{shot_request.renamed_from}` take {number}: reused")
        return replace(found, action=Action.RESTORE, reasons=(why,), origin=shot_request.renamed_from)
    if shot_request.entry.current not in {None, shot_request.request}:
        why = Reason(ReasonCode.IN_STORE, f"same request as take {number}: reused")
        return replace(found, action=Action.RESTORE, reasons=(why,))
    return replace(found, action=Action.REUSE, reasons=(Reason(ReasonCode.UP_TO_DATE, f"up to date (take {number})"),))


def _restored(blank: Decision, take: Take, origin: str | None, why: Reason) -> Decision:
    return replace(blank, action=Action.RESTORE, reasons=(why,), take=take, origin=origin)


def _in_flight(shot_request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    for task in inventory.open_tasks:
        if (task.attempt.fingerprint, task.attempt.seed) == (shot_request.core, blank.seed):
            why = Reason(ReasonCode.IN_FLIGHT, f"task {task.task_id} was submitted on {task.accepted[:16]}")
            displaces = (
                task.late and shot_request.answers
            )  # others are in use since: the number that it had is not for it
            number = 0 if displaces else task.attempt.number
            return replace(blank, action=Action.COLLECT, reasons=(why,), number=number, task=task)
    return None


def _out_of_sight(shot_request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    """A submission whose answer was lost may have been accepted: then its film is fetched, else it is sent again."""
    for attempt in inventory.adrift:
        if (attempt.fingerprint, attempt.seed) == (shot_request.core, blank.seed):
            text = f"the fate of the submission of {attempt.date[:16]} is unknown: it is looked up first"
            why = Reason(ReasonCode.IN_FLIGHT, text)
            return replace(blank, reasons=(why,), certain=False, number=attempt.number)
    return None


def _matches(take: Take, shot_request: ShotRequest, blank: Decision) -> bool:
    return take.fingerprint == shot_request.core and take.seed == blank.seed and not take.gone


def _render(
    shot_request: ShotRequest, blank: Decision, supplies: Mapping[str, NodeOutput], world: DecisionContext
) -> Decision:
    obstacles = [supply.obstacle for supply in supplies.values() if supply.obstacle is not None]
    if obstacles:
        return replace(blank, action=Action.BLOCKED, reasons=tuple(obstacles))
    refused = _refused(shot_request, blank, world.inventory)
    if refused and not world.retry_refused:
        return replace(blank, action=Action.BLOCKED, reasons=refused)
    certain = shot_request.known or not answered_before(shot_request, world.inventory)
    reasons = (
        refused or _lost(shot_request, blank, world.inventory) or _changes(shot_request, supplies, world.inventory)
    )
    return replace(blank, reasons=reasons, certain=certain)


def _refused(shot_request: ShotRequest, blank: Decision, inventory: Inventory) -> tuple[Reason, ...]:
    """What the service said of this very request; it would say it again (cli.md, Refusals)."""
    asked = (shot_request.core, shot_request.seed(blank.ordinal))
    said = [
        Reason(
            ReasonCode.REFUSED_BEFORE,
            f"{ending.words}, on {ending.date[:10]}: change the shot, or pass `--retry-refused`",
        )
        for ending in inventory.endings
        if ending.state == "refused" and (ending.attempt.fingerprint, ending.attempt.seed) == asked
    ]
    return tuple(said[:1]) if shot_request.known else ()


def _lost(shot_request: ShotRequest, blank: Decision, inventory: Inventory) -> tuple[Reason, ...]:
    asked = (shot_request.core, shot_request.seed(blank.ordinal))
    gone = (*inventory.lost, *inventory.forgotten)
    lost = [task for task in gone if (task.attempt.fingerprint, task.attempt.seed) == asked]
    return tuple(Reason(ReasonCode.TASK_LOST, f"task {task.task_id} was lost") for task in lost[:1])


def _changes(shot_request: ShotRequest, supplies: Mapping[str, NodeOutput], inventory: Inventory) -> tuple[Reason, ...]:
    waiting = [
        Reason(ReasonCode.INPUT_WILL_CHANGE, f"{slot}: {supply.changes}")
        for slot, supply in supplies.items()
        if not supply.known
    ]
    before = last_request(inventory, shot_request.shot.name)
    if before is None:
        return (Reason(ReasonCode.NEW, "never rendered"), *waiting)
    changed = [Reason(item.code, item.text) for item in differences(before, shot_request.recipe, inventory.lock)]
    return tuple(changed) + tuple(waiting) or (_more(shot_request),)


def _more(shot_request: ShotRequest) -> Reason:
    seeds = {take.seed for take in shot_request.entry.takes.values() if take.fingerprint == shot_request.core}
    if shot_request.shot.seed is not None and shot_request.shot.seed not in seeds:
        return Reason(ReasonCode.PARAMETER_CHANGED, f"seed: {shot_request.shot.seed}")
    if shot_request.wanted > shot_request.shot.takes:
        return Reason(ReasonCode.RETAKE, f"{shot_request.wanted} takes requested")
    if seeds:
        return Reason(ReasonCode.MORE_TAKES, f"takes: {shot_request.wanted}, {len(seeds)} rendered before")
    return Reason(ReasonCode.NEW, "not rendered yet")


def _numbered(shot_request: ShotRequest, decisions: list[Decision], inventory: Inventory) -> tuple[Decision, ...]:
    """The decisions with a number each: a take has its own, what was submitted before the one that it was given then.

    A number belongs to its submission (law 6): what is new gets one beyond all that were ever given to this shot.
    """
    entry, reserved = shot_request.entry, inventory.reserved(shot_request.shot.name)
    by_asked = {asked: number for number, asked in reserved.items()}
    used = {*entry.numbers.values()}
    free = max((*used, *reserved, *(item.number for item in decisions)), default=0) + 1
    numbered: list[Decision] = []
    for decision in decisions:
        if decision.take is not None and entry.numbers.get(decision.take.digest) == decision.number:
            numbered.append(decision)
            continue
        asked = (shot_request.core, shot_request.seed(decision.ordinal))
        number = decision.number or (free if decision.task is not None else by_asked.get(asked, free))
        if number in used:
            number = free
        free += number == free
        used.add(number)
        numbered.append(replace(decision, number=number))
    return tuple(numbered)


def _decide_extract(vertex: ExtractVertex, source: NodeOutput, world: DecisionContext) -> Decision:
    identity = cut.extract_identity(vertex, source)
    if isinstance(identity, Reason):
        return Decision(Action.BLOCKED, (identity,))
    if not recipe.is_promise(identity) and digest.of_json(identity) in world.inventory.derived:
        return Decision(Action.REUSE, (Reason(ReasonCode.UP_TO_DATE, "up to date"),))
    if vertex.id in world.spare:
        return Decision(Action.REUSE, (Reason(ReasonCode.NOT_HERE, f"not needed: `{vertex.shot}` has its takes"),))
    if source.obstacle is not None:
        return Decision(Action.BLOCKED, (source.obstacle,))
    if recipe.is_promise(identity):
        return Decision(Action.DERIVE, (Reason(ReasonCode.INPUT_WILL_CHANGE, source.changes),), certain=False)
    return Decision(Action.DERIVE, (Reason(ReasonCode.NEW, "not extracted yet"),))


def _decide_cut(vertex: CutVertex, supplies: Mapping[str, NodeOutput], world: DecisionContext) -> Decision:
    before = world.inventory.cuts.get(vertex.cut.name)
    edit = cut.arrange(vertex.cut, supplies, world.shots, world.backend)
    if edit.fingerprint() == before is not None:
        return Decision(Action.REUSE, (Reason(ReasonCode.UP_TO_DATE, "up to date"),))
    obstacles = {supply.obstacle for supply in supplies.values() if supply.obstacle is not None}
    if obstacles:
        return Decision(Action.BLOCKED, tuple(sorted(obstacles, key=lambda reason: reason.text)))
    waiting = tuple(Reason(ReasonCode.INPUT_WILL_CHANGE, item.changes) for item in supplies.values() if not item.known)
    if before is None:
        return Decision(Action.DERIVE, (Reason(ReasonCode.NEW, "not built yet, or its file is missing"), *waiting))
    if waiting:
        return Decision(Action.DERIVE, waiting, certain=False)
    return Decision(Action.DERIVE, (Reason(ReasonCode.INPUT_CHANGED, f"edit changed: {_edit_changes(edit, world)}"),))


def _edit_changes(edit: cut.Edit, world: DecisionContext) -> str:
    """What differs from the cut that was written before: its takes, as `talk take 1 → 2`, else the edit itself."""
    before = world.inventory.cut_takes.get(edit.cut.name, ())
    texts: dict[str, None] = {}
    for item in edit.items:
        entry = world.inventory.lock.shots.get(item.vertex or "")
        number = None if entry is None else entry.numbers.get(item.digest or "")
        if entry is None or number is None or item.digest in before:
            continue
        old = [str(entry.numbers[digest]) for digest in before if digest in entry.numbers]
        texts[f"{item.vertex} take {' and '.join(old)} → {number}" if old else f"{item.vertex} take {number} added"] = (
            None
        )
    return ", ".join(texts) or "its order, trims or settings"
