"""Plans for people: the steps with their prices, what to know before paying, and one node's request and reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from wanflow import money
from wanflow.characters import LONGEST_MESSAGE, shown
from wanflow.messages import joined, tr, trn, trp
from wanflow.money import Bound, Cost, amount_text
from wanflow.planner.budget import Excess, PlanNotes, UnpickedShot
from wanflow.planner.picks import rivals_text
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.planner.status import UnclaimedTask, unclaimed_tasks
from wanflow.report.text.table import LONGEST_CELL, PIPE, Column, Screen, table
from wanflow.report.text.words import (
    cost_text,
    cost_words,
    count,
    listed,
    seconds_text,
)

SYMBOLS: Mapping[Action, str] = {
    Action.RENDER: "+",
    Action.COLLECT: ">",
    Action.REUSE: "=",
    Action.RESTORE: "<",
    Action.DERIVE: "*",
    Action.HELD: "#",
    Action.BLOCKED: "!",
}
ACTIONS: Mapping[Action, str] = {
    Action.RENDER: tr("render"),
    Action.COLLECT: tr("collect"),
    Action.REUSE: tr("reuse"),
    Action.RESTORE: tr("restore"),
    Action.DERIVE: tr("derive"),
    Action.HELD: tr("held"),
    Action.BLOCKED: tr("blocked"),
}
_TOTALS: Mapping[Action, str] = {
    Action.RENDER: tr("to render"),
    Action.COLLECT: tr("to collect"),
    Action.RESTORE: tr("to restore"),
    Action.DERIVE: tr("to build"),
    Action.BLOCKED: tr("blocked"),
    Action.REUSE: tr("unchanged"),
    Action.HELD: tr("held"),
}
UNCHANGED = frozenset({Action.REUSE, Action.HELD})
TITLES = {StepKind.TAKE: tr("takes"), StepKind.EXTRACT: tr("frames, pieces and sound"), StepKind.CUT: tr("cuts")}

COLUMNS = (
    Column("", styled=True),
    Column(tr("node")),
    Column(tr("action"), styled=True),
    Column(tr("model"), below=2),
    Column(tr("billed"), right=True),
    Column(tr("footage"), right=True),
    Column(tr("price"), right=True),
    Column(tr("why"), wraps=True, below=1),
)
STYLES: Mapping[Action, str] = {
    Action.RENDER: "green",
    Action.COLLECT: "cyan",
    Action.REUSE: "dim",
    Action.RESTORE: "cyan",
    Action.DERIVE: "yellow",
    Action.HELD: "dim",
    Action.BLOCKED: "red",
}
"""Styles of a step's symbol and action on a terminal."""

MOST_REASONS = 6
"""Maximum reasons that are shown of one step."""


def plan_text(plan: Plan, *, verbose: bool = False, notes: Sequence[str] = (), screen: Screen = PIPE) -> str:
    """What a run would change; the rest as a number, or with `verbose` as well. Where nothing is to be done, only that.

    `notes` come last: a person should read them before money is spent.
    """
    listed_steps = [step for step in plan.steps if verbose or step.action not in UNCHANGED]
    beside = "\n".join(shown(screen.complete(unclaimed_text(item))) for item in unclaimed_tasks(plan))
    noted = _noted(notes, screen)
    if not listed_steps:
        return joined("\n", filter(None, (beside, would_do(plan, screen), *noted)))
    production = plan.graph.production
    title = shown(production.title or production.file, LONGEST_CELL)
    header = tr("{title} ({backend}, {region})", title=title, backend=plan.provider.name, region=plan.region)
    unshown = plan.size - len(listed_steps)
    totals = totals_text(plan, trn(" (-v shows it)", " (-v shows them)", unshown) if unshown else "")
    shared = dict.fromkeys(reason.text for step in listed_steps for reason in step.reasons if reason.brief)
    closing = [
        *([] if plan.idle else [totals]),
        would_do(plan, screen),
        *_noted(list(shared), screen),
        *noted,
    ]
    return joined("\n\n", [header, *_steps(listed_steps, screen), *filter(None, [beside]), joined("\n", closing)])


def totals_text(plan: Plan, way_to_others: str = "") -> str:
    """How many steps have each action, and the price; `way_to_others` is said of steps that are not shown."""
    counts = plan.counts()
    parts = ((counts.get(action), state) for action, state in _TOTALS.items())
    totals = joined(", ", (tr("{number} {state}", number=number, state=state) for number, state in parts if number))
    return tr("Plan: {totals}{price}", totals=joined("", (totals, way_to_others)), price=_price(plan))


def unclaimed_text(item: UnclaimedTask) -> str:
    """That a task or a submission belongs to a request which no shot makes any more."""
    what = (
        tr("a submission of unknown fate")
        if item.task_id is None
        else tr("task {task_id} is in flight", task_id=item.task_id)
    )
    shot = item.attempt.shot
    return tr(
        "{what} for an earlier request of `{shot}`: a run, or `wanflow collect`, stores its result",
        what=what,
        shot=shot,
    )


