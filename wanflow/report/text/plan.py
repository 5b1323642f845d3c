"""A plan for people: every step with its reasons and price, then what a run would do in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from wanflow import money
from wanflow.graph.node import cut_name
from wanflow.money import Bound, Cost, amount_text
from wanflow.planner.plan import Action, Plan, Step, StepKind
from wanflow.report.text.status import leftovers
from wanflow.report.text.words import columns, cost_text, count, listed, printable, seconds_text

SYMBOLS: Mapping[Action, str] = {
    Action.RENDER: "+",
    Action.COLLECT: ">",
    Action.REUSE: "=",
    Action.RESTORE: "<",
    Action.DERIVE: "*",
    Action.HELD: "#",
    Action.BLOCKED: "!",
}

_HEADINGS = {StepKind.TAKE: "takes", StepKind.EXTRACT: "frames, pieces and sound", StepKind.CUT: "cuts"}


MOST_REASONS = 6
"""Reasons of one step that are shown."""


def plan_text(plan: Plan, *, verbose: bool = False, notes: Sequence[str] = ()) -> str:
    """The whole plan as text that does not depend on the terminal; where nothing is to be done, only that.

    `notes` are what a person should know before money is spent; they come last.
    """
    everything = verbose or not plan.idle
    shown = [step for step in plan.steps if everything or step.action is Action.BLOCKED]
    beside = "\n".join(leftovers(plan))
    if not shown:
        return "\n".join(filter(None, (beside, would_do(plan), *_noted(notes))))
    parts = [_header(plan), *_groups(shown), *filter(None, [beside]), "\n".join((*_closing(plan), *_noted(notes)))]
    return "\n\n".join(parts)


def brief_text(plan: Plan, notes: Sequence[str] = ()) -> str:
    """What a run would do and its price in one line, and a line for each note."""
    return "\n".join((f"{would_do(plan)}{_price(plan)}", *_noted(notes)))


def _noted(notes: Sequence[str]) -> Iterator[str]:
    return (f"note: {printable(note)}" for note in notes)


def would_do(plan: Plan) -> str:
    """What a run of this plan would do, in one sentence."""
    if plan.idle:
        return _nothing_to_do(plan)
    return f"a run {listed(list(_deeds(plan)))}"


def _header(plan: Plan) -> str:
    production = plan.graph.production
    title = printable(production.title) or production.file
    return f"{title} ({plan.provider.name}, {plan.region})"


def _groups(steps: Sequence[Step]) -> Iterator[str]:
    lines = columns([_row(step) for step in steps], right=frozenset({4, 5}))
    for kind, heading in _HEADINGS.items():
        own = [f"  {line}" for step, line in zip(steps, lines, strict=True) if step.kind is kind]
        if own:
            yield "\n".join([heading, *own])


def _row(step: Step) -> tuple[str, ...]:
    return (
        SYMBOLS[step.action],
        step.node,
        _action(step),
        step.model or "",
        seconds_text(step.seconds) if step.kind is StepKind.TAKE else "",
        cost_text(step.cost),
        printable(_why(step)),
    )


def _why(step: Step) -> str:
    """The reasons of a step, of a long cut the first; `--json` and `why` have all of them."""
    more = len(step.reasons) - MOST_REASONS
    texts = [reason.text for reason in step.reasons[: MOST_REASONS if more > 1 else None]]
    return "; ".join([*texts, *([f"and {more} more"] if more > 1 else [])])


def _action(step: Step) -> str:
    """The action; a question mark where money is only spent if an input comes out different."""
    perhaps = step.action is Action.RENDER and not step.certain
    return f"{step.action.value}?" if perhaps else step.action.value


def _closing(plan: Plan) -> Iterator[str]:
    if not plan.idle:
        counts = plan.counts()
        yield ", ".join(f"{counts[action]} {action.value}" for action in Action if counts.get(action)) + _price(plan)
    yield would_do(plan)


def _price(plan: Plan) -> str:
    priced = [step for step in plan.steps if step.action in {Action.RENDER, Action.COLLECT}]
    if not priced:
        return ""
    whole = money.total([step.cost for step in priced], plan.currency)
    date = plan.graph.production.prices.date(step.model for step in priced if step.model)
    listed = f"prices of {date}" if date else "no price list"
    if not plan.provider.paid:
        return f"; free (list price: {_amount(whole)}, {listed})"
    return f"; price: {_sum_text(plan, whole)} ({listed})"


def _sum_text(plan: Plan, whole: Cost) -> str:
    """What is certain and what it comes to at most; beside what nobody can price, what is known."""
    if whole.bound is Bound.EXACT and whole.amount == plan.certain_cost:
        return _amount(whole)
    certain = f"{amount_text(plan.certain_cost)} {plan.currency} certain"
    if whole.amount is not None:
        return f"{certain}, at most {amount_text(whole.amount)} {plan.currency}"
    nobody = sum(step.cost.amount is None for step in plan.steps)
    return f"{certain}, {count(nobody, 'take')} of unknown price"


def _amount(cost: Cost) -> str:
    return "unknown" if cost.amount is None else cost_text(cost) or f"0 {cost.currency}"


def _deeds(plan: Plan) -> Iterator[str]:
    steps = plan.steps
    sure = [step for step in steps if step.action is Action.RENDER and step.certain]
    if sure:
        yield f"renders {count(len(sure), 'take')}{_footage(sure)}"
    perhaps = [step for step in steps if step.action is Action.RENDER and not step.certain]
    if perhaps:
        yield f"may render {_number(perhaps, sure)}{_footage(perhaps)}"
    collected = [step for step in steps if step.action is Action.COLLECT]
    if collected:
        yield f"collects {count(len(collected), 'take')} in flight"
    restored = [step for step in steps if step.action is Action.RESTORE]
    if restored:
        yield f"restores {count(len(restored), 'take')}"
    pieces = [step for step in steps if step.action is Action.DERIVE and step.kind is StepKind.EXTRACT]
    if pieces:
        yield f"extracts {count(len(pieces), 'clip')}"
    yield from _writes(plan)


def _number(perhaps: Sequence[Step], sure: Sequence[Step]) -> str:
    return f"{len(perhaps)} more" if sure else count(len(perhaps), "take")


def _writes(plan: Plan) -> Iterator[str]:
    cuts = plan.graph.production.cuts
    names = [cut_name(step.vertex) for step in plan.steps if _is_written(step)]
    if names:
        yield f"writes {listed([printable(cuts[name].output) for name in names])}"


def _is_written(step: Step) -> bool:
    return step.kind is StepKind.CUT and step.action is Action.DERIVE


def _footage(steps: Sequence[Step]) -> str:
    known = [step.footage for step in steps if step.footage is not None]
    if not known:
        return ""
    more = " or more" if len(known) < len(steps) else ""
    return f" ({seconds_text(sum(known, Fraction(0)))} of footage{more})"


def _nothing_to_do(plan: Plan) -> str:
    counts = plan.counts()
    blocked = counts.get(Action.BLOCKED, 0)
    if blocked:
        return f"nothing can be done: {count(blocked, 'node')} {'is' if blocked == 1 else 'are'} blocked"
    if not plan.steps:
        return "nothing to do: nothing is selected" if plan.graph.vertices else "nothing to do: there are no shots yet"
    held = counts.get(Action.HELD, 0)
    fine = len(plan.steps) - held
    words = [f"{count(fine, 'node')} {'is' if fine == 1 else 'are'} up to date"] if fine else []
    words += [f"{count(held, 'take')} {'is' if held == 1 else 'are'} held"] if held else []
    return f"nothing to do: {listed(words)}"
