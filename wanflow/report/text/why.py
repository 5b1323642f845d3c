"""Why a node is what it is: what changed, old value against new, and where the change comes from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from wanflow.planner.diff import Difference, differences
from wanflow.planner.plan import Action, Plan, ReasonCode, Step, StepKind
from wanflow.report.text.words import cost_words, printable

_FOLLOWS = frozenset({ReasonCode.INPUT_WILL_CHANGE, ReasonCode.INPUT_FAILED})
_COMPARED = frozenset({ReasonCode.PROMPT_CHANGED, ReasonCode.PARAMETER_CHANGED, ReasonCode.INPUT_CHANGED})


def why_text(plan: Plan, steps: Sequence[Step]) -> str:
    """For each of the steps its action and reasons, what differs from the request before, and what it follows from."""
    by_node = {step.node: step for step in plan.steps}
    return "\n".join(line for step in steps for line in _told(plan, step, by_node))


def _told(plan: Plan, step: Step, by_node: Mapping[str, Step]) -> Iterator[str]:
    compared = list(_differences(plan, step))
    yield f"{_verdict(step)}{_price(plan, step)}"
    for reason in step.reasons:
        if not compared or reason.code not in _COMPARED:
            yield f"  {printable(reason.text)}"
    yield from compared
    yield from _causes(step, by_node)


def _verdict(step: Step) -> str:
    if step.action is Action.REUSE and all(reason.code is ReasonCode.UP_TO_DATE for reason in step.reasons):
        return f"{step.node}: up to date"
    perhaps = step.action is Action.RENDER and not step.certain
    return f"{step.node}: {step.action.value}{', if its input comes out different' if perhaps else ''}"


def _price(plan: Plan, step: Step) -> str:
    """What a take that is rendered costs; in the animatic, what the real thing would."""
    if step.action is not Action.RENDER:
        return ""
    listed = ", list price of the paid take" if not plan.provider.paid else ""
    return f" ({cost_words(step.cost)}{listed})"


def _differences(plan: Plan, step: Step) -> Iterator[str]:
    """What differs between the request that was last run and the present one, for a take."""
    if step.kind is not StepKind.TAKE or step.shot is None or step.shot not in plan.before:
        return
    for difference in differences(plan.before[step.shot], plan.recipes.get(step.shot), plan.inventory.lock):
        yield from _difference(difference)


def _difference(difference: Difference) -> Iterator[str]:
    yield f"  {printable(difference.key)}"
    if difference.code is ReasonCode.PROMPT_CHANGED:
        yield f"    {printable(word_diff(difference.old, difference.new))}"
        return
    yield f"    - {printable(difference.old) or '(none)'}"
    yield f"    + {printable(difference.new) or '(none)'}"


def _causes(step: Step, by_node: Mapping[str, Step]) -> Iterator[str]:
    """The steps that a step's own reasons lead back to: those upstream that change for a reason of their own."""
    if not any(reason.code in _FOLLOWS for reason in step.reasons):
        return
    for cause in _roots(step, by_node, set()):
        reasons = "; ".join(reason.text for reason in cause.reasons if reason.code not in _FOLLOWS)
        yield f"  follows from {cause.node} ({cause.action.value}): {printable(reasons)}"


def _roots(step: Step, by_node: Mapping[str, Step], seen: set[str]) -> Iterator[Step]:
    for need in step.needs:
        upstream = by_node.get(need)
        if upstream is None or need in seen:
            continue
        seen.add(need)
        if any(reason.code not in _FOLLOWS for reason in upstream.reasons) and _changes(upstream):
            yield upstream
        yield from _roots(upstream, by_node, seen)


def _changes(step: Step) -> bool:
    return step.kind is StepKind.TAKE and step.action not in {Action.REUSE, Action.HELD}


_PIECES = re.compile(r"\s+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|\w+|[^\w\s]")


def word_diff(old: str, new: str) -> str:
    """The new text with `[-words that went-]` and `{+words that came+}`, as git marks them."""
    return "".join(_marked(_PIECES.findall(old), _PIECES.findall(new)))


def _marked(old: list[str], new: list[str]) -> Iterator[str]:
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "".join(new[c:d])
            continue
        if a < b:
            yield f"[-{''.join(old[a:b])}-]"
        if c < d:
            yield f"{{+{''.join(new[c:d])}+}}"
