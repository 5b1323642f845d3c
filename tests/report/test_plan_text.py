"""The plan as people read it, against texts that a person has approved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit import bookkeeping, films
from kit.providers import DASHSCOPE
from wanflow.catalog.read import load_catalog
from wanflow.language.production import Media, Shot
from wanflow.language.source import ShotSource
from wanflow.planner.plan import Action, Plan
from wanflow.report.text.plan import brief_text, plan_text, would_do

GOLDEN = Path(__file__).parents[1] / "golden" / "plan"


def _first() -> Plan:
    return films.plan(films.LIGHTHOUSE)


def _done() -> Plan:
    return films.plan(films.LIGHTHOUSE, bookkeeping.run(films.LIGHTHOUSE)[0])


def _edited() -> Plan:
    rewritten = films.edited(films.LIGHTHOUSE, "coast", prompt="coast at dusk")
    return films.plan(rewritten, bookkeeping.run(films.LIGHTHOUSE)[0])


def _undone() -> Plan:
    first, _ = bookkeeping.run(films.LIGHTHOUSE)
    second, _ = bookkeeping.run(films.edited(films.LIGHTHOUSE, "coast", prompt="coast at dusk"), first)
    return films.plan(films.LIGHTHOUSE, second)


def _blocked() -> Plan:
    return films.plan(films.LIGHTHOUSE, facts={})


def _priced() -> Plan:
    edit = Shot(
        "night",
        "wan2.7-videoedit",
        load_catalog()["wan2.7-videoedit"],
        films.place(9),
        "night falls",
        media=(Media("video", "video", ShotSource("coast"), films.place(9)),),
        parameters={"resolution": "720P"},
    )
    return films.plan(replace(films.production(films.COAST, films.APPROACH, edit), provider=DASHSCOPE))


def _chinese() -> Plan:
    shots = films.production(
        films.shot("海岸", {"first_frame": films.COAST.media[0].source}),
        films.shot("harbour/arrival", {"first_frame": films.COAST.media[0].source}, prompt="another"),
    )
    return films.plan(replace(shots, title="灯塔\x1b[31m看守人\n第一集"))


PLANS = {
    "first": _first,
    "done": _done,
    "edited": _edited,
    "undone": _undone,
    "blocked": _blocked,
    "priced": _priced,
    "chinese": _chinese,
}


@pytest.mark.parametrize("name", PLANS)
def test_plan_text_is_the_approved_one(name: str) -> None:
    """Each kind of plan reads as approved, byte for byte."""
    assert plan_text(PLANS[name]()) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_money_that_is_only_possible_is_an_upper_limit() -> None:
    """`render?` costs nothing where its input comes out as before."""
    plan = films.plan(replace(films.production(films.COAST), provider=DASHSCOPE))
    (step,) = plan.steps
    perhaps = replace(plan, steps=(replace(step, certain=False),))
    assert "; price: 0 CNY certain, at most 3.00 CNY (prices of 2026-05-30)" in brief_text(perhaps)
    assert "; price: 3.00 CNY (prices of 2026-05-30)" in brief_text(plan)


def test_plan_text_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal gets the same text."""
    wide = plan_text(_edited())
    monkeypatch.setenv("COLUMNS", "20")
    assert plan_text(_edited()) == wide


def test_verbose_lists_what_is_up_to_date() -> None:
    """With nothing to do, only `-v` lists the steps."""
    assert "coast.t1" not in plan_text(_done())
    assert "coast.t1" in plan_text(_done(), verbose=True)


def test_plan_of_an_empty_production_says_so() -> None:
    """A production without shots has nothing to do, and the text says why."""
    assert would_do(films.plan(films.production())) == "nothing to do: the production has no shots yet"


def test_restored_takes_are_no_renders() -> None:
    """After an undo the plan promises existing takes, and no costs."""
    plan = _undone()
    assert plan.counts()[Action.RENDER] == 0
    assert would_do(plan).startswith("a run restores 2 takes")
