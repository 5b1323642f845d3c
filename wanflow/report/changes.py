"""What a production asks for beyond a revision of it: two plans compared, shot by shot and cut by cut, as data."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import filterfalse

from wanflow import money, timebase
from wanflow.graph.build import cut_sources, sources_of
from wanflow.graph.node import CutVertex
from wanflow.graph.recipe import fingerprint
from wanflow.language.problem import Problem
from wanflow.language.production import Shot
from wanflow.language.source import Facts, FileSource, ShotSource
from wanflow.money import Bound, Cost
from wanflow.planner.diff import Difference, differences
from wanflow.planner.plan import Action, Plan, Reason, ReasonCode, Step
from wanflow.planner.request import ShotRequest, planned_request
from wanflow.records import immutable
from wanflow.report.problem_json import problem_json
from wanflow.report.show import rows_of, source_text

PAID_STEPS = frozenset({Action.RENDER, Action.COLLECT})
"""Actions that cost money."""


class ShotState(StrEnum):
    """What became of a shot since the revision.

    `follows`: only a shot that it needs changed. `rendered`: only takes came, or went, that it asked for before.
    """

    NEW = "new"
    CHANGED = "changed"
    RENAMED = "renamed"
    FOLLOWS = "follows"
    RENDERED = "rendered"
    REMOVED = "removed"


@immutable
class ShotChange:
    """A shot that differs from what it was at the revision.

    `former` is the name that it had, if that was another. `takes` are those that are asked for, before and now. `steps`
    are the takes that a run would pay for now. `before` and `cost` are what a run pays for the shot, then and now.
    `prompt` is the whole prompt of a new shot. `shown` are the digests of the takes by which its request is shown,
    before and now; None where none was made from it.
    """

    shot: str
    state: ShotState
    model: str
    takes: tuple[int, int]
    before: Cost
    cost: Cost
    steps: tuple[Step, ...] = ()
    former: str | None = None
    differences: tuple[Difference, ...] = ()
    reasons: tuple[Reason, ...] = ()
    prompt: str | None = None
    shown: tuple[str | None, str | None] = (None, None)

    @property
    def seconds(self) -> Fraction | None:
        """The billed seconds of the takes that a run would pay for now; None where one is not known."""
        known = [step.seconds for step in self.steps]
        return None if None in known else sum((each for each in known if each is not None), Fraction(0))

    @property
    def images(self) -> int:
        """The billed pictures of the takes that a run would pay for now."""
        return sum(step.images for step in self.steps)

    def to_json(self) -> dict[str, object]:
        """As `diff --format json` prints it."""
        return {
            "shot": self.shot,
            "state": self.state.value,
            "former": self.former,
            "model": self.model,
            "takes": {"before": self.takes[0], "after": self.takes[1], "render": len(self.steps)},
            "seconds": None if self.seconds is None else timebase.decimal_text(self.seconds),
            "images": str(self.images),
            "before": self.before.to_json(),
            "cost": self.cost.to_json(),
            "differences": [
                {"code": each.code.value, "key": each.key, "old": each.old, "new": each.new, "text": each.text}
                for each in self.differences
            ],
            "reasons": [reason.to_json() for reason in self.reasons],
            "prompt": self.prompt,
        }


@immutable
class CutChange:
    """A cut that is written in other words: the lines of it that went, and those that came."""

    cut: str
    state: ShotState
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """As `diff --format json` prints it."""
        return {"cut": self.cut, "state": self.state.value, "gone": list(self.gone), "came": list(self.came)}


@immutable
class ProductionDiff:
    """What a production asks for beyond a revision.

    `exists`: the revision has the production file. `problems` are the errors of that, which make the whole production
    new; `unread` are those of media that are not here. `before` and `cost` are what a run of the whole production pays,
    then and now; on a backend that is free, by the list prices of the paid takes.
    """

    revision: str
    commit: str
    title: str
    backend: str
    region: str
    paid: bool
    exists: bool
    shots: tuple[ShotChange, ...]
    cuts: tuple[CutChange, ...]
    before: Cost
    cost: Cost
    problems: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()

    @property
    def changed(self) -> Cost:
        """What a run pays now for the shots that changed."""
        return money.total([shot.cost for shot in self.shots], self.cost.currency)

    @property
    def added(self) -> Cost:
        """What the changes add to the cost of a run; below zero where they spare some, unknown where a price is."""
        before, now = money.total([shot.before for shot in self.shots], self.before.currency), self.changed
        if before.amount is None or now.amount is None or before.currency != now.currency:
            return money.unknown(now.currency)
        loose = Bound.AT_MOST in {before.bound, now.bound}
        return Cost(now.amount - before.amount, now.currency, Bound.AT_MOST if loose else Bound.EXACT)

    @property
    def shown(self) -> tuple[str, ...]:
        """The digests of the takes by which changed shots are shown, in the order of the shots."""
        return tuple(dict.fromkeys(digest for shot in self.shots for digest in shot.shown if digest is not None))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The takes of changed shots that a run would pay for."""
        return tuple(step for shot in self.shots for step in shot.steps)

    def to_json(self) -> dict[str, object]:
        """The one document that `diff --format json` prints (cli.md, JSON `diff`)."""
        return {
            "format": 1,
            "revision": self.revision,
            "commit": self.commit,
            "backend": self.backend,
            "region": self.region,
            "exists": self.exists,
            "shots": [shot.to_json() for shot in self.shots],
            "cuts": [cut.to_json() for cut in self.cuts],
            "totals": {
                "render": len(self.steps),
                "changed": self.changed.to_json(),
                "added": self.added.to_json(),
                "before": self.before.to_json(),
                "cost": self.cost.to_json(),
            },
            "problems": [problem_json(problem) for problem in self.problems],
            "unread": [problem_json(problem) for problem in self.unread],
        }


