"""Four times the shots are four times the work, whatever happened to them; calls are counted, not seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kit.bookkeeping import perform
from kit.call_count import count_calls
from kit.films import FACTS, shot
from kit.films import plan as made_plan
from kit.films import production as made_production
from wanflow.graph.build import build
from wanflow.graph.recipe import seed_of
from wanflow.language.production import Production
from wanflow.language.source import FileSource, ShotSource
from wanflow.planner.planning import make_plan
from wanflow.planner.status import status, take_rows, unclaimed_tasks
from wanflow.store.attempt import Attempt, Ending, OpenTask
from wanflow.store.inventory import Inventory
from wanflow.store.lock import Lock

FEW, MANY = 25, 100
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def film(pairs: int, *, prefix: str = "s", words: str = "") -> Production:
    """Pairs of shots, of which one continues the other."""
    firsts = [
        shot(f"{prefix}{n:03}", {"first_frame": FileSource("sets/coast.png")}, prompt=f"line {n}{words}")
        for n in range(pairs)
    ]
    seconds = [
        shot(f"{each.name}b", {"first_clip": ShotSource(each.name)}, prompt=f"{each.prompt} on") for each in firsts
    ]
    return made_production(*(each for pair in zip(firsts, seconds, strict=True) for each in pair))


def as_before(pairs: int) -> Production:
    """Nothing changed."""
    return film(pairs)


def with_other_words(pairs: int) -> Production:
    """Every prompt changed."""
    return film(pairs, words=", in oil")


def under_other_names(pairs: int) -> Production:
    """Every shot was renamed."""
    return film(pairs, prefix="r")


def with_other_words_and_names(pairs: int) -> Production:
    """Every shot was replaced by another one."""
    return film(pairs, prefix="r", words=", in oil")


def numbered_again(pairs: int) -> Production:
    """Each pair has the name of the next one."""
    names = {f"s{n:03}": f"s{n + 1:03}" for n in range(pairs)}
    before = film(pairs)
    shots = {}
    for old in before.shots.values():
        name = names[old.name.removesuffix("b")] + old.name[4:]
        media = tuple(
            replace(each, source=ShotSource(names[each.source.shot])) if isinstance(each.source, ShotSource) else each
            for each in old.media
        )
        shots[name] = replace(old, name=name, media=media)
    return replace(before, shots=shots)


def rendered(pairs: int) -> Inventory:
    """What lock and store have after a run, with open and failed tasks of every request."""
    after, _ = perform(made_plan(film(pairs)))
    attempts = [
        Attempt(f"a{name}", name, 2, "wan2.7-i2v", core, seed_of(core, None, 7), {}, "2026-11-20T00:00:00Z")
        for name, entry in after.lock.shots.items()
        for core in entry.recipes
    ]
    ended = [replace(each, id=f"e{each.id}", seed=each.seed + 1) for each in attempts]
    return replace(
        after,
        lock=Lock(after.lock.shots),
        open_tasks=tuple(OpenTask(f"t{each.id}", each, each.date) for each in attempts),
        endings=tuple(Ending(each, "failed", each.date, state="failed") for each in ended),
    )


@pytest.mark.parametrize(
    "edited", [as_before, with_other_words, under_other_names, with_other_words_and_names, numbered_again]
)
def test_a_plan_and_its_rows_grow_with_the_shots(edited: Callable[[int], Production]) -> None:
    """Four times the shots need no more than four times the calls, with a little room."""

    def calls(pairs: int) -> int:
        have, graph = rendered(pairs), build(edited(pairs))

        def look() -> None:
            plan = make_plan(graph, FACTS, have)
            assert len(status(plan, NOW).shots) == 2 * pairs
            take_rows(plan)
            unclaimed_tasks(plan)

        return count_calls(look)[1]

    calls(1)  # what is read once only
    assert calls(MANY) < 4.3 * calls(FEW)