def _noted(notes: Sequence[str], screen: Screen) -> list[str]:
    return [shown(screen.complete(tr("note: {note}", note=note)), LONGEST_MESSAGE) for note in notes]


def _steps(listed_steps: Sequence[Step], screen: Screen) -> Iterator[str]:
    """The headings of the columns, then the steps of each kind."""
    styles = [STYLES[step.action] for step in listed_steps]
    steps = table(COLUMNS, [_row(step) for step in listed_steps], screen.indented(2), styles)
    yield indented(steps.heading)
    for kind, title in TITLES.items():
        rows = [indented(row) for step, row in zip(listed_steps, steps.rows, strict=True) if step.kind is kind]
        if rows:
            yield "\n".join([screen.styled(screen.complete(title), "bold"), *rows])


def indented(lines: str) -> str:
    """Lines below a heading."""
    return "\n".join(f"  {line}" for line in lines.split("\n"))


def brief_text(plan: Plan, notes: Sequence[str] = (), screen: Screen = PIPE) -> str:
    """What a run would do and its price in one line, and a line for each note."""
    return joined("\n", (joined("", (would_do(plan, screen), _price(plan))), *_noted(notes, screen)))


def would_do(plan: Plan, screen: Screen = PIPE) -> str:
    """What a run of this plan would do, in one sentence."""
    return _nothing_to_do(plan) if plan.idle else tr("a run {work}", work=listed(list(_planned_work(plan, screen))))


def _row(step: Step) -> tuple[str, ...]:
    """A step as cells; `?` marks money that is only spent if an input comes out different."""
    perhaps = tr("{action}?", action=ACTIONS[step.action])
    return (
        SYMBOLS[step.action],
        step.node,
        perhaps if step.action is Action.RENDER and not step.certain else ACTIONS[step.action],
        step.model or "",
        billed_text(step) if step.kind is StepKind.TAKE else "",
        seconds_text(step.footage) if step.kind is StepKind.TAKE else "",
        cost_text(step.cost),
        joined("; ", reason_texts(step, brief=True)),
    )


def reason_texts(step: Step, *, brief: bool = False) -> list[str]:
    """The first reasons of a step, and how many others it has; `brief` where the whole texts are shown elsewhere."""
    more = len(step.reasons) - MOST_REASONS
    first = step.reasons[: MOST_REASONS if more > 1 else None]
    reasons = [(reason.brief if brief else "") or reason.text for reason in first]
    return [*reasons, tr("and {more} more", more=more)] if more > 1 else reasons


def _price(plan: Plan) -> str:
    priced = [step for step in plan.steps if step.action in {Action.RENDER, Action.COLLECT}]
    if not priced:
        return ""
    whole = money.total([step.cost for step in priced], plan.currency)
    production = plan.graph.production
    # the model of a task that is collected may have left the catalog
    models = (production.catalog.get(step.model or "") for step in priced)
    date = production.prices.date(model for model in models if model is not None)
    source = tr("prices of {date}", date=date) if date else tr("no price list")
    if not plan.provider.paid:
        return tr("; free (list price: {amount}, {source})", amount=_amount(whole), source=source)
    if whole.bound is Bound.EXACT and whole.amount == plan.certain_cost:
        return tr("; price: {amount} ({source})", amount=_amount(whole), source=source)
    unpriced = sum(step.cost.amount is None for step in plan.steps)
    most = (
        tr("{takes} of unknown price", takes=count(unpriced, "take"))
        if whole.amount is None
        else tr("at most {amount} {currency}", amount=amount_text(whole.amount), currency=whole.currency)
    )
    return tr(
        "; price: {amount} {currency} certain, {most} ({source})",
        amount=amount_text(plan.certain_cost),
        currency=plan.currency,
        most=most,
        source=source,
    )


def _amount(cost: Cost) -> str:
    return trp("price", "unknown") if cost.amount is None else cost_text(cost) or f"0 {cost.currency}"


def _planned_work(plan: Plan, screen: Screen) -> Iterator[str]:
    """What a run does, a verb and its object each."""
    by_action: dict[Action, list[Step]] = {action: [] for action in Action}
    for step in plan.steps:
        by_action[step.action].append(step)
    sure = [step for step in by_action[Action.RENDER] if step.certain]
    perhaps = [step for step in by_action[Action.RENDER] if not step.certain]
    if sure:
        yield tr("renders {takes}{footage}", takes=count(len(sure), "take"), footage=_footage(sure))
    if perhaps:
        yield tr(
            "may render {takes}{footage}",
            takes=tr("{number} more", number=len(perhaps)) if sure else count(len(perhaps), "take"),
            footage=_footage(perhaps),
        )
    if collected := by_action[Action.COLLECT]:
        yield tr("collects {takes} in flight", takes=count(len(collected), "take"))
    if restored := by_action[Action.RESTORE]:
        yield tr("restores {takes}", takes=count(len(restored), "take"))
    if extracts := [step for step in by_action[Action.DERIVE] if step.kind is StepKind.EXTRACT]:
        yield tr("extracts {clips}", clips=count(len(extracts), "clip"))
    yield from _planned_files([step for step in by_action[Action.DERIVE] if step.kind is StepKind.CUT], screen)