def shot_changes(before: Plan | None, after: Plan) -> tuple[ShotChange, ...]:
    """The shots that differ, in the order of the production, then those that it has no more."""
    now, steps = after.graph.production.shots, _paid_steps(after)
    new = {name: _new_shot(after, shot, steps.get(name, ())) for name, shot in now.items()}
    if before is None:
        return tuple(new.values())
    shots, paid, former = before.graph.production.shots, _paid_steps(before), _former_names(before, after)
    found = list[ShotChange]()
    for name, change in new.items():
        was = shots.get(former.get(name, name))
        if was is None:
            found.append(change)
            continue
        cost = money.total([step.cost for step in paid.get(was.name, ())], before.currency)
        differing = (
            *differences(before.recipes.get(was.name), after.recipes.get(name), after.inventory.lock),
            *_input_differences(was, now[name], former),
            *_choice_differences(before, was, after, now[name]),
        )
        request = planned_request(before, was)
        takes, shown = (request.wanted, change.takes[1]), (_shown_take(request), change.shown[1])
        compared = replace(change, before=cost, takes=takes, differences=differing, prompt=None, shown=shown)
        found += _compared(compared, was.name)
    kept = {former.get(name, name) for name in now}
    for name in filterfalse(kept.__contains__, shots):
        cost = money.total([step.cost for step in paid.get(name, ())], before.currency)
        request, nothing = planned_request(before, shots[name]), money.nothing(after.currency)
        takes, shown = (request.wanted, 0), (_shown_take(request), None)
        found.append(ShotChange(name, ShotState.REMOVED, shots[name].model, takes, cost, nothing, shown=shown))
    return tuple(found)


def _paid_steps(plan: Plan) -> Mapping[str, tuple[Step, ...]]:
    """The takes for which a run pays, by shot."""
    found = dict[str, tuple[Step, ...]]()
    for step in plan.steps:
        if step.take and step.shot and step.action in PAID_STEPS:
            found[step.shot] = (*found.get(step.shot, ()), step)
    return found


def _former_names(before: Plan, after: Plan) -> Mapping[str, str]:
    """The names that shots had at the revision, by present ones: those whose takes, or whose request, went along."""
    shots, now = before.graph.production.shots, after.graph.production.shots
    gone, came = dict.fromkeys(filterfalse(now.__contains__, shots)), [*filterfalse(shots.__contains__, now)]
    renamed = {new: old for pairs in after.renames for new, old in pairs.items() if new in came and old in gone}
    left = {fingerprint(before.recipes.get(old)): old for old in gone if old not in set(renamed.values())}
    for new in came:
        if new not in renamed and (old := left.pop(fingerprint(after.recipes.get(new)), None)):
            renamed[new] = old
    return renamed


def _new_shot(plan: Plan, shot: Shot, steps: tuple[Step, ...]) -> ShotChange:
    """A shot as if it were new."""
    request = planned_request(plan, shot)
    return ShotChange(
        shot=shot.name,
        state=ShotState.NEW,
        model=shot.model,
        takes=(0, request.wanted),
        before=money.nothing(plan.currency),
        cost=money.total([step.cost for step in steps], plan.currency),
        steps=steps,
        reasons=tuple(dict.fromkeys(reason for step in steps for reason in step.reasons)),
        prompt=shot.prompt,
        shown=(None, _shown_take(request)),
    )


