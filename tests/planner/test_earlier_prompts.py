"""Takes that earlier versions of wanflow bought in other words answer their shots (law 5).

The locks in `earlier_prompts` were written by the version of git 7dc9da9, which named references in Chinese wherever a
prompt had a Han character, and put a blank at every folded line break.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.bookkeeping import run
from kit.films import actions, codes, edited, plan, renamed, step
from kit.locks import attempt
from wanflow.graph.recipe import request_key, seed_of
from wanflow.language.load import read
from wanflow.planner import choose
from wanflow.planner.plan import Action, StepKind
from wanflow.planner.removable import named_takes
from wanflow.planner.request import planned_request
from wanflow.store import lock as locks
from wanflow.store import lock_text
from wanflow.store.attempt import OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock

FOLDER = Path(__file__).parent / "earlier_prompts"
BACKENDS = ("animatic", "dashscope")
LOCKS = {name: lock_text.from_text((FOLDER / f"{name}.lock").read_text(encoding="utf-8"), name) for name in BACKENDS}
RESULTS = {name: read(FOLDER / "wanflow.yaml", backend=name) for name in BACKENDS}
FILMS = {name: production for name, (production, _) in RESULTS.items() if production is not None}
REWORDED = ("english", "sign", "age", "after", "folded", "filled")
"""Shots whose references have other names now, or whose line breaks are no blanks."""


def inventory(lock: Lock) -> Inventory:
    """What there is where every take of a lock is here."""
    recipes = {core: made for entry in lock.shots.values() for core, made in entry.recipes.items()}
    here = frozenset(digest for entry in lock.shots.values() for digest in entry.takes)
    return Inventory(lock=lock, recipes=recipes, here=here)


def emptied(lock: Lock, shot: str) -> Lock:
    """The lock without one shot."""
    return Lock({name: entry for name, entry in lock.shots.items() if name != shot})


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_earlier_versions_rendered_is_up_to_date(backend: str) -> None:
    """Every take is used as it is, and the present words are others."""
    film = FILMS[backend]
    now = plan(film, inventory(LOCKS[backend]))
    assert set(actions(now).values()) == {"reuse"}
    assert {code for item in now.steps for code in codes(now, item.node)} == {"up-to-date"}
    assert all(film.shots[name].former for name in REWORDED)
    assert not film.shots["plain"].former


def test_a_new_machine_asks_in_the_present_words() -> None:
    """Without a take nothing of an earlier version counts."""
    now = plan(FILMS["dashscope"])
    asked = {name: dict(now.recipes[name] or {})["prompt"] for name in REWORDED}  # type: ignore[call-overload]
    assert asked == {
        "english": "Image 1 walks with Image 2 in the rain",
        "sign": "Image 1 walks past a shop sign that reads 书店.",
        "age": "图1 2岁，走在街上。",
        "after": "Image 1 opens an umbrella",
        "folded": "清晨，薄雾笼罩着江南水乡，乌篷船缓缓划过。",
        "filled": "清晨，细雨濛濛的江南",
    }


def test_an_edit_asks_in_the_present_words() -> None:
    """The take of the earlier words is outdated by it, and comes back with an undo."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    before = film.shots["age"]
    changed = edited(film, "age", prompt=f"{before.prompt}她笑。", former=())
    now = plan(changed, inventory(lock))
    assert step(now, "age.t2").action is Action.RENDER
    after, bought = run(changed, inventory(lock))
    assert bought == ["age.t2"]
    undone = plan(film, after)
    assert step(undone, "age.t1").action is Action.RESTORE


def test_picks_retakes_and_the_number_of_takes_belong_to_the_earlier_request() -> None:
    """More takes are asked for in the words that the first ones were bought with, so that all are of one request."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    have = plan(film, inventory(lock))
    english = planned_request(have, film.shots["english"])
    assert [english.entry.numbers[take.digest] for take in english.takes] == [1, 2, 3]
    assert english.choice.chosen
    assert english.choice.take is not None
    assert english.entry.numbers[english.choice.take.digest] == 2
    wished = choose.retake(lock, english, 1)
    more = step(plan(film, inventory(wished)), "english.t4")
    assert (more.action, more.seed) == (Action.RENDER, seed_of(english.core, None, 3))
    fewer = plan(edited(film, "english", takes=4), inventory(lock))
    assert [item.node for item in fewer.steps if item.action is Action.RENDER] == ["english.t4"]
    assert codes(fewer, "english.t4") == ["more-takes"]
    assert planned_request(have, film.shots["english"]).shot.prompt == "图1 walks with 图2 in the rain"


def test_a_wish_for_takes_that_were_never_made_counts_in_the_present_words() -> None:
    """Nobody loses it by a new version; the takes are asked for in the present words."""
    film = FILMS["dashscope"]
    core = (LOCKS["dashscope"].shots["age"].current or "").partition("+")[0]
    wished = plan(film, inventory(locks.wish(emptied(LOCKS["dashscope"], "age"), "age", core, 2)))
    assert [item.node for item in wished.steps if item.action is Action.RENDER] == ["age.t1", "age.t2"]
    assert planned_request(wished, film.shots["age"]).wanted == 2
    assert planned_request(wished, film.shots["age"]).shot.prompt == "图1 2岁，走在街上。"


def test_a_held_take_and_what_is_in_use_stay_so() -> None:
    """A hold does not say that the shot has changed, and nothing in use may be removed."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    sign = lock.shots["sign"]
    second = next(digest for digest, number in sign.numbers.items() if number == 2)
    held = plan(film, inventory(locks.keep(lock, "sign", second)))
    assert [reason.text for reason in step(held, "sign.t2").reasons] == ["held at take 2"]
    known = named_takes(plan(film, inventory(lock)), {}, {})
    assert all(take.uses or take.wanted for node, take in known.items() if node != "after.t1")


