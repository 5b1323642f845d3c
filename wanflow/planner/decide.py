"""The one function that decides, for `plan`, `run`, `status` and `why` alike (law 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from wanflow import digest
from wanflow.catalog.provider import Provider
from wanflow.characters import some_of
from wanflow.graph import recipe
from wanflow.graph.node import CutVertex, ExtractVertex, ShotVertex
from wanflow.language.cut_checks import ExpectedClip
from wanflow.language.media_checks import unfit
from wanflow.language.production import Cut, Shot
from wanflow.language.source import Facts, Kind, ShotSource
from wanflow.messages import joined, tr, trn
from wanflow.planner import cut, picks
from wanflow.planner.diff import differences
from wanflow.planner.picks import ChoiceReason
from wanflow.planner.plan import Action, NodeOutput, Plan, Reason, ReasonCode
from wanflow.planner.request import ShotRequest, has_take_already, last_request, request_of
from wanflow.records import immutable
from wanflow.store.attempt import OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.take import Film, Picture, Take


@immutable
class Decision:
    """What happens to one node, and why.

    For a take: its running number, its ordinal within the request and its seed (None while the request is not fully
    known). `take` exists already, `origin` is the shot that it was made for, `task` the open task that will deliver
    it. For a cut: `writes` are the files that are made, its film first if that is one of them.
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
    writes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a decision without a reason can't be constructed")


@immutable
class DecisionContext:
    """All that a decision looks at beside its own inputs.

    `promised` maps a request and a seed to the node that this plan already renders it as; `unused` are the extracts
    that nothing in this plan reads, because the shot that they feed has its takes. `retry_refused` sends again what the
    service refused before.
    """

    provider: Provider
    inventory: Inventory
    shots: Mapping[str, Shot]
    promised: Mapping[tuple[str, int], str] = field(default_factory=dict)
    unused: frozenset[str] = frozenset()
    retry_refused: bool = False

    @classmethod
    def of(cls, plan: Plan, inventory: Inventory) -> DecisionContext:
        """The context in which a run decides again on the steps of its plan, with what exists by now."""
        return cls(plan.provider, inventory, plan.graph.production.shots, retry_refused=plan.retry_refused)


Decidable = ShotVertex | ExtractVertex | CutVertex


def decide(vertex: Decidable, inputs: Mapping[str, NodeOutput], context: DecisionContext) -> tuple[Decision, ...]:
    """What happens to a vertex: one decision for an extract or a cut, one for each wanted take of a shot.

    `inputs` are by media slot for a shot, by vertex for the rest. Total over known and promised inputs: asked
    again when more is known it only moves down, from render to restore or reuse.
    """
    match vertex:
        case ShotVertex(shot=shot):
            return decide_takes(request_of(shot, context.provider, inputs, context.inventory), inputs, context)
        case ExtractVertex():
            return (_decide_extract(vertex, inputs[vertex.origin], context),)
        case CutVertex():
            return (_decide_cut(vertex, inputs, context),)


def decide_takes(
    request: ShotRequest, inputs: Mapping[str, NodeOutput], context: DecisionContext
) -> tuple[Decision, ...]:
    """One decision for each take that a request asks for, in the order of their ordinals; one alone for a held shot."""
    entry, choice = request.entry, request.choice
    if choice.how is ChoiceReason.HELD and choice.take is not None:
        number = entry.numbers[choice.take.digest]
        changed = request.known and choice.take.fingerprint != request.core
        held = Reason(ReasonCode.HELD, _held_text(number, changed=changed))
        return (Decision(Action.HELD, (held,), number=number, seed=choice.take.seed, take=choice.take),)
    if choice.how is ChoiceReason.RIVALS and entry.rival_holds:
        text = tr("{rivals}: `wanflow pick {name} N`", rivals=picks.rivals_text(choice), name=request.shot.name)
        return (Decision(Action.HELD, (Reason(ReasonCode.NEEDS_PICK, text),), number=choice.rivals[0]),)
    decisions = [_decide_take(request, ordinal, inputs, context) for ordinal in range(request.wanted)]
    # clips that were made elsewhere take the place of the last missing takes; requested takes beyond these are rendered
    missing = [at for at, item in enumerate(decisions) if item.action in {Action.RENDER, Action.BLOCKED}]
    places = max(request.shot.takes - (len(decisions) - len(missing)), 0)
    for at, clip in zip(reversed(missing), request.clips[:places] if request.known else (), strict=False):
        decisions[at] = _own_take(request, replace(decisions[at], seed=None), clip, context.inventory)
    return _numbered(request, decisions, context.inventory)


