"""Four times the shots are four times the work, whatever happened to them; calls are counted, not seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kit.bookkeeping import perform
from kit.call_count import count_calls
from kit.films import FACTS, place, shot
from kit.films import plan as made_plan
from kit.films import production as made_production
from wanflow.graph.build import build
from wanflow.graph.recipe import seed_of
from wanflow.language.production import Cut, CutFinish, CutItem, Production, SoundCue
from wanflow.language.source import Facts, FileSource, Kind, ShotSource
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


def test_a_plan_grows_with_the_cues_of_a_cut() -> None:
    """Ten times as many, of files and of shots, are ten times the work; what they are made from is known by then."""

    def calls(count: int) -> int:
        shots = film(2)
        sources = (FileSource("s.wav"), ShotSource("s000"))
        facts = {**FACTS, "s.wav": Facts(Kind.AUDIO, "wav", "c" * 64, 1000, samples=48_000, sample_rate=48_000)}
        cues = tuple(SoundCue(sources[n % 2], place(n), at=Decimal(n), voice=n % 3 == 0) for n in range(count))
        cut = Cut("m", place(), (CutItem(ShotSource("s001"), place()),), "out/m.mp4", finish=CutFinish(audio=cues))
        graph = build(replace(shots, cuts={"m": cut}))
        have = perform(make_plan(graph, facts, rendered(2)))[0]
        plan, made = count_calls(lambda: make_plan(graph, facts, have))
        assert plan.steps[-1].node == "cut:m"
        assert all(step.action.idle for step in plan.steps)
        return made

    calls(1)
    assert calls(2000) < 11 * calls(200)
