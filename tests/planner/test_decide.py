"""What is rendered, reused, restored and blocked, and why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.bookkeeping import run
from kit.films import (
    APPROACH,
    COAST,
    FACTS,
    LIGHTHOUSE,
    MAIN,
    actions,
    codes,
    cut,
    edited,
    picture,
    plan,
    production,
    renamed,
    shot,
    step,
)
from wanflow.graph.build import build
from wanflow.graph.recipe import fingerprint, seed_of
from wanflow.language.production import Production
from wanflow.language.source import FileSource, ShotSource, Tail
from wanflow.planner.decide import Decision
from wanflow.planner.plan import Action, Reason, ReasonCode, StepKind
from wanflow.planner.planning import make_plan, take_node
from wanflow.store.attempt import Attempt, Ending, OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock, pick


def test_on_an_empty_machine_everything_is_new() -> None:
    """Nothing exists, so everything is rendered, and its dependents say so."""
    first = plan(LIGHTHOUSE)
    assert actions(first) == {
        "coast.t1": "render",
        "approach.first_clip": "derive",
        "approach.t1": "render",
        "cut:main": "derive",
    }
    assert codes(first, "coast.t1") == ["new"]
    assert codes(first, "approach.t1") == ["new", "input-will-change"]
    assert step(first, "approach.t1").certain


def test_after_a_run_there_is_nothing_to_do() -> None:
    """The same production again is all reuse."""
    after, bought = run(LIGHTHOUSE)
    again = plan(LIGHTHOUSE, after)
    assert bought == ["coast.t1", "approach.t1"]
    assert again.idle
    assert set(actions(again).values()) == {"reuse"}


def test_an_edited_prompt_renders_the_shot_and_what_depends_on_it() -> None:
    """The shot is certain; its continuation renders only because its input will change."""
    after, _ = run(LIGHTHOUSE)
    changed = edited(LIGHTHOUSE, "coast", prompt="coast at dusk")
    now = plan(changed, after)
    assert codes(now, "coast.t2") == ["prompt-changed"]
    assert step(now, "coast.t2").reasons[0].text == "prompt: dawn → dusk"
    assert step(now, "coast.t2").certain
    assert codes(now, "approach.t2") == ["input-will-change"]
    assert not step(now, "approach.t2").certain
    assert run(changed, after)[1] == ["coast.t2", "approach.t2"]


def test_an_edited_continuation_leaves_its_parent_alone() -> None:
    """Only the edited shot renders, and the piece it continues is not cut again."""
    after, _ = run(LIGHTHOUSE)
    changed = edited(LIGHTHOUSE, "approach", prompt="approach at dusk")
    now = plan(changed, after)
    assert actions(now) == {
        "coast.t1": "reuse",
        "approach.first_clip": "reuse",
        "approach.t2": "render",
        "cut:main": "derive",
    }


def test_undoing_an_edit_restores_the_earlier_takes_without_rendering() -> None:
    """The takes of the first wording come back under their own numbers."""
    first, _ = run(LIGHTHOUSE)
    changed, _ = run(edited(LIGHTHOUSE, "coast", prompt="coast at dusk"), first)
    back = plan(LIGHTHOUSE, changed)
    assert actions(back)["coast.t1"] == "restore"
    assert actions(back)["approach.t1"] == "restore"
    assert codes(back, "coast.t1") == ["in-store"]
    final, bought = run(LIGHTHOUSE, changed)
    assert bought == []
    assert plan(LIGHTHOUSE, final).idle


def test_a_renamed_shot_is_restored_not_rendered() -> None:
    """A name does not belong to the request."""
    film = production(COAST, cuts=(cut("main", ShotSource("coast")),))
    after, _ = run(film)
    moved = renamed(film, "coast", "shore")
    moved = replace(moved, cuts={"main": cut("main", ShotSource("shore"))})
    now = plan(moved, after)
    assert actions(now)["shore.t1"] == "restore"
    assert "`coast`" in step(now, "shore.t1").reasons[0].text
    assert run(moved, after)[1] == []


def test_two_equal_shots_share_one_take_and_the_plan_says_so() -> None:
    """A twin costs nothing and waits for the step whose take it shares."""
    twin = replace(COAST, name="shore")
    film = production(COAST, twin)
    now = plan(film)
    assert actions(now) == {"coast.t1": "render", "shore.t1": "restore"}
    assert codes(now, "shore.t1") == ["twin"]
    assert step(now, "shore.t1").needs == ("coast.t1",)
    after, bought = run(film)
    assert bought == ["coast.t1"]
    assert plan(film, after).idle


def test_more_takes_render_only_the_missing_ones() -> None:
    """Takes 2 and 3 join take 1, each with a seed of its own."""
    after, _ = run(LIGHTHOUSE)
    more = edited(LIGHTHOUSE, "coast", takes=3)
    now = plan(more, after)
    assert [actions(now)[f"coast.t{number}"] for number in (1, 2, 3)] == ["reuse", "render", "render"]
    assert codes(now, "coast.t2") == ["more-takes"]
    seeds = {step(now, f"coast.t{number}").seed for number in (1, 2, 3)}
    assert len(seeds) == 3
    assert actions(now)["approach.t1"] == "reuse"


def test_law_6_fewer_takes_ask_for_no_more_and_keep_the_pick() -> None:
    """A pick among takes that are no longer asked for stays picked (law 6)."""
    three = edited(LIGHTHOUSE, "coast", takes=3)
    after, _ = run(three)
    entry = after.lock.shots["coast"]
    third = next(digest for digest, number in entry.numbers.items() if number == 3)
    entry = replace(entry, picks={entry.current or "": third})
    picked = replace(after, lock=Lock({**after.lock.shots, "coast": entry}))
    one, _ = run(LIGHTHOUSE, picked)
    piece = next(iter(plan(LIGHTHOUSE, one).steps))
    assert piece.node == "coast.t1"
    recipe = one.lock.shots["approach"].recipes[one.lock.shots["approach"].current or ""]
    assert third in str(recipe)


def test_a_given_seed_that_equals_the_derived_one_renders_nothing() -> None:
    """Writing down the seed that the lock shows does not change the request."""
    after, _ = run(LIGHTHOUSE)
    take = next(iter(after.lock.shots["coast"].takes.values()))
    pinned = edited(LIGHTHOUSE, "coast", seed=take.seed)
    assert run(pinned, after)[1] == []


def test_another_seed_renders_and_says_so() -> None:
    """A seed is part of the question."""
    after, _ = run(LIGHTHOUSE)
    now = plan(edited(LIGHTHOUSE, "coast", seed=7), after)
    assert codes(now, "coast.t2") == ["parameter-changed"]
    assert step(now, "coast.t2").seed == 7


def test_other_bytes_in_an_input_file_render_again() -> None:
    """The content of a media input counts, not its name."""
    after, _ = run(LIGHTHOUSE)
    now = plan(LIGHTHOUSE, after, {"sets/coast.png": picture("b" * 64)})
    assert codes(now, "coast.t2") == ["input-changed"]
    assert "first_frame" in step(now, "coast.t2").reasons[0].text


def test_a_moved_file_renders_nothing() -> None:
    """The same bytes elsewhere are the same input."""
    after, _ = run(LIGHTHOUSE)
    moved = shot("coast", {"first_frame": FileSource("elsewhere/c.png")}, line=3)
    film = production(moved, APPROACH, cuts=(MAIN,))
    assert plan(film, after, {"elsewhere/c.png": picture()}).idle


def test_a_take_whose_file_is_not_here_is_never_bought_again() -> None:
    """The lock decides; only a step that needs the bytes is blocked, with the way out."""
    after, _ = run(LIGHTHOUSE)
    bare = Inventory(lock=after.lock)
    now = plan(LIGHTHOUSE, bare)
    assert codes(now, "coast.t1") == ["not-here"]
    assert actions(now)["approach.t1"] == "reuse"
    assert actions(now)["approach.first_clip"] == "reuse"
    assert actions(now)["cut:main"] == "blocked"
    changed = plan(edited(LIGHTHOUSE, "approach", prompt="approach at dusk"), bare)
    assert actions(changed)["approach.first_clip"] == "blocked"
    assert actions(changed)["approach.t2"] == "blocked"
    assert codes(changed, "approach.t2") == ["not-here"]


def test_an_open_task_is_collected_not_rendered() -> None:
    """What the service is already making is not asked for again."""
    shot_request = plan(LIGHTHOUSE)
    after, _ = run(LIGHTHOUSE)
    core = after.lock.shots["coast"].current or ""
    seed = step(shot_request, "coast.t1").seed or 0
    attempt = Attempt("attempt-1", "coast", 1, "wan2.7-i2v", core, seed, None, "2026-11-20T10:00:00Z")
    task = OpenTask("task-1", attempt, "2026-11-20T10:00:00Z")
    now = plan(LIGHTHOUSE, Inventory(open_tasks=(task,)))
    assert actions(now)["coast.t1"] == "collect"
    assert codes(now, "coast.t1") == ["in-flight"]


def test_dependents_wait_for_the_take_that_will_be_picked() -> None:
    """Take 2 is here and take 1 on its way: nothing is paid for a continuation of what is not the pick in the end."""
    film = edited(LIGHTHOUSE, "coast", takes=2)
    after, _ = run(film, refuse=frozenset({"coast.t1"}))
    coming = replace(after, open_tasks=(open_task(film, "coast", 0),))
    planned = plan(film, coming)
    assert (actions(planned)["coast.t1"], actions(planned)["coast.t2"]) == ("collect", "reuse")
    assert step(planned, "approach.first_clip").needs == ("coast.t1",)
    picked = edited_lock(coming, "coast", "coast.t2")
    assert step(plan(film, picked), "approach.first_clip").needs == ("coast.t2",)


def test_what_was_refused_is_not_asked_again_unless_somebody_insists() -> None:
    """The very same request would meet the same words; with others, or another seed, it is a new one."""
    task = open_task(LIGHTHOUSE, "coast", 0)
    ending = Ending(task.attempt, "inappropriate content", "2026-11-20T10:00:00Z", "X", "t", "refused")
    have = Inventory(endings=(ending,))
    blocked = plan(LIGHTHOUSE, have)
    assert (actions(blocked)["coast.t1"], codes(blocked, "coast.t1")) == ("blocked", ["refused-before"])
    assert actions(blocked)["approach.t1"] == "blocked"
    said = step(blocked, "coast.t1").reasons[0].text
    assert said == "inappropriate content, on 2026-11-20: change the shot, or pass `--retry-refused`"
    insisted = make_plan(build(LIGHTHOUSE), FACTS, have, retry_refused=True)
    assert (actions(insisted)["coast.t1"], codes(insisted, "coast.t1")) == ("render", ["refused-before"])
    assert actions(plan(edited(LIGHTHOUSE, "coast", prompt="calm"), have))["coast.t1"] == "render"
    assert actions(plan(edited(LIGHTHOUSE, "coast", seed=1), have))["coast.t1"] == "render"
    failed = Inventory(endings=(replace(ending, state="failed"),))
    assert actions(plan(LIGHTHOUSE, failed))["coast.t1"] == "render"


def test_a_submission_whose_fate_is_unknown_is_looked_up_at_most_paid_for() -> None:
    """The plan names its price as what it may cost, and says why."""
    attempt = open_task(LIGHTHOUSE, "coast", 0).attempt
    planned = plan(LIGHTHOUSE, Inventory(unknown_fate=(attempt,)))
    found = step(planned, "coast.t1")
    assert (found.action, found.certain, codes(planned, "coast.t1")) == (Action.RENDER, False, ["in-flight"])
    assert "looked up first" in found.reasons[0].text


def open_task(film: Production, name: str, ordinal: int) -> OpenTask:
    """A task in flight for a take of a shot."""
    made_from = plan(film).recipes[name]
    core = fingerprint(made_from)
    seed = seed_of(core, film.shots[name].seed, ordinal)
    attempt = Attempt("a", name, ordinal + 1, "wan2.7-i2v", core, seed, made_from, "2026-11-20T10:00:00Z")
    return OpenTask("task", attempt, "2026-11-20T10:00:00Z")


def edited_lock(have: Inventory, name: str, node: str) -> Inventory:
    """The inventory after somebody picked a take of a shot's current request."""
    entry = have.lock.shots[name]
    digest = next(digest for digest, number in entry.numbers.items() if take_node(name, number) == node)
    return replace(have, lock=pick(have.lock, name, entry.current or "", digest))