def _planned_files(cuts: Sequence[Step], screen: Screen) -> Iterator[str]:
    """What a run does with the files of cuts."""
    if any(not step.writes for step in cuts):
        yield tr("removes former deliveries")
    if files := [file for step in cuts for file in step.writes]:
        yield tr("writes {files}", files=listed([shown(screen.seen(file)) for file in files]))


def billed_text(step: Step) -> str:
    """What a take is billed for: `12 s`, or `1 picture`; nothing where that is not known."""
    return count(step.images, "picture") if step.images else seconds_text(step.seconds)


def _footage(steps: Sequence[Step]) -> str:
    """What takes are in all, in brackets: `(4 pictures, 5 s of footage)`."""
    films = [step.footage for step in steps if not step.images]
    known = [footage for footage in films if footage is not None]
    pictures = sum(step.images for step in steps)
    parts = [count(pictures, "picture")] if pictures else []
    if known:
        seconds, more = seconds_text(sum(known, Fraction(0))), tr(" or more") if len(known) < len(films) else ""
        parts.append(tr("{seconds} of footage{more}", seconds=seconds, more=more))
    return tr(" ({parts})", parts=joined(", ", parts)) if parts else ""


def _nothing_to_do(plan: Plan) -> str:
    counts = plan.counts()
    blocked, held = counts.get(Action.BLOCKED, 0), counts.get(Action.HELD, 0)
    if blocked:
        return trn(
            "nothing can be done: {number} node is blocked", "nothing can be done: {number} nodes are blocked", blocked
        )
    if not plan.size:
        return tr(
            "nothing to do: {reason}",
            reason=tr("nothing is selected") if plan.graph.vertices else tr("the production has no shots yet"),
        )
    current = plan.size - held
    words = [trn("{number} node is up to date", "{number} nodes are up to date", current)] if current else []
    words += [trn("{number} take is held", "{number} takes are held", held)] if held else []
    return tr("nothing to do: {words}", words=listed(words))


def plan_json(plan: Plan, notes: PlanNotes) -> dict[str, object]:
    """A plan for programs, with what a person should know of it (cli.md, JSON `plan`)."""
    texts = note_texts(notes, plan.region)
    return {**plan.to_json(), **({"notes": list(texts)} if texts else {})}


def note_texts(notes: PlanNotes, region: str) -> tuple[str, ...]:
    """A sentence for each note about a plan for a region."""
    texts = [excess_text(excess) for excess in notes.excesses]
    if notes.unpriced:
        models = listed(
            [
                tr("`{model}` at {tier}", model=model, tier=tier) if tier else f"`{model}`"
                for model, tier in notes.unpriced
            ]
        )
        texts.append(
            tr(
                "no price list has {models} in the region `{region}`: add one with `prices:`",
                models=models,
                region=region,
            )
        )
    if notes.unreported:
        texts.append(
            tr("{takes} reported no cost; the budget uses their maximum price", takes=count(notes.unreported, "take"))
        )
    texts += [_unpicked_text(shot) for shot in notes.unpicked]
    texts += [
        joined(": ", (cut, str(problem.place), problem.message, problem.hint or ""))
        for cut, problem in notes.unreadable
    ]
    return (*texts, *merge_texts(notes))


def _unpicked_text(shot: UnpickedShot) -> str:
    named = [(step.vertex if step.take < 2 else step.node, cost_words(step.cost)) for step in shot.followers]
    return tr(
        "{shot} has {number} takes and no pick: {followers} will use take {take}",
        shot=shot.shot,
        number=len(shot.takes),
        followers=listed([tr("{name} ({cost})", name=name, cost=cost) for name, cost in named]),
        take=shot.takes[0],
    )


def merge_texts(notes: PlanNotes) -> tuple[str, ...]:
    """What a merge of two branches left to know or to decide, a sentence each."""
    undecided = (
        tr(
            "{name}: {rivals}; what depends on it waits: `wanflow pick {name} N`",
            name=name,
            rivals=rivals_text(choice),
        )
        for name, choice in notes.rivals
    )
    return (*undecided, *notes.merged)


def excess_text(excess: Excess) -> str:
    """That a plan exceeds a limit, or may, and what a run does about it."""
    limit, key = excess.limit, excess.key.removesuffix(":")
    allowed = tr("`{key}` allows {cost}", key=key, cost=cost_text(limit))
    if excess.gone:
        spent = amount_text(excess.gone)
        allowed = tr(
            "{spent} of the {cost} `{key}` are spent or in flight", spent=spent, cost=cost_text(limit), key=key
        )
    if excess.certain:
        return tr("this costs at least {cost}; {allowed}", cost=cost_text(excess.needed), allowed=allowed)
    if excess.needed.amount is None:
        return tr("the price is unknown; {allowed}: what could exceed it is not submitted", allowed=allowed)
    return tr(
        "this may cost {amount} {currency}; {allowed}: the rest is not submitted",
        amount=amount_text(excess.needed.amount),
        currency=limit.currency,
        allowed=allowed,
    )
