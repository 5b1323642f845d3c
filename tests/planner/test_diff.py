"""What a changed request is said to differ in: takes by name, files without digests."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from kit.bookkeeping import run
from kit.films import COAST, FACTS, LIGHTHOUSE, MAIN, edited, place, plan, production, shot, step
from kit.providers import DASHSCOPE
from wanflow.digest import Canonical
from wanflow.display_language import SIMPLIFIED
from wanflow.language.production import CutFinish, Subtitles
from wanflow.language.source import Facts, FileSource, Frame, Kind, Piece, ShotSource, Sound, Tail
from wanflow.messages import translated, translations
from wanflow.planner.diff import differences
from wanflow.planner.plan import Action
from wanflow.store.lock import Lock

FRAME: Canonical = {"of": "f" * 64, "op": "frame", "first": 12, "last": 12, "version": 1}


def recipe(*media: Canonical) -> Canonical:
    """A recipe with these media and nothing else."""
    return {"media": list(media)}


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"digest": "a" * 64}, {"digest": "b" * 64}, "first_frame: file changed"),
        ({"url": "a" * 64}, {"url": "b" * 64}, "first_frame: address changed"),
        (FRAME, {**FRAME, "of": "b" * 64}, "first_frame: file changed"),
        (FRAME, {**FRAME, "op": "sound"}, "first_frame: frame 12 of file ffffffffffff → sound of file ffffffffffff"),
        ({"digest": "a" * 64}, FRAME, "first_frame: file aaaaaaaaaaaa → frame 12 of file ffffffffffff"),
    ],
)
def test_files_are_told_without_their_digests(old: Canonical, new: Canonical, text: str) -> None:
    """A person knows the file; a digest is only shown where another part of it is used."""
    before, after = (recipe({"role": "first_frame", "is": identity}) for identity in (old, new))
    assert [item.text for item in differences(before, after, Lock())] == [text]


def test_an_input_that_came_or_went_is_told_by_its_role() -> None:
    """Nothing is compared where one side has nothing."""
    one: Canonical = {"role": "first_frame", "is": {"digest": "a" * 64}}
    voiced = {**one, "voice": {"digest": "c" * 64}} if isinstance(one, dict) else one
    assert [item.text for item in differences(recipe(), recipe(one), Lock())] == ["media 1 added"]
    assert [item.text for item in differences(recipe(one), recipe(), Lock())] == ["media 1 removed"]
    assert [item.text for item in differences(recipe(one), recipe(voiced), Lock())] == ["first_frame.voice added"]


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (Tail(Decimal(2)), "last 2 s of `coast`, take 1 → take 2"),
        (Frame("last"), "last frame of `coast`, take 1 → take 2"),
        (Sound(), "sound of `coast`, take 1 → take 2"),
        (None, "`coast`, take 1 → take 2"),
    ],
)
def test_a_take_is_called_by_its_shot_and_number(piece: Piece | None, words: str) -> None:
    """A new take upstream is what a person sees, whatever part of it is used."""
    near = shot("near", {"first_clip": ShotSource("coast", piece)}, line=6)
    film = production(COAST, near, cuts=())
    after, _ = run(film)
    again, _ = run(edited(film, "coast", prompt="coast at dusk"), after, refuse=frozenset({"near.t2"}))
    now = plan(edited(film, "coast", prompt="coast at dusk"), again)
    assert [reason.text for reason in step(now, "near.t2").reasons] == [f"first_clip: {words}"]
    with translations(SIMPLIFIED):
        (told,) = (translated(reason.text) for reason in step(now, "near.t2").reasons)
    assert not re.search("last|sound|take", told)


def test_a_cut_says_which_takes_are_others() -> None:
    """The take that went and the one that came; without another take it is the edit that changed."""
    after, _ = run(LIGHTHOUSE)
    changed = edited(LIGHTHOUSE, "approach", prompt="nearer")
    rendered, _ = run(changed, after, refuse=frozenset({"cut:main"}))
    assert step(plan(changed, rendered), "cut:main").reasons[0].text == "edit changed: approach take 1 → 2"
    reordered = replace(LIGHTHOUSE, cuts={"main": replace(MAIN, items=MAIN.items[::-1])})
    words = "edit changed: its items, slates, files or settings"
    assert step(plan(reordered, after), "cut:main").reasons[0].text == words


def test_a_cut_whose_takes_stay_says_what_is_possible() -> None:
    """A subtitle file with other words; the slate of a held shot, which only an animatic has."""
    track = Subtitles(FileSource("words.srt"), place(9))
    facts = {**FACTS, "words.srt": Facts(Kind.SUBTITLES, "srt", "b" * 64, 100)}
    film = replace(LIGHTHOUSE, cuts={"main": replace(MAIN, finish=CutFinish(subtitles=(track,)))})
    after, _ = run(film, facts=facts)
    assert step(plan(film, after, facts), "cut:main").action is Action.REUSE
    other = {**facts, "words.srt": Facts(Kind.SUBTITLES, "srt", "c" * 64, 100)}
    words = "edit changed: its items, slates, files or settings"
    assert step(plan(film, after, other), "cut:main").reasons[0].text == words
    paid = replace(film, provider=DASHSCOPE)
    after, _ = run(paid, facts=facts)
    words = "edit changed: its items, files or settings"
    assert step(plan(paid, after, other), "cut:main").reasons[0].text == words
