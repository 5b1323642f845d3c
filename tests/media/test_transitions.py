"""Transitions with real ffmpeg: what each frame shows, read from its pixels, and what is heard."""

from __future__ import annotations

import wave
from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from kit.assembly import SIZE, THIRTY, Made, film_of, joined, made, recipe_of
from kit.clips import clicks, drawn_clip, numbered_clip, pictures, read_numbers, read_sound
from kit.unusual_clips import ff
from wanflow.errors import MediaFault
from wanflow.language.production import TransitionKind
from wanflow.media.ffmpeg import run_ffmpeg
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import measure
from wanflow.media.picture.conform import blend
from wanflow.media.picture.segment import Card, JoinRecipe, SegmentRecipe
from wanflow.media.text.caption_layout import Caption

X = 10
"""Frames of a transition."""
JOINS = [kind for kind in TransitionKind if kind is not TransitionKind.CUT]
"""The kinds of transitions in which both clips play."""


def plain(path: Path, level: int, frames: int = 30) -> Path:
    """A clip of one grey, without sound."""
    return drawn_clip(path, [Image.new("RGB", SIZE, (level, level, level))] * frames)


def sides(one: Path, other: Path, kind: str) -> JoinRecipe:
    """The last frames of one clip with the first of another."""
    before = recipe_of(one, skip=20, frames=X)
    return JoinRecipe(kind, before, recipe_of(other, frames=X))


