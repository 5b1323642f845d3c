"""Clips at another speed, and clips whose last frame is held, with real ffmpeg: each frame and the sound beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from kit.assembly import joined, made, recipe_of, segment_of
from kit.clips import clicks, drawn_clip, numbered_clip, pictures, read_numbers, read_sound
from kit.film_checks import likeness
from kit.sounds import amplitude, click_at, draw_segment, rms, tone
from kit.unusual_clips import FRAMES, TIMES, seen
from wanflow.language.production import TransitionKind
from wanflow.media.picture.segment import MIDDLE, Card, JoinRecipe, SegmentRecipe, fit_crop
from wanflow.media.probe import examine

SMALL = (64, 36)


def paced(clip: Path, speed: str, frames: int, **changes: object) -> SegmentRecipe:
    """The recipe of a clip at a speed, in as many frames of a small film."""
    recipe = recipe_of(clip, speed=Fraction(Decimal(speed)), frames=frames, **changes)
    return replace(recipe, width=SMALL[0], height=SMALL[1])


def numbered(path: Path, *, variable: bool) -> tuple[Path, tuple[int, ...]]:
    """Half a second at 30 frames a second, and what it shows at each of them; of variable rate it is decoded here."""
    clip = numbered_clip(path, len(TIMES) if variable else FRAMES, SMALL, times=TIMES if variable else None)
    assert examine(clip).plain is not variable
    return clip, seen(TIMES, 1, FRAMES) if variable else tuple(range(FRAMES))


@pytest.mark.parametrize(("speed", "frames"), [("0.25", 60), ("0.5", 30), ("1.5", 10), ("4", 4)])
@pytest.mark.parametrize("variable", [False, True])
def test_each_frame_is_the_one_that_the_clip_shows_then(
    tmp_path: Path, speed: str, frames: int, *, variable: bool
) -> None:
    """No frame is blended from two, read by ffmpeg or decoded here; the sound has exactly its samples."""
    clip, shown = numbered(tmp_path / "clip.mp4", variable=variable)
    segment = segment_of(clip, paced(clip, speed, frames))
    assert read_numbers(segment) == [shown[int(at * Decimal(speed))] for at in range(frames)]
    assert len(read_sound(segment)) == frames * 1600


@pytest.mark.parametrize("speed", ["0.25", "0.5", "1.25", "3", "4"])
def test_sound_at_another_speed_keeps_its_pitch_and_its_place(tmp_path: Path, speed: str) -> None:
    """A tone of 440 Hz stays one, and what is heard at a second of the clip is heard at that second by the speed."""
    factor = Decimal(speed)
    tune = draw_segment(tmp_path / "tune.mov", tone(440, 0.5), 60)
    frames = int(60 / factor)
    sound = read_sound(segment_of(tune, paced(tune, speed, frames)))
    middle = (len(sound) // 4, len(sound) * 3 // 4)
    assert amplitude(sound, 440, *middle) > -8
    for other in (440 * factor, 440 / factor):
        assert amplitude(sound, int(other), *middle) < -30
    knock = draw_segment(tmp_path / "knock.mov", click_at(24_000, 72_000), 60)
    heard = clicks(read_sound(segment_of(knock, paced(knock, speed, frames))), gap=6_000)
    near = 1_440 / min(Decimal(1), factor)  # a knock, the hardest of sounds, comes out up to a frame early
    assert [abs(at - place / factor) < near for at, place in zip(heard, (24_000, 72_000), strict=True)] == [True, True]


def test_two_segments_of_a_clip_at_another_speed_sound_as_one(tmp_path: Path) -> None:
    """A transition and the body after it are made apart, and their sounds fit together to the sample."""
    tune = draw_segment(tmp_path / "tune.mov", tone(440, 0.5), 60)
    whole = read_sound(segment_of(tune, paced(tune, "0.8", 75)))
    parts = [
        read_sound(segment_of(tune, paced(tune, "0.8", 30))),
        read_sound(segment_of(tune, paced(tune, "0.8", 45, skip=30))),
    ]
    assert parts[0] + parts[1] == whole


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.parametrize("speed", ["1", "2"])
def test_the_last_frame_of_a_clip_is_held_in_silence(tmp_path: Path, speed: str, *, variable: bool) -> None:
    """Its very last one, and a tone that is cut off there ends without a click."""
    clip, shown = numbered(tmp_path / "clip.mp4", variable=variable)
    played = {"1": 10, "2": 5}[speed]
    recipe = paced(clip, speed, played + 5, first=2, count=10, played=played)
    numbers = read_numbers(segment_of(clip, recipe))
    assert numbers == [*(shown[2 + at * int(speed)] for at in range(played)), *[shown[11]] * 5]


def test_the_sound_of_a_held_frame_is_faded_and_then_silent(tmp_path: Path) -> None:
    """Eight milliseconds before the frame is held the sound goes down; a segment of held frames alone is silent."""
    tune = draw_segment(tmp_path / "tune.mov", tone(440, 0.5), 60)
    sound = read_sound(segment_of(tune, paced(tune, "1", 45, count=30, played=30)))
    assert rms(sound, 40_000, 47_000) > -12
    assert set(sound[48_000:]) == {0}
    assert max(map(abs, sound[47_950:48_000])) < 2_500
    held = segment_of(tune, paced(tune, "1", 15, count=30, played=30, skip=30))
    assert set(read_sound(held)) == {0}


def test_a_held_frame_dissolves_into_the_next_clip(tmp_path: Path) -> None:
    """The earlier side shows the same frame all through the transition, the later one moves."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, SMALL)
    dark = draw_segment(tmp_path / "dark.mov", tone(440, 0.5), 30)
    before, after = paced(clip, "1", 10, count=20, played=20, skip=25), paced(dark, "1", 10)
    join, _ = joined(clip, dark, JoinRecipe(TransitionKind.WIPE, before, after))
    whole = list(pictures(segment_of(clip, paced(clip, "1", 25, count=20, played=20))))
    for picture in list(pictures(join))[:5]:
        assert likeness(picture.crop((44, 0, 64, 36)), whole[-1].crop((44, 0, 64, 36))) > 0.9


