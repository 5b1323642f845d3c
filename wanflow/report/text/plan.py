"""Plans for people: the steps with their prices, what to know before paying, and one node's request and reasons."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from wanflow import money
from wanflow.characters import LONGEST_LINE, LONGEST_MESSAGE, escaped_json, shown, without_font
from wanflow.graph.node import cut_name
from wanflow.money import Bound, Cost, amount_text
from wanflow.planner.budget import Excess, PlanNotes
from wanflow.planner.diff import FOLLOWING, Explanation
from wanflow.planner.picks import rivals_text
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.planner.status import unclaimed_tasks
from wanflow.report.show import NodeDetails
from wanflow.report.text.status import unclaimed_text
from wanflow.report.text.table import LONGEST_CELL, PIPE, Column, Screen, table
from wanflow.report.text.words import cost_text, cost_words, count, listed, seconds_text

SYMBOLS: Mapping[Action, str] = {
    Action.RENDER: "+",
    Action.COLLECT: ">",
    Action.REUSE: "=",
    Action.RESTORE: "<",
    Action.DERIVE: "*",
    Action.HELD: "#",
    Action.BLOCKED: "!",
}
_TOTALS: Mapping[Action, str] = {
    Action.RENDER: "to render",
    Action.COLLECT: "to collect",
    Action.RESTORE: "to restore",
    Action.DERIVE: "to build",
    Action.BLOCKED: "blocked",
    Action.REUSE: "unchanged",
    Action.HELD: "held",
}
_UNCHANGED = frozenset({Action.REUSE, Action.HELD})
_TITLES = {StepKind.TAKE: "takes", StepKind.EXTRACT: "frames, pieces and sound", StepKind.CUT: "cuts"}

COLUMNS = (
    Column("", styled=True),
    Column("node"),
    Column("action", styled=True),
    Column("model", below=2),
    Column("billed", right=True),
    Column("footage", right=True),
    Column("price", right=True),
    Column("why", wraps=True, below=1),
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
    listed_steps = [step for step in plan.steps if verbose or step.action not in _UNCHANGED]
    beside = "\n".join(shown(screen.complete(unclaimed_text(item))) for item in unclaimed_tasks(plan))
    noted = _noted(notes, screen)
    if not listed_steps:
        return "\n".join(filter(None, (beside, would_do(plan, screen), *noted)))
    production, counts = plan.graph.production, plan.counts()
    header = f"{shown(production.title or production.file, LONGEST_CELL)} ({plan.provider.name}, {plan.region})"
    totals = ", ".join(f"{counts[action]} {words}" for action, words in _TOTALS.items() if counts.get(action))
    unshown = len(plan.steps) - len(listed_steps)
    totals += f" (-v shows {'it' if unshown == 1 else 'them'})" * bool(unshown)
    closing = [*([] if plan.idle else [f"Plan: {totals}{_price(plan)}"]), would_do(plan, screen), *noted]
    return "\n\n".join([header, *_steps(listed_steps, screen), *filter(None, [beside]), "\n".join(closing)])


def _noted(notes: Sequence[str], screen: Screen) -> list[str]:
    return [shown(screen.complete(f"note: {note}"), LONGEST_MESSAGE) for note in notes]


def _steps(listed_steps: Sequence[Step], screen: Screen) -> Iterator[str]:
    """The headings of the columns, then the steps of each kind."""
    styles = [STYLES[step.action] for step in listed_steps]
    steps = table(COLUMNS, [_row(step) for step in listed_steps], screen.indented(2), styles)
    yield _indented(steps.heading)
    for kind, title in _TITLES.items():
        rows = [_indented(row) for step, row in zip(listed_steps, steps.rows, strict=True) if step.kind is kind]
        if rows:
            yield "\n".join([screen.styled(title, "bold"), *rows])


def _indented(lines: str) -> str:
    return "\n".join(f"  {line}" for line in lines.split("\n"))


def brief_text(plan: Plan, notes: Sequence[str] = (), screen: Screen = PIPE) -> str:
    """What a run would do and its price in one line, and a line for each note."""
    return "\n".join((f"{would_do(plan, screen)}{_price(plan)}", *_noted(notes, screen)))


def would_do(plan: Plan, screen: Screen = PIPE) -> str:
    """What a run of this plan would do, in one sentence."""
    return _nothing_to_do(plan) if plan.idle else f"a run {listed(list(_planned_work(plan, screen)))}"


def _row(step: Step) -> tuple[str, ...]:
    """A step as cells; `?` marks money that is only spent if an input comes out different."""
    perhaps = step.action is Action.RENDER and not step.certain
    more = len(step.reasons) - MOST_REASONS
    reasons = [reason.text for reason in step.reasons[: MOST_REASONS if more > 1 else None]]
    return (
        SYMBOLS[step.action],
        step.node,
        f"{step.action.value}?" if perhaps else step.action.value,
        step.model or "",
        seconds_text(step.seconds) if step.kind is StepKind.TAKE else "",
        seconds_text(step.footage) if step.kind is StepKind.TAKE else "",
        cost_text(step.cost),
        "; ".join([*reasons, *([f"and {more} more"] if more > 1 else [])]),
    )


def _price(plan: Plan) -> str:
    priced = [step for step in plan.steps if step.action in {Action.RENDER, Action.COLLECT}]
    if not priced:
        return ""
    whole = money.total([step.cost for step in priced], plan.currency)
    date = plan.graph.production.prices.date(step.model for step in priced if step.model)
    source = f"prices of {date}" if date else "no price list"
    if not plan.provider.paid:
        return f"; free (list price: {_amount(whole)}, {source})"
    if whole.bound is Bound.EXACT and whole.amount == plan.certain_cost:
        return f"; price: {_amount(whole)} ({source})"
    unpriced = sum(step.cost.amount is None for step in plan.steps)
    most = (
        f"{count(unpriced, 'take')} of unknown price"
        if whole.amount is None
        else f"at most {amount_text(whole.amount)} {whole.currency}"
    )
    return f"; price: {amount_text(plan.certain_cost)} {plan.currency} certain, {most} ({source})"


def _amount(cost: Cost) -> str:
    return "unknown" if cost.amount is None else cost_text(cost) or f"0 {cost.currency}"


def _planned_work(plan: Plan, screen: Screen) -> Iterator[str]:
    """What a run does, a verb and its object each."""
    by_action: dict[Action, list[Step]] = {action: [] for action in Action}
    for step in plan.steps:
        by_action[step.action].append(step)
    sure = [step for step in by_action[Action.RENDER] if step.certain]
    perhaps = [step for step in by_action[Action.RENDER] if not step.certain]
    if sure:
        yield f"renders {count(len(sure), 'take')}{_footage(sure)}"
    if perhaps:
        yield f"may render {f'{len(perhaps)} more' if sure else count(len(perhaps), 'take')}{_footage(perhaps)}"
    if collected := by_action[Action.COLLECT]:
        yield f"collects {count(len(collected), 'take')} in flight"
    if restored := by_action[Action.RESTORE]:
        yield f"restores {count(len(restored), 'take')}"
    if extracts := [step for step in by_action[Action.DERIVE] if step.kind is StepKind.EXTRACT]:
        yield f"extracts {count(len(extracts), 'clip')}"
    cuts = plan.graph.production.cuts
    films = [cuts[cut_name(step.vertex)].output for step in by_action[Action.DERIVE] if step.kind is StepKind.CUT]
    if films:
        yield f"writes {listed([shown(screen.seen(film)) for film in films])}"


def _footage(steps: Sequence[Step]) -> str:
    known = [step.footage for step in steps if step.footage is not None]
    if not known:
        return ""
    return f" ({seconds_text(sum(known, Fraction(0)))} of footage{' or more' if len(known) < len(steps) else ''})"


def _nothing_to_do(plan: Plan) -> str:
    counts = plan.counts()
    blocked, held = counts.get(Action.BLOCKED, 0), counts.get(Action.HELD, 0)
    if blocked:
        return f"nothing can be done: {count(blocked, 'node')} {'is' if blocked == 1 else 'are'} blocked"
    if not plan.steps:
        return f"nothing to do: {'nothing is selected' if plan.graph.vertices else 'the production has no shots yet'}"
    current = len(plan.steps) - held
    words = [f"{count(current, 'node')} {'is' if current == 1 else 'are'} up to date"] if current else []
    words += [f"{count(held, 'take')} {'is' if held == 1 else 'are'} held"] if held else []
    return f"nothing to do: {listed(words)}"


def note_texts(notes: PlanNotes, region: str) -> tuple[str, ...]:
    """A sentence for each note about a plan for a region."""
    texts = [excess_text(excess) for excess in notes.excesses]
    if notes.unpriced:
        models = listed([f"`{model}`{f' at {tier}' if tier else ''}" for model, tier in notes.unpriced])
        texts.append(f"no price list has {models} in the region `{region}`: add one with `prices:`")
    if notes.unreported:
        texts.append(f"{count(notes.unreported, 'take')} reported no cost; the budget uses their maximum price")
    for shot in notes.unpicked:
        named = [(step.vertex if step.take < 2 else step.node, cost_words(step.cost)) for step in shot.followers]
        followers = listed([f"{name} ({cost})" for name, cost in named])
        texts.append(f"{shot.shot} has {len(shot.takes)} takes and no pick: {followers} will use take {shot.takes[0]}")
    texts += [f"{cut}: {': '.join(without_font(characters))}" for cut, characters in notes.boxed]
    return (*texts, *merge_texts(notes))


def merge_texts(notes: PlanNotes) -> tuple[str, ...]:
    """What a merge of two branches left to know or to decide, a sentence each."""
    way_out = "what depends on it waits: `wanflow pick {} N`"
    undecided = (f"{name}: {rivals_text(choice)}; {way_out.format(name)}" for name, choice in notes.rivals)
    return (*undecided, *notes.merged)


def excess_text(excess: Excess) -> str:
    """That a plan exceeds a limit, or may, and what a run does about it."""
    limit, key = excess.limit, excess.key.removesuffix(":")
    allowed = f"`{key}` allows {cost_text(limit)}"
    if excess.gone:
        spent = amount_text(excess.gone)
        allowed = f"{spent} of the {cost_text(limit)} `{key}` are spent or in flight"
    if excess.certain:
        return f"this costs at least {cost_text(excess.needed)}; {allowed}"
    if excess.needed.amount is None:
        return f"the price is unknown; {allowed}: what could exceed it is not submitted"
    return f"this may cost {amount_text(excess.needed.amount)} {limit.currency}; {allowed}: the rest is not submitted"


_COMPARED = frozenset({ReasonCode.PROMPT_CHANGED, ReasonCode.PARAMETER_CHANGED, ReasonCode.INPUT_CHANGED})


def show_text(details: NodeDetails, screen: Screen = PIPE) -> str:
    """A line for each value: key, where it is written, value; then the request as it is sent."""
    plain = {True: "true", False: "false"}
    cells = [
        (row.key, row.origin, plain[row.value] if isinstance(row.value, bool) else str(row.value))
        for row in details.rows
    ]
    for step in details.steps:
        if step.take:
            seed = "known when its input is" if step.seed is None else str(step.seed)
            cells.append((f"seed of take {step.take}", "", seed))
    value = Column("value", wraps=True, below=1, most=LONGEST_LINE)
    values = table((Column("key"), Column("written at"), value), cells, screen.indented(2))
    lines = [shown(details.node), *map(_indented, values.lines())]
    if details.request is not None:
        body = escaped_json(json.dumps(details.request, ensure_ascii=False, indent=2))
        lines += ["", "the request, with names instead of addresses:", body]
    return "\n".join(lines)


def why_lines(plan: Plan, explanation: Explanation) -> Iterator[str]:
    """The action of a step and its reasons, old value against new, and what it follows from."""
    step, renders = explanation.step, explanation.step.action is Action.RENDER
    price = f" ({cost_words(step.cost)}{'' if plan.provider.paid else ', list price of the paid take'})"
    action = f"{step.action.value}{', if its input comes out different' if renders and not step.certain else ''}"
    if step.action is Action.REUSE and all(reason.code is ReasonCode.UP_TO_DATE for reason in step.reasons):
        action = "up to date"
    yield f"{step.node}: {action}{price if renders else ''}"
    for reason in step.reasons:
        compared = explanation.differences and reason.code in _COMPARED
        if not compared and reason.code is not ReasonCode.UP_TO_DATE:
            yield f"  {reason.text}"
    for difference in explanation.differences:
        yield f"  {difference.key}"
        if difference.code is ReasonCode.PROMPT_CHANGED:
            yield f"    {word_diff(difference.old, difference.new)}"
        else:
            yield f"    - {difference.old or '(none)'}"
            yield f"    + {difference.new or '(none)'}"
    for cause in explanation.causes:
        reasons = "; ".join(reason.text for reason in cause.reasons if reason.code not in FOLLOWING)
        yield f"  follows from {cause.node} ({cause.action.value}): {reasons}"


_PIECES = re.compile(r"\s+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|\w+|[^\w\s]")


def word_diff(old: str, new: str) -> str:
    """The new text with `[-words that went-]` and `{+words that came+}`, as git marks them."""
    was, now, parts = _PIECES.findall(old), _PIECES.findall(new), list[str]()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append("".join(now[c:d]))
            continue
        parts += [f"[-{''.join(was[a:b])}-]"] if a < b else []
        parts += [f"{{+{''.join(now[c:d])}+}}"] if c < d else []
    return "".join(parts)
