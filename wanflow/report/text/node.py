"""One node for people: its request or contents (`show`), and what changed (`why`)."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator

from wanflow.planner.diff import FOLLOWING, Explanation
from wanflow.planner.plan import Action, Plan, ReasonCode
from wanflow.report.show import NodeDetails
from wanflow.report.text.words import columns, cost_words, printable, visible

_COMPARED = frozenset({ReasonCode.PROMPT_CHANGED, ReasonCode.PARAMETER_CHANGED, ReasonCode.INPUT_CHANGED})


def show_text(details: NodeDetails) -> str:
    """A line for each value: key, where it is written, value; then the request as it is sent."""
    plain = {True: "true", False: "false"}
    cells = [
        (row.key, row.origin, printable(plain[row.value] if isinstance(row.value, bool) else str(row.value)))
        for row in details.rows
    ]
    for step in details.steps:
        if step.take:
            seed = "known when its input is" if step.seed is None else str(step.seed)
            cells.append((f"seed of take {step.take}", "", seed))
    lines = [details.node, *(f"  {line}" for line in columns(cells))]
    if details.request is not None:
        body = visible(json.dumps(details.request, ensure_ascii=False, indent=2))
        lines += ["", "sent, with addresses in the place of names:", body]
    return "\n".join(lines)


def why_text(plan: Plan, explanation: Explanation) -> str:
    """The action of a step and its reasons, old value against new, and what it follows from."""
    return "\n".join(_why_lines(plan, explanation))


def _why_lines(plan: Plan, explanation: Explanation) -> Iterator[str]:
    step, renders = explanation.step, explanation.step.action is Action.RENDER
    price = f" ({cost_words(step.cost)}{'' if plan.provider.paid else ', list price of the paid take'})"
    action = f"{step.action.value}{', if its input comes out different' if renders and not step.certain else ''}"
    if step.action is Action.REUSE and all(reason.code is ReasonCode.UP_TO_DATE for reason in step.reasons):
        action = "up to date"
    yield f"{step.node}: {action}{price if renders else ''}"
    for reason in step.reasons:
        shown = explanation.differences and reason.code in _COMPARED
        if not shown and reason.code is not ReasonCode.UP_TO_DATE:
            yield f"  {printable(reason.text)}"
    for difference in explanation.differences:
        yield f"  {printable(difference.key)}"
        if difference.code is ReasonCode.PROMPT_CHANGED:
            yield f"    {printable(word_diff(difference.old, difference.new))}"
        else:
            yield f"    - {printable(difference.old) or '(none)'}"
            yield f"    + {printable(difference.new) or '(none)'}"
    for cause in explanation.causes:
        reasons = "; ".join(reason.text for reason in cause.reasons if reason.code not in FOLLOWING)
        yield f"  follows from {cause.node} ({cause.action.value}): {printable(reasons)}"


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
