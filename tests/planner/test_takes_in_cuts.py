"""Takes that a cut names: `take: 2` whatever is picked, `takes: all` one after the other (format.md, Items)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from kit.bookkeeping import run
from kit.films import COAST, LIGHTHOUSE, actions, codes, edited, place, plan, production, step, still
from kit.providers import ANIMATIC, DASHSCOPE
from wanflow.graph.build import build
from wanflow.graph.diagram import dot, mermaid
from wanflow.language.production import Cut, CutItem, Production, SpokenLine, Transition, TransitionKind
from wanflow.language.source import ShotSource
from wanflow.planner.cut import Edit, arrange
from wanflow.planner.cut_layout import place_items
from wanflow.planner.cut_lines import lines_in, place_lines
from wanflow.planner.inputs import inputs_of, outputs_of
from wanflow.planner.plan import Plan
from wanflow.planner.removable import named_takes
from wanflow.report.export.edit_list import edit_list
from wanflow.report.show import item_text
from wanflow.store.inventory import Inventory
from wanflow.store.lock import keep, pick

SECOND = CutItem(ShotSource("coast"), place(), take=2)
ALL = CutItem(ShotSource("coast"), place(), takes_all=True)
APPROACH_ITEM = CutItem(ShotSource("approach"), place())


def film(*items: CutItem, takes: int = 3, **words: object) -> Production:
    """The lighthouse with a number of takes of `coast`, and a cut of these items."""
    many = edited(LIGHTHOUSE, "coast", takes=takes, **words)
    return replace(many, cuts={"main": Cut("main", place(), items, "out/main.mp4")})


def edit_of(of: Plan) -> Edit:
    """The cut of a plan as a run would make it now."""
    vertex = of.graph.vertex("cut:main")
    inputs = inputs_of(vertex, outputs_of(of, of.inventory, vertex.id), of.graph)  # type: ignore[arg-type]
    made = of.graph.production
    return arrange(vertex.cut, inputs, made.shots, made.provider)  # type: ignore[union-attr]


def picked(have: Inventory, number: int) -> Inventory:
    """The inventory with a take of `coast` picked."""
    entry = have.lock.shots["coast"]
    digest = next(digest for digest, each in entry.numbers.items() if each == number)
    return replace(have, lock=pick(have.lock, "coast", entry.current or "", digest))


def test_a_take_that_a_cut_names_plays_whatever_is_picked() -> None:
    """A pick changes the items that leave the choice open, and no others."""
    have, _ = run(film(SECOND, CutItem(ShotSource("coast"), place())))
    numbers = have.lock.shots["coast"].numbers
    for chosen in (1, 3):
        edit = edit_of(plan(film(SECOND, CutItem(ShotSource("coast"), place())), picked(have, chosen)))
        assert [numbers[item.digest or ""] for item in edit.items] == [2, chosen]
        assert [item.name for item in edit.items] == ["coast.t2", "coast"]
    again = plan(film(SECOND), run(film(SECOND))[0])
    assert codes(again, "cut:main") == ["up-to-date"]
    assert actions(plan(film(SECOND), picked(again.inventory, 3)))["cut:main"] == "reuse"


def test_each_of_all_takes_says_the_lines_of_its_shot() -> None:
    """On the clock of the film, one after the other; a line that a trim takes out is said by none."""
    said = [
        SpokenLine(Decimal(at), Decimal(at + 1), {"en": text}, place(), None, place(), {"en": place()})
        for at, text in ((0, "begin"), (1, "end"))
    ]
    made = film(replace(ALL, start=Decimal(1)), takes=2, lines=tuple(said))
    edit = edit_of(plan(made, run(made)[0]))
    clips = place_items(edit, Fraction(10))
    begins = [clip.begin for clip in clips]
    assert (len(begins), begins[0]) == (2, 0)
    assert [*lines_in(place_lines(edit, clips), "en")] == [(begin, begin + 10, "end") for begin in begins]


def test_a_take_that_this_plan_makes_is_waited_for() -> None:
    """The cut needs that take, and none of the others."""
    have, _ = run(film(SECOND, takes=2))
    third = plan(film(replace(SECOND, take=3)), have)
    assert actions(third)["coast.t3"] == "render"
    assert step(third, "cut:main").needs == ("coast.t3",)
    assert step(third, "cut:main").action == "derive"
    assert [reason.text for reason in step(third, "cut:main").reasons] == ["coast.t3 is rendered"]
    after, bought = run(film(replace(SECOND, take=3)), have)
    assert bought == ["coast.t3"]
    assert codes(plan(film(replace(SECOND, take=3)), after), "cut:main") == ["up-to-date"]


def test_a_number_that_does_not_exist_blocks_the_cut_and_says_which_do() -> None:
    """Nothing is rendered for it; the other cuts go on."""
    have, _ = run(film(SECOND))
    wrong = plan(film(replace(SECOND, take=7)), have)
    assert codes(wrong, "cut:main") == ["no-such-take"]
    assert step(wrong, "cut:main").reasons[0].brief == "`coast` has no take 7: there are 1, 2, 3"
    assert actions(wrong)["coast.t1"] == "reuse"
    new = plan(film(replace(SECOND, take=7)))
    assert codes(new, "cut:main") == ["no-such-take"]


def test_a_named_take_whose_file_is_missing_blocks_the_cut() -> None:
    """As for a pick: the lock has it, and its file is not here."""
    have, _ = run(film(SECOND))
    digest = next(each for each, number in have.lock.shots["coast"].numbers.items() if number == 2)
    away = plan(film(SECOND, CutItem(ShotSource("approach"), place())), replace(have, here=have.here - {digest}))
    assert codes(away, "cut:main") == ["not-here"]
    assert "coast.t2" in step(away, "cut:main").reasons[0].text
    other = plan(film(CutItem(ShotSource("coast"), place(), take=3)), replace(have, here=have.here - {digest}))
    assert step(other, "cut:main").action == "derive"


def test_a_take_of_an_earlier_request_plays_as_well() -> None:
    """Takes 1 to 3 were made before the edit; takes are kept and their numbers never change."""
    have, _ = run(film(SECOND))
    edit = edit_of(plan(film(SECOND, prompt="another coast"), have))
    assert have.lock.shots["coast"].numbers[edit.items[0].digest or ""] == 2


def test_who_names_takes_waits_for_no_pick() -> None:
    """A comparison is made so that somebody can pick."""
    waiting = film(ALL, waits_for_pick=True)
    have, _ = run(waiting)
    assert codes(plan(waiting, have), "cut:main") == ["up-to-date"]
    assert codes(plan(film(SECOND, waits_for_pick=True), have), "cut:main") == ["input-changed"]
    assert codes(plan(film(CutItem(ShotSource("coast"), place()), waits_for_pick=True), have), "cut:main") == [
        "needs-pick"
    ]


def test_all_takes_are_those_of_the_present_request_with_those_that_come() -> None:
    """Takes of an earlier request are left out, and those of this run are waited for."""
    have, _ = run(film(ALL, takes=2))
    more = plan(film(ALL), have)
    assert [item.name for item in edit_of(more).items] == ["coast.t1", "coast.t2", "coast.t3"]
    assert step(more, "cut:main").needs == ("coast.t1", "coast.t2", "coast.t3")
    changed = film(ALL, prompt="another coast")
    after, _ = run(changed, run(film(ALL), have)[0])
    assert [item.name for item in edit_of(plan(changed, after)).items] == ["coast.t4", "coast.t5", "coast.t6"]


@pytest.mark.parametrize("provider", [ANIMATIC, DASHSCOPE])
def test_each_of_all_takes_has_its_slate(provider) -> None:
    """On every backend; `slate: false` leaves it out, and another item of a paid film has none."""
    shown = film(ALL, replace(ALL, slate=False), SECOND)
    made = replace(shown, provider=provider)
    have, _ = run(made)
    slates = [item.slate[0].split(" · ")[:2] if item.slate else None for item in edit_of(plan(made, have)).items]
    assert slates[:6] == [*(["coast", f"take {number}"] for number in (1, 2, 3)), None, None, None]
    assert (slates[6] is None) is provider.paid


def test_a_transition_of_all_takes_joins_them_too() -> None:
    """Before the first item of a film nothing but a fade is possible."""
    join = Transition(TransitionKind.DISSOLVE, Decimal("0.5"), place())
    have, _ = run(film(replace(ALL, transition=join)))
    joins = [item.item.transition for item in edit_of(plan(film(replace(ALL, transition=join)), have)).items]
    assert joins == [None, join, join]
    later = film(APPROACH_ITEM, replace(ALL, transition=join))
    assert [item.item.transition for item in edit_of(plan(later, have)).items] == [None, join, join, join]


def test_a_continuation_takes_over_the_take_that_it_continues_and_no_other() -> None:
    """Another take does not show what the continuation begins with, and a comparison shows each take whole."""

    def begins(*items: CutItem) -> list[int | None]:
        return [item.continued_at for item in edit_of(plan(film(*items), run(film(*items))[0])).items]

    first = replace(SECOND, take=1)
    assert begins(first, APPROACH_ITEM) == [90, None]
    assert begins(SECOND, APPROACH_ITEM) == [None, None]
    assert begins(ALL, APPROACH_ITEM) == [None, None, None, None]


def test_all_takes_of_a_held_shot_that_changed_are_the_held_one() -> None:
    """Its present request has no takes."""
    have, _ = run(film(ALL))
    digest = next(each for each, number in have.lock.shots["coast"].numbers.items() if number == 2)
    held = replace(have, lock=keep(have.lock, "coast", digest))
    assert [item.digest for item in edit_of(plan(film(ALL, prompt="another coast"), held)).items] == [digest]


def test_all_takes_of_a_still_are_shown_for_its_duration() -> None:
    """Each picture for as long."""
    door = still("door", takes=2)
    item = CutItem(ShotSource("door"), place(), seconds=Decimal(2), takes_all=True)
    made = production(door, cuts=(Cut("main", place(), (item,), "out/main.mp4"),))
    edit = edit_of(plan(made, run(made)[0]))
    assert [(each.name, each.item.seconds) for each in edit.items] == [("door.t1", 2), ("door.t2", 2)]


def test_a_take_that_a_cut_names_is_in_use() -> None:
    """Nothing offers to remove it, before the cut is written as well."""
    have, _ = run(film(CutItem(ShotSource("coast"), place())))
    uses = {node: each.uses for node, each in named_takes(plan(film(SECOND), have), {}, {}).items()}
    assert uses["coast.t2"] == ("cut:main shows it (coast)",)
    assert not uses["coast.t3"]
    every = named_takes(plan(film(ALL), have), {}, {})
    assert all("cut:main shows it (coast)" in every[f"coast.t{number}"].uses for number in (1, 2, 3))


def test_a_named_take_has_its_name_everywhere() -> None:
    """In `show`, in the graph and in an export."""
    have, _ = run(film(SECOND, ALL))
    of = plan(film(SECOND, ALL), have)
    assert [event.name for event in edit_list(of, "main").events] == ["coast.t2", "coast.t1", "coast.t2", "coast.t3"]
    assert [event.number for event in edit_list(of, "main").events] == [2, 1, 2, 3]
    words = replace(SECOND, speed=Decimal("0.5"), keep_sound=False, freeze=Decimal("1.5"))
    assert item_text(words) == "shot coast, take 2, speed 0.5, without its sound, last frame held for 1.5 s"
    assert item_text(replace(ALL, focus=(Decimal("0.3"), Decimal(0)))) == "shot coast, all takes, focus 0.3, 0"
    graph = build(film(SECOND, ALL))
    assert "-->|all takes, take 2|" in mermaid(graph)
    assert '[label="all takes, take 2"]' in dot(graph)
    assert "|" not in mermaid(build(production(COAST)))


def test_named_takes_change_nothing_of_a_cut_without_them() -> None:
    """A film of an earlier version is the same: the fingerprint of what it is made from stays."""
    have, _ = run(LIGHTHOUSE)
    assert edit_of(plan(LIGHTHOUSE, have)).fingerprint() == have.cuts["main"]
