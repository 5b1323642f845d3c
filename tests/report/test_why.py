"""Why a node is what it is."""

from __future__ import annotations

from kit import bookkeeping, films
from wanflow.planner.diff import explain
from wanflow.planner.plan import Plan
from wanflow.report.text.node import why_lines, word_diff


def _why(plan: Plan, node: str) -> str:
    (explanation,) = explain(plan, [films.step(plan, node)])
    return "\n".join(why_lines(plan, explanation))


def _after(**words: object) -> Plan:
    return films.plan(films.edited(films.LIGHTHOUSE, "coast", **words), bookkeeping.run(films.LIGHTHOUSE)[0])


def test_prompt_is_told_down_to_the_words() -> None:
    """A reworded prompt shows the words that went and came, in their place."""
    assert _why(_after(prompt="coast at bright dusk"), "coast.t2").splitlines() == [
        "coast.t2: render (3.00 CNY, list price of the paid take)",
        "  prompt",
        "    coast at [-dawn-]{+bright dusk+}",
    ]


def test_parameter_is_told_old_against_new() -> None:
    """Another value shows both."""
    text = _why(_after(parameters={**films.PARAMETERS, "duration": 7}), "coast.t2")
    assert text.splitlines() == [
        "coast.t2: render (4.20 CNY, list price of the paid take)",
        "  duration",
        "    - 5",
        "    + 7",
    ]


def test_cause_upstream_is_named() -> None:
    """What renders only because of an input names the step that is at the bottom of it, also for cuts and pieces."""
    plan = _after(prompt="coast at dusk")
    for node in ("approach.t2", "approach.first_clip", "cut:main"):
        assert "follows from coast.t2 (render): prompt: dawn → dusk" in _why(plan, node)


def test_up_to_date_says_so() -> None:
    """A node with nothing to do says that it is up to date."""
    plan = films.plan(films.LIGHTHOUSE, bookkeeping.run(films.LIGHTHOUSE)[0])
    assert _why(plan, "coast.t1").splitlines()[0] == "coast.t1: up to date"


def test_han_characters_are_words_of_their_own() -> None:
    """Chinese prompts, which have no blanks, are compared character by character."""
    assert word_diff("海上的灯塔", "山上的灯塔") == "[-海-]{+山+}上的灯塔"
