"""Which neighbours in a cut should match in colour: few enough that the warning means something."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.bookkeeping import run
from kit.films import APPROACH, COAST, MAIN, edited, place, plan, production, shot
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow.language.checks import Check, CheckRules, FindingAction
from wanflow.language.production import Cut, CutItem, Media, OriginStep, Production, Transition, TransitionKind
from wanflow.language.source import FileSource, Frame, ShotSource
from wanflow.planner.conformity import SAME_SCENE, SAME_VIEW, color_pairs
from wanflow.planner.cut import arrange
from wanflow.planner.cut_layout import lay_out, place_items
from wanflow.planner.inputs import inputs_of, outputs_of
from wanflow.store.take import MADE_ELSEWHERE

KEEPER = Media("first_frame", "first_frame", FileSource("sets/coast.png"), place(), cast="keeper")
PAID = production(COAST, APPROACH, cuts=(MAIN,), provider=DASHSCOPE)


def pairs(film: Production, *, elsewhere: bool = False) -> list[tuple[str, str, int, int, float]]:
    """The pairs of the cut `main` after a run; with `elsewhere` its takes are clips that people brought."""
    have, _ = run(film)
    of = plan(film, have)
    lock = have.lock
    if elsewhere:
        brought = {
            name: replace(entry, takes={key: replace(each, model=MADE_ELSEWHERE) for key, each in entry.takes.items()})
            for name, entry in lock.shots.items()
        }
        lock = replace(lock, shots=brought)
    vertex = of.graph.vertex("cut:main")
    inputs = inputs_of(vertex, outputs_of(of, have, vertex.id), of.graph)  # type: ignore[arg-type]
    edit = arrange(film.cuts["main"], inputs, film.shots, film.provider)
    layout = lay_out(edit, place_items(edit, Fraction(30)), Fraction(30))
    found = color_pairs(layout, film, lock)
    return [(pair.before.name, pair.after.name, pair.last, pair.first, pair.limit) for pair in found]


def scene(*items: CutItem, names: tuple[str, str] = ("bay/one", "bay/two"), **words: object) -> Production:
    """Two shots of one scene with the same cast member, and a cut of them."""
    shots = [replace(shot(name, {}, prompt=name), media=(KEEPER,), **words) for name in names]  # type: ignore[arg-type]
    listed = items or tuple(CutItem(ShotSource(name), place()) for name in names)
    return production(*shots, cuts=(Cut("main", place(), listed, "out/main.mp4"),), provider=DASHSCOPE)


def test_a_continuation_matches_where_it_takes_over() -> None:
    """The last frame that is left of the earlier clip, and the first of the later one."""
    assert pairs(PAID) == [("coast", "approach", 89, 0, SAME_VIEW)]


def test_a_shot_that_begins_with_the_last_frame_of_another_matches_it() -> None:
    """It is the same view, while another frame is not."""
    for at, limit in (("last", [SAME_VIEW]), (Decimal(1), [])):
        near = shot("approach", {"first_frame": ShotSource("coast", Frame(at))})  # type: ignore[arg-type]
        film = production(COAST, near, cuts=(MAIN,), provider=DASHSCOPE)
        assert [each[4] for each in pairs(film)] == limit


def test_a_trimmed_continuation_is_another_view() -> None:
    """What lies between the two was left out."""
    items = (CutItem(ShotSource("coast"), place(), stop=Decimal(1)), CutItem(ShotSource("approach"), place()))
    trimmed = replace(PAID, cuts={"main": replace(MAIN, items=items)})
    assert [(each[2], each[4]) for each in pairs(trimmed)] == [(29, SAME_SCENE)]


def test_shots_of_one_scene_and_cast_match() -> None:
    """Of two scenes, without a scene, or without a common member they need not."""
    assert [each[4] for each in pairs(scene())] == [SAME_SCENE]
    assert pairs(scene(names=("bay/one", "hall/two"))) == []
    assert pairs(scene(names=("one", "two"))) == []
    strangers = edited(scene(), "bay/two", media=(replace(KEEPER, cast="gull"),))
    assert pairs(strangers) == []


@pytest.mark.parametrize("kind", ["matrix", "use"])
def test_variants_differ_on_purpose(kind: str) -> None:
    """The shots of a matrix and of a pipeline have a prefix as well, and it names another thing."""
    assert pairs(scene(via=(OriginStep(kind, "style noir", place()),))) == []


@pytest.mark.parametrize(
    ("kind", "number"),
    [(TransitionKind.DISSOLVE, 1), (TransitionKind.WIPE, 0), (TransitionKind.FADE, 0)],
)
def test_a_fade_or_a_wipe_may_change_the_colours(kind: TransitionKind, number: int) -> None:
    """Between the two the audience sees that time passes."""
    join = Transition(kind, Decimal("0.5"), place())
    items = (CutItem(ShotSource("bay/one"), place()), CutItem(ShotSource("bay/two"), place(), transition=join))
    assert len(pairs(scene(*items))) == number


def test_what_the_animatic_drew_is_not_judged() -> None:
    """Its colours mean nothing; a clip that somebody brought is judged on every backend."""
    stand_in = replace(PAID, provider=ANIMATIC)
    assert pairs(stand_in) == []
    assert len(pairs(stand_in, elsewhere=True)) == 1


def test_a_shot_may_switch_it_off() -> None:
    """On either side."""
    off = CheckRules({Check.COLOR: FindingAction.OFF})
    assert pairs(edited(PAID, "coast", checks=off)) == []
    assert pairs(edited(PAID, "approach", checks=off)) == []