def grey(picture: Image.Image, column: int = SIZE[0] // 2) -> int:
    """How bright a picture is in the middle of a column."""
    level = picture.convert("L").getpixel((column, SIZE[1] // 2))
    assert isinstance(level, int)
    return level


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    """A dark clip."""
    return plain(tmp_path / "dark.mp4", 60)


@pytest.fixture
def bright(tmp_path: Path) -> Path:
    """A bright one."""
    return plain(tmp_path / "bright.mp4", 200)


def level_of(clip: Path) -> int:
    """How bright the clip is in a segment."""
    return grey(next(pictures(made(clip, recipe_of(clip))[0])))


def test_a_dissolve_goes_from_one_to_the_other_frame_by_frame(dark: Path, bright: Path) -> None:
    """The first frame is all of the first clip, and each brings a tenth more of the second."""
    low, high = level_of(dark), level_of(bright)
    shown = [grey(picture) for picture in pictures(joined(dark, bright, sides(dark, bright, "dissolve"))[0])]
    assert len(shown) == X
    expected = [low + (high - low) * frame / X for frame in range(X)]
    assert all(abs(level - wanted) <= 2 for level, wanted in zip(shown, expected, strict=True)), shown


@pytest.mark.parametrize("fed", ["first", "second"])
@pytest.mark.parametrize("kind", JOINS)
def test_a_clip_that_is_fed_joins_one_that_ffmpeg_reads(
    dark: Path, bright: Path, tmp_path: Path, fed: str, kind: str
) -> None:
    """A transport stream has a clock of its own; the transition has its frames on either side of it."""
    stream = tmp_path / "stream.ts"
    ff("-i", dark if fed == "first" else bright, "-c", "copy", stream)
    one, other = (stream, bright) if fed == "first" else (dark, stream)
    shown = [grey(picture) for picture in pictures(joined(one, other, sides(one, other, kind))[0])]
    assert len(shown) == X
    assert shown[0] < shown[-1]


def test_a_fade_is_black_in_its_middle(dark: Path, bright: Path) -> None:
    """Down in the first half, up in the second, each with its own clip only."""
    shown = [grey(picture) for picture in pictures(joined(dark, bright, sides(dark, bright, "fade"))[0])]
    assert len(shown) == X
    assert shown[:5] == sorted(shown[:5], reverse=True)
    assert shown[5:] == sorted(shown[5:])
    assert max(shown[:5]) <= level_of(dark)
    assert (shown[4] < 30, shown[5] < 45, shown[-1] > 150) == (True, True, True), shown


def test_a_wipe_uncovers_the_second_from_the_left(dark: Path, bright: Path) -> None:
    """In every frame there is one edge, and it moves to the right."""
    film = joined(dark, bright, sides(dark, bright, "wipe"))[0]
    edges = [sum(grey(picture, column) > 130 for column in range(0, SIZE[0], 4)) for picture in pictures(film)]
    assert edges[0] <= 1
    assert edges == sorted(edges)
    assert all(abs(edge - frame * SIZE[0] / 4 / X) <= 2 for frame, edge in enumerate(edges)), edges


def test_a_film_comes_out_of_black(bright: Path) -> None:
    """A fade with nothing before it."""
    recipe = JoinRecipe("fade", None, recipe_of(bright, frames=X))
    shown = [grey(picture) for picture in pictures(joined(None, bright, recipe)[0])]
    assert len(shown) == X
    assert shown == sorted(shown)
    assert (shown[0] < 25, shown[-1] > 150) == (True, True), shown


@pytest.mark.parametrize("kind", JOINS)
@pytest.mark.parametrize("rate", [THIRTY, Fraction(24000, 1001)])
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_a_transition_is_exactly_as_long_as_it_says(tmp_path: Path, kind: str, rate: Fraction, frames: int) -> None:
    """In frames and in samples, also where a clip comes at another rate, and where it lasts one frame."""
    clip = numbered_clip(tmp_path / "clip.mp4", 30, (64, 48))
    shape = {"rate": rate, "width": 64, "height": 48}
    before = recipe_of(clip, skip=24 - frames, **shape)
    recipe = JoinRecipe(kind, replace(before, frames=frames), replace(recipe_of(clip, **shape), frames=frames))
    part = measure(joined(clip, clip, recipe)[0])
    assert (part.frames, part.samples, part.shape.rate) == (frames, recipe.samples, rate)


def cut_with_joins(folder: Path) -> tuple[list[Made], Path, Path]:
    """Two clips of 30 frames that dissolve into each other for ten: a body, the join, a body."""
    one = numbered_clip(folder / "one.mp4", 30, SIZE)
    two = numbered_clip(folder / "two.mp4", 30, SIZE, first=100)
    segments = [
        made(one, recipe_of(one, frames=20)),
        joined(one, two, sides(one, two, "dissolve")),
        made(two, recipe_of(two, skip=X, frames=20)),
    ]
    return segments, one, two


def test_bodies_and_joins_together_show_every_frame_once(tmp_path: Path) -> None:
    """The bodies go on exactly where the join begins and ends, in picture and in sound."""
    segments, _, _ = cut_with_joins(tmp_path)
    film = film_of(segments, tmp_path / "film.mp4")
    numbers = read_numbers(film)
    assert len(numbers) == 50
    assert numbers[:20] == list(range(20))
    assert numbers[20] == 20  # a dissolve begins with the first clip alone
    assert numbers[30:] == list(range(110, 130))
    assert len(read_sound(film)) - 50 * 1600 in range(1025)


def test_a_change_of_one_clip_changes_its_body_and_its_joins(tmp_path: Path) -> None:
    """And nothing else: keys depend on what is shown only."""
    clips = [f"{name}" * 64 for name in "abcd"]
    shape = (64, 48, THIRTY)

    def keys(sources: list[str]) -> list[str]:
        recipes: list[SegmentRecipe | JoinRecipe] = []
        for before, source in zip([None, *sources[:-1]], sources, strict=True):
            own = SegmentRecipe(source, 0, 30, X, *shape)
            if before is not None:
                recipes.append(JoinRecipe("wipe", SegmentRecipe(before, 0, 30, X, *shape, skip=20), own))
            recipes.append(SegmentRecipe(source, 0, 30, 10, *shape, skip=X))
        return [recipe.key() for recipe in recipes]

    changed = keys([clips[0], "e" * 64, *clips[2:]])
    assert [one == other for one, other in zip(keys(clips), changed, strict=True)] == [
        True,  # body a
        False,  # a to b
        False,  # body b
        False,  # b to c
        True,  # body c
        True,
        True,
    ]


def test_hard_cuts_do_not_click(tmp_path: Path) -> None:
    """8 ms up and down where a sound begins or ends at once; a join has none of its own."""
    clip = loud(tmp_path / "loud.mp4")
    soft = read_sound(made(clip, recipe_of(clip, opens=True, closes=True))[0])
    hard = read_sound(made(clip, recipe_of(clip))[0])
    assert max(abs(value) for value in hard[:4]) > 5_000
    assert max(abs(value) for value in (*soft[:4], *soft[-4:])) < 300
    middle = slice(600, len(hard) - 600)
    assert soft[middle] == hard[middle]


def loud(path: Path) -> Path:
    """A clip with a square wave from its first sample to its last."""
    clip = numbered_clip(path.with_name("silent.mp4"), 30, SIZE, sound=False)
    tone = path.with_suffix(".wav")
    _square(tone, 48_000)
    words = ["-i", str(clip), "-i", str(tone), "-c:v", "copy", "-c:a", "pcm_s16le", "-f", "mov", str(path)]
    run_ffmpeg(words, processes=RunningProcesses())
    return path


def _square(path: Path, samples: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        square = array("h", [8_000 if at // 48 % 2 else -8_000 for at in range(samples)])
        file.writeframes(square.tobytes())


def test_sounds_cross_with_equal_power(tmp_path: Path) -> None:
    """Neither a hole nor a bump in the middle of a dissolve; a fade falls silent there."""
    clip = loud(tmp_path / "loud.mp4")

    def loudness(kind: str) -> list[int]:
        sound = read_sound(joined(clip, clip, sides(clip, clip, kind))[0])
        parts = [sound[at : at + 800] for at in range(0, len(sound) - 800, 800)]
        return [max(abs(value) for value in part) for part in parts]

    crossed, faded = loudness("dissolve"), loudness("fade")
    assert min(crossed) > 6_000
    assert max(crossed) < 13_000  # the same sound twice adds up to 1.41 at most
    assert min(faded) < 1_500


def test_titles_and_pictures_join_as_clips_do(tmp_path: Path, bright: Path) -> None:
    """A title has no file, a picture no sound; a still lasts exactly its frames."""
    still = tmp_path / "still.png"
    Image.new("RGB", (640, 90), (10, 10, 120)).save(still)
    base = recipe_of(bright, frames=X)
    title = replace(base, source="t", card=Card("The End: 100% [v] 'x'", (200, 0, 0)))
    picture = replace(base, source="p", card=Card())
    for recipe, sources in (
        (JoinRecipe("dissolve", title, base), (None, bright)),
        (JoinRecipe("wipe", base, picture), (bright, still)),
        (JoinRecipe("fade", picture, title), (still, None)),
        (JoinRecipe("fade", None, title), (None, None)),
    ):
        target = tmp_path / f"{recipe.key()[:8]}.mov"
        blend(sources, recipe, target, processes=RunningProcesses(), progress=None)
        part = measure(target)
        assert (part.frames, part.samples) == (X, 16_000)
    shown = list(pictures(made(still, replace(picture, frames=45))[0]))
    assert len(shown) == 45
    assert 24 < grey(shown[0]) < 60
    assert shown[0].getpixel((160, 5)) in range(14, 19)  # bars above a picture that is wider
    assert abs(grey(shown[0]) - grey(shown[44])) <= 1


def test_a_caption_stays_through_a_transition(dark: Path, bright: Path) -> None:
    """It is burned over what both give together, in its own frames only."""
    recipe = replace(sides(dark, bright, "dissolve"), captions=(Caption("hello", 3, 7),))
    clean = list(pictures(joined(dark, bright, sides(dark, bright, "dissolve"))[0]))
    shown = list(pictures(joined(dark, bright, recipe)[0]))
    box = (100, 120, 220, 162)
    differs = [
        sum(
            abs(a - b) > 60
            for a, b in zip(one.crop(box).convert("L").tobytes(), two.crop(box).convert("L").tobytes(), strict=True)
        )
        > 30
        for one, two in zip(clean, shown, strict=True)
    ]
    assert differs == [3 <= frame < 7 for frame in range(X)]


def test_a_source_that_is_missing_is_a_fault(tmp_path: Path, bright: Path) -> None:
    """Said in words, and nothing is left behind."""
    with pytest.raises(MediaFault, match="needs its file"):
        blend(
            (None, bright),
            sides(bright, bright, "wipe"),
            tmp_path / "x.mov",
            processes=RunningProcesses(),
            progress=None,
        )
    assert not list(tmp_path.glob("x.mov*"))


def test_clicks_stay_where_their_frames_are(tmp_path: Path) -> None:
    """After a join a clip is still heard when it is seen; what fades in is not heard at once."""
    segments, one, _ = cut_with_joins(tmp_path)
    film = film_of([*segments, made(one, recipe_of(one))], tmp_path / "film.mp4")
    assert [round(at / 480) for at in clicks(read_sound(film))] == [0, round(50 * 1600 / 480)]