def test_a_lost_task_is_rendered_anew_and_the_plan_says_why() -> None:
    """The service forgot it: that is a new step with its own reason, never a silent resubmission."""
    after, _ = run(LIGHTHOUSE)
    core = after.lock.shots["coast"].current or ""
    seed = step(plan(LIGHTHOUSE), "coast.t1").seed or 0
    attempt = Attempt("attempt-1", "coast", 1, "wan2.7-i2v", core, seed, None, "2026-11-20T10:00:00Z")
    now = plan(LIGHTHOUSE, Inventory(lost=(OpenTask("task-1", attempt, "2026-11-20T10:00:00Z"),)))
    assert actions(now)["coast.t1"] == "render"
    assert codes(now, "coast.t1") == ["task-lost"]


def test_a_held_take_is_kept_although_the_shot_changed() -> None:
    """What depends on a held take has nothing to do either."""
    after, _ = run(LIGHTHOUSE)
    entry = after.lock.shots["coast"]
    kept = replace(entry, held=next(iter(entry.takes)))
    held = replace(after, lock=Lock({**after.lock.shots, "coast": kept}))
    now = plan(edited(LIGHTHOUSE, "coast", prompt="coast at dusk"), held)
    assert actions(now)["coast.t1"] == "held"
    assert actions(now)["approach.t1"] == "reuse"