def _shown_take(request: ShotRequest) -> str | None:
    """The digest of the take in use that was made from a request, or is held; of the newest one where a pick waits."""
    take = request.choice.take or next(reversed(request.takes), None)
    return None if take is None else take.digest


def _compared(change: ShotChange, former: str) -> Iterator[ShotChange]:
    """A shot that existed, with its state; nothing where it is the same."""
    if former != change.shot:
        yield replace(change, state=ShotState.RENAMED, former=former)
    elif change.differences:
        yield replace(change, state=ShotState.CHANGED)
    elif change.before != change.cost:
        follows = any(reason.code is ReasonCode.INPUT_WILL_CHANGE for reason in change.reasons)
        yield replace(change, state=ShotState.FOLLOWS if follows else ShotState.RENDERED)


def _input_differences(was: Shot, shot: Shot, former: Mapping[str, str]) -> Iterator[Difference]:
    """The inputs that are, or were, another shot: what it will give has no digest, so that requests do not differ."""
    inputs = dict(sources_of(was)), dict(sources_of(shot))
    for slot in dict.fromkeys((*inputs[0], *inputs[1])):
        old, new = inputs[0].get(slot), inputs[1].get(slot)
        same = replace(new, shot=former.get(new.shot, new.shot)) if isinstance(new, ShotSource) else new
        if old != same and ShotSource in {type(old), type(new)}:
            words = ["" if source is None else source_text(source) for source in (old, new)]
            yield Difference(ReasonCode.INPUT_CHANGED, slot, *words)


def _choice_differences(before: Plan, was: Shot, after: Plan, shot: Shot) -> Iterator[Difference]:
    """What differs beside the request: the seed, how many takes are asked for, and which one is used."""
    if was.seed != shot.seed:
        seeds = ["" if seed is None else str(seed) for seed in (was.seed, shot.seed)]
        yield Difference(ReasonCode.PARAMETER_CHANGED, "seed", *seeds)
    asked = planned_request(before, was), planned_request(after, shot)
    if asked[0].wanted != asked[1].wanted:
        yield Difference(ReasonCode.MORE_TAKES, "takes", *(str(each.wanted) for each in asked))
    used = [
        "" if each.choice.take is None else str(each.entry.numbers.get(each.choice.take.digest, "")) for each in asked
    ]
    if all(used) and used[0] != used[1]:
        yield Difference(ReasonCode.UP_TO_DATE, "pick", *used)


def cut_changes(before: Plan | None, after: Plan) -> tuple[CutChange, ...]:
    """The cuts that are written in other words, or from other files, then those that the production has no more."""
    plans = [after] if before is None else [before, after]
    known = [{key: facts.digest for key, facts in plan.facts.items() if isinstance(facts, Facts)} for plan in plans]
    both = known[0].keys() & known[-1].keys()
    lines_of = [
        dict(_cut_lines(plan, {key: digests[key] for key in both})) for plan, digests in zip(plans, known, strict=True)
    ]
    new, old = lines_of[-1], {} if before is None else lines_of[0]
    found = list[CutChange]()
    for name, lines in new.items():
        if name not in old:
            found.append(CutChange(name, ShotState.NEW, came=lines))
        elif lines != old[name]:
            found.append(CutChange(name, ShotState.CHANGED, *_edited_lines(old[name], lines)))
    found += [CutChange(name, ShotState.REMOVED, gone=lines) for name, lines in old.items() if name not in new]
    return tuple(found)


def _cut_lines(plan: Plan, known: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each cut in lines, as `show` has them, and the digests of its files that are `known`.

    An item has no number, so that one that moved is the same.
    """
    for name, cut in plan.graph.production.cuts.items():
        places = {item.place for item in cut.items}
        rows = rows_of(CutVertex(name, cut), plan.graph.production)
        files = (replace(source, piece=None).key for source in cut_sources(cut) if isinstance(source, FileSource))
        yield (
            name,
            (
                *(row.text if row.place in places else f"{row.key}: {row.text}" for row in rows),
                *(f"{key}: {known[key][:12]}" for key in dict.fromkeys(files) if key in known),
            ),
        )


def _edited_lines(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines that went, and those that came."""
    edits = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [edit for edit in edits if edit[0] != "equal"]
    gone = tuple(line for _, a, b, _, _ in changed for line in old[a:b])
    return gone, tuple(line for _, _, _, c, d in changed for line in new[c:d])


def total_cost(plan: Plan | None, currency: str) -> Cost:
    """What a run of a whole production pays; nothing where there is none."""
    if plan is None:
        return Cost(Decimal(0), currency, Bound.EXACT)
    return money.total([step.cost for step in plan.steps], plan.currency)
