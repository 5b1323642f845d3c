"""Bringing clips into a cut's shape, with real ffmpeg, frame by frame."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from kit.assembly import SIZE, film_of, joined, made, recipe_of, segment_of
from kit.clips import Box, clicks, numbered_clip, pictures, read_numbers, read_sound
from kit.unusual_clips import apart
from wanflow.errors import MediaFault
from wanflow.language.production import TransitionKind
from wanflow.media.extract import extract_piece, piece_arguments
from wanflow.media.jobs import RunningProcesses
from wanflow.media.join_checks import measure
from wanflow.media.picture.segment import Card, JoinRecipe, SegmentRecipe
from wanflow.media.probe import examine, probe
from wanflow.media.sound.soundtrack import AAC_SAMPLES


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    """A clip of 240 x 180 with pixels 4:3 is shown as 320 x 180, and so it is in the segment."""
    clip = numbered_clip(tmp_path / "wide.mp4", 5, (240, 180), pixel_aspect=Fraction(4, 3))
    assert (probe(clip).width, probe(clip).height) == SIZE
    segment = segment_of(clip)
    assert measure(segment).shape.pixel_aspect in {None, Fraction(1)}
    assert read_numbers(segment, Box(0, 0, *SIZE)) == list(range(5))


def test_a_clip_without_enough_sound_gets_silence(tmp_path: Path) -> None:
    """A silent clip's segment has as many samples as any other."""
    segment = segment_of(numbered_clip(tmp_path / "clip.mp4", 30, SIZE, sound=False))
    sound = read_sound(segment)
    assert (len(sound), max(sound), min(sound)) == (48_000, 0, 0)


def two_clicks(folder: Path) -> Path:
    """A film of 30 frames that clicks at its start and at frame 15."""
    half = numbered_clip(folder / "half.mp4", 15, SIZE)
    return film_of([made(half, recipe_of(half))] * 2, folder / "film.mp4")


def test_the_sound_ends_where_the_trim_ends(tmp_path: Path) -> None:
    """The last frame may be held for its rounding; the sound that lies behind it in the clip is not heard."""
    film = two_clicks(tmp_path)
    segment = segment_of(film, replace(recipe_of(film, count=15), frames=30))
    assert read_numbers(segment) == [*range(15), *[14] * 15]
    assert [click // 48 for click in clicks(read_sound(segment))] == [0]


def test_the_sound_begins_where_the_trim_begins(tmp_path: Path) -> None:
    """Ten frames later in the clip is ten frames earlier in the segment, and in a piece."""
    film = two_clicks(tmp_path)
    segment = segment_of(film, recipe_of(film, first=10))
    extract_piece(film, 10, 29, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    for part in (segment, tmp_path / "piece.mp4"):
        assert [round(click / 48) for click in clicks(read_sound(part))] == [round(5 * 1600 / 48)]


def test_times_count_from_the_beginning_that_was_measured(tmp_path: Path) -> None:
    """Not from where some ffmpeg sees it: 7.1 counts from the padding before a Matroska's sound (ffmpeg.md 3.9)."""
    late = tmp_path / "late.mkv"
    apart(picture=1, sound=0.5)(late)
    footage = examine(late)
    assert abs(footage.begin - Fraction(1, 2)) <= Fraction(AAC_SAMPLES, 48_000)
    words = piece_arguments(footage, 0, 4, tmp_path / "piece.mp4")
    assert Fraction(words[words.index("-itsoffset") + 1]) == -footage.begin
    assert "-copyts" in words


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts"])
def test_a_picture_that_begins_late_keeps_its_sound_beside_it(tmp_path: Path, name: str) -> None:
    """What is heard before the first picture is not heard, in a segment, and in a piece; the rest stays in step."""
    late = tmp_path / name
    apart(picture=0.2, click=14_400)(late)
    assert abs(examine(late).lead - 9_600) <= AAC_SAMPLES
    extract_piece(late, 0, 14, tmp_path / "piece.mp4", processes=RunningProcesses(), progress=None)
    for part in (segment_of(late), tmp_path / "piece.mp4"):
        assert [abs(click - 3 * 1600) < 240 for click in clicks(read_sound(part))] == [True]


def test_the_slate_covers_the_lowest_tenth_and_nothing_else(tmp_path: Path) -> None:
    """Its text is drawn into the segment; the picture above stays what it was."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    clean = next(pictures(segment_of(clip)))
    text = ("coast · take 1 · wan2.7-i2v · 5 s", "it's %{pts} [0:v]; drawtext='x':\\ 灯塔\n" * 3)
    slated = list(pictures(segment_of(clip, replace(recipe_of(clip), slate=text))))
    above, strip = (0, 0, 320, 160), (0, 162, 320, 180)
    assert ImageStat.Stat(ImageChops.difference(clean.crop(above), slated[0].crop(above))).mean[0] < 2
    for picture in (slated[0], slated[-1]):
        histogram = picture.crop(strip).histogram()
        assert sum(histogram[:60]) > 2000
        assert sum(histogram[150:]) > 50


def test_a_recipe_beyond_the_clip_is_a_fault(tmp_path: Path) -> None:
    """Frames that are not there are not made up."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    with pytest.raises(MediaFault, match="has no frames 5 to 10: it has 10 frames"):
        segment_of(clip, replace(recipe_of(clip), first=5, count=6))


def test_the_same_segment_is_the_same_under_another_name(tmp_path: Path) -> None:
    """A moved source conforms to the same bytes: the key that says so is right."""
    clip = numbered_clip(tmp_path / "clip.mp4", 10, SIZE)
    moved = Path(shutil.copy(clip, tmp_path / "moved.mp4"))
    assert recipe_of(clip).key() == recipe_of(moved).key()
    assert segment_of(clip).read_bytes() == segment_of(moved).read_bytes()


def animation(path: Path, kind: str) -> Path:
    """A red, a green and a blue picture, 100 ms each."""
    red, green, blue = (Image.new("RGB", (64, 36), colour) for colour in ("red", "#00ff00", "blue"))
    red.save(path, kind, save_all=True, append_images=[green, blue], duration=100)
    return path


def colours(film: Path) -> str:
    """The colours of a film's frames."""
    with av.open(str(film)) as container:
        seen = [frame.to_image().getpixel((160, 90)) for frame in container.decode(video=0)]
    return "".join("RGB"[pixel.index(max(pixel))] for pixel in seen)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animated_picture_plays_again_and_again(tmp_path: Path, kind: str) -> None:
    """From the frame on that its recipe skips to, at the cut's rate, and silent."""
    picture = animation(tmp_path / "moving.dat", kind)
    recipe = SegmentRecipe("ab" * 32, 0, 1, 24, *SIZE, Fraction(30), skip=3, card=Card())
    segment = segment_of(picture, recipe)
    assert colours(segment) == "GGGBBBRRRGGGBBBRRRGGGBBB"
    assert max(read_sound(segment)) == 0


def test_an_animated_picture_moves_in_a_dissolve(tmp_path: Path) -> None:
    """On both sides of it at once, from two pictures that are fed together."""
    one, other = animation(tmp_path / "one.gif", "GIF"), animation(tmp_path / "other.webp", "WEBP")
    before = SegmentRecipe("ab" * 32, 0, 1, 9, *SIZE, Fraction(30), card=Card(), closes=False)
    join = JoinRecipe(TransitionKind.DISSOLVE, before, replace(before, source="cd" * 32))
    assert colours(joined(one, other, join)[0]) == "RRRGGGBBB"
