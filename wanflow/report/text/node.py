"""A node in words: what it asks for, and why it is made or is not."""

from __future__ import annotations

import json
from collections.abc import Iterator

from wanflow.characters import LONGEST_LINE, escaped_json, shown
from wanflow.messages import joined, tr
from wanflow.planner.diff import FOLLOWING, Explanation
from wanflow.planner.plan import Action, Plan, ReasonCode, Step
from wanflow.report.show import NodeDetails
from wanflow.report.text.plan import ACTIONS, indented
from wanflow.report.text.table import PIPE, Column, Screen, table
from wanflow.report.text.words import (
    WordChange,
    cost_words,
    edited_words,
)

_COMPARED = frozenset({ReasonCode.PROMPT_CHANGED, ReasonCode.PARAMETER_CHANGED, ReasonCode.INPUT_CHANGED})


def show_text(details: NodeDetails, screen: Screen = PIPE) -> str:
    """A line for each value: key, where it is written, value; then the request as it is sent."""
    cells = [(row.key, row.origin, row.text) for row in details.rows]
    if details.model is not None and "seed" in details.model.parameters:
        for take, seed in details.seeds:
            words = tr("known when its input is") if seed is None else str(seed)
            cells.append((tr("seed of take {take}", take=take), "", words))
    value = Column(tr("value"), wraps=True, below=1, most=LONGEST_LINE)
    values = table((Column(tr("key")), Column(tr("written at")), value), cells, screen.indented(2))
    lines: list[str] = [shown(details.node), *map(indented, values.lines())]
    if details.request is not None:
        body = escaped_json(json.dumps(details.request, ensure_ascii=False, indent=2))
        lines += ["", tr("the request, with names instead of addresses:"), body]
    return joined("\n", lines)


def _action_words(step: Step, *, paid: bool) -> str:
    """What happens to a step; to one that renders also at what price."""
    if step.action is Action.REUSE and all(reason.code is ReasonCode.UP_TO_DATE for reason in step.reasons):
        return tr("up to date")
    if step.action is not Action.RENDER:
        return ACTIONS[step.action]
    action = tr("render") if step.certain else tr("render, if its input comes out different")
    if paid:
        return tr("{action} ({cost})", action=action, cost=cost_words(step.cost))
    return tr("{action} ({cost}, list price of the paid take)", action=action, cost=cost_words(step.cost))


def why_lines(plan: Plan, explanation: Explanation) -> Iterator[str]:
    """The action of a step and its reasons, old value against new, and what it follows from."""
    step = explanation.step
    yield tr("{node}: {action}", node=step.node, action=_action_words(step, paid=plan.provider.paid))
    for reason in step.reasons:
        compared = explanation.differences and reason.code in _COMPARED
        if not compared and reason.code is not ReasonCode.UP_TO_DATE:
            yield tr("  {reason}", reason=reason.text)
    for difference in explanation.differences:
        yield f"  {difference.key}"
        if difference.code is ReasonCode.PROMPT_CHANGED:
            yield f"    {word_diff(difference.old, difference.new)}"
        else:
            yield tr("    - {value}", value=difference.old or tr("(none)"))
            yield tr("    + {value}", value=difference.new or tr("(none)"))
    for cause in explanation.causes:
        reasons = joined("; ", (reason.text for reason in cause.reasons if reason.code not in FOLLOWING))
        yield tr(
            "  follows from {node} ({action}): {reasons}",
            node=cause.node,
            action=ACTIONS[cause.action],
            reasons=reasons,
        )


_MARKED = {WordChange.SAME: "{}", WordChange.GONE: "[-{}-]", WordChange.CAME: "{{+{}+}}"}


def word_diff(old: str, new: str) -> str:
    """The new text with `[-words that went-]` and `{+words that came+}`, as git marks them."""
    return "".join(_MARKED[change].format(words) for change, words in edited_words(old, new))