def test_a_piece_beyond_the_real_clip_blocks_what_needs_it() -> None:
    """The delivered clip may be shorter than asked for; nothing is bought on a piece that isn't there."""
    after, _ = run(production(COAST))
    longer = shot("approach", {"first_clip": ShotSource("coast", Tail(Decimal(9)))}, line=6)
    now = plan(production(COAST, longer, cuts=(MAIN,)), after)
    assert actions(now)["approach.first_clip"] == "blocked"
    assert codes(now, "approach.t1") == ["input-failed"]
    assert actions(now)["cut:main"] == "blocked"


def test_law_7_a_decision_without_a_reason_cant_be_constructed() -> None:
    """Neither a decision nor a step exists without saying why."""
    with pytest.raises(ValueError, match="without a reason"):
        Decision(Action.RENDER, ())
    some = plan(LIGHTHOUSE).steps[0]
    with pytest.raises(ValueError, match="without a reason"):
        replace(some, reasons=())


def test_law_8_same_production_and_same_inventory_give_a_byte_identical_plan() -> None:
    """No clock, no chance and no order of a set shows in a plan."""
    after, _ = run(LIGHTHOUSE)
    changed = edited(LIGHTHOUSE, "coast", prompt="coast at dusk")
    texts = {str(plan(changed, after).to_json()) for _ in range(3)}
    assert len(texts) == 1


def test_reasons_and_kinds_are_the_contracts_closed_sets() -> None:
    """A new reason has to be documented in cli.md, Reasons, first."""
    assert len(ReasonCode) == 18
    assert {kind.value for kind in StepKind} == {"take", "extract", "cut"}
    assert Reason(ReasonCode.NEW, "x").to_json() == {"code": "new", "text": "x"}


def test_facts_of_the_example_are_used() -> None:
    """A file that can't be read blocks its shot with the reason."""
    now = plan(LIGHTHOUSE, facts={})
    assert actions(now)["coast.t1"] == "blocked"
    assert FACTS["sets/coast.png"].digest