def test_a_clip_may_be_silent(tmp_path: Path) -> None:
    """With `sound: drop` nothing of it is heard, at any speed; its samples are there."""
    tune = draw_segment(tmp_path / "tune.mov", tone(440, 0.5), 30)
    for speed, frames in (("1", 30), ("2", 15)):
        sound = read_sound(segment_of(tune, paced(tune, speed, frames, heard=False)))
        assert (len(sound), set(sound)) == (frames * 1600, {0})


@pytest.mark.parametrize(
    ("focus", "left"),
    [
        (MIDDLE, 280),
        ((Decimal(0), Decimal(0)), 0),
        ((Decimal("0.3"), Decimal("0.4")), 24),
        ((Decimal(1), Decimal(1)), 560),
    ],
)
def test_a_crop_keeps_its_focus(focus: tuple[Decimal, Decimal], left: int) -> None:
    """The point lies in the middle of what is kept, as far as the edges of the picture allow."""
    assert fit_crop(1280, 720, 720, 720, focus).left == left


@pytest.mark.parametrize("kind", ["clip", "picture", "animation"])
def test_a_crop_shows_what_is_at_its_focus(tmp_path: Path, kind: str) -> None:
    """Dark to the left and bright to the right, cropped to a square: at either end nothing of the other is seen."""
    drawn = Image.new("RGB", (128, 36), "white")
    drawn.paste("black", (0, 0, 64, 36))
    card = None if kind == "clip" else Card()
    if kind == "clip":
        source = drawn_clip(tmp_path / "two.mp4", [drawn] * 5)
    else:
        source, more = tmp_path / "two.gif", [drawn.rotate(180)] if kind == "animation" else []
        drawn.save(source, save_all=True, append_images=more, duration=1_000)
    levels = []
    for across in ("0", "1"):
        recipe = SegmentRecipe("ab" * 32, 0, 5, 5, 36, 36, Fraction(30), fit="crop", card=card)
        made_with = replace(recipe, focus=(Decimal(across), Decimal("0.5")))
        levels.append(next(pictures(made(source, made_with)[0])).getpixel((18, 18)))
    assert levels == [16, 235]