def _held_text(number: int, *, changed: bool) -> str:
    if changed:
        return tr("held at take {number}; the shot has changed since", number=number)
    return tr("held at take {number}", number=number)


def _decide_take(
    request: ShotRequest, ordinal: int, inputs: Mapping[str, NodeOutput], context: DecisionContext
) -> Decision:
    seed = request.seed(ordinal)
    blank = Decision(Action.RENDER, (Reason(ReasonCode.NEW, tr("not rendered yet")),), ordinal=ordinal, seed=seed)
    if twin := context.promised.get((request.core, seed)):
        return replace(
            blank,
            action=Action.RESTORE,
            reasons=(Reason(ReasonCode.TWIN, tr("same request as {twin}", twin=twin)),),
            origin=twin,
        )
    if request.known:
        finders = (_existing_take, _open_task, _lost_submission)
        found = next(filter(None, (find(request, blank, context.inventory) for find in finders)), None)
        if found is not None:
            return found
    elif request.shot.seed is None:
        blank = replace(blank, seed=None)
    return _render(request, blank, inputs, context)


def _existing_take(request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    """The take of the shot itself, of another shot, or one that only the store knows."""

    def matches(take: Take) -> bool:
        return blank.seed in take.seeds(request.core) and not take.gone

    for take in filter(matches, request.entry.takes.values()):
        return _own_take(request, blank, take, inventory)
    for name, take in inventory.lock.made_from(request.core):
        if matches(take):
            number = inventory.lock.shots[name].number_for(take, request.core, blank.seed)
            text = tr("same request as `{name}` take {numbers}: reused", name=name, numbers=number)
            why = Reason(ReasonCode.IN_STORE, text)
            return replace(blank, action=Action.RESTORE, reasons=(why,), take=take, origin=name)
    for take in filter(matches, inventory.takes.get(request.core, ())):
        why = Reason(ReasonCode.IN_STORE, tr("rendered on {date}", date=take.date[:10]))
        return replace(blank, action=Action.RESTORE, reasons=(why,), take=take)
    return None


def _own_take(request: ShotRequest, blank: Decision, take: Take, inventory: Inventory) -> Decision:
    number = request.entry.number_for(take, request.core, blank.seed)
    found = replace(blank, action=Action.REUSE, number=number, take=take)
    if take.digest not in inventory.here:
        why = Reason(ReasonCode.NOT_HERE, tr("take {number} is in the lock, but its file is not here", number=number))
        return replace(found, reasons=(why,))
    if request.renamed_from is not None:
        why = Reason(
            ReasonCode.IN_STORE,
            tr(
                "same request as `{renamed_from}` take {number}: reused",
                renamed_from=request.renamed_from,
                number=number,
            ),
        )
        return replace(found, action=Action.RESTORE, reasons=(why,), origin=request.renamed_from)
    if request.entry.current not in {None, request.key}:
        why = Reason(ReasonCode.IN_STORE, tr("same request as take {number}: reused", number=number))
        return replace(found, action=Action.RESTORE, reasons=(why,))
    return replace(found, reasons=(Reason(ReasonCode.UP_TO_DATE, tr("up to date (take {number})", number=number)),))


def _open_task(request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    for task in inventory.asked.open.get((request.core, request.seed(blank.ordinal)), ()):
        why = Reason(
            ReasonCode.IN_FLIGHT,
            tr("task {task_id} was submitted on {accepted}", task_id=task.task_id, accepted=task.accepted[:16]),
        )
        # a late take must not displace those that were rendered since: it gets a number after theirs
        number = 0 if task.late and request.takes else task.attempt.number
        return replace(blank, action=Action.COLLECT, reasons=(why,), number=number, task=task)
    return None


def _lost_submission(request: ShotRequest, blank: Decision, inventory: Inventory) -> Decision | None:
    """A submission whose reply was lost may have been accepted: then its film is fetched, else it is sent again."""
    for attempt in inventory.asked.unknown.get((request.core, request.seed(blank.ordinal)), ()):
        text = tr("the fate of the submission of {date} is unknown: it is looked up first", date=attempt.date[:16])
        why = Reason(ReasonCode.IN_FLIGHT, text)
        return replace(blank, reasons=(why,), certain=False, number=attempt.number)
    return None


def _render(
    request: ShotRequest, blank: Decision, inputs: Mapping[str, NodeOutput], context: DecisionContext
) -> Decision:
    obstacles = [item.obstacle for item in inputs.values() if item.obstacle is not None]
    obstacles = obstacles or list(_unfit_takes(request, inputs))
    if obstacles:
        return replace(blank, action=Action.BLOCKED, reasons=tuple(obstacles))
    inventory, question = context.inventory, (request.core, request.seed(blank.ordinal))
    refusals = [
        Reason(
            ReasonCode.REFUSED_BEFORE,
            tr("{words}, on {date}: change the shot, or pass `--retry-refused`", words=end.words, date=end.date[:10]),
        )
        for end in inventory.asked.endings.get(question, ())
        if end.state == "refused" and request.known
    ]
    if refusals and not context.retry_refused:
        return replace(blank, action=Action.BLOCKED, reasons=(refusals[0],))
    lost = [
        Reason(ReasonCode.TASK_LOST, tr("task {task_id} was lost", task_id=task.task_id))
        for task in inventory.asked.lost.get(question, ())
    ]
    reasons = tuple((refusals or lost)[:1]) or _changes(request, inputs, inventory)
    return replace(blank, reasons=reasons, certain=request.known or not has_take_already(request, inventory))


def _unfit_takes(request: ShotRequest, inputs: Mapping[str, NodeOutput]) -> Iterator[Reason]:
    """Takes that the shot's model does not take as they came: of the wrong kind, or pictures that break its rules.

    The service would fail such a request, or bill it for nothing.
    """
    rules = request.shot.rules.media
    for media in request.shot.media:
        output, source = inputs[media.slot], media.source
        if not isinstance(source, ShotSource) or source.piece is not None or output.digest is None:
            continue
        rule, made = rules[media.type].file, output.result
        slot, shot = media.title, source.shot
        faults: list[str] = []
        if isinstance(made, Film) and rule.kind == Kind.IMAGE:
            faults = [tr("`{slot}` takes a picture, and the take of `{shot}` is a film", slot=slot, shot=shot)]
        elif isinstance(made, Picture) and rule.kind != Kind.IMAGE:
            faults = [tr("`{slot}` takes a film, and the take of `{shot}` is a picture", slot=slot, shot=shot)]
        elif isinstance(made, Picture):
            suffix = made.kind.suffix[1:]
            facts = Facts(Kind.IMAGE, suffix, output.digest, made.size_bytes, made.width, made.height, made.alpha)
            expected = ExpectedClip(Kind.IMAGE, facts, (made.width, made.height))
            faults = [words for words, _ in unfit(tr("the take of `{shot}`", shot=shot), slot, expected, rule)]
        if faults:
            remedy = tr(
                "`wanflow pick {shot} N` uses another take of it, `wanflow retake {shot}` asks for one", shot=shot
            )
            text = tr("{slot}: {faults}: {remedy}", slot=slot, faults=joined("; ", faults), remedy=remedy)
            yield Reason(ReasonCode.INPUT_FAILED, text, remedy=remedy)


def _changes(request: ShotRequest, inputs: Mapping[str, NodeOutput], inventory: Inventory) -> tuple[Reason, ...]:
    waiting = [
        Reason(ReasonCode.INPUT_WILL_CHANGE, tr("{slot}: {changes}", slot=slot, changes=item.changes))
        for slot, item in inputs.items()
        if not item.known
    ]
    before = last_request(inventory, request.shot.name)
    if before is None:
        return (Reason(ReasonCode.NEW, tr("never rendered")), *waiting)
    changed = [Reason(item.code, item.text) for item in differences(before, request.recipe, inventory.lock)]
    if changed or waiting:
        return (*changed, *waiting)
    seeds = {seed for take in request.entry.takes.values() for seed in take.seeds(request.core)}
    if request.shot.seed is not None and request.shot.seed not in seeds:
        return (Reason(ReasonCode.PARAMETER_CHANGED, tr("seed: {seed}", seed=request.shot.seed)),)
    if request.wanted > request.shot.takes:
        return (Reason(ReasonCode.RETAKE, trn("{number} take requested", "{number} takes requested", request.wanted)),)
    if seeds:
        return (
            Reason(
                ReasonCode.MORE_TAKES,
                tr("takes: {wanted}, {number} rendered before", wanted=request.wanted, number=len(seeds)),
            ),
        )
    return (Reason(ReasonCode.NEW, tr("not rendered yet")),)


def _numbered(request: ShotRequest, decisions: list[Decision], inventory: Inventory) -> tuple[Decision, ...]:
    """The decisions with a number each: a take has its own, an earlier submission the one that it reserved.

    A number belongs to its submission (law 6): a new one gets a number beyond all that this shot ever had.
    """
    entry, reserved = request.entry, inventory.reserved(request.shot.name)
    by_question = {question: number for number, question in reserved.items()}
    used = {*entry.used_numbers}
    free = max((*used, *reserved, *(item.number for item in decisions)), default=0) + 1
    numbered: list[Decision] = []
    for decision in decisions:
        own = entry.takes.get("" if decision.take is None else decision.take.digest)
        if own is not None and decision.number in {entry.numbers[own.digest], *(each.number for each in own.again)}:
            numbered.append(decision)
            continue
        question = (request.core, request.seed(decision.ordinal))
        number = decision.number or (free if decision.task is not None else by_question.get(question, free))
        if number in used:
            number = free
        free += number == free
        used.add(number)
        numbered.append(replace(decision, number=number))
    return tuple(numbered)


def _decide_extract(vertex: ExtractVertex, source: NodeOutput, context: DecisionContext) -> Decision:
    identity = cut.extract_identity(vertex, source)
    if isinstance(identity, Reason):
        return Decision(Action.BLOCKED, (identity,))
    if not recipe.is_placeholder(identity) and digest.of_json(identity) in context.inventory.derived:
        return Decision(Action.REUSE, (Reason(ReasonCode.UP_TO_DATE, tr("up to date")),))
    if vertex.id in context.unused:
        return Decision(
            Action.REUSE, (Reason(ReasonCode.NOT_HERE, tr("not needed: `{shot}` has its takes", shot=vertex.shot)),)
        )
    if source.obstacle is not None:
        return Decision(Action.BLOCKED, (source.obstacle,))
    if recipe.is_placeholder(identity):
        return Decision(Action.DERIVE, (Reason(ReasonCode.INPUT_WILL_CHANGE, source.changes),), certain=False)
    return Decision(Action.DERIVE, (Reason(ReasonCode.NEW, tr("not extracted yet")),))


def _decide_cut(vertex: CutVertex, inputs: Mapping[str, NodeOutput], context: DecisionContext) -> Decision:
    before = context.inventory.cuts.get(vertex.cut.name)
    edit = cut.arrange(vertex.cut, inputs, context.shots, context.provider)
    glyphs = context.inventory.cut_glyphs.get(vertex.cut.name)
    files = (vertex.cut.output, *(delivery.output for delivery in vertex.cut.deliveries))
    if edit.fingerprint() == before is not None:
        if glyphs:
            found = tr("fonts now have `{glyphs}`, which the film has as boxes", glyphs=some_of(glyphs))
            return Decision(Action.DERIVE, (Reason(ReasonCode.INPUT_CHANGED, found),), writes=files)
        return _decide_deliveries(vertex.cut, context.inventory)
    used = cut.outputs_used(vertex.cut, inputs)
    obstacles = {item.obstacle for item in used if item.obstacle is not None} or set(_unfit_items(edit))
    if obstacles:
        return Decision(Action.BLOCKED, tuple(sorted(obstacles, key=lambda reason: reason.text)))
    coming = dict.fromkeys(item.changes for item in used if not item.known)
    waiting = tuple(Reason(ReasonCode.INPUT_WILL_CHANGE, changes) for changes in coming)
    if before is None:
        reason = Reason(ReasonCode.NEW, tr("not built yet, or its file is missing"))
        return Decision(Action.DERIVE, (reason, *waiting), writes=files)
    if waiting:
        return Decision(Action.DERIVE, waiting, certain=False, writes=files)
    reason = Reason(ReasonCode.INPUT_CHANGED, tr("edit changed: {changes}", changes=_edit_changes(edit, context)))
    return Decision(Action.DERIVE, (reason,), writes=files)


def _decide_deliveries(made: Cut, inventory: Inventory) -> Decision:
    """What happens to a cut whose film is up to date: further files are made, or former ones removed."""
    here = inventory.delivered.get(made.name, {})
    due = cut.due_deliveries(made, here)
    reasons = [
        Reason(ReasonCode.INPUT_CHANGED, tr("`{file}` is outdated", file=delivery.output))
        if delivery.output in here
        else Reason(ReasonCode.NEW, tr("`{file}` is not made yet, or changed", file=delivery.output))
        for delivery in due
    ]
    for file in sorted(here.keys() - {delivery.output for delivery in made.deliveries}):
        reasons += [Reason(ReasonCode.INPUT_CHANGED, tr("`{file}` is not a delivery any more", file=file))]
    if not reasons:
        return Decision(Action.REUSE, (Reason(ReasonCode.UP_TO_DATE, tr("up to date")),))
    return Decision(Action.DERIVE, tuple(reasons), writes=tuple(delivery.output for delivery in due))


def _unfit_items(edit: cut.Edit) -> Iterator[Reason]:
    """Takes of another kind than their items: a held film where a picture is shown, the reverse, one without sound."""
    for each in edit.items:
        if each.digest is None or not isinstance(each.item.source, ShotSource):
            continue
        name = each.name
        if each.film is None and each.item.seconds is None:
            text = tr("the take of `{name}` is a picture, and its item has no `duration`", name=name)
            yield Reason(ReasonCode.INPUT_FAILED, text)
        elif each.film is not None and each.item.seconds is not None:
            text = tr("the take of `{name}` is a film, and its item has the `duration` of a picture", name=name)
            yield Reason(ReasonCode.INPUT_FAILED, text)
    for sound in edit.sounds:
        if sound.digest is not None and (sound.film is None or not sound.film.samples):
            yield Reason(ReasonCode.INPUT_FAILED, tr("`{name}` has no sound", name=sound.cue.name))


def _edit_changes(edit: cut.Edit, context: DecisionContext) -> str:
    """What differs from the cut that was written before: its takes, as `talk take 1 → 2`, else what is possible."""
    before = context.inventory.cut_takes.get(edit.cut.name, ())
    possible = tr("its items, files or settings")
    if context.provider.slated:
        possible = tr("its items, slates, files or settings")
    changes: list[str] = []
    for item in edit.parts:
        entry = context.inventory.lock.shots.get(item.vertex or "")
        number = None if entry is None else entry.numbers.get(item.digest or "")
        if entry is None or number is None or item.digest in before:
            continue
        old = joined(tr(" and "), (str(entry.numbers[digest]) for digest in before if digest in entry.numbers))
        changes.append(
            tr("{vertex} take {old} → {number}", vertex=item.vertex, old=old, number=number)
            if old
            else tr("{vertex} take {number} added", vertex=item.vertex, number=number)
        )
    return joined(", ", dict.fromkeys(changes)) if changes else possible
