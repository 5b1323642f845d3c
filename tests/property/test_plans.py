"""Properties of plans over histories of edits, undos, renames and failures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.bookkeeping import perform, run
from kit.films import COAST, cut, edited, plan, production, shot
from wanflow.language.production import Production
from wanflow.language.source import Frame, ShotSource, Tail
from wanflow.planner.plan import Action
from wanflow.store.inventory import Inventory

ONE = shot("one", {"first_clip": ShotSource("coast", Tail(Decimal(2)))})
TWO = shot("two", {"first_clip": ShotSource("one", Tail(Decimal(2)))})
STILL = shot("still", {"first_frame": ShotSource("coast", Frame("last"))})
MAIN = cut("main", ShotSource("coast"), ShotSource("one"), ShotSource("two"), ShotSource("still"))
FILM = production(COAST, ONE, TWO, STILL, cuts=(MAIN,))
SHOTS = tuple(FILM.shots)

words = st.sampled_from(["at dawn", "at noon", "at dusk"])
edits = st.lists(st.tuples(st.sampled_from(SHOTS), words, st.integers(1, 2)), max_size=6)


def histories(film: Production, steps: list[tuple[str, str, int]]) -> list[Production]:
    """The productions that a list of edits leads through."""
    films = [film]
    for name, prompt, takes in steps:
        films.append(edited(films[-1], name, prompt=f"{name} {prompt}", takes=takes))
    return films


@given(edits, st.sets(st.sampled_from(["coast.t1", "one.t1", "two.t2", "still.t1"])))
@settings(deadline=None, max_examples=60)
def test_law_1_a_run_does_at_most_its_plan(steps: list[tuple[str, str, int]], refused: set[str]) -> None:
    """What is bought was in the plan as a render, whatever failed and whatever came before."""
    have = Inventory()
    for film in histories(FILM, steps):
        approved = plan(film, have)
        allowed = {item.node for item in approved.steps if item.action is Action.RENDER}
        have, bought = perform(approved, frozenset(refused))
        assert set(bought) <= allowed
        assert len(bought) == len(set(bought))


@given(edits)
@settings(deadline=None, max_examples=60)
def test_whatever_was_edited_a_second_run_has_nothing_to_do(steps: list[tuple[str, str, int]]) -> None:
    """A run reaches what it planned, so that the next plan is idle."""
    have = Inventory()
    for film in histories(FILM, steps):
        have, _ = run(film, have)
        assert plan(film, have).idle


@given(edits)
@settings(deadline=None, max_examples=60)
def test_going_back_through_all_edits_pays_for_nothing(steps: list[tuple[str, str, int]]) -> None:
    """Every wording's takes are still there, and so are those that depend on them."""
    have = Inventory()
    films = histories(FILM, steps)
    for film in films:
        have, _ = run(film, have)
    for film in reversed(films):
        have, bought = run(film, have)
        assert bought == []


@given(edits)
@settings(deadline=None, max_examples=60)
def test_numbers_of_takes_are_never_reused(steps: list[tuple[str, str, int]]) -> None:
    """One number means one take for ever."""
    have = Inventory()
    seen: dict[tuple[str, int], str] = {}
    for film in histories(FILM, steps):
        have, _ = run(film, have)
        for name, entry in have.lock.shots.items():
            for digest, number in entry.numbers.items():
                assert seen.setdefault((name, number), digest) == digest


@given(st.permutations(SHOTS))
@settings(deadline=None, max_examples=24)
def test_the_order_of_shots_in_the_file_renders_nothing(order: list[str]) -> None:
    """A production whose shots were moved around is up to date."""
    have, _ = run(FILM)
    moved = replace(FILM, shots={name: FILM.shots[name] for name in order})
    assert plan(moved, have).idle
