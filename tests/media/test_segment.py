"""What names a segment, and where a picture lies in it."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanflow.language.production import TransitionKind
from wanflow.media.picture.segment import Card, JoinRecipe, SegmentRecipe, Window, fit_bars, slate_top
from wanflow.media.text.caption_layout import Caption
from wanflow.media.text.title_look import TitleLook, TitleOverlay

LATIN = SegmentRecipe("ab" * 32, 3, 120, 150, 1280, 720, Fraction(30), ("coast",))
RECIPE = replace(LATIN, slate=("海岸",))
OTHERS = {
    "source": "cd" * 32,
    "first": 4,
    "count": 119,
    "frames": 149,
    "width": 1278,
    "height": 718,
    "rate": Fraction(25),
    "slate": (),
    "fit": "crop",
    "skip": 5,
    "opens": False,
    "closes": False,
    "card": Card("The End"),
    "captions": (Caption("hello", 0, 9),),
    "profile": "final",
    "fonts": ("fonts/one.ttf 9",),
    "language": "ja",
    "missing": "海",
    "titles": (TitleOverlay("Ada", TitleLook(position="top"), 0, 9, 9),),
    "speed": Fraction(1, 2),
    "heard": False,
    "played": 100,
    "focus": (Decimal("0.3"), Decimal("0.5")),
    "version": 99,
}


@pytest.mark.parametrize("name", [field.name for field in fields(SegmentRecipe)])
def test_every_part_of_a_recipe_is_in_its_key(name: str) -> None:
    """A field that the key forgot would serve a stale segment."""
    assert replace(RECIPE, **{name: OTHERS[name]}).key() != RECIPE.key()  # type: ignore[arg-type]


def test_plain_latin_has_the_key_that_it_always_had() -> None:
    """Its pictures are the same in every language, so no segment of earlier versions is made again."""
    join = JoinRecipe(TransitionKind.WIPE, LATIN, LATIN, (Caption("It’s late… “so”", 0, 9),))
    for language in (None, "zh-Hans"):
        spoken = replace(LATIN, language=language)
        assert spoken.key() == "262e49f9e76cc29e56075f30f73cd3f943da51ef74d8cce79fc7b4cb8e1955ac"
        clean = replace(spoken, slate=())
        assert (
            replace(join, before=clean, after=clean).key()
            == "bcdd79fc8a4ad59f4c20a48dcaf95f21e0077d77e84f3dd49239f0538c6900e7"
        )
        # transitions with slates are made again: both were mixed
        assert (
            replace(join, before=spoken, after=spoken).key()
            != "448c0d96c651bcb6f417eb933797ac1c20322088c0194d067388683988ed1cf3"
        )
    card = replace(LATIN, slate=(), card=Card("The End", (0, 0, 128)))
    assert card.key() == "8896445bb0483ddfe0945cd0b2a6176fb0e6c010f6fbf26b6196492999908efd"
    assert replace(LATIN, fonts=("fonts/one.ttf 9",)).key() != replace(LATIN, fonts=("fonts/two.ttf 9",)).key()


def test_what_means_the_same_language_has_one_key() -> None:
    """`zh-CN` is `zh-Hans`; a language without own forms of Han leaves them to the text."""
    keys = {tag: replace(RECIPE, language=tag).key() for tag in (None, "en", "zh-CN", "zh-Hans", "zh-TW", "ja")}
    assert keys["zh-CN"] == keys["zh-Hans"]
    assert keys["en"] == keys[None]
    assert len({*keys.values()}) == 4


def test_characters_without_a_font_are_in_the_key_where_they_are_drawn() -> None:
    """Those of another text of the cut are not, so that a font for them makes no other segment again."""
    assert replace(RECIPE, missing="灯").key() == RECIPE.key()
    assert replace(RECIPE, missing="灯海").key() == replace(RECIPE, missing="海").key()
    join = JoinRecipe(TransitionKind.WIPE, LATIN, LATIN, (Caption("灯", 0, 9),))
    assert replace(join, after=replace(LATIN, missing="灯")).key() != join.key()


def test_every_part_of_a_transition_is_in_its_key() -> None:
    """Its kind, either side, and what is burned in; a fade from black is none from another clip."""
    join = JoinRecipe("wipe", RECIPE, RECIPE)
    others = [
        replace(join, kind="fade"),
        replace(join, before=None),
        replace(join, before=replace(RECIPE, skip=1)),
        replace(join, after=replace(RECIPE, skip=1)),
        replace(join, captions=(Caption("hello", 0, 9),)),
    ]
    assert len({join.key(), RECIPE.key(), *(each.key() for each in others)}) == 7


def test_a_key_does_not_change_between_releases_or_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a hash of the recipe alone; whoever changes it on purpose changes this test."""
    monkeypatch.setitem(os.environ, "WANFLOW_FFMPEG", "/another/ffmpeg")
    assert LATIN.key() == replace(LATIN).key()
    assert LATIN.key() == "262e49f9e76cc29e56075f30f73cd3f943da51ef74d8cce79fc7b4cb8e1955ac"


def test_the_samples_beside_the_frames_are_exact() -> None:
    """150 frames at 30 a second lie beside 240000 samples; odd rates round to the nearest."""
    assert RECIPE.samples == 240_000
    assert replace(RECIPE, frames=1, rate=Fraction(30000, 1001)).samples == 1602


def test_an_odd_size_is_refused() -> None:
    """yuv420p has no odd sizes."""
    with pytest.raises(ValueError, match="even width and height, not 321x240"):
        replace(RECIPE, width=321, height=240)


@pytest.mark.parametrize(
    ("clip", "window"),
    [
        ((1280, 720), Window(0, 0, 1280, 720)),
        ((640, 360), Window(0, 0, 1280, 720)),
        ((720, 1280), Window(436, 0, 406, 720)),
        ((960, 960), Window(280, 0, 720, 720)),
        ((1920, 800), Window(0, 92, 1280, 534)),
    ],
)
def test_bars_fill_what_another_shape_leaves(clip: tuple[int, int], window: Window) -> None:
    """The picture is as large as it can be, in the middle."""
    assert fit_bars(*clip, 1280, 720) == window


sides = st.integers(2, 4096)


@given(sides, sides, sides.map(lambda side: side // 2 * 2), sides.map(lambda side: side // 2 * 2))
def test_a_window_lies_within_the_picture(width: int, height: int, into_width: int, into_height: int) -> None:
    """Even numbers everywhere, nothing outside, and one side filled."""
    window = fit_bars(width, height, into_width, into_height)
    assert not any(side % 2 for side in (window.left, window.top, window.width, window.height))
    assert 0 <= window.left <= window.left + window.width <= into_width
    assert 0 <= window.top <= window.top + window.height <= into_height
    assert window.width == into_width or window.height == into_height


def test_the_slate_lies_at_the_bottom() -> None:
    """Its first line is where the lowest tenth begins."""
    assert slate_top(RECIPE) == 648
