"""The key `checks`: what findings do, from the top of the file to the shot."""

from __future__ import annotations

import pytest

from wanflow.graph.recipe import recipe
from wanflow.language.checks import Check, CheckRules, FindingAction

SHOT = "shots:\n  a: {{model: wan2.7-t2v, prompt: dawn{more}}}\n"
WARN, WAIT, OFF = FindingAction


def rules(reading, body: str, more: str = "") -> CheckRules:
    """The rules of the shot of a production without problems."""
    production, problems = reading(body + SHOT.format(more=more))
    assert production is not None, problems
    return production.shots["a"].checks


def test_findings_warn_where_nothing_is_said(reading) -> None:
    """Nothing waits, and everything is measured."""
    found = rules(reading, "")
    assert {found.action(check) for check in Check} == {WARN}
    assert (found.wait, found.off) == (False, False)


def test_of_each_check_the_nearest_place_decides(reading) -> None:
    """The shot, the defaults of its model, the defaults, the top; a word of one place is for all checks."""
    defaults = "defaults: {model: wan2.7-t2v, checks: {black: off, seam: off, size: off}, models: {wan2.7-t2v: {checks: {seam: warn}}}}\n"
    production, problems = reading(
        f"checks: wait\n{defaults}" + SHOT.format(more=", checks: {size: wait}"), head="wanflow: 1\n"
    )
    assert production is not None, problems
    found = production.shots["a"].checks
    actions = [found.action(check) for check in (Check.SIZE, Check.SEAM, Check.BLACK, Check.RATE)]
    assert actions == [WAIT, WARN, OFF, WAIT]


def test_one_word_of_the_shot_is_for_all_checks(reading) -> None:
    """Whatever the places around it say."""
    assert rules(reading, "checks: {black: wait}\n", ", checks: off").off
    assert not rules(reading, "checks: wait\n", ", checks: warn").wait


def test_checks_change_no_request(reading) -> None:
    """They are never fingerprinted, so that nothing is bought again for them."""
    made = set[str]()
    for more in ("", ", checks: wait", ", checks: {seam: off}"):
        production, _ = reading(SHOT.format(more=more))
        assert production is not None
        made.add(str(recipe(production.shots["a"], "dashscope", {})))
    assert len(made) == 1


def test_shots_of_matrices_and_pipelines_have_them_too(reading) -> None:
    """With the names of the combination filled in."""
    body = "shots:\n  a: {matrix: {what: [wait, off]}, model: wan2.7-t2v, prompt: dawn, checks: {seam: '${what}'}}\n"
    production, problems = reading(body)
    assert production is not None, problems
    assert [shot.checks.action(Check.SEAM) for shot in production.shots.values()] == [WAIT, OFF]


@pytest.mark.parametrize(
    ("written", "said", "hint"),
    [
        ("wat", "`checks` must be one of `warn`, `wait`, `off`, not `wat`", "did you mean `wait`?"),
        ("false", "`checks` must be one of `warn`, `wait`, `off`, not `false`", "write `off`"),
        ("{seem: wait}", "unknown key `seem`", "did you mean `seam`?"),
        ("{first-frame: wait}", "unknown key `first-frame`", "did you mean `first_frame`?"),
        ("{seam: waits}", "`seam` must be one of `warn`, `wait`, `off`, not `waits`", "did you mean `wait`?"),
    ],
)
def test_a_misspelt_word_is_an_error_at_its_place(reading, written: str, said: str, hint: str) -> None:
    """At the top and in a shot alike."""
    for body, line in (
        (f"checks: {written}\n{SHOT.format(more='')}", 3),
        (SHOT.format(more=f", checks: {written}"), 4),
    ):
        _, (problem,) = reading(body)
        assert (problem.message, problem.hint, problem.place.line) == (said, hint, line)


def test_beside_a_pipeline_the_key_is_not_allowed(filing) -> None:
    """It belongs to the shots of the pipeline."""
    files = {
        "wanflow.yaml": "wanflow: 1\ndefaults: {model: wan2.7-t2v}\nshots: {a: {use: p.yaml, checks: wait}}\n",
        "p.yaml": "pipeline: 1\noutput: b\nshots: {b: {prompt: dawn}}\n",
    }
    _, (problem,) = filing(files)
    assert problem.message == "`checks` is not allowed beside `use`"