@pytest.mark.parametrize("name", ["english", "age", "folded", "plain"])
def test_a_renamed_shot_keeps_its_takes(name: str) -> None:
    """By the request of the earlier version as by the present one."""
    lock = locks.rename(LOCKS["dashscope"], {"old": name})
    lock = Lock({shot: replace(entry, former=frozenset()) for shot, entry in lock.shots.items()})
    now = plan(FILMS["dashscope"], inventory(lock))
    assert now.renames == ({name: "old"},)
    assert not [item.node for item in now.steps if item.action is Action.RENDER]


def test_a_held_shot_that_changed_is_known_again_by_what_it_asked() -> None:
    """The lock notes what a held shot asks for, in the words of the version that ran."""
    film = FILMS["dashscope"]
    have = plan(film, inventory(LOCKS["dashscope"]))
    asked = planned_request(have, film.shots["age"]).key
    lock = locks.rename(emptied(LOCKS["dashscope"], "age"), {"old": "plain"})
    other = lock.shots["old"]
    takes = {digest: replace(take, fingerprint="0" * 64) for digest, take in other.takes.items()}
    held = replace(other, takes=takes, held=next(iter(takes)), current="0" * 64, asked=asked, former=frozenset())
    now = plan(film, inventory(Lock({**lock.shots, "old": held})))
    assert now.renames == ({"age": "old"},)
    assert step(now, "age.t1").action is Action.HELD


def test_a_second_shot_of_the_same_request_shares_the_take() -> None:
    """Twins are found by the earlier words as well."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    twin = replace(film.shots["english"], name="copy", takes=1)
    both = replace(film, shots={**film.shots, "copy": twin})
    made = step(plan(both, inventory(lock)), "copy.t1")
    assert (made.action, made.reasons[0].text) == (Action.RESTORE, "same request as `english` take 1: reused")


def test_a_task_in_flight_is_collected() -> None:
    """What an earlier version submitted is not submitted again in other words."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    core = (lock.shots["age"].current or "").partition("+")[0]
    task = OpenTask("task", replace(attempt("age"), fingerprint=core, seed=seed_of(core, None, 0)), "2026-12-01")
    now = plan(film, replace(inventory(emptied(lock, "age")), open_tasks=(task,)))
    assert step(now, "age.t1").action is Action.COLLECT
    lost = plan(film, replace(inventory(emptied(lock, "age")), unknown_fate=(task.attempt,)))
    assert codes(lost, "age.t1") == ["in-flight"]


def test_a_take_elsewhere_never_displaces_that_of_the_shot() -> None:
    """A shot with a take in the earlier words keeps it although another one has a take in the present words."""
    film, lock = FILMS["dashscope"], LOCKS["dashscope"]
    after, bought = run(edited(film, "age", former=()), inventory(emptied(lock, "age")))
    assert bought == ["age.t1"]
    both = locks.rename(after.lock, {"copy": "age"})
    both = Lock({**both.shots, "age": lock.shots["age"]})
    copy = replace(film.shots["age"], name="copy")
    now = plan(replace(film, shots={**film.shots, "copy": copy}), inventory(both))
    digests = {item.node: item.reasons[0].text for item in now.steps if item.shot in {"age", "copy"}}
    assert digests == {"age.t1": "up to date (take 1)", "copy.t1": "up to date (take 1)"}


def test_another_seed_is_another_request() -> None:
    """It is asked in the present words."""
    now = plan(edited(FILMS["dashscope"], "sign", seed=100), inventory(LOCKS["dashscope"]))
    assert step(now, "sign.t3").action is Action.RENDER
    assert dict(now.recipes["sign"] or {})["prompt"] == "Image 1 walks past a shop sign that reads 书店."  # type: ignore[call-overload]


@given(st.data())
def test_no_order_of_edits_buys_a_take_of_the_earlier_words_again(data: st.DataObject) -> None:
    """Renaming, retaking, holding, releasing and running leave every take that was bought answering its shot."""
    film = FILMS["dashscope"]
    lock = LOCKS["dashscope"]
    have = inventory(lock)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(film.shots)))
        match data.draw(st.sampled_from(["rename", "run", "hold", "release"])):
            case "rename" if name != "english":
                film = renamed(film, name, f"{name}x")
                have, bought = run(film, have)
                assert not bought
            case "hold":
                request = planned_request(plan(film, have), film.shots[name])
                have = replace(have, lock=choose.hold(have.lock, choose.at_present(request, have.lock)))
            case "release":
                have = replace(have, lock=locks.release(have.lock, name))
            case _:
                have, bought = run(film, have)
                assert not bought
    now = plan(film, have)
    assert not [item.node for item in now.steps if item.kind is StepKind.TAKE and not item.action.idle]
    keys = {request_key(core, None) for entry in have.lock.shots.values() for core in entry.recipes}
    assert keys == {request_key(core, None) for entry in lock.shots.values() for core in entry.recipes}
