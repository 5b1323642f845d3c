"""Stills in a plan: priced each, picked before money follows, measured before another request uses them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kit.bookkeeping import run
from kit.films import actions, codes, edited, place, plan, production, shot, step, still
from kit.providers import DASHSCOPE
from wanflow.language.production import Cut, CutItem, Media
from wanflow.language.source import Frame, ShotSource
from wanflow.money import Bound
from wanflow.planner.plan import ReasonCode
from wanflow.report.text.plan import plan_text
from wanflow.store.lock import pick
from wanflow.store.take import Film, Picture
from wanflow.timebase import NOMINAL_RATE

CAPTAIN = Media("reference_1", "reference_image", ShotSource("sheet"), place(), cast="captain")
SHEET = still("sheet", size="1024*1024")
DOOR_STILL = still("door_still", (CAPTAIN,), takes=4)
DOOR = shot("door", {"first_frame": ShotSource("door_still")})
MAIN = Cut(
    "main",
    place(),
    (CutItem(ShotSource("door_still"), place(), seconds=Decimal(2)), CutItem(ShotSource("door"), place())),
    "out/main.mp4",
)
STORY = production(SHEET, DOOR_STILL, DOOR, cuts=(MAIN,), provider=DASHSCOPE)


def test_each_take_of_a_still_costs_one_picture_and_no_seconds() -> None:
    """Exact, whatever its inputs turn out to be; the film that follows has its seconds."""
    first = plan(STORY)
    stills = [each for each in first.steps if each.shot in {"sheet", "door_still"}]
    assert [(each.node, each.images, each.seconds) for each in stills] == [
        ("sheet.t1", 1, None),
        *((f"door_still.t{number}", 1, None) for number in (1, 2, 3, 4)),
    ]
    assert {(each.cost.amount, each.cost.bound) for each in stills} == {(Decimal("0.20"), Bound.EXACT)}
    assert (step(first, "door.t1").images, step(first, "door.t1").seconds) == (0, 5)
    asked = step(first, "door_still.t2").to_json()
    assert (asked["seconds"], asked["images"]) == ("0", "1")
    assert "images" not in step(first, "door.t1").to_json()
    assert first.certain_cost == Decimal("4.00")


def test_a_plan_counts_pictures_beside_seconds() -> None:
    """In the column of what is billed, and in its last sentence."""
    text = plan_text(plan(STORY))
    assert "1 picture" in text
    assert "renders 6 takes (5 pictures, 5 s of footage)" in text


def test_a_pick_of_another_picture_renders_what_follows_and_nothing_before() -> None:
    """A picture is an input by its bytes."""
    after, bought = run(STORY)
    assert bought == ["sheet.t1", "door_still.t1", "door_still.t2", "door_still.t3", "door_still.t4", "door.t1"]
    assert plan(STORY, after).idle
    entry = after.lock.shots["door_still"]
    second = next(digest for digest, number in entry.numbers.items() if number == 2)
    chosen = replace(after, lock=pick(after.lock, "door_still", entry.current or "", second))
    again = plan(STORY, chosen)
    assert {node: action for node, action in actions(again).items() if action != "reuse"} == {
        "door.t2": "render",
        "cut:main": "derive",
    }
    assert codes(again, "door.t2") == ["input-changed"]


def test_what_needs_a_still_waits_for_its_pick() -> None:
    """The clip is blocked, the stills are not, and no money follows a picture that nobody chose."""
    waiting = edited(STORY, "door_still", waits_for_pick=True)
    after, bought = run(waiting)
    assert "door.t1" not in bought
    assert codes(plan(waiting, after), "door.t1") == ["needs-pick"]


UNFIT = [
    (Picture(200, 720), "has 200x720 pixels; each side takes 240 to 8000"),
    (Picture(8000, 240), "is more than 8 times as long as it is wide"),
    (Picture(1280, 720, alpha=True), "has an alpha channel"),
    (Picture(1280, 720, 30_000_000), "has 30.0 MB; at most 20 MB are taken"),
]


@pytest.mark.parametrize(("came", "says"), UNFIT, ids=["side", "shape", "alpha", "weight"])
def test_a_picture_that_breaks_the_rules_of_what_uses_it_blocks_that(came: Picture, says: str) -> None:
    """In the run in which it came, and in the next plan; the reason names the ways out."""
    story = edited(STORY, "door_still", takes=1)
    after, bought = run(story, pictures={"door_still.t1": came})
    assert bought == ["sheet.t1", "door_still.t1"]
    blocked = step(plan(story, after), "door.t1")
    assert (blocked.action.value, blocked.reasons[0].code) == ("blocked", ReasonCode.INPUT_FAILED)
    assert says in blocked.reasons[0].text
    assert "`wanflow pick door_still N`" in blocked.reasons[0].remedy
    assert "`wanflow retake door_still`" in blocked.reasons[0].remedy
    assert blocked.cost.amount == 0


def test_a_picture_that_is_used_already_stays_used() -> None:
    """What was made from it exists; the rules are for new requests."""
    after, _ = run(STORY)
    takes = {
        digest: replace(take, result=Picture(100, 100)) for digest, take in after.lock.shots["door_still"].takes.items()
    }
    entry = replace(after.lock.shots["door_still"], takes=takes)
    odd = replace(after, lock=replace(after.lock, shots={**after.lock.shots, "door_still": entry}))
    assert plan(STORY, odd).idle


def test_a_held_film_is_no_picture_for_what_follows() -> None:
    """Its shot makes pictures now, and the take of an earlier model is held."""
    after, _ = run(STORY)
    entry = after.lock.shots["door_still"]
    digest = next(iter(entry.takes))
    film = Film(150, NOMINAL_RATE, 1280, 720)
    entry = replace(entry, takes={**entry.takes, digest: replace(entry.takes[digest], result=film)}, held=digest)
    held = replace(after, lock=replace(after.lock, shots={**after.lock.shots, "door_still": entry}))
    changed = edited(STORY, "door", prompt="he turns away")
    assert "is a film" in step(plan(changed, held), "door.t2").reasons[0].text
    cut = step(plan(STORY, replace(held, cuts={})), "cut:main")
    assert "has the `duration` of a picture" in cut.reasons[0].text


def test_a_piece_of_a_still_is_never_extracted() -> None:
    """Validation says so; a graph that has one all the same is blocked."""
    framed = production(still("one"), shot("two", {"first_frame": ShotSource("one", Frame("last"))}))
    after, bought = run(framed)
    assert bought == ["one.t1"]
    assert actions(plan(framed, after))["two.t1"] == "blocked"
